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


def migrate(engine: Engine, to: str = SCHEMA, steps: Path = STEPS, *, back: bool = False) -> None:
    """Run every step between the store's version and `to` in one transaction: all of them, or none.

    Only forward, unless `back`, and then only back: an older release is to have the store.
    """
    config = Config()
    config.set_main_option("script_location", str(steps).replace("%", "%%"))
    claim = Claim(engine)
    try:
        with engine.connect() as connection:
            claim.take(connection)
            with connection.begin():
                _step(connection, config, to, back=back)
    finally:
        claim.release()


def _step(connection: Connection, config: Config, to: str, *, back: bool) -> None:
    config.attributes["connection"] = connection
    known = connection.execute(select(meta.c.value).where(meta.c.key == "schema")).scalar_one()
    if back and known <= to:
        return
    if not inspect(connection).has_table("alembic_version"):
        command.stamp(config, known)
    (command.downgrade if back else command.upgrade)(config, to)
    connection.execute(update(meta).where(meta.c.key == "schema").values(value=to))
