"""Pushes, by a push service on loopback: D7 of FEATURES, O5 of GUARD."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from starlette.responses import Response

from composition import Marquee
from domain import ids
from jobs.push import TRIES
from tests.api.conftest import Api, Person, World
from tests.api.issuer import settings_like
from tests.api.notifications.conftest import notifications, registered
from tests.api.notifications.test_reading import READ, tell
from tests.api.test_subscriptions import until
from tests.integrations.fcm_server import Cut, FcmServer, error, failure, fcm_server, no_grant
from tests.integrations.tmdb_server import Silence

WAITING = "select count(*) from outbox where topic like 'push%' and refusal is null"
DUE = "select extract(epoch from due_at - now())::float from outbox where topic = 'push' and refusal is null"
HURRY = "update outbox set due_at = now() where topic = 'push'"


@dataclass
class Pushing:
    """A worker that pushes to `fcm`, and another one beside it."""

    fcm: FcmServer
    world: World
    workers: tuple[Marquee, Marquee]

    async def run(self) -> None:
        """Both at the same time."""
        await asyncio.gather(*(job.run() for one in self.workers for job in one.jobs() if job.name.startswith("push")))

    async def run_on(self) -> None:
        """Until nothing waits, however long it was to."""
        while (await self.world.rows(WAITING)) != [(0,)]:
            await self.world.rows(HURRY)
            for one in self.workers:
                for job in one.jobs():
                    if job.name.startswith("push"):
                        await job.run()


@pytest.fixture
async def pushing(marquee: Marquee, world: World) -> AsyncIterator[Pushing]:
    async with fcm_server() as fcm:
        settings = settings_like(marquee, fcm_service_account=fcm.setting, fcm_url=fcm.url)
        one, two = (Marquee(settings, marquee.database.dsn) for _ in range(2))
        async with one.running(listening=False), two.running(listening=False):
            yield Pushing(fcm, world, (one, two))


async def test_each_device_of_who_is_told_hears_it_once(api: Api, world: World, pushing: Pushing) -> None:
    person, other = await world.person(), await world.person()
    for number in range(60):
        await registered(api, person, f"phone:{number}") if number < 40 else await registered(api, other, f"x:{number}")
    for event in range(3):
        await tell(world, person, event=f"event:{event}", title=f"No. {event}")
    await asyncio.gather(*(pushing.run() for _ in range(4)))
    await pushing.run_on()
    assert len(pushing.fcm.messages) == 120
    sent = pushing.fcm.sent_to("phone:7")
    assert sorted(message["notification"]["title"] for message in sent) == ["No. 0", "No. 1", "No. 2"]
    told = {one["title"]: one["id"] for one in await notifications(api, person)}
    for message in sent:
        assert message["data"] == {"notificationId": told[message["notification"]["title"]], "kind": "REVIEW_ADDED"}


async def test_what_was_claimed_by_one_who_died_is_never_sent_again(api: Api, world: World, pushing: Pushing) -> None:
    person = await world.person()
    await registered(api, person, "phone:1")
    await tell(world, person)
    ((subject,),) = await world.rows("select subject from outbox where topic = 'push'")
    (claimed,) = await world.marquee.telling.push_store.claim([subject])
    assert claimed.token == "phone:1"  # and here it dies
    await pushing.run()
    await pushing.run_on()
    assert pushing.fcm.messages == []


async def test_a_device_that_moved_is_not_told_of_the_same_event_again(
    api: Api, world: World, pushing: Pushing
) -> None:
    seller, buyer = await world.person(), await world.person()
    await registered(api, seller, "phone:1")
    await tell(world, seller, event="content:1", title="To the seller")
    await pushing.run()
    await registered(api, buyer, "phone:1")
    await tell(world, buyer, event="content:1", title="To the buyer")
    await tell(world, buyer, event="content:2", title="Of something else")
    await pushing.run_on()
    assert [one["notification"]["title"] for one in pushing.fcm.messages] == ["To the seller", "Of something else"]


async def test_what_was_meant_for_the_one_before_does_not_reach_the_next_owner(
    api: Api, world: World, pushing: Pushing
) -> None:
    seller, buyer = await world.person(), await world.person()
    await registered(api, seller, "phone:1")
    await tell(world, seller)
    await registered(api, buyer, "phone:1")
    await pushing.run_on()
    assert pushing.fcm.messages == []


async def test_a_dead_token_is_removed_and_holds_up_no_other(api: Api, world: World, pushing: Pushing) -> None:
    person = await world.person()
    for token in ("dead", "alive"):
        await registered(api, person, token)
    pushing.fcm.failing_for["dead"].append(failure("UNREGISTERED"))
    await tell(world, person)
    await pushing.run()
    assert await world.rows("select token from devices") == [("alive",)]
    assert [message["token"] for message in pushing.fcm.messages] == ["alive"]
    await pushing.run_on()
    assert len(pushing.fcm.messages) == 1


@pytest.mark.parametrize(
    ("answer", "least", "most"),
    [
        (failure("QUOTA_EXCEEDED", retry_after="90"), 60, 90),
        (failure("UNAVAILABLE", retry_after="50"), 30, 50),
    ],
)
async def test_what_is_not_taken_is_sent_when_its_time_has_come(
    api: Api, world: World, pushing: Pushing, answer: Response, least: int, most: int
) -> None:
    person = await world.person()
    for token in ("slow", "quick"):
        await registered(api, person, token)
    pushing.fcm.failing_for["slow"].append(answer)
    await tell(world, person)
    await pushing.run()
    assert [message["token"] for message in pushing.fcm.messages] == ["quick"]
    ((wait,),) = await world.rows(DUE)
    assert least <= wait <= most
    await pushing.run_on()
    assert sorted(message["token"] for message in pushing.fcm.messages) == ["quick", "slow"]


@pytest.mark.parametrize(
    "answer", [failure("INTERNAL"), failure("QUOTA_EXCEEDED", retry_after="0"), error(404, "NOT_FOUND", "No such page")]
)
async def test_what_fails_for_one_device_does_not_stop_the_line(
    api: Api, world: World, pushing: Pushing, answer: Response
) -> None:
    person = await world.person()
    await devices_of(world, person, 120)
    pushing.fcm.failing_for["many:1"].extend([answer] * 3)
    await tell(world, person)
    await pushing.run()
    assert {f"many:{number}" for number in range(2, 121)} <= {message["token"] for message in pushing.fcm.messages}
    await pushing.run_on()
    assert len(pushing.fcm.messages) == len(pushing.fcm.sent_to("many:1")) + 119 == 120


async def test_a_device_of_another_project_is_left_in_peace(api: Api, world: World, pushing: Pushing) -> None:
    person = await world.person()
    await registered(api, person, "other")
    pushing.fcm.failing_for["other"].append(failure("SENDER_ID_MISMATCH"))
    await tell(world, person)
    await pushing.run_on()
    assert (len(pushing.fcm.asked), await world.rows("select token from devices")) == (1, [("other",)])


async def test_what_was_not_sent_is_given_back_when_the_process_stops(api: Api, world: World, pushing: Pushing) -> None:
    person = await world.person()
    await devices_of(world, person, 20)
    pushing.fcm.failing_for["many:1"].append(Silence())
    pushing.fcm.failing_for["many:2"].append(failure("UNAVAILABLE"))
    await tell(world, person)
    (job,) = (job for job in pushing.workers[0].jobs() if job.name == "push")
    stopped = asyncio.ensure_future(job.run())
    await until(lambda: len(pushing.fcm.asked) == 20)
    stopped.cancel()
    await asyncio.wait([stopped])
    assert await world.rows("select count(*) from pushes") == [(19,)], "but for the one that was surely not sent"
    await pushing.run_on()
    assert sorted(len(pushing.fcm.sent_to(f"many:{number}")) for number in range(1, 21)) == [0] + [1] * 19


async def test_what_is_never_taken_is_given_up_and_forgotten(api: Api, world: World, pushing: Pushing) -> None:
    person = await world.person()
    await registered(api, person, "phone:1")
    pushing.fcm.failing_for["phone:1"].extend(failure("QUOTA_EXCEEDED") for _ in range(TRIES))
    await tell(world, person)
    await pushing.run_on()
    assert pushing.fcm.messages == []
    assert len(pushing.fcm.asked) == TRIES
    assert len(await world.rows("select 1 from outbox where topic = 'push' and refusal is not null")) == 1
    await world.rows("update outbox set created_at = now() - interval '8 days'")
    await world.run("sweep")
    assert await world.rows("select 1 from outbox where topic = 'push'") == []


async def test_while_nobody_can_be_pushed_to_everything_waits(api: Api, world: World, pushing: Pushing) -> None:
    person = await world.person()
    for number in range(5):
        await registered(api, person, f"phone:{number}")
    pushing.fcm.failing_tokens.extend(no_grant() for _ in range(2))
    await tell(world, person)
    await pushing.run()
    assert (await world.rows(WAITING), pushing.fcm.messages) == ([(5,)], [])
    for worker in pushing.workers:  # as if their rest was over
        for job in worker.jobs():
            if job.name == "push":
                await job.run()
    await pushing.run_on()
    assert len(pushing.fcm.messages) == 5


async def test_a_push_that_may_have_arrived_is_not_repeated(api: Api, world: World, pushing: Pushing) -> None:
    person = await world.person()
    await registered(api, person, "phone:1")
    pushing.fcm.lost.append(Cut())
    await tell(world, person)
    await pushing.run()
    await pushing.run_on()
    assert len(pushing.fcm.sent_to("phone:1")) == 1


async def test_nothing_is_pushed_to_who_signed_out_or_has_read_it(api: Api, world: World, pushing: Pushing) -> None:
    away, reader, late = [await world.person() for _ in range(3)]
    for number, person in enumerate((away, reader, late)):
        await registered(api, person, f"phone:{number}")
    await tell(world, away, reader, late)
    await api.data("mutation { logout }", away)
    (told,) = await notifications(api, reader)
    await api.data(READ, reader, ids=[told["id"]])
    await world.rows(
        "update notifications set created_at = now() - interval '25 hours' where user_id = $1", late.user.id
    )
    await pushing.run_on()
    assert pushing.fcm.messages == []


async def test_without_a_push_service_people_are_told_all_the_same(api: Api, world: World) -> None:
    person = await world.person()
    await registered(api, person, "phone:1")
    await tell(world, person)
    assert await world.rows(WAITING) == [(1,)]
    await world.run("push", "push to many")
    assert await world.rows(WAITING) == [(0,)]
    assert [one["title"] for one in await notifications(api, person)] == ["Hear"]
    assert await world.rows("select 1 from pushes") == []


async def devices_of(world: World, person: Person, how_many: int) -> None:
    """Without asking the API for each."""
    await world.rows(
        "insert into devices (user_id, session_id, platform, token)"
        " select $1, (select max(id) from sessions where user_id = $1), 'WEB', 'many:' || n"
        " from generate_series(1, $2) n",
        *(person.user.id, how_many),
    )


async def test_what_many_are_told_at_once_is_pushed_in_a_line_of_its_own(
    api: Api, world: World, pushing: Pushing
) -> None:
    person, content = await world.person(), await world.content(genres=["Drama"])
    await devices_of(world, person, 120)
    like = "mutation ($id: ID!) { likeContent(input: {contentId: $id}) { __typename } }"
    await api.data(like, person, id=ids.encode("Content", content.id))
    new = await world.content(genres=["Drama"], title="Tide")
    async with world.marquee.database.writing() as transaction:
        await world.marquee.telling.news.content_added(transaction, new.id, 0)
    await world.run("fan out news")
    await tell(world, person, title="Something for you alone")
    topics = "select topic, count(*) from outbox where topic like 'push%' group by topic order by topic"
    assert await world.rows(topics) == [("push", 120), ("push to many", 120)]
    (direct,) = (job for job in pushing.workers[0].jobs() if job.name == "push")
    await direct.run()
    assert {message["notification"]["title"] for message in pushing.fcm.messages} == {"Something for you alone"}
    await pushing.run_on()
    assert len(pushing.fcm.messages) == 240
    (many, *_) = [message for message in pushing.fcm.messages if message["data"]["kind"] == "CONTENT_ADDED"]
    assert many["data"]["contentId"] == ids.encode("Content", new.id)
