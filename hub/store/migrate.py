"""Bring an older store to today's schema with Alembic; loaded only when there is something to do."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, update

from hub.store.tables import SCHEMA, meta


def migrate(engine: Engine, to: str = SCHEMA) -> None:
    """Run every step between the store's version and `to` in one transaction."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, to)
        connection.execute(update(meta).where(meta.c.key == "schema").values(value=to))
