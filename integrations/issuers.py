"""Issuers of access tokens, each by its published keys: our own, and any other that settings trust."""

import asyncio
import json
import math
import time
from collections.abc import Mapping
from typing import Any, Protocol

import httpx2
import jwt
import structlog

from domain.errors import Unauthenticated, Unavailable

_log = structlog.get_logger("issuers")
_FRESH_SECONDS = 300.0
# A token may name a key we do not know yet; asking again for every such token would let strangers make us ask.
_AGAIN_SECONDS = 1.0
_PATIENCE_SECONDS = 4.0


class KeySource(Protocol):
    """Where an issuer's keys come from: by `kid`, those alone that sign."""

    async def load(self) -> Mapping[str, Any]: ...


class KeySet:
    """An issuer's keys: fetched once for many askers, kept while the source is away, looked up anew for an unknown
    kid.
    """

    def __init__(self, source: KeySource) -> None:
        self._source = source
        self._keys: Mapping[str, Any] = {}
        self._loaded_at = self._tried_at = -math.inf
        self._fetch: asyncio.Task[None] | None = None

    async def key(self, kid: str) -> Any:
        """Raises Unauthenticated for a kid that the issuer does not publish, Unavailable where that cannot be known."""
        if kid not in self._keys:
            await asyncio.shield(self._fetching())
            if kid not in self._keys and self._loaded_at < self._tried_at:
                raise Unavailable("The keys of the token's issuer cannot be fetched just now.")
        elif time.monotonic() - self._loaded_at > _FRESH_SECONDS:
            self._fetching()  # nobody waits for it: the known keys hold until there are newer ones
        if kid not in self._keys:
            raise Unauthenticated("The token was signed with an unknown key.")
        return self._keys[kid]

    async def warm(self) -> None:
        """Loads the keys now, and raises where that fails."""
        self._take(await self._source.load())
        self._loaded_at = self._tried_at = time.monotonic()

    def _take(self, loaded: Mapping[str, Any]) -> None:
        """A key that is the same stays the same object, by which what it has proven is remembered."""
        before = self._keys
        self._keys = {kid: before[kid] if before.get(kid) == key else key for kid, key in loaded.items()}

    def _fetching(self) -> "asyncio.Task[None]":
        if self._fetch is None or self._fetch.done():
            self._fetch = asyncio.create_task(self._load())
        return self._fetch

    async def _load(self) -> None:
        # Who comes too soon after the last time waits rather than hears no: the key may have been made in between.
        await asyncio.sleep(self._tried_at + _AGAIN_SECONDS - time.monotonic())
        self._tried_at = time.monotonic()
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                self._take(await self._source.load())
            self._loaded_at = time.monotonic()
        except (Unavailable, httpx2.HTTPError, OSError, ValueError, RecursionError) as error:
            _log.warning("keys_unavailable", error=type(error).__name__)


class RemoteKeys:
    """The keys at another issuer's JWKS address, which comes from settings and never from a token."""

    def __init__(self, client: httpx2.AsyncClient, url: str) -> None:
        self._client, self._url = client, url

    async def load(self) -> Mapping[str, Any]:
        response = await self._client.get(self._url, timeout=3)
        response.raise_for_status()
        return signing_keys(json.loads(response.content))


def signing_keys(document: Any) -> Mapping[str, Any]:
    """The RSA keys of a JWKS document that are there to sign with."""
    entries = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise ValueError("not a JWKS document")
    return {entry["kid"]: key for entry in entries if (key := _signing_key(entry)) is not None}


def _signing_key(entry: Any) -> Any:
    """None for what does not sign by RS256, and for what cannot be read: one bad key must not hide the good ones."""
    if not isinstance(entry, dict) or not isinstance(entry.get("kid"), str) or entry.get("kty") != "RSA":
        return None
    if entry.get("use", "sig") != "sig" or entry.get("alg", "RS256") != "RS256":
        return None
    try:
        return jwt.PyJWK(entry, algorithm="RS256").key
    except (jwt.PyJWTError, ValueError, TypeError):
        return None
