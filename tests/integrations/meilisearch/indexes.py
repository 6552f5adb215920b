"""An index: its documents, their words, its settings."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.integrations.meilisearch import facets, words
from tests.integrations.meilisearch.facets import Document
from tests.integrations.meilisearch.settings import defaults

LONGEST_WORD = 250


def now() -> str:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


@dataclass(slots=True)
class Words:
    """Where a document's words are: under each word the fields it is in, with its places; and how many each field
    has.
    """

    places: dict[str, dict[str, list[int]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    counts: dict[str, int] = field(default_factory=dict)
    pairs: set[tuple[str, str]] = field(default_factory=set)


@dataclass
class Index:
    """`documents` by id as text, in the order in which they first came: the order of those that rank the same."""

    uid: str
    primary_key: str | None = None
    created_at: str = field(default_factory=now)
    updated_at: str = field(default_factory=now)
    settings: dict[str, Any] = field(default_factory=defaults)
    documents: dict[str, Document] = field(default_factory=dict)
    _words: dict[str, tuple[Document, Words]] = field(default_factory=dict, repr=False)
    _vocabulary: dict[str, set[str]] | None = field(default=None, repr=False)

    def view(self) -> dict[str, Any]:
        return {
            "uid": self.uid,
            "createdAt": self.created_at,
            "updatedAt": self.updated_at,
            "primaryKey": self.primary_key,
        }

    def stats(self, indexing: bool) -> dict[str, Any]:
        counted: dict[str, int] = defaultdict(int)
        for document in self.documents.values():
            for name in document:
                counted[name] += 1
        return {
            "numberOfDocuments": len(self.documents),
            "rawDocumentDbSize": 0,
            "avgDocumentSize": 0,
            "isIndexing": indexing,
            "numberOfEmbeddings": 0,
            "numberOfEmbeddedDocuments": 0,
            "fieldDistribution": dict(sorted(counted.items())),
        }

    def changed(self, settings: bool = False) -> None:
        """Said after each change: what is derived from the documents is derived anew."""
        self.updated_at, self._vocabulary = now(), None
        if settings:
            self._words.clear()

    def weight(self, name: str) -> int | None:
        """How far down in the searchable attributes a field is; None if it is not searched at all."""
        searchable = self.settings["searchableAttributes"]
        if searchable == ["*"]:
            return 0
        return next((place for place, pattern in enumerate(searchable) if facets.matches(pattern, name)), None)

    def tokens(self, text: str) -> Iterator[words.Token]:
        return words.tokens(text, self.settings["separatorTokens"], self.settings["nonSeparatorTokens"])

    @property
    def vocabulary(self) -> dict[str, set[str]]:
        """Every word of the index, with the ids of the documents it is in."""
        if self._vocabulary is None:
            found: dict[str, set[str]] = defaultdict(set)
            for key in self.documents:
                for word in self.words(key).places:
                    found[word].add(key)
            self._vocabulary = dict(found)
            self._words = {key: self._words[key] for key in self.documents}
        return self._vocabulary

    def words(self, key: str) -> Words:
        document = self.documents[key]
        kept = self._words.get(key)
        if kept is None or kept[0] is not document:
            kept = self._words[key] = (document, self._read(document))
        return kept[1]

    def _read(self, document: Document) -> Words:
        found, stop = Words(), set(self.settings["stopWords"])
        for name in dict.fromkeys(facets.leaves(document)):
            if self.weight(name) is None:
                continue
            place = -1
            for value in facets.values(document, name):
                start = place + words.FAR if place >= 0 else 0
                before: tuple[int, str] | None = None
                for place, token in words.positions(self.tokens(_text(value)), start):
                    if len(token.word.encode()) > LONGEST_WORD or token.word in stop:
                        continue
                    found.places[token.word][name].append(place)
                    found.counts[name] = found.counts.get(name, 0) + 1
                    if before and before[0] + 1 == place:
                        found.pairs.add((before[1], token.word))
                    before = place, token.word
        return found


def _text(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
