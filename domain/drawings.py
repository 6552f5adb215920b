"""Portraits that are drawn here: each is an SVG document made of a description alone, and the same whenever it is made.

Name and gender make the face; feature and options also choose the colours, the clothes and what is around.
"""

import html
import json
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple, TypeVar

from domain.captions import clean, cut, direction, first, listed, width
from domain.users import Gender

T = TypeVar("T")
_LONGEST_LABEL = 160
# How wide a line may be, and the sizes of the font, in units of the drawing, which has 512. Bold is wider.
_LINE, _BOLD_LINE = 456, 416
_NAME_SIZES, _FEATURE_SIZE, _OPTIONS_SIZE = (40, 34, 28), 22, 20


@dataclass(frozen=True)
class Description:
    """What is to be seen in an image of a persona."""

    name: str
    gender: Gender
    feature: str | None
    options: Sequence[str]


class _Palette(NamedTuple):
    ground: str
    halo: str
    accent: str
    cloth: str
    ink: str


_PALETTES = (
    _Palette("#f6d6ad", "#fff1dc", "#e8894a", "#3f7d86", "#22404b"),
    _Palette("#b9dfe2", "#e6f5f4", "#f2a65a", "#d1495b", "#23395b"),
    _Palette("#d3c8f3", "#efeafd", "#8f7bd8", "#5a49a8", "#2b2358"),
    _Palette("#f7c6c7", "#fdebea", "#e4707a", "#8a4a70", "#43213a"),
    _Palette("#c9e4bb", "#eef7e6", "#7fb263", "#2f7a58", "#1d3f31"),
    _Palette("#fbe29a", "#fff6d8", "#f0a202", "#b3541e", "#4a2a14"),
    _Palette("#b3d0f5", "#e2eefc", "#5b8fd9", "#2c5aa6", "#16294d"),
    _Palette("#f5c3a1", "#fce7da", "#d96c3f", "#6a58a0", "#2c2550"),
    _Palette("#c3d8d3", "#edf3f1", "#e0a458", "#4f7d74", "#243b38"),
    _Palette("#f3b8d2", "#fde6f0", "#c2548f", "#2e6f8c", "#1b3345"),
)
_SKINS = ("#fbe0cc", "#f6cfae", "#eebd93", "#d9a074", "#b57a50", "#8a5a3b")
_HAIR_COLOURS = ("#1f1a1c", "#3b2720", "#5c3a26", "#8b5530", "#c28a44", "#7c2f2a", "#4c4a57", "#3a3f6b")
_PARTED = '<path d="M184 184C174 108 210 84 256 84S338 108 328 184C322 150 300 124 256 106C212 124 190 150 184 184Z"/>'
_SWEPT = (
    '<path d="M184 178C174 106 212 80 262 82C310 84 336 114 328 178C324 152 316 138 304 128C268 142 226 138 206 126'
    'C194 140 188 156 184 178Z"/>'
)
_FRINGE = (
    '<path d="M184 188C172 100 212 80 256 80S340 100 328 188C327 166 322 152 314 142Q256 154 198 142'
    'C190 152 185 166 184 188Z"/>'
)
_QUIFF = (
    '<path d="M184 176C176 118 190 92 226 74C270 54 332 76 328 176C324 150 316 136 304 128C272 130 244 116 220 120'
    'C200 130 188 148 184 176Z"/>'
)
_CROP = '<path d="M184 170C178 110 214 86 256 86S334 110 328 170C322 142 304 122 256 120C208 122 190 142 184 170Z"/>'
_CURLS = "".join(
    f'<circle cx="{x}" cy="{y}" r="{r}"/>'
    for x, y, r in ((190, 146, 20), (204, 116, 25), (234, 96, 27), (270, 92, 28), (302, 110, 26), (322, 142, 20))
)
_SHORT = '<path d="M180 190C172 74 340 74 332 190Z"/>'
# What is behind the head, and what is in front of it.
_HAIR = {
    Gender.FEMALE: (
        ('<path d="M170 180C160 62 352 62 342 180L360 312Q256 344 152 312Z"/>', _PARTED),
        ('<path d="M172 180C164 66 348 66 340 180L350 238Q340 268 306 256H206Q172 268 162 238Z"/>', _FRINGE),
        (f'<circle cx="256" cy="66" r="36"/>{_SHORT}', _SWEPT),
        (
            '<path d="M172 180C164 66 348 66 340 180C366 206 338 226 358 252C372 284 346 318 316 316H196'
            'C166 318 140 284 154 252C174 226 146 206 172 180Z"/>',
            _SWEPT,
        ),
        (f'{_SHORT}<path d="M314 92C400 92 408 190 374 266C380 196 356 150 310 140Z"/>', _PARTED),
    ),
    Gender.MALE: (
        (_SHORT, _CROP),
        (_SHORT, _SWEPT),
        (_SHORT, _QUIFF),
        (_SHORT, _CURLS),
        ('<path d="M174 186C164 66 348 66 338 186L334 226Q256 240 178 226Z"/>', _PARTED),
    ),
}
_BEARD = (
    '<path d="M190 186C190 252 220 270 256 270S322 252 322 186C318 214 300 210 284 210Q256 202 228 210'
    'C212 210 194 214 190 186Z"/>'
)
_STUBBLE = (
    '<path d="M192 200C196 238 222 262 256 262S316 238 320 200C312 214 298 210 284 210Q256 202 228 210'
    'C214 210 200 214 192 200Z" opacity=".22"/>'
)
_ON_THE_CHIN = {Gender.FEMALE: ("",), Gender.MALE: ("", "", _BEARD, _STUBBLE)}
_GLINTS = '<path d="M232 179h.01M284 179h.01" stroke="#fff" stroke-width="4"/>'
_EYES = (
    f'<path d="M230 182h.01M282 182h.01" stroke-width="15"/>{_GLINTS}',
    f'<path d="M230 179v6M282 179v6" stroke-width="12"/>{_GLINTS}',
    '<path d="M219 186Q230 171 241 186M271 186Q282 171 293 186"/>',
    '<path d="M230 180v3M282 180v3" stroke-width="14"/><path d="M222 176L215 171M290 176L297 171" stroke-width="4"/>'
    f"{_GLINTS}",
)
_BROWS = (
    "M214 163Q229 153 244 160M268 160Q283 153 298 163",
    "M216 160H243M269 160H296",
    "M214 158Q229 146 244 155M268 155Q283 146 298 158",
)
_MOUTHS = (
    '<path d="M232 226Q256 246 280 226"/>',
    '<path d="M230 222Q256 262 282 222Z" fill="#fff"/>',
    '<path d="M242 230Q256 239 270 230"/>',
    '<path d="M236 230Q264 240 280 222"/>',
)
_CLOTHES = (
    '<path d="M212 278Q256 322 300 278" fill="none" stroke="{accent}" stroke-width="14"/>',
    '<path d="M214 276L256 330L298 276L322 286L262 366H250L190 286Z" fill="{halo}"/>',
    '<path d="M224 252Q256 266 288 252L298 290Q256 322 214 290Z" fill="{cloth}"/>'
    '<path d="M219 268Q256 286 293 268" fill="none" stroke="{ink}" stroke-opacity=".25" stroke-width="4"/>',
    '<path d="M116 310Q256 372 396 310M92 340Q140 362 196 368M420 340Q372 362 316 368" fill="none" stroke="{halo}"'
    ' stroke-width="11"/>',
    '<path d="M206 280Q160 292 214 336Q256 356 298 336Q352 292 306 280Q256 338 206 280Z" fill="{accent}"/>'
    '<path d="M228 340v28M284 340v28" stroke="{halo}" stroke-width="5"/>',
)
_ADORNMENTS = (
    "",
    '<g fill="#fff" fill-opacity=".25" stroke="{ink}" stroke-width="5"><circle cx="229" cy="182" r="23"/>'
    '<circle cx="283" cy="182" r="23"/><path d="M252 180Q256 176 260 180"/></g>',
    '<g fill="#fff" fill-opacity=".25" stroke="{accent}" stroke-width="5"><rect x="205" y="164" width="46" height="36"'
    ' rx="10"/><rect x="261" y="164" width="46" height="36" rx="10"/><path d="M251 178h10"/></g>',
    '<circle cx="187" cy="212" r="8" fill="{accent}"/><circle cx="325" cy="212" r="8" fill="{accent}"/>',
    '<path d="M312 96h.01M334 96h.01M341 117h.01M323 130h.01M305 117h.01" stroke="{accent}" stroke-width="22"/>'
    '<circle cx="323" cy="111" r="9" fill="{halo}"/>',
    '<path d="M168 132C150 60 300 24 350 86C366 106 352 124 340 122Q256 96 168 132Z" fill="{accent}"/>'
    '<path d="M252 58L248 42" stroke="{accent}" stroke-width="9"/>',
)
_SCATTERED = (
    '<circle r="9"/>',
    '<rect x="-10" y="-10" width="20" height="20" rx="5"/>',
    '<path d="M0-18Q13 0 0 18Q-13 0 0-18Z"/>',
    '<path d="M0-15L4-4L15 0L4 4L0 15L-4 4L-15 0L-4-4Z"/>',
    '<circle r="9" fill="none" stroke="{halo}" stroke-width="5"/>',
)
_PLACES = tuple(
    (x, y) for left, y in ((44, 50), (112, 34), (48, 132), (98, 96), (34, 214), (70, 290)) for x in (left, 512 - left)
)
_BEHIND = (
    "",
    '<g fill="none" stroke="{halo}" stroke-width="9"><circle cx="256" cy="196" r="186"/>'
    '<circle cx="256" cy="196" r="226"/><circle cx="256" cy="196" r="266"/></g>',
    '<path d="M0 300Q80 226 190 290T400 268T512 300V368H0Z" fill="{accent}" fill-opacity=".5"/>',
    '<path d="M0 0H170L0 220ZM512 0H342L512 220Z" fill="{accent}" fill-opacity=".35"/>',
    '<path d="M256 196L-60-40L40-140ZM256 196L180-140H332ZM256 196L472-140L572-40ZM256 196L620 90V240Z'
    'M256 196L-108 90V240ZM256 196L-60 440L-108 330ZM256 196L572 440L620 330Z" fill="{halo}" fill-opacity=".6"/>',
)


