"""Who may. Every field of the roots says it, by one of these."""

import enum
from collections.abc import Callable
from typing import Any

from strawberry.extensions import FieldExtension
from strawberry.utils.await_maybe import await_maybe

from domain.errors import Forbidden
from resolvers.context import Context


class Who(enum.Enum):
    ANYONE = "anyone"
    SIGNED_IN = "anyone who is signed in"
    MANAGER = "managers of a company"
    ADMIN = "administrators"

    def check(self, context: Context) -> None:
        """Raises Unauthenticated or Forbidden."""
        if self is Who.ANYONE:
            return
        viewer = context.signed_in()
        if (self is Who.MANAGER and not viewer.is_manager) or (self is Who.ADMIN and not viewer.is_admin):
            raise Forbidden(f"This is for {self.value}.")


class Permission(FieldExtension):
    """Asks `who` before the resolver runs, and of a mutation by cookie whether it was meant; after a mutation's, the
    loaders are replaced, for rows have changed.
    """

    def __init__(self, who: Who, *, writes: bool) -> None:
        self.who, self._writes = who, writes

    def resolve(self, next_: Callable[..., Any], source: Any, info: Any, **arguments: Any) -> Any:
        self.who.check(info.context)
        return next_(source, info, **arguments)

    async def resolve_async(self, next_: Callable[..., Any], source: Any, info: Any, **arguments: Any) -> Any:
        await info.context.renew_viewer()
        if self._writes:
            info.context.require_csrf_token()
        self.who.check(info.context)
        try:
            return await await_maybe(next_(source, info, **arguments))
        finally:
            if self._writes:  # perhaps also where it failed, or was given up
                await info.context.note_write()
