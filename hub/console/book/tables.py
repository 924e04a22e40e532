"""The hall's own situation book, version by version, in the console's own store."""

from __future__ import annotations

from sqlalchemy import Column, Float, Integer, LargeBinary, String, Table

from hub.console.door.tables import metadata

books = Table(
    "books",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("at", Float, nullable=False),
    Column("by", String(32), nullable=False),
    Column("reason", String(200), nullable=False),
    #: the whole book as JSON
    Column("body", LargeBinary, nullable=False),
)
