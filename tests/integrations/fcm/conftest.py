"""Fcm, and the server that it speaks with. Whatever a test does, nothing secret is told."""

import logging
import traceback
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx2
import pytest
from structlog.testing import capture_logs

from domain.errors import Unavailable
from domain.push import Fate, Push, Pushed, PushService
from integrations.fcm import Fcm, ServiceAccount
from tests.integrations.fcm_server import FcmServer, fcm_server, private_key

DEVICE = "dQw4w9WgXcQ:APA91bHun4MxP5egoKMwt2KZFBaFUH-1RYqx-of-nobody"
PUSH = Push(DEVICE, "review:7", "새 리뷰", "누군가 리뷰를 남겼습니다.", {"contentId": "12"})
SENT = Pushed(Fate.SENT)
NOWHERE = "http://127.0.0.1:1"


@pytest.fixture(scope="package")
async def running() -> AsyncIterator[FcmServer]:
    async with fcm_server() as server:
        yield server


@pytest.fixture
def server(running: FcmServer) -> FcmServer:
    running.forget()
    return running


@pytest.fixture
def fcm(server: FcmServer, client: httpx2.AsyncClient) -> PushService:
    return service(server, client)


@pytest.fixture(autouse=True)
def lines(server: FcmServer, caplog: pytest.LogCaptureFixture) -> Iterator[list[Any]]:
    """The log. Nothing secret is in it, however much is logged."""
    with capture_logs() as lines, caplog.at_level(logging.DEBUG):
        yield lines
    assert_silent(server, f"{lines} {caplog.messages}")


def service(server: FcmServer, client: httpx2.AsyncClient, url: str = "", seconds: float = 5.0) -> PushService:
    account = ServiceAccount.read(server.setting)
    return Fcm(client=client, service_account=account, url=url or server.url, answer_seconds=seconds)


def assert_silent(server: FcmServer, text: str) -> None:
    middle_of_key = private_key().splitlines()[5]
    assert not [secret for secret in (DEVICE, middle_of_key, *server.secrets) if secret in text]


async def unavailable(server: FcmServer, fcm: PushService) -> str:
    """Why nothing can be pushed. Nothing secret is in it or in the traceback."""
    with pytest.raises(Unavailable) as caught:
        await fcm.send(PUSH)
    assert_silent(server, "".join(traceback.format_exception(caught.value)))
    return caught.value.message
