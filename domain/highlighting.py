"""Showing why something was found: a text as HTML, the found words in <em>, everything else escaped."""

import html
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import accumulate

from domain.keyboard import initial, is_syllable
from domain.typos import alike
from domain.words import INITIALS_MARK, Word, words

# In characters. An excerpt begins a little before the first find.
_LONGEST_EXCERPT, _BEFORE = 300, 60
# A find further back in a long text is not shown; looking there would hold everybody up.
_FARTHEST = 2000


@lru_cache(maxsize=1000)
def highlighted(title: str, terms: tuple[str, ...]) -> str:
    """The whole of a title."""
    text = unicodedata.normalize("NFC", title)
    return _marked(text, 0, len(text), _finds(text, terms, forgiving=True))


@lru_cache(maxsize=1000)
def excerpt(description: str, terms: tuple[str, ...]) -> str:
    """A description, or of a long one what stands around the first find."""
    text = unicodedata.normalize("NFC", description)[:_FARTHEST]
    finds = _finds(text, terms, forgiving=False)
    first = finds[0][0] if finds and finds[0][1] > _LONGEST_EXCERPT else 0
    start = text.find(" ", first - _BEFORE, first) + 1 or max(first - _BEFORE, 0) if first > _BEFORE else 0
    end = min(start + _LONGEST_EXCERPT, len(text))
    if end < len(text) and (space := text.rfind(" ", end - _BEFORE, end)) > 0:
        end = space
    marked = _marked(text, start, end, finds)
    return f"{'… ' if start else ''}{marked}{' …' if end < len(description) else ''}"


def _marked(text: str, start: int, end: int, finds: Sequence[tuple[int, int]]) -> str:
    shown, place = [], start
    for begins, ends in finds:
        if begins >= place and ends <= end:
            shown += [html.escape(text[place:begins]), f"<em>{html.escape(text[begins:ends])}</em>"]
            place = ends
    return "".join([*shown, html.escape(text[place:end])])


def _finds(text: str, terms: Sequence[str], *, forgiving: bool) -> list[tuple[int, int]]:
    """From where to where each term is found, none inside another; what is only alike where a term itself is not."""
    found = words(text)
    typed, initials = _Run(_pieces(found)), _Run(_initials(found))
    finds: list[tuple[int, int]] = []
    for term in terms:
        run = initials if term.startswith(INITIALS_MARK) else typed
        exact = list(run.finds(term.removeprefix(INITIALS_MARK)))
        if not exact and forgiving:
            exact = [(word.start, word.start + len(word.text)) for word in found if alike(term, word.stem)]
        finds += exact
    finds.sort(key=lambda find: (find[0], -find[1]))
    farthest = [0, *accumulate((end for _, end in finds), max)]
    return [find for find, before in zip(finds, farthest, strict=False) if find[0] >= before]


class _Run:
    """The keys of a text, one after the other, and which character each belongs to. Spaces count for nothing, as in
    domain.words.
    """

    def __init__(self, pieces: Iterable[tuple[int, str, bool]]) -> None:
        self._pieces = list(pieces)
        self._keys = "".join(typed for _, typed, _ in self._pieces)
        self._offsets = list(accumulate((len(typed) for _, typed, _ in self._pieces), initial=0))

    def finds(self, term: str) -> Iterator[tuple[int, int]]:
        """From where to where the term stands in the text, beginning where a word may begin."""
        at = self._keys.find(term)
        while at >= 0:
            first = bisect_right(self._offsets, at) - 1
            start, _, may_begin = self._pieces[first]
            if may_begin and self._offsets[first] == at:
                last = bisect_right(self._offsets, at + len(term) - 1) - 1
                yield start, self._pieces[last][0] + 1
            at = self._keys.find(term, at + 1)


def _pieces(found: Sequence[Word]) -> Iterator[tuple[int, str, bool]]:
    """Each character with its place, its keys, and whether a word may begin there."""
    for word in found:
        for index, typed in enumerate(word.pieces):
            if typed:
                yield word.start + index, typed, word.grows or index == 0


def _initials(found: Sequence[Word]) -> Iterator[tuple[int, str, bool]]:
    for word in found:
        yield from ((word.start + i, initial(char), True) for i, char in enumerate(word.text) if is_syllable(char))
