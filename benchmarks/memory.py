"""Whether memory stays where it is: `python -m benchmarks.memory [--times 20000] [--allocations]`.

The whole ASGI application is called as uvicorn calls it, one request after the other: the operations of the speed
benchmark, and in every ten requests four that nobody has asked before: a new document, a large one that asks for
little, one that has no plan, and one that is wrong. Prints what is resident after each tenth, and what a request has
left behind since the caches were full. `--allocations` says which lines hold what came in the last half; it takes three
times as long.
"""

import argparse
import gc
import resource
import tracemalloc
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.inside import Caller, Stage, inside
from benchmarks.operations import OPERATIONS, Cast, Operation
from domain import ids

_PARTS = 10
# By then every cache has been filled; what is held after it should be held at the end.
_FULL = 4


def asked(number: int) -> Operation:
    """The one with this number."""
    known = [*OPERATIONS.values()]
    turn, name = number % 10, f"N{number}"
    if turn < len(known):
        return known[turn]
    text, proof, variables = {
        6: (f"query {name}($id: ID!) {{ {name}: content(id: $id) {{ title genres {{ name }} }} }}", b'"genres":', _one),
        7: (f"query {name}($ids: [ID!]!) {{ nodes(ids: $ids) {{ id }} }} {'# ' * 2000}", b'"nodes":[', _several),
        8: (f"query {name}($is: Boolean = true) {{ genres {{ name @include(if: $is) }} }}", b'"errors":', _null),
        9: (f"query {name} {{ genres {{ name, {name} }} }}", b'"errors":', lambda *_: {}),
    }[turn]
    return Operation(name, text, proof, variables)


def _one(cast: Cast, number: int) -> dict[str, Any]:
    return {"id": ids.encode("Content", cast.content(number))}


def _several(cast: Cast, number: int) -> dict[str, Any]:
    return {"ids": [ids.encode("Content", cast.content(number + more)) for more in range(5)]}


def _null(_cast: Cast, _number: int) -> dict[str, Any]:
    return {"is": None}


def resident() -> int:
    """Bytes, of this process."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


async def measured(given: argparse.Namespace, stage: Stage) -> None:
    found, times = [resident()], given.times
    print(f"at the start        {found[0] / 1e6:7.1f} MB", flush=True)
    for part in range(_PARTS):
        if given.allocations and part == _PARTS // 2:
            tracemalloc.start(3)
        for number in range(part * times // _PARTS, (part + 1) * times // _PARTS):
            await Caller(stage, asked(number)).call(number)()
        found.append(resident())
        print(f"after {(part + 1) * times // _PARTS:9} requests {found[-1] / 1e6:7.1f} MB", flush=True)
    behind = (found[-1] - found[_FULL]) / (times * (_PARTS - _FULL) / _PARTS)
    print(f"a request leaves behind {behind:.1f} bytes, since the caches were full")
    if given.allocations:
        print("\n".join(_held()))


def _held() -> Iterator[str]:
    for found in tracemalloc.take_snapshot().statistics("lineno")[:20]:
        yield f"{found.size / 1e3:9.1f} kB in {found.count:7} at {found.traceback}"


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("--times", type=int, default=20_000, help="requests in all (20000)")
    reader.add_argument("--allocations", action="store_true", help="say what holds what came in the last half")
    inside(partial(measured, reader.parse_args()))


if __name__ == "__main__":
    main()
