"""A person who goes, for good: B12 of FEATURES."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from composition import Marquee
from domain import ids
from domain.contents import Content
from domain.errors import Conflict, Refusal, RefusalCode
from domain.likes import Likes
from domain.playback import Playback
from domain.progress import Progress, WatchEvent
from domain.reviews import Reviews
from domain.users import Role, Viewer
from tests.api.conftest import CLIP, PASSWORD, Answer, Api, Person, World
from tests.api.test_contents import LIKE
from tests.api.test_playback import PLAY, RECORD, id_of, started
from tests.api.test_subscriptions import WATCH, connected, report, sse
from tests.api.test_users import STRANGE_IDS

DELETE = """mutation ($id: ID!) { deleteUser(input: {id: $id}) {
  ... on Deleted { id } ... on Refusal { code message } } }"""
UNLIKE = """mutation ($id: ID!) { unlikeContent(input: {contentId: $id}) {
  ... on Content { likeCount } ... on Refusal { code } } }"""
REVIEW = """mutation ($id: ID!, $rating: Int!) { createReview(input: {contentId: $id, rating: $rating, body: "x"}) {
  ... on Review { id } ... on Refusal { code } } }"""
REFRESH = """mutation ($token: String!) { refreshSession(input: {refreshToken: $token}) {
  ... on SignedIn { viewer { role } } ... on Refusal { code } } }"""
LOGIN = """mutation ($input: LoginInput!) { login(input: $input) {
  ... on SignedIn { viewer { role } } ... on Refusal { code } } }"""
REGISTER = """mutation ($input: RegisterInput!) { register(input: $input) {
  ... on SignedIn { tokens { accessToken } viewer { user { id } } } ... on Refusal { code } } }"""
CONTENT = """query ($id: ID!) { content(id: $id) { likeCount viewCount reviewCount averageRating
  reviews { totalCount nodes { rating body author { id displayName email role corporation { id } } } } } }"""
OWN = """{ viewer { points pointEntries { totalCount } viewLogs { totalCount } likedContents { totalCount }
  reviews { totalCount } watchHistory { totalCount } continueWatching { totalCount } } }"""
REFERENCES = """select conrelid::regclass::text, attname::text from pg_constraint
  join pg_attribute on attrelid = conrelid and attnum = any (conkey)
  where contype = 'f' and confrelid = 'users'::regclass"""
Deeds = dict[str, Callable[[], Awaitable[Any]]]
RECOUNTED = """select id, like_count, view_count, review_count, rating_sum::int from contents order by id"""
COUNTED = """select id, (select count(*) from content_likes where content_id = contents.id),
  (select count(*) from view_logs where content_id = contents.id),
  (select count(*) from reviews where content_id = contents.id),
  (select coalesce(sum(rating), 0)::int from reviews where content_id = contents.id) from contents order by id"""
WAITING = "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"


async def live(api: Api, who: Person, content: Content, rating: int) -> str:
    """Leaves something of everything; the address of the stream."""
    await api.data(LIKE, who, id=id_of(content))
    assert (await api.data(REVIEW, who, id=id_of(content), rating=rating))["createReview"]["id"]
    await report(api, who, content, 7)
    url: str = (await started(api, who, content))["url"]
    return url


async def left_of(world: World, person: Person) -> set[str]:
    """The tables that still name this person."""
    found = {"users"} if await world.rows("select 1 from users where id = $1", person.user.id) else set()
    for table, column in await world.rows(REFERENCES):
        if await world.rows(f"select 1 from {table} where {column} = $1 limit 1", person.user.id):
            found.add(table)
    return found


async def assert_counts_are_right(world: World) -> None:
    assert await world.rows(RECOUNTED) == await world.rows(COUNTED)


@pytest.mark.parametrize("by", ["themselves", "an admin"])
async def test_what_is_private_goes_and_what_was_written_stays(api: Api, world: World, by: str) -> None:
    corporation = await world.corporation()
    person, other = await world.person(Role.MEMBER, corporation), await world.person()
    admin, content = await world.person(Role.ADMIN), await world.content(corporation)
    trashed = await world.content(corporation)
    identity = "insert into identities (issuer, subject, user_id, provider) values ('i', 's', $1, 'OTHER')"
    await world.rows(identity, person.user.id)
    for who, rating in ((person, 9), (other, 4)):
        await live(api, who, content, rating)
        await live(api, who, trashed, rating)
    await world.rows("update contents set deleted_at = now() where id = $1", trashed.id)
    assert await left_of(world, person) >= {
        *("users", "sessions", "identities", "content_likes", "view_logs", "point_entries", "watch_progress"),
        *("progress_changes", "progress_counters", "watch_events", "reviews"),
    }
    before = (await api.data(CONTENT, admin, id=id_of(content)))["content"]
    assert (before["likeCount"], before["viewCount"], before["reviewCount"], before["averageRating"]) == (2, 2, 2, 6.5)
    gone = await api.data(DELETE, person if by == "themselves" else admin, id=person.id)
    assert gone == {"deleteUser": {"id": person.id}}
    assert await left_of(world, person) == set()
    after = (await api.data(CONTENT, admin, id=id_of(content)))["content"]
    assert (after["likeCount"], after["viewCount"], after["reviewCount"], after["averageRating"]) == (1, 1, 2, 6.5)
    assert await world.rows("select like_count, view_count from contents") == [(1, 1), (1, 1)]
    await assert_counts_are_right(world)
    first, second = after["reviews"]["nodes"]
    assert first == before["reviews"]["nodes"][0]
    assert (second["rating"], second["body"], after["reviews"]["totalCount"]) == (9, "x", 2)
    shown = second["author"]
    assert (shown["displayName"], shown["email"], shown["corporation"]) == ("Deleted user", None, None)
    for id in (shown["id"], person.id):
        found = await api.data("query ($id: ID!) { node(id: $id) { id } user(id: $id) { id } }", admin, id=id)
        assert found == {"node": None, "user": None}
    assert (await api.data(OWN, other))["viewer"]["points"] == 20
    assert (await api.data("{ users { totalCount } }", admin))["users"]["totalCount"] == 2


async def test_nobody_but_an_admin_deletes_somebody_else(api: Api, world: World) -> None:
    corporation = await world.corporation()
    member, manager = await world.person(Role.MEMBER, corporation), await world.person(Role.MANAGER, corporation)
    admin, stranger = await world.person(Role.ADMIN, corporation), await world.person()
    for who in (member, manager):
        others = [one.id for one in (member, manager, admin, stranger) if one is not who]
        refused = [await api.ask(DELETE, who, id=target) for target in (*others, *STRANGE_IDS)]
        assert {(*answer.codes, answer.body["errors"][0]["message"]) for answer in refused} == {
            ("FORBIDDEN", "Only an ADMIN deletes somebody else.")
        }
    for target in (member.id, *STRANGE_IDS):
        assert (await api.ask(DELETE, id=target)).codes == ["UNAUTHENTICATED"]
    for target in (*STRANGE_IDS, ids.encode("Corporation", corporation.id)):
        assert (await api.data(DELETE, admin, id=target))["deleteUser"]["code"] == "NOT_FOUND"
    assert await world.rows("select count(*) from users") == [(4,)]
    assert await world.rows("select count(*) from sessions where revoked_at is null") == [(4,)]


async def test_who_is_deleted_cannot_be_deleted_again(api: Api, world: World) -> None:
    person, admin = await world.person(), await world.person(Role.ADMIN)
    assert (await api.data(DELETE, person, id=person.id))["deleteUser"] == {"id": person.id}
    again = await api.ask(DELETE, person, id=person.id)
    assert (again.codes, again.response.status_code) == (["UNAUTHENTICATED"], 401)
    assert (await api.data(DELETE, admin, id=person.id))["deleteUser"]["code"] == "NOT_FOUND"
    assert await world.rows("select id from users") == [(admin.user.id,)]


@pytest.mark.parametrize("by", ["themselves", "an admin"])
async def test_every_way_in_is_shut_at_once(api: Api, world: World, by: str) -> None:
    person, admin, content = await world.person(), await world.person(Role.ADMIN), await world.content()
    url = await live(api, person, content, 5)
    assert (await api.client.get(url)).content == CLIP
    events = sse(api, person, WATCH)
    async with connected(api.base_url, person) as socket, connected(api.base_url, person) as idle:
        await socket.subscribe(WATCH)
        assert await socket.position() == 7
        assert await anext(events)
        await api.data(DELETE, person if by == "themselves" else admin, id=person.id)
        assert (await api.client.get(url)).status_code == 404
        assert (await api.ask("{ viewer { points } }", person)).codes == ["UNAUTHENTICATED"]
        assert (await api.data(REFRESH, token=person.refresh_token))["refreshSession"] == {"code": "SESSION_EXPIRED"}
        login = await api.data(LOGIN, input={"email": person.user.email, "password": PASSWORD})
        assert login["login"] == {"code": "BAD_CREDENTIALS"}
        assert await socket.closed(within=2) == 4403
        assert await idle.closed(within=2) == 4403
        last = await anext(events)
        assert last is not None
        assert last["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
        assert await anext(events) is None


async def test_the_same_address_begins_anew_with_nothing(api: Api, world: World) -> None:
    person, content = await world.person(), await world.content()
    await live(api, person, content, 8)
    await api.data(DELETE, person, id=person.id)
    new = {"email": person.user.email, "password": "another password"}
    signed_in = (await api.data(REGISTER, input=new))["register"]
    assert signed_in["viewer"]["user"]["id"] != person.id
    token = signed_in["tokens"]["accessToken"]
    own = (await api.data(OWN, token))["viewer"]
    assert own.pop("points") == 0
    assert own == {name: {"totalCount": 0} for name in own}
    own = "query ($id: ID!) { content(id: $id) { likedByViewer viewerReview { id } viewerProgress { id } } }"
    assert (await api.data(own, token, id=id_of(content)))["content"] == {
        "likedByViewer": False,
        "viewerReview": None,
        "viewerProgress": None,
    }
    assert (await api.data(REVIEW, token, id=id_of(content), rating=2))["createReview"]["id"]
    again = (await api.data(PLAY, token, input={"contentId": id_of(content)}))["startStream"]
    assert (again["firstView"], again["pointsBalance"], again["resumeAtSeconds"]) == (True, 10, 0)
    assert await world.rows("select like_count, view_count, review_count, rating from contents") == [(0, 1, 2, 5.0)]
    await assert_counts_are_right(world)


def event_of(content: Content) -> dict[str, Any]:
    now = datetime.now(UTC).isoformat()
    return {"eventId": str(uuid4()), "contentId": id_of(content), "positionSeconds": 9.0, "observedAt": now}


@pytest.mark.parametrize("known", [False, True])
async def test_a_person_deleted_amid_thirty_requests_leaves_nothing(api: Api, world: World, known: bool) -> None:
    """`known` people have done all of it before, so that their rows are fought for."""
    corporation, admin = await world.corporation(), await world.person(Role.ADMIN)
    contents = [await world.content(corporation) for _ in range(4)]
    for _ in range(3):
        person = await world.person()
        for content in contents if known else ():
            await live(api, person, content, 3)
        asks: list[Awaitable[Answer]] = []
        for content in contents:
            asks.append(api.ask(LIKE, person, id=id_of(content)))
            asks.append(api.ask(REVIEW, person, id=id_of(content), rating=7))
            asks.append(api.ask(PLAY, person, input={"contentId": id_of(content)}))
            asks.append(api.ask(RECORD, person, events=[event_of(content)]))
            asks.append(api.ask(UNLIKE, person, id=id_of(content)))
            asks.append(api.ask(OWN, person))
            asks.append(api.ask(LIKE, admin, id=id_of(content)))
        asks.insert(len(asks) // 2, api.ask(DELETE, person, id=person.id))
        answers = await asyncio.gather(*asks)
        deleted = answers[(len(asks) - 1) // 2]
        assert deleted.data["deleteUser"] == {"id": person.id}
        assert {code for answer in answers for code in answer.codes} <= {"UNAUTHENTICATED", "CONFLICT"}
        assert await left_of(world, person) == set()
        await assert_counts_are_right(world)


class Halting:
    """Lends transactions that stop before their n-th statement until `go` is set."""

    def __init__(self, marquee: Marquee, before: int) -> None:
        self._database, self._left = marquee.database, before
        self.reached, self.go = asyncio.Event(), asyncio.Event()

    @asynccontextmanager
    async def writing(self) -> AsyncIterator["Halting"]:
        async with self._database.writing() as self._connection:
            yield self

    single = writing

    async def fetch(self, *statement: Any) -> Any:
        self._left -= 1
        if self._left == 0:
            self.reached.set()
            await self.go.wait()
        return await self._connection.fetch(*statement)


def deeds(marquee: Marquee, database: Any, viewer: Viewer, old: Content, new: Content, review: int) -> Deeds:
    """What a person may do; `old` is a content they dealt with before, `new` one they did not."""
    stores, given = marquee.stores, marquee.services.playback
    likes, reviews = Likes(database, stores.likes), Reviews(database, stores.reviews, marquee.telling.news)
    playback = Playback(database, given._store, given._tickets, given._signals, given._lifetime)
    progress, gathered = (Progress(database, stores.progress, marquee.signals, told) for told in (None, print))
    events = [WatchEvent(uuid4(), one.id, 5.0, None, None, datetime.now(UTC)) for one in (old, new)]
    return {
        "like": lambda: likes.set(viewer, new.id, liked=True),
        "unlike": lambda: likes.set(viewer, old.id, liked=False),
        "review": lambda: reviews.create(viewer, new.id, 5, None),
        "change a review": lambda: reviews.update(viewer, review, {"rating": 10}),
        "delete a review": lambda: reviews.delete(viewer, review),
        "see": lambda: playback.start_stream(viewer, new.id, None),
        "see again": lambda: playback.start_stream(viewer, old.id, None),
        "report": lambda: progress.record(viewer, events),
        "report among others": lambda: gathered.record(viewer, events),
    }


REVIEWS = ("review", "change a review", "delete a review")


@pytest.mark.parametrize("deed", ["like", "unlike", *REVIEWS, "see", "see again", "report", "report among others"])
async def test_a_person_deleted_between_any_two_statements_of_theirs_leaves_nothing(
    api: Api, world: World, marquee: Marquee, deed: str
) -> None:
    corporation, statement, halted = await world.corporation(), 0, True
    while halted:
        statement += 1
        person = await world.person()
        old, new = await world.content(corporation), await world.content(corporation)
        await live(api, person, old, 3)
        ((review,),) = await world.rows("select id from reviews where author_id = $1", person.user.id)
        halting, viewer = Halting(marquee, statement), Viewer(person.user, 0, datetime.now(UTC))
        doing = asyncio.ensure_future(deeds(marquee, halting, viewer, old, new, review)[deed]())
        reached = asyncio.create_task(halting.reached.wait())
        await asyncio.wait((doing, reached), return_when=asyncio.FIRST_COMPLETED, timeout=5)
        halted = reached.done()
        reached.cancel()
        deleting = asyncio.create_task(api.ask(DELETE, person, id=person.id))
        while not (deleting.done() or await world.rows(WAITING)):
            await asyncio.sleep(0.005)
        halting.go.set()
        done: Any = (await asyncio.gather(doing, return_exceptions=True))[0]
        assert (await deleting).data["deleteUser"] == {"id": person.id}, f"before statement {statement}"
        refused = isinstance(done, Refusal) and done.refused.code is RefusalCode.NOT_FOUND
        assert refused or isinstance(done, Conflict) or not isinstance(done, BaseException), repr(done)
        assert await left_of(world, person) == set()
        await assert_counts_are_right(world)
    assert statement > 1
