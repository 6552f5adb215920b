"""How much one person may watch at the same time: STREAMS_AT_ONCE."""

from collections.abc import AsyncIterator

import pytest

from composition import Marquee
from domain.contents import Content
from tests.api.conftest import Api, Person, World
from tests.api.issuer import application, settings_like
from tests.api.test_playback import play, started
from tests.api.test_progress import at, event, record


@pytest.fixture
async def limited(marquee: Marquee, world: World) -> AsyncIterator[Api]:
    async with application(settings_like(marquee, streams_at_once=2)) as (_, api):
        yield api


async def refused(api: Api, who: Person, content: Content) -> bool:
    answer = (await play(api, who, content)).data["startStream"]
    return bool(answer.get("code") == "STREAM_LIMIT_REACHED")


async def test_one_too_many_is_refused_and_earns_nothing(limited: Api, world: World) -> None:
    person = await world.person()
    first, second, third = [await world.content() for _ in range(3)]
    for content in (first, second):
        assert (await started(limited, person, content))["pointsAwarded"] == 10
        await record(limited, person, event(content, observedAt=at(seconds=1)))
    assert await refused(limited, person, third)
    assert await world.rows("select points from users where id = $1", person.user.id) == [(20,)]
    assert not await refused(limited, person, first)  # on another screen
    assert not await refused(limited, await world.person(), third)


async def test_what_is_finished_or_left_makes_room(limited: Api, world: World) -> None:
    person = await world.person()
    first, second, third = [await world.content() for _ in range(3)]
    await record(limited, person, event(first, observedAt=at(seconds=1)), event(second, observedAt=at(seconds=1)))
    assert await refused(limited, person, third)
    await record(limited, person, event(first, observedAt=at(seconds=0), completed=True))
    assert not await refused(limited, person, third)


async def test_without_the_setting_nobody_is_refused(api: Api, world: World) -> None:
    person = await world.person()
    for _ in range(5):
        content = await world.content()
        assert not await refused(api, person, content)
        await record(api, person, event(content, observedAt=at(seconds=0)))
