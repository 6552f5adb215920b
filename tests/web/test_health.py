"""Whether a balancer should turn away from a server: A18 of FEATURES, O1 of GUARD."""

import asyncio

import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from domain.errors import Unavailable
from web.health import Health


async def up() -> None:
    return


async def refused() -> None:
    raise ConnectionRefusedError


async def gone() -> None:
    raise Unavailable("gone")


async def silent() -> None:
    await asyncio.Event().wait()


def client(**parts: object) -> TestClient:
    health = Health("Marquee", "1", parts)  # type: ignore[arg-type]
    return TestClient(Starlette(routes=[Route("/ready", health.ready), Route("/health", health.alive)]))


@pytest.mark.parametrize("down", [refused, gone, silent])
def test_a_part_that_is_down_is_named_and_turns_balancers_away(down: object) -> None:
    asked = client(database=down, search=up)
    answer = asked.get("/ready")
    assert (answer.status_code, answer.json()["status"]) == (503, "not ready")
    assert answer.json()["parts"] == {"database": "down", "search": "up"}
    assert asked.get("/health").status_code == 200


@pytest.mark.parametrize("spare", ["redis", "replica"])
def test_what_can_be_done_without_turns_nobody_away(spare: str) -> None:
    answer = client(database=up, **{spare: refused}).get("/ready")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert answer.json()["parts"] == {"database": "up", spare: "down"}


def test_a_server_whose_parts_are_up_is_ready() -> None:
    answer = client(database=up, redis=up).get("/ready")
    assert (answer.status_code, answer.json()["status"]) == (200, "ready")
