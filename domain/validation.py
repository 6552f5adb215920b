"""Rules for fields, collected so that a person hears of every problem at once."""

import math
import unicodedata
from collections.abc import Sequence

from domain.errors import Problem, Refusal, RefusalCode

_KEPT_CONTROLS = "\n\r\t"


class Problems:
    """Collects the problems of one input; leaving the `with` block raises them as one Refusal."""

    def __init__(self, *prefix: str) -> None:
        self._prefix = prefix
        self._found: list[Problem] = []

    def __enter__(self) -> "Problems":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.raise_if_any()

    def add(self, field: str | Sequence[str], message: str) -> None:
        path = (field,) if isinstance(field, str) else tuple(field)
        self._found.append(Problem((*self._prefix, *path), message))

    def raise_if_any(self) -> None:
        if self._found:
            message = self._found[0].message if len(self._found) == 1 else f"{len(self._found)} fields need attention."
            raise Refusal(RefusalCode.VALIDATION_FAILED, message, self._found)

    def text(
        self, field: str | Sequence[str], value: str, *, longest: int, required: bool = True, lines: bool = False
    ) -> str:
        """`value` trimmed; a problem where it is empty (if required), too long (in characters) or not plain text."""
        trimmed = value.strip()
        if required and not any(unicodedata.category(c)[0] not in "ZC" for c in trimmed):
            self.add(field, "This must not be empty.")
        if len(trimmed) > longest:
            self.add(field, f"This may have at most {longest} characters; it has {len(trimmed)}.")
        if has_control_characters(trimmed, allowed=_KEPT_CONTROLS if lines else ""):
            self.add(field, "This contains characters that cannot be stored, such as NUL or a control character.")
        return trimmed

    def optional_text(self, field: str, value: str | None, *, longest: int, lines: bool = False) -> str | None:
        """As `text`; an empty value is the same as none."""
        if value is None:
            return None
        return self.text(field, value, longest=longest, required=False, lines=lines) or None

    def number(self, field: str | Sequence[str], value: float, *, least: float, most: float) -> None:
        if not math.isfinite(value) or not least <= value <= most:
            self.add(field, f"This must be a number from {least:g} to {most:g}.")


def has_control_characters(text: str, *, allowed: str = "") -> bool:
    """Whether `text` has control characters, or lone surrogates, which neither PostgreSQL nor JSON can carry."""
    return any(unicodedata.category(c) in {"Cc", "Cs"} and c not in allowed for c in text)
