"""Reviews: D5 of FEATURES; their pages, and that counts and means are right at all times."""

import asyncio
import random
from collections import Counter
from typing import Any

import pytest

from domain import ids
from domain.users import Role
from tests.api.conftest import Api, World
from tests.api.test_likes import DELETE_USER, crowd, waiting
from tests.api.test_reviews import COUNTS, CREATE, DELETE, NESTED, OWN, REVIEWS, UPDATE, gid, write

MEAN = "query ($id: ID!) { content(id: $id) { reviewCount averageRating reviews { totalCount } } }"
TRUTH = """select c.id, c.review_count, c.rating_sum, count(r.id), coalesce(sum(r.rating), 0)
  from contents c left join reviews r on r.content_id = c.id group by c.id order by c.id"""
TOP = "{ contents(orderBy: TOP_RATED) { nodes { id reviewCount averageRating reviews { totalCount } } } }"
DELETE_CONTENT = """mutation ($id: ID!) { deleteContent(input: {id: $id}) {
  ... on Content { deletedAt } ... on Refusal { code } } }"""
EVERYBODY_REVIEWS = """insert into reviews (content_id, author_id, rating, body)
  select c.id, u.id, 1 + (c.id + u.id) % 10, c.id || ' by ' || u.id from contents c, users u order by c.id, u.id"""


async def counted(world: World) -> list[tuple[int, int]]:
    """Number and sum of each content, after it was seen that they are the truth."""
    rows = await world.rows(TRUTH)
    for content_id, review_count, rating_sum, count, total in rows:
        assert (review_count, rating_sum) == (count, total), content_id
    return [(review_count, rating_sum) for _, review_count, rating_sum, *_ in rows]


async def test_the_mean_follows_every_step(api: Api, world: World) -> None:
    content, people = await world.content(), [await world.person() for _ in range(3)]

    async def mean() -> float | None:
        answer = (await api.data(MEAN, id=gid(content)))["content"]
        assert answer["reviewCount"] == answer["reviews"]["totalCount"]
        [(average,)] = await world.rows("select avg(rating::float8) from reviews")
        assert answer["averageRating"] == average
        found: float | None = answer["averageRating"]
        return found

    assert await mean() is None
    steps = [7.0, 8.5, 9.0]
    reviews = []
    for person, rating, after in zip(people, (7, 10, 10), steps, strict=True):
        reviews.append((await write(api, person, content, rating))["id"])
        assert await mean() == after
    await api.data(UPDATE, people[0], input={"id": reviews[0], "rating": 1})
    assert await mean() == 7.0
    await api.data(UPDATE, people[1], input={"id": reviews[1], "rating": 9})
    assert await mean() == 20 / 3
    for person, review, after_it in zip(people, reviews, (9.5, 10.0, None), strict=True):
        await api.data(DELETE, person, id=review)
        assert await mean() == after_it


async def test_a_storm_leaves_every_count_true(api: Api, world: World) -> None:
    chance = random.Random(20)
    contents = [await world.content() for _ in range(3)]
    people = [await world.person() for _ in range(30)]
    pairs = [(person, content) for person in people for content in contents]
    first = chance.sample(pairs, 45)
    made = await crowd(*(write(api, person, content, chance.randint(1, 10)) for person, content in first))
    known = [(person, content, review["id"]) for (person, content), review in zip(first, made, strict=True)]

    async def act(does: str, rating: int, place: int) -> str:
        person, content, review = known[place % len(known)]
        if does == "new":
            person, content = pairs[place]
        answer = await {
            "new": lambda: api.ask(CREATE, person, id=gid(content), rating=rating),
            "change": lambda: api.ask(UPDATE, person, input={"id": review, "rating": rating}),
            "delete": lambda: api.ask(DELETE, person, id=review),
        }[does]()
        assert answer.response.status_code == 200
        [result] = answer.data.values()
        return f"{does} {result.get('code', 'done')}"

    plan = [
        (chance.choice(["new", "change", "delete"]), chance.randint(1, 10), chance.randrange(90)) for _ in range(200)
    ]
    done = Counter(await crowd(*(act(*step) for step in plan)))
    assert set(done) <= {
        "new done",
        "new ALREADY_EXISTS",
        "change done",
        "change NOT_FOUND",
        "delete done",
        "delete NOT_FOUND",
    }
    assert min(done[f"{does} done"] for does in ("new", "change", "delete")) > 10, done
    counts = await counted(world)
    assert sum(count for count, _ in counts) == 45 + done["new done"] - done["delete done"]
    means = await world.rows(
        "select content_id, avg(rating::float8) mean from reviews group by 1 order by mean desc, content_id desc"
    )
    nodes = (await api.data(TOP))["contents"]["nodes"]
    assert [(node["id"], node["averageRating"]) for node in nodes] == [
        (ids.encode("Content", content_id), mean) for content_id, mean in means
    ]
    assert all(node["reviewCount"] == node["reviews"]["totalCount"] for node in nodes)


