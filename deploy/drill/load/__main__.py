"""`python -m deploy.drill.load`: reads on its standard input where to ask, and asks until it is sent SIGTERM."""

import asyncio
import signal
import sys

import httpx2
import orjson

from deploy.drill.load.asking import PATIENCE, Asker
from deploy.drill.load.cast import cast
from deploy.drill.load.person import World
from deploy.drill.load.telling import tell

# Sooner than the front hangs up on a connection that idles, or a request could meet it hanging up.
_LIMITS = httpx2.Limits(max_connections=200, keepalive_expiry=2)


async def load(front: str, servers: list[str], world: World) -> None:
    over = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, over.set)
    async with httpx2.AsyncClient(timeout=PATIENCE, limits=_LIMITS, trust_env=False) as client:
        asker = Asker(client, front, servers)
        measuring = asyncio.create_task(asker.lateness.measure())
        people = cast(asker, world)
        for person in people:
            await person.sign_in()
        tell(began=len(people))
        await asyncio.gather(*(person.live(over) for person in people))
        measuring.cancel()
    tell(ended=len(people))


def main() -> None:
    told = orjson.loads(sys.stdin.buffer.readline())
    asyncio.run(load(told["front"], told["servers"], World(**told["world"])))


if __name__ == "__main__":
    main()
