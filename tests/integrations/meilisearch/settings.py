"""An index's settings: what they are when nothing was said, what may be said, and how one is laid over another."""

import copy
from collections.abc import Mapping
from typing import Any

from tests.integrations.meilisearch.errors import Refusal
from tests.integrations.meilisearch.locales import LOCALES
from tests.integrations.meilisearch.shapes import (
    Check,
    anything,
    boolean,
    byte,
    fields,
    index_uid_field,
    list_of,
    map_of,
    natural,
    one_of,
    optional,
    string,
    wrong_value,
)

BUILT_IN = ("words", "typo", "proximity", "attribute", "attributeRank", "wordPosition", "sort", "exactness")
RESERVED = ("_geo", "_geoDistance", "_geoPoint", "_geoRadius", "_geoBoundingBox")

DEFAULTS: dict[str, Any] = {
    "displayedAttributes": ["*"],
    "searchableAttributes": ["*"],
    "filterableAttributes": [],
    "sortableAttributes": [],
    "foreignKeys": [],
    # As the documentation has it; until 1.3x, and in the sources of then, `attribute` was in the place of its parts.
    "rankingRules": ["words", "typo", "proximity", "attributeRank", "sort", "wordPosition", "exactness"],
    "stopWords": [],
    "nonSeparatorTokens": [],
    "separatorTokens": [],
    "dictionary": [],
    "synonyms": {},
    "distinctAttribute": None,
    "proximityPrecision": "byWord",
    "typoTolerance": {
        "enabled": True,
        "minWordSizeForTypos": {"oneTypo": 5, "twoTypos": 9},
        "disableOnWords": [],
        "disableOnAttributes": [],
        "disableOnNumbers": False,
    },
    "faceting": {"maxValuesPerFacet": 100, "sortFacetValuesBy": {"*": "alpha"}},
    "pagination": {"maxTotalHits": 1000},
    "embedders": {},
    "searchCutoffMs": None,
    "localizedAttributes": None,
    "facetSearch": True,
    "prefixSearch": "indexingTime",
}
# These are laid over what they were, field by field; every other setting is replaced whole.
_MERGED = ("typoTolerance", "minWordSizeForTypos", "faceting", "pagination", "embedders")


def _object(known: Mapping[str, Check], required: tuple[str, ...] = ()) -> Check:
    def check(value: Any, at: str, code: str) -> dict[str, Any]:
        shape: dict[str, tuple[str | None, Check]] = {name: (None, one) for name, one in known.items()}
        return fields(value, shape, at, code, dict.fromkeys(required, code))

    return check


def _ordered(check: Check) -> Check:
    """A set: said in any order, it is kept sorted and each once."""

    def checked(value: Any, at: str, code: str) -> list[Any]:
        return sorted(set(list_of(check)(value, at, code)))

    return checked


def _ranking_rule(value: Any, at: str, code: str) -> str:
    name = string(value, at, code)
    field, _, order = name.rpartition(":")
    if name in BUILT_IN:
        return name
    if order not in ("asc", "desc"):
        valid = "words, typo, sort, proximity, attribute, exactness and custom ranking rules"
        raise wrong_value(at, code, f"`{name}` ranking rule is invalid. Valid ranking rules are {valid}.")
    for reserved in RESERVED:
        if field == reserved or field.startswith(f"{reserved}("):
            raise wrong_value(at, code, f"`{reserved}` is a reserved keyword and thus can't be used as a ranking rule")
    return name


def _ranking_rules(value: Any, at: str, code: str) -> list[str]:
    rules: list[str] = list_of(_ranking_rule)(value, at, code)
    if "attribute" in rules and ("attributeRank" in rules or "wordPosition" in rules):
        raise Refusal(
            code,
            "Mixed usage of the attribute, attributeRank, and wordPosition ranking rules. You must either use the"
            " attribute ranking rule alone or the attributeRank and wordPosition ranking rules.",
        )
    return rules


def _filterable(value: Any, at: str, code: str) -> Any:
    if not isinstance(value, dict):
        return string(value, at, code)
    operators = _object({"equality": boolean, "comparison": boolean}, ("equality", "comparison"))
    features = _object({"facetSearch": boolean, "filter": operators}, ("facetSearch", "filter"))
    known = {"attributePatterns": list_of(string), "features": features}
    rule = _object(known, ("attributePatterns",))(value, at, code)
    default = {"facetSearch": False, "filter": {"equality": True, "comparison": False}}
    return {"features": default} | rule


