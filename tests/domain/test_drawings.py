"""Portraits that are drawn here: a good SVG whatever people write, all of which stays text."""

import unicodedata
from base64 import b64decode
from dataclasses import replace
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from domain.captions import clean, cut, first, listed, width
from domain.drawings import Description, data_uri, drawing
from domain.users import Gender

SVG = "{http://www.w3.org/2000/svg}"
PLAIN = Description("Ada", Gender.FEMALE, "curious", ["glasses", "bun"])
TAGS = {"svg", "title", "g", "path", "circle", "rect", "text"}
ATTRIBUTES = {"aria-label", "cx", "cy", "d", "direction", "fill", "fill-opacity", "font-family", "font-size"}
ATTRIBUTES |= {"font-weight", "height", "opacity", "overflow", "r", "role", "rx", "stroke", "stroke-linecap"}
ATTRIBUTES |= {"stroke-linejoin", "stroke-opacity", "stroke-width", "text-anchor", "transform", "viewBox", "width"}
ATTRIBUTES |= {"x", "y"}
FAMILY, FLAG, THUMB = "👩‍👩‍👧‍👦", "🇰🇷", "👍🏽"


def parsed(description: Description) -> ElementTree.Element:
    """The root of the drawing, which is of nothing but shapes and text, and no larger than is said."""
    written = drawing(description)
    assert len(written.encode()) <= 8_000
    root = ElementTree.fromstring(written)  # noqa: S314
    assert root.tag == f"{SVG}svg"
    for element in root.iter():
        assert element.tag.removeprefix(SVG) in TAGS
        assert set(element.attrib) <= ATTRIBUTES
        assert not [name for name, value in element.attrib.items() if "url(" in value and name != "aria-label"]
    return root


def texts(description: Description) -> list[str]:
    """The lines below the portrait, without what keeps them apart."""
    found = parsed(description).iter(f"{SVG}text")
    return [(element.text or "").replace("\u2068", "").replace("\u2069", "") for element in found]


def scenery(description: Description) -> str:
    """The drawing without its text."""
    root = parsed(description)
    for element in root.iter():
        element.text = None
        element.attrib.pop("aria-label", None)
    return ElementTree.tostring(root, encoding="unicode")


def test_a_drawing_shows_the_description_and_tells_it_to_who_cannot_see() -> None:
    root = parsed(PLAIN)
    assert texts(PLAIN) == ["Ada", "curious", "glasses · bun"]
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-label"] == root.findtext(f"{SVG}title") == "Ada, curious, glasses, bun"


def test_the_same_description_is_drawn_the_same() -> None:
    assert drawing(PLAIN) == drawing(replace(PLAIN, options=("glasses", "bun")))


def test_other_descriptions_are_drawn_otherwise() -> None:
    changes = [{"name": "Bob"}, {"gender": Gender.MALE}, {"feature": None}, {"feature": "shy"}, {"options": []}]
    others = [replace(PLAIN, **change) for change in changes]  # type: ignore[arg-type]
    others += [replace(PLAIN, options=["bun", "glasses"]), replace(PLAIN, feature="glasses", options=["bun"])]
    assert len({scenery(one) for one in (PLAIN, *others)}) == len(others) + 1


def test_hundreds_of_people_hardly_ever_look_alike() -> None:
    people = [Description(f"Person {number}", gender, None, []) for number in range(150) for gender in Gender]
    assert len({scenery(person) for person in people}) == len(people)


HOSTILE = [
    "</text><script>alert(1)</script>",
    '" onload="alert(1)',
    "' onload='alert(1)",
    "&",
    "&amp;&#0;&nbsp;",
    "]]>",
    "<![CDATA[",
    "<!--",
    "-->",
    "<?xml version='1.0'?><!DOCTYPE svg [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>&x;",
    "{accent}{0}%s",
    "url(https://evil.example/)",
    "".join(map(chr, range(32))),
    "\x7f\x80\x9f",
    "\ud800",
    "\udfff\ud800",
    "\ufffe\uffff\U0001ffff\U0010fffe",
    "a" + "\u0301" * 99,
    "\u0301" * 100,
    "a" + "\u200d\u0301" * 50,
    "\u200d" * 100,
    "👩\u200d" * 50,
    "🇰" * 100,
    "\u202e\u2066\u200f",
    "﷽" * 100,
    "محمد بن عبد الله " * 6,
    "김" * 100,
    "W" * 100,
    "&" * 100,
    "'" * 100,
    "\U0001f469" * 100,
    " \n\t\u3000\u2028 ",
    "",
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text)[:40])
def test_whatever_people_write_is_only_text(text: str) -> None:
    for gender in Gender:
        texts(Description(text, gender, text, [text] * 20))
        texts(Description(text, gender, text * 20, [text]))


