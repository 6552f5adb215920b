"""CSV as other systems write it."""

from pathlib import Path

import pytest

from domain.importing import Kind, Line, Reason
from integrations.import_files import LONGEST_LINE, ImportFile, files_in


def lines_of(folder: Path, text: bytes, name: str = "genres.csv") -> list[Line]:
    (folder / name).write_bytes(text)
    (file,) = files_in([folder / name], folder / "report.jsonl")
    return list(file.lines())


def read(lines: list[Line]) -> list[tuple[int, object]]:
    """The number of each line, and what stands there: the names, or the message."""
    return [
        (line.place.line, line.fields.message if isinstance(line.fields, Reason) else line.fields.get("name"))
        for line in lines
    ]


@pytest.mark.parametrize("begin", [b"", b"\xef\xbb\xbf"], ids=["plain", "BOM"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
def test_quotes_commas_and_lines_within_a_field(tmp_path: Path, begin: bytes, end: bytes) -> None:
    text = begin + end.join([b"id,name", b'1,"a ""b"", c"', "2,가족".encode(), b"", b'3,"two', b'lines"', b"4,d"])
    lines = lines_of(tmp_path, text)
    inside = f"two{end.decode()}lines"
    assert read(lines) == [(2, 'a "b", c'), (3, "가족"), (5, inside), (7, "d")]
    assert lines[-1].end == len(text)


def test_a_quote_too_many_costs_one_line(tmp_path: Path) -> None:
    many = b"".join(b"%d,name %d\n" % (n, n) for n in range(3, 100_000))
    found = read(lines_of(tmp_path, b'id,name\n1,"open\n2,b\n' + many))
    assert found[0] == (2, "A quote begins here that does not end.")
    assert found[1] == (3, "b")
    assert len(found) == 99_999


def test_two_quotes_too_many_cost_two_lines(tmp_path: Path) -> None:
    found = read(lines_of(tmp_path, b'id,name\n1,a"\n2,b\n3,c"\n4,d\n'))
    assert [number for number, _ in found] == [2, 3, 4, 5]
    assert [name for number, name in found if number in {3, 5}] == ["b", "d"]


def test_fields_too_many_and_too_few(tmp_path: Path) -> None:
    message = "This line must have 2 fields, as the first one."
    assert read(lines_of(tmp_path, b"id,name\n1,a,b\n2\n3,c\n")) == [(2, message), (3, message), (4, "c")]


def test_what_is_not_utf_8_costs_its_line(tmp_path: Path) -> None:
    assert read(lines_of(tmp_path, b"id,name\n1,\xff\n2,b\n")) == [(2, "This is not UTF-8."), (3, "b")]


@pytest.mark.parametrize("name", ["genres.csv", "genres.jsonl"])
def test_a_line_of_ten_megabytes_is_passed_over(tmp_path: Path, name: str) -> None:
    head = b"id,name\n" if name.endswith("csv") else b"\n"
    good = b"2,b\n" if name.endswith("csv") else b'{"id": 2, "name": "b"}\n'
    found = read(lines_of(tmp_path, head + b"1," + b"x" * 10_000_000 + b"\n" + good, name))
    assert found == [(2, f"This line is longer than {LONGEST_LINE} bytes."), (3, "b")]


def test_files_come_in_the_order_in_which_they_refer_to_each_other(tmp_path: Path) -> None:
    for name in ("likes.csv", "people-2.jsonl", "people-1.csv", "contents.2020.jsonl", "notes.txt", "report.jsonl"):
        (tmp_path / name).touch()
    files = files_in([tmp_path], tmp_path / "report.jsonl")
    assert [(file.path.name, file.kind) for file in files] == [
        ("people-1.csv", Kind.PEOPLE),
        ("people-2.jsonl", Kind.PEOPLE),
        ("contents.2020.jsonl", Kind.CONTENTS),
        ("likes.csv", Kind.LIKES),
    ]
    assert isinstance(files[0], ImportFile)
