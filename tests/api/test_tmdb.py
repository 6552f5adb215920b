"""Films of TMDB, looked up and taken over: D6 of FEATURES."""

import asyncio
from typing import Any

import pytest
from starlette.responses import HTMLResponse

from composition import Marquee
from domain import ids
from domain.corporations import Corporation
from domain.users import Role
from tests.api.conftest import Api, Person, World
from tests.integrations.tmdb_server import TmdbServer, failure, film

TITLES = "query ($words: String!) { tmdbTitles(query: $words) { tmdbId title overview releaseDate posterUrl } }"
IMPORT = """mutation ($input: ImportTmdbTitleInput!) { importTmdbTitle(input: $input) {
  ... on Content {
    id tmdbId title description ageRating releaseDate runtimeMinutes posterUrl genres { name } corporation { id }
  }
  ... on Refusal { code message } } }"""
POSTER = "https://image.tmdb.org/t/p/w500/pB8BM7pdSp6B6Ih7QZ4DrQ3PmJK.jpg"


@pytest.fixture
async def corporation(world: World) -> Corporation:
    return await world.corporation()


@pytest.fixture
async def manager(world: World, corporation: Corporation) -> Person:
    return await world.person(Role.MANAGER, corporation)


async def imported(api: Api, who: Person, tmdb_id: int = 550, **rest: Any) -> Any:
    return (await api.data(IMPORT, who, input={"tmdbId": tmdb_id, **rest}))["importTmdbTitle"]


async def test_a_manager_finds_films_by_their_title(api: Api, manager: Person, tmdb: TmdbServer) -> None:
    tmdb.films = {number: film(number, title=f"클럽 {number}") for number in range(1, 26)}
    found = (await api.data(TITLES, manager, words=" 클럽 "))["tmdbTitles"]
    assert [title["tmdbId"] for title in found] == list(range(1, 26))
    assert found[0] == {
        "tmdbId": 1,
        "title": "클럽 1",
        "overview": film()["overview"],
        "releaseDate": "1999-10-15",
        "posterUrl": POSTER,
    }
    assert {request.query_params["query"] for request in tmdb.asked} == {"클럽"}


async def test_a_query_of_only_spaces_finds_nothing_and_asks_nobody(
    api: Api, manager: Person, tmdb: TmdbServer
) -> None:
    assert (await api.data(TITLES, manager, words="  ")) == {"tmdbTitles": []}
    assert (await api.ask(TITLES, manager, words="x" * 201)).codes == ["VALIDATION_FAILED"]
    assert tmdb.asked == []


async def test_a_film_is_taken_over_whole(
    api: Api, manager: Person, corporation: Corporation, tmdb: TmdbServer
) -> None:
    tmdb.films[550] = film()
    made = await imported(api, manager)
    assert made == {
        "id": made["id"],
        "tmdbId": 550,
        "title": "파이트 클럽",
        "description": film()["overview"],
        "ageRating": "ALL",
        "releaseDate": "1999-10-15",
        "runtimeMinutes": 139,
        "posterUrl": POSTER,
        "genres": [{"name": "드라마"}, {"name": "스릴러"}],
        "corporation": {"id": ids.encode("Corporation", corporation.id)},
    }
    by_title = 'query { contents(filter: {titleContains: "파이트"}) { nodes { id } } }'
    assert await api.data(by_title) == {"contents": {"nodes": [{"id": made["id"]}]}}


async def test_a_second_import_brings_the_same_content_up_to_date(
    api: Api, world: World, manager: Person, tmdb: TmdbServer
) -> None:
    tmdb.films[550] = film(adult=True)
    first = await imported(api, manager)
    assert first["ageRating"] == "AGE_19"
    rate = "mutation ($id: ID!) { updateContent(input: {id: $id, ageRating: AGE_15}) { __typename } }"
    await api.data(rate, manager, id=first["id"])
    tmdb.films[550] = film(
        title="다른 이름", overview="", runtime=None, poster_path=None, genres=[{"id": 1, "name": "SF"}]
    )
    second = await imported(api, manager)
    assert second == {
        **first,
        "title": "다른 이름",
        "description": None,
        "ageRating": "AGE_15",
        "runtimeMinutes": None,
        "posterUrl": None,
        "genres": [{"name": "SF"}],
    }
    assert await world.rows("select title from contents") == [("다른 이름",)]
    found = await api.data('query { contents(filter: {titleContains: "파이트"}) { totalCount } }')
    assert found == {"contents": {"totalCount": 0}}


