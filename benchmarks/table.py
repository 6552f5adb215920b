"""What a run has found, for people and for programs."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from benchmarks.measuring import Slice, middle, ratio

Found = Mapping[tuple[str, str], list[Slice]]
# CPU of ours to that of plain Strawberry: what the first edition aims at, and what the next does.
AIMS: Mapping[str, tuple[float, float]] = {
    "Q1": (0.33, 0.18),
    "Q2": (0.08, 0.056),
    "Q3": (0.08, 0.067),
    "Q4": (0.11, 0.077),
    "M1": (0.40, 0.31),
    "M2": (0.36, 0.31),
}
_LISTS, _P99_AIM = ("Q2", "Q3", "Q4"), 0.25
_FIGURES = {
    "requests a second": ("requests_a_second", 0),
    "server CPU, ms a request": ("cpu_ms", 3),
    "half answered within, ms": ("p50_ms", 2),
    "99 of 100 within, ms": ("p99_ms", 2),
}
_RATIOS = {
    "CPU to plain": ("ours", "plain", "cpu_ms"),
    "requests to plain": ("ours", "plain", "requests_a_second"),
    "p99 to plain": ("ours", "plain", "p99_ms"),
    "CPU to strawberry": ("ours", "strawberry", "cpu_ms"),
    "requests to strawberry": ("ours", "strawberry", "requests_a_second"),
    "p99 to strawberry": ("ours", "strawberry", "p99_ms"),
    "CPU to the floor": ("ours", "floor", "cpu_ms"),
    "requests to the floor": ("ours", "floor", "requests_a_second"),
    "two processes to one, requests": ("two", "ours", "requests_a_second"),
}


class Table:
    """`statements` are of one operation, `resident` is in KiB."""

    def __init__(
        self,
        found: Found,
        statements: Mapping[tuple[str, str], float],
        resident: Mapping[str, int],
        operations: Sequence[str],
        servers: Sequence[str],
    ) -> None:
        self._found, self._statements, self._resident = found, statements, resident
        self._operations, self._servers = operations, servers

    def lines(self) -> list[str]:
        told = []
        for title, (what, digits) in _FIGURES.items():
            told += [self._row(title, lambda name: name), *self._by_server(self._figure(what, digits)), ""]
        told += [self._row("statements", lambda name: name), *self._by_server(self._counted), ""]
        sizes = ", ".join(f"{name} {size / 1024:.0f} MB" for name, size in self._resident.items())
        told += [f"resident: {sizes}", "", self._row("RATIOS OF OURS", lambda name: name)]
        for title, ratios in self.ratios().items():
            told.append(self._row(f"  {title}", lambda name, of=ratios: f"{of[name]:.3f}"))  # type: ignore[misc]
            if title == "CPU to plain":
                told.append(self._row("    aim, and the next", lambda name: "{:g} {:g}".format(*AIMS[name])))
            if title == "p99 to plain":
                told.append(self._row("    aim", lambda name: f"{_P99_AIM:g}" if name in _LISTS else ""))
        return told

    def ratios(self) -> dict[str, dict[str, float]]:
        """By what is compared, and by operation."""
        return {
            title: {
                operation: ratio(self._found[operation, one], self._found[operation, other], what)
                for operation in self._operations
            }
            for title, (one, other, what) in _RATIOS.items()
            if {one, other} <= set(self._servers)
        }

    def document(self) -> dict[str, Any]:
        figures = {
            f"{operation} {name}": {
                **{what: middle(slices, what) for what, _ in _FIGURES.values()},
                "load_cpu_ms": middle(slices, "load_cpu_ms"),
                "statements": self._statements[operation, name],
            }
            for (operation, name), slices in self._found.items()
        }
        return {"ratios": self.ratios(), "figures": figures, "resident_kib": dict(self._resident)}

    def _figure(self, what: str, digits: int) -> Callable[[str, str], str]:
        return lambda operation, name: f"{middle(self._found[operation, name], what):.{digits}f}"

    def _counted(self, operation: str, name: str) -> str:
        return f"{self._statements[operation, name]:g}"

    def _by_server(self, cell: Callable[[str, str], str]) -> list[str]:
        return [self._row(f"  {name}", lambda one, of=name: cell(one, of)) for name in self._servers]  # type: ignore[misc]

    def _row(self, title: str, cell: Callable[[str], str]) -> str:
        return f"{title:32}" + "".join(f"{cell(operation):>12}" for operation in self._operations)
