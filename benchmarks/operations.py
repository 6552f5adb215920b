"""What is asked: the operations of the speed benchmark, each with other variables from request to request."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from benchmarks.data import WATCHED_BY_ODD, Size
from domain import ids
from domain.contents import CONTENT_ORDERS, ContentOrder

_NEWEST = CONTENT_ORDERS[ContentOrder.NEWEST]
# How far apart two that come one after the other are: no number of contents has it as a factor.
_JUMP = 4409
# Ids that clients make come in no order.
_SCATTERING = 0x9E3779B97F4A7C15F39CC0605CEDC835


@dataclass(frozen=True, slots=True)
class Cast:
    """Who asks, by turns."""

    size: Size
    people: Sequence[int]

    def person(self, number: int) -> int:
        return self.people[number % len(self.people)]

    def content(self, number: int) -> int:
        return 1 + number * _JUMP % self.size.contents

    def turn(self, number: int) -> int:
        """How often this person has had a turn before."""
        return number // len(self.people)


@dataclass(frozen=True, slots=True)
class Operation:
    """`proof` is in every right answer. `variables` are those of the request with this number."""

    name: str
    document: str
    proof: bytes
    variables: Callable[[Cast, int], dict[str, Any]]


def _one(cast: Cast, number: int) -> dict[str, Any]:
    return {"id": ids.encode("Content", cast.content(number))}


def _page(length: int) -> Callable[[Cast, int], dict[str, Any]]:
    def variables(cast: Cast, number: int) -> dict[str, Any]:
        """Behind any content with a full page behind it."""
        content_id = length + 1 + cast.content(number) % (cast.size.contents - length)
        return {"after": _NEWEST.cursor(SimpleNamespace(id=content_id, created_at=cast.size.added_at(content_id)))}

    return variables


def _nothing(_cast: Cast, _number: int) -> dict[str, Any]:
    return {}


def _start(cast: Cast, number: int) -> dict[str, Any]:
    """Never seen by this person, as long as there are contents that they have not seen."""
    content_id = cast.size.unseen(cast.person(number), cast.turn(number))
    return {"input": {"contentId": ids.encode("Content", content_id)}}


def _event(cast: Cast, number: int) -> dict[str, Any]:
    """On what this person has watched, a little later each time."""
    turn = cast.turn(number)
    event = {
        "eventId": str(UUID(int=(number + 1) * _SCATTERING % 2**128)),
        "contentId": ids.encode("Content", cast.size.watched(cast.person(number), turn % WATCHED_BY_ODD)),
        "positionSeconds": 40.0 + turn % 5000,
        "durationSeconds": 5400.0,
        "observedAt": datetime.now(UTC).isoformat(),
    }
    return {"input": {"events": [event]}}


OPERATIONS: Mapping[str, Operation] = {
    operation.name: operation
    for operation in (
        Operation(
            "Q1",
            "query Q1($id: ID!) { content(id: $id) { id title ageRating releaseDate runtimeMinutes averageRating } }",
            b'"content":{"id":"',
            _one,
        ),
        Operation(
            "Q2",
            """query Q2($after: String) { contents(first: 50, after: $after) {
              nodes {
                id title description ageRating releaseDate runtimeMinutes likeCount viewCount averageRating createdAt
                genres { id name } corporation { id name }
              }
              pageInfo { hasNextPage endCursor }
            } }""",
            b'"corporation":{"id":"',
            _page(50),
        ),
        Operation(
            "Q3",
            """query Q3($after: String) { contents(first: 20, after: $after) { nodes {
              id title
              genres { name }
              reviews(first: 5) { nodes { id rating body createdAt author { id displayName } } }
              videoAssets { id key contentType sizeBytes }
            } } }""",
            b'"author":{"id":"',
            _page(20),
        ),
        Operation(
            "Q4",
            """query Q4 { viewer { watchHistory(first: 50) {
              nodes { id positionSeconds durationSeconds completed observedAt content { id title runtimeMinutes } }
              pageInfo { hasNextPage endCursor }
            } } }""",
            b'"positionSeconds":',
            _nothing,
        ),
        Operation(
            "M1",
            """mutation M1($input: StartStreamInput!) { startStream(input: $input) {
              ... on StreamStarted {
                streamId url contentType expiresAt resumeAtSeconds firstView pointsAwarded pointsBalance
                content { id title viewCount }
              }
              ... on Refusal { code message }
            } }""",
            b'"firstView":true',
            _start,
        ),
        Operation(
            "M2",
            """mutation M2($input: RecordWatchProgressInput!) { recordWatchProgress(input: $input) {
              ... on ProgressRecorded { progress { id positionSeconds durationSeconds completed observedAt } }
              ... on Refusal { code message }
            } }""",
            b'"progress":[{"id":"',
            _event,
        ),
    )
}
