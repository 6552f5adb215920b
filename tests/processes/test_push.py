"""Pushes of a process that is killed in the middle: D7 of FEATURES, O5 of GUARD."""

import asyncio
import signal
from collections import Counter
from collections.abc import AsyncIterator

import pytest

from jobs.push import _AT_ONCE
from tests.api.conftest import World
from tests.api.notifications.test_push import WAITING, devices_of
from tests.api.notifications.test_reading import tell
from tests.api.test_subscriptions import until
from tests.integrations.fcm_server import FcmServer, fcm_server
from tests.integrations.tmdb_server import Silence
from tests.processes.conftest import Street

pytestmark = pytest.mark.xdist_group("heavy")

DEVICES = 400


@pytest.fixture
async def fcm() -> AsyncIterator[FcmServer]:
    async with fcm_server() as running:
        yield running


@pytest.fixture
async def empty(street: Street) -> AsyncIterator[World]:
    """The database of a street where no server stands yet."""
    marquee = street.marquee()
    async with marquee.running(listening=False):
        yield World(marquee, "nobody signs in by password here")


async def test_no_device_hears_twice_and_few_hear_nothing_when_a_process_is_killed(
    street: Street, empty: World, fcm: FcmServer
) -> None:
    person = await empty.person()
    await devices_of(empty, person, DEVICES)
    await tell(empty, person)
    # One of the second fifty keeps the process waiting; the others of these are sent.
    ((held,),) = await empty.rows("select token from devices order by id offset $1 limit 1", _AT_ONCE + 10)
    fcm.failing_for[held].append(Silence())
    settings = {"FCM_SERVICE_ACCOUNT": fcm.setting, "FCM_URL": fcm.url}
    (victim,) = street.servers(1, **settings)
    await until(lambda: len(fcm.messages) == 2 * _AT_ONCE - 1, 20)
    victim.process.kill()
    assert victim.process.wait(5) == -signal.SIGKILL
    assert await empty.rows(WAITING) == [(DEVICES,)], "nothing is finished before all of it is"
    street.servers(2, **settings)
    async with asyncio.timeout(30):
        while await empty.rows(WAITING) != [(0,)]:
            await asyncio.sleep(0.05)
    heard = Counter(message["token"] for message in fcm.messages)
    assert set(heard.values()) == {1}
    assert len(heard) == DEVICES - 1, "but for the one that nobody knows about"
