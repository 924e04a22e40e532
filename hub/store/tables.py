"""The hub's tables. A column is here because somebody asks for it: facts are kept as the bytes that were told.

The schema has a version (:data:`SCHEMA`). A fresh store is created from this file; an older one is brought here by the
numbered steps in ``migrations/`` — a change here needs a step there.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, String, Table, Text, text

#: Alembic revision that this file describes.
SCHEMA = "0003"

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
    #: see :mod:`hub.store.chain`; never null but while an old store is brought here
    Column("hash", LargeBinary),
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
    #: seconds from arrival to the first call; with a number that was kept overnight, from the hall's opening
    Column("waited_s", Integer),
    #: waiting, called, serving, missed, parked, served, cancelled, left
    Column("state", String(16), nullable=False),
    Column("situation", String(48)),
    #: the booked time this ticket came for
    Column("slot", String(48)),
    Column("first_called_at", String(40)),
    #: when the last service ended, or the person left, gave up or was missed
    Column("finished_at", String(40)),
    #: of the last service that ended
    Column("outcome", String(24)),
    #: windows it was called to, in order, each once: ``3,1``
    Column("windows", Text, nullable=False, server_default=""),
    #: at how many windows the person sat; where only the papers went does not count
    Column("sat_at", Integer, nullable=False, server_default="0"),
    #: 1: some window said that the papers are complete
    Column("accepted", Integer, nullable=False, server_default="0"),
    #: papers and forms that the guide had gone through before the first call
    Column("prechecked", Integer, nullable=False, server_default="0"),
    #: 1: promised to be served after closing
    Column("extended", Integer, nullable=False, server_default="0"),
    #: the missing-papers slip this person came back with
    Column("slip", String(64)),
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
    Column("service", String(48)),
    Column("first_called_at", String(40)),
    #: the person sat down, or (nobody pressed start) the last call that was followed by work
    Column("started_at", String(40)),
    Column("accepted_at", String(40)),
    Column("finished_at", String(40)),
    #: what the settings promised when it was done
    Column("target_min", Integer),
    Column("parked_s", Integer, nullable=False, server_default="0"),
    #: since when it is laid aside; null: it is not
    Column("parked_at", String(40)),
    #: 1: only the papers came
    Column("carry", Integer, nullable=False, server_default="0"),
    #: when its window had nobody any more: the end, laid aside, missed, or given back
    Column("freed_at", String(40)),
    #: as the clerk said at the end
    Column("situation", String(48)),
    Column("rated_at", String(40)),
    #: where the rating was given: pad, phone, desk
    Column("channel", String(16)),
    #: the grade on the official five
    Column("official", Integer),
)

#: Read model: one row per time that a clerk sat at a window.
seats = Table(
    "seats",
    metadata,
    #: number of the fact with which it began; the day's opening begins several
    Column("n", _Number, primary_key=True, autoincrement=False),
    Column("window", Integer, primary_key=True, autoincrement=False),
    Column("day", String(10), nullable=False, index=True),
    Column("clerk", String(8), nullable=False),
    Column("began_at", String(40), nullable=False),
    #: null: still there
    Column("ended_at", String(40)),
)

#: Read model: one row per time that a clerk had stepped away.
pauses = Table(
    "pauses",
    metadata,
    Column("n", _Number, primary_key=True, autoincrement=False),
    Column("window", Integer, primary_key=True, autoincrement=False),
    Column("day", String(10), nullable=False, index=True),
    Column("clerk", String(8), nullable=False),
    Column("reason", String(400), nullable=False),
    Column("began_at", String(40), nullable=False),
    #: null: still away
    Column("ended_at", String(40)),
)

#: Old days that were written to a file of their own, and may be gone from ``facts``.
archives = Table(
    "archives",
    metadata,
    Column("first_n", _Number, primary_key=True, autoincrement=False),
    Column("last_n", _Number, nullable=False),
    Column("day", String(10), nullable=False, index=True),
    #: the chain's hash before the first of these facts, and at the last
    Column("before", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("file", String(200), nullable=False),
    #: SHA-256 of the file, hexadecimal
    Column("sha256", String(64), nullable=False),
    Column("exported_at", String(40), nullable=False),
    #: null: these facts are in ``facts`` as well
    Column("removed_at", String(40)),
)

#: Schema version, the hub's epoch, how far the read models are.
meta = Table(
    "meta",
    metadata,
    Column("key", String(32), primary_key=True),
    Column("value", String(200), nullable=False),
)
