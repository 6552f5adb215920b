"""Passwords: how they are hashed, and where the hashes are kept."""

from typing import Protocol

from domain.ports import Transaction
from domain.users import User


class Passwords(Protocol):
    """Hashing takes a tenth of a second of computing, so it never runs on the event loop."""

    async def hash(self, password: str) -> str: ...

    async def verify(self, password: str, password_hash: str | None) -> tuple[bool, str | None]:
        """Whether it fits, and a better hash where the old one is of an older kind. Takes as long for no hash."""


class PasswordStore(Protocol):
    async def credentials(self, email: str) -> tuple[User, str | None] | None:
        """The person with this e-mail in its one spelling, and the password's hash, if there is one."""

    async def hash_of(self, user_id: int) -> str | None:
        """None where there is no such person, or no password."""

    async def still(self, transaction: Transaction, user_id: int, password_hash: str | None) -> User | None:
        """The person, if this is their hash; it stays so until the transaction ends."""

    async def replace(self, transaction: Transaction, user_id: int, before: str, after: str) -> bool:
        """False where the hash is no longer `before`: somebody else has changed it meanwhile."""

    async def forget(self, transaction: Transaction, user_id: int) -> None: ...
