"""The first released schema. Fresh stores are created from ``tables.py``; this only gives the later steps something to follow."""

from __future__ import annotations

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Nothing is older."""
