"""What search makes of a text."""

import random
import unicodedata

import pytest

from domain.typos import alike, leavings, slips
from domain.words import initials, inner, other_terms, parts, phrase, runs, tails, terms, words


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("테스트 영화", ["XPTMXM", "DUDGHK"]),
        (unicodedata.normalize("NFD", "테스트 Amélie"), ["XPTMXM", "amelie"]),
        ("ＬＧ전자", ["lg", "WJSWK"]),
        ("Spider-Man's 007", ["spider", "mans", "007"]),
        ("Straße", ["strasse"]),
        ("ㅋㅋㅋ 값", ["ZZZ", "RKQT"]),
        ("हिन्दी", ["हिनदी"]),
        ("千", ["千"]),
        ("ｶﾞﾝﾀﾞﾑ ガンダム", [unicodedata.normalize("NFKD", "ガンダム")] * 2),
        ("Øl itʼs", ["ol", "its"]),
        ("िि ொ", []),
        ("— … !!! 🎬 \u200b", []),
        ("", []),
        ("'''", []),
    ],
)
def test_words_are_the_keys_that_type_them(text: str, keys: list[str]) -> None:
    assert [word.keys for word in words(text)] == keys


@pytest.mark.parametrize(
    ("word", "stem"),
    [
        ("테스트를", "테스트"),
        ("영화에서는", "영화"),
        ("기생충은", "기생충"),
        ("서울의", "서울의"),  # perhaps
        ("고양이", "고양이"),  # perhaps a particle, and here a part of the word
        ("나무을", "나무을"),  # this particle follows consonants alone
        ("집으로", "집으로"),  # one syllable is no stem
        ("우리", "우리"),
        ("이", "이"),
        ("river", "river"),
    ],
)
def test_a_particle_is_no_part_of_a_word(word: str, stem: str) -> None:
    assert words(word)[0].stem == words(stem)[0].keys


def test_what_else_may_have_been_meant() -> None:
    """A particle that may be part of the word, and the other keyboard mode."""
    assert other_terms("서울의") == [["TJDNF"], ["tjdnfdml"]]
    assert other_terms("xptmxm") == [["xptmxm"], ["XPTMXM"]]


def test_terms_come_once_and_ten_at_most() -> None:
    assert terms("b a b A") == ["b", "a"]
    assert len(terms(" ".join(f"w{number}" for number in range(50)))) == 10


@pytest.mark.parametrize("text", ["뷁" * 500, "漢" * 500, "ﷺ" * 300, "a" * 10_000, "\u0301" * 300, "ก" * 300])
def test_nothing_is_longer_than_a_lexeme_may_be(text: str) -> None:
    found = words(text)
    for made in [*terms(text), *tails(found), *parts(found), *runs(found), *inner(found), *initials(found)]:
        assert 0 < len(made.encode()) < 1000
    assert len(phrase(found)) <= 500


def test_whatever_begins_within_a_title_begins_one_of_its_tails() -> None:
    chance = random.Random(7)
    for _ in range(300):
        title = " ".join("".join(chance.choices("가나닭테스트영화", k=chance.randint(1, 5))) for _ in range(3))
        whole = title.replace(" ", "")
        start = chance.randrange(len(whole))
        part = whole[start : start + chance.randint(1, 8)]
        keys = "".join(word.keys for word in words(part))
        assert any(tail.startswith(keys) for tail in tails(words(title))), (title, part)


def slipped(word: str, chance: random.Random, *, swaps: bool) -> str:
    place = chance.randrange(len(word))
    other = chance.choice("abcdefghij")
    made = [
        word[:place] + word[place : place + 2][::-1] + word[place + 2 :],
        word[:place] + word[place + 1 :],
        word[:place] + other + word[place:],
        word[:place] + other + word[place + 1 :],
    ]
    # Keys that have changed places count as one slip, unless there is another one between them.
    return chance.choice(made if swaps else made[1:])


def test_what_is_mistyped_is_alike_and_found_by_what_is_left_of_it() -> None:
    chance = random.Random(8)
    for _ in range(3000):
        word = "".join(chance.choices("abcdefghij", k=chance.randint(5, 14)))
        once = slipped(word, chance, swaps=True)
        twice = slipped(slipped(word, chance, swaps=False), chance, swaps=False)
        for term, made in ((once, 1), (twice, 2)):
            if slips(term) >= made:
                assert alike(term, word), (term, word)
                assert set(leavings(term)) & set(leavings(word)), (term, word)


@pytest.mark.parametrize(
    ("term", "word"),
    [("cat", "car"), ("2049", "2048"), ("harbor", "garden"), ("imtxe", "interstellar"), ("horse", "")],
)
def test_what_is_not_alike(term: str, word: str) -> None:
    assert not alike(term, word)


def test_a_beginning_with_a_slip_is_alike() -> None:
    assert alike("intrest", "interstellar")
