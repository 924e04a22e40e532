"""Bring an older store to today's schema with Alembic; loaded only when there is something to do.

A fresh store is created without Alembic and says its version in ``meta``; Alembic is told that version before its first step.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, inspect, select, update

from hub.store.claim import Claim
from hub.store.tables import SCHEMA, meta

#: The numbered steps.
STEPS = Path(__file__).parent / "migrations"


def migrate(engine: Engine, to: str = SCHEMA, steps: Path = STEPS) -> None:
    """Run every step between the store's version and `to` in one transaction: all of them, or none."""
    config = Config()
    config.set_main_option("script_location", str(steps).replace("%", "%%"))
    claim = Claim(engine)
    try:
        with engine.connect() as connection:
            claim.take(connection)
            with connection.begin():
                _step(connection, config, to)
    finally:
        claim.release()


def _step(connection: Connection, config: Config, to: str) -> None:
    config.attributes["connection"] = connection
    if not inspect(connection).has_table("alembic_version"):
        known = connection.execute(select(meta.c.value).where(meta.c.key == "schema")).scalar_one()
        command.stamp(config, known)
    command.upgrade(config, to)
    connection.execute(update(meta).where(meta.c.key == "schema").values(value=to))
