"""A clip out of a real S3 server, played by a Chromium: B7 of FEATURES."""

from collections.abc import Iterator

import pytest
from playwright.async_api import Response, expect

from tests.browser.conftest import Window, server
from tests.browser.test_graphiql import plays
from tests.integrations.objects.conftest import credentials, rclone_url
from tests.integrations.objects.servers import BUCKET

__all__ = ["credentials", "rclone_url"]
pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("heavy")]


@pytest.fixture(scope="module")
def address(
    chromium: str,
    worker_id: str,
    tmp_path_factory: pytest.TempPathFactory,
    rclone_url: str,
    credentials: None,
) -> Iterator[str]:
    """A server whose demonstration lies in the bucket."""
    bucket = {"S3_BUCKET_NAME": BUCKET, "S3_ENDPOINT_URL": rclone_url}
    with server(f"browser_bucket_{worker_id}", tmp_path_factory.mktemp("bucket"), **bucket) as found:
        yield found


async def test_a_clip_out_of_the_bucket_plays_and_seeks_and_says_nothing_of_where_it_lies(
    window: Window, email: str, rclone_url: str
) -> None:
    parts: list[Response] = []
    window.page.on("response", lambda response: parts.append(response) if "/stream/" in response.url else None)
    await window.sign_in(email)
    started = await window.run("Play")
    await expect(window.player.locator("h2")).to_have_text(started["data"]["startStream"]["content"]["title"])
    await plays(window.page)
    assert {part.status for part in parts} == {206}
    told = str(started) + "".join([str(await part.all_headers()) for part in parts])
    assert rclone_url not in told
    assert BUCKET not in told
