"""Codes that work once: random, kept as hashes, good for one purpose and a short time."""

import hashlib
import secrets
from datetime import timedelta
from typing import Protocol

from domain.ports import Transaction
from domain.users import User


class CodeStore(Protocol):
    async def insert(self, code_hash: bytes, lifetime: timedelta, user_id: int | None = None) -> None: ...

    async def take(self, code_hash: bytes) -> bool:
        """Whether there was such a code, and still in time; there is none afterwards."""

    async def redeem(self, transaction: Transaction, code_hash: bytes) -> User | None:
        """Whom it signs in, likewise."""


def new_code() -> str:
    return secrets.token_urlsafe(32)


def hash_of(purpose: str, *parts: str) -> bytes:
    """A code for one purpose is unknown to every other."""
    return hashlib.sha256("\n".join((purpose, *parts)).encode(errors="surrogatepass")).digest()
