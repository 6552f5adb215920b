"""How fast it is: `make bench`, or `python -m benchmarks [--quick] [--only Q2,Q3] [--servers ours,floor] [--two]`.

Ours beside the same server on graphql-core's executor, beside plain Strawberry and beside the floor, all on one
database, in one interleaved run of about five minutes; docs/benchmarks.md says what it means.
"""

import argparse
import asyncio
import signal
import sys
import tempfile
from collections.abc import Callable, Collection
from contextlib import ExitStack
from pathlib import Path

import orjson

from benchmarks.data import Size
from benchmarks.ground import copied, home
from benchmarks.measuring import Plan, compare, loading, measure
from benchmarks.operations import OPERATIONS
from benchmarks.servers import KINDS, serving
from benchmarks.stage import environment, settings, signed_in
from benchmarks.table import Table
from composition import Marquee

_BESIDE_EACH_OTHER = ["ours", "strawberry", "plain", "floor"]
_SLICE_SECONDS, _ROUNDS = 1.8, 5
_QUICK_SLICE_SECONDS, _QUICK_ROUNDS = 0.7, 2


def chosen(known: Collection[str]) -> Callable[[str], list[str]]:
    """Names of these, with commas between them."""

    def names(said: str) -> list[str]:
        found = said.split(",")
        if unknown := [name for name in found if name not in known]:
            raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: there are only {', '.join(known)}")
        return found

    return names


def read() -> argparse.Namespace:
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("--quick", action="store_true", help="fewer and shorter rounds: a minute")
    reader.add_argument("--only", type=chosen(OPERATIONS), default=list(OPERATIONS), metavar="Q2,Q3")
    reader.add_argument("--servers", type=chosen(KINDS), default=_BESIDE_EACH_OTHER, metavar="ours,floor")
    reader.add_argument("--two", action="store_true", help="two processes of ours beside one, and nobody else")
    reader.add_argument("--connections", type=int, default=16, help="at once (16)")
    reader.add_argument("--rounds", type=int, help="slices of each (5)")
    reader.add_argument("--scale", type=float, default=1.0, help="a part of the data set")
    reader.add_argument("--fresh", action="store_true", help="make the data set anew")
    reader.add_argument("--json", type=Path, metavar="FILE", help="write what was found there too")
    given = reader.parse_args()
    if given.two:
        given.servers = ["ours", "two"]
    return given


async def tokens_for(dsn: str, folder: Path, size: Size) -> dict[int, str]:
    marquee = Marquee(settings(dsn, folder), dsn)
    async with marquee.running(listening=False):
        return await signed_in(marquee, size)


def run(given: argparse.Namespace) -> Table:
    size = Size.of(given.scale)
    seconds, rounds = (_QUICK_SLICE_SECONDS, _QUICK_ROUNDS) if given.quick else (_SLICE_SECONDS, _ROUNDS)
    plan = Plan(given.only, given.connections, seconds, given.rounds or rounds)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="marquee-bench-")))
        dsn = stack.enter_context(copied(size, fresh=given.fresh))
        tokens = asyncio.run(tokens_for(dsn, folder, size))
        logs = home() / "log"
        logs.mkdir(exist_ok=True)
        servers = [stack.enter_context(serving(name, environment(dsn, folder), logs)) for name in given.servers]
        asker = stack.enter_context(loading(size, tokens))
        statements = compare(asker, servers, plan.operations)
        found = measure(asker, servers, plan)
        resident = {server.name: server.resident for server in servers}
        return Table(found, statements, resident, plan.operations, given.servers)


def main() -> None:
    given = read()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        table = run(given)
    except KeyboardInterrupt:
        raise SystemExit("Given up; all is put away.") from None
    print("\n".join(["", *table.lines()]))
    if given.json:
        given.json.write_bytes(orjson.dumps(table.document(), option=orjson.OPT_INDENT_2))


if __name__ == "__main__":
    main()
