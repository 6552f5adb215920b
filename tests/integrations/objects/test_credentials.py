"""Credentials come from the platform, late, for a while, or never; as EKS hands them to a pod."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from structlog.testing import capture_logs

from domain.errors import Unavailable
from tests.integrations.objects.conftest import s3_store
from tests.integrations.objects.faulty import FaultyServer
from tests.serving import serving


@dataclass
class Platform:
    """Hands out other credentials each time, each for so many minutes; none at all while it is down."""

    url: str = ""
    minutes: int = 60
    given: int = 0
    down: bool = False

    async def credentials(self, _: Request) -> Response:
        if self.down:
            return Response("no", 503)
        self.given += 1
        ends = datetime.now(UTC) + timedelta(minutes=self.minutes)
        known = {"AccessKeyId": f"ASIA{self.given}", "SecretAccessKey": "a secret", "Token": f"token-{self.given}"}
        return JSONResponse(known | {"Expiration": ends.strftime("%Y-%m-%dT%H:%M:%SZ")})


@pytest.fixture
async def platform(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Platform]:
    platform = Platform()
    async with serving(Starlette(routes=[Route("/", platform.credentials)]), lifespan="off") as address:
        platform.url = address
        monkeypatch.delenv("AWS_ACCESS_KEY_ID")
        monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
        monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{address}/")
        yield platform


async def test_what_the_platform_gives_signs(platform: Platform) -> None:
    async with FaultyServer().running() as server, s3_store(server.url) as store:
        assert await store.head("a.mp4")
        signed = httpx2.URL(await store.address("a.mp4", 60)).params
        assert signed["X-Amz-Credential"].startswith("ASIA1/")
        assert signed["X-Amz-Security-Token"] == "token-1"


async def test_a_lasting_address_does_not_outlast_who_signed_it(platform: Platform) -> None:
    async with s3_store("http://127.0.0.1:1") as store:
        first = await store.lasting_address("a.png")
        assert await store.lasting_address("a.png") == first
    platform.minutes = 5  # less than botocore trusts: it asks again each time
    async with s3_store("http://127.0.0.1:1") as store:
        second, third = await store.lasting_address("a.png"), await store.lasting_address("a.png")
        signers = {httpx2.URL(one).params["X-Amz-Security-Token"] for one in (first, second, third)}
        assert len(signers) == 3


async def test_without_credentials_it_is_unavailable_until_there_are_some(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as none:
        none.delenv("AWS_ACCESS_KEY_ID")
        none.delenv("AWS_SECRET_ACCESS_KEY")
        async with FaultyServer().running() as server, s3_store(server.url) as store:
            for question in (store.head("a.mp4"), store.address("a.mp4", 60), store.lasting_address("a.mp4")):
                with capture_logs() as log, pytest.raises(Unavailable):
                    await question
                assert log[0]["reason"] == "cannot be asked, for there are no credentials"
            none.undo()
            assert await store.head("a.mp4")


async def test_a_platform_that_was_down_is_asked_again(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    platform.down = True
    monkeypatch.setattr("aiobotocore.utils.AioContainerMetadataFetcher.SLEEP_TIME", 0)
    async with FaultyServer().running() as server, s3_store(server.url) as store:
        with capture_logs() as log, pytest.raises(Unavailable):
            await store.head("a.mp4")
        assert platform.url not in json.dumps(log)
        platform.down = False
        assert await store.head("a.mp4")


async def test_who_does_not_run_it_has_made_a_mistake() -> None:
    async with s3_store("http://127.0.0.1:1") as store:
        pass
    with pytest.raises(AssertionError, match="does not run"):
        await store.address("a.png", 60)
