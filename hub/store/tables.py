"""The hub's tables. A column is here because somebody asks for it: facts are kept as the bytes that were told.

The schema has a version (:data:`SCHEMA`). A fresh store is created from this file; an older one is brought here by the
numbered steps in ``migrations/`` — a change here needs a step there.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, String, Table, text

#: Alembic revision that this file describes.
SCHEMA = "0001"

metadata = MetaData()
#: SQLite's rowid is the key itself only for a column that is spelled INTEGER.
_Number = BigInteger().with_variant(Integer(), "sqlite")

#: The journal: what happened, in order, without gaps.
facts = Table(
    "facts",
    metadata,
    Column("n", _Number, primary_key=True, autoincrement=False),
    Column("at", String(40), nullable=False),
    Column("day", String(10)),
    Column("type", String(32), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("cause", String(100), nullable=False),
    Column("ask", String(64)),
    Column("member", String(32), nullable=False),
    Column("actor", String(400)),
    Index(
        "facts_cause", "cause", sqlite_where=text("cause <> 'hub'"), postgresql_where=text("cause <> 'hub'")
    ),
    Index(
        "facts_ask",
        "ask",
        unique=True,
        sqlite_where=text("ask IS NOT NULL"),
        postgresql_where=text("ask IS NOT NULL"),
    ),
    #: a replay begins at the last of these; a day's number range is asked for by day
    Index(
        "facts_days",
        "day",
        "n",
        sqlite_where=text("type = 'DayOpened'"),
        postgresql_where=text("type = 'DayOpened'"),
    ),
)

#: Device events that were dealt with.
events = Table(
    "events",
    metadata,
    Column("outbox", String(64), primary_key=True),
    Column("seq", _Number, primary_key=True, autoincrement=False),
    Column("member", String(32), nullable=False),
    Column("outcome", String(48), nullable=False),
    sqlite_with_rowid=False,
)

#: How far each outbox is dealt with, and whose it is.
outboxes = Table(
    "outboxes",
    metadata,
    Column("outbox", String(64), primary_key=True),
    Column("member", String(32), nullable=False),
    Column("upto", _Number, nullable=False),
)

#: Secrets of the tickets' phone pages; never in a fact.
tokens = Table(
    "tokens",
    metadata,
    Column("ticket", String(64), primary_key=True),
    Column("token", String(32), nullable=False, index=True),
)

#: Asks that their member took back.
withdrawn = Table(
    "withdrawn",
    metadata,
    Column("ask", String(64), primary_key=True),
    Column("member", String(32), nullable=False),
)

#: Papers that a dispenser was told to print.
prints = Table(
    "prints",
    metadata,
    Column("id", String(80), primary_key=True),
    Column("ticket", String(64), nullable=False),
    Column("copy", Integer, nullable=False),
    Column("member", String(32), nullable=False),
    Column("at", String(40), nullable=False),
    Column("issued", LargeBinary, nullable=False),
    Column("ask", String(64), unique=True),
    Column("asker", String(32), nullable=False),
    Column("settled", Integer, nullable=False, server_default="0"),
    Index("prints_open", "at", sqlite_where=text("settled = 0"), postgresql_where=text("settled = 0")),
)

#: Read model, projected from the journal after telling: one row per ticket.
tickets = Table(
    "tickets",
    metadata,
    Column("ticket", String(64), primary_key=True),
    Column("day", String(10), nullable=False, index=True),
    Column("number", String(8), nullable=False),
    Column("service", String(48), nullable=False),
    Column("lane", String(48), nullable=False),
    Column("via", String(16), nullable=False),
    Column("arrived_at", String(40), nullable=False),
    #: seconds from arrival to the first call
    Column("waited_s", Integer),
    #: waiting, called, serving, missed, parked, served, cancelled, left
    Column("state", String(16), nullable=False),
)

#: Read model: one row per service step.
steps = Table(
    "steps",
    metadata,
    Column("ticket", String(64), primary_key=True),
    Column("step", Integer, primary_key=True, autoincrement=False),
    Column("day", String(10), nullable=False, index=True),
    Column("window", Integer, nullable=False),
    Column("clerk", String(8), nullable=False),
    Column("called_at", String(40)),
    Column("seconds", Integer),
    Column("outcome", String(24)),
    Column("grade", Integer),
)

#: Schema version, the hub's epoch, how far the read models are.
meta = Table(
    "meta",
    metadata,
    Column("key", String(32), primary_key=True),
    Column("value", String(200), nullable=False),
)
