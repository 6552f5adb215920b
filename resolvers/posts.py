"""Posts."""

from collections.abc import Sequence
from typing import Any

from domain import ids
from domain.images import Image
from domain.pages import Page, PageRequest
from domain.posts import POSTS_BY_AGE, Post, PostCreated
from domain.users import DELETED_USER, User
from resolvers.arguments import After, First, Id
from resolvers.context import Context, Info
from resolvers.fields import batched
from resolvers.images import addresses, new_upload, visible


async def post(info: Info, id: Id) -> Post | None:
    """A post."""
    return (await info.context.stores.posts.by_ids([ids.decode("Post", id)]))[0]


async def posts(info: Info, first: First = 20, after: After = None) -> Page[Post]:
    """What people post, newest first."""
    return await info.context.stores.posts.page(PageRequest.of(POSTS_BY_AGE, first, after))


@batched
async def author_of(context: Context, parents: Sequence[Post]) -> Sequence[User]:
    authors = await context.stores.users.by_ids([post.author_id for post in parents])
    return [author or DELETED_USER for author in authors]  # gone between this statement and the one before


@batched
async def image_of(context: Context, parents: Sequence[Post]) -> Sequence[Image | None]:
    return await visible(context, [post.image_id or ids.NOTHING for post in parents])


@batched
async def image_url_of(context: Context, parents: Sequence[Post]) -> Sequence[str | None]:
    return await addresses(context, [post.image_id or ids.NOTHING for post in parents])


async def create_post(info: Info, input: Any) -> PostCreated:
    """Posts something. With an image, the answer says where its bytes go; it is shown once it is completed."""
    picture = None if input.image is None else new_upload(input.image)
    return await info.context.services.posts.create(info.context.signed_in(), input.body, picture)


async def delete_post(info: Info, input: Any) -> ids.Deleted:
    """Deletes a post of one's own, and its image with it."""
    await info.context.services.posts.delete(info.context.signed_in(), ids.decode("Post", input.id))
    return ids.Deleted(input.id)
