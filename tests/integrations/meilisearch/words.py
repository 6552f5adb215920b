"""Words as charabia finds them in Latin text and digits, and how far one word is from another."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

# Separators after which a word is far from the one before; a dot or a comma is one only with a space behind it.
_HARD = ("!", ":", ";", "?", "¡", "§", "¶", "¿", "…", ". ", ", ", "、", "。", "！", "，", "．", "：", "；", "？")
# Where a word ends within letters: before the capital of camelCase, and before the last of several, as in HTMLPage.
_HUMPS = re.compile(r"(?<=[^\W\d_A-Z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][^\W\d_A-Z])")
FAR = 8


@dataclass(frozen=True, slots=True)
class Token:
    """A run of text: a word, or what stands between words. `text` is as written, `word` what is compared."""

    text: str
    word: str
    separator: bool = False
    hard: bool = False


@lru_cache(maxsize=4096)
def normalized(text: str) -> str:
    """Lower case and without diacritics."""
    decomposed = unicodedata.normalize("NFKD", text.lower())
    return "".join(one for one in decomposed if not unicodedata.combining(one)).replace("æ", "ae").replace("œ", "oe")


def _in_word(one: str) -> bool:
    return one.isalnum() or bool(unicodedata.combining(one))


def tokens(text: str, separators: Sequence[str] = (), kept: Sequence[str] = ()) -> Iterator[Token]:
    """The text in runs. `separators` are further characters that separate, `kept` those that no longer do. Signs that
    are no separators to the real one, such as + and =, are words to it; here they separate.
    """
    start = 0
    while start < len(text):
        word = _is_word(text[start], separators, kept)
        end = start + 1
        while end < len(text) and _is_word(text[end], separators, kept) == word:
            end += 1
        run = text[start:end]
        if word:
            yield from (Token(part, normalized(part)) for part in _HUMPS.split(run))
        else:
            yield Token(run, run, separator=True, hard=any(one in run for one in _HARD))
        start = end


def _is_word(one: str, separators: Sequence[str], kept: Sequence[str]) -> bool:
    return one not in separators and (one in kept or _in_word(one))


def positions(found: Iterator[Token], start: int = 0) -> Iterator[tuple[int, Token]]:
    """Every word with its place; a hard separator makes the next one far."""
    place, before, far = start, False, False
    for token in found:
        if token.separator:
            far = far or token.hard
            continue
        if before:
            place += FAR if far else 1
        before, far = True, False
        yield place, token


def distance(one: str, other: str, limit: int, prefix: bool = False) -> int | None:
    """How many letters are added, lost, changed or swapped with their neighbour; None if more than the limit.
    With `prefix`, to the beginning of the other that is nearest.
    """
    if not prefix and abs(len(one) - len(other)) > limit:
        return None
    other = other[: len(one) + limit] if prefix else other
    above: list[int] = []
    row = list(range(len(other) + 1))
    for place, letter in enumerate(one, 1):
        new = [place]
        for column, against in enumerate(other, 1):
            cost = min(row[column] + 1, new[column - 1] + 1, row[column - 1] + (letter != against))
            swapped = place > 1 and column > 1 and letter == other[column - 2] and one[place - 2] == against
            new.append(min(cost, above[column - 2] + 1) if swapped else cost)
        if min(new) > limit and min(row) > limit:
            return None
        above, row = row, new
    nearest = min(row) if prefix else row[-1]
    return nearest if nearest <= limit else None


def typos(word: str, against: str, allowed: int, prefix: bool = False) -> int | None:
    """How many typos lie between a word of a query and a word of a document; None if more than allowed. A wrong
    first letter counts twice, so that a word with one typo allowed must begin rightly.
    """
    if against == word or (prefix and against.startswith(word)):
        return 0
    if not allowed or not word or not against:
        return None
    if word[0] != against[0]:
        return 2 if allowed == 2 and distance(word, against, 1, prefix) is not None else None
    return distance(word, against, allowed, prefix)
