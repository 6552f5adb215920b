"""What is found by what, by either engine (A15)."""

from typing import Any

import pytest

from tests.api.search.conftest import SEARCHING, Searching

KOREAN, SCIENCE = "테스트 영화", "Interstellar"


@pytest.fixture
async def catalogue(searching: Searching) -> Searching:
    await searching.content(KOREAN, "시험을 위한 이야기")
    await searching.content("기생충", "한 가족의 이야기", likes=5)
    await searching.content(SCIENCE, "A crew travels through a wormhole in search of a new home.")
    await searching.content("Tom & Jerry: The Movie", "고양이와 생쥐")
    await searching.content("Amélie", 'Paris <3 & "love"')
    await searching.content("우리집 고양이", None)
    await searching.content("Spider-Man 2", "Schindler's neighbour")
    await searching.content("千と千尋の神隠し", "Spirited Away")
    return searching


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Interstellar", SCIENCE),
        ("interSTELLAR", SCIENCE),
        ("ＩＮＴＥＲＳＴＥＬＬＡＲ", SCIENCE),
        ("inters", SCIENCE),
        ("wormhole", SCIENCE),
        ("wormh", SCIENCE),
        ("테스트", KOREAN),
        ("영화", KOREAN),
        ("스트", KOREAN),
        ("영", KOREAN),
        ("테스트를", KOREAN),
        ("영화에서는", KOREAN),
        ("시험", KOREAN),
        ("테스트 영화", KOREAN),
        ("영화 테스트", KOREAN),
        ("테스트영화", KOREAN),
        ("테스트 이야기", KOREAN),
        ("고양이", "우리집 고양이"),
        ("우리 집", "우리집 고양이"),
        ("intrestellar", SCIENCE),
        ("interstelar", SCIENCE),
        ("기생춘", "기생충"),
        ("기생충은", "기생충"),
        ("amelie", "Amélie"),
        ("AMÉLIE", "Amélie"),
        ("tom & jerry", "Tom & Jerry: The Movie"),
        ("spiderman", "Spider-Man 2"),
        ("spider man", "Spider-Man 2"),
        ("schindlers", "Spider-Man 2"),
        ("千尋", "千と千尋の神隠し"),
        ("神隠", "千と千尋の神隠し"),
    ],
)
async def test_it_is_found(catalogue: Searching, text: str, title: str) -> None:
    assert (await catalogue.titles(text))[0] == title


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("텟", KOREAN),  # 테스 on its way
        ("테ㅅ", KOREAN),
        ("xptmxm", KOREAN),  # the keyboard was in the wrong mode
        ("ㅑㅜㅅㄷㄱㄴㅅㄷㅣㅣㅁㄱ", SCIENCE),
        ("ㅌㅅㅌ", KOREAN),  # initial consonants alone
        ("ㄱㅅㅊ", "기생충"),
    ],
)
async def test_it_is_found_as_it_is_typed(catalogue: Searching, text: str, title: str) -> None:
    assert (await catalogue.titles(text))[0] == title


@pytest.mark.parametrize(
    "text",
    [
        "없는말",
        "nowhere",
        "테스트 기생충",
        "terst",
        "!!!",
        "' OR 1=1 --",
        "' & | !:* <-> ()",
        "🎬",
        "\\",
        "%",
        "_",
        "a" * 500,
    ],
)
async def test_nothing_is_found(catalogue: Searching, text: str) -> None:
    await catalogue.settle()
    found = await catalogue.find(text, facets=["GENRE", "AGE_RATING", "RELEASE_YEAR"])
    assert found["hits"] == []
    assert found["estimatedTotalHits"] == 0
    assert found["query"] == text
    assert [(counts["facet"], counts["values"]) for counts in found["facets"]] == [
        ("GENRE", []),
        ("AGE_RATING", []),
        ("RELEASE_YEAR", []),
    ]


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("소", ["소년"]),  # typed "th", as "The" is
        ("고", ["고양이"]),
        ("고양이", ["고양이"]),
        ("go", ["Gone"]),
        ("0", []),
        ("021315", []),
        ("1", ["유령선 1"]),
        ("11", []),
        ("유령선 1", ["유령선 1"]),
    ],
)
async def test_scripts_and_numbers_are_told_apart(searching: Searching, text: str, titles: list[str]) -> None:
    for title in ("소년", "The Matrix", "고양이", "Gone", "千と千尋", "유령선 1"):
        await searching.content(title)
    assert await searching.titles(text) == titles


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("대한민국임시정부", "대한민국임시정부수립기념일"),
        ("임시정부수립기념", "대한민국임시정부수립기념일"),
        ("エヴァンゲリオン", "新世紀エヴァンゲリオン"),
        ("ヴァンゲリ", "新世紀エヴァンゲリオン"),
        ("world", "Привет world: γεια σου 세계"),
        ("прив", "Привет world: γεια σου 세계"),
        ("ΓΕΙΑ", "Привет world: γεια σου 세계"),
        ("세계", "Привет world: γεια σου 세계"),
        ("привет σου", "Привет world: γεια σου 세계"),
        ("ｴｳﾞｧﾝｹﾞﾘｵﾝ", "新世紀エヴァンゲリオン"),
        ("donaudampfschifffahrtsgesellschaft", "Donaudampfschifffahrtsgesellschaft"),
        ("뷁" * 500, "뷁" * 300),
    ],
)
async def test_long_words_are_found(searching: Searching, text: str, title: str) -> None:
    await searching.content(title)
    await searching.content("Another")
    assert await searching.titles(text) == [title]


@pytest.mark.parametrize("text", ["뷁" * 500, "漢" * 500, "ﷺ" * 500, "\u0301" * 500, "िि", "0ab", "가 " * 250])
async def test_nothing_that_can_be_typed_is_too_much(catalogue: Searching, text: str) -> None:
    await catalogue.settle()
    assert (await catalogue.find(text))["query"] == text


async def test_a_facet_asked_for_a_thousand_times_is_counted_once(catalogue: Searching) -> None:
    await catalogue.settle()
    assert len((await catalogue.find("", facets=["GENRE"] * 1000))["facets"]) == 1


async def test_an_empty_query_lists_everything_newest_first(catalogue: Searching) -> None:
    for text in ("", "   \n"):
        titles = await catalogue.titles(text)
        assert len(titles) == 8
        assert titles[0] == "千と千尋の神隠し"
        assert titles[-1] == KOREAN


async def test_a_query_of_500_characters_is_answered_and_one_of_501_refused(catalogue: Searching) -> None:
    await catalogue.settle()
    assert (await catalogue.find("테스트 " * 125))["hits"][0]["content"]["title"] == KOREAN
    refused = await catalogue.api.ask("query($text: String!) { search(query: $text) { query } }", text="a" * 501)
    assert refused.codes == ["VALIDATION_FAILED"]


@pytest.mark.parametrize(
    "variables",
    [
        {"text": "a\x00b"},
        {"text": "a\x1bb"},
        {"text": "a", "filter": {"genre": "\x00"}},
        {"text": "a", "limit": 0},
        {"text": "a", "limit": 101},
        {"text": "a", "limit": -1},
        {"text": "a", "offset": -1},
    ],
)
async def test_what_cannot_be_asked_is_refused(catalogue: Searching, variables: dict[str, Any]) -> None:
    assert (await catalogue.api.ask(SEARCHING, **variables)).codes == ["VALIDATION_FAILED"]
