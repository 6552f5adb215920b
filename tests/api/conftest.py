"""A server of our own on loopback for the tests of this folder, and a world to fill it with."""

import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from typing import Any

import httpx2
import pytest

import execution
from composition import Marquee
from domain import ids
from domain.contents import Content, NewContent
from domain.corporations import Corporation, NewCorporation, Plan
from domain.sessions import Client
from domain.users import NewUser, Role, User, Viewer
from settings import Settings
from tests.emptying import empty
from tests.execution.both import both
from tests.integrations.tmdb_server import KEY, TmdbServer
from tests.many import long_way
from tests.serving import serving

# Whatever these tests ask is answered both ways.
execution.compiled = both  # type: ignore[assignment, attr-defined]

PASSWORD = "a password for tests"
CLIENT = Client("tests", "127.0.0.1")
CLIP = bytes(range(256)) * 4  # 1024 bytes, of which each says where it stands


@dataclass
class Person:
    user: User
    token: str
    refresh_token: str
    id: str = field(init=False)

    def __post_init__(self) -> None:
        self.id = ids.encode("User", self.user.id)


@dataclass
class Answer:
    """What came back: the HTTP response and, where it was GraphQL, its parts."""

    response: httpx2.Response
    body: dict[str, Any]

    @property
    def data(self) -> Any:
        assert "errors" not in self.body, self.body["errors"]
        return self.body["data"]

    @property
    def codes(self) -> list[str]:
        return [error["extensions"]["code"] for error in self.body.get("errors", [])]

    @property
    def statements(self) -> int:
        """How many SQL statements it cost, which the server tells outside production."""
        return int(self.response.headers["server-timing"].partition('desc="')[2].partition(" ")[0])


class Api:
    """Talks GraphQL to the server, as one person or as nobody."""

    def __init__(self, base_url: str, client: httpx2.AsyncClient) -> None:
        self.base_url, self.client = base_url, client

    async def ask(self, query: str, who: Person | str | None = None, **variables: Any) -> Answer:
        """`who` may be a person, an access token, or nobody."""
        token = who.token if isinstance(who, Person) else who
        headers = {"authorization": f"Bearer {token}"} if token else {}
        body = {"query": query, "variables": variables}
        response = await self.client.post(f"{self.base_url}/graphql", json=body, headers=headers)
        return Answer(response, response.json())

    async def data(self, query: str, who: Person | str | None = None, **variables: Any) -> Any:
        """The data; an assertion fails where there were errors."""
        return (await self.ask(query, who, **variables)).data


class World:
    """Makes companies, people and contents straight in the database, without asking the API."""

    def __init__(self, marquee: Marquee, password_hash: str) -> None:
        self.marquee, self._password_hash = marquee, password_hash
        self._numbers = itertools.count(1)

    async def corporation(self, name: str | None = None, plan: Plan = Plan.PAID) -> Corporation:
        async with self.marquee.database.writing() as transaction:
            new = NewCorporation(name or f"Company {next(self._numbers)}", plan, None)
            made = await self.marquee.stores.corporations.insert(transaction, new)
        assert made
        return made

    async def person(self, role: Role = Role.MEMBER, corporation: Corporation | None = None, **rest: Any) -> Person:
        """Signed in already; the password is PASSWORD."""
        number = next(self._numbers)
        sessions = self.marquee.services.sessions
        async with self.marquee.database.writing() as transaction:
            new = NewUser(
                email=rest.pop("email", f"person{number}@example.com"),
                password_hash=self._password_hash,
                display_name=f"Person {number}",
                role=role,
                corporation_id=corporation.id if corporation else None,
                **rest,
            )
            user = await self.marquee.stores.users.insert(transaction, new)
            assert user
            signed_in = await sessions.begin(transaction, user, CLIENT)
        return Person(user, signed_in.tokens.access_token, signed_in.tokens.refresh_token or "")

    def viewer(self, person: Person) -> Viewer:
        """The person as services know them."""
        return Viewer(person.user, 0, datetime.now(UTC) + timedelta(hours=1))

    async def content(self, corporation: Corporation | None = None, *, video: bool = True, **rest: Any) -> Content:
        """With one video file of CLIP's bytes, unless told otherwise; `genres` are given by name."""
        store = self.marquee.stores.contents
        corporation = corporation or await self.corporation()
        new = NewContent(corporation_id=corporation.id, title=rest.pop("title", f"Title {next(self._numbers)}"), **rest)
        async with self.marquee.database.writing() as transaction:
            made = await store.insert(transaction, new)
            assert made
            await self.marquee.stores.genres.set(transaction, made.id, new.genres)
            if video:
                await self.marquee.stores.video_assets.add(transaction, made.id, "clip.webm", "video/webm", len(CLIP))
        return made

    async def run(self, *names: str) -> None:
        """What these jobs do when their time comes."""
        jobs = {job.name: job for job in self.marquee.jobs()}
        for name in names:
            await jobs[name].run()

    async def rows(self, sql: str, *values: Any) -> list[Any]:
        """What a statement finds, straight from the database."""
        async with self.marquee.database.reading() as connection:
            return [tuple(row) for row in await connection.fetch(sql, *values)]


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("marquee")


@pytest.fixture
def tmdb(tmdb_for_all: TmdbServer) -> TmdbServer:
    """TMDB on loopback, where the server asks it; it knows nothing yet."""
    tmdb_for_all.forget()
    return tmdb_for_all


@pytest.fixture(scope="session")
async def marquee(dsn: str, home: Path, tmdb_for_all: TmdbServer) -> Marquee:
    settings = Settings(
        _env_file=None,
        **long_way.settings(dsn)
        | {
            "environment": "test",
            "marquee_home": home,
            "session_secret": "for tests only, and as long as it has to be",
            "trusted_issuers": [],
            "demonstration": False,
            "jobs_in_server": False,
            "tmdb_api_key": KEY,
            "tmdb_url": tmdb_for_all.url,
        },
    )
    return Marquee(settings, settings.dsn() or "")


@pytest.fixture(scope="session")
async def base_url(marquee: Marquee) -> AsyncIterator[str]:
    """The server, over real HTTP and real WebSockets, in this process; or two of their own, the long way round."""
    await marquee.objects.put("clip.webm", CLIP)
    others = long_way.is_on() and not long_way.serves_inside()
    async with long_way.standing(marquee) if others else serving(marquee.application()) as address:
        yield address


@pytest.fixture(scope="session")
async def client(base_url: str) -> AsyncIterator[httpx2.AsyncClient]:
    # Sooner than the server hangs up on connections that idle, or a request may meet it hanging up.
    limits = httpx2.Limits(max_connections=300, keepalive_expiry=2)
    before = [long_way.CaughtUp().before] if long_way.is_on() else []
    async with httpx2.AsyncClient(timeout=20, limits=limits, event_hooks={"request": before}) as client:
        yield forgetful(client)


def forgetful(client: httpx2.AsyncClient) -> httpx2.AsyncClient:
    """It keeps no cookies: one test's would be sent by the next."""
    client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    return client


@pytest.fixture(scope="session")
def api(base_url: str, client: httpx2.AsyncClient) -> Api:
    return Api(base_url, client)


@pytest.fixture(scope="session")
async def password_hash(marquee: Marquee) -> str:
    return await marquee.passwords.hash(PASSWORD)


@pytest.fixture
async def world(marquee: Marquee, base_url: str, password_hash: str) -> World:
    """An empty database; everything in it is this test's own."""
    await empty(marquee.database)
    await long_way.forget(marquee.settings)
    return World(marquee, password_hash)
