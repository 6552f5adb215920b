"""What a new schema takes from the clients of an old one: `python -m deploy.breaking OLD NEW [--accepted FILE]`.

Breaking changes fail, but for those that FILE names, one a line as they are printed here: they were meant. So does a
line in FILE that is no breaking change (any more), or it would stay there to excuse another. Changes that may surprise
a client (a new member of a union or an enum, another default) are told and do not fail.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from graphql import GraphQLError, GraphQLSchema, build_schema, find_breaking_changes, find_dangerous_changes


def read(path: Path) -> GraphQLSchema:
    """Raises SystemExit where there is no such file, or no schema in it."""
    try:
        return build_schema(path.read_text())
    except (OSError, UnicodeDecodeError, GraphQLError, TypeError) as error:
        raise SystemExit(f"{path} is no schema: {error}") from None


def accepted_in(path: Path | None) -> set[str]:
    """The lines of the file that are neither empty nor comments. Raises SystemExit where it cannot be read."""
    if path is None:
        return set()
    try:
        lines = [line.strip() for line in path.read_text().splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise SystemExit(f"{path} cannot be read: {error}") from None
    return {line for line in lines if line and not line.startswith("#")}


def compared(old: GraphQLSchema, new: GraphQLSchema, accepted: set[str]) -> tuple[list[str], bool]:
    """What to say, and whether it is well."""
    breaking = {f"{change.type.name}: {change.description}" for change in find_breaking_changes(old, new)}
    dangerous = {f"{change.type.name}: {change.description}" for change in find_dangerous_changes(old, new)}
    said = [
        *(f"BREAKING {line}" for line in sorted(breaking - accepted)),
        *(f"accepted {line}" for line in sorted(breaking & accepted)),
        *(f"accepted in vain, for it is no breaking change: {line}" for line in sorted(accepted - breaking)),
        *(f"dangerous {line}" for line in sorted(dangerous)),
    ]
    return said or ["Nothing is taken from anybody."], breaking == accepted


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="deploy.breaking", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("old", type=Path, help="the schema of the last release")
    parser.add_argument("new", type=Path, help="the schema of now")
    parser.add_argument("--accepted", type=Path, help="breaking changes that are meant, one a line")
    asked = parser.parse_args(words)
    said, is_well = compared(read(asked.old), read(asked.new), accepted_in(asked.accepted))
    sys.stdout.writelines(f"{line}\n" for line in said)
    return 0 if is_well else 1


if __name__ == "__main__":
    sys.exit(main())
