"""The syntax of VS Code's REST Client, as far as our file uses it: requests, names, variables, earlier answers."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

_REFERENCE = re.compile(r"\{\{(.+?)\}\}")
_ANSWERED = re.compile(r"(\w+)\.response\.body\.\$\.(.+)")
_STEP = re.compile(r"(\w+)|\[(\d+)\]")
_DYNAMIC: Mapping[str, Callable[[], str]] = {
    "$guid": lambda: str(uuid4()),
    "$datetime iso8601": lambda: datetime.now(UTC).isoformat(),
}


@dataclass
class Request:
    title: str
    name: str
    method: str
    address: str
    headers: dict[str, str]
    body: str


@dataclass
class HttpFile:
    """`variables` are as they are written; `answers` hold what requests with a name were answered."""

    requests: list[Request]
    variables: dict[str, str]
    answers: dict[str, Any] = field(default_factory=dict)

    def filled(self, text: str) -> str:
        """With a value in place of every `{{…}}`. Raises KeyError or IndexError where there is none."""
        return _REFERENCE.sub(lambda match: self._value(match[1].strip()), text)

    def _value(self, name: str) -> str:
        if name in _DYNAMIC:
            return _DYNAMIC[name]()
        if answered := _ANSWERED.fullmatch(name):
            found = self.answers[answered[1]]
            for key, index in _STEP.findall(answered[2]):
                found = found[key] if key else found[int(index)]
            return found if isinstance(found, str) else json.dumps(found)
        return self.filled(self.variables[name])


def read(path: Path) -> HttpFile:
    head, *parts = re.split(r"^###", path.read_text(), flags=re.MULTILINE)
    variables = dict(re.findall(r"^@(\w+)\s*=\s*(.+?)\s*$", path.read_text(), flags=re.MULTILINE))
    assert not re.search(r"^(GET|POST) ", head, flags=re.MULTILINE)
    return HttpFile([_request(part) for part in parts], variables)


def _request(part: str) -> Request:
    title, *lines = part.splitlines()
    name = next((line.split()[-1] for line in lines if line.startswith("# @name ")), "")
    said = "\n".join(line for line in lines if not line.startswith(("#", "@"))).strip()
    head, _, body = said.partition("\n\n")
    first, *headers = head.splitlines()
    method, address = first.split(" ", 1)
    pairs = (line.split(":", 1) for line in headers)
    return Request(title.strip(), name, method, address, {key: value.strip() for key, value in pairs}, body.strip())
