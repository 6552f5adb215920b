"""Where uploads are tried: the same tests at the embedded store and at a real S3 server."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from composition import Marquee
from domain.uploads import incoming
from tests.api.conftest import CLIP, Answer, Api, Person, World
from tests.api.issuer import settings_like
from tests.integrations.objects.conftest import credentials, rclone_url
from tests.integrations.objects.servers import BUCKET
from tests.serving import serving

__all__ = ["credentials", "rclone_url"]

PICTURES = Path(__file__).resolve().parents[2] / "pictures"
TYPES = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp", "avif": "image/avif", "gif": "image/gif"}
TICKET = "image { id key filename contentType sizeBytes status } url method headers { name value } expiresAt"
CREATE = f"""mutation ($filename: String!, $contentType: String!, $sizeBytes: Int!) {{
  createImageUpload(input: {{filename: $filename, contentType: $contentType, sizeBytes: $sizeBytes}}) {{
    ... on UploadTicket {{ {TICKET} fields {{ name }} }} ... on Refusal {{ code message problems {{ field }} }} }} }}"""
COMPLETE = """mutation ($id: ID!) { completeImageUpload(input: {id: $id}) {
  ... on Image { id key status } ... on Refusal { code message } } }"""
URL = """query ($key: String!, $download: Boolean! = false, $filename: String) {
  imageUrl(key: $key, asDownload: $download, filename: $filename) { key url expiresIn download } }"""
POST = f"""mutation ($body: String!, $image: CreateImageUploadInput) {{
  createPost(input: {{body: $body, image: $image}}) {{
    ... on PostCreated {{
      post {{ id body imageUrl image {{ id status }} author {{ displayName }} }}
      upload {{ {TICKET} }} }}
    ... on Refusal {{ code problems {{ field }} }} }} }}"""


def picture(ending: str = "png") -> bytes:
    return (PICTURES / f"picture.{ending}").read_bytes()


def announced(ending: str = "png", size: int | None = None) -> dict[str, Any]:
    """What an upload of that picture says of itself."""
    return {
        "filename": f"Holiday.{ending}",
        "contentType": TYPES[ending],
        "sizeBytes": len(picture(ending)) if size is None else size,
    }


@dataclass
class Stage:
    """A server with one of the stores."""

    marquee: Marquee
    api: Api
    world: World
    client: httpx2.AsyncClient

    async def ticket(self, who: Person, ending: str = "png", **rest: Any) -> dict[str, Any]:
        ticket: dict[str, Any] = (await self.api.data(CREATE, who, **(announced(ending) | rest)))["createImageUpload"]
        assert "code" not in ticket, ticket
        return ticket

    async def send(self, ticket: dict[str, Any], data: bytes, **headers: str) -> httpx2.Response:
        """As a browser does it: to the address, by the method, with the headers that the ticket names."""
        told = {header["name"]: header["value"] for header in ticket["headers"]}
        return await self.client.request(ticket["method"], ticket["url"], content=data, headers=told | headers)

    async def complete(self, who: Person, image_id: str) -> Any:
        return (await self.api.data(COMPLETE, who, id=image_id))["completeImageUpload"]

    async def image(self, who: Person, ending: str = "png") -> dict[str, Any]:
        """Uploaded and ready."""
        ticket = await self.ticket(who, ending)
        sent = await self.send(ticket, picture(ending))
        assert sent.status_code == 200, sent.text
        made = await self.complete(who, ticket["image"]["id"])
        assert made["status"] == "READY"
        return dict(ticket["image"])

    async def post(self, who: Person, body: str = "Look", image: dict[str, Any] | None = None) -> dict[str, Any]:
        return dict((await self.api.data(POST, who, body=body, image=image))["createPost"])

    async def post_with_picture(self, who: Person) -> dict[str, Any]:
        """Of which the picture is ready; what was answered when it was posted."""
        made = await self.post(who, image=announced())
        assert (await self.send(made["upload"], picture())).status_code == 200
        assert (await self.complete(who, made["upload"]["image"]["id"]))["status"] == "READY"
        return made

    async def url(self, who: Person | None, key: str, **rest: Any) -> Any:
        return (await self.api.data(URL, who, key=key, **rest))["imageUrl"]

    async def asked_url(self, who: Person | None, key: str, **rest: Any) -> Answer:
        return await self.api.ask(URL, who, key=key, **rest)

    async def settle(self) -> None:
        """What is to go has gone."""
        (job,) = (job for job in self.marquee.jobs() if job.name == "delete objects")
        await job.run()

    async def is_stored(self, key: str) -> bool:
        return await self.marquee.objects.head(key) is not None

    async def has_arrived(self, key: str) -> bool:
        return await self.is_stored(incoming(key))

    async def has_gone(self, key: str) -> bool:
        """Without a trace."""
        return not await self.is_stored(key) and not await self.has_arrived(key)


@pytest.fixture(scope="session")
async def with_bucket(marquee: Marquee, rclone_url: str, credentials: None) -> AsyncIterator[tuple[Marquee, str]]:
    """Another Marquee on the same database, whose store is a real S3 server, and where it answers."""
    other = Marquee(settings_like(marquee, s3_bucket_name=BUCKET, s3_endpoint_url=rclone_url), marquee.database.dsn)
    async with serving(other.application()) as address:
        await other.objects.put("clip.webm", CLIP)
        yield other, address


@pytest.fixture
def embedded(marquee: Marquee, base_url: str, world: World, client: httpx2.AsyncClient) -> Stage:
    return Stage(marquee, Api(base_url, client), world, client)


@pytest.fixture
def s3(with_bucket: tuple[Marquee, str], world: World, client: httpx2.AsyncClient) -> Stage:
    marquee, address = with_bucket
    return Stage(marquee, Api(address, client), world, client)


@pytest.fixture(params=["embedded", "s3"])
def stage(request: pytest.FixtureRequest) -> Stage:
    found: Stage = request.getfixturevalue(request.param)
    return found
