"""Leases: what only one may do at a time, in whichever process; who dies holding one gives it back by the clock."""

from contextlib import AbstractAsyncContextManager
from typing import Protocol


class Leases(Protocol):
    def hold(self, name: str, seconds: float, *, patience: float = 0.0) -> AbstractAsyncContextManager[bool]:
        """Whether it is ours while the block runs, but for no longer than `seconds`. One that another holds is waited
        for; `patience` is in seconds too.
        """
