"""What of a document an answer shows, and its words marked."""

from collections.abc import Mapping
from typing import Any

from tests.integrations.meilisearch import facets
from tests.integrations.meilisearch.indexes import Index
from tests.integrations.meilisearch.terms import Node

Document = dict[str, Any]


def chosen(document: Mapping[str, Any], names: list[str]) -> Document:
    """The document with these fields only; a dotted name keeps what it leads to."""
    if "*" in names:
        return dict(document)
    found: Document = {}
    for field, value in document.items():
        inside = [name[len(field) + 1 :] for name in names if name.startswith(f"{field}.")]
        if field in names:
            found[field] = value
        elif inside and isinstance(value, dict):
            found[field] = chosen(value, inside)
        elif inside and isinstance(value, list):
            found[field] = [chosen(one, inside) for one in value if isinstance(one, dict)]
    return found


def retrieved(index: Index, document: Mapping[str, Any], asked: list[str] | None) -> Document:
    """What may be shown, and of it what was asked for."""
    shown = chosen(document, index.settings["displayedAttributes"])
    return shown if asked is None else chosen(shown, asked)


class Highlighter:
    """Marks the words that a query's terms stand for."""

    def __init__(self, index: Index, nodes: list[Node], before: str, after: str) -> None:
        self.index, self.nodes, self.before, self.after = index, nodes, before, after

    def formatted(self, document: Document, names: list[str]) -> Document:
        """The document with texts only; words are marked in the fields that are named."""
        return {
            field: self._value(value, any(name == "*" or facets.matches(name, field) for name in names))
            for field, value in document.items()
        }

    def _value(self, value: Any, marked: bool) -> Any:
        if isinstance(value, dict):
            return {name: self._value(one, marked) for name, one in value.items()}
        if isinstance(value, list):
            return [self._value(one, marked) for one in value]
        if isinstance(value, bool) or value is None:
            return value
        return self._marked(str(value)) if marked else str(value)

    def _marked(self, text: str) -> str:
        found = ""
        for token in self.index.tokens(text):
            length = 0 if token.separator else self._length(token.word, len(token.text))
            marked = f"{self.before}{token.text[:length]}{self.after}" if length else ""
            found += marked + token.text[length:]
        return found

    def _length(self, word: str, whole: int) -> int:
        """How much of a word is marked: of one that only begins rightly, its beginning."""
        best = 0
        for node in self.nodes:
            said = node.term.words
            if word in said or (node.split and word in node.split):
                return whole
            if word in node.typos:
                begins = node.term.prefix and word.startswith(said[0])
                best = max(best, len(said[0]) if begins else whole)
        return min(best, whole)
