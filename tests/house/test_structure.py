"""The house itself: which room may look into which, and how large a room may be."""

import ast
import re
import statistics
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from persistence import locks

ROOT = Path(__file__).resolve().parents[2]
# Each floor, and the floors it may import. Only the composition root knows them all.
ARROWS: dict[str, set[str]] = {
    "domain": set(),
    "settings": set(),
    "execution": {"domain"},
    "resolvers": {"domain"},
    "schema": {"domain", "resolvers"},
    "web": {"domain", "resolvers"},
    "jobs": {"domain"},
    "persistence": {"domain"},
    "integrations": {"domain"},
    "migrations": {"persistence"},
}
ROOTS = {"server", "composition"}
FLOORS = ARROWS.keys() | ROOTS
LONGEST_FILE, MEDIAN_FILE, LONGEST_FUNCTION = 300, 60, 40
MODULES = [
    path
    for path in sorted(ROOT.rglob("*.py"))
    if path.relative_to(ROOT).parts[0].removesuffix(".py") in FLOORS and "versions" not in path.parts
]


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


NAMES = {name_of(path) for path in MODULES}


def imports_of(path: Path) -> Iterator[str]:
    """Every module of ours that a file imports, wherever in the file: under TYPE_CHECKING, in functions, by name."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "included":
            (name,) = node.args
            assert isinstance(name, ast.Constant), f"{name_of(path)} does not say what it includes"
            yield f"composition.{name.value!s}"
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.partition(".")[0] in FLOORS)
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.partition(".")[0] in FLOORS:
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield full if full in NAMES else node.module


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_arrows_point_one_way(path: Path) -> None:
    floor = name_of(path).partition(".")[0]
    if floor in ROOTS:
        return
    reached = {name.partition(".")[0] for name in imports_of(path)}
    assert reached <= ARROWS[floor] | {floor}


def test_there_are_no_circles() -> None:
    graph = {name_of(path): set(imports_of(path)) - {name_of(path)} for path in MODULES}
    TopologicalSorter(graph).prepare()


def test_nothing_is_imported_out_of_sight() -> None:
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.If):
                hidden = [inner for inner in ast.walk(node) if isinstance(inner, ast.Import | ast.ImportFrom)]
                assert not hidden, f"{name_of(path)} hides an import in line {hidden[0].lineno}"


def test_one_door_alone_loads_modules_by_name() -> None:
    loaders = {
        name_of(path)
        for path in MODULES
        if {"import_module", "__import__", "spec_from_file_location", "exec_module"}
        & set(re.findall(r"\w+", path.read_text()))
    }
    assert loaders == {"composition.including"}


def test_files_are_one_screen_or_two() -> None:
    lines = {name_of(path): path.read_text().splitlines() for path in MODULES}
    assert {name: len(text) for name, text in lines.items() if len(text) > LONGEST_FILE} == {}
    assert statistics.median(sum(1 for line in text if line.strip()) for text in lines.values()) < MEDIAN_FILE


def test_functions_are_one_paragraph() -> None:
    long = {
        f"{name_of(path)}.{node.name}": node.end_lineno - node.lineno + 1
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno
        if node.end_lineno - node.lineno >= LONGEST_FUNCTION
    }
    assert long == {}


def test_tests_too_are_at_most_three_hundred_lines_a_file() -> None:
    long = [path.name for path in ROOT.joinpath("tests").rglob("*.py") if len(path.read_text().splitlines()) > 300]
    assert long == []


def test_no_two_locks_have_one_number_and_none_stands_elsewhere() -> None:
    numbers = [value for name, value in vars(locks).items() if name.isupper()]
    assert len({*numbers}) == len(numbers) >= 3
    spelled = re.compile("|".join(f"{number}|{number:_}" for number in numbers))
    assert [str(path) for path in MODULES if path.name != "locks.py" and spelled.search(path.read_text())] == []
