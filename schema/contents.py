"""The catalogue."""

from datetime import date, datetime
from typing import Annotated

import strawberry

import resolvers.genres
import resolvers.likes
import resolvers.reviews
import resolvers.video_assets
from domain import contents as domain
from domain import video_assets
from resolvers import contents as resolve
from schema.corporations import Corporation
from schema.genres import Genre
from schema.present import URL, enumerate_as, given, lazily, many, present, shown, union, worked
from schema.shared import Node, Refusal, connection_of

enumerate_as(
    domain.AgeRating,
    "From which age on a content may be watched.",
    ALL="By everyone.",
    AGE_12="From 12.",
    AGE_15="From 15.",
    AGE_19="From 19.",
)
enumerate_as(
    domain.ContentOrder,
    "In which order contents come.",
    NEWEST="What was added last first.",
    OLDEST="What was added first first.",
    TITLE="By title, without regard to case.",
    MOST_LIKED="What most people like first.",
    MOST_VIEWED="What most people have seen first.",
    TOP_RATED="What reviews rate best first.",
)


@present(video_assets.VideoAsset, description="A video file of a content.")
class VideoAsset(Node):
    key: str = shown("Its key in the object store.")
    content_type: str = shown("Its media type.")
    size_bytes: float = shown("Its size in bytes.")


@present(domain.Content, description="A film, an episode: something to watch.")
class Content(Node):
    title: str = shown("The title.")
    description: str | None = shown("What it is about, as plain text.")
    age_rating: domain.AgeRating = shown("From which age on it may be watched.")
    release_date: date | None = shown("When it came out.")
    runtime_minutes: int | None = shown("How long it is, in minutes.")
    poster_url = worked(resolve.poster_url, URL | None, "A picture for it.")
    tmdb_id: int | None = shown("The film's number at TMDB, where it was taken over from there.")
    genres = worked(resolvers.genres.of_contents, list[Genre], "Its genres, by name.", size=3)
    corporation = worked(resolve.corporation_of, Corporation, "The company that owns it.")
    video_assets = worked(
        resolvers.video_assets.of_contents, list[VideoAsset], "Its video files, oldest first.", size=2
    )
    like_count: int = shown("How many people like it.")
    review_count: int = shown("How many people have reviewed it.")
    average_rating: float | None = shown("The mean of all ratings, from 1 to 10; null where there are none.")
    view_count: int = shown("How many people have seen it.")
    liked_by_viewer = worked(
        resolvers.likes.liked_by_viewer, bool, "Whether the viewer likes it; false if nobody is signed in."
    )
    reviews = worked(
        resolvers.reviews.of_contents,
        connection_of(lazily("Review", "schema.reviews")),
        "What people think of it, newest first.",
    )
    viewer_review = worked(
        resolvers.reviews.by_viewer,
        lazily("Review", "schema.reviews") | None,
        "The viewer's own review; null where there is none.",
    )
    viewer_progress = worked(
        resolve.viewer_progress,
        lazily("WatchProgress", "schema.progress") | None,
        "Where the viewer stopped; null where they never started.",
    )
    created_at: datetime = shown("When it was added.")
    updated_at: datetime = shown("When it was last changed.")
    deleted_at: datetime | None = shown("When it was deleted; only ever seen in the company's own trash.")


ContentResult = union("ContentResult", Content, Refusal, "The content as it is now, or why not.")
VideoAssetResult = union("VideoAssetResult", VideoAsset, Refusal, "The video file, or why not.")


@strawberry.input(description="Which contents; all that is given must hold.")
class ContentFilter:
    genre_id: strawberry.ID | None = given("Of this genre.", None)
    age_rating: domain.AgeRating | None = given("With exactly this rating.", None)
    corporation_id: strawberry.ID | None = given("Of this company.", None)
    released_after: date | None = given("Released on this day or later.", None)
    released_before: date | None = given("Released on this day or earlier.", None)
    title_contains: str | None = given("With this in the title, in any case.", None)


@strawberry.input(description="A new content.")
class CreateContentInput:
    title: str = given("The title, up to 300 characters.")
    description: str | None = given("What it is about, up to 10,000 characters.", None)
    age_rating: domain.AgeRating = given("From which age on it may be watched.", domain.AgeRating.ALL)
    release_date: date | None = given("When it came out.", None)
    runtime_minutes: int | None = given("How long it is, in minutes.", None)
    genres: list[str] = many("The names of its genres, at most 20; new ones are made.")
    corporation_id: strawberry.ID | None = given("The company; the viewer's own if left out.", None)


@strawberry.input(description="What changes of a content; what is left out stays, what is null is cleared.")
class UpdateContentInput:
    id: strawberry.ID = given("The content's id.")
    title: str | None = given("The new title.", optional=True)
    description: str | None = given("The new description.", optional=True)
    age_rating: domain.AgeRating | None = given("The new rating.", optional=True)
    release_date: date | None = given("The new date.", optional=True)
    runtime_minutes: int | None = given("The new length, in minutes.", optional=True)
    genres: list[str] | None = given("All of its genres from now on.", optional=True)


@strawberry.input(description="Which content is deleted.")
class DeleteContentInput:
    id: strawberry.ID = given("The content's id.")


@strawberry.input(description="Which content is taken out of the trash.")
class RestoreContentInput:
    id: strawberry.ID = given("The content's id.")


@strawberry.input(description="A video file for a content.")
class AddVideoAssetInput:
    content_id: strawberry.ID = given("The content's id.")
    key: str = given("The file's key in the object store, where it must be already.")


@strawberry.input(description="Which video file goes; the file itself stays in the object store.")
class RemoveVideoAssetInput:
    id: strawberry.ID = given("The video file's id.")


@strawberry.input(description="Which content.")
class LikeContentInput:
    content_id: strawberry.ID = given("The content's id.")


FilterArgument = Annotated[ContentFilter | None, strawberry.argument(description="Which contents; all if null.")]
