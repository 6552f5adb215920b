"""What one condition of a filter asks of a document."""

import math
from collections.abc import Callable, Mapping
from typing import Any

from tests.integrations.meilisearch import facets

Test = Callable[[Mapping[str, Any]], bool]


def _number(text: str) -> float | None:
    try:
        found = float(text)
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def unless(test: Test) -> Test:
    return lambda document: not test(document)


def equals(name: str, wanted: list[str]) -> Test:
    """One of the field's values is one of these, as a text whatever its case, or as a number."""
    texts, numbers = {facets.normalized(one) for one in wanted}, {_number(one) for one in wanted}

    def test(document: Mapping[str, Any]) -> bool:
        return any(
            facets.normalized(one) in texts if isinstance(one, str) else float(one) in numbers
            for one in facets.values(document, name)
        )

    return test


def compares(name: str, sign: str, value: str) -> Test:
    return lambda document: any(_compare(one, sign, value) for one in facets.values(document, name))


def between(name: str, low: str, high: str) -> Test:
    return lambda document: any(
        _compare(one, ">=", low) and _compare(one, "<=", high) for one in facets.values(document, name)
    )


def _compare(one: Any, sign: str, value: str) -> bool:
    """Texts compare with texts, letter by letter, and numbers with numbers."""
    against: Any = value if isinstance(one, str) else _number(value)
    if against is None:
        return False
    one = facets.normalized(one) if isinstance(one, str) else float(one)
    tests = {">": one > against, ">=": one >= against, "<": one < against, "<=": one <= against}
    return bool(tests[sign])


def exists(name: str) -> Test:
    return lambda document: bool(facets.raw_values(document, name))


def is_null(name: str) -> Test:
    return lambda document: None in facets.raw_values(document, name)


def is_empty(name: str) -> Test:
    return lambda document: any(one in ("", [], {}) for one in facets.raw_values(document, name))
