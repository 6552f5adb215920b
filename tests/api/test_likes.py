"""Likes: A8 of FEATURES; exact under any race, and the list of what one likes."""

import asyncio
import random
from collections.abc import Coroutine
from typing import Any, TypeVar

import pytest

from domain import ids
from domain.contents import Content
from domain.users import Role
from tests.api.conftest import Answer, Api, Person, World

pytestmark = pytest.mark.xdist_group("heavy")

T = TypeVar("T")
LIKE = """mutation ($id: ID!) { likeContent(input: {contentId: $id}) {
  ... on Content { likeCount likedByViewer } ... on Refusal { code } } }"""
UNLIKE = LIKE.replace("likeContent", "unlikeContent")
SHOWN = "query ($id: ID!) { content(id: $id) { likeCount likedByViewer } }"
LIKED = """query ($first: Int, $after: String) { viewer { likedContents(first: $first, after: $after) {
  totalCount nodes { title } edges { cursor node { title } }
  pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }"""
STORED = "select user_id, content_id from content_likes order by content_id, user_id"
COUNTS = "select like_count from contents order by id"
TRUTH = "select like_count, (select count(*) from content_likes where content_id = contents.id) from contents"
DELETE_CONTENT = "mutation ($id: ID!) { deleteContent(input: {id: $id}) { ... on Content { deletedAt } } }"
DELETE_USER = "mutation ($id: ID!) { deleteUser(input: {id: $id}) { ... on Deleted { id } ... on Refusal { code } } }"


def gid(content: Content) -> str:
    return ids.encode("Content", content.id)


def result(answer: Answer) -> dict[str, Any]:
    assert answer.response.status_code == 200
    [only] = answer.data.values()
    assert isinstance(only, dict)
    return only


async def put(api: Api, who: Person, content: Content, *, liked: bool = True) -> dict[str, Any]:
    return result(await api.ask(LIKE if liked else UNLIKE, who, id=gid(content)))


async def crowd(*asking: Coroutine[Any, Any, T], at_once: int = 50) -> list[T]:
    """All of them, so many at once: many more wait for a connection longer than the server lets them on a slow
    machine. What fails is raised when all have ended, or the rest would run on into the next test.
    """
    door = asyncio.Semaphore(at_once)

    async def through(one: Coroutine[Any, Any, T]) -> T:
        async with door:
            return await one

    answers = await asyncio.gather(*map(through, asking), return_exceptions=True)
    for answer in answers:
        if isinstance(answer, BaseException):
            raise answer
    return answers  # type: ignore[return-value]


async def counted(world: World) -> list[int]:
    """The count of each content, after it was seen that it is the truth."""
    rows = await world.rows(f"{TRUTH} order by id")
    assert [count for count, _ in rows] == [held for _, held in rows]
    return [count for count, _ in rows]


async def waiting(world: World, many: int) -> None:
    """Until so many transactions wait for a lock."""
    asked = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
    async with asyncio.timeout(20):
        while await world.rows(asked) != [(many,)]:
            await asyncio.sleep(0.01)


async def test_a_like_of_a_like_and_an_unlike_of_none_change_nothing(api: Api, world: World) -> None:
    content, one, other = await world.content(), await world.person(), await world.person()
    for _ in range(2):
        assert await put(api, one, content, liked=False) == {"likeCount": 0, "likedByViewer": False}
        assert await world.rows(STORED) == []
    assert await put(api, one, content) == {"likeCount": 1, "likedByViewer": True}
    [first] = await world.rows("select user_id, content_id, created_at from content_likes")
    assert await put(api, one, content) == {"likeCount": 1, "likedByViewer": True}
    assert await world.rows("select user_id, content_id, created_at from content_likes") == [first]
    assert await put(api, other, content, liked=False) == {"likeCount": 1, "likedByViewer": False}
    assert await put(api, other, content) == {"likeCount": 2, "likedByViewer": True}
    for _ in range(2):
        assert await put(api, one, content, liked=False) == {"likeCount": 1, "likedByViewer": False}
        assert await world.rows(STORED) == [(other.user.id, content.id)]
    assert await counted(world) == [1]


