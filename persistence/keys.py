"""The issuer's signing keys in PostgreSQL, so that every server process signs and publishes the same ones."""

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import INTERVAL

from domain.tokens import StoredKey
from persistence.database import Database
from persistence.locks import SIGNING_KEYS
from persistence.statements import Statement, columns_of, plain
from persistence.tables import signing_keys

_ALL = Statement(
    sa.select(*columns_of(StoredKey, signing_keys)).order_by(signing_keys.c.created_at.desc(), signing_keys.c.kid),
    StoredKey,
)
# Only one process at a time makes a key.
_LOCK = plain(sa.select(sa.func.pg_advisory_xact_lock(SIGNING_KEYS)))
_INSERT = plain(
    sa.insert(signing_keys).from_select(
        ["kid", "private_key"],
        sa.select(sa.bindparam("kid", type_=sa.Text), sa.bindparam("private_key", type_=sa.LargeBinary)).where(
            ~sa.exists(
                sa.select(signing_keys.c.kid).where(
                    signing_keys.c.created_at > sa.func.now() - sa.bindparam("unless_younger", type_=INTERVAL)
                )
            )
        ),
    )
)
_newer = signing_keys.alias("newer")
# A key goes once a newer one has been there for longer than any token that the old one signed can live.
_SWEEP = plain(
    sa.delete(signing_keys).where(
        sa.exists(
            sa.select(_newer.c.kid).where(
                _newer.c.created_at > signing_keys.c.created_at,
                _newer.c.created_at < sa.func.now() - sa.bindparam("kept", type_=INTERVAL),
            )
        )
    )
)


class Keys:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> list[StoredKey]:
        async with self._database.reading() as connection:
            return await _ALL.all(connection)

    async def add(self, kid: str, private_key: bytes, unless_younger: timedelta) -> None:
        async with self._database.writing() as transaction:
            await _LOCK.run(transaction)
            await _INSERT.run(transaction, kid=kid, private_key=private_key, unless_younger=unless_younger)

    async def sweep(self, kept: timedelta) -> None:
        """Forgets keys that were replaced longer than `kept` ago."""
        async with self._database.single() as connection:
            await _SWEEP.run(connection, kept=kept)
