"""What the stand-in finds, and in which order."""

from typing import Any

import httpx2
from meilisearch_python_sdk import AsyncClient
from meilisearch_python_sdk.models.settings import MeilisearchSettings, Pagination

from tests.integrations.meilisearch.films import done, found


async def test_a_search_is_refused_for_what_it_does_not_know(films: AsyncClient, wire: httpx2.AsyncClient) -> None:
    for body, code in (
        ({"query": "x"}, "bad_request"),
        ({"q": ["x"]}, "invalid_search_q"),
        ({"limit": -1}, "invalid_search_limit"),
        ({"limit": None}, "invalid_search_limit"),
        ({"filter": True}, "invalid_search_filter"),
        ({"filter": "title = x"}, "invalid_search_filter"),
        ({"filter": "year = "}, "invalid_search_filter"),
        ({"filter": "year = 1 year = 2"}, "invalid_search_filter"),
        ({"facets": ["title"]}, "invalid_search_facets"),
        ({"sort": ["title:asc"]}, "invalid_search_sort"),
        ({"sort": ["year"]}, "invalid_search_sort"),
        ({"matchingStrategy": "some"}, "invalid_search_matching_strategy"),
        ({"attributesToSearchOn": ["year"]}, "invalid_search_attributes_to_search_on"),
        ({"locales": ["klingon"]}, "invalid_search_locales"),
    ):
        answer = await wire.post("/indexes/films/search", json=body)
        assert (answer.status_code, answer.json()["code"]) == (400, code), body
    answer = await wire.post("/indexes/films/search", json={"filter": "title = x"})
    assert answer.json()["message"] == (
        "Index `films`: Attribute `title` is not filterable. Available filterable attribute patterns are: `genres`,"
        " `year`.\n1:6 title = x"
    )


async def test_filters_say_what_is_let_through(films: AsyncClient) -> None:
    for said, ids in (
        ("year = 1989", [1]),
        ("year != 1989", [2, 3, 4, 5]),
        ("year >= 2005 AND genres = 'crime'", [3]),
        ("year 1989 TO 2005", [1, 2]),
        ("genres IN [Drama, Crime]", [1, 3, 4]),
        ("genres NOT IN [Drama, Crime]", [2, 5]),
        ("year IS NULL", [5]),
        ("year IS NOT NULL AND NOT (year < 2000 OR year > 2006)", [2]),
        ("genres IS EMPTY", [5]),
        ("year NOT EXISTS", []),
        ([["year = 1989", "year = 1970"], "genres = Action"], [1]),
    ):
        assert await found(films, None, filter=said) == ids, said


async def test_facets_are_counted(films: AsyncClient) -> None:
    answer = await films.index("films").search("batman", facets=["genres", "year"])
    assert answer.facet_distribution == {
        "genres": {"Action": 2, "Crime": 2},
        "year": {"1989": 1, "2005": 1, "2008": 1},
    }
    assert answer.facet_stats == {"year": {"min": 1989.0, "max": 2008.0}}


async def test_hits_are_ordered_and_paged(films: AsyncClient) -> None:
    assert await found(films, None, sort=["year:desc"]) == [3, 2, 1, 4, 5]
    assert await found(films, None, sort=["year:asc"], limit=2, offset=1) == [1, 2]
    answer = await films.index("films").search(None, hits_per_page=2, page=3)
    assert (answer.total_hits, answer.total_pages, len(answer.hits)) == (5, 3, 1)
    await films.index("films").update_settings(MeilisearchSettings(pagination=Pagination(max_total_hits=3)))
    await films.index("films").update_settings(MeilisearchSettings(ranking_rules=["year:desc"]))
    await done(films, 3)
    answer = await films.index("films").search(None, limit=10)
    assert ([hit["id"] for hit in answer.hits], answer.estimated_total_hits) == ([3, 2, 1], 3)


async def test_typos_are_forgiven_by_length(films: AsyncClient) -> None:
    for query, ids in (
        ("batmn ", [1, 2, 3]),
        ("abtman ", []),  # the first letter counts twice
        ("baman ", [1, 2, 3]),
        ("ebgins ", []),
        ("bgeins ", [2]),
        ("snuflwoer ", [4]),
        ("unflower ", []),
        ("cafe", [5]),
        ("dork ", []),
    ):
        assert await found(films, query) == ids, query


async def test_the_last_word_may_be_the_beginning_of_one(films: AsyncClient) -> None:
    assert await found(films, "bat") == [1, 2, 3]
    assert await found(films, "bat ") == []
    assert await found(films, "dark kni") == [3]
    assert await found(films, "sunflowr wa") == [4]


async def test_words_are_joined_and_split_and_quoted_and_unwanted(films: AsyncClient) -> None:
    assert await found(films, "sun flower") == [4]
    assert await found(films, "darkknight") == [3]
    assert await found(films, '"dark knight"') == [3]
    assert await found(films, '"knight dark"') == []
    assert await found(films, "batman -joker") == [1, 2]


async def test_hits_are_ranked_by_the_rules(films: AsyncClient) -> None:
    assert await found(films, "batman") == [1, 2, 3]
    assert await found(films, "knight") == [3, 1]
    assert await found(films, "batman begins") == [2, 1, 3]
    assert await found(films, "batman begins", matching_strategy="all") == [2]
    assert await found(films, "batman", attributes_to_search_on=["overview"]) == [3]
    scores = [
        hit["_rankingScore"] for hit in (await films.index("films").search("batman", show_ranking_score=True)).hits
    ]
    assert scores == sorted(scores, reverse=True)
    assert 0 <= scores[-1] < scores[0] <= 1


async def test_hits_hold_what_is_asked_and_marked(films: AsyncClient) -> None:
    asked: dict[str, Any] = {"attributes_to_retrieve": ["title"]}
    asked |= {"attributes_to_highlight": ["title", "overview"]}
    hits = (await films.index("films").search("dark bat", highlight_pre_tag="[", highlight_post_tag="]", **asked)).hits
    assert hits[0] == {
        "title": "The Dark Knight",
        "_formatted": {"title": "The [Dark] Knight", "overview": "[Bat]man fights the Joker"},
    }