async def test_likes_within_one_operation_are_seen_by_the_next_field(api: Api, world: World) -> None:
    content, person = await world.content(), await world.person()
    field = '%sContent(input: {contentId: "%s"}) { ... on Content { likeCount likedByViewer } }'
    steps = ["like", "like", "unlike", "unlike", "like"]
    document = " ".join(f"s{n}: {field % (step, gid(content))}" for n, step in enumerate(steps))
    answers = (await api.data(f"mutation {{ {document} }}", person)).values()
    assert [answer["likeCount"] for answer in answers] == [1, 1, 0, 0, 1]
    assert [answer["likedByViewer"] for answer in answers] == [True, True, False, False, True]


async def test_five_hundred_likes_by_fifty_people_count_fifty(api: Api, world: World) -> None:
    content, untouched = await world.content(), await world.content()
    people = [await world.person() for _ in range(50)]
    everyone = people * 10
    random.Random(8).shuffle(everyone)
    answers = await crowd(*(put(api, person, content) for person in everyone))
    assert all(answer["likedByViewer"] and 1 <= answer["likeCount"] <= 50 for answer in answers)
    assert await counted(world) == [50, 0]
    assert (await api.data(SHOWN, people[7], id=gid(content)))["content"] == {"likeCount": 50, "likedByViewer": True}
    assert (await api.data(SHOWN, people[7], id=gid(untouched)))["content"]["likedByViewer"] is False


async def test_five_hundred_likes_and_unlikes_leave_the_count_true_and_never_below_zero(api: Api, world: World) -> None:
    chance = random.Random(500)
    contents = [await world.content(), await world.content()]
    people = [await world.person() for _ in range(50)]
    await crowd(*(put(api, person, contents[0]) for person in people[::2]))
    plan = [(chance.choice(people), chance.choice([*contents, contents[0]]), chance.random() < 0.5) for _ in range(500)]
    answers = await crowd(*(put(api, who, content, liked=liked) for who, content, liked in plan))
    assert {answer["likedByViewer"] for answer in answers} == {True, False}
    assert all(0 <= answer["likeCount"] <= 50 for answer in answers)
    assert min(await counted(world)) > 0
    everyone = [(person, content) for person in people for content in contents]
    answers = await crowd(*(put(api, who, content, liked=False) for who, content in everyone))
    assert all(answer["likeCount"] >= 0 and not answer["likedByViewer"] for answer in answers)
    assert (await counted(world), await world.rows(STORED)) == ([0, 0], [])


async def test_only_contents_that_are_there_are_liked(api: Api, world: World) -> None:
    content, gone, person = await world.content(), await world.content(), await world.person()
    await put(api, person, gone)
    await world.rows("update contents set deleted_at = now() where id = $1", gone.id)
    for unknown in (gid(gone), ids.encode("Content", 999), ids.encode("User", content.id), "garbage", ""):
        for mutation in (LIKE, UNLIKE):
            assert result(await api.ask(mutation, person, id=unknown)) == {"code": "NOT_FOUND"}
    assert (await world.rows(STORED), await world.rows(COUNTS)) == ([(person.user.id, gone.id)], [(0,), (1,)])


@pytest.mark.parametrize("mutation", [LIKE, UNLIKE])
async def test_nobody_likes_without_signing_in(api: Api, world: World, mutation: str) -> None:
    content = await world.content()
    await put(api, await world.person(), content)
    assert (await api.ask(mutation, id=gid(content))).codes == ["UNAUTHENTICATED"]
    assert await counted(world) == [1]


