"""A database that is not there yet is waited for: by the pool, and by what makes its tables."""

import asyncio
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy.engine import make_url
from structlog.testing import capture_logs

from persistence.pool import Pool

PAUSES = 4
ROOT = Path(__file__).parents[2]


async def test_a_database_that_cannot_be_reached_at_first_is_waited_for(
    dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("persistence.opening._PAUSES", (0.0,) * PAUSES)
    create = asyncpg.create_pool
    reasons = [
        ConnectionRefusedError(),
        asyncpg.CannotConnectNowError("it starts"),
        asyncpg.TooManyConnectionsError("it is full"),
        asyncpg.ProtocolViolationError("PgBouncer has no server"),
    ]

    async def creating(*given: Any, **named: Any) -> Any:
        if reasons:
            raise reasons.pop(0)
        return await create(*given, **named)

    monkeypatch.setattr(asyncpg, "create_pool", creating)
    pool = Pool(dsn, 1, shared=False)
    with capture_logs() as lines:
        await pool.open()
    async with pool.lend() as connection:
        assert await connection.fetchval("select 1") == 1
    await pool.close()
    assert [line["event"] for line in lines] == ["database_awaited"] * PAUSES


async def test_one_that_stays_away_or_refuses_us_is_given_up(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("persistence.opening._PAUSES", (0.0,) * PAUSES)
    with socket.create_server(("127.0.0.1", 0)) as server:
        closed = f"postgresql://nobody@127.0.0.1:{server.getsockname()[1]}/nothing"
    with capture_logs() as lines, pytest.raises(OSError, match="Connect call failed"):
        await Pool(closed, 1, shared=False).open()
    assert len(lines) == PAUSES
    unknown = make_url(dsn).set(database="nothing_of_this_name").render_as_string(hide_password=False)
    with capture_logs() as lines, pytest.raises(asyncpg.InvalidCatalogNameError):
        await Pool(unknown, 1, shared=False).open()
    assert lines == [], "to ask again would not help"


async def test_tables_are_made_as_soon_as_it_is_there(dsn: str) -> None:
    sockets = Path(str(make_url(dsn).query["host"]))
    with tempfile.TemporaryDirectory() as folder:
        away = make_url(dsn).set(query={"host": folder}).render_as_string(hide_password=False)
        migrating = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "persistence.migrate"),
            cwd=ROOT,
            env={**os.environ, "DATABASE_URL": away},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        assert migrating.stdout
        async with asyncio.timeout(60):
            while b"database_awaited" not in await migrating.stdout.readline():
                assert not migrating.stdout.at_eof()
            for socket_file in sockets.glob(".s.PGSQL.*[0-9]"):
                (Path(folder) / socket_file.name).symlink_to(socket_file)
            await migrating.stdout.read()
            assert await migrating.wait() == 0
