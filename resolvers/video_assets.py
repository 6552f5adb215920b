"""Video files of contents."""

from collections.abc import Sequence
from typing import Any

from domain import ids
from domain.contents import Content
from domain.video_assets import VideoAsset
from resolvers.context import Context, Info
from resolvers.fields import batched


@batched
async def of_contents(context: Context, parents: Sequence[Content]) -> Sequence[list[VideoAsset]]:
    return await context.stores.video_assets.of_contents([content.id for content in parents])


async def add_video_asset(info: Info, input: Any) -> VideoAsset:
    """Adds a video file."""
    content_id = ids.decode("Content", input.content_id)
    return await info.context.services.video_assets.add(info.context.signed_in(), content_id, input.key)


async def remove_video_asset(info: Info, input: Any) -> ids.Deleted:
    """Removes a video file."""
    asset_id = ids.decode("VideoAsset", input.id)
    await info.context.services.video_assets.remove(info.context.signed_in(), asset_id)
    return ids.Deleted(input.id)
