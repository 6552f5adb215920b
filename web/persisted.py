"""Persisted queries: Apollo's automatic ones, and a list of the only operations that may run."""

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

from graphql import GraphQLError
from strawberry.extensions import SchemaExtension

from domain.errors import CodedError, ValidationFailed
from domain.persisted import PersistedQueries, sha256

_VERSION = 1


class PersistedQueryNotFound(CodedError):
    """Clients know these words, and send the text as well."""

    code = "PERSISTED_QUERY_NOT_FOUND"
    status = 404


class PersistedQueryNotSupported(CodedError):
    code = "PERSISTED_QUERY_NOT_SUPPORTED"
    status = 400


class NotInList(CodedError):
    code = "PERSISTED_QUERY_NOT_IN_LIST"
    status = 403


class Documents:
    """What text a request means: the one it sent, or the one that a hash, or a name in the list, stands for. `listed`
    is a list of the only ones that may run, by name, where there is one.
    """

    def __init__(self, kept: PersistedQueries, listed: Mapping[str, str] | None) -> None:
        self._kept, self._listed = kept, listed

    async def find(self, text: str | None, extensions: Mapping[str, Any] | None) -> str | None:
        """Raises ValidationFailed, PersistedQueryNotFound, PersistedQueryNotSupported or NotInList."""
        name = _name(extensions)
        if name is None:
            return text
        if text is None:
            return await self._known(name)
        if name.lower() != sha256(text) and (self._listed or {}).get(name) != text:
            raise ValidationFailed("`sha256Hash` is not the SHA-256 of the query that came with it.")
        return text

    async def keep(self, text: str, extensions: Mapping[str, Any] | None) -> None:
        """For the next time, once it was found to be good."""
        if self._listed is None and (name := _name(extensions)):
            await self._kept.keep(name.lower(), text)

    async def _known(self, name: str) -> str:
        if self._listed is not None:
            if name not in self._listed:
                raise NotInList(_ONLY_LISTED)
            return self._listed[name]
        found = await self._kept.get(name.lower())
        if found is None:
            raise PersistedQueryNotFound("PersistedQueryNotFound")
        return found


class OnlyListed(SchemaExtension):
    """Refuses every document that is not in the list, by whatever door it came."""

    def __init__(self, allowed: frozenset[str]) -> None:
        self._allowed = allowed

    async def on_validate(self) -> AsyncIterator[None]:
        if sha256(self.execution_context.query or "") not in self._allowed:
            error = GraphQLError(_ONLY_LISTED, original_error=NotInList(_ONLY_LISTED))
            self.execution_context.pre_execution_errors = [error]
        yield


_ONLY_LISTED = "Only the operations of this platform's own clients run here, and this is none of them."


def read_list(manifest: str) -> dict[str, str]:
    """The documents of a manifest by name: Apollo's (`operations` of `id` and `body`), or one object of texts by hash,
    as GraphQL Code Generator and Relay write it; each is known by its hash too. Raises ValueError.
    """
    made = json.loads(manifest)
    if not isinstance(made, dict):
        raise ValueError("a manifest is one JSON object")
    listed = made["operations"] if isinstance(made.get("operations"), list) else None
    try:
        named = {one["id"]: one["body"] for one in listed} if listed is not None else made
    except (KeyError, TypeError) as error:
        raise ValueError("each operation needs an `id` and a `body`") from error
    if not all(isinstance(name, str) and isinstance(text, str) for name, text in named.items()):
        raise ValueError("names and documents must be strings")
    return {**named, **{sha256(text): text for text in named.values()}}


def _name(extensions: Mapping[str, Any] | None) -> str | None:
    said = (extensions or {}).get("persistedQuery")
    if said is None:
        return None
    if not isinstance(said, dict) or said.get("version") != _VERSION:
        raise PersistedQueryNotSupported(f"Persisted queries are known in version {_VERSION} alone.")
    name = said.get("sha256Hash")
    if not isinstance(name, str) or not 0 < len(name) <= 200:
        raise ValidationFailed("`sha256Hash` must be a SHA-256 in hexadecimal digits.")
    return name
