"""Alembic, called from Python: brings a database to the newest tables, or back."""

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
