"""What search makes of a text: its words, each as the keys that type it."""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from domain.keyboard import ends_in_consonant, initial, is_apostrophe, is_consonant, is_syllable, piece

MOST_TERMS = 10
# How much of a word is told from another: so many characters, and where each is one key, so many keys.
_LONGEST_PIECES, _LONGEST_KEYS, _LONGEST_PHRASE = 10, 24, 500
# Before initial consonants alone, as in "ㅌㅅㅌ" for "테스트": they are apart, or "war" would find "자매가".
# Nothing that can be typed has this key.
INITIALS_MARK = "\ue000"
# Particles, longest first, by whether the syllable before ends in a consonant (None: either).
_PARTICLES: Sequence[tuple[str, bool | None]] = (
    *[("에서는", None), ("으로는", True), ("에게서", None)],
    *[("에서", None), ("에게", None), ("한테", None), ("께서", None), ("까지", None), ("부터", None), ("보다", None)],
    *[("처럼", None), ("하고", None), ("에는", None), ("에도", None), ("으로", True), ("이나", True), ("이랑", True)],
    *[("을", True), ("를", False), ("은", True), ("는", False), ("에", None)],
)
# With these end as many words as have them behind: 고양이, 소설가, 제주도, 첫사랑.
_LIKELY_PARTICLES: Sequence[tuple[str, bool | None]] = (
    *[("이", True), ("가", False), ("과", True), ("와", False), ("로", False), ("랑", False)],
    *[("의", None), ("도", None), ("만", None)],
)
_SHORTEST_STEM = 2
_LONGEST_INNER = 4


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text: where it starts there, and the keys of each of its characters. Where `grows`, words of its
    script are written together, so that each character may begin one.
    """

    text: str
    start: int
    pieces: tuple[str, ...]
    grows: bool

    @property
    def keys(self) -> str:
        return joined(self.pieces)

    @property
    def stem(self) -> str:
        """The keys without a Korean particle at the end."""
        return self._without(_PARTICLES)

    @property
    def likely_stem(self) -> str:
        """The keys also without what may be a particle or part of the word."""
        return self._without((*_PARTICLES, *_LIKELY_PARTICLES))

    def _without(self, particles: Sequence[tuple[str, bool | None]]) -> str:
        for particle, after_consonant in particles if self.grows else ():
            stem = self.text.removesuffix(particle)
            if stem and stem != self.text and after_consonant in (None, ends_in_consonant(stem[-1])):
                return joined(self.pieces[: len(stem)]) if len(stem) >= _SHORTEST_STEM else self.keys
        return self.keys


def words(text: str) -> list[Word]:
    """The words of a text, which must be composed (NFC) where `start` is to be used."""
    return [word for word in _words(unicodedata.normalize("NFC", text)) if any(map(str.isalnum, word.keys))]


def terms(query: str) -> list[str]:
    """What is searched for: the stems of the first words, each once."""
    return _first(_initials_or(word, word.stem) for word in words(query))


def other_terms(query: str) -> list[list[str]]:
    """What else may have been meant: without what is likely a particle, and typed in the other keyboard mode."""
    found = words(query)
    without_particles = _first(_initials_or(word, word.likely_stem) for word in found)
    return [without_particles, _first(word.keys.swapcase() for word in found)]


def phrase(found: Sequence[Word]) -> str:
    """Word after word, particles too: what a title is, for a query to be equal to it or to begin it."""
    return " ".join(word.keys for word in found)[:_LONGEST_PHRASE]


def tails(found: Sequence[Word]) -> set[str]:
    """What a title contains: from each place where a word may begin, what follows there, spaces left out. Whatever is
    contained is the beginning of one of these, so "테스트영화" is found in "테스트 영화" and the other way round. The
    same for initial consonants.
    """
    pieces = [typed for word in found for typed in word.pieces]
    tails: set[str] = set()
    place = 0
    for word in found:
        starts = range(len(word.pieces)) if word.grows else range(1)
        for start in starts:
            tails.add(joined(pieces, place + start))
        place += len(word.pieces)
    return (tails | initials(found)) - {""}


def parts(found: Sequence[Word]) -> set[str]:
    """What a longer text contains: its words, and the ends of those that grow together."""
    return {
        joined(word.pieces, start)
        for word in found
        for start in (range(len(word.pieces)) if word.grows else range(1))
        if any(word.pieces)
    }


def runs(found: Sequence[Word]) -> set[str]:
    """What follows from the beginning of each word, spaces left out."""
    pieces = [typed for word in found for typed in word.pieces]
    places = accumulate((len(word.pieces) for word in found), initial=0)
    return {joined(pieces, place) for place, _ in zip(places, found, strict=False)}


def inner(found: Sequence[Word]) -> set[str]:
    """Everything short inside words that grow together, for an engine that knows only whole words and one beginning."""
    return {
        "".join(word.pieces[start:end])
        for word in found
        if word.grows
        for start in range(len(word.pieces))
        for end in range(start + 1, min(start + _LONGEST_INNER, len(word.pieces)) + 1)
    }


def initials(found: Sequence[Word]) -> set[str]:
    """What follows each first consonant, of these alone."""
    consonants = [initial(char) for word in found for char in word.text if is_syllable(char)]
    return {INITIALS_MARK + joined(consonants, start) for start in range(len(consonants))}


def joined(pieces: Sequence[str], start: int = 0) -> str:
    """The keys from a piece on, as far as words are told from each other."""
    most = pieces[start : start + _LONGEST_KEYS]
    return max("".join(most)[:_LONGEST_KEYS], "".join(most[:_LONGEST_PIECES]), key=len)


def _words(text: str) -> Iterator[Word]:
    pieces: list[str] = []
    start, grows = 0, False
    for place, char in enumerate(text):
        typed, kind = piece(char)
        if pieces and (kind is None or kind is not grows) and not (is_apostrophe(char) and not grows):
            yield Word(text[start:place], start, tuple(pieces), grows)
            pieces = []
        if kind is not None and not pieces:
            start, grows = place, kind
        if kind is not None or pieces:
            pieces.append(typed)
    if pieces:
        yield Word(text[start:], start, tuple(pieces), grows)


def _first(terms: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(terms))[:MOST_TERMS]


def _initials_or(word: Word, term: str) -> str:
    """Initial consonants alone mean words that begin so."""
    if len(word.text) > 1 and all(is_consonant(char) for char in word.text):
        return INITIALS_MARK + word.keys
    return term
