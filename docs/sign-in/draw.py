"""Draws the pictures of docs/sign-in.md: every .mmd here, which is a small part of Mermaid, becomes an .svg beside it.

python docs/sign-in/draw.py
"""

import itertools
import re
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

_MARGIN, _LINE, _LETTER = 24, 18, 7.5  # in pixels; the widest of the usual fonts has letters of this width, in the mean
_ARROW = re.compile(r"(\w+)(-->>|->>|--x|-x)(\w+): (.+)")
_NOTE = re.compile(r"Note over (\w+)(?:,(\w+))?: (.+)")
_STYLE = """
text { fill: #263247; font: 13px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif }
.said { paint-order: stroke; stroke: #fff; stroke-width: 5px } .name { font-weight: 600 }
.card { fill: #fff; stroke: #d9dee8 } .actor { fill: #eef1f6; stroke: #8a96ab }
.life { stroke: #b6bfce; stroke-dasharray: 4 4 } .note { fill: #fff3d6; stroke: #d9b25f }
.arrow { stroke: #3a4a66; fill: none; stroke-width: 1.4 } .answer { stroke-dasharray: 6 4 } .head { fill: #3a4a66 }
path.end { stroke: #b3370a } text.end { fill: #b3370a }
@media (prefers-color-scheme: dark) {
text { fill: #dbe2ef } .said { stroke: #202939 }
.card { fill: #202939; stroke: #354157 } .actor { fill: #2b374b; stroke: #7d8ba5 }
.life { stroke: #55637c } .note { fill: #3b3420; stroke: #8f7637 } .arrow { stroke: #aebbd2 } .head { fill: #aebbd2 }
path.end { stroke: #ffab7a } text.end { fill: #ffab7a }
}
"""


@dataclass
class Step:
    """A message, or a note where `arrow` is empty; `first` and `last` are numbers of participants."""

    first: int
    last: int
    lines: list[str]
    arrow: str = ""

    @property
    def width(self) -> float:
        return max(map(len, self.lines)) * _LETTER


@dataclass
class Picture:
    title: str = ""
    keys: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)


def read(text: str) -> Picture:
    """Raises ValueError for a line of Mermaid that is not drawn here."""
    picture = Picture()
    for line in filter(None, map(str.strip, text.splitlines())):
        if found := re.fullmatch(r"participant (\w+) as (.+)", line):
            picture.keys.append(found[1])
            picture.names.append(found[2])
        elif found := re.fullmatch(r"accTitle: (.+)", line):
            picture.title = found[1]
        elif found := _ARROW.fullmatch(line):
            first, last = picture.keys.index(found[1]), picture.keys.index(found[3])
            picture.steps.append(Step(first, last, found[4].split("<br/>"), found[2]))
        elif found := _NOTE.fullmatch(line):
            first, last = picture.keys.index(found[1]), picture.keys.index(found[2] or found[1])
            picture.steps.append(Step(first, last, found[3].split("<br/>")))
        elif line != "sequenceDiagram" and not line.startswith("%%"):
            raise ValueError(f"not drawn here: {line}")
    return picture


def columns(picture: Picture) -> tuple[list[float], float]:
    """Where each participant stands, and how wide that makes the picture."""
    widths = [max(len(name) * _LETTER * 1.1 + 28, 90) for name in picture.names]
    gaps = [(left + right) / 2 + 24 for left, right in itertools.pairwise(widths)]
    before, behind = widths[0] / 2, widths[-1] / 2
    for step in sorted(picture.steps, key=lambda step: abs(step.last - step.first)):
        left, right = sorted((step.first, step.last))
        if left < right:
            missing = step.width + 36 - sum(gaps[left:right])
            gaps[left:right] = [gap + max(missing, 0) / (right - left) for gap in gaps[left:right]]
        elif step.arrow and right < len(gaps):
            gaps[right] = max(gaps[right], step.width + 60)
        elif step.arrow:
            behind = max(behind, step.width + 44)
        else:  # a note over one participant stands over its neighbours' ground, if need be
            half = step.width / 2 + 14
            before, behind = max(before, half * (left == 0)), max(behind, half * (right == len(gaps)))
    places = [_MARGIN + before]
    for gap in gaps:
        places.append(places[-1] + gap)
    return places, places[-1] + behind + _MARGIN


