"""What Meilisearch is given of a content, and the settings with which it looks there."""

from collections.abc import Set
from typing import Any

from meilisearch_python_sdk.models.settings import (
    Faceting,
    LocalizedAttributes,
    MeilisearchSettings,
    MinWordSizeForTypos,
    Pagination,
    ProximityPrecision,
    TypoTolerance,
)

import domain.words as words
from domain.search import MOST_FACET_VALUES, MOST_HITS, Document

# Of the title, and then of the description: its words; what begins anywhere in it, of which a last word may be a part;
# and everything inside of it, which the other words of a question may be.
FOR_ONE_WORD = ["title", "title_parts", "description", "description_parts"]
_SEARCHED = ["title", "title_parts", "title_inside", "description", "description_parts"]
# All other lists are sets, which Meilisearch shows in an order of its own.
_ORDERED = {"searchable_attributes", "ranking_rules"}
# Before each word, by its script, which cannot be told from the keys; and so that no word is another one's second half:
# a word that is not found is looked for in two halves.
_FOREIGN, _LATIN, _INITIALS, _KOREAN = "6", "7", "8", "9"
# Behind each part, so that a part is never a whole word, which ranks higher. Nothing that is typed has this letter.
_PART = "þ"
SETTINGS = MeilisearchSettings(
    searchable_attributes=_SEARCHED,
    filterable_attributes=["age_rating", "genres", "id", "release_year"],
    sortable_attributes=["created_at", "id"],
    ranking_rules=["words", "typo", "attributeRank", "exactness", "sort", "like_count:desc", "created_at:desc"],
    typo_tolerance=TypoTolerance(
        enabled=True,
        disable_on_attributes=_SEARCHED[1:],
        disable_on_numbers=True,
        # As domain.typos has it, and one more for what stands before each word. (That is also why a slip in the first
        # key counts once; in the first letter of a word it would count twice.)
        min_word_size_for_typos=MinWordSizeForTypos(one_typo=6, two_typos=10),
    ),
    faceting=Faceting(max_values_per_facet=MOST_FACET_VALUES, sort_facet_values_by={"*": "count"}),
    pagination=Pagination(max_total_hits=MOST_HITS),
    # Words that stand near each other rank nothing, and knowing which do is most of the work of indexing.
    proximity_precision=ProximityPrecision.BY_ATTRIBUTE,
    facet_search=False,
    search_cutoff_ms=1000,
    # What is typed on keys looks like many languages; it is taken for none in particular.
    localized_attributes=[LocalizedAttributes(attribute_patterns=["*"], locales=["eng"])],
)


def shaped(document: Document) -> dict[str, Any]:
    """`name` and the texts behind it are for people who look into the index."""
    named, described = words.words(document.title), words.words(document.description or "")
    return {
        "id": document.id,
        "name": document.title,
        "title": " ".join(asked(word.stem) for word in named),
        "title_parts": _parts(words.parts(named) | words.runs(named) | words.initials(named)),
        "title_inside": " ".join(asked(part) for part in sorted(words.inner(named))),
        "description": " ".join(asked(stem) for stem in dict.fromkeys(word.stem for word in described)),
        "description_parts": _parts(words.parts(described)),
        "genres": list(document.genres),
        "age_rating": document.age_rating.value,
        "release_year": document.release_year,
        "like_count": document.like_count,
        "created_at": int(document.created_at.timestamp() * 1_000_000),
        "seal": document.seal,
    }


def asked(term: str) -> str:
    """A term of domain.words as a word of Meilisearch's. Scripts other than Latin are written as numbers: some it takes
    apart by dictionaries, and at each change of script it begins a new word.
    """
    if term.startswith(words.INITIALS_MARK):
        return _INITIALS + term[1:].lower()
    mark = _FOREIGN if not term[0].isascii() else _KOREAN if term[0].isupper() else _LATIN
    return mark + "".join(char.lower() if char.isascii() else f"{ord(char):06}" for char in term)


def _parts(parts: Set[str]) -> str:
    return " ".join(f"{asked(part)}{_PART}" for part in sorted(parts))


def are_ours(settings: MeilisearchSettings) -> bool:
    """Whether an index has the settings above, whatever else it has."""
    return _within(SETTINGS.model_dump(exclude_none=True), settings.model_dump())


def _within(wanted: Any, held: Any, name: str = "") -> bool:
    if isinstance(wanted, dict) and isinstance(held, dict):
        return all(_within(value, held.get(inner), inner) for inner, value in wanted.items())
    if isinstance(wanted, list) and isinstance(held, list) and name not in _ORDERED:
        return sorted(map(str, wanted)) == sorted(map(str, held))
    return bool(wanted == held)
