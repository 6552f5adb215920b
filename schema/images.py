"""Images that people upload."""

from datetime import datetime

import strawberry

from domain import images as domain
from resolvers import images as resolve
from schema.present import URL, enumerate_as, given, present, shown, union, worked
from schema.shared import Node, Refusal

enumerate_as(
    domain.ImageStatus,
    "How far an image has come.",
    PENDING="Its bytes were not looked at yet; it cannot be read.",
    READY="It can be read.",
)


@present(domain.Image, description="An image that somebody uploads.")
class Image(Node):
    key: str = shown("Its key in the object store; `imageUrl` gives an address for it.")
    filename: str = shown("What it was called where it came from.")
    content_type: str = shown("Its media type.")
    size_bytes: int = shown("Its size in bytes.")
    status: domain.ImageStatus = shown("How far it has come.")


@present(domain.FormField, description="A name and a value that go along with an upload.")
class FormField:
    name: str = shown("The name.")
    value: str = shown("The value.")


@present(domain.UploadTicket, description="Where the bytes of an image are sent. Nothing else gets in.")
class UploadTicket:
    image: Image = shown("The image, not ready yet.")
    url = worked(
        resolve.ticket_url,
        URL,
        "Where to send the bytes. Until it is completed, others can be sent there, and the last ones count.",
    )
    method: str = shown("By which HTTP method: PUT, with the bytes as the body.")
    headers: list[FormField] = shown("Headers that must go along, unchanged.", size=3)
    fields: list[FormField] = shown("Fields of the form, where the method is POST; empty with PUT.", size=3)
    expires_at: datetime = shown("Until when the address takes bytes.")


@present(domain.SignedUrl, description="An address at which an image can be read for a while.")
class SignedUrl:
    key: str = shown("The image's key.")
    url = worked(resolve.signed_url, URL, "The address.")
    expires_in: int = shown("For how many seconds it is good.")
    download: bool = shown("Whether a browser saves it rather than shows it.")


ImageUploadResult = union("ImageUploadResult", UploadTicket, Refusal, "Where the bytes go, or why nowhere.")
ImageResult = union("ImageResult", Image, Refusal, "The image as it is now, or why not.")


@strawberry.input(description="An image that is to be uploaded.")
class CreateImageUploadInput:
    filename: str = given(
        "What it is called; its ending must fit the type: .jpg .jpeg .png .webp .avif, or .gif where that is taken."
    )
    content_type: str = given(
        "Its media type: image/jpeg, image/png, image/webp, image/avif, or image/gif where taken."
    )
    size_bytes: int = given("Its exact size in bytes, at most 10 MiB (10485760).")


@strawberry.input(description="Which upload is complete.")
class CompleteImageUploadInput:
    id: strawberry.ID = given("The image's id.")
