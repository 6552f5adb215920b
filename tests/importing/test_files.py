"""Which files are read, and that none of them is written over."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import persistence.importing
from composition.importing import Importing
from domain.importing import Kind, Line, Outcome, Trust, Unreadable
from integrations.import_files import ImportFile, files_in
from tests.importing.conftest import Desk
from tests.importing.test_refusals import BOTH, COMPANY, lay


async def test_two_files_of_one_name_are_two_places(desk: Desk) -> None:
    for folder, id_ in (("a", 1), ("b", 2)):
        (desk.folder / folder).mkdir()
        desk.lay(f"{folder}/corporations.jsonl", COMPANY | {"id": id_})
    done = await desk.take(desk.folder / "a", desk.folder / "b")
    (told,) = done.report
    assert told["file"] == str(desk.folder / "b" / "corporations.jsonl")
    assert told["reasons"] == [f"name: Another line has the same. (line 1 of {desk.folder}/a/corporations.jsonl)"]


async def test_a_file_that_is_named_twice_is_read_once(desk: Desk) -> None:
    await lay(desk)
    (desk.folder / "corporations-link.jsonl").symlink_to(desk.folder / "corporations.jsonl")
    done = await desk.take(desk.folder, desk.folder / ".." / desk.folder.name / "people.jsonl")
    assert done.outcomes == {Outcome.WRITTEN: 3}


@pytest.mark.parametrize("name", ["likes.csv", "report.jsonl"], ids=["file", "link"])
def test_the_report_is_not_written_over_what_could_be_imported(tmp_path: Path, name: str) -> None:
    (tmp_path / "likes.csv").write_text("user_id,content_id\n1,1\n")
    if name != "likes.csv":
        (tmp_path / name).symlink_to(tmp_path / "likes.csv")
    with pytest.raises(Unreadable, match="The report would be written over"):
        Importing([tmp_path], "old", tmp_path / name, Trust(), is_dry=False).files()
    assert (tmp_path / "likes.csv").read_text() == "user_id,content_id\n1,1\n"


async def test_who_finds_another_import_running_leaves_its_report_alone(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.lay("likes.jsonl", BOTH)
    report = desk.folder / "import-report.jsonl"
    report.write_text("{}\n")
    monkeypatch.setitem(persistence.importing._SETTINGS, "lock_timeout", "100ms")
    async with persistence.importing.importing(desk.dsn, "old", Trust(), is_dry=False):
        with pytest.raises(Unreadable, match=r"Another import is running\."):
            await desk.take()
    assert report.read_text() == "{}\n"
    assert json.loads(report.read_text() if (await desk.take()).report else "null")["line"] == 1


async def test_a_file_that_cannot_be_read_any_more_is_said(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def torn(name: str, file: object) -> Iterator[Line]:
        raise OSError(5, "Input/output error")
        yield

    monkeypatch.setattr("integrations.import_files._json_lines", torn)
    path = desk.lay("corporations.jsonl", COMPANY)
    with pytest.raises(Unreadable) as error:
        await desk.take(path)
    assert str(error.value) == f"{path} cannot be read: Input/output error."


def test_a_file_that_has_gone_is_said(tmp_path: Path) -> None:
    file = ImportFile(tmp_path / "likes.jsonl", Kind.LIKES)
    for read in (file.header, lambda: file.size_bytes, lambda: list(file.lines())):
        with pytest.raises(Unreadable, match=r"likes\.jsonl cannot be read: No such file or directory\."):
            read()


def test_what_lies_in_a_folder_under_another_ending_is_not_looked_at(tmp_path: Path) -> None:
    for name in ("likes.csv", "likes.txt", "notes"):
        (tmp_path / name).touch()
    assert [file.path.name for file in files_in([tmp_path], tmp_path / "report")] == ["likes.csv"]
