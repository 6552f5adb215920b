"""Asks the same by every door of GraphQL: HTTP in both media types, server-sent events, and a socket."""

import json
from dataclasses import dataclass
from typing import Any

from tests.api.conftest import Api, Person
from tests.api.test_subscriptions import connected

DOORS = ["application/json", "application/graphql-response+json", "text/event-stream", "websocket"]


@dataclass(frozen=True)
class Said:
    data: Any
    errors: list[Any]
    cost: dict[str, int] | None
    status: int | None

    @property
    def codes(self) -> list[str]:
        return [error["extensions"]["code"] for error in self.errors]

    @property
    def message(self) -> str:
        """Of the one error there is."""
        (error,) = self.errors
        return str(error["message"])


async def asked(api: Api, door: str, query: str, who: Person | None = None, **variables: Any) -> Said:
    """What is answered first."""
    if door == "websocket":
        return await _by_socket(api, query, who, variables)
    headers = {"accept": door} | ({"authorization": f"Bearer {who.token}"} if who else {})
    body = {"query": query, "variables": variables}
    response = await api.client.post(f"{api.base_url}/graphql", json=body, headers=headers)
    if door == "text/event-stream" and response.status_code == 200:
        lines = response.text.splitlines()
        return _said(json.loads(lines[lines.index("event: next") + 1].removeprefix("data:")), None)
    return _said(response.json(), response.status_code)


async def _by_socket(api: Api, query: str, who: Person | None, variables: dict[str, Any]) -> Said:
    async with connected(api.base_url, who) as socket:
        await socket.subscribe(query, **variables)
        message = await socket.hear()
        return said_by(message)


def said_by(message: dict[str, Any]) -> Said:
    """In a message of a socket."""
    payload = message["payload"]
    return _said({"errors": payload} if message["type"] == "error" else payload, None)


def _said(body: dict[str, Any], status: int | None) -> Said:
    return Said(body.get("data"), body.get("errors", []), body.get("extensions", {}).get("cost"), status)
