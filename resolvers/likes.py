"""Likes."""

from collections.abc import Sequence
from typing import Any

import strawberry

from domain import ids
from domain.contents import Content
from domain.likes import LIKED
from domain.pages import Page, PageRequest
from domain.users import Viewer
from resolvers.arguments import After, First
from resolvers.context import Context, Info
from resolvers.fields import batched


@batched
async def liked_by_viewer(context: Context, parents: Sequence[Content]) -> Sequence[bool]:
    if context.viewer is None:
        return [False] * len(parents)
    return await context.stores.likes.liked_by(context.viewer.user.id, [content.id for content in parents])


async def liked_contents(
    root: strawberry.Parent[Viewer], info: Info, first: First = 20, after: After = None
) -> Page[Content]:
    return await info.context.stores.likes.liked(root.user.id, PageRequest.of(LIKED, first, after))


async def like_content(info: Info, input: Any) -> Content:
    """Likes a content; liking it again changes nothing."""
    content_id = ids.decode("Content", input.content_id)
    return await info.context.services.likes.set(info.context.signed_in(), content_id, liked=True)


async def unlike_content(info: Info, input: Any) -> Content:
    """Takes a like back; where there is none, nothing changes."""
    content_id = ids.decode("Content", input.content_id)
    return await info.context.services.likes.set(info.context.signed_in(), content_id, liked=False)
