"""Reviews: D5 of FEATURES; who writes, changes and deletes them, and how they come in pages."""

import asyncio
from typing import Any

import pytest

from domain import ids
from domain.contents import Content
from domain.users import Role
from tests.api.conftest import Api, Person, World

CREATE = """mutation ($id: ID!, $rating: Int!, $body: String) {
  createReview(input: {contentId: $id, rating: $rating, body: $body}) {
  ... on Review { id content { id title reviewCount averageRating viewerReview { rating body } }
    author { id displayName } rating body createdAt updatedAt }
  ... on Refusal { code problems { field } } } }"""
UPDATE = """mutation ($input: UpdateReviewInput!) { updateReview(input: $input) {
  ... on Review { id rating body createdAt updatedAt content { reviewCount averageRating } }
  ... on Refusal { code problems { field } } } }"""
DELETE = """mutation ($id: ID!) { deleteReview(input: {id: $id}) {
  ... on Deleted { id } ... on Refusal { code } } }"""
REVIEWS = """query ($id: ID!, $first: Int, $after: String) { content(id: $id) { reviews(first: $first, after: $after) {
  totalCount nodes { body } edges { cursor node { body } }
  pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }"""
NESTED = """{ contents(first: 50) { nodes {
  reviews(first: 5) { nodes { rating author { displayName } } } } } }"""
OWN = """query ($first: Int, $after: String) { viewer { reviews(first: $first, after: $after) {
  totalCount nodes { body content { title } } pageInfo { hasNextPage endCursor } } } }"""
VIEWER_REVIEW = "query ($id: ID!) { content(id: $id) { viewerReview { rating body } } }"
NODES = """query ($id: ID!, $ids: [ID!]!) {
  node(id: $id) { __typename ... on Review { id body content { title } } } nodes(ids: $ids) { id } }"""
STORED = "select content_id, author_id, rating, body from reviews order by id"
COUNTS = "select review_count, rating_sum from contents order by id"
NAMES = ("author", "manager", "admin", "member", "rival")


def gid(content: Content) -> str:
    return ids.encode("Content", content.id)


async def write(api: Api, who: Person, content: Content, rating: int = 7, body: str | None = None) -> dict[str, Any]:
    written: dict[str, Any] = (await api.data(CREATE, who, id=gid(content), rating=rating, body=body))["createReview"]
    return written


async def cast(world: World) -> tuple[Content, dict[str, Person]]:
    """A content, and who might lay hands on a review of it; `rival` manages another company."""
    own, other = await world.corporation(), await world.corporation()
    roles = ((Role.MEMBER, None), (Role.MANAGER, own), (Role.ADMIN, None), (Role.MEMBER, own), (Role.MANAGER, other))
    people = {name: await world.person(*role) for name, role in zip(NAMES, roles, strict=True)}
    return await world.content(own, title="첫 영화"), people


async def test_the_author_writes_changes_and_deletes_a_review(api: Api, world: World) -> None:
    content, author = await world.content(title="첫 영화"), await world.person()
    made = await write(api, author, content, 9, "Good.")
    assert made == {
        "id": ids.encode("Review", 1),
        "content": {
            "id": gid(content),
            "title": "첫 영화",
            "reviewCount": 1,
            "averageRating": 9.0,
            "viewerReview": {"rating": 9, "body": "Good."},
        },
        "author": {"id": author.id, "displayName": author.user.display_name},
        "rating": 9,
        "body": "Good.",
        "createdAt": made["updatedAt"],
        "updatedAt": made["createdAt"],
    }
    given = {"id": made["id"], "rating": 3, "body": "Worse at second sight."}
    changed = (await api.data(UPDATE, author, input=given))["updateReview"]
    assert changed.pop("updatedAt") > made["updatedAt"]
    assert changed == {**given, "createdAt": made["createdAt"], "content": {"reviewCount": 1, "averageRating": 3.0}}
    assert (await api.data(DELETE, author, id=made["id"]))["deleteReview"] == {"id": made["id"]}
    assert (await api.data(DELETE, author, id=made["id"]))["deleteReview"] == {"code": "NOT_FOUND"}
    assert (await api.data(UPDATE, author, input=given))["updateReview"]["code"] == "NOT_FOUND"
    assert (await world.rows(STORED), await world.rows(COUNTS)) == ([], [(0, 0)])
    assert (await write(api, author, content, 5))["rating"] == 5  # and may think again


async def test_there_is_one_review_for_each_person_and_content(api: Api, world: World) -> None:
    one, other, author = await world.content(), await world.content(), await world.person()
    await write(api, author, one, 8, "first")
    assert (await write(api, author, one, 1, "second"))["code"] == "ALREADY_EXISTS"
    assert await world.rows(STORED) == [(one.id, author.user.id, 8, "first")]
    assert await world.rows(COUNTS) == [(1, 8), (0, 0)]
    assert (await write(api, author, other, 2))["rating"] == 2
    assert (await write(api, await world.person(), one, 4))["content"]["averageRating"] == 6.0
    assert await world.rows(COUNTS) == [(2, 12), (1, 2)]


