"""Arguments that many fields take, each described once."""

from typing import Annotated

import strawberry

First = Annotated[int, strawberry.argument(description="How many to return, from 1 to 100.")]
After = Annotated[str | None, strawberry.argument(description="The cursor of the item before; from the start if null.")]
Id = Annotated[strawberry.ID, strawberry.argument(description="The global id.")]
Ids = Annotated[list[strawberry.ID], strawberry.argument(description="The global ids, at most 100.")]
