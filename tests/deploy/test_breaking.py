"""Whether a new schema takes something from the clients of an old one. D11."""

from pathlib import Path

import pytest

from deploy import breaking

ROOT = Path(__file__).resolve().parents[2]
OLD = """
type Query { film(id: ID!): Film, find(text: String, most: Int = 10): [Film!] }
type Film { title: String!, kind: Kind!, minutes: Int }
enum Kind { LONG SHORT }
"""


def told(tmp_path: Path, capsys: pytest.CaptureFixture[str], new: str, accepted: str | None = None) -> tuple[int, str]:
    words = []
    for name, text in (("old", OLD), ("new", new), ("accepted", accepted)):
        if text is not None:
            (tmp_path / name).write_text(text)
            words += ["--accepted"] * (name == "accepted") + [str(tmp_path / name)]
    return breaking.main(words), capsys.readouterr().out


CHANGES = [
    ("title: String!, ", "", 1, "BREAKING FIELD_REMOVED: Field Film.title was removed.\n"),
    ("film(id: ID!)", "film(id: ID!, language: String!)", 1, "BREAKING REQUIRED_ARG_ADDED"),
    ("title: String!", "title: String", 1, "BREAKING FIELD_CHANGED_KIND"),
    ("LONG SHORT", "LONG", 1, "BREAKING VALUE_REMOVED_FROM_ENUM"),
    ("LONG SHORT", "LONG SHORT SERIES", 0, "dangerous VALUE_ADDED_TO_ENUM"),
    ("most: Int = 10", "most: Int = 20", 0, "dangerous ARG_DEFAULT_VALUE_CHANGE"),
    ("minutes: Int", "minutes: Int, year: Int", 0, "Nothing is taken from anybody.\n"),
    ("minutes: Int", "minutes: Int!", 0, "Nothing is taken from anybody.\n"),
]


@pytest.mark.parametrize(
    ("before", "after", "status", "says"), CHANGES, ids=[change[3][:40].strip() for change in CHANGES]
)
def test_what_breaks_fails_and_what_surprises_is_told(
    before: str, after: str, status: int, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert before in OLD
    found, out = told(tmp_path, capsys, OLD.replace(before, after))
    assert (found, out.startswith(says)) == (status, True), out


def test_a_change_that_is_meant_passes_and_excuses_no_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new, meant = OLD.replace("title: String!, ", ""), "# meant\nFIELD_REMOVED: Field Film.title was removed.\n"
    assert told(tmp_path, capsys, new, meant) == (0, "accepted FIELD_REMOVED: Field Film.title was removed.\n")
    status, out = told(tmp_path, capsys, new.replace("LONG SHORT", "LONG"), meant)
    assert status == 1
    assert out.startswith("BREAKING VALUE_REMOVED_FROM_ENUM")
    status, out = told(tmp_path, capsys, OLD, meant)
    assert (status, "accepted in vain" in out) == (1, True)


@pytest.mark.parametrize("text", ["no schema", "type Query { film: Film }"])
def test_what_is_no_schema_is_said_to_be_none(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="is no schema"):
        told(tmp_path, capsys, text)
    with pytest.raises(SystemExit, match="is no schema"):
        breaking.main([str(tmp_path / "none"), str(tmp_path / "none")])
    with pytest.raises(SystemExit, match="cannot be read"):
        breaking.accepted_in(tmp_path / "none")


def test_our_own_schema_takes_nothing_from_itself(capsys: pytest.CaptureFixture[str]) -> None:
    ours = str(ROOT / "schema" / "schema.graphql")
    assert breaking.main([ours, ours]) == 0
    assert capsys.readouterr().out == "Nothing is taken from anybody.\n"
