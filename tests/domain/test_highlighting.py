"""Showing why something was found."""

import html
import random
import unicodedata

import pytest

from domain.highlighting import excerpt, highlighted
from domain.words import terms


@pytest.mark.parametrize(
    ("title", "query", "shown"),
    [
        ("테스트를 위한 영화", "테스트", "<em>테스트</em>를 위한 영화"),
        ("테스트 영화", "테스트영화", "<em>테스트 영화</em>"),
        ("테스트", "텟", "<em>테스</em>트"),
        ("테스트 영화", "ㅌㅅㅌ", "<em>테스트</em> 영화"),
        ("Interstellar", "intrestellar", "<em>Interstellar</em>"),
        ("Interstellar", "tell", "Interstellar"),
        ("aaa", "a aa aaa", "<em>aaa</em>"),
        ("One one ONE", "one", "<em>One</em> <em>one</em> <em>ONE</em>"),
        ("<em>x</em>", "em x", "&lt;<em>em</em>&gt;<em>x</em>&lt;/<em>em</em>&gt;"),
        ("\"&'", "amp", "&quot;&amp;&#x27;"),
        ("Schindler’s List", "schindlers", "<em>Schindler’s</em> List"),
        ("0ab", "0ab", "<em>0ab</em>"),
        ("", "a", ""),
    ],
)
def test_the_found_words_are_marked(title: str, query: str, shown: str) -> None:
    assert highlighted(title, tuple(terms(query))) == shown


def test_whatever_the_text_nothing_but_marks_is_added_and_all_is_escaped() -> None:
    chance = random.Random(3)
    for _ in range(2000):
        text = "".join(chance.choices("ab<>&'\" \n가테스ㅌ트é\u0301’-0漢", k=chance.randint(0, 30)))
        shown = highlighted(text, tuple(terms("".join(chance.choices("ab 가테스ㅌ0漢", k=5)))))
        without = shown.replace("<em>", "").replace("</em>", "")
        assert "<" not in without
        assert ">" not in without
        assert html.unescape(without) == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize("places", [0, 10, 299, 300, 301, 1000, 1900])
def test_an_excerpt_shows_the_first_find_wherever_it_is(places: int) -> None:
    text = ("word " * 600)[:places] + " needle " + "word " * 600
    shown = excerpt(text, tuple(terms("needle")))
    assert "<em>needle</em>" in shown
    assert len(shown) < 330
    assert shown.startswith("… ") == (places > 290)
    assert shown.endswith(" …")


def test_an_excerpt_without_a_find_is_the_beginning() -> None:
    assert excerpt("short & sweet", ()) == "short &amp; sweet"
    assert excerpt("x" * 1000, ()) == "x" * 300 + " …"
