"""The table that people read."""

from collections.abc import Sequence

from deploy.drill.judging import Row
from deploy.drill.proofs import Proof

_MOST = 6  # of what is wrong, for each


def table(rows: Sequence[Row]) -> str:
    head = ("fault", "requests", "answered", "slowest", "unanswered", "back after", "verdict", "coded errors by code")
    lines = [head, *map(_cells, rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)


def _cells(row: Row) -> tuple[str, ...]:
    back = "never" if row.back is None else f"{row.back:.1f} s"
    numbers = (str(row.requests), str(row.answered), f"{row.slowest:.1f} s", str(row.unanswered))
    return (row.fault, *numbers, back, row.verdict, row.codes)


def proven(proofs: Sequence[Proof]) -> str:
    return "\n".join(f"{'WRONG' if proof.wrong else 'holds'}  {proof.name}: {proof.figures}" for proof in proofs)


def complaints(rows: Sequence[Row], proofs: Sequence[Proof]) -> str:
    found = [(row.fault, row.broken) for row in rows] + [(proof.name, proof.wrong) for proof in proofs]
    found += [(f"In doubt, for the machine was too busy: {row.fault}", row.doubts) for row in rows]
    lines = []
    for name, wrong in found:
        lines += [f"{name}: {one}" for one in wrong[:_MOST]]
        if len(wrong) > _MOST:
            lines.append(f"{name}: and {len(wrong) - _MOST} more")
    return "\n".join(lines)