class _Choices:
    """Chooses, always the same for the same seeds."""

    def __init__(self, *seeds: object) -> None:
        self._left = int.from_bytes(sha256(json.dumps(seeds).encode()).digest())

    def of(self, among: Sequence[T]) -> T:
        self._left, place = divmod(self._left, len(among))
        return among[place]


def drawing(description: Description) -> str:
    """An SVG document of 512 by 512, of at most 8 kB in UTF-8. Nothing in it runs or is fetched from elsewhere."""
    name, feature = clean(description.name), clean(description.feature or "")
    options = [shown for option in description.options if (shown := clean(option))]
    given = [description.name, description.gender.value]
    face, scene = _Choices(*given), _Choices(*given, description.feature, *description.options)
    palette = scene.of(_PALETTES)
    parts = [*_around(scene, palette), *_person(face, scene, description.gender, palette)]
    parts += [f'<path d="M0 368H512V512H0Z" fill="{palette.ink}"/>', *_caption(name, feature, options, palette)]
    label = html.escape(first(", ".join(filter(None, (name, feature, *options))), _LONGEST_LABEL) or "A portrait")
    opening = '<svg xmlns="http://www.w3.org/2000/svg" width="512" height="512" viewBox="0 0 512 512" role="img"'
    return f'{opening} aria-label="{label}"><title>{label}</title>{"".join(parts)}</svg>'


