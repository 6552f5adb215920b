"""What one request or operation has cost and come to, gathered on the way for its one line in the log."""

from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass(slots=True)
class Meter:
    request_id: str
    statements: int = 0
    cost: int = 0  # of the operation, once it is judged
    operation: str | None = None
    user_id: int | None = None
    codes: list[str] = field(default_factory=list)


meter: ContextVar[Meter | None] = ContextVar("meter", default=None)
