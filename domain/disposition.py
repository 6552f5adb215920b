"""Content-Disposition: what a browser calls a file (RFC 6266), in any script (RFC 8187)."""

from urllib.parse import quote

from domain.validation import has_control_characters

# RFC 8187, attr-char; letters and digits are never quoted.
_ATTRIBUTE_CHARACTERS = "!#$&+-.^_`|~"
_NOT_IN_NAMES = "/\\"


def disposition(filename: str, *, download: bool) -> str:
    """`filename` is a label that somebody gave: nothing in it can end the header, or name a folder."""
    name = "".join("_" if c in _NOT_IN_NAMES or has_control_characters(c) else c for c in filename).strip() or "file"
    # For who does not know the other form; a quote, or a percent sign, is read in more ways than one.
    plain = "".join(c if " " <= c <= "~" and c not in '"%' else "_" for c in name)
    kind = "attachment" if download else "inline"
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe=_ATTRIBUTE_CHARACTERS)}"
