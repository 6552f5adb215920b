"""What the parts around Marquee are told in compose: the same as in deploy/many, where it is tried under load."""

import asyncio
import configparser
import json
import os
import re
import stat
import subprocess
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from string import Template
from typing import Any

import asyncpg
import pytest

from deploy.many.account import CannotRunError, unprivileged
from deploy.many.layout import opened
from deploy.many.part import TEMPLATES, program
from deploy.many.postgres import SUPERUSER, Primary, dsn
from persistence.migrate import upgrade
from tests.deploy.composing import DEPLOY, EXAMPLE, services, variables
from tests.many.conftest import missing

HERE = DEPLOY / "compose"
WRITABLE = "/tmp"  # noqa: S108 - in a container of its own


class Filled(Template):
    delimiter = "@"


def test_nginx_is_told_what_is_tried_elsewhere_but_who_may_end_tls() -> None:
    here = {"folder": WRITABLE, "user": "", "listen": "8080", "servers": "        server server:8000 max_fails=0;"}
    ours = re.sub(
        r"    # What ends TLS in front .*?\n    }\n    map .*?\n    }\n\n",
        "",
        (HERE / "nginx.conf").read_text(),
        flags=re.S,
    )
    ours = ours.replace("$asked_scheme", "$scheme").replace("        real_ip_header X-Forwarded-For;\n", "")
    assert ours == Filled((TEMPLATES / "nginx.conf").read_text()).substitute(here)


def test_nginx_understands_it(tmp_path: Path) -> None:
    """But for the server's name, which nobody knows here, and the folder."""
    text = (HERE / "nginx.conf").read_text().replace("server:8000", "127.0.0.1:8000")
    path = tmp_path / "nginx.conf"
    path.write_text(re.sub(r" /tmp/", f" {tmp_path}/", text))
    try:
        command = [program("nginx"), "-t", "-e", "stderr", "-p", str(tmp_path), "-c", str(path)]
    except CannotRunError as error:
        missing(str(error))
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def ini(text: str) -> dict[str, dict[str, str]]:
    read = configparser.ConfigParser(interpolation=None, delimiters=("=",))
    read.read_string(text)
    return {name: dict(section) for name, section in read.items()}


def test_pgbouncer_is_told_what_is_tried_elsewhere_but_where_it_is() -> None:
    filled = {"primary": "5432", "port": "6432", "users": f"{WRITABLE}/userlist.txt", "pool": "60"}
    tried = ini(Filled((TEMPLATES / "pgbouncer.ini").read_text()).substitute(filled))
    ours = ini((HERE / "pgbouncer.ini").read_text())
    assert ours["databases"].pop("*") == tried["databases"].pop("*").replace("127.0.0.1", "postgres")
    assert (ours["pgbouncer"].pop("listen_addr"), tried["pgbouncer"].pop("listen_addr")) == ("*", "127.0.0.1")
    assert ours == tried


def test_pgbouncer_lets_marquee_in_and_its_list_is_nobody_elses(tmp_path: Path) -> None:
    (tmp_path / "pgbouncer").write_text(f'#!/bin/sh\necho "$@" >{tmp_path}/told\n')
    (tmp_path / "pgbouncer").chmod(0o755)
    service = all_services()["pgbouncer"]
    users = tmp_path / "userlist.txt"
    command = [word.replace(f"{WRITABLE}/", f"{tmp_path}/") for word in service["entrypoint"]]
    given = {"PATH": f"{tmp_path}:/usr/bin:/bin", **service["environment"]}
    subprocess.run(command, env=given, check=True)
    assert (users.read_text(), stat.S_IMODE(users.stat().st_mode)) == ('"marquee" "filled"\n', 0o600)
    (config,) = [volume.split(":")[1] for volume in service["volumes"]]
    assert (tmp_path / "told").read_text() == f"{config}\n"
    assert ini((HERE / "pgbouncer.ini").read_text())["pgbouncer"]["auth_file"] == f"{WRITABLE}/userlist.txt"
    assert service["tmpfs"][0].startswith(f"{WRITABLE}:")


def test_redis_is_told_what_is_tried_elsewhere_but_where_it_is() -> None:
    def told(text: str) -> dict[str, str]:
        pairs = [line.split(maxsplit=1) for line in text.splitlines() if line and not line.startswith("#")]
        return {name: value for name, value in pairs if name not in {"bind", "port", "dir", "requirepass"}}

    assert told((HERE / "redis.conf").read_text()) == told((TEMPLATES / "redis.conf").read_text())
    assert "requirepass" in str(all_services()["redis"]["command"])


