"""Which account the embedded PostgreSQL runs as, and what a person is told where it cannot."""

import os
import pwd
from collections.abc import Callable
from pathlib import Path

from tests.integrations.conftest import (
    ACCOUNT,
    Server,
    give,
    no_process_is_left,
    only_root,
    postmaster,
    query,
    until,
)


@only_root
def test_root_is_told_which_folder_is_closed_to_the_database_and_its_rights_stay(
    folder: Path, start: Callable[..., Server]
) -> None:
    closed = folder.parent / "closed"
    closed.mkdir(mode=0o700)
    refusal = start(closed / "deeper" / "postgres").ask("ensure")
    assert f"nobody, for whom {closed} is closed" in refusal
    assert closed.stat().st_mode & 0o777 == 0o700
    assert closed.stat().st_uid == 0
    assert not (closed / "deeper" / "postgres" / "data").exists()


@only_root
async def test_data_that_root_brought_is_given_to_the_database(made: Path, start: Callable[..., Server]) -> None:
    give(made / "data", pwd.getpwuid(0))
    os.chmod(made, 0o700)
    assert start(made).ask("ensure") == "True"
    assert {path.stat().st_uid for path in (made / "data").rglob("*")} == {ACCOUNT.pw_uid}
    assert await query(made, "create table given (to_me int)") is None


@only_root
async def test_it_works_without_root_too(folder: Path, start: Callable[..., Server]) -> None:
    give(folder, ACCOUNT)
    owner, sharer = start(folder, "nobody"), start(folder, "nobody")
    assert [owner.ask("ensure"), sharer.ask("ensure"), sharer.ask("stop")] == ["True", "False", "None"]
    assert await query(folder, "select 1") == 1
    owner.kill()
    until(lambda: sharer.ask("ensure") == "True")
    assert [sharer.ask("stop"), sharer.ask("ensure")] == ["None", "True"]


@only_root
def test_root_runs_the_data_of_another_user_as_that_user(made: Path, start: Callable[..., Server]) -> None:
    daemon = pwd.getpwnam("daemon")
    give(made, daemon)
    server = start(made)
    try:
        assert server.ask("ensure") == "True"
        assert Path(f"/proc/{postmaster(made)}").stat().st_uid == daemon.pw_uid
        assert (made / "data" / "PG_VERSION").stat().st_uid == daemon.pw_uid
    finally:
        server.kill()
        until(lambda: no_process_is_left(made))
        give(made, ACCOUNT)
        os.chown(made, 0, 0)


@only_root
def test_another_user_is_told_that_the_folder_is_not_his(made: Path, start: Callable[..., Server]) -> None:
    assert start(made).ask("ensure") == "True"
    assert f"{made / 'socket'} belongs to another user than daemon" in start(made, "daemon").ask("ensure")
