"""Signs in, and says where a player stands in a content.   python mutation.py <content id> <seconds>"""

import os
import sys
import time
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from gql import Client, GraphQLRequest
from gql.transport.exceptions import TransportConnectionFailed, TransportError, TransportQueryError
from gql.transport.httpx import HTTPXTransport

ADDRESS = os.environ.get("MARQUEE_URL", "http://127.0.0.1:8000")
ACCOUNT = {
    "email": os.environ.get("EMAIL", "member@example.com"),
    "password": os.environ.get("PASSWORD", "marquee-demo"),
}
SIGN_IN = """
    mutation SignIn($input: LoginInput!) {
      login(input: $input) {
        ... on SignedIn { tokens { accessToken } }
        ... on Refusal { code message problems { field message } }
      }
    }
"""
RECORD = """
    mutation Record($input: RecordWatchProgressInput!) {
      recordWatchProgress(input: $input) {
        ... on ProgressRecorded { progress { positionSeconds completed content { title } } }
        ... on Refusal { code message problems { field message } }
      }
    }
"""
MAY_PASS = {"INTERNAL", "RATE_LIMITED", "UNAVAILABLE"}


def door(token: str | None = None) -> HTTPXTransport:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return HTTPXTransport(f"{ADDRESS}/graphql", headers=headers, timeout=10)


def granted(result: dict[str, Any]) -> dict[str, Any]:
    """The result itself; where it is a refusal, the program ends with its words."""
    if "code" in result:
        problems = [f"\n  {'.'.join(problem['field'])}: {problem['message']}" for problem in result["problems"]]
        sys.exit(f"{result['code']}: {result['message']}{''.join(problems)}")
    return result


def patiently(transport: HTTPXTransport, request: GraphQLRequest, tries: int = 5) -> dict[str, Any]:
    """Sends it until it is answered: a repeat of the same `eventId` changes nothing, so it is never counted twice."""
    client = Client(transport=transport)
    for wait in [0.2 * 2**number for number in range(tries - 1)]:
        try:
            return client.execute(request)
        except TransportConnectionFailed:
            time.sleep(wait)
        except TransportQueryError as error:
            if not error.errors or error.errors[0]["extensions"]["code"] not in MAY_PASS:
                raise
            headers = transport.response_headers
            time.sleep(float(headers.get("Retry-After", wait) if headers else wait))
    return client.execute(request)


def main(content_id: str, seconds: str) -> None:
    signed_in = Client(transport=door()).execute(GraphQLRequest(SIGN_IN, variable_values={"input": ACCOUNT}))
    token = granted(signed_in["login"])["tokens"]["accessToken"]
    event = {
        "eventId": str(uuid4()),
        "contentId": content_id,
        "positionSeconds": float(seconds),
        "observedAt": datetime.now(UTC).isoformat(),
    }
    answer = patiently(door(token), GraphQLRequest(RECORD, variable_values={"input": {"events": [event]}}))
    for stands in granted(answer["recordWatchProgress"])["progress"]:
        end = ", seen to the end" if stands["completed"] else ""
        print(f"{stands['content']['title']}: {stands['positionSeconds']:g} s{end}")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except TransportError as error:
        sys.exit(f"FAILED: {error}")
