"""Posts."""

from datetime import datetime

import strawberry

from domain import posts as domain
from resolvers import posts as resolve
from schema.images import CreateImageUploadInput, Image, UploadTicket
from schema.present import URL, given, present, shown, union, worked
from schema.shared import Node, Refusal
from schema.users import User


@present(domain.Post, description="What a person says to everybody.")
class Post(Node):
    author = worked(resolve.author_of, User, "Who posted it.")
    body: str = shown("What they say, as plain text: HTML in it is text like any other.")
    image = worked(resolve.image_of, Image | None, "Its image; before it is completed, its author alone sees it.")
    image_url = worked(
        resolve.image_url_of, URL | None, "A fresh address of its image, good for 900 seconds; null if none is ready."
    )
    created_at: datetime = shown("When it was posted.")


@present(domain.PostCreated, description="A new post.")
class PostCreated:
    post: Post = shown("The post.")
    upload: UploadTicket | None = shown("Where its image's bytes go; null where there is to be none.")


CreatePostResult = union("CreatePostResult", PostCreated, Refusal, "The post, or why there is none.")


@strawberry.input(description="A new post.")
class CreatePostInput:
    body: str = given("What to say, up to 10,000 characters.")
    image: CreateImageUploadInput | None = given("An image that goes with it, which is then to be uploaded.", None)


@strawberry.input(description="Which post is deleted.")
class DeletePostInput:
    id: strawberry.ID = given("The post's id.")