def data_uri(content_type: str, data: bytes) -> str:
    return f"data:{content_type};base64,{b64encode(data).decode()}"


def _around(scene: _Choices, palette: _Palette) -> Iterator[str]:
    yield f'<path d="M0 0H512V512H0Z" fill="{palette.ground}"/>'
    yield scene.of(_BEHIND).format_map(palette._asdict())
    shape = scene.of(_SCATTERED).format_map(palette._asdict())
    for x, y in _PLACES:
        moved = f"translate({x + scene.of(range(-9, 10))} {y + scene.of(range(-9, 10))})"
        turned = f"rotate({scene.of(range(0, 90, 15))}) scale({scene.of(('.7', '1', '1.4'))})"
        colour = scene.of((palette.accent, palette.halo, palette.cloth))
        yield f'<g transform="{moved} {turned}" fill="{colour}">{shape}</g>'
    yield f'<circle cx="256" cy="196" r="152" fill="{palette.halo}"/>'


def _person(face: _Choices, scene: _Choices, gender: Gender, palette: _Palette) -> Iterator[str]:
    skin, hair, (back, front) = face.of(_SKINS), face.of(_HAIR_COLOURS), face.of(_HAIR[gender])
    colours = palette._asdict()
    yield f'<g fill="{hair}">{back}</g>'
    yield f'<g fill="{skin}"><path d="M230 230H282V300H230Z"/><circle cx="189" cy="186" r="15"/>'
    yield '<circle cx="323" cy="186" r="15"/></g><path d="M230 244Q256 276 282 244V266Q256 288 230 266Z" opacity=".1"/>'
    yield f'<path d="M76 368C80 308 140 290 212 278Q256 322 300 278C372 290 432 308 436 368Z" fill="{palette.cloth}"/>'
    yield scene.of(_CLOTHES).format_map(colours)
    yield f'<path d="M190 170C190 100 322 100 322 170C322 228 292 262 256 262S190 228 190 170Z" fill="{skin}"/>'
    yield '<g fill="#e8505b" fill-opacity=".25"><circle cx="212" cy="211" r="13"/><circle cx="300" cy="211" r="13"/>'
    yield f'</g><g fill="{hair}">{face.of(_ON_THE_CHIN[gender])}{front}</g>'
    yield '<g fill="none" stroke="#2a2226" stroke-width="5" stroke-linecap="round" stroke-linejoin="round">'
    yield f'<path d="{face.of(_BROWS)}" stroke="{hair}"/>{face.of(_EYES)}{face.of(_MOUTHS)}'
    yield '<path d="M257 188Q249 206 259 208" stroke-opacity=".3" stroke-width="4"/></g>'
    yield f'<g fill="none" stroke-linecap="round">{scene.of(_ADORNMENTS).format_map(colours)}</g>'


def _caption(name: str, feature: str, options: Sequence[str], palette: _Palette) -> Iterator[str]:
    """The name, and below it what there is of the others, in the middle of what is left."""
    size = next((size for size in _NAME_SIZES if width(name) * size <= _BOLD_LINE), _NAME_SIZES[-1])
    lines = [(cut(name, _BOLD_LINE / size), size, "#fff", "700")]
    lines.append((cut(feature, _LINE / _FEATURE_SIZE), _FEATURE_SIZE, palette.halo, "400"))
    lines.append((listed(options, _LINE / _OPTIONS_SIZE), _OPTIONS_SIZE, palette.ground, "400"))
    there = [line for line in lines if line[0]]
    top = 440 - sum(size * 1.5 for _, size, _, _ in there) / 2
    for text, size, colour, weight in there:
        yield f'<svg x="24" y="{top:.0f}" width="464" height="{size * 1.5:.0f}" overflow="hidden">'
        yield f'<text x="232" y="{size * 1.1:.0f}" text-anchor="middle" direction="{direction(text)}"'
        yield f' font-family="sans-serif" font-size="{size}" font-weight="{weight}" fill="{colour}">'
        yield f"{html.escape(text)}</text></svg>"
        top += size * 1.5
