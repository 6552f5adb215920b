"""How much variables may hold. A megabyte of JSON can hold hundreds of thousands of values, and each of them is coerced
before anything runs.
"""

from collections.abc import Mapping
from typing import Any

# Ten times as many as the largest input that is taken: a hundred events of a player.
MOST_VALUES = 10_000


def hold_too_much(variables: Mapping[str, Any]) -> bool:
    """Whether there are more values than that, however they are nested. Counts no further."""
    left = MOST_VALUES
    waiting: list[Any] = [variables]
    while waiting:
        value = waiting.pop()
        inside = list(value.values()) if isinstance(value, dict) else value
        left -= len(inside)
        if left < 0:
            return True
        waiting += [one for one in inside if isinstance(one, dict | list)]
    return False
