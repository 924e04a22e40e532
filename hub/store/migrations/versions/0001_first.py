"""The first released schema."""

from __future__ import annotations

from alembic import op
from sqlalchemy import inspect

from hub.store.tables import metadata

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create every table; once a second step exists, spell them out here as they were."""
    connection = op.get_bind()
    assert not inspect(connection).has_table("facts")
    metadata.create_all(connection)


def downgrade() -> None:
    """There is nothing older."""
    metadata.drop_all(op.get_bind())
