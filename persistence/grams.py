"""Finding what contains a text: every run of one, two and three characters is a gram, in any script."""

import unicodedata

_LONGEST = 3


def folded(text: str) -> str:
    """The form in which texts are compared: without regard to case, width, and how a syllable was put together."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def grams_of(text: str) -> list[str]:
    """Every gram of a folded text, by which it is found."""
    starts = range(len(text))
    return sorted({text[start : start + length] for start in starts for length in range(1, _LONGEST + 1)})


def grams_in(text: str) -> list[str]:
    """The fewest grams that whatever contains this folded text must have: the longest ones."""
    starts = range(max(len(text) - _LONGEST + 1, 1))
    return sorted({text[start : start + _LONGEST] for start in starts})