async def test_of_twenty_that_race_one_is_written(api: Api, world: World) -> None:
    content, author = await world.content(), await world.person()
    answers = await asyncio.gather(*(write(api, author, content, 6, "x") for _ in range(20)))
    assert sorted(answer.get("code", "") for answer in answers) == ["", *["ALREADY_EXISTS"] * 19]
    assert await world.rows(STORED) == [(content.id, author.user.id, 6, "x")]
    assert await world.rows(COUNTS) == [(1, 6)]


@pytest.mark.parametrize("rating", [0, 11, -1, 2**31 - 1])
async def test_a_rating_is_from_one_to_ten(api: Api, world: World, rating: int) -> None:
    content, author = await world.content(), await world.person()
    refused = {"code": "VALIDATION_FAILED", "problems": [{"field": ["input", "rating"]}]}
    assert await write(api, author, content, rating) == refused
    assert (await world.rows(STORED), await world.rows(COUNTS)) == ([], [(0, 0)])
    review = (await write(api, author, content, 5, "kept"))["id"]
    assert (await api.data(UPDATE, author, input={"id": review, "rating": rating, "body": "x"}))[
        "updateReview"
    ] == refused
    assert await world.rows(STORED) == [(content.id, author.user.id, 5, "kept")]
    assert await world.rows(COUNTS) == [(1, 5)]


@pytest.mark.parametrize("rating", [5.5, "7", 2**31, True])
async def test_what_is_no_int_never_becomes_a_rating(api: Api, world: World, rating: Any) -> None:
    content, author = await world.content(), await world.person()
    answer = await api.ask(CREATE, author, id=gid(content), rating=rating)
    assert answer.codes == ["GRAPHQL_VALIDATION_FAILED"]
    answer = await api.ask(UPDATE, author, input={"id": ids.encode("Review", 1), "rating": rating})
    assert answer.codes == ["GRAPHQL_VALIDATION_FAILED"]
    assert await world.rows(STORED) == []


async def test_a_whole_number_written_as_a_fraction_is_that_number(api: Api, world: World) -> None:
    content, author = await world.content(), await world.person()
    answer = await api.data(CREATE, author, id=gid(content), rating=7.0)
    assert answer["createReview"]["rating"] == 7


@pytest.mark.parametrize("body", ["x" * 10_001, "가" * 10_001, "a\0b", "a\x07b", "a\x1bb", "a\x85b"])
async def test_a_text_too_long_or_with_control_characters_is_refused(api: Api, world: World, body: str) -> None:
    content, author = await world.content(), await world.person()
    refused = {"code": "VALIDATION_FAILED", "problems": [{"field": ["input", "body"]}]}
    assert await write(api, author, content, 5, body) == refused
    assert (await world.rows(STORED), await world.rows(COUNTS)) == ([], [(0, 0)])
    review = (await write(api, author, content, 5, "kept"))["id"]
    given = {"id": review, "rating": 9, "body": body}
    assert (await api.data(UPDATE, author, input=given))["updateReview"] == refused
    assert await world.rows(STORED) == [(content.id, author.user.id, 5, "kept")]


@pytest.mark.parametrize(
    "body",
    [
        "x" * 10_000,
        "😀" * 10_000,
        "one\n\n\ttwo\r\nthree",
        "<script>alert('1')</script> &amp; <b>\"bold\"</b> %s {0} \\n ${x}",
        "각 café cafe\u0301 각",  # composed and not: neither is turned into the other
        "👩‍👩‍👧‍👦🇰🇷 \u202etxet\u202c zero\u200bwidth",
    ],
)
async def test_a_text_is_kept_byte_for_byte(api: Api, world: World, body: str) -> None:
    content, author = await world.content(), await world.person()
    assert (await write(api, author, content, 5, body))["body"] == body
    [(stored,)] = await world.rows("select convert_to(body, 'UTF8') from reviews")
    assert stored == body.encode()
    page = (await api.data(REVIEWS, id=gid(content)))["content"]["reviews"]
    assert page["nodes"] == [{"body": body}]


@pytest.mark.parametrize("body", ["", "  \n ", None])
async def test_an_empty_text_is_none(api: Api, world: World, body: str | None) -> None:
    assert (await write(api, await world.person(), await world.content(), 5, body))["body"] is None
    assert await world.rows("select body from reviews") == [(None,)]


async def test_what_cannot_be_reviewed_is_not_found(api: Api, world: World) -> None:
    content, author = await world.content(), await world.person()
    gone = await world.content()
    await world.rows("update contents set deleted_at = now() where id = $1", gone.id)
    for unknown in (gid(gone), ids.encode("Content", 999), ids.encode("User", content.id), "garbage", ""):
        refused = (await api.data(CREATE, author, id=unknown, rating=5))["createReview"]
        assert refused == {"code": "NOT_FOUND", "problems": []}
    assert (await world.rows(STORED), await world.rows(COUNTS)) == ([], [(0, 0), (0, 0)])


