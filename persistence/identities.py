"""Identities in PostgreSQL: who somebody is at another issuer."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from domain.identities import Identity, IdentityProvider
from domain.users import User
from persistence.database import Connection, Database
from persistence.statements import Statement, columns_of, plain
from persistence.tables import identities, users
from persistence.users import COLUMNS

_USER = identities.c.user_id == sa.bindparam("user_id", type_=sa.BigInteger)
# A text over there may be anything; that nothing but this pair counts is GUARD's A2.
THIS = sa.and_(identities.c.issuer == sa.bindparam("issuer"), identities.c.subject == sa.bindparam("subject"))

_PERSON = Statement(sa.select(*COLUMNS).join(identities, identities.c.user_id == users.c.id).where(THIS), User)
_BY_EMAIL = Statement(sa.select(*COLUMNS).where(users.c.email == sa.bindparam("email")), User)
_THIS_USER = users.c.id == sa.bindparam("user_id", type_=sa.BigInteger)
# Whoever changes somebody's ways in waits for whoever else does.
_HOLD_PROVEN = plain(sa.select(users.c.email_proven).where(_THIS_USER).with_for_update(key_share=True))
_PROVE = plain(sa.update(users).where(_THIS_USER).values(email_proven=True))
_KEEP_ONLY = plain(sa.delete(identities).where(_USER, identities.c.issuer != sa.bindparam("kept")))
_PIN = plain(
    insert(identities)
    .values({name: sa.bindparam(name) for name in ("issuer", "subject", "user_id", "provider")})
    .on_conflict_do_nothing()
    .returning(identities.c.user_id)
)
_OF_USER = Statement(
    sa.select(*columns_of(Identity, identities)).where(_USER).order_by(identities.c.linked_at, identities.c.issuer),
    Identity,
)
_REMOVE = Statement(
    sa.delete(identities)
    .where(_USER, identities.c.provider == sa.bindparam("which", type_=identities.c.provider.type))
    .returning(*columns_of(Identity, identities)),
    Identity,
)


class Identities:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def person(self, transaction: Connection, issuer: str, subject: str) -> User | None:
        return await _PERSON.first(transaction, issuer=issuer, subject=subject)

    async def by_email(self, transaction: Connection, email: str) -> User | None:
        return await _BY_EMAIL.first(transaction, email=email)

    async def pin(
        self, transaction: Connection, user_id: int, provider: IdentityProvider, issuer: str, subject: str
    ) -> bool:
        pinned = await _PIN.first(transaction, issuer=issuer, subject=subject, user_id=user_id, provider=provider)
        return pinned is not None

    async def hold_proven(self, transaction: Connection, user_id: int) -> bool:
        return await _HOLD_PROVEN.first(transaction, user_id=user_id) or False

    async def prove(self, transaction: Connection, user_id: int) -> None:
        await _PROVE.run(transaction, user_id=user_id)

    async def keep_only(self, transaction: Connection, user_id: int, issuer: str) -> None:
        await _KEEP_ONLY.run(transaction, user_id=user_id, kept=issuer)

    async def of_user(self, user_id: int) -> list[Identity]:
        async with self._database.reading() as connection:
            return await _OF_USER.all(connection, user_id=user_id)

    async def held(self, transaction: Connection, user_id: int) -> list[Identity]:
        await _HOLD_PROVEN.run(transaction, user_id=user_id)
        return await _OF_USER.all(transaction, user_id=user_id)

    async def remove(self, transaction: Connection, user_id: int, provider: IdentityProvider) -> list[Identity]:
        return await _REMOVE.all(transaction, user_id=user_id, which=provider)
