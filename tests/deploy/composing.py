"""compose.yaml as `docker compose` reads it with an environment file: variables put in, profiles chosen."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from settings import Settings

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
COMPOSE = DEPLOY / "compose.yaml"
EXAMPLE = DEPLOY / "compose.env.example"
# What AWS's own library reads, and no setting of ours.
STRANGERS = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}
SETTINGS = {name.upper() for name in Settings.model_fields}
_INNERMOST = re.compile(r"(?<!\$)\$\{(\w+)(?:(:-|:\?)([^{}]*))?\}")


class MissingVariable(Exception):
    """The file insists on a variable that is not there."""


def put_in(text: str, variables: Mapping[str, str]) -> str:
    """`${NAME}`, `${NAME:-default}` and `${NAME:?or fail}`, from the inside out; `$$` is a dollar."""

    def value(found: "re.Match[str]") -> str:
        name, how, rest = found.groups()
        if how == ":?" and not variables.get(name):
            raise MissingVariable(name)
        return variables.get(name) or (rest if how == ":-" else "")

    before = ""
    while before != text:
        before, text = text, _INNERMOST.sub(value, text)
    return text.replace("$$", "$")


def sections(text: str) -> dict[str, dict[str, str]]:
    """The variables of an environment file; under "" those that are always there, the others by their profile."""
    profile, found = "", {"": dict[str, str]()}
    for line in text.splitlines():
        if heading := re.match(r"# profile (\w+):", line):
            profile = heading[1]
            found[profile] = {}
        elif pair := re.match(r"#?([A-Z][A-Z0-9_]*)=(.*)", line):
            assert line.startswith("#") == bool(profile), f"{line}: what belongs to a profile is behind a #"
            found[profile][pair[1]] = pair[2].strip("'")
    return found


def variables(text: str, *profiles: str) -> dict[str, str]:
    """What the file says when the lines of these profiles are in force, with earlier ones put into later ones."""
    found: dict[str, str] = {}
    for profile, pairs in sections(text).items():
        if not profile or profile in profiles:
            for name, value in pairs.items():
                found[name] = put_in(value, found)
    return {**found, "COMPOSE_PROFILES": ",".join(profiles)}


def _put_in_everywhere(node: Any, given: Mapping[str, str]) -> Any:
    """A text that is put in stays a text, whatever it looks like."""
    if isinstance(node, dict):
        return {name: _put_in_everywhere(below, given) for name, below in node.items()}
    if isinstance(node, list):
        return [_put_in_everywhere(below, given) for below in node]
    return put_in(node, given) if isinstance(node, str) else node


def services(given: Mapping[str, str]) -> dict[str, Any]:
    """Those of the profiles that are asked for."""
    composed = _put_in_everywhere(yaml.safe_load(COMPOSE.read_text()), given)
    chosen = set(given["COMPOSE_PROFILES"].split(","))
    return {
        name: service
        for name, service in composed["services"].items()
        if not service.get("profiles") or chosen & set(service["profiles"])
    }
