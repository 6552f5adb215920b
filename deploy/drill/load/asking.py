"""Asking, and judging the form of every answer."""

import time
from dataclasses import dataclass, field
from typing import Any

import httpx2

from deploy.drill.load.telling import Lateness, tell

# Behind this an answer counts as none; whoever waits for a turn with a password may wait for fifteen.
PATIENCE = 20.0
_CLEAN = {200, 206, *range(400, 500), 503, 504}


@dataclass(frozen=True, slots=True)
class Answer:
    """`outcome` is one of: done, refused (by a union), error (by a code), unanswered, unclean. `data` is the one root
    field's; `code` what a refusal or an error says.
    """

    outcome: str
    code: str = ""
    data: Any = None
    content: bytes = b""

    @property
    def done(self) -> bool:
        return self.outcome == "done"

    @property
    def is_certain(self) -> bool:
        """Whether it says what is now the case. A coded error may come too late to undo a change."""
        return self.outcome in {"done", "refused"}


@dataclass(slots=True)
class Asker:
    """`front` is where everybody asks, `servers` are the servers past it."""

    client: httpx2.AsyncClient
    front: str
    servers: list[str]
    lateness: Lateness = field(default_factory=Lateness)

    async def ask(
        self,
        kind: str,
        document: str,
        token: str = "",
        *,
        at: str = "",
        wants: str = "",
        already: str = "",
        **variables: Any,
    ) -> Answer:
        """By GraphQL. `wants` is the code of the answer that is the right one, where that is a no; `already` that of
        one that is right too, because a try before this, of which nobody knows what became, may have done it.
        """
        headers = {"authorization": f"Bearer {token}"} if token else {}
        body = {"query": document, "variables": variables}
        sending = self.client.build_request("POST", f"{at or self.front}/graphql", json=body, headers=headers)
        return await self._sent(kind, sending, _of_graphql, at, wants, already)

    async def fetch(self, kind: str, method: str, address: str, **more: Any) -> Answer:
        """At any other door."""
        at = "" if address.startswith(self.front) else address
        return await self._sent(kind, self.client.build_request(method, address, **more), _plain, at)

    async def _sent(
        self, kind: str, request: httpx2.Request, read: Any, at: str, wants: str = "", already: str = ""
    ) -> Answer:
        began = time.monotonic()
        answer = await self._answered(request, read)
        ended = time.monotonic()
        took, late = ended - began, self.lateness.between(began, ended)
        good = answer.code == wants if wants else answer.done or bool(already and answer.code == already)
        tell(kind=kind, at=began, took=took, late=late, outcome=answer.outcome, code=answer.code, good=good, past=at)
        return answer

    async def _answered(self, request: httpx2.Request, read: Any) -> Answer:
        """An answer that was begun and is not whole is one that was cut."""
        cut = ""
        try:
            response = await self.client.send(request, stream=True)
            cut = "cut: "
            try:
                await response.aread()
            finally:
                await response.aclose()
        except httpx2.HTTPError as error:
            return Answer("unanswered", f"{cut}{type(error).__name__}")
        return _judged(response, read)


def _judged(response: httpx2.Response, read: Any) -> Answer:
    if response.status_code == 502:
        return Answer("unanswered", "502")  # the front says, in our form, that nobody was there who could have answered
    if response.status_code not in _CLEAN:
        return Answer("unclean", f"{response.status_code} {response.text[:200]}")
    try:
        found: Answer = read(response)
    except (ValueError, KeyError, TypeError, IndexError) as error:
        return Answer("unclean", f"{response.status_code} {error!r} {response.text[:200]}")
    return found


def _of_graphql(response: httpx2.Response) -> Answer:
    body = response.json()
    if errors := body.get("errors"):
        codes = [error["extensions"]["code"] for error in errors]
        return Answer("unclean" if "INTERNAL" in codes else "error", codes[0])
    (data,) = body["data"].values()
    if isinstance(data, dict) and data.get("__typename") == "Refusal":
        return Answer("refused", data["code"])
    return Answer("done", data=data)


def _plain(response: httpx2.Response) -> Answer:
    if response.status_code < 300:
        return Answer("done", content=response.content)
    if response.headers.get("content-type", "").startswith("application/json"):
        return Answer("error", response.json()["code"])
    return Answer("error", f"{response.status_code}")
