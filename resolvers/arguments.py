"""Arguments that many fields take, each described once."""

from typing import Annotated, Any

import strawberry

First = Annotated[int, strawberry.argument(description="How many to return, from 1 to 100.")]
After = Annotated[str | None, strawberry.argument(description="The cursor of the item before; from the start if null.")]
Id = Annotated[strawberry.ID, strawberry.argument(description="The global id.")]
Ids = Annotated[list[strawberry.ID], strawberry.argument(description="The global ids, at most 100.")]


def given(input: Any) -> dict[str, Any]:
    """What an input of changes really names, by field; what was left out is not there. Its id is no change."""
    return {name: value for name, value in vars(input).items() if name != "id" and value is not strawberry.UNSET}
