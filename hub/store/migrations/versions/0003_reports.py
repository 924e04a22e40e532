"""Read models say what reports ask: who sat where, pre-checks, acceptance, second trips; they are drawn again while the hub runs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

TICKETS = (
    sa.Column("sat_at", sa.Integer, nullable=False, server_default="0"),
    sa.Column("accepted", sa.Integer, nullable=False, server_default="0"),
    sa.Column("prechecked", sa.Integer, nullable=False, server_default="0"),
    sa.Column("extended", sa.Integer, nullable=False, server_default="0"),
    sa.Column("slip", sa.String(64)),
)
STEPS = (
    sa.Column("carry", sa.Integer, nullable=False, server_default="0"),
    sa.Column("freed_at", sa.String(40)),
    sa.Column("situation", sa.String(48)),
    sa.Column("rated_at", sa.String(40)),
    sa.Column("channel", sa.String(16)),
    sa.Column("official", sa.Integer),
)


def upgrade() -> None:
    """From 0002."""
    for table, columns in (("tickets", TICKETS), ("steps", STEPS)):
        for column in columns:
            op.add_column(table, column)
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    for table, more in (("seats", ()), ("pauses", (sa.Column("reason", sa.String(400), nullable=False),))):
        op.create_table(
            table,
            sa.Column("n", number, primary_key=True, autoincrement=False),
            sa.Column("window", sa.Integer, primary_key=True, autoincrement=False),
            sa.Column("day", sa.String(10), nullable=False, index=True),
            sa.Column("clerk", sa.String(8), nullable=False),
            *more,
            sa.Column("began_at", sa.String(40), nullable=False),
            sa.Column("ended_at", sa.String(40)),
        )
    _draw_again()


def downgrade() -> None:
    """Back to 0002: what reports asked is drawn again by whoever asks it again."""
    for table in ("seats", "pauses"):
        op.drop_table(table)
    for table, columns in (("tickets", TICKETS), ("steps", STEPS)):
        for column in columns:
            op.drop_column(table, str(column.name))
    _draw_again()


def _draw_again() -> None:
    gone = "SELECT day FROM archives WHERE removed_at IS NOT NULL"
    for table in ("tickets", "steps"):
        op.execute(sa.text(f"DELETE FROM {table} WHERE day NOT IN ({gone})"))  # noqa: S608 - our own names
    op.execute(sa.text("DELETE FROM meta WHERE key IN ('projected', 'day')"))
    last = (
        op.get_bind()
        .execute(sa.text("SELECT max(last_n) FROM archives WHERE removed_at IS NOT NULL"))
        .scalar()
    )
    if last is not None:
        drawn = sa.text("INSERT INTO meta (key, value) VALUES ('projected', :n)")
        op.get_bind().execute(drawn, {"n": str(last)})
