"""Documents that clients sent once and then name by their hash: Apollo's automatic persisted queries."""

import hashlib
from typing import Protocol


class PersistedQueries(Protocol):
    """A document may be forgotten at any time; clients then send it again."""

    async def get(self, sha256_hex: str) -> str | None: ...

    async def keep(self, sha256_hex: str, text: str) -> None:
        """`sha256_hex` is what `sha256` says of `text`: whoever calls this has looked."""


def sha256(text: str) -> str:
    """The SHA-256 of a document, as clients write it."""
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
