"""Tables, migrations and entities say the same."""

import dataclasses
import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

import pytest
from alembic import command

import persistence
from persistence.migrate import configuration, downgrade, upgrade
from persistence.statements import Statement
from tests.conftest import database_from_template


def statements() -> Iterator[tuple[str, Statement[object]]]:
    """Every statement that stands in a module of persistence, also inside a dict or a list."""
    for module in pkgutil.iter_modules(persistence.__path__):
        for name, value in vars(importlib.import_module(f"persistence.{module.name}")).items():
            held = value.values() if isinstance(value, dict) else value if isinstance(value, list) else [value]
            yield from ((f"{module.name}.{name}", one) for one in held if isinstance(one, Statement))


def test_migrations_make_exactly_the_tables_and_can_be_undone(worker_id: str) -> None:
    dsn = database_from_template(f"migrations_{worker_id}")
    command.check(configuration(dsn))
    downgrade(dsn)
    upgrade(dsn)
    command.check(configuration(dsn))


@pytest.mark.parametrize(
    ("name", "statement"),
    [pair for pair in statements() if dataclasses.is_dataclass(pair[1].entity)],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_columns_stand_in_the_order_of_the_entitys_fields(name: str, statement: Statement[object]) -> None:
    answered = [column.name for column in getattr(statement.core, "selected_columns", None) or _returned(statement)]
    fields = [field.name for field in dataclasses.fields(statement.entity)]  # type: ignore[arg-type]
    assert answered == fields


def _returned(statement: Statement[object]) -> list[Any]:
    return list(statement.core._returning)  # type: ignore[attr-defined]
