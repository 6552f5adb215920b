"""The `.http` file, sent as an editor would: in order, with what was answered before."""

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from tests.examples.conftest import CLIENTS, Place
from tests.examples.http_file import HttpFile, read

pytestmark = pytest.mark.xdist_group("heavy")


@pytest.fixture
def file(place: Place) -> HttpFile:
    file = read(CLIENTS / "marquee.http")
    file.variables["address"] = place.address
    return file


def refusals(answer: Any) -> Iterator[Any]:
    """Whatever in an answer says that it was not done."""
    if isinstance(answer, dict):
        yield from [answer] if {"code", "message"} <= answer.keys() else []
        answer = list(answer.values())
    for inner in answer if isinstance(answer, list) else ():
        yield from refusals(inner)


async def send_all(file: HttpFile, client: httpx2.AsyncClient) -> dict[str, httpx2.Response]:
    answers = {}
    for request in file.requests:
        response = await client.request(
            request.method,
            file.filled(request.address),
            headers={name: file.filled(value) for name, value in request.headers.items()},
            content=file.filled(request.body),
        )
        assert response.status_code in {200, 206}, (request.title, response.text)
        if "json" in response.headers["content-type"]:
            answer = response.json()
            assert "data" in answer, (request.title, answer)
            assert [*refusals(answer)] == [], request.title
            file.answers[request.name] = answer
        answers[request.title] = response
    return answers


async def test_every_request_is_answered_and_all_may_be_sent_again(file: HttpFile, client: httpx2.AsyncClient) -> None:
    assert len([one for one in file.requests if re.match(r"\d+\. ", one.title)]) == 10
    for _ in range(2):
        answers = await send_all(file, client)
        (kilobyte,) = [response for response in answers.values() if response.status_code == 206]
        assert len(kilobyte.content) == 1024
        assert answers["Sign out"].json()["data"] == {"logout": True}
    (going_on,) = [one.json()["data"]["viewer"] for title, one in answers.items() if title.startswith("8.")]
    chosen = file.answers["browse"]["data"]["contents"]["nodes"][0]
    assert going_on["continueWatching"]["nodes"][0]["content"] == {"id": chosen["id"], "title": chosen["title"]}
    assert going_on["continueWatching"]["nodes"][0]["positionSeconds"] == 9.5


def test_bodies_are_json_that_any_client_can_send(file: HttpFile) -> None:
    for request in file.requests:
        assert request.method == "GET" or json.loads(request.body)["query"], request.title


def test_nobody_is_asked_but_the_server_itself(file: HttpFile) -> None:
    addresses = {request.address.partition("/graphql")[0] for request in file.requests}
    assert addresses == {"{{address}}", "{{play.response.body.$.data.startStream.url}}"}
