"""Alembic: `python -m persistence.migrate` brings the database of DATABASE_URL to the newest tables."""

import os
from pathlib import Path

from alembic import command
from alembic.config import Config

_INI = Path(__file__).resolve().parent.parent / "alembic.ini"


def configuration(dsn: str) -> Config:
    config = Config(_INI)
    config.attributes["dsn"] = dsn
    return config


def upgrade(dsn: str, revision: str = "head") -> None:
    """Safe to call from several processes at once. Must not be called where an event loop runs."""
    command.upgrade(configuration(dsn), revision)


def downgrade(dsn: str, revision: str = "base") -> None:
    command.downgrade(configuration(dsn), revision)


if __name__ == "__main__":
    try:
        upgrade(os.environ["DATABASE_URL"])
    except OSError as error:
        raise SystemExit(f"The database cannot be reached: {error}") from None
