"""TMDB."""

from typing import Annotated, Any

import strawberry

from domain import ids
from domain.contents import Content
from domain.tmdb import TmdbTitle
from resolvers.context import Context, Info
from resolvers.fields import computed

Query = Annotated[str, strawberry.argument(description="A title, or part of one, in any language.")]


async def tmdb_titles(info: Info, query: Query) -> list[TmdbTitle]:
    """Films that TMDB knows by this title, those that fit best first; at most a hundred."""
    return await info.context.services.tmdb.titles(query)


@computed
def poster_url(context: Context, title: TmdbTitle) -> str | None:
    return context.house.tmdb.poster_url(title.poster_path) if title.poster_path else None


async def import_tmdb_title(info: Info, input: Any) -> Content:
    """Takes over a film of TMDB: title, description, genres, poster, date, length. A second time brings the same
    content up to date; its age rating stays as it was set here.
    """
    corporation_id = None if input.corporation_id is None else ids.decode("Corporation", input.corporation_id)
    return await info.context.services.tmdb.import_title(info.context.signed_in(), input.tmdb_id, corporation_id)
