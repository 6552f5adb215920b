"""Personas in PostgreSQL."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa

from domain.personas import MOST_PERSONAS, NewPersona, Persona
from persistence.database import Connection, Database
from persistence.statements import Statement, by_key, columns_of, is_any, plain
from persistence.tables import personas, users

COLUMNS = columns_of(Persona, personas)
_USER = sa.bindparam("user_id", type_=sa.BigInteger)
_OWN = personas.c.user_id == _USER
_THIS = sa.and_(_OWN, personas.c.id == sa.bindparam("persona_id", type_=sa.BigInteger))

_BY_IDS = Statement(sa.select(*COLUMNS).where(_OWN, is_any(personas.c.id, "ids")), Persona)
_OF_USER = Statement(sa.select(*COLUMNS).where(_OWN).order_by(personas.c.number), Persona)
_HOLD = plain(sa.select(users.c.id).where(users.c.id == _USER).with_for_update(key_share=True))
_numbers = sa.func.generate_series(1, MOST_PERSONAS).column_valued("free")
_taken = sa.exists(sa.select(personas.c.id).where(_OWN, personas.c.number == _numbers))
_NEW = ("name", "gender", "feature", "options")
_INSERT = Statement(
    sa.insert(personas)
    .from_select(
        ["user_id", "number", *_NEW],
        sa.select(_USER, _numbers, *(sa.bindparam(name, type_=personas.c[name].type) for name in _NEW))
        .where(~_taken)
        .order_by(_numbers)
        .limit(1),
    )
    .returning(*COLUMNS),
    Persona,
)
_before = sa.select(*COLUMNS).where(_THIS).cte("before")
_SET_IMAGE = Statement(
    sa.update(personas)
    .where(personas.c.id == _before.c.id)
    .values(image_id=sa.bindparam("new_image_id", type_=sa.BigInteger))
    .returning(*_before.c),
    Persona,
)
_DELETE = Statement(sa.delete(personas).where(_THIS).returning(*COLUMNS), Persona)


class Personas:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def by_ids(self, user_id: int, ids: Sequence[int]) -> list[Persona | None]:
        async with self._database.reading() as connection:
            return by_key(ids, await _BY_IDS.all(connection, user_id=user_id, ids=ids), lambda persona: persona.id)

    async def of_user(self, user_id: int) -> list[Persona]:
        async with self._database.reading() as connection:
            return await _OF_USER.all(connection, user_id=user_id)

    async def hold(self, transaction: Connection, user_id: int) -> None:
        await _HOLD.run(transaction, user_id=user_id)

    async def insert(self, transaction: Connection, user_id: int, new: NewPersona) -> Persona | None:
        return await _INSERT.first(transaction, user_id=user_id, **vars(new))

    async def update(
        self, transaction: Connection, user_id: int, persona_id: int, changes: Mapping[str, Any]
    ) -> Persona | None:
        values = {f"new_{name}": value for name, value in changes.items()}
        return await _update(tuple(changes)).first(transaction, user_id=user_id, persona_id=persona_id, **values)

    async def set_image(self, transaction: Connection, user_id: int, persona_id: int, image_id: int) -> Persona | None:
        return await _SET_IMAGE.first(transaction, user_id=user_id, persona_id=persona_id, new_image_id=image_id)

    async def delete(self, transaction: Connection, user_id: int, persona_id: int) -> Persona | None:
        return await _DELETE.first(transaction, user_id=user_id, persona_id=persona_id)


@cache
def _update(names: tuple[str, ...]) -> Statement[Persona]:
    new = {name: sa.bindparam(f"new_{name}", type_=personas.c[name].type) for name in names}
    return Statement(sa.update(personas).where(_THIS).values(new).returning(*COLUMNS), Persona)
