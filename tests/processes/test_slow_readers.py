"""Who listens but does not read costs a bounded amount of memory, and holds up nobody: W4 and W5 of GUARD."""

import asyncio
import contextlib

import httpx2
import pytest

from composition import Marquee
from domain.users import User
from tests.api.conftest import Api, Person, World
from tests.api.test_subscriptions import Socket, connected, report
from tests.processes.conftest import Server, Street
from tests.processes.test_shutdown import asking
from tests.web.talking import talking

pytestmark = pytest.mark.xdist_group("heavy")
EVENTS = 10_000
MEGABYTE = 1_000_000
WATCH = """subscription ($after: String) {
  watchProgress(after: $after) { cursor progress { positionSeconds content { description } } }
}"""
CHANGES = f"""with added as (
  insert into progress_changes
  select progress_id, user_id, content_id, number, duration_seconds, completed, observed_at, sequence + number, now()
  from progress_changes, generate_series(1, {EVENTS}) number where user_id = $1 and sequence = 1 returning 1
)
update progress_counters set sequence = {EVENTS} + 1 where user_id = $1 returning (select count(*) from added)"""


async def flood(marquee: Marquee, user: User) -> None:
    """Ten thousand changes at once, which are two kilobytes each when they are told; the first was there."""
    async with marquee.database.writing() as transaction:
        await transaction.execute(CHANGES, user.id)
        await marquee.signals.announce(transaction, "progress", user.id, [1])


def resident(server: Server) -> float:
    return server.resident * 1024 / MEGABYTE


async def read_all(socket: Socket) -> list[int]:
    """The positions, as they come."""
    async with asyncio.timeout(60):
        return [int(await socket.position()) for _ in range(EVENTS)]


async def deaf_events(server: Server, person: Person, held: contextlib.AsyncExitStack) -> None:
    talk = await held.enter_async_context(talking(server.address, 1024))
    await talk.say(asking(person, WATCH, "Accept: text/event-stream\r\n"))
    await talk.until(b"positionSeconds")
    talk.writer.transport.pause_reading()  # type: ignore[attr-defined]


async def test_readers_who_do_not_read_cost_little_and_delay_nobody(
    street: Street, client: httpx2.AsyncClient, world: World
) -> None:
    (server,) = street.servers(1)
    api = Api(server.address, client)
    person, content = await world.person(), await world.content(description="x" * 2000)
    await report(api, person, content, 0)
    async with contextlib.AsyncExitStack() as held:
        listener, deaf, *more = [await held.enter_async_context(connected(server.address, person)) for _ in range(6)]
        for socket in (listener, deaf, *more):
            await socket.subscribe(WATCH)
            assert await socket.position() == 0
        await deaf_events(server, person, held)
        before = resident(server)
        await flood(world.marquee, person.user)
        assert await read_all(listener) == list(range(1, EVENTS + 1))
        assert resident(server) - before < 40
