"""The values of documents that filters, sorts and counts look at."""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tests.integrations.meilisearch.errors import Refusal

Document = dict[str, Any]
MISSING = object()


def normalized(text: str) -> str:
    return unicodedata.normalize("NFKD", text.strip()).lower()


def raw_values(document: Mapping[str, Any], name: str) -> list[Any]:
    """What a document has under a name, whole; under a dotted name, what each object on the way has."""
    if name in document:
        return [document[name]]
    found: list[Any] = []
    for head, value in document.items():
        if name.startswith(f"{head}."):
            for one in value if isinstance(value, list) else [value]:
                if isinstance(one, dict):
                    found += raw_values(one, name[len(head) + 1 :])
    return found


def flat(value: Any) -> Iterator[Any]:
    """The single values in a value; objects have none of their own."""
    if isinstance(value, list):
        for one in value:
            yield from flat(one)
    elif not isinstance(value, dict) and value is not None:
        yield ("true" if value else "false") if isinstance(value, bool) else value


def values(document: Mapping[str, Any], name: str) -> list[Any]:
    return [one for value in raw_values(document, name) for one in flat(value)]


def matches(pattern: str, name: str) -> bool:
    """Whether a field is the pattern's, or is inside of it."""
    if pattern == "*" or pattern == name or name.startswith(f"{pattern}."):
        return True
    if pattern.startswith("*") and pattern.endswith("*"):
        return pattern.strip("*") in name
    if pattern.startswith("*"):
        return name.endswith(pattern[1:])
    return pattern.endswith("*") and name.startswith(pattern[:-1])


def features(settings: Mapping[str, Any], name: str) -> tuple[int, bool, bool] | None:
    """Which rule makes a field filterable, and whether by equality and by comparison."""
    for place, rule in enumerate(settings["filterableAttributes"]):
        if isinstance(rule, str):
            if rule == name or name.startswith(f"{rule}."):
                return place, True, True
        elif any(matches(pattern, name) for pattern in rule["attributePatterns"]):
            operators = rule["features"]["filter"]
            return place, operators["equality"], operators["comparison"]
    return None


def is_filterable(settings: Mapping[str, Any], name: str) -> bool:
    found = features(settings, name)
    return found is not None and (found[1] or found[2])


def patterns(settings: Mapping[str, Any]) -> list[str]:
    """The filterable attributes by name, sorted, for messages."""
    found: set[str] = set()
    for rule in settings["filterableAttributes"]:
        found |= {rule} if isinstance(rule, str) else set(rule["attributePatterns"])
    return sorted(found)


def not_facets(settings: Mapping[str, Any], names: Iterable[str]) -> Refusal | None:
    """The refusal of counts for what is not filterable."""
    wrong = sorted({name for name in names if name != "*" and not is_filterable(settings, name)})
    if not wrong:
        return None
    said = f"Attribute `{wrong[0]}` is" if len(wrong) == 1 else f"Attributes `{', '.join(wrong)}` are"
    known = patterns(settings)
    there = f"Available filterable attributes patterns are: `{', '.join(known)}`."
    there = there if known else "This index does not have configured filterable attributes."
    return Refusal("invalid_search_facets", f"Invalid facet distribution: {said} not filterable. {there}")


def _names(settings: Mapping[str, Any], documents: list[Document], asked: list[str]) -> list[str]:
    if "*" not in asked:
        return asked
    present = sorted({name for document in documents for name in leaves(document)})
    return [name for name in present if is_filterable(settings, name)]


def leaves(document: Mapping[str, Any], within: str = "") -> Iterator[str]:
    """The names of a document's fields, dotted where objects are inside."""
    for name, value in document.items():
        single = value if isinstance(value, list) else [value]
        inside = [one for one in single if isinstance(one, dict)]
        if not inside or len(inside) < len(single):
            yield f"{within}{name}"
        for one in inside:
            yield from leaves(one, f"{within}{name}.")


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return value
    return str(int(value)) if float(value).is_integer() else str(float(value))


def distribution(settings: Mapping[str, Any], documents: list[Document], asked: list[str]) -> dict[str, Any]:
    """How many of the documents have each value, and the least and the greatest number."""
    counts: dict[str, dict[str, int]] = {}
    stats: dict[str, dict[str, float]] = {}
    orders, most = settings["faceting"]["sortFacetValuesBy"], settings["faceting"]["maxValuesPerFacet"]
    for name in sorted(_names(settings, documents, asked)):
        seen: dict[Any, tuple[str, int]] = {}
        for document in documents:
            for key, value in {_key(one): one for one in values(document, name)}.items():
                shown, count = seen.get(key, (_shown(value), 0))
                seen[key] = (shown, count + 1)
        ordered = [seen[key] for key in sorted(seen)]
        if orders.get(name, orders["*"]) == "count":
            ordered.sort(key=lambda one: -one[1])
        counts[name] = dict(ordered[:most])
        if numbers := [key[1] for key in seen if key[0] == 0]:
            stats[name] = {"min": min(numbers), "max": max(numbers)}
    return {"facetDistribution": counts, "facetStats": stats}


def _key(value: Any) -> tuple[int, Any]:
    """Numbers come before texts."""
    return (1, normalized(value)) if isinstance(value, str) else (0, float(value))


def sort_key(document: Mapping[str, Any], name: str, ascending: bool) -> tuple[Any, ...]:
    """Where a document stands when sorted: numbers, then texts, then those without a value, whichever the order."""
    keys = [_key(one) for one in values(document, name)]
    if not keys:
        return (2,)
    numbers = [key for key in keys if key[0] == 0]
    among = numbers or keys
    best = min(among) if ascending else max(among)
    if ascending:
        return best
    return (0, -best[1]) if best[0] == 0 else (1, Backwards(best[1]))


class Backwards:
    """A text that sorts the other way round."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __lt__(self, other: "Backwards") -> bool:
        return other.text < self.text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Backwards) and other.text == self.text

    def __hash__(self) -> int:
        return hash(self.text)
