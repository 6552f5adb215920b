"""Watch progress."""

from datetime import datetime
from uuid import UUID

import strawberry

import resolvers.contents
from domain import progress as domain
from schema.contents import Content
from schema.present import given, present, shown, union, worked
from schema.shared import Node, Refusal


@present(domain.WatchProgress, description="Where a person stopped watching a content.")
class WatchProgress(Node):
    content = worked(resolvers.contents.content_of, Content, "What is watched.")
    position_seconds: float = shown("Where, in seconds from the start.")
    duration_seconds: float | None = shown("How long the whole is, in seconds, where a player said so.")
    completed: bool = shown("Whether it was seen to the end.")
    observed_at: datetime = shown("When the player was there.")


@present(domain.ProgressChanged, description="A change of progress, on whichever device.")
class WatchProgressEvent:
    cursor: str = shown("Resumes the subscription behind this event.")
    progress: WatchProgress = shown("How it stands after the change.")


@present(domain.ProgressRecorded, description="How the contents of a batch stand now.")
class ProgressRecorded:
    progress: list[WatchProgress] = shown("One for each content of the batch, in the order of their first mention.")


RecordWatchProgressResult = union(
    "RecordWatchProgressResult", ProgressRecorded, Refusal, "How things stand now, or why nothing was recorded."
)


@strawberry.input(description="Where a player was, and when.")
class WatchEventInput:
    event_id: UUID = given("Made by the client; a repeat of it changes nothing.")
    content_id: strawberry.ID = given("The content's id.")
    position_seconds: float = given("Where the player was, in seconds from the start.")
    duration_seconds: float | None = given("How long the whole is, in seconds.", None)
    completed: bool | None = given("Whether it was seen to the end; if null, 95 % of the duration is the end.", None)
    observed_at: datetime = given("When. Orders events that arrive late; a time in the future counts as now.")


@strawberry.input(description="What players report.")
class RecordWatchProgressInput:
    events: list[WatchEventInput] = given("1 to 100 events, in any order, of any contents. All are recorded or none.")
