"""What the README and the pages behind it say is so."""

import re
from pathlib import Path

import pytest

from settings.table import PAGE, page

ROOT = Path(__file__).resolve().parents[2]
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md")]
PAGES = [path for path in PAGES if "node_modules" not in path.parts]
_LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)\s#]+)")


def test_the_page_of_settings_lists_every_setting_as_it_is() -> None:
    assert PAGE.read_text() == page(), "make settings"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_a_page_leads_to_is_there(path: Path) -> None:
    gone = [link for link in _LINK.findall(path.read_text()) if not (path.parent / link).exists()]
    assert not gone


def test_every_page_of_the_docs_is_led_to_from_the_readme() -> None:
    readme = (ROOT / "README.md").read_text()
    led_to = {(ROOT / link).resolve() for link in _LINK.findall(readme)}
    assert set((ROOT / "docs").glob("*.md")) <= led_to


def test_every_room_of_the_house_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text()
    rooms = {path.parent.name for path in ROOT.glob("*/__init__.py")} | {"migrations", "examples"}
    assert [room for room in sorted(rooms) if f"\n    {room}/ " not in readme] == []
