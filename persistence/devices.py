"""Devices in PostgreSQL."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from domain.devices import Device, DevicePlatform
from persistence.database import Connection, Database
from persistence.statements import Statement, by_key, columns_of, is_any, plain
from persistence.tables import devices, sessions, users

COLUMNS = columns_of(Device, devices)
_OWN = devices.c.user_id == sa.bindparam("user_id", type_=sa.BigInteger)
# Of a session that ran out by itself, a device goes on hearing until the session is forgotten.
LISTENS = sa.exists(
    sa.select(sessions.c.id).where(sessions.c.id == devices.c.session_id, sessions.c.revoked_at.is_(None))
)
_NEWEST_FIRST = (devices.c.registered_at.desc(), devices.c.id.desc())

_OF_USER = Statement(sa.select(*COLUMNS).where(_OWN, LISTENS).order_by(*_NEWEST_FIRST), Device)
_BY_IDS = Statement(sa.select(*COLUMNS).where(_OWN, LISTENS, is_any(devices.c.id, "ids")), Device)
# The person first, as everywhere: whoever deletes them comes to the device by the same way.
_person = (
    sa.select(users.c.id)
    .where(users.c.id == sa.bindparam("user_id", type_=sa.BigInteger))
    .with_for_update(read=True, key_share=True)
    .cte("person")
)
_NEW = ("session_id", "platform", "token")
_new = insert(devices).from_select(
    ["user_id", *_NEW], sa.select(_person.c.id, *(sa.bindparam(name, type_=devices.c[name].type) for name in _NEW))
)
_PUT = Statement(
    _new.on_conflict_do_update(
        index_elements=[sa.func.md5(devices.c.token)],
        set_={
            **{name: _new.excluded[name] for name in ("user_id", "session_id", "platform")},
            "registered_at": sa.func.now(),
        },
    ).returning(*COLUMNS),
    Device,
)
# Skipped: one that just now moves to somebody else.
_oldest = (
    sa.select(devices.c.id)
    .where(_OWN)
    .order_by(*_NEWEST_FIRST)
    .offset(sa.bindparam("most", type_=sa.BigInteger))
    .with_for_update(skip_locked=True)
)
_KEEP = plain(sa.delete(devices).where(devices.c.id.in_(_oldest)))
_DELETE = plain(
    sa.delete(devices)
    .where(_OWN, devices.c.id == sa.bindparam("device_id", type_=sa.BigInteger), LISTENS)
    .returning(devices.c.id)
)


class Devices:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_user(self, user_id: int) -> list[Device]:
        async with self._database.reading() as connection:
            return await _OF_USER.all(connection, user_id=user_id)

    async def by_ids(self, user_id: int, ids: Sequence[int]) -> list[Device | None]:
        async with self._database.reading() as connection:
            return by_key(ids, await _BY_IDS.all(connection, user_id=user_id, ids=ids), lambda device: device.id)

    async def put(
        self, transaction: Connection, user_id: int, session_id: int, platform: DevicePlatform, token: str
    ) -> Device:
        return await _PUT.one(transaction, user_id=user_id, session_id=session_id, platform=platform, token=token)

    async def keep(self, transaction: Connection, user_id: int, most: int) -> None:
        await _KEEP.run(transaction, user_id=user_id, most=most)

    async def delete(self, user_id: int, device_id: int) -> bool:
        async with self._database.single() as connection:
            return await _DELETE.first(connection, user_id=user_id, device_id=device_id) is not None
