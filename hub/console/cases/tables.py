"""Cases in the console's store.

Entries are rows that are added and never changed. Whatever belongs to a person stands in a table of its own, from which it is deleted
:attr:`hub.console.cases.settings.CaseSettings.keep_days` days after its case was closed; the rows of the case stay.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, Integer, LargeBinary, String, Table, UniqueConstraint

from hub.console.door.tables import metadata

entries = Table(
    "case_entries",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("case", String(20), nullable=False),
    #: 1 for the opening
    Column("n", Integer, nullable=False),
    Column("at", Float, nullable=False),
    Column("by", String(32), nullable=False),
    #: the entry as JSON, see :mod:`hub.console.cases.entries`
    Column("body", LargeBinary, nullable=False),
    UniqueConstraint("case", "n"),
)

keys = Table(
    "case_keys",
    metadata,
    #: what opens one case only, such as a service step
    Column("key", String(120), primary_key=True),
    Column("case", String(20), nullable=False),
)

personal = Table(
    "case_personal",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("case", String(20), nullable=False, index=True),
    Column("words", String(2000), nullable=False),
    Column("name", String(40), nullable=False),
    Column("phone", String(16), nullable=False),
)

#: The telephone log (M22); a caller's number is never in it.
calls = Table(
    "phone_calls",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Float, nullable=False, index=True),
    Column("by", String(32), nullable=False),
    #: how often it rang before somebody answered; None: nobody did
    Column("rings", Integer),
    Column("greeted", Boolean, nullable=False),
    Column("about", String(200), nullable=False),
    #: the case that came of it
    Column("case", String(20)),
)

marks = Table(
    "case_marks",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("value", Integer, nullable=False),
)

ALL = (entries, keys, personal, calls, marks)
