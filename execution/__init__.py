"""Compiled execution. A validated operation becomes, once, a plan: functions from all objects of a level to all of
their results, so that a page of fifty costs about as many calls as a page of one. An event that many hear is executed
once for all of them.

The door is `executor`, the class by which graphql-core executes; but for composition/, nobody knows of this room. What
has no plan is executed by graphql-core itself, which also parses, validates and coerces as ever. Both answer the same.

    Selection   what is asked for of objects of one type: its columns, row by row       selections.py
    Column      one field for all objects of a level: a source, and how to complete it  selections.py
    Source      how the values come: read, computed, or by one call for all             sources.py
    Completion  what becomes of values: by the rules of the spec for their type         completions.py
    Audience    those who hear the same                                                 audience.py
"""

from collections.abc import Callable
from typing import Any

from execution.audience import Nobody, shared
from execution.executors import Forgetting, compiled, ordered


def executor(nobody: Callable[[Any], Nobody], *, planned: bool) -> type[Any]:
    """The class to execute with. `nobody` makes of somebody's context one that does not know whose it is."""
    return shared((compiled if planned else ordered)(Forgetting), nobody)
