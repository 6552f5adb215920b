"""Hears of the own progress on all devices.   python subscription.py [end after so many events]"""

import asyncio
import os
import random
import sys
from collections.abc import Callable
from contextlib import aclosing
from typing import Any

from gql import Client, GraphQLRequest
from gql.transport.exceptions import TransportClosed, TransportConnectionFailed, TransportError, TransportServerError
from gql.transport.httpx import HTTPXAsyncTransport
from gql.transport.websockets import WebsocketsTransport

ADDRESS = os.environ.get("MARQUEE_URL", "http://127.0.0.1:8000")
ACCOUNT = {
    "email": os.environ.get("EMAIL", "member@example.com"),
    "password": os.environ.get("PASSWORD", "marquee-demo"),
}
TOKENS = "... on SignedIn { tokens { accessToken refreshToken } } ... on Refusal { code message }"
SIGN_IN = f"mutation SignIn($input: LoginInput!) {{ session: login(input: $input) {{ {TOKENS} }} }}"
REFRESH = f"mutation Refresh($input: RefreshSessionInput!) {{ session: refreshSession(input: $input) {{ {TOKENS} }} }}"
WATCH = """
    subscription Watch($after: String) {
      watchProgress(after: $after) { cursor progress { positionSeconds content { title } } }
    }
"""
ENDED = 4403  # the access token has run out, or its session was ended
WAITS = (0.2, 0.5, 1, 2, 5)


async def tokens(mutation: str, given: dict[str, Any]) -> dict[str, str]:
    """A session's tokens; the program ends where they are refused."""
    transport = HTTPXAsyncTransport(f"{ADDRESS}/graphql", timeout=10)
    async with Client(transport=transport) as asking:
        session = (await asking.execute(GraphQLRequest(mutation, variable_values={"input": given})))["session"]
    if "code" in session:
        sys.exit(f"{session['code']}: {session['message']}")
    return dict(session["tokens"])


async def listen(token: str, after: str | None, hear: Callable[[Any], bool]) -> bool:
    """One socket, until it breaks, or until `hear` says that it was enough: then it answers true."""
    transport = WebsocketsTransport(
        f"{ADDRESS.replace('http', 'ws', 1)}/graphql",
        subprotocols=[WebsocketsTransport.GRAPHQLWS_SUBPROTOCOL],
        init_payload={"authorization": f"Bearer {token}"},
        ping_interval=10,  # a line that was cut without a word answers no ping
        pong_timeout=5,
    )
    request = GraphQLRequest(WATCH, variable_values={"after": after})
    async with Client(transport=transport) as asking, aclosing(asking.subscribe(request)) as answers:
        async for answer in answers:
            if hear(answer["watchProgress"]):
                return True
    return False


async def main(most: float) -> None:
    session, after, heard, tries = await tokens(SIGN_IN, ACCOUNT), None, 0, 0

    def hear(event: Any) -> bool:
        nonlocal after, heard, tries
        after, heard, tries = event["cursor"], heard + 1, 0
        print(f"{event['progress']['content']['title']}: {event['progress']['positionSeconds']:g} s", flush=True)
        return heard == most

    has_ended = False
    while True:
        try:
            if has_ended:
                session, has_ended = await tokens(REFRESH, {"refreshToken": session["refreshToken"]}), False
            if await listen(session["accessToken"], after, hear):
                return
        except (TransportConnectionFailed, TransportServerError, TransportClosed) as lost:
            closed = getattr(lost.__cause__, "rcvd", None)
            has_ended = has_ended or (closed is not None and closed.code == ENDED)
        wait = WAITS[min(tries, len(WAITS) - 1)]
        await asyncio.sleep(wait * random.uniform(0.75, 1.25))  # noqa: S311 - so that not all come at once
        tries += 1


if __name__ == "__main__":
    try:
        asyncio.run(main(float(*sys.argv[1:] or ["inf"])))
    except TransportError as error:
        sys.exit(f"FAILED: {error}")
