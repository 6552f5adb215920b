"""The embedded database, as several processes of ours see it, most of which die badly."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asyncpg
import pytest

from integrations.embedded_postgres import EmbeddedPostgres, EmbeddedPostgresError
from tests.integrations.conftest import (
    ACCOUNT,
    Server,
    no_process_is_left,
    postmaster,
    query,
    socket_folder,
    until,
)


async def test_the_database_is_durable_and_only_a_private_socket_reaches_it(
    made: Path, start: Callable[..., Server]
) -> None:
    socket_folder(made).chmod(0o755)
    assert start(made).ask("ensure") == "True"
    settings = {
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "listen_addresses": "",
        "max_connections": "200",
        "server_encoding": "UTF8",
    }
    for name, value in settings.items():
        assert await query(made, f"select current_setting('{name}')") == value
    assert await query(made, "select current_user || ' ' || current_database()") == "marquee marquee"
    assert await query(made, "select datlocale from pg_database where datname = 'marquee'") == "C.UTF-8"
    for private in (made / "data", socket_folder(made)):
        assert private.stat().st_mode & 0o777 == 0o700
        assert private.stat().st_uid == ACCOUNT.pw_uid


async def test_of_many_processes_that_start_at_once_one_owns_the_database_and_all_reach_it(
    folder: Path, start: Callable[..., Server]
) -> None:
    servers = [start(folder) for _ in range(4)]
    for server in servers:
        server.send("ensure")
    assert sorted(server.answer() for server in servers) == ["False", "False", "False", "True"]
    assert await query(folder, "select 1") == 1


async def test_ensure_changes_nothing_where_all_is_well(made: Path, start: Callable[..., Server]) -> None:
    owner, sharer = start(made), start(made)
    assert owner.ask("ensure") == "True"
    before = postmaster(made)
    assert [server.ask("ensure") for server in (owner, sharer, owner, sharer)] == ["True", "False", "True", "False"]
    assert postmaster(made) == before


async def test_a_sharer_that_stops_leaves_the_database_to_the_others(made: Path, start: Callable[..., Server]) -> None:
    owner, sharer = start(made), start(made)
    assert owner.ask("ensure") == "True"
    assert sharer.ask("ensure") == "False"
    assert sharer.ask("stop") == "None"
    assert await query(made, "select 1") == 1


async def test_it_starts_again_on_the_same_data_within_two_seconds(made: Path, start: Callable[..., Server]) -> None:
    owner = start(made)
    assert owner.ask("ensure") == "True"
    await query(made, "create table restarted as select 7 as kept")
    assert owner.ask("stop") == "None"
    assert no_process_is_left(made)
    begun = time.monotonic()
    assert owner.ask("ensure") == "True"
    assert time.monotonic() - begun < 2
    assert await query(made, "select kept from restarted") == 7


def test_it_dies_with_its_parent_also_by_kill_9(made: Path, start: Callable[..., Server]) -> None:
    owner = start(made)
    assert owner.ask("ensure") == "True"
    assert not no_process_is_left(made)
    owner.kill()
    until(lambda: no_process_is_left(made))


async def test_a_sharer_takes_over_from_a_killed_owner_with_all_the_data(
    made: Path, start: Callable[..., Server]
) -> None:
    owner, sharer = start(made), start(made)
    assert owner.ask("ensure") == "True"
    assert sharer.ask("ensure") == "False"
    await query(made, "create table taken_over as select 7 as kept")
    owner.kill()
    until(lambda: sharer.ask("ensure") == "True")
    assert await query(made, "select kept from taken_over") == 7
    assert start(made).ask("ensure") == "False"


async def test_the_owner_starts_a_killed_postmaster_again_with_all_the_data(
    made: Path, start: Callable[..., Server]
) -> None:
    owner = start(made)
    assert owner.ask("ensure") == "True"
    await query(made, "create table recovered as select 7 as kept")
    killed = postmaster(made)
    os.kill(killed, signal.SIGKILL)
    until(lambda: owner.ask("ensure") == "True" and postmaster(made) != killed)
    assert await query(made, "select kept from recovered") == 7


async def test_nobody_takes_over_while_a_backend_of_the_dead_database_lives(
    made: Path, start: Callable[..., Server]
) -> None:
    owner, sharer = start(made), start(made)
    assert owner.ask("ensure") == "True"
    connection = await asyncpg.connect(EmbeddedPostgres(made).dsn)
    backend = await connection.fetchval("select pg_backend_pid()")
    os.kill(backend, signal.SIGSTOP)
    try:
        os.kill(postmaster(made), signal.SIGKILL)
        assert owner.ask("stop") == "None"
        assert not no_process_is_left(made)
        sharer.send("ensure")
    finally:
        os.kill(backend, signal.SIGCONT)
    assert sharer.answer() == "True"
    assert await query(made, "select 1") == 1
    connection.terminate()


async def test_a_stale_pid_that_a_stranger_has_now_is_harmless(made: Path, start: Callable[..., Server]) -> None:
    owner = start(made)
    stranger = subprocess.Popen(["sleep", "60"], user=ACCOUNT.pw_uid)  # noqa: ASYNC220
    try:
        for process in (stranger.pid, os.getpid(), 1):
            lock = f"{process}\n{made / 'data'}\n1700000000\n5432\n{socket_folder(made)}\n\n  5432001 12\nready   \n"
            (made / "data" / "postmaster.pid").write_text(lock)
            socket_folder(made).mkdir(mode=0o700, exist_ok=True)
            (socket_folder(made) / ".s.PGSQL.5432.lock").write_text(lock)
            assert owner.ask("ensure") == "True"
            assert await query(made, "select 1") == 1
            assert owner.ask("stop") == "None"
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


async def test_a_first_start_that_was_killed_leaves_nothing_that_is_trusted(
    folder: Path, start: Callable[..., Server]
) -> None:
    killed = start(folder)
    killed.send("ensure")
    until(lambda: (folder / "data.new" / "PG_VERSION").exists())
    killed.kill()
    assert not (folder / "data").exists()
    assert start(folder).ask("ensure") == "True"
    assert await query(folder, "select 1") == 1
    assert not (folder / "data.new").exists()


async def test_ctrl_c_in_the_terminal_does_not_reach_the_database(made: Path, start: Callable[..., Server]) -> None:
    owner = start(made)
    assert owner.ask("ensure") == "True"
    connection = await asyncpg.connect(EmbeddedPostgres(made).dsn)
    os.killpg(owner.process.pid, signal.SIGINT)
    assert owner.ask("ensure") == "True"
    assert await connection.fetchval("select 1") == 1
    assert os.getsid(postmaster(made)) != os.getsid(owner.process.pid)
    await connection.close()


def test_it_is_refused_outside_of_the_main_thread_and_leaves_no_trace(folder: Path) -> None:
    with ThreadPoolExecutor(1) as thread, pytest.raises(EmbeddedPostgresError, match="main thread"):
        thread.submit(EmbeddedPostgres(folder).ensure).result()
    assert not folder.exists()


def test_the_database_is_not_told_our_secrets(made: Path, start: Callable[..., Server]) -> None:
    owner = start(made)
    assert owner.ask("ensure") == "True"
    if sys.platform == "linux":
        assert b"MARQUEE_SECRET" in Path(f"/proc/{owner.process.pid}/environ").read_bytes()
        assert b"MARQUEE_SECRET" not in Path(f"/proc/{postmaster(made)}/environ").read_bytes()


async def test_the_log_stays_small_and_goes_on(made: Path, start: Callable[..., Server]) -> None:
    owner = start(made)
    assert owner.ask("ensure") == "True"
    with (made / "log").open("a") as log:
        log.write("much\n" * 1_000_000)
    assert owner.ask("ensure") == "True"
    assert (made / "log").stat().st_size < 100_000
    with pytest.raises(asyncpg.DivisionByZeroError):
        await query(made, "select 1 / 0")
    assert "division by zero" in (made / "log").read_text()
    assert "\0" not in (made / "log").read_text()


async def test_what_keeps_it_from_starting_is_said_and_once_removed_it_starts(
    made: Path, start: Callable[..., Server]
) -> None:
    server = start(made)
    (made / "data" / "PG_VERSION").write_text("15\n")
    refusal = server.ask("ensure")
    assert refusal.startswith("Refused: PostgreSQL does not start.")
    assert "initialized by PostgreSQL version 15" in refusal
    (made / "data" / "PG_VERSION").write_text("18\n")
    assert start(made).ask("ensure") == "True"


async def test_a_database_that_is_full_counts_as_running(made: Path, start: Callable[..., Server]) -> None:
    assert start(made).ask("ensure") == "True"
    connections: list[asyncpg.Connection] = []
    try:
        with contextlib.suppress(asyncpg.TooManyConnectionsError):
            while True:
                connections.append(await asyncpg.connect(EmbeddedPostgres(made).dsn))
        assert start(made).ask("ensure") == "False"
        assert len(connections) == 200
    finally:
        for connection in connections:
            connection.terminate()


async def test_where_the_path_is_too_long_for_a_socket_all_meet_in_a_private_temporary_folder(
    deep: Path, start: Callable[..., Server]
) -> None:
    assert [start(deep).ask("ensure") for _ in range(2)] == ["True", "False"]
    assert await query(deep, "select 1") == 1
    assert deep not in socket_folder(deep).parents
    assert socket_folder(deep).stat().st_mode & 0o777 == 0o700
    assert socket_folder(deep).stat().st_uid == ACCOUNT.pw_uid


def test_a_temporary_folder_that_is_not_ours_is_refused(deep: Path, start: Callable[..., Server]) -> None:
    socket_folder(deep).symlink_to(deep)
    try:
        refusal = start(deep).ask("ensure")
    finally:
        socket_folder(deep).unlink()
    assert f"{socket_folder(deep)} belongs to another user" in refusal
    assert not (deep / "lock").exists()
