"""The catalogue: A9, B3, B4 of FEATURES."""

from datetime import date
from typing import Any

import pytest

from domain import ids
from domain.contents import AgeRating
from domain.users import Role
from tests.api.conftest import Api, World

PAGE = """query ($first: Int!, $after: String, $order: ContentOrder!, $filter: ContentFilter) {
  contents(first: $first, after: $after, orderBy: $order, filter: $filter) {
    totalCount
    nodes { id title }
    edges { cursor node { title } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}"""
CREATE = """mutation ($input: CreateContentInput!) { createContent(input: $input) {
  ... on Content { id title description ageRating releaseDate runtimeMinutes genres { name } corporation { id } }
  ... on Refusal { code message problems { field message } } } }"""
UPDATE = """mutation ($input: UpdateContentInput!) { updateContent(input: $input) {
  ... on Content { title description ageRating releaseDate runtimeMinutes genres { name } }
  ... on Refusal { code problems { field } } } }"""
DELETE = """mutation ($input: DeleteContentInput!) { deleteContent(input: $input) {
  ... on Content { id deletedAt } ... on Refusal { code } } }"""
LIKE = """mutation ($id: ID!) { likeContent(input: {contentId: $id}) {
  ... on Content { likeCount likedByViewer } ... on Refusal { code } } }"""


