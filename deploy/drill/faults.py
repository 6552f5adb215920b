"""What can go wrong, each for some seconds: how it begins and how it ends."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from deploy.drill.ground import Ground
from deploy.many.postgres import Replica

Step = Callable[[Ground], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Fault:
    """`part` is at fault, as NEEDS names it; `named` is what /ready calls it, where it can know that it is away.
    `breaks` says whether requests may find nobody who answers them.
    """

    name: str
    part: str
    seconds: float
    begin: Step
    end: Step
    named: str = ""
    breaks: bool = False
    is_short: bool = False


def killed(part: str, seconds: float = 3, number: signal.Signals = signal.SIGKILL, **more: object) -> Fault:
    async def begin(ground: Ground) -> None:
        if number == signal.SIGTERM:
            await ground.parts[part].stop()
        elif number != signal.SIGKILL:
            ground.parts[part].tell(number)
            await asyncio.sleep(0.5)
        await ground.parts[part].kill()

    async def end(ground: Ground) -> None:
        await ground.parts[part].start()

    how = {signal.SIGKILL: "kill -9", signal.SIGTERM: "SIGTERM under load"}.get(number, "immediate stop")
    return _fault(f"{part}: {how}", part, seconds, begin, end, more)


def paused(part: str, seconds: float = 5.5, **more: object) -> Fault:
    async def begin(ground: Ground) -> None:
        ground.parts[part].pause()

    async def end(ground: Ground) -> None:
        ground.parts[part].resume()

    return _fault(f"{part}: paused for {seconds:g} s", part, seconds, begin, end, more)


def cut(link: str, part: str = "", seconds: float = 4, **more: object) -> Fault:
    async def begin(ground: Ground) -> None:
        ground.links[link].cut()

    return _fault(f"{_line(link)}: cut", part or link, seconds, begin, _healing(link), more)


def silenced(link: str, part: str = "", seconds: float = 6, **more: object) -> Fault:
    async def begin(ground: Ground) -> None:
        ground.links[link].silence()

    return _fault(f"{_line(link)}: silent", part or link, seconds, begin, _healing(link), more)


def slowed(link: str, part: str = "", seconds: float = 5, bandwidth: float | None = None, **more: object) -> Fault:
    """By 300 ms for a question and its answer, or to so many bytes a second each way."""

    async def begin(ground: Ground) -> None:
        ground.links[link].slow(0.0 if bandwidth else 0.15, bandwidth)

    how = f"{bandwidth / 1000:.0f} kB/s" if bandwidth else "300 ms late"
    return _fault(f"{_line(link)}: {how}", part or link, seconds, begin, _healing(link), more)


def rolled() -> Fault:
    async def begin(ground: Ground) -> None:
        await ground.many.roll()

    async def end(ground: Ground) -> None:
        return

    return Fault("both servers: rolling restart", "rolling", 0, begin, end, is_short=True)


def stood_still() -> Fault:
    """The replica answers, but with what was true when this began."""

    async def ask(ground: Ground, sql: str) -> None:
        replica = ground.parts["replica"]
        assert isinstance(replica, Replica)
        await replica.ask(sql)

    async def begin(ground: Ground) -> None:
        await ask(ground, "select pg_wal_replay_pause()")

    async def end(ground: Ground) -> None:
        await ask(ground, "select pg_wal_replay_resume()")

    return Fault("replica: stands still for 9 s", "replica", 9, begin, end, named="replica")


def _line(link: str) -> str:
    return "the line to the primary (LISTEN)" if link == "primary" else f"the line to {link}"


def _healing(link: str) -> Step:
    async def end(ground: Ground) -> None:
        ground.links[link].heal()

    return end


def _fault(name: str, part: str, seconds: float, begin: Step, end: Step, more: dict[str, object]) -> Fault:
    return Fault(name, part, seconds, begin, end, **more)  # type: ignore[arg-type]


_FAST, _SLOW = 20_000, 0.15
FAULTS = [
    killed("server-1", breaks=True, is_short=True),
    killed("server-2", number=signal.SIGTERM),
    paused("server-1", 5, breaks=True),
    rolled(),
    killed("worker", is_short=True),
    paused("worker"),
    killed("nginx", 2, breaks=True),
    paused("nginx", 3, breaks=True),
    killed("pgbouncer", named="database"),
    paused("pgbouncer", named="database", is_short=True),
    slowed("pgbouncer"),
    slowed("pgbouncer", bandwidth=_FAST),
    cut("pgbouncer", named="database"),
    silenced("pgbouncer", named="database"),
    killed("primary", named="database", is_short=True),
    killed("primary", number=signal.SIGQUIT, named="database"),
    paused("primary", 8, named="database"),
    cut("primary", "line"),
    silenced("primary", "line"),
    killed("replica", named="replica"),
    paused("replica", 8, named="replica"),
    stood_still(),
    slowed("replica"),
    cut("replica", named="replica"),
    killed("redis", named="redis", is_short=True),
    paused("redis", named="redis"),
    slowed("redis", named="redis"),
    cut("redis", named="redis"),
    killed("store", named="objects"),
    paused("store", named="objects"),
    slowed("store"),
    slowed("store", bandwidth=_FAST),
    cut("store", named="objects"),
    killed("engine", named="search"),
    paused("engine", named="search"),
    slowed("engine"),
    cut("engine", named="search"),
    killed("issuer"),
    paused("issuer"),
    slowed("issuer"),
]
