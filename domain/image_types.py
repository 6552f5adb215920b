"""Which images are taken, and what their first bytes look like."""

from collections.abc import Callable, Mapping

# The types and the endings that go with them (FEATURES E5). No SVG: it is a program.
ENDINGS: Mapping[str, tuple[str, ...]] = {
    "image/jpeg": (".jpg", ".jpeg"),
    "image/png": (".png",),
    "image/webp": (".webp",),
    "image/avif": (".avif",),
    "image/gif": (".gif",),
}
GIF = "image/gif"
# So much of a file is looked at.
FIRST_BYTES = 512


def ending_of(filename: str) -> str:
    """With its dot and in small letters; empty where there is none."""
    _, dot, ending = filename.rpartition(".")
    return f"{dot}{ending}".lower() if dot else ""


def type_of(first: bytes) -> str | None:
    """What a file is by its first bytes, whatever it is called."""
    return next((kind for kind, is_one in _SIGNATURES.items() if is_one(first)), None)


def is_whole(data: bytes, content_type: str) -> bool:
    """Whether a file of a type that is taken also ends as such files do: nothing is cut off, or hung behind it."""
    return _ENDS[content_type](data)


def _boxes_fill(data: bytes) -> bool:
    """ISO 14496-12: boxes one behind the other, each with its length before it; 0 is for one that goes to the end."""
    place = 0
    while 0 <= place < len(data):
        length = int.from_bytes(data[place : place + 4], "big")
        if length == 1:
            length = int.from_bytes(data[place + 8 : place + 16], "big")
        place += (length or len(data) - place) if length == 0 or length >= 8 else len(data) + 1
    return place == len(data)


def _is_webp(first: bytes) -> bool:
    return first[:4] == b"RIFF" and first[8:12] == b"WEBP" and first[12:16] in {b"VP8 ", b"VP8L", b"VP8X"}


def _is_avif(first: bytes) -> bool:
    """ISO 14496-12: a box of file type first, which names `avif` (or `avis`, a sequence) among its brands."""
    box = first[: int.from_bytes(first[:4], "big")]
    brands = [box[8:12], *(box[place : place + 4] for place in range(16, len(box), 4))]
    return box[4:8] == b"ftyp" and (b"avif" in brands or b"avis" in brands)


_SIGNATURES: Mapping[str, Callable[[bytes], bool]] = {
    "image/jpeg": lambda first: first.startswith(b"\xff\xd8\xff"),
    "image/png": lambda first: first.startswith(b"\x89PNG\r\n\x1a\n") and first[12:16] == b"IHDR",
    "image/webp": _is_webp,
    "image/avif": _is_avif,
    "image/gif": lambda first: first.startswith((b"GIF87a", b"GIF89a")),
}
_ENDS: Mapping[str, Callable[[bytes], bool]] = {
    "image/jpeg": lambda data: data.rstrip(b"\0\r\n").endswith(b"\xff\xd9"),
    "image/png": lambda data: data.endswith(b"\0\0\0\0IEND\xaeB`\x82"),
    "image/webp": lambda data: len(data) - int.from_bytes(data[4:8], "little") in {8, 9},
    "image/avif": _boxes_fill,
    "image/gif": lambda data: data.rstrip(b"\0").endswith(b";"),
}
