"""The catalogue."""

from collections.abc import Sequence
from typing import Annotated, Any

import strawberry

from domain import ids
from domain.contents import CONTENT_ORDERS, Content, ContentFilter, ContentOrder, NewContent
from domain.corporations import Corporation
from domain.pages import Page, PageRequest
from domain.progress import WatchProgress
from domain.tmdb import poster_path
from resolvers.arguments import After, First, Id, given
from resolvers.context import Context, Info
from resolvers.fields import batched
from resolvers.loaders import one_by_one

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


@batched
async def poster_url(context: Context, parents: Sequence[Content]) -> Sequence[str | None]:
    async def url(content: Content) -> str | None:
        if content.poster_key is None:
            return None
        if at_tmdb := poster_path(content.poster_key):
            return context.house.tmdb.poster_url(at_tmdb)
        return context.url(await context.house.objects.lasting_address(content.poster_key))

    return await one_by_one(url, parents)


@batched
async def corporation_of(context: Context, parents: Sequence[Content]) -> Sequence[Corporation | None]:
    return await context.stores.corporations.by_ids([content.corporation_id for content in parents])


@batched
async def viewer_progress(context: Context, parents: Sequence[Content]) -> Sequence[WatchProgress | None]:
    if context.viewer is None:
        return [None] * len(parents)
    return await context.stores.progress.of_contents(context.viewer.user.id, [content.id for content in parents])


@batched
async def content_of(context: Context, parents: Sequence[Any]) -> Sequence[Content | None]:
    """Whether a parent may be seen at all was judged when it was read; here its content is simply fetched."""
    wanted = [parent.content_id or ids.NOTHING for parent in parents]
    return await context.stores.contents.by_ids(wanted, deleted_too=True)


@batched
async def visible_content_of(context: Context, parents: Sequence[Any]) -> Sequence[Content | None]:
    return await context.stores.contents.by_ids([parent.content_id or ids.NOTHING for parent in parents])


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
    content_id = ids.decode("Content", input.id)
    return await info.context.services.contents.update(info.context.signed_in(), content_id, given(input))


async def delete_content(info: Info, input: Any) -> Content:
    """Puts a content into the company's trash, where nobody else sees it."""
    content_id = ids.decode("Content", input.id)
    return await info.context.services.contents.delete(info.context.signed_in(), content_id)


async def restore_content(info: Info, input: Any) -> Content:
    """Takes a content out of the trash with all that hung from it: files, reviews, likes, logs. Needs the paid plan."""
    content_id = ids.decode("Content", input.id)
    return await info.context.services.contents.restore(info.context.signed_in(), content_id)


def _filter(wanted: Any) -> ContentFilter:
    if wanted is None:
        return ContentFilter()
    return ContentFilter(
        genre_id=_optional("Genre", wanted.genre_id),
        age_rating=wanted.age_rating,
        corporation_id=_optional("Corporation", wanted.corporation_id),
        released_after=wanted.released_after,
        released_before=wanted.released_before,
        title_contains=wanted.title_contains,
    )


def _optional(kind: str, global_id: str | None) -> int | None:
    return None if global_id is None else ids.decode(kind, global_id)
