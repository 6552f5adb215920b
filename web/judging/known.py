"""What is known of a document once it was seen: it is parsed, counted, priced and validated when it first comes."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any, TypeAlias

from graphql import (
    ASTValidationRule,
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    parse,
    validate,
)
from graphql.validation.rules import overlapping_fields_can_be_merged
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from web.judging.documents import operations, say_once
from web.judging.prices import Price, price
from web.judging.shapes import complaints

KEPT_DOCUMENTS = 500
# Whoever made ten mistakes has been told enough, and each of them may quote a whole argument.
_MOST_MISTAKES = 10
# How long fields of the same name are compared with each other, in graphql-core's units. Its own 500,000 take 0.3 s.
overlapping_fields_can_be_merged.MAX_COMPLEXITY_BUDGET = 100_000


Library: TypeAlias = "Callable[[str], Known]"


class Known:
    """A document. Raises GraphQLSyntaxError where the text is none."""

    def __init__(self, text: str, most_tokens: int) -> None:
        self.document: DocumentNode = parse(text, max_tokens=most_tokens)
        self.complaints = [GraphQLError(complaint) for complaint in complaints(self.document)]
        say_once(self.document)
        self._prices: dict[str | None, Price] = {}
        self._mistakes: list[GraphQLError] | None = None

    def cost(self, schema: GraphQLSchema, name: str | None, variables: Mapping[str, Any]) -> int:
        """Of the operation of this name, or of the first; there is one."""
        found = self._prices.get(name)
        if found is None:
            found = self._prices[name] = price(schema, self.document, self._operation(name))
        return found.of(variables)

    def mistakes(
        self, schema: GraphQLSchema, rules: Sequence[type[ASTValidationRule]], *, suggestions: bool
    ) -> list[GraphQLError]:
        """What validation finds. Guesses at what was meant are not even looked for where they are not told."""
        if self._mistakes is None:
            rules = (*rules, MaybeNullValidationRule, OneOfInputValidationRule)
            self._mistakes = validate(schema, self.document, rules, _MOST_MISTAKES, hide_suggestions=not suggestions)
        return self._mistakes

    def _operation(self, name: str | None) -> OperationDefinitionNode:
        return next(
            found for found in operations(self.document) if name is None or (found.name and found.name.value == name)
        )


def library(most_tokens: int) -> Library:
    """What is known of the documents that were seen last, by their text; for one schema."""
    return lru_cache(maxsize=KEPT_DOCUMENTS)(partial(Known, most_tokens=most_tokens))