async def test_one_review_that_many_delete_and_change_is_counted_once(api: Api, world: World) -> None:
    content, author = await world.content(), await world.person()
    manager = await world.person(Role.ADMIN)
    await write(api, await world.person(), content, 4)
    review = (await write(api, author, content, 10))["id"]
    answers = await crowd(
        *(api.data(UPDATE, author, input={"id": review, "rating": rating}) for rating in range(1, 11)),
        *(api.data(DELETE, who, id=review) for who in [author, manager] * 10),
    )
    assert sum(answer.get("deleteReview") == {"id": review} for answer in answers) == 1
    assert await counted(world) == [(1, 4)]


@pytest.mark.parametrize("head_start", range(0, 5, 2))
async def test_a_content_deleted_among_reviews_counts_those_it_kept(api: Api, world: World, head_start: int) -> None:
    content, people = await world.content(), [await world.person() for _ in range(20)]
    admin = await world.person(Role.ADMIN)
    reviewing = [api.data(CREATE, person, id=gid(content), rating=8) for person in people]
    reviewing.insert(head_start * 5, api.data(DELETE_CONTENT, admin, id=gid(content)))
    answers = [next(iter(answer.values())) for answer in await crowd(*reviewing)]
    assert answers.pop(head_start * 5)["deletedAt"]
    written = sum("rating" in answer for answer in answers)
    assert [answer["code"] for answer in answers if "rating" not in answer] == ["NOT_FOUND"] * (20 - written)
    assert await counted(world) == [(written, written * 8)]
    assert (await api.data(MEAN, id=gid(content)))["content"] is None
    await world.rows("update contents set deleted_at = null")
    shown = (await api.data(MEAN, id=gid(content)))["content"]
    assert shown == {
        "reviewCount": written,
        "averageRating": 8.0 if written else None,
        "reviews": {"totalCount": written},
    }


async def test_a_review_that_waited_for_a_deletion_is_none(api: Api, world: World) -> None:
    content, author, other = await world.content(), await world.person(), await world.person()
    review = (await write(api, author, content, 4))["id"]
    async with world.marquee.database.writing() as transaction:
        await transaction.execute("update contents set deleted_at = now()")
        asking = [
            api.data(CREATE, other, id=gid(content), rating=10),
            api.data(UPDATE, author, input={"id": review, "rating": 9}),
            api.data(DELETE, author, id=review),
        ]
        tasks = [asyncio.create_task(ask) for ask in asking]
        await waiting(world, 3)
    assert [next(iter((await task).values()))["code"] for task in tasks] == ["NOT_FOUND"] * 3
    assert await counted(world) == [(1, 4)]


@pytest.mark.parametrize("ties", [False, True])
async def test_reviews_come_newest_first_without_gap_or_double_while_one_is_added(
    api: Api, world: World, ties: bool
) -> None:
    content = await world.content()
    people = [await world.person() for _ in range(8)]
    for number in range(7):
        await write(api, people[number], content, 5, str(number))
    if ties:
        await world.rows("update reviews set created_at = (select min(created_at) from reviews)")
    found: list[str] = []
    after = None
    for expected in (["6", "5", "4"], ["3", "2", "1"], ["0"]):
        page = (await api.data(REVIEWS, id=gid(content), first=3, after=after))["content"]["reviews"]
        assert [node["body"] for node in page["nodes"]] == expected
        assert [edge["node"] for edge in page["edges"]] == page["nodes"]
        assert page["pageInfo"] == {
            "hasNextPage": expected != ["0"],
            "hasPreviousPage": after is not None,
            "startCursor": page["edges"][0]["cursor"],
            "endCursor": page["edges"][-1]["cursor"],
        }
        assert page["totalCount"] == (8 if found else 7)
        if not found:
            await write(api, people[7], content, 5, "late")
        found += expected
        after = page["pageInfo"]["endCursor"]
    [newest] = (await api.data(REVIEWS, id=gid(content), first=1))["content"]["reviews"]["nodes"]
    assert newest == {"body": "late"}
    behind = (await api.data(REVIEWS, id=gid(content), first=3, after=after))["content"]["reviews"]
    assert (behind["nodes"], behind["totalCount"], behind["pageInfo"]["endCursor"]) == ([], 8, None)


