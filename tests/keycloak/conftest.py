"""A real Keycloak with our realm, for every test in this folder: one for the whole run."""

import asyncio
import os
import re
import shutil
import socket
import subprocess
import time
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path
from typing import Any

import httpx2
import pytest

from domain.accounts import Accounts
from integrations.keycloak import Keycloak

# The same server and the same world as the tests of the API have.
from tests.api.conftest import base_url, client, home, marquee, password_hash, world  # noqa: F401

ROOT = Path(__file__).parents[2]
PASSWORD = "a password for tests"
_PATIENCE_SECONDS = 180
_HELP = "Get it with: make keycloak-home (Java 17 and Maven; on Debian default-jre-headless and maven)"
# Maven says one or the other where the artifact may well be there, but the way to it is not.
_OUT_OF_REACH = re.compile("could not transfer|failed to transfer", re.IGNORECASE)
# It dies with whoever holds the other end of its input, however that one ends; and ends where Keycloak does.
_GUARD = '("$@"; kill -KILL 0) & read -r _; kill -KILL 0'
# Starts in two thirds of the time, for it does not live long enough for better code.
_JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmx512m -Dfile.encoding=UTF-8"
_numbers = count(1)


@dataclass(frozen=True)
class RunningKeycloak:
    """Where it is, and what our server must be told to use it."""

    url: str
    realm: str = "formation-lap"
    client_id: str = "marquee"
    client_secret: str = "a secret from the environment"
    admin_username: str = "admin"
    admin_password: str = "an admin's password"

    @property
    def issuer(self) -> str:
        return f"{self.url}/realms/{self.realm}"

    async def grant(self, email: str, password: str, scope: str = "openid") -> httpx2.Response:
        """What Keycloak itself answers to the password grant."""
        form = {"grant_type": "password", "scope": scope, "username": email, "password": password}
        return await self._token(form)

    async def refresh(self, refresh_token: str) -> httpx2.Response:
        return await self._token({"grant_type": "refresh_token", "refresh_token": refresh_token})

    async def tokens(self, email: str, password: str, scope: str = "openid") -> dict[str, Any]:
        """access_token, id_token and refresh_token of a session that goes on, straight from Keycloak."""
        response = await self.grant(email, password, scope)
        assert response.status_code == 200, response.text
        found: dict[str, Any] = response.json()
        return found

    async def admin_token(self) -> str:
        form = {"client_id": "admin-cli", "username": self.admin_username, "password": self.admin_password}
        async with httpx2.AsyncClient(timeout=60) as client:
            address = f"{self.url}/realms/master/protocol/openid-connect/token"
            response = await client.post(address, data=form | {"grant_type": "password"})
        return str(response.raise_for_status().json()["access_token"])

    async def _token(self, form: dict[str, str]) -> httpx2.Response:
        ours = {"client_id": self.client_id, "client_secret": self.client_secret}
        async with httpx2.AsyncClient(timeout=60) as client:
            return await client.post(f"{self.issuer}/protocol/openid-connect/token", data=ours | form)


@pytest.fixture(scope="session")
def keycloak_home() -> Path:
    """Where Keycloak is unpacked. Where it cannot be fetched the tests are skipped, and say so."""
    made = subprocess.run(["make", "-s", "keycloak-home"], cwd=ROOT, capture_output=True, text=True)
    if made.returncode == 0:
        return ROOT / made.stdout.split()[-1]
    said = (made.stderr + made.stdout).strip()
    reason = f"There is no Keycloak here, so nothing has spoken with a real one. {_HELP}\n{said[-1500:]}"
    if os.environ.get("CI") and not _OUT_OF_REACH.search(said):
        pytest.fail(reason)
    warnings.warn(reason, pytest.PytestWarning, stacklevel=1)  # -q keeps a skip's reason to itself
    pytest.skip(reason)


@pytest.fixture(scope="session")
def keycloak(keycloak_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningKeycloak]:
    """It has our realm, and nobody in it. Tests that change the realm put it back."""
    folder = tmp_path_factory.mktemp("keycloak")
    _furnish(folder, keycloak_home)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    keycloak = RunningKeycloak(f"http://127.0.0.1:{port}")
    with _running(folder, keycloak, port) as process:
        _wait(process, keycloak.issuer, folder / "log")
        asyncio.run(_warm(keycloak))
        yield keycloak


@pytest.fixture
async def accounts(keycloak: RunningKeycloak) -> AsyncIterator[Accounts]:
    """Our adapter, as a process has it when it has just started."""
    async with httpx2.AsyncClient(timeout=20) as client:
        yield adapter(keycloak, client)