def drawn(picture: Picture) -> str:
    places, width = columns(picture)
    y: float = _MARGIN + 34
    parts: list[str] = []
    for step in picture.steps:
        y += 14
        parts += _note(step, places, y) if not step.arrow else _message(step, places, y)
        y += len(step.lines) * _LINE + (14 if not step.arrow else 22 if step.first == step.last else 6)
    height = y + _MARGIN
    actors = [part for name, x in zip(picture.names, places, strict=True) for part in _actor(name, x, y + 8)]
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" '
            f'height="{height:.0f}" role="img" aria-labelledby="title">',
            f'<title id="title">{escape(picture.title)}</title>',
            f"<style>{_STYLE}</style>",
            f'<rect class="card" x=".5" y=".5" width="{width - 1:.0f}" height="{height - 1:.0f}" rx="10"/>',
            *actors,
            *parts,
            "</svg>\n",
        )
    )


def _actor(name: str, x: float, end: float) -> list[str]:
    width = max(len(name) * _LETTER * 1.1 + 24, 84)
    return [
        f'<path class="life" d="M{x:.0f} {_MARGIN + 34}V{end:.0f}"/>',
        f'<rect class="actor" x="{x - width / 2:.0f}" y="{_MARGIN}" width="{width:.0f}" height="34" rx="6"/>',
        f'<text class="name" x="{x:.0f}" y="{_MARGIN + 22}" text-anchor="middle">{escape(name)}</text>',
    ]


def _message(step: Step, places: list[float], y: float) -> list[str]:
    start, end = places[step.first], places[step.last]
    below, ends = y + len(step.lines) * _LINE, step.arrow.endswith("x")
    kinds = "arrow" + (" answer" if step.arrow.startswith("--") else "") + (" end" if ends else "")
    if step.first == step.last:
        path = f"M{start:.0f} {y + 4:.0f}h26v{below - y + 8:.0f}h-18"
        return [
            *_text(step.lines, start + 36, y + 6, "start", "said"),
            f'<path class="{kinds}" d="{path}"/>',
            _head(start + 2, below + 12, -1),
        ]
    direction = 1 if end > start else -1
    tip = end - 2 * direction
    cross = f'<path class="{kinds}" d="M{tip - 9:.0f} {below - 5:.0f}l10 10m0 -10l-10 10"/>'
    return [
        *_text(step.lines, (start + end) / 2, y, "middle", "said end" if ends else "said"),
        f'<path class="{kinds}" d="M{start:.0f} {below:.0f}H{tip - 8 * direction:.0f}"/>',
        cross if ends else _head(tip, below, direction),
    ]


def _head(x: float, y: float, direction: int) -> str:
    return f'<path class="head" d="M{x:.0f} {y:.0f}l{-9 * direction} -4.5v9z"/>'


def _note(step: Step, places: list[float], y: float) -> list[str]:
    left, right = sorted((places[step.first], places[step.last]))
    width = max(right - left + 60 if right > left else 0, step.width + 24)
    middle = (left + right) / 2
    height = len(step.lines) * _LINE + 12
    box = f'x="{middle - width / 2:.0f}" y="{y:.0f}" width="{width:.0f}" height="{height}" rx="5"'
    return [f'<rect class="note" {box}/>', *_text(step.lines, middle, y + 6, "middle")]


def _text(lines: list[str], x: float, y: float, anchor: str, kind: str = "") -> list[str]:
    rows = [(y + number * _LINE + 12, escape(line)) for number, line in enumerate(lines)]
    return [
        f'<text class="{kind}" x="{x:.0f}" y="{row:.0f}" text-anchor="{anchor}">{line}</text>' for row, line in rows
    ]


if __name__ == "__main__":
    for source in sorted(Path(__file__).parent.glob("*.mmd")):
        source.with_suffix(".svg").write_text(drawn(read(source.read_text())))
        print(source.with_suffix(".svg").name)
