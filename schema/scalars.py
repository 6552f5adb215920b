"""Scalars of our own. A time without an offset names no moment, so it is refused."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from strawberry.exceptions import StrawberryInputCoercionError
from strawberry.schema.types.base_scalars import UUIDDefinition
from strawberry.types.scalar import ScalarDefinition

from schema.present import URL

# Python's very last moment is infinity to the database's driver.
_LAST = datetime.max.replace(tzinfo=UTC)


def _moment(value: object) -> datetime:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) and len(value) <= 40 else None
        aware = moment is not None and moment.tzinfo is not None
        exists = moment is not None and (not aware or moment.astimezone(UTC) < _LAST)
    except (ValueError, OverflowError):
        moment, aware, exists = None, False, False
    if moment is None or not exists:
        raise StrawberryInputCoercionError("A DateTime is a date and a time that exist, such as 2026-11-21T08:00:00Z.")
    if not aware:
        raise StrawberryInputCoercionError("A DateTime needs its offset from UTC, such as Z or +09:00.")
    return moment


def _address(value: object) -> str:
    if not isinstance(value, str):
        raise StrawberryInputCoercionError("A URL is a string.")
    return value


SCALARS: dict[object, ScalarDefinition] = {
    datetime: ScalarDefinition(
        name="DateTime",
        description="A moment, by RFC 3339, with its offset from UTC: `2026-11-21T08:00:00Z`.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3339",
        serialize=datetime.isoformat,
        parse_value=_moment,
        parse_literal=None,
        origin=datetime,
    ),
    UUID: replace(UUIDDefinition, description="A UUID by RFC 9562, such as one that crypto.randomUUID() makes."),
    URL: ScalarDefinition(
        name="URL",
        description="An absolute address, by RFC 3986.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3986",
        serialize=str,
        parse_value=_address,
        parse_literal=None,
        origin=URL,
    ),
}
