"""Reviews."""

from collections.abc import Sequence
from typing import Any

import strawberry

from domain import ids
from domain.contents import Content
from domain.pages import Page, PageRequest
from domain.reviews import REVIEWS_BY_AGE, Review
from domain.users import DELETED_USER, User, Viewer
from resolvers.arguments import After, First, given
from resolvers.context import Context, Info
from resolvers.fields import batched


@batched
async def of_contents(
    context: Context, parents: Sequence[Content], first: First = 10, after: After = None
) -> Sequence[Page[Review]]:
    page = PageRequest.of(REVIEWS_BY_AGE, first, after)
    return await context.stores.reviews.of_contents([content.id for content in parents], page)


@batched
async def by_viewer(context: Context, parents: Sequence[Content]) -> Sequence[Review | None]:
    if context.viewer is None:
        return [None] * len(parents)
    content_ids = [content.id for content in parents]
    return await context.stores.reviews.by_author_of(context.viewer.user.id, content_ids)


async def of_viewer(
    root: strawberry.Parent[Viewer], info: Info, first: First = 20, after: After = None
) -> Page[Review]:
    page = PageRequest.of(REVIEWS_BY_AGE, first, after)
    return await info.context.stores.reviews.by_author(root.user.id, page)


@batched
async def author_of(context: Context, parents: Sequence[Review]) -> Sequence[User]:
    authors = await context.stores.users.by_ids([review.author_id or ids.NOTHING for review in parents])
    return [author or DELETED_USER for author in authors]


async def create_review(info: Info, input: Any) -> Review:
    """Reviews a content; each person once, and then by changing the review."""
    content_id = ids.decode("Content", input.content_id)
    reviews = info.context.services.reviews
    return await reviews.create(info.context.signed_in(), content_id, input.rating, input.body)


async def update_review(info: Info, input: Any) -> Review:
    """Changes a review of one's own."""
    review_id = ids.decode("Review", input.id)
    return await info.context.services.reviews.update(info.context.signed_in(), review_id, given(input))


async def delete_review(info: Info, input: Any) -> ids.Deleted:
    """Deletes a review: one's own, or one of a content of the company one manages."""
    await info.context.services.reviews.delete(info.context.signed_in(), ids.decode("Review", input.id))
    return ids.Deleted(input.id)
