"""Filter expressions: their grammar, and which documents they let through."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from tests.integrations.meilisearch import conditions, facets
from tests.integrations.meilisearch.conditions import Test, unless
from tests.integrations.meilisearch.errors import Refusal

_KEYWORDS = {"AND", "OR", "IN", "NOT", "TO", "EXISTS", "IS", "NULL", "EMPTY", "CONTAINS", "STARTS", "WITH"}
_KEYWORDS |= {"_geoRadius", "_geoBoundingBox"}
_GEO = ("_geo", "_geoDistance", "_geoPoint")
_TOKEN = re.compile(r"""(?P<sign>!=|>=|<=|[=<>()\[\],])|(?P<quote>['"])|(?P<word>[\w.\-]+)""")
_OPERATIONS = (
    "`=`, `!=`, `>=`, `>`, `<=`, `<`, `IN`, `NOT IN`, `TO`, `EXISTS`, `NOT EXISTS`, `IS NULL`, `IS NOT NULL`,"
    " `IS EMPTY`, `IS NOT EMPTY`, `CONTAINS`, `NOT CONTAINS`, `STARTS WITH`, `NOT STARTS WITH`, `_geoRadius`,"
    " `_geoBoundingBox` or `_geoPolygon`"
)
_GEO_RULES = (
    "Use the `_geoRadius(latitude, longitude, distance)` or `_geoBoundingBox([latitude, longitude], [latitude,"
    " longitude])` built-in rules to filter on `_geo` coordinates."
)


@dataclass(frozen=True)
class _Token:
    """`kind` is how it is written: a sign, a word, or in quotes."""

    text: str
    kind: str
    start: int
    end: int


class _Parser:
    """One expression, read from left to right. `used` are the fields it asks for, and with which operators."""

    def __init__(self, text: str, code: str) -> None:
        self.text, self.code, self.place = text, code, 0
        self.used: list[tuple[_Token, str]] = []
        self.tokens = list(self._tokens())

    def wrong(self, message: str, start: int, end: int | None = None) -> Refusal:
        end = len(self.text) if end is None else end
        return Refusal(self.code, f"{message}\n{start + 1}:{end + 1} {self.text}")

    def _tokens(self) -> Iterator[_Token]:
        at = 0
        while at < len(self.text):
            if self.text[at].isspace():
                at += 1
                continue
            found = _TOKEN.match(self.text, at)
            if not found:
                yield _Token(self.text[at], "unknown", at, at + 1)
                at += 1
                continue
            kind = str(found.lastgroup)
            token = self._quoted(at) if kind == "quote" else _Token(found.group(), kind, at, found.end())
            yield token
            at = token.end

    def _quoted(self, start: int) -> _Token:
        at, quote, value = start + 1, self.text[start], ""
        while at < len(self.text) and self.text[at] != quote:
            at += self.text[at] == "\\"
            value += self.text[at : at + 1]
            at += 1
        if at >= len(self.text):
            lost = f"Expression `{self.text[start:]}` is missing the following closing delimiter: `{quote}`."
            raise self.wrong(lost, start)
        return _Token(value, "quote", start, at + 1)

    def next_is(self, *texts: str) -> bool:
        """Whether these come next; then they are read."""
        following = self.tokens[self.place : self.place + len(texts)]
        if [one.text for one in following] != list(texts) or any(one.kind == "quote" for one in following):
            return False
        self.place += len(texts)
        return True

    def value(self) -> _Token:
        if self.place >= len(self.tokens):
            raise self.wrong("Was expecting a value but instead got nothing.", len(self.text))
        token = self.tokens[self.place]
        said = f"Was expecting a value but instead got `{token.text}`"
        if token.kind == "word" and token.text in _KEYWORDS:
            hint = f"To use `{token.text}` as a field name or a value, surround it by quotes."
            raise self.wrong(f"{said}, which is a reserved keyword. {hint}", token.start, token.end)
        if token.kind not in ("word", "quote"):
            raise self.wrong(f"{said}.", token.start, token.end)
        self.place += 1
        return token

    def whole(self) -> Test:
        test = self.either()
        if self.place < len(self.tokens):
            start = self.tokens[self.place].start
            hint = "You probably forgot an `OR` or an `AND` rule."
            rest = self.text[start:]
            raise self.wrong(f"Found unexpected characters at the end of the filter: `{rest}`. {hint}", start)
        return test

    def either(self) -> Test:
        tests = [self.both()]
        while self.next_is("OR"):
            tests.append(self.both())
        return lambda document: any(test(document) for test in tests)

    def both(self) -> Test:
        tests = [self.negated()]
        while self.next_is("AND"):
            tests.append(self.negated())
        return lambda document: all(test(document) for test in tests)

    def negated(self) -> Test:
        if self.next_is("NOT"):
            return unless(self.negated())
        if self.next_is("("):
            start = self.tokens[self.place - 1].start
            test = self.either()
            if not self.next_is(")"):
                rest = self.text[start:]
                raise self.wrong(f"Expression `{rest}` is missing the following closing delimiter: `)`.", start)
            return test
        return self.condition()

    def condition(self) -> Test:
        field = self.value()
        if field.kind == "word" and field.text in _GEO:
            reserved = f"`{field.text}` is a reserved keyword and thus can't be used as a filter expression."
            raise self.wrong(f"{reserved} {_GEO_RULES}", field.start)
        test = self.signed(field) or self.worded(field) or self.ranged(field)
        if test is None:
            raise self.wrong(f"Was expecting an operation {_OPERATIONS} at `{self.text[field.start :]}`.", field.start)
        return test

    def signed(self, field: _Token) -> Test | None:
        for sign in ("!=", ">=", "<=", "=", ">", "<"):
            if self.next_is(sign):
                self.used.append((field, sign))
                value = self.value().text
                if sign in ("=", "!="):
                    test = conditions.equals(field.text, [value])
                    return unless(test) if sign == "!=" else test
                return conditions.compares(field.text, sign, value)
        return None

    def worded(self, field: _Token) -> Test | None:
        name = field.text
        if (negated := self.next_is("NOT", "IN")) or self.next_is("IN"):
            self.used.append((field, "="))
            test = conditions.equals(name, self.listed())
            return unless(test) if negated else test
        for plain, negation, test in (
            (("EXISTS",), ("NOT", "EXISTS"), conditions.exists(name)),
            (("IS", "NULL"), ("IS", "NOT", "NULL"), conditions.is_null(name)),
            (("IS", "EMPTY"), ("IS", "NOT", "EMPTY"), conditions.is_empty(name)),
        ):
            if (negated := self.next_is(*negation)) or self.next_is(*plain):
                self.used.append((field, " ".join(plain)))
                return unless(test) if negated else test
        return None

    def ranged(self, field: _Token) -> Test | None:
        following = self.tokens[self.place : self.place + 2]
        if len(following) < 2 or following[1].text != "TO" or following[0].kind not in ("word", "quote"):
            return None
        low = self.value().text
        self.place += 1
        self.used.append((field, "TO"))
        return conditions.between(field.text, low, self.value().text)

    def listed(self) -> list[str]:
        if not self.next_is("["):
            raise self.wrong("Expected `[` after `IN` keyword.", self.tokens[self.place - 1].end)
        found: list[str] = []
        while not self.next_is("]"):
            if self.place >= len(self.tokens):
                message = "Expected matching `]` after the list of field names given to `IN[`"
                raise self.wrong(message, len(self.text))
            token = self.tokens[self.place]
            if token.kind not in ("word", "quote") or (found and self.tokens[self.place - 1].text != ","):
                rest = self.text[token.start :]
                message = f"Expected only comma-separated field names inside `IN[..]` but instead found `{rest}`."
                raise self.wrong(message, token.start)
            found.append(self.value().text)
            self.next_is(",")
        return found


def _not_allowed(settings: Mapping[str, Any], parser: _Parser) -> Refusal | None:
    """The refusal of the first field that is not filterable, or not so."""
    for field, operator in parser.used:
        found = facets.features(settings, field.text)
        if found is None or not (found[1] or found[2]):
            known = ", ".join(f"`{name}`" for name in facets.patterns(settings))
            there = f"Available filterable attribute patterns are: {known}."
            there = there if known else "This index does not have configured filterable attributes."
            return parser.wrong(f"Attribute `{field.text}` is not filterable. {there}", field.start, field.end)
        rule, equality, comparison = found
        if (operator in ("=", "!=") and not equality) or (operator in ("<", ">", "<=", ">=", "TO") and not comparison):
            can = ["=", "!=", "IN"] if equality else ["<", ">", "<=", ">=", "TO"]
            allowed = ", ".join(["OR", "AND", "NOT", *can, "IS EMPTY", "IS NULL", "EXISTS"])
            what, where = "comparison" if equality else "equality", f"rule #{rule}"
            return Refusal(
                parser.code,
                f"Filter operator `{operator}` is not allowed for the attribute `{field.text}`.\n"
                f"  - Note: allowed operators: {allowed}.\n"
                f"  - Note: field `{field.text}` matched {where} in `filterableAttributes`\n"
                f"  - Hint: enable {what} in {where} by modifying the features.filter object\n"
                f"  - Hint: prepend another rule matching `{field.text}` with appropriate filter features"
                f" before {where}",
            )
    return None


def _expressions(said: Any, code: str) -> list[list[str]]:
    """What must all be true, each a list of what may be true."""
    if isinstance(said, str):
        return [[said]]
    if not isinstance(said, list):
        shown = orjson.dumps(said).decode()
        raise Refusal(code, f"Invalid syntax for the filter parameter: `expected String, Array, found: {shown}`.")
    found: list[list[str]] = []
    for one in said:
        ors = one if isinstance(one, list) else [one]
        for wrong in (inner for inner in ors if not isinstance(inner, str)):
            expected = "String" if isinstance(one, list) else "String, [String]"
            shown = orjson.dumps(wrong).decode()
            message = f"Invalid syntax for the filter parameter: `expected {expected}, found: {shown}`."
            raise Refusal(code, message)
        found.append(ors)
    return found


class Filter:
    """A filter that was understood. Whether an index allows it is another question."""

    def __init__(self, said: Any, code: str) -> None:
        self.parsers: list[_Parser] = []
        self.tests: list[list[Test]] = []
        for ors in _expressions(said, code):
            parsers = [_Parser(text, code) for text in ors if text.strip()]
            if parsers:
                self.tests.append([parser.whole() for parser in parsers])
            self.parsers += parsers

    def refusal(self, settings: Mapping[str, Any]) -> Refusal | None:
        return next((found for parser in self.parsers if (found := _not_allowed(settings, parser))), None)

    def lets_through(self, document: Mapping[str, Any]) -> bool:
        return all(any(test(document) for test in tests) for tests in self.tests)