async def test_imports_that_race_make_one_content(api: Api, world: World, manager: Person, tmdb: TmdbServer) -> None:
    tmdb.films[550] = film()
    made = await asyncio.gather(*(imported(api, manager) for _ in range(20)))
    assert len({content["id"] for content in made}) == 1
    assert await world.rows("select count(*) from contents") == [(1,)]


async def test_each_company_has_its_own_and_one_in_the_trash_does_not_count(
    api: Api, world: World, manager: Person, tmdb: TmdbServer
) -> None:
    tmdb.films[550] = film()
    own = await imported(api, manager)
    other = await imported(api, await world.person(Role.MANAGER, await world.corporation()))
    await api.data("mutation ($id: ID!) { deleteContent(input: {id: $id}) { __typename } }", manager, id=own["id"])
    again = await imported(api, manager)
    assert len({own["id"], other["id"], again["id"]}) == 3
    restore = "mutation ($id: ID!) { restoreContent(input: {id: $id}) { ... on Refusal { code } } }"
    assert (await api.data(restore, manager, id=own["id"]))["restoreContent"] == {"code": "CONFLICT"}


async def test_what_cannot_be_imported_is_refused_and_leaves_nothing(
    api: Api, world: World, manager: Person, tmdb: TmdbServer
) -> None:
    tmdb.films[550] = film()
    stranger = ids.encode("Corporation", (await world.corporation()).id)
    assert (await imported(api, manager, 551))["code"] == "NOT_FOUND"
    assert (await imported(api, manager, 0))["code"] == (await imported(api, manager, -1))["code"] == "NOT_FOUND"
    assert (await imported(api, manager, corporationId=stranger))["code"] == "NOT_FOUND"
    assert (await imported(api, await world.person(Role.ADMIN)))["code"] == "NOT_FOUND"  # for no company
    tmdb.failing.extend([failure(500), failure(503), HTMLResponse("<html>")])
    assert (await imported(api, manager))["code"] == "UPSTREAM_FAILED"
    tmdb.failing.append(failure(401))
    assert (await imported(api, manager))["code"] == "UPSTREAM_FAILED"
    assert await world.rows("select 1 from contents union all select 1 from genres") == []
    assert (await api.ask(IMPORT, manager, input={"tmdbId": 2**31})).codes == ["GRAPHQL_VALIDATION_FAILED"]


async def test_looking_up_fails_with_a_code(api: Api, manager: Person, tmdb: TmdbServer) -> None:
    tmdb.failing.append(failure(429, retry_after="60"))
    answer = await api.ask(TITLES, manager, words="club")
    assert answer.codes == ["UPSTREAM_FAILED"]
    assert "60 s" in answer.body["errors"][0]["message"]


async def test_without_a_key_nothing_is_asked(
    api: Api, manager: Person, tmdb: TmdbServer, marquee: Marquee, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(marquee.tmdb, "_has_key", False)
    assert (await api.ask(TITLES, manager, words="club")).codes == ["NOT_CONFIGURED"]
    assert (await imported(api, manager))["code"] == "NOT_CONFIGURED"
    assert tmdb.asked == []


@pytest.mark.parametrize("role", [None, Role.MEMBER])
async def test_tmdb_is_for_managers(api: Api, world: World, tmdb: TmdbServer, role: Role | None) -> None:
    who = await world.person(role, await world.corporation()) if role else None
    code = ["FORBIDDEN" if role else "UNAUTHENTICATED"]
    assert (await api.ask(TITLES, who, words="club")).codes == code
    assert (await api.ask(IMPORT, who, input={"tmdbId": 550})).codes == code
    assert tmdb.asked == []
