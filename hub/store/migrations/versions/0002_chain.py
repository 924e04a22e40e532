"""Each fact gets its place in the hash chain; read models say more, and are drawn again by the hub while it runs."""

from __future__ import annotations

import logging

import sqlalchemy as sa
from alembic import op

from hall.errors import Fault
from hall.text import Text
from hub.store.chain import GENESIS, Link

revision = "0002"
down_revision = "0001"

log = logging.getLogger(__name__)

#: facts hashed with one statement
PAGE = 2000
#: facts between two lines of the log
SAY_EACH = 200_000

TICKETS = (
    sa.Column("situation", sa.String(48)),
    sa.Column("slot", sa.String(48)),
    sa.Column("first_called_at", sa.String(40)),
    sa.Column("finished_at", sa.String(40)),
    sa.Column("outcome", sa.String(24)),
    sa.Column("windows", sa.Text, nullable=False, server_default=""),
)
STEPS = (
    sa.Column("service", sa.String(48)),
    sa.Column("first_called_at", sa.String(40)),
    sa.Column("started_at", sa.String(40)),
    sa.Column("accepted_at", sa.String(40)),
    sa.Column("finished_at", sa.String(40)),
    sa.Column("target_min", sa.Integer),
    sa.Column("parked_s", sa.Integer, nullable=False, server_default="0"),
    sa.Column("parked_at", sa.String(40)),
)


def upgrade() -> None:
    """From 0001."""
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "archives",
        sa.Column("first_n", number, primary_key=True, autoincrement=False),
        sa.Column("last_n", number, nullable=False),
        sa.Column("day", sa.String(10), nullable=False, index=True),
        sa.Column("before", sa.LargeBinary, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.Column("file", sa.String(200), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("exported_at", sa.String(40), nullable=False),
        sa.Column("removed_at", sa.String(40)),
    )
    op.add_column("facts", sa.Column("hash", sa.LargeBinary))
    for table, columns in (("tickets", TICKETS), ("steps", STEPS)):
        for column in columns:
            op.add_column(table, column)
    _hang_up()
    for table in ("tickets", "steps"):
        op.execute(sa.text(f"DELETE FROM {table}"))  # noqa: S608 - our own names
    op.execute(sa.text("DELETE FROM meta WHERE key IN ('projected', 'day')"))


def downgrade() -> None:
    """Back to 0001, which knows no chain. Days that have left the journal cannot come with it: then nothing is changed."""
    if op.get_bind().execute(sa.text("SELECT count(*) FROM archives WHERE removed_at IS NOT NULL")).scalar():
        raise Fault(
            "store-too-new",
            Text(
                zh="较早的版本不认识已导出移除的日子，不能退回",
                en="days have left this journal, which the older release knows nothing of: it cannot have the store",
            ),
        )
    for table in ("tickets", "steps"):
        op.execute(sa.text(f"DELETE FROM {table}"))  # noqa: S608 - our own names
    op.execute(sa.text("DELETE FROM meta WHERE key IN ('projected', 'day')"))
    op.drop_table("archives")
    op.drop_column("facts", "hash")
    for table, columns in (("tickets", TICKETS), ("steps", STEPS)):
        for column in columns:
            op.drop_column(table, str(column.name))


def _hang_up() -> None:
    """Hash every fact behind the one before it."""
    connection = op.get_bind()
    facts = sa.table(
        "facts", *(sa.column(name) for name in ("n", *Link._fields[1:])), sa.column("hash", sa.LargeBinary)
    )
    page = sa.select(*(facts.c[name] for name in Link._fields)).order_by(facts.c.n).limit(PAGE)
    hang = sa.update(facts).where(facts.c.n == sa.bindparam("of")).values(hash=sa.bindparam("now"))
    before, last, done = GENESIS, 0, 0
    while rows := connection.execute(page.where(facts.c.n > last)).all():
        hung = []
        for row in rows:
            before = Link(*row).after(before)
            hung.append({"of": row.n, "now": before})
        connection.execute(hang, hung)
        last, done = rows[-1].n, done + len(rows)
        if done // SAY_EACH > (done - len(rows)) // SAY_EACH:
            log.warning("bringing the store to schema %s: %s facts", revision, f"{done:,}")
