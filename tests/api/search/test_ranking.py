"""In which order it is found, what of it is shown, and how it is narrowed and counted, by either engine (A15)."""

from datetime import date

import pytest

from domain.contents import AgeRating
from tests.api.search.conftest import Searching


async def test_a_title_comes_before_a_description(searching: Searching) -> None:
    await searching.content("다른 제목", "등대 이야기", likes=50)
    await searching.content("등대 하나", "이야기")
    assert await searching.titles("등대") == ["등대 하나", "다른 제목"]


async def test_exact_comes_before_alike(searching: Searching) -> None:
    await searching.content("Lighthouses", likes=90)
    await searching.content("Lighthause", likes=50)
    assert await searching.titles("lighthause") == ["Lighthause", "Lighthouses"]
    assert await searching.titles("lighthouses") == ["Lighthouses", "Lighthause"]


async def test_a_whole_word_comes_before_its_beginning(searching: Searching) -> None:
    await searching.content("나의 바다거북", likes=50)
    await searching.content("나의 바다")
    assert await searching.titles("바다") == ["나의 바다", "나의 바다거북"]


async def test_the_title_itself_comes_first(searching: Searching) -> None:
    await searching.content("Winter Harbor", likes=50)
    await searching.content("Winter")
    assert await searching.titles("winter") == ["Winter", "Winter Harbor"]


async def test_among_equals_what_most_people_like_comes_first(searching: Searching) -> None:
    for likes in (3, 9, 0, 7):
        await searching.content(f"정원 {likes}", likes=likes)
    assert await searching.titles("정원") == ["정원 9", "정원 7", "정원 3", "정원 0"]


async def test_a_page_is_cut_out_of_the_whole(searching: Searching) -> None:
    for number in range(7):
        await searching.content(f"Station {number}", likes=number)
    every = await searching.titles("station")
    assert len(every) == 7
    for offset in range(0, 9, 3):
        assert await searching.titles("station", limit=3, offset=offset) == every[offset : offset + 3]
    found = await searching.find("station", limit=3, offset=3)
    assert (found["limit"], found["offset"], found["estimatedTotalHits"]) == (3, 3, 7)
    assert isinstance(found["processingTimeMs"], int)
    assert (await searching.find("station", offset=2_000_000_000))["hits"] == []


@pytest.mark.parametrize(
    ("text", "title", "description", "shown", "described"),
    [
        ("테스트", "테스트 영화", "테스트를 위한", "<em>테스트</em> 영화", "<em>테스트</em>를 위한"),
        ("inter", "Interstellar", "An intern", "<em>Inter</em>stellar", "An <em>inter</em>n"),
        ("intrestellar", "Interstellar", None, "<em>Interstellar</em>", None),
        ("jerry", "Tom & Jerry", "<b>Jerry</b>", "Tom &amp; <em>Jerry</em>", "&lt;b&gt;<em>Jerry</em>&lt;/b&gt;"),
        ("테스트영화", "테스트 영화", "", "<em>테스트 영화</em>", None),
        ("", "테스트 & 영화", "a<b", "테스트 &amp; 영화", "a&lt;b"),
    ],
)
async def test_the_found_words_are_marked_and_everything_else_is_escaped(
    searching: Searching, text: str, title: str, description: str | None, shown: str, described: str | None
) -> None:
    await searching.content(title, description or None)
    await searching.settle()
    (hit,) = (await searching.find(text))["hits"]
    assert hit["highlightedTitle"] == shown
    assert hit["highlightedDescription"] == described


async def test_of_a_long_description_what_stands_around_the_find_is_shown(searching: Searching) -> None:
    await searching.content("Long", "word " * 300 + "needle " + "word " * 300)
    await searching.settle()
    (hit,) = (await searching.find("needle"))["hits"]
    assert "<em>needle</em>" in hit["highlightedDescription"]
    assert len(hit["highlightedDescription"]) < 330
    assert hit["highlightedDescription"].startswith("… ")
    assert hit["highlightedDescription"].endswith(" …")


@pytest.fixture
async def shelves(searching: Searching) -> Searching:
    drama, quoted = "드라마", 'Sci-"Fi" \\ C:'
    await searching.content("River one", genres=[drama, quoted], release_date=date(2019, 5, 30))
    await searching.content("River two", genres=[drama], release_date=date(2019, 1, 1), age_rating=AgeRating.AGE_15)
    await searching.content("River three", genres=[quoted], release_date=date(2020, 12, 31))
    await searching.content("Elsewhere", genres=[drama], age_rating=AgeRating.AGE_15)
    return searching


@pytest.mark.parametrize(
    ("wanted", "titles"),
    [
        ({"genre": "드라마"}, {"River one", "River two"}),
        ({"genre": 'sci-"fi" \\ c:'}, {"River one", "River three"}),
        ({"genre": "Nothing"}, set()),
        ({"ageRating": "AGE_15"}, {"River two"}),
        ({"releaseYear": 2019}, {"River one", "River two"}),
        ({"releaseYear": 2020}, {"River three"}),
        ({"releaseYear": -5}, set()),
        ({"releaseYear": 2147483647}, set()),
        ({"genre": "드라마", "ageRating": "AGE_15", "releaseYear": 2019}, {"River two"}),
        ({}, {"River one", "River two", "River three"}),
        ({"genre": ""}, set()),
        ({"genre": " 드라마 "}, {"River one", "River two"}),
        ({"genre": "\u1103\u1173\u1105\u1161\u1106\u1161"}, {"River one", "River two"}),  # decomposed
        ({"genre": None}, {"River one", "River two", "River three"}),
    ],
)
async def test_a_search_is_narrowed(shelves: Searching, wanted: dict[str, object], titles: set[str]) -> None:
    assert set(await shelves.titles("river", filter=wanted)) == titles


async def test_everything_is_narrowed_too(shelves: Searching) -> None:
    assert await shelves.titles("", filter={"genre": "드라마"}) == ["Elsewhere", "River two", "River one"]


async def test_facets_count_all_that_was_found(shelves: Searching) -> None:
    await shelves.settle()
    found = await shelves.find("river", facets=["RELEASE_YEAR", "GENRE", "AGE_RATING"], limit=1)
    assert len(found["hits"]) == 1
    assert found["facets"] == [
        {"facet": "RELEASE_YEAR", "values": [{"value": "2019", "count": 2}, {"value": "2020", "count": 1}]},
        {"facet": "GENRE", "values": [{"value": 'Sci-"Fi" \\ C:', "count": 2}, {"value": "드라마", "count": 2}]},
        {"facet": "AGE_RATING", "values": [{"value": "ALL", "count": 2}, {"value": "AGE_15", "count": 1}]},
    ]
    narrowed = await shelves.find("", facets=["AGE_RATING", "AGE_RATING"], filter={"genre": "드라마"})
    assert narrowed["facets"][0]["values"] == [{"value": "AGE_15", "count": 2}, {"value": "ALL", "count": 1}]
