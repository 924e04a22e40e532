"""The console's own store: people, sessions, failed logins, and the audit of every act. The hall itself is not in it."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, Index, Integer, MetaData, String, Table

#: Raised with every change of a table; an older file is brought up by :mod:`hub.console.door.store`.
SCHEMA = 1

metadata = MetaData()

meta = Table(
    "meta",
    metadata,
    Column("key", String(32), primary_key=True),
    Column("value", String(200), nullable=False),
)

people = Table(
    "people",
    metadata,
    Column("login", String(32), primary_key=True),
    Column("name", String(80), nullable=False),
    #: the work number under which they sit at windows; None for people who never do
    Column("work_number", String(8), unique=True),
    #: roles, separated by spaces
    Column("roles", String(200), nullable=False),
    #: argon2id; empty: no password was set yet
    Column("password", String(200), nullable=False),
    #: a password that somebody else set must be changed at the first login
    Column("must_change", Boolean, nullable=False),
    Column("disabled", Boolean, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    #: SHA-256 of the cookie: who reads this file cannot log in with it
    Column("token", String(64), primary_key=True),
    Column("login", String(32), nullable=False, index=True),
    #: binds forms to this session
    Column("csrf", String(64), nullable=False),
    Column("begun", Float, nullable=False),
    Column("seen", Float, nullable=False),
    Column("address", String(64), nullable=False),
)

failures = Table(
    "failures",
    metadata,
    Column("id", Integer, primary_key=True),
    #: a login, or an address
    Column("whom", String(80), nullable=False),
    Column("at", Float, nullable=False),
    Index("failures_whom", "whom", "at"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Float, nullable=False, index=True),
    Column("login", String(32), nullable=False),
    Column("address", String(64), nullable=False),
    #: an ask's type, or login, logout, person-changed …
    Column("act", String(48), nullable=False),
    #: the answer's code, "ok" when it was done
    Column("outcome", String(48), nullable=False),
    #: what it was about, one line; never a password, token or phone number
    Column("about", String(400), nullable=False),
)
