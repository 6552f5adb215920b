"""Password hashes by pwdlib: Argon2id, and bcrypt from older systems until its owner next signs in."""

import asyncio
import secrets

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError
from pwdlib.hashers.argon2 import Argon2Hasher
from pwdlib.hashers.bcrypt import BcryptHasher

# Each hash takes 64 MiB and a core for a tenth of a second; more at once would only wait for each other.
_AT_ONCE = 2


class PwdlibPasswords:
    """Speaks domain.passwords.Passwords."""

    def __init__(self) -> None:
        self._hashes = PasswordHash((Argon2Hasher(), _OldBcrypt()))
        self._turn = asyncio.Semaphore(_AT_ONCE)
        self._nobody = ""

    async def hash(self, password: str) -> str:
        async with self._turn:
            return await asyncio.to_thread(self._hashes.hash, _bytes(password))

    async def warm(self) -> None:
        """Makes the hash that nothing fits, so that a stranger waits exactly as long as a friend who mistyped."""
        self._nobody = await self.hash(secrets.token_urlsafe())

    async def verify(self, password: str, password_hash: str | None) -> tuple[bool, str | None]:
        async with self._turn:
            try:
                fits, better = await asyncio.to_thread(
                    self._hashes.verify_and_update, _bytes(password), password_hash or self._nobody
                )
            except UnknownHashError:  # of a system that is not known here: no password fits it
                fits, better = False, None
        return fits and password_hash is not None, better


class _OldBcrypt(BcryptHasher):
    """As bcrypt was when those hashes were made: what is beyond 72 bytes was silently left out. Today's raises."""

    def verify(self, password: str | bytes, hash: str | bytes) -> bool:
        whole = password.encode() if isinstance(password, str) else password
        return super().verify(whole[:72], hash)


def _bytes(password: str) -> bytes:
    return password.encode(errors="replace")
