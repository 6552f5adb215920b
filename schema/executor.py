"""How operations are executed: as Strawberry does, but that a subscription forgets each event."""

from typing import Any

from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext


class ForgettingExecutor(StrawberryGraphQLCoreExecutionContext):
    """graphql-core 3.3 remembers what it was asked for below each object, by the object's place in memory, and hands
    that memory on from event to event: three kilobytes for each, for as long as somebody listens.
    """

    def build_per_event_executor(self, payload: Any) -> Any:
        executor = super().build_per_event_executor(payload)
        executor._relevant_sub_fields = {}
        return executor