@pytest.mark.parametrize("name", ["manager", "admin", "member", "rival"])
async def test_nobody_changes_the_review_of_another(api: Api, world: World, name: str) -> None:
    content, people = await cast(world)
    review = (await write(api, people["author"], content, 2, "mine"))["id"]
    refused = await api.data(UPDATE, people[name], input={"id": review, "rating": 10, "body": "splendid"})
    assert refused["updateReview"] == {"code": "NOT_FOUND", "problems": []}
    assert await world.rows(STORED) == [(content.id, people["author"].user.id, 2, "mine")]
    assert await world.rows(COUNTS) == [(1, 2)]


@pytest.mark.parametrize(
    ("name", "may"), [("author", True), ("manager", True), ("admin", True), ("member", False), ("rival", False)]
)
async def test_the_author_and_the_companys_managers_delete_a_review(
    api: Api, world: World, name: str, may: bool
) -> None:
    content, people = await cast(world)
    review = (await write(api, people["author"], content, 2, "mine"))["id"]
    answer = (await api.data(DELETE, people[name], id=review))["deleteReview"]
    assert answer == ({"id": review} if may else {"code": "NOT_FOUND"})
    assert await world.rows(STORED) == ([] if may else [(content.id, people["author"].user.id, 2, "mine")])
    assert await world.rows(COUNTS) == [(0, 0) if may else (1, 2)]


async def test_a_review_of_a_deleted_content_is_out_of_reach_until_it_returns(api: Api, world: World) -> None:
    content, people = await cast(world)
    review = (await write(api, people["author"], content, 2, "mine"))["id"]
    await world.rows("update contents set deleted_at = now()")
    for who in (people["author"], people["manager"], people["admin"]):
        assert (await api.data(UPDATE, who, input={"id": review, "rating": 3}))["updateReview"]["code"] == "NOT_FOUND"
        assert (await api.data(DELETE, who, id=review))["deleteReview"] == {"code": "NOT_FOUND"}
        assert (await api.data(NODES, who, id=review, ids=[review])) == {"node": None, "nodes": [None]}
    assert await world.rows(STORED) == [(content.id, people["author"].user.id, 2, "mine")]
    assert await world.rows(COUNTS) == [(1, 2)]
    await world.rows("update contents set deleted_at = null")
    answer = await api.data(NODES, id=review, ids=[gid(content), review, ids.encode("Review", 99), "garbage"])
    assert answer["node"] == {"__typename": "Review", "id": review, "body": "mine", "content": {"title": "첫 영화"}}
    assert answer["nodes"] == [{"id": gid(content)}, {"id": review}, None, None]


async def test_nobody_reviews_without_signing_in(api: Api, world: World) -> None:
    content, author = await world.content(), await world.person()
    review = (await write(api, author, content))["id"]
    assert (await api.ask(CREATE, id=gid(content), rating=5)).codes == ["UNAUTHENTICATED"]
    assert (await api.ask(UPDATE, input={"id": review, "rating": 1})).codes == ["UNAUTHENTICATED"]
    assert (await api.ask(DELETE, id=review)).codes == ["UNAUTHENTICATED"]
    assert await world.rows(STORED) == [(content.id, author.user.id, 7, None)]


async def test_a_change_touches_only_what_it_names(api: Api, world: World) -> None:
    author = await world.person()
    review = (await write(api, author, await world.content(), 4, "text"))["id"]
    steps: list[tuple[dict[str, Any], int, str | None]] = [
        ({}, 4, "text"),
        ({"rating": 8}, 8, "text"),
        ({"body": "other"}, 8, "other"),
        ({"body": None}, 8, None),
        ({"body": "again"}, 8, "again"),
        ({"body": " "}, 8, None),
    ]
    for change, rating, body in steps:
        changed = (await api.data(UPDATE, author, input={"id": review, **change}))["updateReview"]
        assert (changed["rating"], changed["body"]) == (rating, body), change
        assert await world.rows("select rating, body from reviews") == [(rating, body)]
        assert await world.rows(COUNTS) == [(1, rating)]
    refused = await api.data(UPDATE, author, input={"id": review, "rating": None, "body": "x"})
    assert refused["updateReview"] == {"code": "VALIDATION_FAILED", "problems": [{"field": ["input", "rating"]}]}
    assert await world.rows("select rating, body from reviews") == [(8, None)]


async def test_the_viewers_review_is_seen_by_its_author_alone(api: Api, world: World) -> None:
    content, author, other = await world.content(), await world.person(), await world.person()
    await write(api, author, content, 4, "text")
    found = [(await api.data(VIEWER_REVIEW, who, id=gid(content)))["content"] for who in (author, other, None)]
    assert [answer["viewerReview"] for answer in found] == [{"rating": 4, "body": "text"}, None, None]
