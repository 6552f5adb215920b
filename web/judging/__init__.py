"""Judges every operation before it runs, by whatever door it came: what it asks for, what it costs, whether it is
valid, and whether whoever asks may still ask for so much.
"""

from collections.abc import AsyncIterator, Iterator
from typing import Any

from graphql import GraphQLError, GraphQLSyntaxError
from strawberry.extensions import SchemaExtension
from strawberry.schema.exceptions import CannotGetOperationTypeError

from domain.errors import CodedError
from domain.metering import meter
from web.judging.known import Known, Library, toll, weight_of
from web.judging.variables import MOST_VALUES, hold_too_much

# What an operation is charged that does not run.
REFUSED_COST = 1


class TooCostly(CodedError):
    code = "OPERATION_TOO_COSTLY"
    status = 400


class Judging(SchemaExtension):
    """One for each operation; what it knows of documents is in the library, which all of them share."""

    _known: Known
    _toll = 0
    _cost: int | None = None
    _told = False

    def __init__(self, library: Library, cost_limit: int, *, suggestions: bool) -> None:
        self._library, self._cost_limit, self._suggestions = library, cost_limit, suggestions

    async def on_parse(self) -> AsyncIterator[None]:
        """Raises GraphQLSyntaxError, CannotGetOperationTypeError; or RateLimited from those who go on sending what is
        none, or cannot run here.
        """
        context = self.execution_context
        text, name = context.query or "", context.operation_name
        self._known = self._library.find(text, name) or await self._read(text, name)
        context.graphql_document, context.known = self._known.document, self._known  # type: ignore[attr-defined]
        if self._known.kind not in {*context.allowed_operations}:  # which Strawberry says right after this
            await context.context.charge(REFUSED_COST + self._toll)
        if self._known.kind is None:  # where it would run the first of several
            raise CannotGetOperationTypeError(name)
        yield

    async def _read(self, text: str, name: str | None) -> Known:
        try:
            known = self._library.read(text, name)
        except GraphQLSyntaxError:
            await self.execution_context.context.charge(REFUSED_COST + toll(weight_of(text)))
            raise
        self._toll = toll(known.weight)
        return known

    async def on_validate(self) -> AsyncIterator[None]:
        context = self.execution_context
        try:
            if self._toll:  # before it takes its time
                await context.context.charge(self._toll)
            errors = context.pre_execution_errors or self._errors()
            await context.context.charge(REFUSED_COST if errors else self._cost)
        except CodedError as error:
            errors = [GraphQLError(error.message, original_error=error)]
        context.pre_execution_errors = errors
        yield

    def _errors(self) -> list[GraphQLError]:
        """Why the operation must not run. Only what is small enough is validated, for that takes its time."""
        context, known = self.execution_context, self._known
        variables = context.variables or {}
        if known.complaints:
            return known.complaints
        if hold_too_much(variables):
            return [GraphQLError(f"Variables may hold at most {MOST_VALUES} values, all in all.")]
        schema = context.schema._schema
        cost = known.cost(schema, variables)
        if cost > self._cost_limit:
            self._tell(cost)
            return [_too_costly(cost, self._cost_limit)]
        mistakes = known.mistakes(schema, context.validation_rules, suggestions=self._suggestions)
        if not mistakes:
            self._tell(cost)
            self._library.keep(known)
        return mistakes

    def _tell(self, cost: int) -> None:
        self._cost = cost
        if current := meter.get():
            current.cost = cost

    def get_results(self) -> dict[str, Any]:
        """For `extensions`. A subscription tells it with its first event alone."""
        if self._cost is None or self._told:
            return {}
        return {"cost": {"requested": self._cost, "limit": self._cost_limit}}

    def on_stream_result(self, result: Any) -> Iterator[None]:
        yield
        self._told = True


def _too_costly(cost: int, limit: int) -> GraphQLError:
    message = f"This operation costs {cost}, and at most {limit} is taken. Ask for shorter lists, or for less of each."
    return GraphQLError(message, original_error=TooCostly(message))
