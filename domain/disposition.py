"""Content-Disposition: what a browser calls a file (RFC 6266), in any script (RFC 8187)."""

import unicodedata
from urllib.parse import quote

from domain.validation import has_control_characters

# RFC 8187, attr-char; letters and digits are never quoted.
_ATTRIBUTE_CHARACTERS = "!#$&+-.^_`|~"
# Which scripts and emoji need.
_JOINERS = "\u200c\u200d"


def _confuses(c: str) -> bool:
    """Whether a character ends a header, names a folder, or has a name read in another order than it is written."""
    return c in "/\\" or has_control_characters(c) or (unicodedata.category(c) == "Cf" and c not in _JOINERS)


def disposition(filename: str, *, download: bool) -> str:
    """`filename` is a label that somebody gave: nothing in it can end the header, or name a folder."""
    name = "".join("_" if _confuses(c) else c for c in filename).strip() or "file"
    # For who does not know the other form; a quote, or a percent sign, is read in more ways than one.
    plain = "".join(c if " " <= c <= "~" and c not in '"%' else "_" for c in name)
    kind = "attachment" if download else "inline"
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe=_ATTRIBUTE_CHARACTERS)}"