def test_what_people_write_is_read_as_they_wrote_it() -> None:
    for text in ("<b>&amp;", "\"'", "]]>", "{ink}"):
        assert texts(Description(text, Gender.MALE, text, [text])) == [text] * 3
        assert parsed(Description(text, Gender.MALE, None, [])).attrib["aria-label"] == text


def test_nobody_at_all_has_a_portrait_too() -> None:
    nobody = Description("\x00", Gender.MALE, "\ud800", ["", " "])
    assert texts(nobody) == []
    assert parsed(nobody).attrib["aria-label"] == "A portrait"


def test_a_long_name_is_smaller_and_then_cut() -> None:
    names = ["Ada", "Augusta Ada Lovelace", "Ada Lovelace, Countess of Lovelace, of Ockham and of Horsley"]
    drawn = [next(parsed(replace(PLAIN, name=name)).iter(f"{SVG}text")) for name in names]
    sizes = [int(element.attrib["font-size"]) for element in drawn]
    assert sizes == sorted(set(sizes), reverse=True)
    assert [element.text for element in drawn][:2] == names[:2]
    shown = drawn[2].text or ""
    assert shown.endswith("…")
    assert names[2].startswith(shown[:-1])


def test_every_line_has_its_place_and_is_clipped_to_it() -> None:
    for feature, options in ((None, []), ("curious", []), (None, ["bun"]), ("x" * 2000, ["y" * 50] * 20)):
        boxes = list(parsed(replace(PLAIN, feature=feature, options=options)).iter(f"{SVG}svg"))[1:]
        places = [(float(box.attrib["y"]), float(box.attrib["height"])) for box in boxes]
        assert len(places) == 1 + bool(feature) + bool(options)
        assert places[0][0] >= 368
        assert sum(places[-1]) <= 512
        assert all(lower[0] >= sum(upper) - 1 for upper, lower in pairwise(places))
        assert {box.attrib["overflow"] for box in boxes} == {"hidden"}
        assert all(float(box.attrib["x"]) + float(box.attrib["width"]) <= 512 for box in boxes)


def test_text_from_right_to_left_begins_at_the_right() -> None:
    description = Description("(מרים)", Gender.FEMALE, "123 كاتب", ["glasses", "שיער"])
    found = parsed(description).iter(f"{SVG}text")
    assert [element.attrib["direction"] for element in found] == ["rtl", "rtl", "ltr"]


def test_options_that_do_not_fit_are_counted() -> None:
    options = [f"option {number}" for number in range(20)]
    assert (
        listed(options, 24).replace("\u2068", "").replace("\u2069", "")
        == "option 0 · option 1 · option 2 · option 3 +16"
    )
    assert listed(["glasses"], 24) == "\u2068glasses\u2069"
    long = listed(["x" * 500, "y"], 10)
    assert long.startswith("\u2068xxx")
    assert long.endswith("…\u2069 +1")
    assert width(long) <= 10
    assert listed([], 24) == ""


@pytest.mark.parametrize("whole", ["x", "김", "e\u0301\u0323", "का", FAMILY, FLAG, THUMB, "☺️"])
def test_nothing_that_looks_like_one_is_cut_into_two(whole: str) -> None:
    for shortened in (
        *(cut(whole * 9, most) for most in range(1, 20)),
        *(first(whole * 9, most) for most in range(40)),
    ):
        kept = shortened.removesuffix("…")
        assert kept == whole * (len(kept) // len(whole))
    for most in range(1, 20):
        assert width(cut(whole * 9, most)) <= most


def test_clean_text_is_on_one_line_and_without_what_cannot_be_seen() -> None:
    assert clean(" a\n\tb\u2028c\u3000 ") == "a b c"
    assert clean("a\u202eb\ufeffc\u00add\ud800e\x00f\ufffeg") == "abcdefg"
    assert clean("\u1100\u1161\u11a8") == "각", "composed"
    assert clean("Z" + "\u0301" * 50 + "a" + "\u200d\u0302" * 9).count("\u0301") == 3
    for whole in (FAMILY, FLAG, THUMB, "می‌خواهم", "שָׁלוֹם", "हिन्दी", "ภาษาไทยที่", "ữ"):
        assert clean(whole) == unicodedata.normalize("NFC", whole)


def test_a_data_uri_holds_the_bytes() -> None:
    head, _, body = data_uri("image/svg+xml", "<svg>é</svg>".encode()).partition(",")
    assert head == "data:image/svg+xml;base64"
    assert b64decode(body).decode() == "<svg>é</svg>"
