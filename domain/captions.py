"""Text that people wrote, made to fit a line of a picture whatever it is, in fonts that nobody here knows."""

import unicodedata
from collections.abc import Iterator, Sequence

_NARROW, _BROAD = " .,:;'|!()[]ijltfrI1-", "mwMW@%&"
_MOST_MARKS = 3
_JOINER, _JOINERS = "\u200d", "\u200c\u200d"
# First strong isolate, pop directional isolate.
_ISOLATED = "\u2068{}\u2069"


def clean(text: str) -> str:
    """On one line, without what XML 1.0 cannot hold, what is not seen, or marks on a letter beyond any language."""
    kept, marks = "", 0
    for char in unicodedata.normalize("NFC", " ".join(text.split())):
        kind = unicodedata.category(char)
        if char in _JOINERS:
            kept += char if kept and kept[-1] not in _JOINERS else ""
        elif kind not in {"Cc", "Cf", "Cs"} and ord(char) & 0xFFFE != 0xFFFE:
            marks = marks + 1 if kind[0] == "M" else 0
            kept += char if marks <= _MOST_MARKS else ""
    return kept.strip()


def cut(text: str, most: float) -> str:
    """What of it is no wider than `most` sizes of its font, and a sign where that is not all."""
    if width(text) <= most:
        return text
    kept, left = "", most - width("…")
    for cluster in _clusters(text):
        left -= width(cluster)
        if left < 0:
            break
        kept += cluster
    return kept.rstrip() + "…"


def listed(options: Sequence[str], most: float) -> str:
    """As many as one line holds, and how many more there are. None of them turns around what stands beside it."""
    for count in range(len(options), 0, -1):
        more = f" +{len(options) - count}" if count < len(options) else ""
        line = " · ".join(_ISOLATED.format(option) for option in options[:count]) + more
        if width(line) <= most:
            return line
    return _ISOLATED.format(cut(options[0], most - width(more))) + more if options else ""


def first(text: str, most: int) -> str:
    """The first characters, none of them cut into two."""
    kept = ""
    for cluster in _clusters(text):
        if len(kept) + len(cluster) > most:
            break
        kept += cluster
    return kept


def width(text: str) -> float:
    """About how wide it is, in sizes of its font."""
    return sum(map(_em, text))


def direction(text: str) -> str:
    """ltr or rtl, as the first letter that has one."""
    strong = (kind for char in text if (kind := unicodedata.bidirectional(char)) in {"L", "R", "AL"})
    return "ltr" if next(strong, "L") == "L" else "rtl"


def _clusters(text: str) -> Iterator[str]:
    """What is seen as one character: a letter with its marks, a flag, a family."""
    cluster = ""
    for char in text:
        joins = unicodedata.category(char)[0] == "M" or char in _JOINERS or "\U0001f3fb" <= char <= "\U0001f3ff"
        flag = len(cluster) == 1 and _is_regional(cluster) and _is_regional(char)
        if cluster and not (joins or flag or cluster.endswith(_JOINER)):
            yield cluster
            cluster = ""
        cluster += char
    yield cluster


def _is_regional(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _em(char: str) -> float:
    kind = unicodedata.category(char)
    if kind in {"Mn", "Me", "Cf"}:
        return 0
    if unicodedata.east_asian_width(char) in "WF":
        return 1.3 if kind[0] == "S" else 1
    if char in _NARROW:
        return 0.38
    return 1 if char in _BROAD else 0.78 if char.isupper() or char > "\u024f" else 0.62
