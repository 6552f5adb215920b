"""Who uploads pictures, which go to the object store and past the servers."""

import struct
import zlib

from deploy.drill.load.asking import Answer
from deploy.drill.load.person import Person

_CREATE = """
mutation Create($size: Int!) {
  createImageUpload(input: {filename: "dot.png", contentType: "image/png", sizeBytes: $size}) {
    __typename
    ... on UploadTicket { image { id } url headers { name value } }
    ... on Refusal { code }
  }
}
"""
_COMPLETE = """
mutation Complete($id: ID!) {
  completeImageUpload(input: {id: $id}) {
    __typename
    ... on Image { status }
    ... on Refusal { code }
  }
}
"""


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


PICTURE = (
    b"\x89PNG\r\n\x1a\n"
    + _chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    + _chunk(b"IDAT", zlib.compress(b"\0\xff\x80\x20"))
    + _chunk(b"IEND", b"")
)


class Uploader(Person):
    pause = 0.8

    async def act(self) -> None:
        ticket = await self.ask("upload", _CREATE, size=len(PICTURE))
        if not ticket.done:
            return
        claim = self.claim("image", ticket.data["image"]["id"], first="PENDING")
        headers = {header["name"]: header["value"] for header in ticket.data["headers"]}
        sent = await self.asker.fetch("put", "PUT", ticket.data["url"], content=PICTURE, headers=headers)
        if sent.done:
            done: Answer = await self.ask("complete", _COMPLETE, id=claim.key[0])
            claim.asked_for("READY", done)
