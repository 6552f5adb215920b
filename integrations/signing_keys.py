"""The key pairs of our own issuer: made once, kept encrypted in the database, rotated, published."""

import asyncio
import json
import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import jwt
import structlog
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_der_private_key

from domain.tokens import KeyStore

_log = structlog.get_logger("keys")


class SigningKeys:
    """A KeySource of our own: `load` also decides which key signs, so a rotation reaches every process with it."""

    def __init__(self, store: KeyStore, box: Fernet, lifetime: timedelta) -> None:
        self._store, self._box, self._lifetime = store, box, lifetime
        self._newest: tuple[str, RSAPrivateKey] | None = None
        self.published: dict[str, list[dict[str, Any]]] = {"keys": []}

    async def load(self) -> Mapping[str, Any]:
        """The public keys by kid. Makes the first key where there is none that this SESSION_SECRET opens."""
        keys = await self._readable()
        if not keys:
            await self.rotate(unless_younger=timedelta(0) if await self._store.all() else self._lifetime)
            keys = await self._readable()
        self._newest = next(iter(keys.items()))
        public = {kid: key.public_key() for kid, key in keys.items()}
        self.published = {"keys": [_published(kid, key) for kid, key in public.items()]}
        return public

    async def rotate(self, unless_younger: timedelta = timedelta(0)) -> None:
        """Adds a new key, which signs from now on; the old ones stay published while their tokens live."""
        key = await asyncio.to_thread(generate_private_key, 65537, 2048)
        der = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        await self._store.add(secrets.token_urlsafe(9), self._box.encrypt(der), unless_younger)

    async def rotate_if_due(self) -> None:
        await self.rotate(unless_younger=self._lifetime)

    def sign(self, claims: Mapping[str, Any], token_type: str) -> str:
        assert self._newest is not None, "load() comes first"
        kid, key = self._newest
        return jwt.encode(dict(claims), key, algorithm="RS256", headers={"kid": kid, "typ": token_type})

    async def _readable(self) -> dict[str, RSAPrivateKey]:
        keys: dict[str, RSAPrivateKey] = {}
        for stored in await self._store.all():
            try:
                key = load_der_private_key(self._box.decrypt(stored.private_key), None)
            except InvalidToken:
                _log.warning("key_unreadable", kid=stored.kid, hint="was SESSION_SECRET changed?")
                continue
            assert isinstance(key, RSAPrivateKey)
            keys[stored.kid] = key
        return keys


def _published(kid: str, key: Any) -> dict[str, Any]:
    entry: dict[str, Any] = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key))
    return {"kty": "RSA", "kid": kid, "use": "sig", "alg": "RS256", "n": entry["n"], "e": entry["e"]}
