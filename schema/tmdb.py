"""TMDB."""

from datetime import date

import strawberry

from domain import tmdb as domain
from resolvers import tmdb as resolve
from schema.present import URL, given, present, shown, worked


@present(domain.TmdbTitle, description="A film that TMDB knows.")
class TmdbTitle:
    tmdb_id: int = shown("Its number at TMDB, by which it is imported.")
    title: str = shown("Its title.")
    overview: str | None = shown("What it is about.")
    release_date: date | None = shown("When it came out.")
    poster_url = worked(resolve.poster_url, URL | None, "A picture for it, at TMDB.")


@strawberry.input(description="Which film of TMDB is taken over.")
class ImportTmdbTitleInput:
    tmdb_id: int = given("Its number at TMDB.")
    corporation_id: strawberry.ID | None = given("The company that gets it; the viewer's own if left out.", None)