async def test_each_sees_the_own_likes_alone(api: Api, world: World) -> None:
    one, other = await world.content(title="one"), await world.content(title="other")
    ann, ben = await world.person(), await world.person()
    await put(api, ann, one)
    await put(api, ben, other)
    await put(api, ben, one)
    page = "{ contents(orderBy: OLDEST) { nodes { likeCount likedByViewer } } }"
    for who, likes in [(ann, [True, False]), (ben, [True, True]), (None, [False, False])]:
        nodes = (await api.data(page, who))["contents"]["nodes"]
        assert [node["likedByViewer"] for node in nodes] == likes
        assert [node["likeCount"] for node in nodes] == [2, 1]
    titles = [(await api.data(LIKED, who))["viewer"]["likedContents"]["nodes"] for who in (ann, ben)]
    assert titles == [[{"title": "one"}], [{"title": "one"}, {"title": "other"}]]
    assert (await api.data(LIKED))["viewer"] is None


@pytest.mark.parametrize("ties", [False, True])
async def test_liked_contents_come_last_liked_first_in_pages_without_gap_or_double(
    api: Api, world: World, ties: bool
) -> None:
    corporation, person, other = await world.corporation(), await world.person(), await world.person()
    contents = {title: await world.content(corporation, title=title) for title in "abcdefgh"}
    for title in "cagbef":
        await put(api, person, contents[title])
    await put(api, other, contents["h"])
    await put(api, person, contents["c"])  # a like of a like does not move it
    await put(api, person, contents["a"], liked=False)
    await put(api, person, contents["a"])  # one taken back and given again does
    if ties:
        await world.rows("update content_likes set created_at = (select min(created_at) from content_likes)")
    found = ""
    after, more = None, True
    while more:
        page = (await api.data(LIKED, person, first=2, after=after))["viewer"]["likedContents"]
        assert [edge["node"] for edge in page["edges"]] == page["nodes"]
        info = page["pageInfo"]
        assert info["hasPreviousPage"] == (after is not None)
        assert (info["startCursor"], info["endCursor"]) == (page["edges"][0]["cursor"], page["edges"][-1]["cursor"])
        assert page["totalCount"] == (6 if after is None else 7)
        if after is None:
            await put(api, person, contents["d"])  # in front of the first page, so on none of these
        found += "".join(node["title"] for node in page["nodes"])
        after, more = info["endCursor"], info["hasNextPage"]
    assert found == ("gfecba" if ties else "afebgc")
    [newest] = (await api.data(LIKED, person, first=1))["viewer"]["likedContents"]["nodes"]
    assert newest == {"title": "d"}


async def test_a_deleted_content_leaves_the_likes_and_comes_back_with_them(api: Api, world: World) -> None:
    person = await world.person()
    contents = [await world.content(title=title) for title in "abc"]
    for content in contents:
        await put(api, person, content)

    async def liked() -> tuple[list[str], int]:
        page = (await api.data(LIKED, person))["viewer"]["likedContents"]
        return [node["title"] for node in page["nodes"]], page["totalCount"]

    assert await liked() == (["c", "b", "a"], 3)
    admin = await world.person(Role.ADMIN)
    assert (await api.data(DELETE_CONTENT, admin, id=gid(contents[1])))["deleteContent"]["deletedAt"]
    assert await liked() == (["c", "a"], 2)
    await world.rows("update contents set deleted_at = null")
    assert await liked() == (["c", "b", "a"], 3)
    assert (await api.data(SHOWN, person, id=gid(contents[1])))["content"] == {"likeCount": 1, "likedByViewer": True}


async def test_a_cursor_of_another_list_is_refused(api: Api, world: World) -> None:
    content, person = await world.content(), await world.person()
    await put(api, person, content)
    review = 'mutation { createReview(input: {contentId: "%s", rating: 5}) { __typename } }'
    await api.data(review % gid(content), person)
    others = await api.data(
        "{ contents { pageInfo { endCursor } } viewer { reviews { pageInfo { endCursor }}}}", person
    )
    for page in (others["contents"], others["viewer"]["reviews"]):
        cursor = page["pageInfo"]["endCursor"]
        assert cursor
        assert (await api.ask(LIKED, person, after=cursor)).codes == ["VALIDATION_FAILED"]
    for given in ({"after": "garbage"}, {"after": ""}, {"first": 0}, {"first": 101}, {"first": -1}):
        assert (await api.ask(LIKED, person, **given)).codes == ["VALIDATION_FAILED"]


