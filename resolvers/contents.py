"""The catalogue."""

from collections.abc import Sequence
from typing import Annotated, Any

import strawberry

from domain import ids
from domain.contents import CONTENT_ORDERS, Content, ContentFilter, ContentOrder, Genre, NewContent, VideoAsset
from domain.corporations import Corporation
from domain.pages import Page, PageRequest
from domain.progress import WatchProgress
from resolvers.arguments import After, First, Id
from resolvers.context import Context, Info
from resolvers.loaders import batched

OrderBy = Annotated[ContentOrder, strawberry.argument(description="In which order; ties are broken by id.")]


async def content(info: Info, id: Id) -> Content | None:
    """A content."""
    return (await info.context.stores.contents.by_ids([ids.decode("Content", id)]))[0]


async def contents(
    info: Info,
    first: First = 20,
    after: After = None,
    filter: Any = None,
    order_by: OrderBy = ContentOrder.NEWEST,
) -> Page[Content]:
    """The catalogue."""
    page = PageRequest.of(CONTENT_ORDERS[order_by], first, after)
    return await info.context.stores.contents.page(page, _filter(filter))


async def genres(info: Info) -> list[Genre]:
    """All genres, by name."""
    return await info.context.stores.contents.genres()


def poster_url(root: strawberry.Parent[Content], info: Info) -> str | None:
    return info.context.url(info.context.house.objects.path(root.poster_key)) if root.poster_key else None


@batched
async def genres_of(context: Context, parents: Sequence[Content]) -> Sequence[list[Genre]]:
    return await context.stores.contents.genres_of([content.id for content in parents])


@batched
async def corporation_of(context: Context, parents: Sequence[Content]) -> Sequence[Corporation | None]:
    return await context.stores.corporations.by_ids([content.corporation_id for content in parents])


@batched
async def video_assets_of(context: Context, parents: Sequence[Content]) -> Sequence[list[VideoAsset]]:
    return await context.stores.contents.video_assets_of([content.id for content in parents])


@batched
async def liked_by_viewer(context: Context, parents: Sequence[Content]) -> Sequence[bool]:
    if context.viewer is None:
        return [False] * len(parents)
    return await context.stores.contents.liked_by(context.viewer.user.id, [content.id for content in parents])


@batched
async def viewer_progress(context: Context, parents: Sequence[Content]) -> Sequence[WatchProgress | None]:
    if context.viewer is None:
        return [None] * len(parents)
    return await context.stores.progress.of_contents(context.viewer.user.id, [content.id for content in parents])


async def create_content(info: Info, input: Any) -> Content:
    """Adds a content."""
    new = NewContent(
        corporation_id=None if input.corporation_id is None else ids.decode("Corporation", input.corporation_id),
        title=input.title,
        description=input.description,
        age_rating=input.age_rating,
        release_date=input.release_date,
        runtime_minutes=input.runtime_minutes,
        genres=tuple(input.genres),
    )
    return await info.context.services.contents.create(info.context.signed_in(), new)


async def update_content(info: Info, input: Any) -> Content:
    """Changes a content."""
    changes = {name: value for name, value in vars(input).items() if name != "id" and value is not strawberry.UNSET}
    content_id = ids.decode("Content", input.id)
    return await info.context.services.contents.update(info.context.signed_in(), content_id, changes)


async def delete_content(info: Info, input: Any) -> Content:
    """Puts a content into the company's trash, where nobody else sees it."""
    content_id = ids.decode("Content", input.id)
    return await info.context.services.contents.delete(info.context.signed_in(), content_id)


async def add_video_asset(info: Info, input: Any) -> VideoAsset:
    """Adds a video file."""
    content_id = ids.decode("Content", input.content_id)
    return await info.context.services.contents.add_video_asset(info.context.signed_in(), content_id, input.key)


async def remove_video_asset(info: Info, input: Any) -> ids.Deleted:
    """Removes a video file."""
    asset_id = ids.decode("VideoAsset", input.id)
    await info.context.services.contents.remove_video_asset(info.context.signed_in(), asset_id)
    return ids.Deleted(input.id)


async def like_content(info: Info, input: Any) -> Content:
    """Likes a content; liking it again changes nothing."""
    content_id = ids.decode("Content", input.content_id)
    return await info.context.services.contents.set_liked(info.context.signed_in(), content_id, liked=True)


async def unlike_content(info: Info, input: Any) -> Content:
    """Takes a like back; where there is none, nothing changes."""
    content_id = ids.decode("Content", input.content_id)
    return await info.context.services.contents.set_liked(info.context.signed_in(), content_id, liked=False)


def _filter(given: Any) -> ContentFilter:
    if given is None:
        return ContentFilter()
    return ContentFilter(
        genre_id=_optional("Genre", given.genre_id),
        age_rating=given.age_rating,
        corporation_id=_optional("Corporation", given.corporation_id),
        released_after=given.released_after,
        released_before=given.released_before,
        title_contains=given.title_contains,
    )


def _optional(kind: str, global_id: str | None) -> int | None:
    return None if global_id is None else ids.decode(kind, global_id)
