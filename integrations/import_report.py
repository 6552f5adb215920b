"""The report of an import: a line of JSON for each line that was refused."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO

import orjson

from domain.importing import RefusedLine, Unreadable


class ImportReport:
    """Speaks domain.importing.Report. Begun anew each time, so that no old one is taken for this one's."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: IO[bytes] | None = None

    def __enter__(self) -> "ImportReport":
        with self._writable():
            self._file = self.path.open("wb")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file:
            with self._writable():
                self._file.close()

    def refuse(self, line: RefusedLine) -> None:
        assert self._file
        told = {
            "file": line.place.file,
            "line": line.place.line,
            "id": line.old_id,
            "reasons": [str(reason) for reason in line.reasons],
        }
        with self._writable():
            self._file.write(orjson.dumps(told, option=orjson.OPT_APPEND_NEWLINE))

    @contextmanager
    def _writable(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise Unreadable(f"The report cannot be written to {self.path}: {error.strerror}.") from None