async def test_like_counts_cost_no_statement_and_ones_own_likes_one_for_a_page(api: Api, world: World) -> None:
    corporation, person = await world.corporation(), await world.person()
    page = "{ contents(first: 50) { nodes { title %s } } }"
    for contents in (2, 20):
        for _ in range(contents - len(await world.rows("select 1 from contents"))):
            await put(api, person, await world.content(corporation))
        fields = ("", "likeCount", "likeCount likedByViewer")
        bare, counting, own = [await api.ask(page % field, person) for field in fields]
        assert [node["likeCount"] for node in counting.data["contents"]["nodes"]] == [1] * contents
        assert counting.statements == bare.statements
        assert own.statements == bare.statements + 1
        assert all(node["likedByViewer"] for node in own.data["contents"]["nodes"])


@pytest.mark.parametrize("liked", [True, False])
async def test_a_like_that_waited_for_a_deletion_is_none(api: Api, world: World, liked: bool) -> None:
    content, person = await world.content(), await world.person()
    await put(api, person, content, liked=not liked)
    async with world.marquee.database.writing() as transaction:
        await transaction.execute("update contents set deleted_at = now()")
        liking = asyncio.create_task(put(api, person, content, liked=liked))
        await waiting(world, 1)
    assert await liking == {"code": "NOT_FOUND"}
    assert await counted(world) == [int(not liked)]


async def test_a_content_deleted_among_likes_counts_those_it_kept(api: Api, world: World) -> None:
    admin = await world.person(Role.ADMIN)
    people = [await world.person() for _ in range(20)]
    for place in (0, 5, 10, 20):
        content = await world.content()
        asking = [api.ask(LIKE, person, id=gid(content)) for person in people]
        asking.insert(place, api.ask(DELETE_CONTENT, admin, id=gid(content)))
        answers = [result(answer) for answer in await asyncio.gather(*asking)]
        assert answers.pop(place)["deletedAt"]
        assert {answer.get("code", "NOT_FOUND") for answer in answers} == {"NOT_FOUND"}
        assert (await counted(world))[-1] == sum("likeCount" in answer for answer in answers)


async def test_who_goes_takes_the_own_likes_along(api: Api, world: World) -> None:
    admin, person, other = await world.person(Role.ADMIN), await world.person(), await world.person()
    contents = [await world.content(), await world.content()]
    for who, content in [(person, contents[0]), (other, contents[0]), (person, contents[1])]:
        await put(api, who, content)
    assert (await api.data(DELETE_USER, admin, id=person.id))["deleteUser"] == {"id": person.id}
    assert await counted(world) == [1, 0]


async def test_an_unlike_while_its_person_is_deleted_waits_for_that_and_not_for_ever(api: Api, world: World) -> None:
    admin, person = await world.person(Role.ADMIN), await world.person()
    first, second = await world.content(), await world.content()
    await asyncio.gather(put(api, person, first), put(api, person, second))
    async with world.marquee.database.writing() as transaction:
        await transaction.execute("select 1 from contents where id = $1 for no key update", second.id)
        deleting = asyncio.create_task(api.ask(DELETE_USER, admin, id=person.id))
        await waiting(world, 1)  # the deletion, which has the first content, for the second
        unliking = asyncio.create_task(api.ask(UNLIKE, person, id=gid(first)))
        await waiting(world, 2)  # and the unlike for the first
    answers = [await deleting, await unliking]
    assert [answer.codes for answer in answers] == [[], []]
    assert await counted(world) == [0, 0]
