"""Search."""

from typing import Annotated

import strawberry

from domain import search as domain
from domain.contents import AgeRating
from resolvers import search as resolve
from schema.contents import Content
from schema.present import enumerate_as, given, present, shown, worked

enumerate_as(
    domain.SearchFacet,
    "What the values can be counted of among all that was found.",
    GENRE="The genres, by name.",
    AGE_RATING="The age ratings.",
    RELEASE_YEAR="The years in which it came out.",
)


@present(domain.SearchHit, description="A content that was found.")
class SearchHit:
    content: Content = shown("The content.")
    highlighted_title = worked(
        resolve.highlighted_title,
        str,
        "The title as HTML: the words that were found in <em>, everything else escaped.",
    )
    highlighted_description = worked(
        resolve.highlighted_description,
        str | None,
        "The description in the same way; of a long one, what stands around the first word that was found.",
    )


@present(domain.FacetCount, description="How often a value was found.")
class FacetCount:
    value: str = shown("The genre's name, the age rating, or the year.")
    count: int = shown("How many of the contents that were found have it.")


@present(domain.FacetCounts, description="What was found, by the values of one facet.")
class FacetCounts:
    facet: domain.SearchFacet = shown("Of what these are the values.")
    values: list[FacetCount] = shown("The values, the most frequent first; at most 100.", size=20)


@present(domain.SearchResult, description="What was found.")
class SearchResult:
    hits: list[SearchHit] = shown("The contents that were found, best first.")
    query: str = shown("What was looked for.")
    processing_time_ms: int = shown("How long the search engine took, in milliseconds.")
    limit: int = shown("How many were asked for.")
    offset: int = shown("How many were left out before them.")
    estimated_total_hits: int = shown("How many there are in all, as far as is known; at most 1000.")
    facets: list[FacetCounts] = shown("The facets asked for.", size=3)


@strawberry.input(description="What may be found; all that is given must hold.")
class SearchFilter:
    genre: str | None = given("With a genre of this name, in any case.", None)
    age_rating: AgeRating | None = given("With exactly this rating.", None)
    release_year: int | None = given("Released in this year.", None)


FilterArgument = Annotated[SearchFilter | None, strawberry.argument(description="What may be found; all if null.")]
