"""What asyncpg is taught of our types."""

import enum
from collections.abc import Callable
from typing import Any

import asyncpg

from persistence.tables import ENUMS


async def teach_types(connection: "asyncpg.Connection[Any]") -> None:
    """Enums arrive as the domain's own members. In one transaction, for behind PgBouncer only that is one session."""
    async with connection.transaction():
        for name, kind in ENUMS.items():
            members = _members(kind)
            await connection.set_type_codec(name, schema="public", encoder=_value, decoder=members, format="text")


def _members(kind: type[enum.Enum]) -> Callable[[str], enum.Enum]:
    """From a value to its member, as by calling the enum, which takes ten times as long."""
    return {str(member.value): member for member in kind}.__getitem__


def _value(member: enum.Enum) -> Any:
    return member.value
