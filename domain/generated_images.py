"""Images of personas that somebody else makes, or that are drawn here where nobody does."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from domain.allowance import Allowance, Limited
from domain.drawings import Description, data_uri, drawing
from domain.errors import Refusal, RefusalCode, not_found
from domain.images import Image, ImageStore
from domain.leases import Leases
from domain.media import ObjectStore
from domain.personas import PersonaStore, checked_persona, own_persona
from domain.ports import Database
from domain.uploads import NewImage
from domain.users import Gender, Viewer
from domain.validation import Problems

__all__ = ["Description", "GeneratedImage", "GeneratedImages", "ImageGenerator", "Picture"]

# Longer than all of it can take.
_HELD_SECONDS = 30.0
# What is no reason to leave a person without any image.
_NOT_MADE = {RefusalCode.NOT_CONFIGURED, RefusalCode.UPSTREAM_FAILED}


@dataclass(frozen=True, slots=True)
class Picture:
    content_type: str
    data: bytes


class ImageGenerator(Protocol):
    async def generate(self, wanted: Description) -> Picture:
        """No larger than an upload may be. Raises Refusal: NOT_CONFIGURED, UPSTREAM_FAILED, within ten seconds."""


@dataclass(frozen=True, slots=True)
class GeneratedImage:
    """`image` is how it is kept; a drawing is not."""

    picture: Picture
    image: Image | None

    @property
    def data_uri(self) -> str:
        return data_uri(self.picture.content_type, self.picture.data)

    @property
    def fallback(self) -> bool:
        return self.image is None


class GeneratedImages:
    def __init__(
        self,
        database: Database,
        leases: Leases,
        generator: ImageGenerator,
        objects: ObjectStore,
        images: ImageStore,
        personas: PersonaStore,
        allowance: Allowance,
    ) -> None:
        self._database, self._leases, self._generator = database, leases, generator
        self._objects, self._images, self._personas = objects, images, personas
        self._allowance = allowance

    async def generate(
        self,
        viewer: Viewer,
        name: str,
        gender: Gender,
        feature: str | None,
        options: Sequence[str],
        persona_id: int | None,
    ) -> GeneratedImage:
        """It becomes the image of the persona, if one is named; a drawing does not. Raises Refusal: VALIDATION_FAILED,
        NOT_FOUND, CONFLICT while another is made for the same person; and RateLimited.
        """
        with Problems("input") as problems:
            checked = checked_persona(problems, {"name": name, "feature": feature, "options": options})
        wanted = Description(gender=gender, **checked)
        if persona_id is not None:
            await own_persona(self._personas, viewer, persona_id)
        await self._allowance.count(Limited.GENERATED_IMAGES, viewer.user.id)
        async with self._leases.hold(f"image for {viewer.user.id}", _HELD_SECONDS) as is_ours:
            if not is_ours:
                message = "One image at a time is generated for a person. Please wait for yours, or for half a minute."
                raise Refusal(RefusalCode.CONFLICT, message)
            try:
                picture = await self._generator.generate(wanted)
            except Refusal as refusal:
                if refusal.refused.code not in _NOT_MADE:
                    raise
                return GeneratedImage(Picture("image/svg+xml", drawing(wanted).encode()), None)
            return GeneratedImage(picture, await self._kept(viewer, wanted, picture, persona_id))

    async def _kept(self, viewer: Viewer, wanted: Description, picture: Picture, persona_id: int | None) -> Image:
        """Bytes first: those that no row comes to speak of are deleted, wherever it is cut off."""
        new = NewImage.called(wanted.name, picture.content_type, len(picture.data))
        await self._images.expect_bytes(new.key)
        await self._objects.put(new.key, picture.data)
        async with self._database.writing() as transaction:
            await self._personas.hold(transaction, viewer.user.id)
            image = await self._images.keep(transaction, viewer.user.id, new)
            if persona_id is not None:
                before = await self._personas.set_image(transaction, viewer.user.id, persona_id, image.id)
                if before is None:
                    raise not_found("persona of yours")
                if before.image_id is not None:
                    await self._images.delete(transaction, before.image_id)
        return image
