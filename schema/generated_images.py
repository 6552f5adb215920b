"""Images of personas that are generated."""

import strawberry

from domain import generated_images as domain
from domain.users import Gender
from resolvers import generated_images as resolve
from schema.images import Image
from schema.present import URL, given, many, present, shown, union, worked
from schema.shared import Refusal


@present(domain.GeneratedImage, description="An image that was generated, or a drawing that stands in for it.")
class GeneratedImage:
    data_uri: str = shown("The image itself, for `src`. Ask for it only if you show it: it may have megabytes.")
    url = worked(resolve.url, URL | None, "A fresh address of it, good for 900 seconds; null for a drawing.")
    image: Image | None = shown(
        "As it is kept, for a day unless it is a persona's: `imageUrl` takes its key; null for a drawing."
    )
    fallback: bool = shown(
        "Whether it is a drawing, because the image service is not set up or has failed. A drawing shows the name, and "
        "not what was wished for."
    )


GenerateImageResult = union("GenerateImageResult", GeneratedImage, Refusal, "The image, or why there is none.")


@strawberry.input(description="What is to be seen in an image.")
class GenerateImageInput:
    name: str = given("The persona's name, up to 100 characters.")
    gender: Gender = given("Its gender.")
    feature: str | None = given("What is particular about it, up to 2000 characters.", None)
    options: list[str] = many("What else it is to be: up to 20, of up to 100 characters each.")
    persona_id: strawberry.ID | None = given(
        "The persona of one's own whose image it becomes, unless it is a drawing.", None
    )
