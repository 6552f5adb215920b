"""How far a word may be from another and still be meant: one slip from five keys on, two from nine."""

from collections.abc import Iterator
from functools import lru_cache

_ONE_SLIP_FROM, _TWO_SLIPS_FROM = 5, 9
# Words are kept by what is left of their beginning when one or two keys are left out: two words that are alike have
# one of these in common.
_BEGINNING = 8


def slips(term: str) -> int:
    """How many slips are forgiven in a term. A number is meant as it is."""
    if len(term) < _ONE_SLIP_FROM or term.isdigit():
        return 0
    return 1 if len(term) < _TWO_SLIPS_FROM else 2


@lru_cache(maxsize=10_000)
def alike(term: str, word: str) -> bool:
    """Whether `term` is `word`, or a beginning of it, but for as many slips as are forgiven: a key too many, too few,
    wrong, or in the wrong place (optimal string alignment).
    """
    most = slips(term)
    if not most or len(word) < len(term) - most:
        return False
    before: list[int] = []
    row = list(range(len(word[: len(term) + most]) + 1))
    for place, key in enumerate(term, start=1):
        before, above, row = row, before, [place]
        for other, near in enumerate(word[: len(term) + most], start=1):
            cost = min(before[other] + 1, row[other - 1] + 1, before[other - 1] + (key != near))
            if place > 1 and other > 1 and key == word[other - 2] and term[place - 2] == near:
                cost = min(cost, above[other - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return False
    return min(row) <= most


def leavings(word: str) -> list[str]:
    """What is left of a word's beginning with up to as many keys left out as there may be slips; none where none are
    forgiven.
    """
    # A word may be shorter than what it was mistaken for.
    most = 0 if word.isdigit() else slips(word + "x")
    left = {word[:_BEGINNING]} if most else set()
    for _ in range(most):
        left |= {shorter for one in left for shorter in _without_one(one)}
    return sorted(left)


def _without_one(text: str) -> Iterator[str]:
    for place in range(len(text)):
        yield text[:place] + text[place + 1 :]
