"""The clients' programs that hold a subscription: a line that breaks loses nothing and doubles nothing."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.examples.conftest import Place, Somebody
from tests.examples.relay import Relay, relaying
from tests.examples.running import Program, running

_PROGRAMS = [
    pytest.param("javascript", ("node", "subscription-ws.mjs"), id="graphql-ws"),
    pytest.param("javascript", ("node", "subscription-sse.mjs"), id="EventSource"),
    pytest.param("python", ("python", "subscription.py"), id="gql"),
]
pytestmark = [pytest.mark.xdist_group("heavy"), pytest.mark.parametrize(("language", "command"), _PROGRAMS)]


@pytest.fixture
async def relay(place: Place) -> AsyncIterator[Relay]:
    async with relaying(place.address) as relay:
        yield relay


async def hears(program: Program, *lines: str) -> None:
    assert await program.lines(len(lines)) == [*lines], await program.ended()


async def calls(relay: Relay, more: int) -> None:
    """Until it was called so many times more."""
    wanted = relay.calls + more
    async with asyncio.timeout(30):
        while relay.calls < wanted:
            await asyncio.sleep(0.01)


async def test_a_subscription_goes_on_behind_what_it_heard(
    folder: Path, command: tuple[str, ...], relay: Relay, place: Place, somebody: Somebody
) -> None:
    first = await somebody.report()
    async with running([*command, "8"], folder, relay.address, **somebody.account) as program:
        await hears(program, first)
        await hears(program, await somebody.report())

        relay.admits = False
        relay.cut()
        missed = [await somebody.report() for _ in range(3)]
        await calls(relay, 2)  # nobody answers for a while
        relay.admits = True
        await hears(program, *missed)

        await hears(program, await somebody.report())
        await asyncio.to_thread(place.restart)  # this ends the socket or stream in good order
        missed = [await somebody.report()]
        relay.target = place.address
        await hears(program, *missed)
        await hears(program, await somebody.report())
        assert await program.ended() == (0, "", "")


async def test_a_line_that_breaks_again_and_again_under_load_changes_nothing(
    folder: Path, command: tuple[str, ...], relay: Relay, somebody: Somebody
) -> None:
    told = [await somebody.report()]
    async with running([*command, "61"], folder, relay.address, **somebody.account) as program:
        heard = await program.lines(1)

        async def report() -> None:
            told.extend([await somebody.report() for _ in range(60)])

        reporting = asyncio.create_task(report())
        for _ in range(5):
            heard += await program.lines(10)
            relay.cut()
        await reporting
        heard += await program.lines(10)
        assert await program.ended() == (0, "", "")
    assert heard == told


async def test_a_session_that_was_ended_is_over(
    folder: Path, command: tuple[str, ...], relay: Relay, somebody: Somebody
) -> None:
    first = await somebody.report()
    async with running(command, folder, relay.address, **somebody.account) as program:
        await hears(program, first)
        await somebody.ask("mutation { revokeAllSessions }")
        code, said, complaints = await program.ended()
    assert (code, said) == (1, "")
    assert complaints == "SESSION_EXPIRED: This session has ended. Please sign in again.\n"


async def test_a_wrong_password_ends_it_at_once(folder: Path, command: tuple[str, ...], place: Place) -> None:
    async with running(command, folder, place.address, PASSWORD="wrong") as program:
        assert await program.ended() == (1, "", "BAD_CREDENTIALS: The e-mail address or the password is wrong.\n")
