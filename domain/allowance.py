"""How much one network address, or one person, may ask of us in a minute."""

from typing import Protocol


class Allowance(Protocol):
    """`cost` is in the units of an operation's cost; a plain request costs one."""

    async def spend(self, address: str, user_id: int | None, cost: int) -> None:
        """Raises RateLimited where that is more than is left; then nothing is spent."""


class Unlimited:
    """Where nothing is limited."""

    async def spend(self, address: str, user_id: int | None, cost: int) -> None:
        return
