"""A query as terms, and the words of the index that each term stands for."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from tests.integrations.meilisearch import words
from tests.integrations.meilisearch.indexes import LONGEST_WORD, Index

MOST_WORDS = 10


@dataclass(frozen=True)
class Term:
    """One word of the query, or several in quotes, and where it stands in the query."""

    words: tuple[str, ...]
    start: int
    end: int
    prefix: bool = False
    phrase: bool = False


@dataclass
class Query:
    """`unwanted` words, and phrases, must not be in a document."""

    terms: list[Term] = field(default_factory=list)
    unwanted: list[tuple[str, ...]] = field(default_factory=list)


@dataclass(frozen=True)
class Node:
    """A term, or two or three of them written as one. `typos` has each word of the index that it stands for with the
    typos in it; `split` two words that stand for it when they are next to each other.
    """

    first: int
    last: int
    term: Term
    typos: dict[str, int]
    split: tuple[str, str] | None = None

    @property
    def width(self) -> int:
        return self.last - self.first + 1


def parse(index: Index, text: str) -> Query:
    """The query's terms, ten at most. Its last word may be the beginning of one."""
    found, stop = Query(), set(index.settings["stopWords"])
    prefixes = index.settings["prefixSearch"] == "indexingTime"
    read = list(index.tokens(text))
    place, quoted, negative, spaced = -1, None, False, True
    phrase: list[tuple[int, str]] = []
    for number, token in enumerate(read):
        if len(found.terms) >= MOST_WORDS:
            return found
        if token.separator:
            place += words.FAR - 1 if token.hard else 0
            for _ in range(token.text.count('"')):
                if quoted is not None:
                    _close(found, phrase, quoted)
                    phrase, quoted = [], None
                else:
                    quoted = negative or token.text.split('"')[0].endswith("-")
            negative = quoted is None and token.text.endswith("-") and (spaced or token.text[:-1].endswith(" "))
        else:
            place += 1
            last = number == len(read) - 1
            if quoted is not None:
                phrase.append((place, token.word))
            elif negative:
                found.unwanted.append((token.word,))
                negative = False
            elif last or token.word not in stop:
                found.terms.append(Term((token.word,), place, place, prefix=last and prefixes))
        spaced = token.text[-1].isspace()
    if quoted is not None:
        _close(found, phrase, quoted)
    return found


def _close(found: Query, phrase: list[tuple[int, str]], unwanted: bool) -> None:
    if not phrase:
        return
    said = tuple(word for _, word in phrase)
    if unwanted:
        found.unwanted.append(said)
    else:
        found.terms.append(Term(said, phrase[0][0], phrase[-1][0], phrase=True))


def allowed_typos(index: Index, word: str) -> int:
    """How many typos a word of a query may have, by its length."""
    tolerance = index.settings["typoTolerance"]
    sizes = tolerance["minWordSizeForTypos"]
    exact = {words.normalized(one) for one in tolerance["disableOnWords"]}
    if not tolerance["enabled"] or word in exact or (tolerance["disableOnNumbers"] and word.isdigit()):
        return 0
    one, two = int(sizes["oneTypo"]), int(sizes["twoTypos"])
    return 0 if len(word) < one else 1 if len(word) < two else 2


def nodes(index: Index, query: Query) -> list[Node]:
    """Every term, and every two and three that stand side by side, as one word."""
    found = [_node(index, number, number, term) for number, term in enumerate(query.terms)]
    for width in (2, 3):
        for first in range(len(query.terms) - width + 1):
            together = query.terms[first : first + width]
            beside = all(one.end + 1 == other.start for one, other in pairwise(together))
            if beside and not any(one.phrase for one in together):
                joined = "".join(one.words[0] for one in together)
                term = Term((joined,), together[0].start, together[-1].end, together[-1].prefix)
                found.append(_node(index, first, first + width - 1, term))
    return found


def _node(index: Index, first: int, last: int, term: Term) -> Node:
    if term.phrase:
        return Node(first, last, term, {})
    word = term.words[0]
    if len(word.encode()) > LONGEST_WORD:
        return Node(first, last, term, {})
    allowed = max(0, allowed_typos(index, word) - (last - first))
    numbers = index.settings["typoTolerance"]["disableOnNumbers"]
    meant: dict[str, int] = {}
    for other in index.vocabulary:
        budget = 0 if numbers and other.isdigit() else allowed
        count = words.typos(word, other, budget, term.prefix)
        if count is not None:
            meant[other] = count
    for synonym in _synonyms(index, word):
        if synonym in index.vocabulary:
            meant[synonym] = 0
    return Node(first, last, term, meant, _split(index, word))


def _synonyms(index: Index, word: str) -> Iterator[str]:
    """Synonyms of one word; those of several words are not known here."""
    for said, others in index.settings["synonyms"].items():
        if words.normalized(said) == word:
            yield from (words.normalized(other) for other in others)


def _split(index: Index, word: str) -> tuple[str, str] | None:
    """The word in two, where the two are most often next to each other."""
    halves = [(word[:cut], word[cut:]) for cut in range(1, len(word))]
    halves = [half for half in halves if half[0] in index.vocabulary and half[1] in index.vocabulary]
    often: Counter[tuple[str, str]] = Counter()
    for half in halves:
        both = index.vocabulary[half[0]] & index.vocabulary[half[1]]
        often[half] = sum(half in index.words(key).pairs for key in both)
    best = often.most_common(1)
    return best[0][0] if best and best[0][1] else None