def _word_sizes(value: Any, at: str, code: str) -> Any:
    sizes = _object({"oneTypo": optional(byte), "twoTypos": optional(byte)})(value, at, code)
    one, two = sizes.get("oneTypo"), sizes.get("twoTypos")
    if one is not None and two is not None and one > two:
        raise wrong_value(
            at,
            code,
            "`minWordSizeForTypos` setting is invalid. `oneTypo` and `twoTypos` fields should be between `0` and `255`,"
            " and `twoTypos` should be greater or equals to `oneTypo`"
            f" but found `oneTypo: {one}` and twoTypos: {two}`.",
        )
    return sizes


def _at_least_one(value: Any, at: str, code: str) -> int:
    if natural(value, at, code) == 0:
        limit = "18446744073709551615"
        raise wrong_value(at, code, f"a non-zero integer value lower than `{limit}` was expected, but found a zero")
    return int(value)


_NAMES = list_of(string)
_LOCALIZED = {"attributePatterns": _NAMES, "locales": list_of(one_of(*LOCALES))}
_KEYS = {"foreignIndexUid": index_uid_field, "fieldName": string}
_CHECKS: dict[str, Check] = {
    "displayedAttributes": _NAMES,
    "searchableAttributes": _NAMES,
    "filterableAttributes": list_of(_filterable),
    "sortableAttributes": _ordered(string),
    "foreignKeys": list_of(_object(_KEYS, tuple(_KEYS))),
    "rankingRules": _ranking_rules,
    "stopWords": _ordered(string),
    "nonSeparatorTokens": _ordered(string),
    "separatorTokens": _ordered(string),
    "dictionary": _ordered(string),
    "synonyms": map_of(_NAMES),
    "distinctAttribute": string,
    "proximityPrecision": one_of("byWord", "byAttribute"),
    "typoTolerance": _object(
        {
            "enabled": optional(boolean),
            "minWordSizeForTypos": optional(_word_sizes),
            "disableOnWords": optional(_ordered(string)),
            "disableOnAttributes": optional(_ordered(string)),
            "disableOnNumbers": optional(boolean),
        }
    ),
    "faceting": _object(
        {
            "maxValuesPerFacet": optional(natural),
            "sortFacetValuesBy": optional(map_of(one_of("alpha", "count"))),
        }
    ),
    "pagination": _object({"maxTotalHits": optional(_at_least_one)}),
    "embedders": map_of(anything),
    "searchCutoffMs": natural,
    "localizedAttributes": list_of(_object(_LOCALIZED, tuple(_LOCALIZED))),
    "facetSearch": boolean,
    "prefixSearch": one_of("indexingTime", "disabled"),
    "chat": anything,
    "vectorStore": anything,
}


def _code(name: str) -> str:
    named = {"chat": "index_chat"}.get(name, name)
    return "invalid_settings_" + "".join(f"_{one.lower()}" if one.isupper() else one for one in named)


def checked(body: Any) -> dict[str, Any]:
    """What was said of the settings, or the refusal of it."""
    return fields(body, {name: (_code(name), optional(check)) for name, check in _CHECKS.items()})


def defaults() -> dict[str, Any]:
    return copy.deepcopy(DEFAULTS)


def merged(settings: dict[str, Any], said: dict[str, Any], reset: dict[str, Any] | None = None) -> dict[str, Any]:
    """The settings with what was said: null is a return to the default, what was not said stays."""
    reset = DEFAULTS if reset is None else reset
    result = dict(settings)
    for name, value in said.items():
        if value is None:
            result[name] = copy.deepcopy(reset.get(name))
        elif name in _MERGED:
            result[name] = merged(result[name], value, reset.get(name, {}))
        elif name in ("displayedAttributes", "searchableAttributes") and "*" in value:
            result[name] = ["*"]
        else:
            result[name] = value
    if "sortFacetValuesBy" in said:
        result["sortFacetValuesBy"] = {"*": "alpha"} | (said["sortFacetValuesBy"] or {})
    return result