async def walk(api: Api, order: str, **rest: Any) -> list[str]:
    """The titles of all pages of two."""
    titles: list[str] = []
    after = None
    while True:
        page = (await api.data(PAGE, first=2, after=after, order=order, **rest))["contents"]
        assert page["pageInfo"]["hasPreviousPage"] == (after is not None)
        assert page["pageInfo"]["startCursor"] == page["edges"][0]["cursor"]
        titles += [node["title"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            return titles


async def test_pages_of_every_order_follow_each_other_without_gap_or_double(api: Api, world: World) -> None:
    corporation = await world.corporation()
    for title in ("b", "A", "c", "가", "B"):
        await world.content(corporation, title=title)
    await world.rows("update contents set like_count = 2, view_count = 3 where title in ('A', 'c')")
    await world.rows("update contents set review_count = 2, rating_sum = 15 where title = 'b'")
    assert await walk(api, "OLDEST") == ["b", "A", "c", "가", "B"]
    assert await walk(api, "NEWEST") == ["B", "가", "c", "A", "b"]
    assert await walk(api, "TITLE") == ["A", "b", "B", "c", "가"]
    assert await walk(api, "MOST_LIKED") == ["c", "A", "B", "가", "b"]
    assert await walk(api, "MOST_VIEWED") == ["c", "A", "B", "가", "b"]
    assert await walk(api, "TOP_RATED") == ["b", "B", "가", "c", "A"]


async def test_every_filter_keeps_exactly_what_fits(api: Api, world: World) -> None:
    one, other = await world.corporation(), await world.corporation()
    await world.content(one, title="Old 100% Drama", genres=("Drama",), release_date=date(1980, 1, 1))
    await world.content(one, title="New Comedy", genres=("Comedy", "Drama"), release_date=date(2020, 5, 5))
    await world.content(other, title="테스트 영화", age_rating=AgeRating.AGE_19)
    [(drama,)] = await world.rows("select id from genres where name = 'Drama'")

    async def found(**only: Any) -> list[str]:
        page = (await api.data(PAGE, first=10, order="OLDEST", filter=only))["contents"]
        assert page["totalCount"] == len(page["nodes"])
        return [node["title"] for node in page["nodes"]]

    assert await found(genreId=ids.encode("Genre", drama)) == ["Old 100% Drama", "New Comedy"]
    assert await found(ageRating="AGE_19") == ["테스트 영화"]
    assert await found(corporationId=ids.encode("Corporation", other.id)) == ["테스트 영화"]
    assert await found(releasedAfter="1980-01-01", releasedBefore="1980-01-01") == ["Old 100% Drama"]
    assert await found(releasedAfter="1980-01-02") == ["New Comedy"]
    assert await found(titleContains="comedy") == ["New Comedy"]
    assert await found(titleContains="0% d") == ["Old 100% Drama"]
    assert await found(titleContains="_") == []
    assert await found(genreId=ids.encode("Genre", 999)) == await found(genreId="garbage") == []
    assert await found(genreId=ids.encode("Content", drama)) == []
    assert len(await found()) == 3


@pytest.mark.parametrize("only", [{"releasedAfter": "2023-02-30"}, {"releasedAfter": "soon"}, {"ageRating": "AGE_7"}])
async def test_a_filter_that_makes_no_sense_is_told_so(api: Api, world: World, only: dict[str, str]) -> None:
    assert (await api.ask(PAGE, first=5, order="NEWEST", filter=only)).codes == ["GRAPHQL_VALIDATION_FAILED"]


async def test_a_nul_in_a_filter_is_refused(api: Api, world: World) -> None:
    answer = await api.ask(PAGE, first=5, order="NEWEST", filter={"titleContains": "a\0b"})
    assert answer.codes == ["VALIDATION_FAILED"]


async def test_a_manager_adds_changes_and_deletes_a_content(api: Api, world: World) -> None:
    corporation = await world.corporation()
    manager = await world.person(Role.MANAGER, corporation)
    given = {"title": "  첫 영화 ", "description": "a\nb", "genres": ["Drama", "drama", "SF"], "runtimeMinutes": 90}
    made = (await api.data(CREATE, manager, input=given))["createContent"]
    assert made["title"] == "첫 영화"
    assert {genre["name"].lower() for genre in made["genres"]} == {"drama", "sf"}
    assert made["corporation"]["id"] == ids.encode("Corporation", corporation.id)
    changes = {"id": made["id"], "description": None, "genres": ["SF"], "releaseDate": "2024-02-29"}
    changed = (await api.data(UPDATE, manager, input=changes))["updateContent"]
    assert changed == {
        "title": "첫 영화",
        "description": None,
        "ageRating": "ALL",
        "releaseDate": "2024-02-29",
        "runtimeMinutes": 90,
        "genres": [{"name": "SF"}],
    }
    assert (await api.data(DELETE, manager, input={"id": made["id"]}))["deleteContent"]["deletedAt"]
    assert (await api.data(DELETE, manager, input={"id": made["id"]}))["deleteContent"] == {"code": "NOT_FOUND"}
    assert (await api.data("query ($id: ID!) { content(id: $id) { id } }", manager, id=made["id"]))["content"] is None


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "   "}, "title"),
        ({"title": "\u3000\u00a0\u200b\ufeff"}, "title"),
        ({"title": "x" * 10_000}, "title"),
        ({"title": "a\0b"}, "title"),
        ({"title": "a\nb"}, "title"),
        ({"title": "t", "description": "x" * 10_001}, "description"),
        ({"title": "t", "description": "\x07"}, "description"),
        ({"title": "t", "runtimeMinutes": 0}, "runtimeMinutes"),
        ({"title": "t", "runtimeMinutes": -5}, "runtimeMinutes"),
        ({"title": "t", "genres": ["g"] * 21}, "genres"),
        ({"title": "t", "genres": [f"genre {number}" for number in range(9_000)]}, "genres"),
        ({"title": "t", "genres": ["ok", ""]}, "genres.1"),
    ],
)
async def test_a_bad_content_is_refused_and_leaves_nothing(
    api: Api, world: World, given: dict[str, Any], field: str
) -> None:
    manager = await world.person(Role.MANAGER, await world.corporation())
    refused = (await api.data(CREATE, manager, input=given))["createContent"]
    assert refused["code"] == "VALIDATION_FAILED"
    assert [problem["field"] for problem in refused["problems"]] == [["input", *field.split(".")]]
    assert await world.rows("select 1 from contents union all select 1 from genres") == []


@pytest.mark.parametrize("given", [{"releaseDate": "2023-02-29"}, {"runtimeMinutes": 2**31}, {"title": None}])
async def test_what_is_no_value_of_its_type_never_reaches_the_catalogue(
    api: Api, world: World, given: dict[str, Any]
) -> None:
    manager = await world.person(Role.MANAGER, await world.corporation())
    answer = await api.ask(CREATE, manager, input={"title": "t", **given})
    assert answer.codes == ["GRAPHQL_VALIDATION_FAILED"]
    assert await world.rows("select 1 from contents") == []


