"""Where the values of a level stand in the answer. Only errors and resolvers that ask want to know, so a place is a
function, from a value's number in its level to its path.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import TypeAlias

from graphql.pyutils import Path

Where: TypeAlias = Callable[[int], Path | None]


def of_field(objects: Where, name: str, typename: str) -> Where:
    """Of a field's values; one for each object."""
    return lambda number: Path(objects(number), name, typename)


def of_items(lists: Where, lengths: Sequence[int]) -> Where:
    """Of the items of lists, all in one row."""

    ends: list[int] = []

    def where(number: int) -> Path:
        if not ends:
            ends.extend(accumulate(lengths))
        owner = bisect_right(ends, number)
        return Path(lists(owner), number - (ends[owner] - lengths[owner]), None)

    return where


def of_some(values: Where, numbers: Sequence[int]) -> Where:
    """Of those values that have these numbers."""
    return lambda number: values(numbers[number])
