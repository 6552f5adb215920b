"""What we depend on: declared, imported, explained, pinned with hashes, and above every known fix."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PAGE = (ROOT / "docs" / "dependencies.md").read_text()
LOCKS = sorted(ROOT.glob("requirements*.lock"))
# Rooms of the product; what only these use may not be left to the tests' own requirements.
PRODUCT = {
    *("composition", "domain", "execution", "integrations", "jobs", "migrations", "persistence", "resolvers", "schema"),
    *("server", "settings", "web"),
}
OURS = PRODUCT | {"tests", "benchmarks", "deploy", "examples"}


def declared(*requirements: str) -> dict[str, Requirement]:
    return {canonicalize_name(one.name): one for one in map(Requirement, requirements)}


TO_RUN = declared(*PROJECT["project"]["dependencies"])
EXTRAS = declared(*(one for extra in PROJECT["project"]["optional-dependencies"].values() for one in extra))
TO_TEST = declared(*PROJECT["dependency-groups"]["test"])
ALL = TO_RUN | EXTRAS | TO_TEST


def table(heading: str) -> dict[str, list[str]]:
    """The rows of the table under a heading of the page, by their first cell."""
    under = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in under.splitlines() if line[:1] == "|"]
    return {canonicalize_name(row[0]): row[1:] for row in rows[2:]}


FLOORS = {name: Version(row[0]) for name, row in table("At or above").items()}


def locked(path: Path) -> list[tuple[str, Version, str]]:
    """Every entry of a lock: its name, its version, and all that stands with it."""
    entries = re.split(r"\n(?=\S)", "\n" + path.read_text())
    found = [re.match(r"\n?([\w.-]+)==([\w.!+-]+)", entry) for entry in entries]
    return [
        (canonicalize_name(match[1]), Version(match[2]), entry)
        for match, entry in zip(found, entries, strict=True)
        if match
    ]


@cache
def files_of(name: str) -> frozenset[str]:
    return frozenset(str(file) for file in distribution(name).files or ())


def gives(name: str, module: str) -> bool:
    """Whether the distribution holds this module; several may share a name's beginning."""
    path = module.replace(".", "/")
    files = files_of(name)
    return f"{path}.py" in files or f"{path}/__init__.py" in files or any(file.startswith(f"{path}.") for file in files)


def modules_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


@cache
def used() -> dict[str, set[str]]:
    """By module that is not ours nor Python's: the rooms that import it."""
    rooms: dict[str, set[str]] = {}
    for path in ROOT.rglob("*.py"):
        room = path.relative_to(ROOT).parts[0].removesuffix(".py")
        for module in modules_of(path) if room in OURS else ():
            if module.partition(".")[0] not in OURS | sys.stdlib_module_names:
                rooms.setdefault(module, set()).add(room)
    return rooms


def rooms_of(name: str) -> set[str]:
    return {room for module, rooms in used().items() if gives(name, module) for room in rooms}


@pytest.mark.parametrize(
    ("heading", "wanted"), [("To run", TO_RUN), ("Extras", EXTRAS), ("To test", TO_TEST)], ids=lambda it: str(it)[:8]
)
def test_the_page_lists_what_is_declared_and_nothing_more(heading: str, wanted: dict[str, Any]) -> None:
    assert table(heading).keys() == wanted.keys()
    assert all(len(row) == 2 and row[1] for row in table(heading).values()), "each says why"


@pytest.mark.parametrize("name", sorted(ALL))
def test_each_is_used_where_the_page_says(name: str) -> None:
    where = {**table("To run"), **table("Extras"), **table("To test")}[name][0]
    rooms = rooms_of(name)
    if where.startswith("("):
        assert re.fullmatch(r"\((binaries|binary|command|plugin|types): .+\)", where)
        assert not rooms, f"it is imported by {rooms}"
    elif name in TO_RUN | EXTRAS:
        assert set(where.split(", ")) == rooms & PRODUCT
    else:
        assert (where, rooms & PRODUCT) == ("tests", set())
        assert "tests" in rooms


def test_nothing_is_imported_that_is_not_declared() -> None:
    for module, rooms in used().items():
        allowed = TO_RUN | EXTRAS if rooms & PRODUCT else ALL
        if module == "packaging" or module.startswith("packaging."):
            assert rooms <= {"tests"}  # it comes with pytest, and serves this file
            continue
        assert any(gives(name, module) for name in allowed), f"{module}, in {rooms}"


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.name)
def test_a_lock_has_exact_versions_with_hashes_and_no_addresses(path: Path) -> None:
    text, entries = path.read_text(), locked(path)
    outside = [line for line in text.splitlines() if line and not re.match(r"    --hash=|[\w.-]+==", line)]
    assert outside == []
    assert "://" not in text
    for name, _, entry in entries:
        assert re.findall(r"--hash=sha256:[0-9a-f]{64}\b", entry), name
        assert not re.findall(r"--hash=(?!sha256:)", entry), name


def test_the_locks_hold_what_is_declared_and_agree_with_each_other() -> None:
    run, extra, test = (locked(ROOT / f"requirements{kind}.lock") for kind in ("", "-opentelemetry", "-test"))
    for wanted, lock in ((TO_RUN, run), (TO_RUN | EXTRAS, extra), (ALL, test)):
        assert wanted.keys() <= {name for name, _, _ in lock}
        for name, version, _ in lock:
            assert name not in wanted or version in wanted[name].specifier, f"{name} {version}"
    assert {(name, version) for name, version, _ in run} <= {(name, version) for name, version, _ in extra}
    assert {(name, version) for name, version, _ in extra} <= {(name, version) for name, version, _ in test}


def test_everything_is_at_or_above_its_last_known_fix() -> None:
    everywhere = [entry for path in LOCKS for entry in locked(path)]
    assert FLOORS.keys() <= {name for name, _, _ in everywhere}, "of what is gone, no floor is kept"
    below = [(name, version) for name, version, _ in everywhere if name in FLOORS and version < FLOORS[name]]
    assert below == []


def test_no_bound_allows_what_is_below_a_known_fix() -> None:
    for name, requirement in ALL.items():
        (least,) = [one.version for one in requirement.specifier if one.operator == ">="]
        assert name not in FLOORS or Version(least) >= FLOORS[name], name


def test_every_floor_names_its_reason() -> None:
    for name, row in table("At or above").items():
        assert re.search(r"CVE-\d{4}-\d{4,}|GHSA(-[0-9a-z]{4}){3}|PYSEC-\d{4}-\d+", row[1]), name


@pytest.mark.parametrize("path", ["Makefile", "Dockerfile", ".ci/run"])
def test_whatever_installs_insists_on_hashes(path: str) -> None:
    text = (ROOT / path).read_text().replace("\\\n", " ")
    for line in text.splitlines():
        if re.search(r"\bpip install\b|\bpip\S* -q install\b", line) and not line.lstrip().startswith("#"):
            assert all("--require-hashes" in part for part in line.split("||")), line
    assert path != ".ci/run" or "make test" in text, "CI installs as everybody does"