@pytest.mark.parametrize("given", [{"first": 0}, {"first": 101}, {"after": "garbage"}, {"after": ""}])
async def test_a_page_that_makes_no_sense_is_told_so(api: Api, world: World, given: dict[str, Any]) -> None:
    content, author = await world.content(), await world.person()
    assert (await api.ask(REVIEWS, id=gid(content), **given)).codes == ["VALIDATION_FAILED"]
    assert (await api.ask(OWN, author, **given)).codes == ["VALIDATION_FAILED"]


async def test_reviews_of_many_contents_cost_what_those_of_two_cost(api: Api, world: World) -> None:
    corporation = await world.corporation()
    people = [await world.person() for _ in range(7)]
    names = [person.user.display_name for person in people]
    counting = NESTED.replace("nodes { rating", "totalCount nodes { rating")
    costs = []
    for contents in (2, 30):
        have = (await world.rows("select count(*) from contents"))[0][0]
        for _ in range(contents - have):
            await world.content(corporation)
        await world.rows(f"{EVERYBODY_REVIEWS} on conflict do nothing")
        await world.rows("update contents set review_count = 7, rating_sum = (select sum(rating) from reviews r"
                         " where r.content_id = contents.id)")  # fmt: skip
        answer, with_count = await api.ask(NESTED), await api.ask(counting)
        costs.append((answer.statements, with_count.statements))
        nodes = answer.data["contents"]["nodes"]
        assert len(nodes) == contents
        for content_id, node in zip(range(contents, 0, -1), nodes, strict=True):
            assert [review["author"]["displayName"] for review in node["reviews"]["nodes"]] == names[:1:-1]
            ratings = [1 + (content_id + person.user.id) % 10 for person in people]
            assert [review["rating"] for review in node["reviews"]["nodes"]] == ratings[:1:-1]
        assert {node["reviews"]["totalCount"] for node in with_count.data["contents"]["nodes"]} == {7}
    assert costs == [(3, 4), (3, 4)]


async def test_ones_own_reviews_are_paged_without_those_of_deleted_contents(api: Api, world: World) -> None:
    author, other = await world.person(), await world.person()
    for number in range(6):
        content = await world.content(title=f"Title of {number}")
        await write(api, author, content, 5, str(number))
        await write(api, other, content, 5, "of another")
    await world.rows("update contents set deleted_at = now() where title in ('Title of 5', 'Title of 2')")
    found: list[dict[str, Any]] = []
    after, more = None, True
    while more:
        page = (await api.data(OWN, author, first=2, after=after))["viewer"]["reviews"]
        assert page["totalCount"] == 4
        found += page["nodes"]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    assert found == [{"body": str(n), "content": {"title": f"Title of {n}"}} for n in (4, 3, 1, 0)]
    assert (await api.data(OWN))["viewer"] is None


async def test_reviews_outlive_their_author_under_no_name(api: Api, world: World) -> None:
    content, author, admin = await world.content(), await world.person(), await world.person(Role.ADMIN)
    await write(api, author, content, 3, "kept")
    assert (await api.data(DELETE_USER, admin, id=author.id))["deleteUser"] == {"id": author.id}
    who = "query ($id: ID!) { content(id: $id) { reviews { nodes { body author { displayName email } } } } }"
    [node] = (await api.data(who, admin, id=gid(content)))["content"]["reviews"]["nodes"]
    assert node == {"body": "kept", "author": {"displayName": "Deleted user", "email": None}}
    assert await world.rows(COUNTS) == [(1, 3)]
    assert await counted(world) == [(1, 3)]


async def test_a_change_while_its_author_is_deleted_waits_for_that_and_not_for_ever(api: Api, world: World) -> None:
    admin, author = await world.person(Role.ADMIN), await world.person()
    first, second = await world.content(), await world.content()
    review = (await write(api, author, first, 3))["id"]
    await world.rows("insert into content_likes (user_id, content_id) select $1, id from contents", author.user.id)
    await world.rows("update contents set like_count = 1")
    async with world.marquee.database.writing() as transaction:
        await transaction.execute("select 1 from contents where id = $1 for no key update", second.id)
        deleting = asyncio.create_task(api.ask(DELETE_USER, admin, id=author.id))
        await waiting(world, 1)  # the deletion, which has the first content, for the second
        changes = [api.ask(UPDATE, author, input={"id": review, "rating": 9}), api.ask(DELETE, author, id=review)]
        changing = [asyncio.create_task(change) for change in changes]
        await waiting(world, 3)
    assert (await deleting).codes == []
    assert [next(iter((await change).data.values()))["code"] for change in changing] == ["NOT_FOUND"] * 2
    assert await world.rows("select author_id, rating from reviews") == [(None, 3)]
    assert await counted(world) == [(1, 3), (0, 0)]
