"""Documents in the order of the ranking rules."""

from collections.abc import Mapping
from typing import Any

from tests.integrations.meilisearch import facets, matching
from tests.integrations.meilisearch.indexes import Index
from tests.integrations.meilisearch.matching import Match, Matcher

Rank = tuple[Any, ...]
_OF_WORDS = ("typo", "proximity", "attribute", "attributeRank", "wordPosition", "exactness")


def rules(index: Index, sort: list[str], everything: bool) -> list[str]:
    """The rules as they are applied: each once, `words` before any other of words, the asked order in `sort`'s place.
    A rule with a colon sorts by a field.
    """
    found: list[str] = ["words"] if everything else []
    for rule in index.settings["rankingRules"]:
        if rule in _OF_WORDS and "words" not in found:
            found.append("words")
        for one in sort if rule == "sort" else [rule]:
            field = one.rpartition(":")[0]
            if one not in found and not (field and any(other.rpartition(":")[0] == field for other in found)):
                found.append(one)
    if everything:
        found.remove("words")
    return found


def sort_key(document: Mapping[str, Any], rule: str) -> Rank:
    field, _, order = rule.rpartition(":")
    return facets.sort_key(document, field, order == "asc")


def placeholder(index: Index, keys: list[str], sort: list[str]) -> list[str]:
    """Documents without a query: only the sorting rules tell them apart."""
    sorting = [rule for rule in rules(index, sort, everything=True) if ":" in rule]
    return sorted(keys, key=lambda key: tuple(sort_key(index.documents[key], rule) for rule in sorting))


class Ranking:
    """Ranks the documents that a query matches."""

    def __init__(self, matcher: Matcher, sort: list[str]) -> None:
        self.index, self.matcher = matcher.index, matcher
        self.rules = rules(self.index, sort, matcher.everything)

    def candidates(self, keys: list[str]) -> dict[str, Rank]:
        """The documents that match, with their ranks; the least is the best."""
        able: set[str] = set()
        for node in self.matcher.nodes:
            meant = [*node.typos, *(node.split or ()), *(node.term.words if node.term.phrase else ())]
            able = able.union(*(self.index.vocabulary.get(word, set()) for word in meant))
        found: dict[str, Rank] = {}
        for key in keys:
            if key in able:
                dropped, paths = self.matcher.paths(self.matcher.matches(key))
                if paths:
                    found[key] = min(self.rank(key, path, dropped) for path in paths)
        return found

    def rank(self, key: str, path: list[Match], dropped: int) -> Rank:
        """What the rules make of one way to read the query; each goes on with what the one before it left."""
        written = self.index.words(key)
        costs: list[Any] = []
        for rule in self.rules:
            if rule == "words":
                costs.append(dropped)
            elif rule == "typo":
                costs.append(matching.typo_cost(path))
                path = [match.with_fewest_typos() for match in path]
            elif rule == "proximity":
                cost, path = matching.proximity_cost(path, self.matcher.by_attribute)
                costs.append(cost)
            elif rule in ("attribute", "attributeRank", "wordPosition"):
                if rule != "wordPosition":
                    costs.append(matching.weight_cost(self.index, path))
                if rule != "attributeRank":
                    costs.append(matching.position_cost(path))
            elif rule == "exactness":
                costs.append(matching.exact_attribute(written, path))
                cost, path = matching.exactness_cost(path)
                costs.append(cost)
            else:
                costs.append(sort_key(self.index.documents[key], rule))
        return tuple(costs)
