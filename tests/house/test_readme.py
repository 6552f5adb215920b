"""What the README says is so."""

from pathlib import Path

from settings import Settings

README = (Path(__file__).resolve().parents[2] / "README.md").read_text()


def test_the_readme_lists_every_setting_as_it_is() -> None:
    for name, field in Settings.model_fields.items():
        shown = "" if field.default in (None, []) else field.default
        shown = {"True": "on", "False": "off"}.get(str(shown), shown)
        assert f"| {name.upper()} | {shown} | {field.description} |" in README
