"""How one document answers a query: what each ranking rule makes of it, least first."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tests.integrations.meilisearch import facets
from tests.integrations.meilisearch.indexes import Index, Words
from tests.integrations.meilisearch.terms import Node, Query, nodes

FARTHEST = 4  # words at this distance, or beyond it, are not near each other at all
COUNTED = 30  # in longer fields words are not counted
# Up to which distance from where the query has the word each cost is paid.
_DISTANCES = (0, 1, 4, 7, 11, 16, 24, 64, 256, 1024)

Places = dict[str, list[int]]


@dataclass(frozen=True)
class Match:
    """A node found in a document: the places, by field, of each word that it may stand for there."""

    node: Node
    found: dict[str, Places]
    typos: dict[str, int]

    @property
    def exact(self) -> bool:
        return self.node.term.phrase or self.node.term.words[0] in self.found

    def with_fewest_typos(self) -> "Match":
        least = min(self.typos.values())
        kept = {word: places for word, places in self.found.items() if self.typos[word] == least}
        return Match(self.node, kept, dict.fromkeys(kept, least))

    def every_place(self) -> Iterator[tuple[str, int]]:
        for places in self.found.values():
            for name, spots in places.items():
                yield from ((name, spot) for spot in spots)


def bucketed(place: int) -> int:
    """Beyond the first words, places are told apart less and less."""
    if place < 16:
        return place
    return 24 if place < 24 else 1 << math.ceil(math.log2(place))


class Matcher:
    """What a query finds. `fields` are the only ones looked at, where they are given; with `everything`, no term may
    be left out.
    """

    def __init__(self, index: Index, query: Query, fields: list[str] | None, everything: bool) -> None:
        self.index, self.query, self.fields, self.everything = index, query, fields, everything
        self.nodes = nodes(index, query)
        disabled = index.settings["typoTolerance"]["disableOnAttributes"]
        self.exact_fields = list(disabled)
        self.by_attribute = index.settings["proximityPrecision"] == "byAttribute"

    def matches(self, key: str) -> list[Match]:
        """The nodes that a document has; none if it has what is unwanted."""
        if self.has_unwanted(key):
            return []
        written = self.index.words(key)
        return [match for node in self.nodes if (match := self._match(node, written))]

    def has_unwanted(self, key: str) -> bool:
        return any(self._phrase(self.index.words(key), said) for said in self.query.unwanted)

    def _match(self, node: Node, written: Words) -> Match | None:
        found: dict[str, Places] = {}
        counts: dict[str, int] = {}
        if node.term.phrase and (places := self._phrase(written, node.term.words)):
            joined = " ".join(node.term.words)
            found[joined], counts[joined] = places, 0
        for word, count in node.typos.items():
            if word in written.places and (places := self._seen(written.places[word], count)):
                found[word], counts[word] = places, count
        if node.split and (places := self._phrase(written, node.split)):
            joined = " ".join(node.split)
            found[joined], counts[joined] = places, 1
        return Match(node, found, counts) if found else None

    def _seen(self, places: Mapping[str, list[int]], typos: int) -> Places:
        """Where a word is in fields that are searched; with typos, only where they are tolerated."""
        return {
            name: spots
            for name, spots in places.items()
            if self.fields is None or any(facets.matches(field, name) for field in self.fields)
            if not typos or not any(facets.matches(exact, name) for exact in self.exact_fields)
        }

    def _phrase(self, written: Words, said: tuple[str, ...]) -> Places:
        """Where words stand next to each other in this order; the places are of the first. Stop words may be any."""
        stop = set(self.index.settings["stopWords"])
        wanted = [(offset, word) for offset, word in enumerate(said) if word not in stop]
        if not wanted or any(word not in written.places for _, word in wanted):
            return {}
        shift, first = wanted[0]
        found: Places = {}
        for name, spots in self._seen(written.places[first], 0).items():
            others = [(offset - shift, set(written.places[word].get(name, ()))) for offset, word in wanted[1:]]
            if kept := [spot for spot in spots if all(spot + offset in places for offset, places in others)]:
                found[name] = kept
        return found

    def paths(self, matches: list[Match]) -> tuple[int, list[list[Match]]]:
        """How many terms must be left out for the document to have the others, and every way to read those. Terms
        are left out from the end; phrases never are, nor is the first term where there is no phrase.
        """
        by_start: dict[int, list[Match]] = {}
        for match in matches:
            by_start.setdefault(match.node.first, []).append(match)
        loose = [number for number, term in enumerate(self.query.terms) if not term.phrase]
        most = 0 if self.everything else len(loose) - (len(loose) == len(self.query.terms))
        for dropped in range(most + 1):
            if found := list(self._ways(by_start, set(loose[len(loose) - dropped :]), 0)):
                return dropped, found
        return 0, []

    def _ways(self, by_start: Mapping[int, list[Match]], dropped: set[int], at: int) -> Iterator[list[Match]]:
        while at in dropped:
            at += 1
        if at >= len(self.query.terms):
            yield []
            return
        for match in by_start.get(at, ()):
            for rest in self._ways(by_start, dropped, match.node.last + 1):
                yield [match, *rest]


def typo_cost(path: list[Match]) -> int:
    """Words written as one count as typos too."""
    return sum(min(match.typos.values()) + (match.node.width if match.node.width > 1 else 0) for match in path)


def weight_cost(index: Index, path: list[Match]) -> int:
    """How far down in the searchable attributes the words are."""
    return sum(
        match.node.width * min(index.weight(name) or 0 for places in match.found.values() for name in places)
        for match in path
    )


def position_cost(path: list[Match]) -> int:
    """How far from where the query has them the words are."""
    total = 0
    for match in path:
        distance = min(abs(bucketed(spot) - match.node.term.start) for _, spot in match.every_place())
        for further in range(match.node.width):
            cost = next((cost for cost, most in enumerate(_DISTANCES) if distance + further <= most), len(_DISTANCES))
            total += cost
    return total


def nearest(left: Places, right: Places, length: int, by_attribute: bool) -> int:
    """The proximity of two words: 1 when the second follows the first; backwards it is one more."""
    best = FARTHEST
    for name in left.keys() & right.keys():
        if by_attribute:
            return 1
        for one in left[name]:
            for other in right[name]:
                far = other - one - length + 1 if other > one else one - other + 1
                best = min(best, far) if far > 0 else best
    return best


def proximity_cost(path: list[Match], by_attribute: bool) -> tuple[int, list[Match]]:
    """How far the words are from one another; what goes on are the words that are the nearest."""
    total, kept = path[0].node.width - 1, [path[0]]
    for match in path[1:]:
        left = kept[-1]
        total += match.node.width - 1
        if left.node.term.end + 1 != match.node.term.start:
            kept.append(match)
            continue
        length = len(left.node.term.words) if left.node.term.phrase else 1
        costs = {
            (one, other): nearest(left.found[one], match.found[other], length, by_attribute)
            for one in left.found
            for other in match.found
        }
        best = min(costs.values())
        total += best - 1
        if best < FARTHEST:
            kept[-1] = _only(left, {one for (one, _), cost in costs.items() if cost == best})
            match = _only(match, {other for (_, other), cost in costs.items() if cost == best})
        kept.append(match)
    return total, kept


def _only(match: Match, words: set[str]) -> Match:
    found = {word: places for word, places in match.found.items() if word in words}
    return Match(match.node, found, {word: match.typos[word] for word in found})


def exact_attribute(written: Words, path: list[Match]) -> int:
    """0 if a field is the query, 1 if it begins with the query, else 2."""
    whole = sum(match.node.width for match in path) == path[-1].node.last + 1
    if not whole or not all(match.exact for match in path):
        return 2
    count = sum(match.node.term.end - match.node.term.start + 1 for match in path)
    said = [
        (offset + match.node.term.start, word) for match in path for offset, word in enumerate(match.node.term.words)
    ]
    best = 2
    for name in {name for match in path for places in match.found.values() for name in places}:
        spots = [{bucketed(spot) for spot in written.places[word].get(name, ())} for _, word in said]
        if all(bucketed(place) in at for (place, _), at in zip(said, spots, strict=True)):
            best = min(best, 0 if written.counts[name] == count <= COUNTED else 1)
    return best


def exactness_cost(path: list[Match]) -> tuple[int, list[Match]]:
    total = sum(0 if match.exact else match.node.width for match in path)
    return total, [_only(match, {match.node.term.words[0]}) if _single(match) else match for match in path]


def _single(match: Match) -> bool:
    return match.exact and not match.node.term.phrase
