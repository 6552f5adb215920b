"""Meta's tokens in PostgreSQL, as they were sealed. Its clock alone decides what is over."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import INTERVAL, insert

from domain.instagram_tokens import SealedToken
from persistence.database import Database
from persistence.statements import Statement, by_key, is_any, plain
from persistence.tables import instagram_tokens, personas

_NOW = sa.func.now()
_tokens = instagram_tokens.c
_COLUMNS = (_tokens.persona_id, _tokens.sealed)
_PERSONA = sa.bindparam("persona_id", type_=sa.BigInteger)
_SEALED = sa.bindparam("sealed", type_=sa.LargeBinary)
_MOST = sa.bindparam("most", type_=sa.BigInteger)


def _interval(name: str) -> sa.BindParameter[Any]:
    return sa.bindparam(name, type_=INTERVAL)


_ENDS = _NOW + _interval("lifetime")
_IS_GOOD = _tokens.expires_at > _NOW
_IS_STILL = sa.and_(_tokens.persona_id == _PERSONA, _tokens.sealed == sa.bindparam("before", type_=sa.LargeBinary))
# The persona is held: one that is deleted at the same moment is either there for as long as this takes, or was not.
_keeping = insert(instagram_tokens).from_select(
    ["persona_id", "sealed", "expires_at", "renewed_at"],
    sa.select(personas.c.id, _SEALED, _ENDS, _NOW)
    .where(personas.c.id == _PERSONA, personas.c.user_id == sa.bindparam("user_id", type_=sa.BigInteger))
    .with_for_update(read=True, key_share=True, of=personas),
)
_KEEP = plain(
    _keeping.on_conflict_do_update(
        index_elements=["persona_id"],
        set_={name: _keeping.excluded[name] for name in ("sealed", "expires_at", "renewed_at")},
    ).returning(_tokens.persona_id)
)
_OF_PERSONA = Statement(sa.select(*_COLUMNS).where(_tokens.persona_id == _PERSONA, _IS_GOOD), SealedToken)
_UNTIL: Statement[tuple[int, datetime]] = Statement(
    sa.select(_tokens.persona_id, _tokens.expires_at).where(is_any(_tokens.persona_id, "persona_ids"), _IS_GOOD),
    lambda persona_id, until: (persona_id, until),
)
_due = (
    sa.select(_tokens.persona_id)
    .where(
        _IS_GOOD,
        _tokens.expires_at < _NOW + _interval("ends_within"),
        _tokens.renewed_at < _NOW - _interval("rests"),
    )
    .order_by(_tokens.expires_at)
    .limit(_MOST)
    .with_for_update(skip_locked=True)
    .cte("due")
)
_CLAIM = Statement(
    sa.update(instagram_tokens)
    .where(_tokens.persona_id == _due.c.persona_id)
    .values(renewed_at=_NOW)
    .returning(*_COLUMNS),
    SealedToken,
)
_AFTER = Statement(
    sa.select(*_COLUMNS).where(_tokens.persona_id > _PERSONA).order_by(_tokens.persona_id).limit(_MOST), SealedToken
)
_RENEW = plain(sa.update(instagram_tokens).where(_IS_STILL).values(sealed=_SEALED, expires_at=_ENDS, renewed_at=_NOW))
_RESEAL = plain(sa.update(instagram_tokens).where(_IS_STILL).values(sealed=_SEALED).returning(_tokens.persona_id))
_FORGET = plain(sa.delete(instagram_tokens).where(_IS_STILL))
_SWEEP = plain(sa.delete(instagram_tokens).where(_tokens.expires_at < _NOW - _interval("kept")))


class InstagramTokens:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, user_id: int, persona_id: int, sealed: bytes, lifetime: timedelta) -> bool:
        values = {"user_id": user_id, "persona_id": persona_id, "sealed": sealed, "lifetime": lifetime}
        async with self._database.single() as connection:
            return await _KEEP.first(connection, **values) is not None

    async def of_persona(self, persona_id: int) -> SealedToken | None:
        async with self._database.reading() as connection:
            return await _OF_PERSONA.first(connection, persona_id=persona_id)

    async def until(self, persona_ids: Sequence[int]) -> list[datetime | None]:
        async with self._database.reading() as connection:
            rows = await _UNTIL.all(connection, persona_ids=persona_ids)
        return [row[1] if row else None for row in by_key(persona_ids, rows, lambda row: row[0])]

    async def claim(self, most: int, ends_within: timedelta, rests: timedelta) -> list[SealedToken]:
        async with self._database.single() as connection:
            return await _CLAIM.all(connection, most=most, ends_within=ends_within, rests=rests)

    async def after(self, persona_id: int, most: int) -> list[SealedToken]:
        async with self._database.reading() as connection:
            return await _AFTER.all(connection, persona_id=persona_id, most=most)

    async def renew(self, before: SealedToken, sealed: bytes, lifetime: timedelta) -> None:
        async with self._database.single() as connection:
            await _RENEW.run(connection, **_this(before), sealed=sealed, lifetime=lifetime)

    async def reseal(self, before: SealedToken, sealed: bytes) -> bool:
        async with self._database.single() as connection:
            return await _RESEAL.first(connection, **_this(before), sealed=sealed) is not None

    async def forget(self, token: SealedToken) -> None:
        async with self._database.single() as connection:
            await _FORGET.run(connection, **_this(token))

    async def sweep(self, kept: timedelta) -> None:
        async with self._database.single() as connection:
            await _SWEEP.run(connection, kept=kept)


def _this(token: SealedToken) -> dict[str, object]:
    return {"persona_id": token.persona_id, "before": token.sealed}
