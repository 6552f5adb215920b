"""The page of all settings: `make settings` writes it, and a test compares."""

from pathlib import Path

from settings import Settings
from settings.guard import Guard

PAGE = Path(__file__).resolve().parent.parent / "docs" / "settings.md"
_HEAD = """# Settings

Read from the environment, or from a file `.env` where the server starts; the environment has the last word. What is
empty counts as not set. A server that is told what cannot be, such as a PORT of `eighty`, says so by name and does not
start.

This page is made from `settings/` by `make settings`.

| Setting | Default | What for |
|---|---|---|
"""


def page() -> str:
    return _HEAD + "".join(f"{row}\n" for row in _rows())


def _rows() -> list[str]:
    return [
        f"| {name.upper()} | {_shown(field.default)} | {field.description} |"
        for name, field in sorted(Settings.model_fields.items(), key=lambda setting: setting[0] in Guard.model_fields)
    ]


def _shown(default: object) -> object:
    if isinstance(default, bool):
        return "on" if default else "off"
    return "" if default in (None, []) else default


if __name__ == "__main__":
    PAGE.write_text(page())
