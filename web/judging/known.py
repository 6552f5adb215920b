"""What is known of an operation once it was seen: it is parsed, counted, priced and validated when it first comes."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

from graphql import ASTValidationRule, GraphQLError, GraphQLSchema, parse, validate
from graphql.validation.rules import overlapping_fields_can_be_merged
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule
from strawberry.types.graphql import OperationType

from web.judging.documents import operation_named, roots, say_once
from web.judging.prices import Price, price
from web.judging.shapes import complaints
from web.judging.sizes import declared_of

# Whoever made ten mistakes has been told enough, and each of them may quote a whole argument.
_MOST_MISTAKES = 10
# What a library holds, in tokens: some 30 MB at the most, and every operation of a large front end.
MOST_HELD = 50_000
# So many characters weigh as much as a token: text is kept too, and it takes its time to be read.
_CHARACTERS = 50
# Fields are compared each with each, so a document of ten times the weight may take a hundred times as long. This makes
# about a millisecond of ours cost one, as it does elsewhere.
_SQUARE = 10_000


def toll(weight: int) -> int:
    """What it costs to judge what is not known yet."""
    return weight * weight // _SQUARE


def weight_of(text: str, tokens: int = 0) -> int:
    return tokens + len(text) // _CHARACTERS


class Known:
    """One operation of a document: the one of this name, or the only one; `kind` is None where there is none.
    Raises GraphQLSyntaxError where the text is none.
    """

    def __init__(self, text: str, name: str | None, most_tokens: int) -> None:
        self.key = text, name
        self.document = parse(text, max_tokens=most_tokens)
        self.weight = weight_of(text, self.document.token_count or 0)
        self.complaints = [GraphQLError(complaint) for complaint in complaints(self.document)]
        say_once(self.document)
        self._operation = operation_named(self.document, name)
        self.kind = OperationType(self._operation.operation.value) if self._operation else None
        self._price: Price | None = None
        self._patience: float | None = None
        self._mistakes: list[GraphQLError] | None = None

    def cost(self, schema: GraphQLSchema, variables: Mapping[str, Any]) -> int:
        if self._price is None:
            assert self._operation, "what does not exist never comes so far"
            self._price = price(schema, self.document, self._operation)
        return self._price.of(variables)

    def patience(self, schema: GraphQLSchema) -> float:
        """Seconds: the longest that the schema declares of a field at its root. Several have no longer than one."""
        if self._patience is None:
            assert self._operation, "what does not exist never comes so far"
            fields = getattr(schema.get_root_type(self._operation.operation), "fields", {})
            named = (fields[name] for name in roots(self.document, self._operation) if name in fields)
            self._patience = max((declared_of(field).get("patience", 0) for field in named), default=0)
        return self._patience

    def mistakes(
        self, schema: GraphQLSchema, rules: Sequence[type[ASTValidationRule]], *, suggestions: bool
    ) -> list[GraphQLError]:
        """What validation finds. Guesses at what was meant are not even looked for where they are not told."""
        if self._mistakes is None:
            rules = (*rules, MaybeNullValidationRule, OneOfInputValidationRule)
            self._mistakes = validate(schema, self.document, rules, _MOST_MISTAKES, hide_suggestions=not suggestions)
        return self._mistakes


class Library:
    """The good operations that were asked for last, for one schema: bounded by what they weigh together. Of what is
    refused nothing is kept; it costs its toll each time.
    """

    def __init__(self, most_tokens: int, most_held: int = MOST_HELD) -> None:
        _compare_less()
        self._most_tokens, self._room = most_tokens, most_held
        self._held: OrderedDict[tuple[str, str | None], Known] = OrderedDict()

    def find(self, text: str, name: str | None) -> Known | None:
        found = self._held.get((text, name))
        if found:
            self._held.move_to_end(found.key)
        return found

    def read(self, text: str, name: str | None) -> Known:
        """Raises GraphQLSyntaxError."""
        return Known(text, name, self._most_tokens)

    def keep(self, known: Known) -> None:
        """For the next time, once it was found to be good. What weighs more than all the room there is stays not."""
        if known.key in self._held:
            return
        self._held[known.key] = known
        self._room -= known.weight
        while self._room < 0:
            _, oldest = self._held.popitem(last=False)
            self._room += oldest.weight


def _compare_less() -> None:
    """graphql-core compares fields of the same name for 500,000 steps, which take 0.3 s; it asks this each time."""
    overlapping_fields_can_be_merged.MAX_COMPLEXITY_BUDGET = 100_000
