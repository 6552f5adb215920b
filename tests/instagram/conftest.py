"""Instagram with the database and a Meta on loopback, without GraphQL."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from composition.instagram import Instagram
from domain.freshness import AlwaysFresh
from domain.instagram_tokens import MetaToken
from domain.users import Viewer
from persistence.personas import Personas
from tests.api.conftest import World, api, base_url, client, home, marquee, password_hash, world  # noqa: F401
from tests.integrations.meta_server import MetaServer, meta_server
from tests.secrecy import all_logs

BACK = "https://marquee.test/oauth/instagram/callback"
LENT = "EAAlentZCsecret"


@dataclass
class Studio:
    """People with personas, Meta, and what stands between them."""

    world: World
    meta: MetaServer
    http: httpx2.AsyncClient
    instagram: Instagram

    def set(self, **settings: Any) -> Instagram:
        """The same with other settings."""
        marquee = self.world.marquee
        changed = marquee.settings.model_copy(update={**self.meta.settings(), **settings})
        return Instagram(changed, marquee.database, self.http, Personas(marquee.database), AlwaysFresh())

    async def viewer(self) -> Viewer:
        """A person who is signed in."""
        person = await self.world.person()
        ((session_id,),) = await self.world.rows("select id from sessions where user_id = $1", person.user.id)
        viewer = self.world.viewer(person)
        return Viewer(viewer.user, session_id, viewer.expires_at)

    async def persona(self, viewer: Viewer, number: int = 1) -> int:
        ((made,),) = await self.world.rows(
            "insert into personas (user_id, number, name, options) values ($1, $2, 'Mimi', '{}') returning id",
            *(viewer.user.id, number),
        )
        return int(made)

    async def state(self, viewer: Viewer, persona_id: int) -> tuple[str, str]:
        """State and code, as Meta sends them back with who allowed all."""
        started = await self.instagram.authorization.start(viewer, persona_id, BACK)
        asked = parse_qs(urlsplit(self.meta.consent(started.url)).query)
        return asked["state"][0], asked["code"][0]

    async def signed_in(self, viewer: Viewer, number: int = 1) -> int:
        """A persona with a token."""
        persona_id = await self.persona(viewer, number)
        state, code = await self.state(viewer, persona_id)
        await self.instagram.authorization.complete(state, code, BACK, None)
        return persona_id

    async def token(self, persona_id: int) -> str | None:
        """What is kept, opened."""
        found = await self.instagram.tokens.of_persona(persona_id)
        return found.text if found else None

    async def keep(self, viewer: Viewer, persona_id: int, days: float = 60) -> str:
        """A token that Meta knows, good for so many days, last renewed two days ago."""
        token = self.meta.give_token()
        lifetime = timedelta(days=days)
        assert await self.instagram.tokens.keep(viewer.user.id, persona_id, MetaToken(token, lifetime))
        await self.world.rows(
            "update instagram_tokens set renewed_at = now() - interval '2 days' where persona_id = $1", persona_id
        )
        return token


@pytest.fixture(scope="session")
async def meta_for_all() -> AsyncIterator[MetaServer]:
    async with meta_server() as meta:
        yield meta


@pytest.fixture
async def studio(world: World, meta_for_all: MetaServer) -> AsyncIterator[Studio]:
    meta_for_all.forget()
    async with httpx2.AsyncClient(timeout=5) as http:
        studio = Studio(world, meta_for_all, http, None)  # type: ignore[arg-type]
        studio.instagram = studio.set()
        yield studio


@pytest.fixture(autouse=True)
def lines(studio: Studio) -> Iterator[list[Any]]:
    """The log. Whatever a test does, neither it nor any library's says a secret."""
    with all_logs() as (lines, text):
        yield lines
    told = f"{lines}{text.getvalue()}"
    assert [secret for secret in [*studio.meta.secrets, LENT] if secret in told] == []