def adapter(keycloak: RunningKeycloak, client: httpx2.AsyncClient, **changes: Any) -> Accounts:
    return Keycloak(client=client, **(asdict(keycloak) | changes))


@pytest.fixture
async def admin(keycloak: RunningKeycloak) -> AsyncIterator[httpx2.AsyncClient]:
    """Keycloak's own interface for admins, at our realm: what it answers is the truth that tests look up."""
    headers = {"Authorization": f"Bearer {await keycloak.admin_token()}"}
    address = f"{keycloak.url}/admin/realms/{keycloak.realm}"
    async with httpx2.AsyncClient(base_url=address, headers=headers, timeout=20) as client:
        yield client


async def is_locked(admin: httpx2.AsyncClient, email: str, guess: Callable[[], Awaitable[Any]]) -> bool:
    """Whether an account is, or soon becomes so: Keycloak counts wrong passwords behind its answers, and may lose
    one of them on a slow machine; so it is given a few more.
    """
    (there,) = (await admin.get("users", params={"email": email})).json()
    for turn in range(1, 51):
        if (await admin.get(f"attack-detection/brute-force/users/{there['id']}")).json()["disabled"]:
            return True
        await (asyncio.sleep(0.1) if turn % 10 else guess())
    return False


@pytest.fixture(autouse=True)
def _patience(patience: None) -> None:
    """All of them."""


@pytest.fixture
def email() -> str:
    """An address that nobody has yet."""
    return f"person{next(_numbers)}@example.com"


def _furnish(folder: Path, home: Path) -> None:
    """A home with a database and realms of its own: the rest is the other's. kc.sh must be a copy, for it takes the
    folder that it really is in for its home.
    """
    for name in ("lib", "conf", "providers", "themes", "version.txt"):
        (folder / name).symlink_to(home / name)
    (folder / "bin").mkdir()
    shutil.copy(home / "bin" / "kc.sh", folder / "bin")
    (folder / "data" / "import").mkdir(parents=True)
    shutil.copy(ROOT / "deploy" / "keycloak" / "formation-lap-realm.json", folder / "data" / "import")


@contextmanager
def _running(folder: Path, keycloak: RunningKeycloak, port: int) -> Iterator[subprocess.Popen[bytes]]:
    given = {
        "KC_BOOTSTRAP_ADMIN_USERNAME": keycloak.admin_username,
        "KC_BOOTSTRAP_ADMIN_PASSWORD": keycloak.admin_password,
        "KEYCLOAK_CLIENT_SECRET": keycloak.client_secret,
        "JAVA_OPTS": _JAVA,
    }
    # What the developer's own Keycloak is told by the environment is not for this one.
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("KC_", "KEYCLOAK_", "MARQUEE_"))}
    start = ["sh", str(folder / "bin" / "kc.sh"), "start-dev", "--import-realm"]
    command = ["sh", "-c", _GUARD, "guard", *start, "--http-host=127.0.0.1", f"--http-port={port}"]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            command, env=ours | given, stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True
        )
    try:
        yield process
    finally:
        process.communicate(timeout=15)


def _wait(process: subprocess.Popen[bytes], issuer: str, log: Path) -> None:
    """Until the realm answers; it fails when Keycloak has ended or time is up."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with suppress(httpx2.HTTPError):
            if httpx2.get(f"{issuer}/.well-known/openid-configuration").is_success:
                return
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.1)
    pytest.fail(f"Keycloak did not start:\n{log.read_text()[-3000:]}")


async def _warm(keycloak: RunningKeycloak) -> None:
    """What is done for the first time takes seconds there, and nobody who is tested has that many."""
    headers = {"Authorization": f"Bearer {await keycloak.admin_token()}"}
    address = f"{keycloak.url}/admin/realms/{keycloak.realm}/users"
    person = {"username": "warm", "email": "warm@example.com", "enabled": True}
    credentials = [{"type": "password", "value": PASSWORD}]
    async with httpx2.AsyncClient(headers=headers, timeout=60) as client:
        made = await client.post(address, json=person | {"credentials": credentials})
        await keycloak.tokens("warm@example.com", PASSWORD)
        (await client.delete(made.raise_for_status().headers["Location"])).raise_for_status()
        lasting = {"accessTokenLifespan": 3600}  # an admin's of a minute may end in the middle of a test
        (await client.put(f"{keycloak.url}/admin/realms/master", json=lasting)).raise_for_status()
