"""Reviews."""

from datetime import datetime

import strawberry

import resolvers.contents
from domain import reviews as domain
from resolvers import reviews as resolve
from schema.contents import Content
from schema.present import given, present, shown, union, worked
from schema.shared import Node, Refusal
from schema.users import User


@present(domain.Review, description="What a person thinks of a content. There is one for each person and content.")
class Review(Node):
    content = worked(resolvers.contents.content_of, Content, "What it is about.")
    author = worked(resolve.author_of, User, 'Who wrote it; someone named "Deleted user" once they have gone.')
    rating: int = shown("From 1, the worst, to 10, the best.")
    body: str | None = shown("What they say, as plain text: HTML in it is text like any other.")
    created_at: datetime = shown("When it was written.")
    updated_at: datetime = shown("When it was last changed.")


ReviewResult = union("ReviewResult", Review, Refusal, "The review as it is now, or why not.")


@strawberry.input(description="A new review.")
class CreateReviewInput:
    content_id: strawberry.ID = given("The content's id.")
    rating: int = given("From 1, the worst, to 10, the best.")
    body: str | None = given("What to say about it, up to 10,000 characters.", None)


@strawberry.input(description="What changes of a review; what is left out stays, what is null is cleared.")
class UpdateReviewInput:
    id: strawberry.ID = given("The review's id.")
    rating: int | None = given("The new rating, from 1 to 10.", optional=True)
    body: str | None = given("The new text.", optional=True)


@strawberry.input(description="Which review is deleted.")
class DeleteReviewInput:
    id: strawberry.ID = given("The review's id.")
