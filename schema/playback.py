"""Streams, view logs and points."""

from datetime import datetime
from typing import Annotated

import strawberry

import resolvers.contents
from domain import playback as domain
from resolvers import playback as resolve
from schema.contents import Content
from schema.present import URL, given, present, shown, union, worked
from schema.shared import Node, Refusal
from schema.users import User


@present(domain.ViewLog, description="That a person saw a content for the first time.")
class ViewLog(Node):
    user = worked(resolve.user_of, User, "The person.")
    content = worked(resolvers.contents.content_of, Content, "What was seen.")
    created_at: datetime = shown("When.")


@present(domain.PointEntry, description="A change of somebody's points. Entries are added, never changed.")
class PointEntry(Node):
    points: int = shown("How many points it added.")
    reason: str = shown("What for: FIRST_VIEW.")
    content = worked(
        resolvers.contents.visible_content_of, Content | None, "The content it was for; null once that is deleted."
    )
    created_at: datetime = shown("When.")


@present(domain.StreamStarted, description="Where to play, where to go on, and whether this first view was rewarded.")
class StreamStarted:
    stream_id: strawberry.ID = shown("Names this stream, for a client's own log.")
    content: Content = shown("What plays.")
    url = worked(resolve.url, URL, "The address to play from: ranges and seeking work. It needs no other permission.")
    content_type: str = shown("The media type.")
    expires_at: datetime = shown("When the address stops working; start again then. It ends with the session too.")
    resume_at_seconds: float = shown("Where the viewer stopped; 0 for a new or a finished one.")
    first_view: bool = shown("Whether the viewer had never started this content before.")
    points_awarded: int = shown("10 for a first view, else 0.")
    points_balance: int = shown("The viewer's points now.")


StartStreamResult = union("StartStreamResult", StreamStarted, Refusal, "A stream that can be played, or why not.")


@strawberry.input(description="What to play.")
class StartStreamInput:
    content_id: strawberry.ID = given("The content's id.")
    video_asset_id: strawberry.ID | None = given("Which of its video files; the oldest if left out.", None)


@strawberry.input(description="Which view logs; all that is given must hold.")
class ViewLogFilter:
    user_id: strawberry.ID | None = given("Of this person.", None)
    content_id: strawberry.ID | None = given("Of this content.", None)
    corporation_id: strawberry.ID | None = given("Of this company's contents.", None)


FilterArgument = Annotated[ViewLogFilter | None, strawberry.argument(description="Which view logs; all if null.")]
