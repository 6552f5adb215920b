"""Images that people upload."""

from collections.abc import Sequence
from typing import Annotated, Any

import strawberry

from domain import ids
from domain.images import Image, ImageStatus, SignedUrl, UploadTicket
from domain.uploads import NewUpload
from resolvers.arguments import given
from resolvers.context import Context, Info
from resolvers.fields import computed
from resolvers.loaders import one_by_one

Key = Annotated[str, strawberry.argument(description="The image's key.")]
AsDownload = Annotated[bool, strawberry.argument(description="Whether a browser saves it rather than shows it.")]
Filename = Annotated[
    str | None, strawberry.argument(description="What it is called when saved; if null, what it was uploaded as.")
]


async def image_url(
    info: Info, key: Key, as_download: AsDownload = False, filename: Filename = None
) -> SignedUrl | None:
    """An address at which an image can be read for 900 seconds: one of one's own, or of a post. Else null."""
    images = info.context.services.images
    return await images.signed_url(info.context.viewer, key, download=as_download, filename=filename)


async def create_image_upload(info: Info, input: Any) -> UploadTicket:
    """Asks where the bytes of an image may be sent. What is not completed within a day is forgotten."""
    return await info.context.services.images.create_upload(info.context.signed_in(), new_upload(input))


async def complete_image_upload(info: Info, input: Any) -> Image:
    """Says that the bytes are there; they are looked at, and the image can be read."""
    return await info.context.services.images.complete(info.context.signed_in(), ids.decode("Image", input.id))


async def visible(context: Context, wanted: Sequence[int]) -> list[Image | None]:
    """Those that the viewer, or nobody in particular, may see."""
    return await context.stores.images.visible(wanted, context.viewer.user.id if context.viewer else ids.NOTHING)


async def addresses(context: Context, wanted: Sequence[int]) -> list[str | None]:
    """Where those of them that are ready can be read for a while."""

    async def url(image: Image | None) -> str | None:
        if image is None or image.status is not ImageStatus.READY:
            return None
        return context.url(await context.services.images.address(image))

    return await one_by_one(url, await visible(context, wanted))


def new_upload(input: Any) -> NewUpload:
    return NewUpload(**given(input))


@computed
def ticket_url(context: Context, ticket: UploadTicket) -> str:
    return context.url(ticket.signed.url)


@computed
def signed_url(context: Context, signed: SignedUrl) -> str:
    return context.url(signed.address)
