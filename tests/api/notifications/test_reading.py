"""Reading what one was told, and hearing it as it comes: D7 of FEATURES, Z1 and W4 of GUARD."""

import asyncio
from typing import Any

import pytest

from composition import Marquee
from domain import ids
from domain.notifications import Message, NotificationKind
from domain.users import Role
from tests.api.conftest import Api, Person, World
from tests.api.notifications.conftest import MINE, REVIEW, notifications
from tests.api.test_subscriptions import connected, until

READ = "mutation ($ids: [ID!]!) { markNotificationsRead(input: {ids: $ids}) }"
ADDED = "subscription { notificationAdded { title kind content { title } } }"
NODE = "query ($id: ID!) { node(id: $id) { ... on Notification { title readAt } } }"


async def tell(world: World, *people: Person, event: str = "a thing", title: str = "Hear") -> None:
    telling = world.marquee.telling.notifications
    async with world.marquee.database.writing() as transaction:
        message = Message(NotificationKind.REVIEW_ADDED, event, title, "something")
        await telling.tell(transaction, [person.user.id for person in people], message)


async def test_notifications_come_newest_first_page_by_page(api: Api, world: World) -> None:
    person = await world.person()
    for number in range(5):
        await tell(world, person, event=f"event {number}", title=f"No. {number}")
    found: list[str] = []
    after = None
    while True:
        page = (await api.data(MINE, person, first=2, after=after))["viewer"]["notifications"]
        assert page["totalCount"] == 5
        found += [node["title"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert found == [f"No. {number}" for number in range(4, -1, -1)]


async def test_nobody_is_told_of_the_same_event_twice(api: Api, world: World) -> None:
    person, other = await world.person(), await world.person()
    await asyncio.gather(*(tell(world, person, other) for _ in range(10)))
    await tell(world, person, other, title="Another word for it")
    assert [one["title"] for one in await notifications(api, person)] == ["Hear"]
    assert [one["title"] for one in await notifications(api, other)] == ["Hear"]


async def test_what_is_marked_as_read_is_counted_once(api: Api, world: World) -> None:
    person, other = await world.person(), await world.person()
    for number in range(3):
        await tell(world, person, other, event=f"event {number}")
    first, second, _ = await notifications(api, person)
    (theirs, *_) = await notifications(api, other)
    wanted = [first["id"], second["id"], first["id"], theirs["id"], ids.encode("User", 1), "nonsense"]
    counts = await asyncio.gather(*(api.data(READ, person, ids=wanted) for _ in range(5)))
    assert sorted(count["markNotificationsRead"] for count in counts) == [0, 0, 0, 0, 2]
    viewer = (await api.data(MINE, person))["viewer"]
    assert viewer["unreadNotificationCount"] == 1
    assert [node["readAt"] is not None for node in viewer["notifications"]["nodes"]] == [True, True, False]
    assert (await api.data(MINE, other))["viewer"]["unreadNotificationCount"] == 3
    assert (await api.data(READ, person, ids=[]))["markNotificationsRead"] == 0
    assert (await api.ask(READ, person, ids=["x"] * 101)).codes == ["VALIDATION_FAILED"]
    assert (await api.ask(READ, None, ids=[first["id"]])).codes == ["UNAUTHENTICATED"]


async def test_a_notification_is_its_persons_alone(api: Api, world: World) -> None:
    person, other = await world.person(), await world.person(Role.ADMIN)
    await tell(world, person)
    (told,) = await notifications(api, person)
    assert (await api.data(NODE, person, id=told["id"]))["node"]["title"] == "Hear"
    for stranger in (other, None):
        assert (await api.data(NODE, stranger, id=told["id"]))["node"] is None


async def test_what_its_content_was_is_not_told_once_it_is_deleted(api: Api, world: World) -> None:
    corporation = await world.corporation()
    manager, content = await world.person(Role.MANAGER, corporation), await world.content(corporation)
    content_id = ids.encode("Content", content.id)
    await api.data(REVIEW, await world.person(), contentId=content_id)
    await api.data("mutation ($id: ID!) { deleteContent(input: {id: $id}) { __typename } }", manager, id=content_id)
    assert [one["content"] for one in await notifications(api, manager)] == [None]


async def test_notifications_come_live_to_their_person_alone(api: Api, world: World) -> None:
    corporation = await world.corporation()
    manager, author, content = (
        await world.person(Role.MANAGER, corporation),
        await world.person(),
        await world.content(corporation, title="Tide"),
    )
    async with connected(api.base_url, manager) as hers, connected(api.base_url, author) as theirs:
        for socket in (hers, theirs):
            await socket.subscribe(ADDED)
        await listening(world.marquee, 2)
        await api.data(REVIEW, author, contentId=ids.encode("Content", content.id))
        told = (await hers.data())["notificationAdded"]
        assert told == {"title": "New review of Tide", "kind": "REVIEW_ADDED", "content": {"title": "Tide"}}
        await tell(world, author, manager, event="last", title="Last")
        assert (await hers.data())["notificationAdded"]["title"] == "Last", "nothing in between"
        assert (await theirs.data())["notificationAdded"]["title"] == "Last", "and nothing before"


async def test_what_was_told_while_the_line_was_lost_is_heard_once(api: Api, world: World) -> None:
    person = await world.person()
    async with connected(api.base_url, person) as socket:
        await socket.subscribe(ADDED)
        await listening(world.marquee, 1)
        await tell(world, person, event="before", title="Before")
        assert (await socket.data())["notificationAdded"]["title"] == "Before"
        cut = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'marquee-live'"
        await world.rows(f"{cut} and datname = current_database()")
        for number in range(3):
            await tell(world, person, event=f"meanwhile {number}", title=f"Meanwhile {number}")
        heard = [(await socket.data())["notificationAdded"]["title"] for _ in range(3)]
        assert heard == [f"Meanwhile {number}" for number in range(3)]
        await tell(world, person, event="after", title="After")
        assert (await socket.data())["notificationAdded"]["title"] == "After"


async def test_nothing_is_heard_twice_however_much_was_told_before_the_line_was_lost(
    api: Api, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("domain.notifications._ON_THEIR_WAY", 10)
    person = await world.person()
    async with connected(api.base_url, person) as socket:
        await socket.subscribe(ADDED)
        await listening(world.marquee, 1)
        for number in range(25):
            await tell(world, person, event=f"event {number}", title=f"No. {number}")
            assert (await socket.data())["notificationAdded"]["title"] == f"No. {number}"
        cut = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'marquee-live'"
        await world.rows(f"{cut} and datname = current_database()")
        await tell(world, person, event="after", title="After")
        assert (await socket.data())["notificationAdded"]["title"] == "After"


async def test_a_subscription_needs_somebody_who_is_signed_in(api: Api, world: World) -> None:
    async with connected(api.base_url, None) as socket:
        await socket.subscribe(ADDED)
        message: dict[str, Any] = await socket.hear()
        assert message["payload"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def listening(marquee: Marquee, how_many: int) -> None:
    """Returns when so many subscriptions hear."""
    inboxes = marquee.signals._inboxes
    await until(lambda: sum(name.startswith("notifications:") for name in inboxes) == how_many)