async def test_only_managers_of_the_company_and_admins_change_its_contents(api: Api, world: World) -> None:
    own, other = await world.corporation(), await world.corporation()
    content = await world.content(own)
    change = {"id": ids.encode("Content", content.id), "title": "Mine now"}
    assert (await api.ask(UPDATE, input=change)).codes == ["UNAUTHENTICATED"]
    assert (await api.ask(UPDATE, await world.person(Role.MEMBER, own), input=change)).codes == ["FORBIDDEN"]
    stranger = await world.person(Role.MANAGER, other)
    assert (await api.data(UPDATE, stranger, input=change))["updateContent"]["code"] == "NOT_FOUND"
    assert (await api.data(DELETE, stranger, input={"id": change["id"]}))["deleteContent"]["code"] == "NOT_FOUND"
    new = {"title": "x", "corporationId": ids.encode("Corporation", own.id)}
    assert (await api.data(CREATE, stranger, input=new))["createContent"]["code"] == "NOT_FOUND"
    assert await world.rows("select title, deleted_at from contents") == [(content.title, None)]
    admin = await world.person(Role.ADMIN)
    assert (await api.data(UPDATE, admin, input=change))["updateContent"]["title"] == "Mine now"
    nowhere = {"title": "x", "corporationId": ids.encode("Corporation", 99)}
    assert (await api.data(CREATE, admin, input=nowhere))["createContent"]["code"] == "NOT_FOUND"


async def test_genres_in_another_case_are_the_same_genre(api: Api, world: World) -> None:
    manager = await world.person(Role.MANAGER, await world.corporation())
    first = (await api.data(CREATE, manager, input={"title": "a", "genres": ["Drama", "드라마"]}))["createContent"]
    second = (await api.data(CREATE, manager, input={"title": "b", "genres": ["DRAMA", "drama "]}))["createContent"]
    assert [genre["name"] for genre in first["genres"]] == ["Drama", "드라마"]
    assert second["genres"] == [{"name": "Drama"}]
    assert await world.rows("select name from genres order by name") == [("Drama",), ("드라마",)]


async def test_markup_is_text_like_any_other(api: Api, world: World) -> None:
    manager = await world.person(Role.MANAGER, await world.corporation())
    markup = '<script>alert(1)</script> & <b>bold</b> "quoted" ${7*7} {{7*7}} \'; drop table contents; --'
    made = (await api.data(CREATE, manager, input={"title": markup, "description": markup}))["createContent"]
    assert (made["title"], made["description"]) == (markup, markup)
    found = await api.ask(PAGE, first=5, order="NEWEST", filter={"titleContains": "<SCRIPT>"})
    assert [node["title"] for node in found.data["contents"]["nodes"]] == [markup]
    assert found.response.headers["x-content-type-options"] == "nosniff"


async def test_a_title_is_found_by_any_part_of_it_however_it_is_written(api: Api, world: World) -> None:
    corporation = await world.corporation()
    for title in ("The Silent Harbor", "여름의 서울", "ＦＵＬＬ ｗｉｄｔｈ", "Straße", "e\u0301te\u0301"):
        await world.content(corporation, title=title)

    async def found(part: str) -> list[str]:
        page = await api.data(PAGE, first=10, order="OLDEST", filter={"titleContains": part})
        return [node["title"] for node in page["contents"]["nodes"]]

    assert await found("SILENT h") == await found("bor") == await found("Ha") == ["The Silent Harbor"]
    assert await found("서울") == await found("의") == ["여름의 서울"]
    assert await found("\u1109\u1165\u110b\u116e\u11af") == ["여름의 서울"]  # letter by letter
    assert await found("full") == ["ＦＵＬＬ ｗｉｄｔｈ"]
    assert await found("STRASSE") == ["Straße"]
    assert await found("été") == ["e\u0301te\u0301"]
    assert await found("silent the") == []
    assert len(await found("")) == 5
    assert (await api.ask(PAGE, first=1, order="OLDEST", filter={"titleContains": "x" * 301})).codes == [
        "VALIDATION_FAILED"
    ]


async def test_a_like_counts_once_and_is_taken_back_once(api: Api, world: World) -> None:
    content = ids.encode("Content", (await world.content()).id)
    person = await world.person()
    unlike = LIKE.replace("likeContent", "unlikeContent")
    for mutation, root, count in [(LIKE, "likeContent", 1), (unlike, "unlikeContent", 0)]:
        for _ in range(2):
            answer = (await api.data(mutation, person, id=content))[root]
            assert answer == {"likeCount": count, "likedByViewer": bool(count)}
    assert (await api.data(LIKE, person, id="garbage"))["likeContent"] == {"code": "NOT_FOUND"}
