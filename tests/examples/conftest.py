"""A server with the demonstration, somebody new who signs in, and the clients' programs where they can run."""

import itertools
import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from tests.conftest import database_from_template
from tests.examples import node
from tests.processes.conftest import Server, Street

CLIENTS = Path(__file__).resolve().parents[2] / "examples" / "clients"
PASSWORD = "a password for tests"
_REGISTER = (
    "mutation R($input: RegisterInput!) { register(input: $input) { ... on SignedIn { tokens { accessToken } } } }"
)
_RECORD = """mutation P($input: RecordWatchProgressInput!) { recordWatchProgress(input: $input) { __typename } }"""


class Place:
    """Where servers with the demonstration are; one after another on the same database."""

    def __init__(self, street: Street) -> None:
        self._street = street
        self.server = self._start()

    @property
    def address(self) -> str:
        return self.server.address

    def _start(self) -> Server:
        (server,) = self._street.servers(1, DEMONSTRATION="true")
        return server

    def restart(self) -> None:
        """Ends it in good order, and starts another, elsewhere."""
        self.server.process.terminate()
        self.server.process.wait(20)
        self.server = self._start()


@dataclass
class Somebody:
    """Who has just come, signed in on a screen of theirs."""

    place: Place
    client: httpx2.AsyncClient
    email: str
    token: str
    content: tuple[str, str]  # id and title
    since: datetime
    reported: int = 0

    @property
    def account(self) -> dict[str, str]:
        """What a program is told in its environment."""
        return {"EMAIL": self.email, "PASSWORD": PASSWORD}

    async def ask(self, query: str, **variables: Any) -> Any:
        headers = {"authorization": f"Bearer {self.token}"} if self.token else {}
        body = {"query": query, "variables": variables}
        answer = (await self.client.post(f"{self.place.address}/graphql", json=body, headers=headers)).json()
        assert "errors" not in answer, answer
        return answer["data"]

    async def report(self) -> str:
        """The next second of the same content, and the line that tells of it."""
        self.reported += 1
        event = {
            "eventId": str(uuid4()),
            "contentId": self.content[0],
            "positionSeconds": self.reported,
            "durationSeconds": 3600,
            "observedAt": (self.since + timedelta(seconds=self.reported)).isoformat(),
        }
        answer = await self.ask(_RECORD, input={"events": [event]})
        assert answer["recordWatchProgress"]["__typename"] == "ProgressRecorded", answer
        return f"{self.content[1]}: {self.reported} s"


@pytest.fixture(scope="session")
def place(worker_id: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    street = Street(database_from_template(f"examples_{worker_id}"), tmp_path_factory.mktemp("examples"), [])
    try:
        yield Place(street)
    finally:
        street.clear()


@pytest.fixture
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(timeout=20) as client:
        yield client


_numbers = itertools.count(1)


@pytest.fixture
async def somebody(place: Place, client: httpx2.AsyncClient) -> Somebody:
    since = datetime.now(UTC) - timedelta(hours=1)
    made = Somebody(place, client, f"client{next(_numbers)}@example.com", "", ("", ""), since)
    answer = await made.ask(_REGISTER, input={"email": made.email, "password": PASSWORD})
    made.token = answer["register"]["tokens"]["accessToken"]
    (content,) = (await made.ask("{ contents(first: 1) { nodes { id title } } }"))["contents"]["nodes"]
    made.content = (content["id"], content["title"])
    return made


@pytest.fixture(scope="session")
def javascript(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of its programs, with their packages, and not in the house itself."""
    node.node()
    folder = tmp_path_factory.mktemp("javascript")
    for program in CLIENTS.joinpath("javascript").glob("*.mjs"):
        shutil.copy(program, folder)
    folder.joinpath("node_modules").symlink_to(node.installed(CLIENTS / "javascript"))
    return folder


@pytest.fixture
def folder(language: str, request: pytest.FixtureRequest) -> Path:
    """Where the programs in this language are."""
    return Path(request.getfixturevalue("javascript")) if language == "javascript" else CLIENTS / language
