"""Addresses for uploading: rclone proves what is signed."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from domain.media import SignedUpload
from integrations.s3 import S3Store
from integrations.s3_client import S3Client
from tests.integrations.objects.conftest import REGION, everything
from tests.integrations.objects.servers import BUCKET

PNG = b"\x89PNG\r\n\x1a\n and more"


@dataclass
class Uploading:
    upload: SignedUpload
    browser: httpx2.AsyncClient

    async def send(self, data: bytes = PNG, method: str = "PUT", **headers: str | None) -> int:
        """The status of the answer to what was asked for, with headers changed, added, or left out."""
        changed = {name.replace("_", "-"): value for name, value in headers.items()}
        asked = {name: value for name, value in {**self.upload.headers, **changed}.items() if value is not None}
        return (await self.browser.request(method, self.upload.url, content=data, headers=asked)).status_code


async def uploading(store: S3Store, key: str, browser: httpx2.AsyncClient, seconds: int = 60) -> Uploading:
    return Uploading(await store.upload(key, "image/png", len(PNG), seconds), browser)


async def test_the_bytes_that_were_announced_get_in(bucket: S3Store, folder: str, browser: httpx2.AsyncClient) -> None:
    for key in (f"{folder}/a.png", f"{folder}/한글 + 100%.png"):
        assert await (await uploading(bucket, key, browser)).send() == 200
        stored = await bucket.head(key)
        assert stored
        assert (stored.size_bytes, stored.content_type) == (len(PNG), "image/png")
        assert await everything(bucket, stored) == PNG


async def test_nothing_else_gets_in(by_rclone: S3Store, folder: str, browser: httpx2.AsyncClient) -> None:
    key = f"{folder}/a.png"
    asked = await uploading(by_rclone, key, browser)
    assert await asked.send(PNG + b"!") == 403
    assert await asked.send(PNG[:-1]) == 403
    assert await asked.send(b"") == 403
    assert await asked.send(Content_Type="text/html") == 403
    assert await asked.send(Content_Type=None) == 403
    assert await asked.send(x_amz_acl="public-read") == 403
    for method in ("POST", "DELETE", "GET", "HEAD"):
        assert await asked.send(method=method) >= 400
    for name, other in [("a.png", "b.png"), ("Expires=60", "Expires=600"), ("content-type%3B", "")]:
        assert name in asked.upload.url
        tampered = replace(asked.upload, url=asked.upload.url.replace(name, other))
        assert await Uploading(tampered, browser).send() == 403
    assert await by_rclone.head(key) is None
    assert await by_rclone.list(folder, "", 10) == []


async def test_an_address_of_the_past_opens_nothing(
    by_rclone: S3Store, folder: str, browser: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await by_rclone.put(f"{folder}/b.png", PNG)
    an_hour_ago = datetime.now(UTC).replace(tzinfo=None) - timedelta(hours=1)
    with monkeypatch.context() as then:
        then.setattr("botocore.auth.get_current_datetime", lambda: an_hour_ago)
        upload = await uploading(by_rclone, f"{folder}/a.png", browser)
        address = await by_rclone.address(f"{folder}/b.png", 60)
        lasting = await by_rclone.address(f"{folder}/b.png", 4000)
    assert await upload.send() in (400, 403)
    assert (await browser.get(address)).status_code in (400, 403)
    assert (await browser.get(lasting)).status_code == 200
    assert [one.key for one in await by_rclone.list(folder, "", 10)] == [f"{folder}/b.png"]


async def test_an_address_for_reading_neither_writes_nor_reads_something_else(
    by_rclone: S3Store, folder: str, browser: httpx2.AsyncClient
) -> None:
    await by_rclone.put(f"{folder}/a.png", PNG)
    await by_rclone.put(f"{folder}/b.png", b"not yours")
    address = await by_rclone.address(f"{folder}/a.png", 60, content_type="image/png", disposition="inline")
    assert (await browser.get(address)).status_code == 200
    assert (await browser.put(address, content=b"mine")).status_code >= 400
    assert (await browser.delete(address)).status_code >= 400
    for name, other in [("a.png", "b.png"), ("image%2Fpng", "text%2Fhtml"), ("=inline", "=attachment")]:
        assert name in address
        assert (await browser.get(address.replace(name, other))).status_code == 403
    assert [one.size_bytes for one in await by_rclone.list(folder, "", 10)] == [len(PNG), 9]


async def test_addresses_name_the_place_where_browsers_reach_the_store(
    rclone_url: str, browser: httpx2.AsyncClient
) -> None:
    public = rclone_url.replace("127.0.0.1", "localhost")
    store = S3Store(S3Client(REGION, rclone_url, "path", public), BUCKET)
    async with store.running():
        upload = await store.upload("public/a.png", "image/png", 3, 60)
        assert upload.url.startswith(f"{public}/{BUCKET}/public/a.png?")
        sent = await browser.put(upload.url, content=b"abc", headers=dict(upload.headers))
        assert sent.status_code == 200, sent.text
        for address in (await store.address("public/a.png", 60), await store.lasting_address("public/a.png")):
            assert address.startswith(public)
            assert (await browser.get(address)).content == b"abc"
        assert await store.head("public/a.png")
