"""Global ids: what a client sees of a primary key. Opaque to clients; to us, "Content:42" in URL-safe base 64."""

import base64
import binascii
from dataclasses import dataclass
from functools import lru_cache

# No row has this key, so whatever is looked up by it is not found like anything else that is not there.
NOTHING = 0
_BIGGEST = 2**63 - 1


@lru_cache(maxsize=20_000)  # some 3 MB; what is shown once is mostly shown again
def encode(kind: str, key: int) -> str:
    # Of letters, digits and a colon, base 64 never makes what is not safe in an address.
    return binascii.b2a_base64(f"{kind}:{key}".encode(), newline=False).rstrip(b"=").decode()


def split(global_id: str) -> tuple[str, int] | None:
    """The type's name and the key; None for anything we never made."""
    try:
        text = base64.b64decode(global_id + "=" * (-len(global_id) % 4), altchars=b"-_", validate=True).decode("ascii")
        kind, _, digits = text.partition(":")
        key = int(digits) if digits.isdecimal() and len(digits) < 20 else 0
    except (ValueError, binascii.Error):
        return None
    return (kind, key) if 0 < key <= _BIGGEST and encode(kind, key) == global_id else None


def decode(kind: str, global_id: str) -> int:
    """The key of a `kind`; NOTHING for an id of another type, which is to us the id of nothing."""
    found = split(global_id)
    return found[1] if found and found[0] == kind else NOTHING


@dataclass(frozen=True, slots=True)
class Deleted:
    """What is left of something: the global id it had."""

    id: str
