"""Video files of the object store."""

from collections.abc import Sequence
from typing import Annotated

import strawberry

from domain.media import StoredObject
from domain.media_objects import MOST_OBJECTS, MediaPage
from resolvers.arguments import After
from resolvers.context import Context, Info
from resolvers.fields import batched
from resolvers.loaders import one_by_one

First = Annotated[int, strawberry.argument(description="How many to return, from 1 to 1000.")]
Prefix = Annotated[str, strawberry.argument(description="How their keys begin, as `films/`; all of them if empty.")]
Key = Annotated[str, strawberry.argument(description="The key.")]


async def media_objects(info: Info, prefix: Prefix = "", first: First = MOST_OBJECTS, after: After = None) -> MediaPage:
    """The video files of the object store, by key. There may be more behind a page that is not full."""
    return await info.context.services.media_objects.page(prefix, first, after)


async def media_object(info: Info, key: Key) -> StoredObject | None:
    """A video file of the object store; null where there is none of that key."""
    return await info.context.services.media_objects.one(key)


@batched
async def url(context: Context, parents: Sequence[StoredObject]) -> Sequence[str]:
    async def address(stored: StoredObject) -> str:
        return context.url(await context.services.media_objects.address(stored))

    return await one_by_one(address, parents)
