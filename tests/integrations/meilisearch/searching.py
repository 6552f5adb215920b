"""A search: what it may ask for, and the answer."""

import math
import uuid
from collections.abc import Callable
from typing import Any

from tests.integrations.meilisearch import facets, terms
from tests.integrations.meilisearch.errors import Refusal
from tests.integrations.meilisearch.filters import Filter
from tests.integrations.meilisearch.formatting import Highlighter, retrieved
from tests.integrations.meilisearch.indexes import Index
from tests.integrations.meilisearch.locales import LOCALES
from tests.integrations.meilisearch.matching import Matcher
from tests.integrations.meilisearch.ranking import Ranking, placeholder
from tests.integrations.meilisearch.settings import RESERVED
from tests.integrations.meilisearch.shapes import (
    Check,
    anything,
    boolean,
    fields,
    list_of,
    natural,
    number,
    one_of,
    optional,
    string,
    wrong_value,
)

Document = dict[str, Any]


def _threshold(value: Any, at: str, code: str) -> float:
    if not 0 <= number(value, at, code) <= 1:
        said = "the value of `rankingScoreThreshold` is invalid, expected a float between `0.0` and `1.0`."
        raise wrong_value(at, code, said)
    return float(value)


_NAMES = optional(list_of(string))
_CHECKS: dict[str, Check] = {
    "q": optional(string),
    "offset": natural,
    "limit": natural,
    "page": optional(natural),
    "hitsPerPage": optional(natural),
    "attributesToRetrieve": _NAMES,
    "attributesToCrop": _NAMES,
    "cropLength": natural,
    "cropMarker": string,
    "attributesToHighlight": _NAMES,
    "highlightPreTag": string,
    "highlightPostTag": string,
    "showMatchesPosition": boolean,
    "filter": anything,
    "sort": _NAMES,
    "distinct": optional(string),
    "facets": _NAMES,
    "matchingStrategy": one_of("last", "all", "frequency"),
    "attributesToSearchOn": _NAMES,
    "rankingScoreThreshold": optional(_threshold),
    "locales": optional(list_of(one_of(*LOCALES))),
    "hybrid": anything,
    "vector": optional(list_of(number)),
    "retrieveVectors": boolean,
    "media": anything,
    "personalize": anything,
    "useNetwork": optional(boolean),
    "showRankingScore": boolean,
    "showRankingScoreDetails": boolean,
    "showPerformanceDetails": boolean,
}


def _code(name: str) -> str:
    return "invalid_search_" + "".join(f"_{one.lower()}" if one.isupper() else one for one in name)


_SHAPE = {name: (_code(name), check) for name, check in _CHECKS.items()}
_DEFAULTS = {"q": None, "offset": 0, "limit": 20, "matchingStrategy": "last"}
_DEFAULTS |= {"highlightPreTag": "<em>", "highlightPostTag": "</em>"}


def checked(body: Any) -> dict[str, Any]:
    """What a search asks for, or the refusal of it."""
    return _DEFAULTS | fields(body, _SHAPE)


def check_sort(settings: dict[str, Any], sort: list[str], code: str, say: Callable[[Refusal], Refusal]) -> None:
    """Refuses an order that is not one, or that the index does not allow."""
    for one in sort:
        field, _, order = one.rpartition(":")
        if order not in ("asc", "desc"):
            expected = "expected expression ending by `:asc` or `:desc`"
            raise Refusal(code, f"Invalid syntax for the sort parameter: {expected}, found `{one}`.")
        if field in RESERVED:
            hint = " Use the _geoPoint(latitude, longitude) built-in rule to sort on _geo field coordinates."
            said = f"`{field}` is a reserved keyword and thus can't be used as a sort expression."
            raise Refusal(code, said + (hint if field == "_geo" else ""))
    if sort and code == "invalid_search_sort" and "sort" not in settings["rankingRules"]:
        where = "You must specify where `sort` is listed in the rankingRules setting"
        raise say(Refusal(code, f"{where} to use the sort parameter at search time."))
    sortable = settings["sortableAttributes"]
    for one in sort:
        field = one.rpartition(":")[0]
        if not any(field == name or field.startswith(f"{name}.") for name in sortable):
            known = f"Available sortable attributes are: `{', '.join(sortable)}`."
            known = known if sortable else "This index does not have configured sortable attributes."
            raise say(Refusal(code, f"Attribute `{field}` is not sortable. {known}"))


