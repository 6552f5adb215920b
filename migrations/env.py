"""How Alembic reaches the database. `python server.py migrate` gives the address; nothing is read from alembic.ini.

With `--sql` alembic prints what it would do, and asks no database.
"""

import asyncio
import time
from contextlib import aclosing
from typing import Any

import sqlalchemy as sa
import structlog
from alembic import context
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from persistence.locks import MIGRATIONS
from persistence.opening import patiently
from persistence.tables import metadata

# What a role is allowed is meant for requests. Waiting for another process, or making an index, may take hours.
_PATIENCE = [
    f"set {limit} = 0" for limit in ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout")
]
# Behind a change that waits for a table everybody else waits too: it rather gives up, and tries again.
_TURN_SECONDS = 0.2
_LOCK_MILLISECONDS, _TRIES, _PAUSE_SECONDS = 2000, 30, 1.0
_log = structlog.get_logger("migrations")


def _run(connection: sa.Connection) -> None:
    _take_turns(connection)
    tries = 1
    while not _have_run(connection):
        if tries == _TRIES:
            raise SystemExit("The tables cannot be changed: others hold locks on them all the time.")
        tries += 1
        _log.warning("migration_waits", tries=tries)
        time.sleep(_PAUSE_SECONDS)


def _take_turns(connection: sa.Connection) -> None:
    """Of several processes one migrates, and the others find nothing left to do. They ask again and again: who waits in
    a statement has a snapshot, and an index that is made beside everybody waits for all of those.
    """
    for statement in _PATIENCE:
        connection.execute(sa.text(statement))
    while not connection.scalar(sa.text(f"select pg_try_advisory_lock({MIGRATIONS})")):
        connection.commit()
        time.sleep(_TURN_SECONDS)
    connection.commit()


def _have_run(connection: sa.Connection) -> bool:
    """What was done before one of them met a lock stays done."""
    try:
        _configure(connection=connection)
    except sa.exc.DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != "55P03":  # lock_not_available
            raise
        connection.rollback()
        return False
    return True


def _configure(**how: Any) -> None:
    context.configure(target_metadata=metadata, transaction_per_migration=True, **how)
    with context.begin_transaction():
        milliseconds = context.config.attributes.get("lock_milliseconds", _LOCK_MILLISECONDS)
        for statement in (*_PATIENCE, f"set lock_timeout = {milliseconds}"):
            context.execute(statement)
        context.run_migrations()


async def _online(dsn: str) -> None:
    engine: Any = create_async_engine(sa.make_url(dsn).set(drivername="postgresql+asyncpg"), poolclass=NullPool)
    async with aclosing(await patiently(engine.connect)) as connection:
        await connection.run_sync(_run)
    await engine.dispose()


if context.is_offline_mode():
    _configure(dialect_name="postgresql", literal_binds=True)
else:
    asyncio.run(_online(context.config.attributes["dsn"]))
