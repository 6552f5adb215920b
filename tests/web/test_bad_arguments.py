"""Numbers, cursors and ids that nobody should send: a clear answer to each. G12 of GUARD."""

import base64
import json
from typing import Any

import pytest
from structlog.testing import capture_logs

from domain import ids
from tests.api.conftest import Api, World

CONTENTS = """query ($first: Int!, $after: String, $order: ContentOrder! = NEWEST) {
  contents(first: $first, after: $after, orderBy: $order) { nodes { id } pageInfo { endCursor } }
}"""
NODE = "query ($id: ID!) { node(id: $id) { id } }"


def packed(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return base64.urlsafe_b64encode(text.encode(errors="surrogatepass")).rstrip(b"=").decode()


async def test_a_page_has_from_one_to_a_hundred_items(api: Api, world: World) -> None:
    await world.content()
    for first in (1, 2, 100):
        assert len((await api.data(CONTENTS, first=first))["contents"]["nodes"]) == 1
    for first in (0, -1, 101, 2**31 - 1, -(2**31)):
        answer = await api.ask(CONTENTS, first=first)
        assert answer.codes == ["VALIDATION_FAILED"], first
        assert str(first) in answer.body["errors"][0]["message"]
    wrong: list[Any] = [None, 2**31, 2**63, 1e300, 1.5, "1", True, [], {}]
    for first in wrong:
        assert (await api.ask(CONTENTS, first=first)).codes == ["GRAPHQL_VALIDATION_FAILED"], first
    for literal in ("null", "1.0", "2147483648", '"1"', "true", "9" * 5000, "-" + "9" * 400, "1e400"):
        answer = await api.ask(f"{{ contents(first: {literal}) {{ totalCount }} }}")
        assert answer.codes == ["GRAPHQL_VALIDATION_FAILED"], literal


MOMENT = "2026-01-01T00:00:00+00:00"
NEWEST: list[Any] = [
    "",
    " ",
    "\0",
    "nonsense",
    "한글",
    "====",
    "A",
    "A" * 70_000,
    packed(""),
    packed("null"),
    packed("5"),
    packed("{}"),
    packed("[]"),
    packed("[" * 10_000),
    packed("\ud800"),
    packed('["contents.newest", "2026-01-01T00:00:00+00:00", ' + "9" * 5000 + "]"),
    packed('["contents.newest", "2026-01-01T00:00:00+00:00", NaN]'),
    packed(["contents.oldest", MOMENT, 1]),
    packed(["contents.title", "x", 1]),
    packed(["contents.newest"]),
    packed(["contents.newest", MOMENT]),
    packed(["contents.newest", MOMENT, 1, 1]),
    packed(["contents.newest", "2026-01-01T00:00:00", 1]),
    packed(["contents.newest", "2026-02-30T00:00:00+00:00", 1]),
    packed(["contents.newest", "2026-01-01", 1]),
    packed(["contents.newest", "\0", 1]),
    packed(["contents.newest", 0, 1]),
    packed(["contents.newest", None, 1]),
    packed(["contents.newest", {"x": 1}, 1]),
    packed(["contents.newest", MOMENT, "1"]),
    packed(["contents.newest", MOMENT, 1.0]),
    packed(["contents.newest", MOMENT, True]),
    packed(["contents.newest", MOMENT, None]),
    packed(["contents.newest", MOMENT, 2**63]),
    packed(["contents.newest", MOMENT, 10**300]),
    packed([["contents.newest"], MOMENT, 1]),
    packed(["contents.newest", MOMENT, 1]) + "!",
]
OTHERS: list[tuple[str, Any]] = [
    ("TITLE", ["contents.title", "\0", 1]),
    ("TITLE", ["contents.title", 5, 1]),
    ("TITLE", '["contents.title", "\\ud800", 1]'),
    ("MOST_LIKED", ["contents.most_liked", 1.5, 1]),
    ("MOST_LIKED", ["contents.most_liked", "1", 1]),
    ("TOP_RATED", '["contents.top_rated", NaN, 1]'),
    ("TOP_RATED", '["contents.top_rated", Infinity, 1]'),
    ("TOP_RATED", '["contents.top_rated", 1e999, 1]'),
    ("TOP_RATED", ["contents.top_rated", "5", 1]),
]


async def test_a_cursor_that_is_not_one_of_this_list_is_refused(api: Api, world: World) -> None:
    await world.content()
    cursors = [("NEWEST", cursor) for cursor in NEWEST] + [(order, packed(value)) for order, value in OTHERS]
    for order, cursor in cursors:
        answer = await api.ask(CONTENTS, first=5, after=cursor, order=order)
        assert answer.codes == ["VALIDATION_FAILED"], (order, cursor[:80])
        assert answer.body["errors"][0]["message"] == "The cursor given as `after` does not belong to this list."


EXTREMES = [
    ("NEWEST", ["contents.newest", "0001-01-01T00:00:00+14:00", 1]),
    ("NEWEST", ["contents.newest", "9999-12-31T23:59:59-14:00", 1]),
    ("NEWEST", ["contents.newest", "9999-12-31T23:59:59.999999+00:00", 2**63 - 1]),
    ("MOST_LIKED", ["contents.most_liked", 2**40, 1]),
    ("MOST_VIEWED", ["contents.most_viewed", -(2**63) + 1, -(2**63) + 1]),
    ("TOP_RATED", ["contents.top_rated", 1e308, 1]),
    ("TITLE", ["contents.title", "x" * 70_000, 1]),
]


@pytest.mark.parametrize(("order", "value"), EXTREMES, ids=lambda value: str(value)[:40])
async def test_a_cursor_at_the_end_of_the_scale_is_no_fault(api: Api, world: World, order: str, value: Any) -> None:
    await world.content()
    with capture_logs():
        answer = await api.ask(CONTENTS, first=5, after=packed(value), order=order)
    assert answer.codes in ([], ["VALIDATION_FAILED"])


async def test_an_id_that_we_never_made_finds_nothing(api: Api, world: World) -> None:
    content, person = await world.content(), await world.person()
    good = ids.encode("Content", content.id)
    assert await api.data(NODE, id=good) == {"node": {"id": good}}
    one = content.id
    texts = [
        f"Content:0{one}",
        f"Content:+{one}",
        f"Content: {one}",
        f"Content:{one} ",
        f"content:{one}",
        f"Content:{one}.0",
    ]
    texts += [
        f"Content:{2**63}",
        f"Content:{10**40}",
        "Content:" + "9" * 5000,
        "Content:-1",
        "Content:0",
        "Content:",
        ":1",
    ]
    texts += [
        "Content:１",
        "Content:²",
        "Content:1\0",
        "Content:NaN",
        f"Genre:{one}\nContent:{one}",
        "Nothing:1",
        "Query:1",
    ]
    wrong = [packed(text) for text in texts]
    wrong += [
        good + "=",
        good + "==",
        f" {good}",
        f"{good} ",
        f"{good}\n",
        good[:-1],
        good.lower(),
        f"{good}\0",
        f"{good[:4]}\n{good[4:]}",
    ]
    wrong += ["", " ", "\0", str(one), "Content:1", "한글", "A" * 70_000, "!" * 10, ids.encode("Content", 2**63 - 1)]
    # The last character carries bits that a decoder ignores: only one spelling is the id.
    last = packed("Content:11")[-1]
    wrong.append(packed("Content:11")[:-1] + chr(ord(last) + 1))
    for global_id in wrong:
        assert await api.data(NODE, id=global_id) == {"node": None}, global_id[:80]
    content_of = "query ($id: ID!) { content(id: $id) { id } user(id: $id) { id } corporation(id: $id) { id } }"
    for global_id in [*wrong, person.id.lower()]:
        nothing = {"content": None, "user": None, "corporation": None}
        assert await api.data(content_of, id=global_id) == nothing, global_id[:80]
    assert (await api.data(content_of, id=person.id))["content"] is None
    like = "mutation ($id: ID!) { likeContent(input: {contentId: $id}) { ... on Refusal { code } } }"
    for global_id in [*wrong, person.id]:
        assert await api.data(like, person, id=global_id) == {"likeContent": {"code": "NOT_FOUND"}}, global_id[:80]
    assert await world.rows("select sum(like_count)::int from contents") == [(0,)]


async def test_many_ids_keep_their_places_and_have_a_bound(api: Api, world: World) -> None:
    content = await world.content()
    good = ids.encode("Content", content.id)
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    assert await api.data(query, ids=["x", good, "", good]) == {"nodes": [None, {"id": good}, None, {"id": good}]}
    assert await api.data(query, ids=[]) == {"nodes": []}
    assert len((await api.data(query, ids=[good] * 100))["nodes"]) == 100
    assert (await api.ask(query, ids=[good] * 101)).codes == ["VALIDATION_FAILED"]
    wrong: list[Any] = [None, [None], [[good]], {"x": good}]
    for given in wrong:
        assert (await api.ask(query, ids=given)).codes == ["GRAPHQL_VALIDATION_FAILED"], given
    assert await api.data(query, ids=5) == {"nodes": [None]}, "a single value is a list of one, and a number an id"


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("query ($n: Int = 3) { contents(first: $n) { totalCount } }", ["contents"]),
        ("query ($n: ContentOrder = TITLE) { contents(orderBy: $n) { totalCount } }", ["contents"]),
        (
            "query ($n: Int = 3) { contents { nodes { reviews(first: $n) { totalCount } } } }",
            ["contents", "nodes", 0, "reviews"],
        ),
    ],
)
async def test_null_for_what_has_a_default_and_must_not_be_null_is_the_clients_mistake(
    api: Api, world: World, query: str, path: list[str | int]
) -> None:
    """Validation lets it pass: only the value shows it."""
    await world.content()
    with capture_logs() as log:
        answer = await api.ask(query, n=None)
    assert [error["path"] for error in answer.body["errors"]] == [path]
    assert answer.codes == ["GRAPHQL_VALIDATION_FAILED"]
    assert "Expected variable '$n' provided to non-null type" in answer.body["errors"][0]["message"]
    assert "fault" not in {line["event"] for line in log}
