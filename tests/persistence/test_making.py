"""How rows become entities."""

import dataclasses
from dataclasses import dataclass

import pytest

from domain.contents import Content
from domain.genres import Genre
from persistence.making import maker_of, of_parent


@dataclass(frozen=True, slots=True)
class Checked:
    number: int

    def __post_init__(self) -> None:
        assert self.number > 0


def test_what_is_made_is_as_if_its_class_had_been_called() -> None:
    values = list(range(len(dataclasses.fields(Content))))
    made = maker_of(Content)(*values)
    assert type(made) is Content
    assert made == Content(*values)  # type: ignore[arg-type]
    assert repr(made) == repr(Content(*values))  # type: ignore[arg-type]


def test_it_is_as_frozen_as_any_other() -> None:
    made = maker_of(Genre)(1, "Drama")
    with pytest.raises(dataclasses.FrozenInstanceError):
        made.name = "Comedy"  # type: ignore[misc]
    assert hash(made) == hash(Genre(1, "Drama"))
    assert not hasattr(made, "__dict__")


def test_a_row_that_is_too_short_or_too_long_makes_nothing() -> None:
    for row in ((1,), (1, "Drama", 2)):
        with pytest.raises(TypeError):
            maker_of(Genre)(*row)


def test_whatever_else_makes_things_is_called_itself() -> None:
    assert maker_of(int) is int
    assert maker_of(Checked) is Checked


def test_of_a_row_with_its_parent_both_are_told() -> None:
    assert of_parent(Genre)(7, 1, "Drama") == (7, Genre(1, "Drama"))
