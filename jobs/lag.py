"""How late the event loop is: what everybody waits for who is not at fault."""

import asyncio
from collections.abc import Callable

_EVERY_SECONDS = 0.5


async def feel(tell: Callable[[float], None]) -> None:
    """Tells, twice a second, by how many seconds we were woken too late."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + _EVERY_SECONDS
        await asyncio.sleep(_EVERY_SECONDS)
        tell(max(0.0, loop.time() - due))
