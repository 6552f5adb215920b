"""What a picture looks like by its first bytes, and what a browser calls a file: E5 of FEATURES, U1 of GUARD."""

import secrets
from pathlib import Path

import pytest

from domain.disposition import disposition
from domain.image_types import ENDINGS, FIRST_BYTES, ending_of, is_whole, type_of

PICTURES = Path(__file__).resolve().parents[1] / "pictures"


@pytest.mark.parametrize("content_type", ENDINGS)
def test_a_real_picture_is_known_by_its_first_bytes_and_by_no_fewer(content_type: str) -> None:
    data = (PICTURES / f"picture{ENDINGS[content_type][0]}").read_bytes()
    assert type_of(data[:FIRST_BYTES]) == content_type
    known = [length for length in range(65) if type_of(data[:length])]
    assert known == list(range(known[0], 65)), "what is known stays known"
    assert known[0] >= 3
    assert type_of(b" " + data) is None


@pytest.mark.parametrize("content_type", ENDINGS)
def test_a_picture_is_whole_with_neither_less_nor_more(content_type: str) -> None:
    data = (PICTURES / f"picture{ENDINGS[content_type][0]}").read_bytes()
    assert is_whole(data, content_type)
    for other in (data[:-20], data + b"<script>", data[:40] + b"A" * 400, data[:16]):
        assert not is_whole(other, content_type)


def test_anything_else_is_no_picture() -> None:
    mp4 = b"\0\0\0\x20ftypisom\0\0\x02\0isomiso2avc1mp41"
    heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"
    others = [b"", b"<svg/>", b"<html>", b"BM" + bytes(60), b"%PDF-1.7", b"RIFF\0\0\0\0WAVEfmt ", mp4, heic]
    assert [type_of(data) for data in others] == [None] * len(others)
    for length in range(200):
        assert type_of(b"\0\0\0\x20ftyp" + secrets.token_bytes(length)) is None


def test_a_brand_behind_the_box_does_not_count() -> None:
    assert type_of(b"\0\0\0\x14ftypmif1\0\0\0\0miaf" + b"avif") is None
    assert type_of(b"\0\0\0\x18ftypmif1\0\0\0\0miaf" + b"avif") == "image/avif"


@pytest.mark.parametrize(
    ("name", "ending"), [("a.PNG", ".png"), ("a", ""), ("", ""), (".png", ".png"), ("a.b.Jpeg", ".jpeg"), ("a.", ".")]
)
def test_an_ending_begins_with_the_last_dot(name: str, ending: str) -> None:
    assert ending_of(name) == ending


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("", "inline; filename=\"file\"; filename*=UTF-8''file"),
        (" \n ", "inline; filename=\"_\"; filename*=UTF-8''_"),
        ("\ud800.png", "inline; filename=\"_.png\"; filename*=UTF-8''_.png"),
        ("€ rates.png", "inline; filename=\"_ rates.png\"; filename*=UTF-8''%E2%82%AC%20rates.png"),
        ("it's (1)*.png", "inline; filename=\"it's (1)*.png\"; filename*=UTF-8''it%27s%20%281%29%2A.png"),
    ],
)
def test_any_name_is_one_header_that_every_browser_reads(name: str, shown: str) -> None:
    assert disposition(name, download=False) == shown
    assert shown.isascii()
    assert shown.isprintable()