class Search:
    """One search of one index."""

    def __init__(self, index: Index, asked: dict[str, Any]) -> None:
        self.index, self.asked, self.settings = index, asked, index.settings
        self.scores: dict[str, float] = {}
        self.highlighter = Highlighter(index, [], asked["highlightPreTag"], asked["highlightPostTag"])

    def _in_index(self, refusal: Refusal) -> Refusal:
        return refusal.within(self.index.uid)

    def _check(self) -> Filter:
        """Every refusal that needs the index's settings."""
        asked = self.asked
        if asked.get("vector") is not None or asked.get("hybrid") is not None or asked.get("media") is not None:
            raise self._in_index(Refusal("invalid_search_embedder", "Cannot find embedder with name `default`."))
        sieve = Filter([] if asked.get("filter") is None else asked["filter"], "invalid_search_filter")
        check_sort(self.settings, asked.get("sort") or [], "invalid_search_sort", self._in_index)
        if refusal := sieve.refusal(self.settings):
            raise self._in_index(refusal)
        searchable = self.settings["searchableAttributes"]
        for name in asked.get("attributesToSearchOn") or []:
            known = searchable == ["*"] or "*" in name or self.index.weight(name) is not None
            if not known:
                available = f"Available searchable attributes are: `{', '.join(searchable)}`."
                code = "invalid_search_attributes_to_search_on"
                raise self._in_index(Refusal(code, f"Attribute `{name}` is not searchable. {available}"))
        distinct = asked.get("distinct")
        if distinct is not None and not facets.is_filterable(self.settings, distinct):
            known_patterns = facets.patterns(self.settings)
            there = f"Available filterable attributes patterns are: `{', '.join(known_patterns)}`."
            there = there if known_patterns else "This index does not have configured filterable attributes."
            said = f"Attribute `{distinct}` is not filterable and thus, cannot be used as distinct attribute. {there}"
            raise self._in_index(Refusal("invalid_search_distinct", said))
        if refusal := facets.not_facets(self.settings, asked.get("facets") or []):
            raise refusal
        return sieve

    def answer(self) -> dict[str, Any]:
        sieve, asked = self._check(), self.asked
        let_through = [key for key, document in self.index.documents.items() if sieve.lets_through(document)]
        ordered = self._distinct(self._ordered(let_through))
        most = self.settings["pagination"]["maxTotalHits"]
        total = min(len(ordered), most)
        paged = asked.get("page") is not None or asked.get("hitsPerPage") is not None
        offset, limit = self._window(paged)
        start = min(offset, most)
        hits = [self._hit(key) for key in ordered[start : start + min(limit, most - start)]]
        found: dict[str, Any] = {"hits": hits, "query": asked["q"] or "", "processingTimeMs": 0}
        if paged:
            size, page = asked.get("hitsPerPage"), asked.get("page")
            size = 20 if size is None else size
            found |= {"hitsPerPage": size, "page": 1 if page is None else page}
            found |= {"totalPages": math.ceil(total / size) if size else 0, "totalHits": total}
        else:
            found |= {"limit": limit, "offset": start, "estimatedTotalHits": total}
        if asked.get("facets") is not None:
            documents = [self.index.documents[key] for key in ordered]
            found |= facets.distribution(self.settings, documents, asked["facets"])
        return found | {"requestUid": str(uuid.uuid4())}

    def _window(self, paged: bool) -> tuple[int, int]:
        """Where the hits begin and how many there are; page 0 has none."""
        if not paged:
            return self.asked["offset"], self.asked["limit"]
        page, size = self.asked.get("page"), self.asked.get("hitsPerPage")
        page, size = 1 if page is None else page, 20 if size is None else size
        return (0, 0) if page == 0 else ((page - 1) * size, size)

    def _ordered(self, keys: list[str]) -> list[str]:
        """The documents that answer the query, best first."""
        sort = self.asked.get("sort") or []
        query = terms.parse(self.index, self.asked["q"] or "")
        everything = self.asked["matchingStrategy"] == "all"
        on = self.asked.get("attributesToSearchOn")
        matcher = Matcher(self.index, query, None if on is None or "*" in on else on, everything)
        if not query.terms:
            kept = [key for key in keys if not matcher.has_unwanted(key)]
            self.scores = dict.fromkeys(kept, 1.0)
            return placeholder(self.index, kept, sort)
        self.highlighter.nodes = matcher.nodes
        ranks = Ranking(matcher, sort).candidates(keys)
        places = {rank: place for place, rank in enumerate(sorted(set(ranks.values())))}
        self.scores = {key: 1 / (1 + places[rank] / 10) for key, rank in ranks.items()}
        least = self.asked.get("rankingScoreThreshold") or 0
        return sorted((key for key in ranks if self.scores[key] >= least), key=lambda key: places[ranks[key]])

    def _distinct(self, keys: list[str]) -> list[str]:
        """Of documents that share a value of the distinct attribute, the best."""
        name = self.asked.get("distinct") or self.settings["distinctAttribute"]
        if name is None:
            return keys
        seen: set[Any] = set()
        kept: list[str] = []
        for key in keys:
            values = set(facets.values(self.index.documents[key], name))
            if not values & seen:
                kept.append(key)
            seen |= values
        return kept

    def _hit(self, key: str) -> Document:
        asked, document = self.asked, self.index.documents[key]
        hit = retrieved(self.index, document, asked.get("attributesToRetrieve"))
        marked = asked.get("attributesToHighlight") or []
        if marked or asked.get("attributesToCrop"):
            names = marked + [name.partition(":")[0] for name in asked.get("attributesToCrop") or []]
            retrieve = asked.get("attributesToRetrieve")
            shown = retrieved(self.index, document, None if retrieve is None else [*retrieve, *names])
            hit = hit | {"_formatted": self.highlighter.formatted(shown, marked)}
        if asked.get("showRankingScore"):
            hit = hit | {"_rankingScore": self.scores[key]}
        return hit
