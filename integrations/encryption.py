"""Sealing what others entrusted to us, under keys that can be changed."""

from collections.abc import Sequence

import structlog
from cryptography.fernet import InvalidToken, MultiFernet

from integrations.secrets import box

_log = structlog.get_logger("encryption")


class Sealing:
    """Speaks domain.instagram_tokens.TokenBox. Of `secrets` the first seals, and all open; `purpose` keeps what is
    sealed here from being opened anywhere else.
    """

    def __init__(self, secrets: Sequence[str], purpose: str) -> None:
        boxes = [box(secret, purpose) for secret in secrets]
        self._newest, self._all = boxes[0], MultiFernet(boxes)

    def seal(self, text: str) -> bytes:
        return self._newest.encrypt(text.encode())

    def open(self, sealed: bytes) -> str | None:
        try:
            return self._all.decrypt(sealed).decode()
        except InvalidToken:
            _log.warning("not_opened", reason="none of ENCRYPTION_KEYS, nor SESSION_SECRET, has sealed it")
            return None

    def reseal(self, sealed: bytes) -> bytes | None:
        try:
            self._newest.decrypt(sealed)
        except InvalidToken:
            text = self.open(sealed)
            return None if text is None else self.seal(text)
        return sealed
