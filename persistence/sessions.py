"""Sessions in PostgreSQL. Its clock alone decides what is over."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import INTERVAL, insert

from domain.sessions import RefreshState, Session, SessionRules
from domain.tokens import Claims
from domain.users import User
from persistence import users as people
from persistence.database import Connection, Database
from persistence.identities import THIS as _IDENTITY
from persistence.making import of_parent
from persistence.statements import Statement, columns_of, is_any, plain
from persistence.sweeping import oldest_of, sweep
from persistence.tables import Moment, identities, one_time_codes, sessions, users

COLUMNS = columns_of(Session, sessions)
_NOW = sa.func.now()
ALIVE = sa.and_(sessions.c.revoked_at.is_(None), sessions.c.expires_at > _NOW)
_THIS = sessions.c.id == sa.bindparam("session_id", type_=sa.BigInteger)


def _in(name: str) -> sa.ColumnElement[datetime]:
    return _NOW + sa.bindparam(name, type_=INTERVAL)


_INSERT = Statement(
    sa.insert(sessions)
    .values(
        user_id=sa.bindparam("user_id"),
        user_agent=sa.bindparam("user_agent"),
        refresh_hash=sa.bindparam("refresh_hash"),
        expires_at=sa.func.least(_in("refresh"), _in("absolute")),
        absolute_end=_in("absolute"),
    )
    .returning(*COLUMNS),
    Session,
)
_issued_at = sa.bindparam("issued_at", type_=Moment)
_token_ends = sa.bindparam("token_ends", type_=Moment)
_given = {name: sa.bindparam(name, type_=sa.Text) for name in ("user_agent", "issuer", "origin")}
# An issuer tells the time by the second, so what it issued in the second of a sign-out is taken to be behind it.
_not_signed_out = sa.func.coalesce(sa.func.date_trunc("second", users.c.signed_out_at) <= _issued_at, sa.true())
_adopting = insert(sessions).from_select(
    ["user_id", *_given, "last_used_at", "expires_at", "absolute_end"],
    sa.select(users.c.id, *_given.values(), sa.func.greatest(_NOW, _issued_at), _token_ends, _token_ends).where(
        users.c.id == sa.bindparam("user_id", type_=sa.BigInteger), _not_signed_out
    ),
)
_new = _adopting.excluded
_REVOKED = sessions.c.revoked_at.is_not(None)
# One row for each stay over there, alive as long as a token of it. A token that was issued after the row was ended
# revives it; one that was issued before does not.
_ADOPT = Statement(
    _adopting.on_conflict_do_update(
        index_elements=["issuer", "origin"],
        index_where=sessions.c.issuer.is_not(None),
        set_={
            "user_id": _new.user_id,
            "user_agent": sa.case((_REVOKED, _new.user_agent), else_=sessions.c.user_agent),
            "created_at": sa.case((_REVOKED, _NOW), else_=sessions.c.created_at),
            "expires_at": sa.func.greatest(sessions.c.expires_at, _new.expires_at),
            "absolute_end": sa.func.greatest(sessions.c.expires_at, _new.expires_at),
            "last_used_at": sa.func.greatest(sessions.c.last_used_at, _new.last_used_at),
            "revoked_at": None,
        },
        where=sa.or_(sessions.c.revoked_at.is_(None), sessions.c.revoked_at < _issued_at),
    ).returning(*COLUMNS),
    Session,
)
_IS_AFTER_SIGN_OUT = plain(
    sa.select(_not_signed_out)
    .where(users.c.id == sa.bindparam("user_id", type_=sa.BigInteger))
    .with_for_update(key_share=True)
)
_ADOPTED = Statement(
    sa.select(*people.COLUMNS, sessions.c.id)
    .select_from(identities.join(users).join(sessions, sessions.c.user_id == users.c.id))
    .where(
        _IDENTITY,
        sessions.c.issuer == identities.c.issuer,
        sessions.c.origin == sa.bindparam("origin"),
        sessions.c.last_used_at >= _issued_at,
        ALIVE,
    ),
    lambda *row: (User(*row[:-1]), int(row[-1])),
)
_STATE = (
    sa.select(
        *people.COLUMNS,
        sessions.c.refresh_hash,
        sessions.c.previous_hash,
        sessions.c.rotated_at,
        sessions.c.successor_seen,
        sessions.c.expires_at,
        ALIVE,
        _NOW,
    )
    .join(users, users.c.id == sessions.c.user_id)
    .where(_THIS, sessions.c.refresh_hash.is_not(None))
)
_READ_STATE, _FOR_REFRESH = (
    Statement(core, lambda *row: RefreshState(User(*row[:-7]), *row[-7:]))
    for core in (_STATE, _STATE.with_for_update(of=sessions))
)
_ROTATE = Statement(
    sa.update(sessions)
    .where(_THIS)
    .values(
        previous_hash=sessions.c.refresh_hash,
        refresh_hash=sa.bindparam("new_hash"),
        successor_seen=sa.bindparam("seen"),
        rotated_at=_NOW,
        last_used_at=_NOW,
        expires_at=sa.func.least(_in("refresh"), sessions.c.absolute_end),
    )
    .returning(*COLUMNS),
    Session,
)
_SAW_SUCCESSOR = plain(sa.update(sessions).where(_THIS).values(successor_seen=True, rotated_at=_NOW))
_TOUCH = Statement(sa.update(sessions).where(_THIS).values(last_used_at=_NOW).returning(*COLUMNS), Session)
_LIVING_USERS = Statement(
    sa.select(sessions.c.id, *people.COLUMNS)
    .join(users, users.c.id == sessions.c.user_id)
    .where(is_any(sessions.c.id, "session_ids"), ALIVE),
    of_parent(User),
)
_LIVING = Statement(
    sa.select(*COLUMNS)
    .where(sessions.c.user_id == sa.bindparam("user_id"), ALIVE)
    .order_by(sessions.c.last_used_at.desc(), sessions.c.id.desc()),
    Session,
)
_ORIGIN = Statement(
    sa.select(sessions.c.issuer, sessions.c.origin).where(_THIS, sessions.c.issuer.is_not(None)),
    lambda issuer, origin: (str(issuer), str(origin)),
)
# Never before the token that was used last, by a clock that may be ahead of ours: with it, it would go on.
_revoked = {"revoked_at": sa.func.greatest(_NOW, sessions.c.last_used_at)}
_REVOKE_ALL = (
    sa.update(sessions).where(sessions.c.user_id == sa.bindparam("user_id"), ALIVE).values(_revoked).returning(*COLUMNS)
)
_REVOKE = {True: Statement(_REVOKE_ALL.where(_THIS), Session), False: Statement(_REVOKE_ALL, Session)}
_REVOKE_OF_ISSUER = plain(
    sa.update(sessions)
    .where(sessions.c.user_id == sa.bindparam("user_id"), sessions.c.issuer == sa.bindparam("which_issuer"), ALIVE)
    .values(_revoked)
)
# With the codes that would sign in again: one was given out perhaps, and not exchanged yet.
_FORGET_CODES = plain(sa.delete(one_time_codes).where(one_time_codes.c.user_id == sa.bindparam("user_id")))
_SIGN_OUT = plain(sa.update(users).where(users.c.id == sa.bindparam("user_id")).values(signed_out_at=_NOW))
_SWEEP = oldest_of(sessions, sessions.c.expires_at < _NOW - sa.bindparam("kept", type_=INTERVAL))


class Sessions:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def insert(
        self, transaction: Connection, user_id: int, user_agent: str | None, secret_hash: bytes, rules: SessionRules
    ) -> Session:
        return await _INSERT.one(
            transaction,
            user_id=user_id,
            user_agent=user_agent,
            refresh_hash=secret_hash,
            refresh=rules.refresh,
            absolute=rules.absolute,
        )

    async def adopt(
        self, transaction: Connection, user_id: int, user_agent: str | None, claims: Claims
    ) -> Session | None:
        return await _ADOPT.first(
            transaction,
            user_id=user_id,
            user_agent=user_agent,
            issuer=claims.issuer,
            origin=claims.origin,
            issued_at=claims.issued_at,
            token_ends=claims.expires_at,
        )

    async def adopted(self, claims: Claims) -> tuple[User, int] | None:
        async with self._database.reading() as connection:
            return await _ADOPTED.first(
                connection,
                issuer=claims.issuer,
                subject=claims.subject,
                origin=claims.origin,
                issued_at=claims.issued_at,
            )

    async def state(self, session_id: int) -> RefreshState | None:
        async with self._database.reading() as connection:
            return await _READ_STATE.first(connection, session_id=session_id)

    async def for_refresh(self, transaction: Connection, session_id: int) -> RefreshState | None:
        return await _FOR_REFRESH.first(transaction, session_id=session_id)

    async def replace_hash(
        self, transaction: Connection, session_id: int, secret_hash: bytes, rules: SessionRules, *, seen: bool
    ) -> Session:
        return await _ROTATE.one(
            transaction, session_id=session_id, new_hash=secret_hash, refresh=rules.refresh, seen=seen
        )

    async def saw_successor(self, transaction: Connection, session_id: int) -> None:
        await _SAW_SUCCESSOR.run(transaction, session_id=session_id)

    async def touch(self, transaction: Connection, session_id: int) -> Session:
        return await _TOUCH.one(transaction, session_id=session_id)

    async def living_user(self, session_id: int, user_id: int) -> User | None:
        (user,) = await self.living_users([(session_id, user_id)])
        return user

    async def living_users(self, asked: Sequence[tuple[int, int]]) -> list[User | None]:
        async with self._database.reading() as connection:
            found = dict(await _LIVING_USERS.all(connection, session_ids=[session_id for session_id, _ in asked]))
        users_found = ((found.get(session_id), user_id) for session_id, user_id in asked)
        return [user if user and user.id == user_id else None for user, user_id in users_found]

    async def living(self, user_id: int) -> list[Session]:
        async with self._database.reading() as connection:
            return await _LIVING.all(connection, user_id=user_id)

    async def origin(self, session_id: int) -> tuple[str, str] | None:
        async with self._database.reading() as connection:
            return await _ORIGIN.first(connection, session_id=session_id)

    async def revoke(self, transaction: Connection, user_id: int, session_id: int | None) -> list[Session]:
        one = {} if session_id is None else {"session_id": session_id}
        return await _REVOKE[bool(one)].all(transaction, user_id=user_id, **one)

    async def sign_out(self, transaction: Connection, user_id: int) -> None:
        await _SIGN_OUT.run(transaction, user_id=user_id)
        await _FORGET_CODES.run(transaction, user_id=user_id)

    async def is_after_sign_out(self, transaction: Connection, user_id: int, claims: Claims) -> bool:
        return bool(await _IS_AFTER_SIGN_OUT.first(transaction, user_id=user_id, issued_at=claims.issued_at))

    async def revoke_of_issuer(self, transaction: Connection, user_id: int, issuer: str) -> None:
        await _REVOKE_OF_ISSUER.run(transaction, user_id=user_id, which_issuer=issuer)
        await _FORGET_CODES.run(transaction, user_id=user_id)

    async def sweep(self, kept: timedelta) -> None:
        """Forgets sessions that ended longer than `kept` ago."""
        await sweep(self._database, _SWEEP, kept=kept)
