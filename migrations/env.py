"""How Alembic reaches the database. `python server.py migrate` gives the address; nothing is read from alembic.ini."""

import asyncio
from typing import Any

import sqlalchemy as sa
from alembic import context
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from persistence.tables import metadata

# Several processes may start at once; one migrates, the others wait and find nothing left to do.
_LOCK_NUMBER = 7_302_113


def _run(connection: sa.Connection) -> None:
    connection.execute(sa.text(f"select pg_advisory_lock({_LOCK_NUMBER})"))
    connection.commit()
    context.configure(connection=connection, target_metadata=metadata, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()


async def _online(dsn: str) -> None:
    engine: Any = create_async_engine(sa.make_url(dsn).set(drivername="postgresql+asyncpg"), poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(_run)
    await engine.dispose()


asyncio.run(_online(context.config.attributes["dsn"]))
