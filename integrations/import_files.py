"""Files that older systems wrote out: JSON Lines, and CSV by RFC 4180, in UTF-8. They are read as they are needed; no
line and no record takes more than a megabyte of memory, whatever stands in them.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import orjson

from domain.importing import Kind, Line, Place, Reason, Unreadable

LONGEST_LINE = 1024 * 1024
_BOM = b"\xef\xbb\xbf"
_NOT_UTF_8 = Reason(None, "This is not UTF-8.")
_TOO_LONG = Reason(None, f"This line is longer than {LONGEST_LINE} bytes.")
_ENDINGS = (".jsonl", ".csv")
_KINDS = {kind.value: kind for kind in Kind}


@dataclass(frozen=True, slots=True)
class ImportFile:
    """Speaks domain.importing.SourceFile."""

    path: Path
    kind: Kind

    @property
    def name(self) -> str:
        """The path as it was given; its name alone other files may have."""
        return str(self.path).encode(errors="backslashreplace").decode()

    @property
    def size_bytes(self) -> int:
        with _readable(self.path):
            return self.path.stat().st_size

    def header(self) -> Sequence[str] | None:
        try:
            with _readable(self.path), self.path.open("rb") as file:
                return None if self.path.suffix.lower() == ".jsonl" else _header(file)
        except (ValueError, csv.Error) as error:
            raise Unreadable(f"{self.name} cannot be read: {error}") from None

    def lines(self) -> Iterator[Line]:
        with _readable(self.path), self.path.open("rb") as file:
            if self.path.suffix.lower() == ".jsonl":
                yield from _json_lines(self.name, file)
            else:
                yield from _records(self.name, file)


def files_in(paths: Sequence[Path], but: Path) -> list[ImportFile]:
    """The files named and those in the folders named, each once, in the order of importing; `but` is the report. Raises
    Unreadable where one is of no known kind, and where the report would be written over one that is.
    """
    if but.exists() and (_is_importable(but) or _is_importable(but.resolve())):
        raise Unreadable(f"The report would be written over {but}, which is called as a file to import. Name another.")
    found: dict[Path, Path] = {}
    for path in paths:
        for one in _inside(path):
            found.setdefault(one.resolve(), one)
    found.pop(but.resolve(), None)
    files = [ImportFile(path, _kind(path)) for path in found.values()]
    if not files:
        raise Unreadable("There is nothing to import: no .jsonl and no .csv.")
    order = list(Kind)
    return sorted(files, key=lambda file: (order.index(file.kind), file.name))


def _inside(path: Path) -> list[Path]:
    with _readable(path):
        if not path.exists():
            raise Unreadable(f"There is no file or folder {path}.")
        if path.is_dir():
            return sorted(one for one in path.iterdir() if one.suffix.lower() in _ENDINGS)
        return [path]


def _is_importable(path: Path) -> bool:
    return path.suffix.lower() in _ENDINGS and _stem(path) in _KINDS


def _kind(path: Path) -> Kind:
    if not _is_importable(path):
        names = ", ".join(_KINDS)
        raise Unreadable(
            f"{path.name} is no file that can be imported. Files are .jsonl or .csv and are called {names}."
        )
    return _KINDS[_stem(path)]


def _stem(path: Path) -> str:
    """The name up to the first dot or hyphen: view_logs.csv, view_logs-2019.csv."""
    return path.name.lower().partition(".")[0].partition("-")[0]


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Raises Unreadable where the system does not let us read it, or not any further."""
    try:
        yield
    except OSError as error:
        raise Unreadable(f"{path} cannot be read: {error.strerror or error}.") from None


def _json_lines(name: str, file: IO[bytes]) -> Iterator[Line]:
    number, end = 0, 0
    while raw := _line(file):
        number, end = number + 1, end + raw.taken
        text = raw.text.removeprefix(_BOM) if number == 1 else raw.text
        if raw.is_too_long or text.strip():
            yield Line(Place(name, number), end, _TOO_LONG if raw.is_too_long else _object(text))


def _object(text: bytes) -> Mapping[str, object] | Reason:
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        return Reason(None, "This is not JSON.", str(error)[:200])
    return found if isinstance(found, dict) else Reason(None, "This is JSON, but no object.")


@dataclass(frozen=True, slots=True)
class _Raw:
    """A line as it stands there, `taken` bytes long; without its text where that is too long."""

    text: bytes
    taken: int
    is_too_long: bool = False


def _line(file: IO[bytes]) -> _Raw | None:
    text = file.readline(LONGEST_LINE + 1)
    taken = len(text)
    if taken <= LONGEST_LINE:
        return _Raw(text, taken) if text else None
    while not text.endswith(b"\n") and (text := file.readline(LONGEST_LINE)):
        taken += len(text)
    return _Raw(b"", taken, is_too_long=True)


def _header(file: IO[bytes]) -> list[str]:
    raw = _line(file)
    if raw is None or raw.is_too_long:
        raise ValueError("its first line must name the columns")
    try:
        (names,) = csv.reader([raw.text.removeprefix(_BOM).decode()], strict=True)
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8") from None
    return [name.strip() for name in names]


def _records(name: str, file: IO[bytes]) -> Iterator[Line]:
    """Each record by itself. One that spans lines and cannot be read is refused for its first line alone: it may be a
    quote too many that makes one of them, and the lines behind it are read by themselves.
    """
    names, number = _header(file), 1
    csv.field_size_limit(LONGEST_LINE)
    while raw := _line(file):
        number, behind = number + 1, file.tell()
        text, lines = (raw.text, 1) if raw.is_too_long else _whole(file, raw.text)
        found = _TOO_LONG if raw.is_too_long else _record(names, text)
        if isinstance(found, Reason) and lines > 1:
            file.seek(behind)
            lines = 1
        if raw.is_too_long or text.strip():
            yield Line(Place(name, number), file.tell(), found)
        number += lines - 1


def _whole(file: IO[bytes], begun: bytes) -> tuple[bytes, int]:
    """A record from its first line on, up to where its quotes end; and how many lines that is."""
    parts, size, is_open = [begun], len(begun), begun.count(b'"') % 2 == 1
    while is_open and size <= LONGEST_LINE and (more := _line(file)) and not more.is_too_long:
        parts.append(more.text)
        size += more.taken
        is_open ^= more.text.count(b'"') % 2 == 1
    return b"".join(parts), len(parts)


def _record(names: Sequence[str], text: bytes) -> Mapping[str, object] | Reason:
    if text.count(b'"') % 2:
        return Reason(None, "A quote begins here that does not end.")
    try:
        rows = list(csv.reader([text.decode()], strict=True))
    except UnicodeDecodeError:
        return _NOT_UTF_8
    except csv.Error as error:
        return Reason(None, "This is not CSV.", str(error)[:200])
    if not rows:
        return {}
    if len(rows[0]) != len(names):
        return Reason(None, f"This line must have {len(names)} fields, as the first one.", f"it has {len(rows[0])}")
    return dict(zip(names, rows[0], strict=True))