def all_services() -> dict[str, Any]:
    filled = re.sub(r"(?m)^([A-Z_]+)=$", r"\1=filled", EXAMPLE.read_text())
    return services(variables(filled, "redis", "keycloak", "pgbouncer"))


class Fresh(Primary):
    """Nobody but its superuser is known in it."""

    async def ready(self) -> bool:
        return bool(await self.ask("select 1"))


@pytest.fixture(scope="module")
async def fresh() -> AsyncIterator[Fresh]:
    with tempfile.TemporaryDirectory(prefix="marquee-compose-") as folder:
        try:
            made = Fresh("primary", opened(Path(folder)), unprivileged())
            await made.start()
        except CannotRunError as error:
            missing(str(error))
        yield made
        await made.stop()


async def test_marquee_and_keycloak_have_a_database_each_and_cannot_see_the_others(fresh: Fresh) -> None:
    kept = fresh.kept
    host, _, port = kept.address("primary").partition(":")
    given = {
        "PATH": f"{Path(program('psql')).parent}:{os.environ['PATH']}",
        "PGHOST": host,
        "PGPORT": port,
        "PGPASSWORD": kept.secret(SUPERUSER),
        "MARQUEE_DB_PASSWORD": kept.secret("marquee"),
        "KEYCLOAK_DB_PASSWORD": kept.secret("keycloak"),
    }
    await asyncio.to_thread(subprocess.run, [HERE / "roles.sh"], env=given, check=True)
    mine = dsn(kept, "primary")
    await asyncio.to_thread(upgrade, mine)
    connection = await asyncpg.connect(mine)
    assert await connection.fetchval("select count(*) from contents") == 0
    assert not await connection.fetchval(
        "select rolsuper or rolcreatedb or rolcreaterole from pg_roles where rolname = 'marquee'"
    )
    await connection.close()
    await (await asyncpg.connect(dsn(kept, "primary", user="keycloak", database="keycloak"))).close()
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await asyncpg.connect(dsn(kept, "primary", user="keycloak"))


@contextmanager
def answering(status: int) -> Iterator[int]:
    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/health/ready" else 404)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Door) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


@pytest.mark.parametrize(("status", "well"), [(200, True), (503, False), (404, False)])
def test_keycloak_is_well_when_it_says_so(status: int, well: bool) -> None:
    kind, *command = all_services()["keycloak"]["healthcheck"]["test"]
    assert kind == "CMD"
    with answering(status) as port:
        there = [word.replace("/9000", f"/{port}") for word in command]
        assert (subprocess.run(there, check=False, capture_output=True).returncode == 0) == well
    assert subprocess.run(there, check=False, capture_output=True).returncode != 0


@pytest.mark.parametrize(("says", "status"), [("", 0), ("it is already in effect", 0), ("access denied", 1)])
def test_the_bucket_has_an_account_that_may_only_what_is_needed(says: str, status: int, tmp_path: Path) -> None:
    mc = tmp_path / "mc"
    refusal = f'case "$3" in attach) echo "{says}"; exit 1;; esac\n' if says else ""
    mc.write_text(f'#!/bin/sh\necho "$@" >>{tmp_path}/log\n{refusal}')
    mc.chmod(0o755)
    given = {
        "PATH": f"{tmp_path}:/usr/bin:/bin",
        "TMPDIR": str(tmp_path),
        "S3_BUCKET_NAME": "films",
        "MINIO_ROOT_PASSWORD": "root",
        "AWS_ACCESS_KEY_ID": "us",
        "AWS_SECRET_ACCESS_KEY": "secret",
    }
    done = subprocess.run(["sh", HERE / "bucket.sh"], env=given, check=False, capture_output=True)
    assert done.returncode == status
    policy = json.loads((tmp_path / "policy.json").read_text())
    allowed = {action: each["Resource"] for each in policy["Statement"] for action in each["Action"]}
    assert allowed == {
        "s3:ListBucket": ["arn:aws:s3:::films"],
        "s3:GetObject": ["arn:aws:s3:::films/*"],
        "s3:PutObject": ["arn:aws:s3:::films/images/*", "arn:aws:s3:::films/incoming/*"],
        "s3:DeleteObject": ["arn:aws:s3:::films/images/*", "arn:aws:s3:::films/incoming/*"],
    }
    assert "mb --quiet --ignore-existing store/films\n" in (tmp_path / "log").read_text()
