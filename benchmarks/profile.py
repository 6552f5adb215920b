"""What a request costs inside of the process: `python -m benchmarks.profile Q2 [--times 500] [--calls]`.

The whole ASGI application is called as uvicorn calls it, one request after the other, without a socket. Prints the CPU
microseconds of one call; and of one for which the driver answers from memory what it has answered to the same request
before, so that all that is left is ours. `--calls` says where that goes, function by function.

Settings come from the environment as usual: COMPILED_EXECUTION=false measures graphql-core's executor.
"""

import argparse
import cProfile
import pstats
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

from benchmarks.inside import Call, Caller, Stage, inside
from benchmarks.operations import OPERATIONS
from persistence.pool import Session

ROUNDS = 7
_ANSWERING = ("fetch", "fetch_anew", "execute")


class Remembering:
    """Stands before the driver. What it has seen asked, it can answer without the database."""

    def __init__(self) -> None:
        self.answers, self.asked, self.missed = dict[Any, Any](), 0, 0
        self.is_on = False
        for name in _ANSWERING:
            setattr(Session, name, self._before(getattr(Session, name)))

    def _before(self, ask: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def asking(connection: Any, sql: str, *values: Any, **more: Any) -> Any:
            self.asked += ask.__name__ != "execute"
            if not self.is_on:
                return await ask(connection, sql, *values, **more)
            key = (sql, *(tuple(value) if type(value) is list else value for value in values))
            if key not in self.answers:
                self.missed += 1
                self.answers[key] = await ask(connection, sql, *values, **more)
            return self.answers[key]

        return asking


async def spent(calls: Sequence[Call]) -> float:
    """CPU microseconds for each."""
    begun = time.process_time()
    for call in calls:
        await call()
    return (time.process_time() - begun) / len(calls) * 1e6


async def measured(caller: Caller, driver: Remembering, times: int, *, calls: bool) -> None:
    await spent([caller.call(number) for number in range(times)])
    same = [caller.call(number) for number in range(times, 2 * times)]
    driver.is_on = True
    await spent(same)
    alone, whole = [], []
    for turn in range(2, ROUNDS + 2):
        driver.is_on, driver.asked = False, 0
        whole.append(await spent([caller.call(number) for number in range(turn * times, (turn + 1) * times)]))
        statements = driver.asked / times
        driver.is_on, driver.missed = True, 0
        alone.append(await spent(same))
    print(f"whole call           {statistics.median(whole):8.1f} µs of CPU, at best {min(whole):.1f}")
    print(f"without the driver   {statistics.median(alone):8.1f} µs of CPU, at best {min(alone):.1f}")
    print(f"statements           {statements:8.2f}{f'   ({driver.missed} not from memory)' if driver.missed else ''}")
    if calls:
        with cProfile.Profile() as profile:
            await spent(same)
        pstats.Stats(profile).sort_stats("tottime").print_stats(45)


async def run(given: argparse.Namespace, stage: Stage) -> None:
    driver = Remembering()
    for name in given.operations:
        print(f"\n{name}, {ROUNDS} times {given.times} requests")
        await measured(Caller(stage, OPERATIONS[name]), driver, given.times, calls=given.calls)
        driver.answers.clear()


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("operations", nargs="*", default=list(OPERATIONS), metavar="Q1", help=" ".join(OPERATIONS))
    reader.add_argument("--times", type=int, default=500, help="requests of a round (500)")
    reader.add_argument("--calls", action="store_true", help="say where the time goes, without the driver")
    inside(partial(run, reader.parse_args()))


if __name__ == "__main__":
    main()
