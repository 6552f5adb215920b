"""Genres."""

from collections.abc import Sequence

from domain.contents import Content
from domain.genres import Genre
from resolvers.context import Context, Info
from resolvers.fields import batched


async def genres(info: Info) -> list[Genre]:
    """All genres, by name."""
    return await info.context.stores.genres.all()


@batched
async def of_contents(context: Context, parents: Sequence[Content]) -> Sequence[list[Genre]]:
    return await context.stores.genres.of_contents([content.id for content in parents])
