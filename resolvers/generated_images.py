"""Images of personas that are generated."""

from typing import Any

import strawberry

from domain import ids
from domain.generated_images import GeneratedImage
from resolvers.context import Info


async def generate_image(info: Info, input: Any) -> GeneratedImage:
    """Generates an image of a persona, within about ten seconds; one at a time for each person. With `personaId` it
    becomes that persona's. Where the image service is not set up or fails, a drawing is answered in its place, and kept
    nowhere.
    """
    persona_id = None if input.persona_id is None else ids.decode("Persona", input.persona_id)
    return await info.context.services.generated_images.generate(
        info.context.signed_in(), input.name, input.gender, input.feature, input.options, persona_id
    )


async def url(root: strawberry.Parent[GeneratedImage], info: Info) -> str | None:
    return info.context.url(await info.context.services.images.address(root.image)) if root.image else None
