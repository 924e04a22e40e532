"""Keys of other programs, in the console's own store."""

from __future__ import annotations

from sqlalchemy import Column, Float, Integer, String, Table

from hub.console.door.tables import metadata

keys = Table(
    "api_keys",
    metadata,
    #: said in the journal and in ids; no secret
    Column("id", String(8), primary_key=True),
    Column("name", String(80), nullable=False),
    #: SHA-256 of the key: who reads this file cannot use one
    Column("digest", String(64), nullable=False, unique=True),
    #: scopes, separated by spaces
    Column("scopes", String(200), nullable=False),
    #: asks a minute
    Column("per_min", Integer, nullable=False),
    Column("made", Float, nullable=False),
    Column("made_by", String(32), nullable=False),
    Column("seen", Float),
    #: it opens nothing since then
    Column("revoked", Float),
)
