"""What a part of the crowd must not forget when it is killed, in one file: asks, events, papers, votes; evidence for the judge.

Rules:

* Whatever is said on the bus was written here before; one :meth:`Book.change` is all or nothing.
* Nothing is ever removed. An ask is open until it is answered or given up, an event until it is receipted.
* A killed process loses nothing that was committed; a power cut might (``synchronous=OFF``), and nobody cuts the power here.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_TABLES = """
create table if not exists asks (
    id text primary key, member text not null, body text not null, t real not null, answer text, given_up integer not null default 0
);
create index if not exists asks_open on asks (member) where answer is null and given_up = 0;
-- a second answer that says yes in other words than the first
create table if not exists contradictions (id text not null, answer text not null);
create table if not exists outboxes (member text primary key, outbox text not null, receipted integer not null default 0);
create table if not exists events (
    outbox text not null, seq integer not null, body text not null, primary key (outbox, seq)
) without rowid;
create table if not exists faces (
    ticket text not null, step integer not null, window integer not null, grade integer not null, t real not null,
    primary key (ticket, step)
) without rowid;
create table if not exists papers (
    member text not null, ticket text not null, number text not null, day text not null, copy integer not null, t real not null
);
create index if not exists papers_ticket on papers (ticket);
-- numbers given out of lent blocks
create table if not exists given (day text not null, number text not null, primary key (day, number)) without rowid;
create table if not exists commands (id text not null, member text not null, primary key (member, id)) without rowid;
create table if not exists notes (key text primary key, value text not null);
"""


class Book:
    """One part's file."""

    def __init__(self, file: Path) -> None:
        """Opens `file`, or begins it."""
        self._file = sqlite3.connect(file, isolation_level=None)
        self._file.execute("pragma journal_mode=wal")
        self._file.execute("pragma synchronous=off")
        self._file.executescript(_TABLES)

    def close(self) -> None:
        """Write no more; may be called twice."""
        self._file.close()

    @contextmanager
    def change(self) -> Iterator[None]:
        """All of it is remembered, or nothing."""
        self._file.execute("begin immediate")
        try:
            yield
        except BaseException:
            self._file.execute("rollback")
            raise
        self._file.execute("commit")

    def _one(self, query: str, *values: Any) -> Any:
        row = self._file.execute(query, values).fetchone()
        return None if row is None else row[0]

    # --- asks

    def ask(self, member: str, body: dict[str, Any]) -> None:
        """This is about to be asked."""
        row = (body["id"], member, json.dumps(body), time.time())
        self._file.execute("insert into asks (id, member, body, t) values (?, ?, ?, ?)", row)

    def open_asks(self, member: str) -> list[dict[str, Any]]:
        """What waits for an answer, oldest first."""
        query = "select body from asks where member = ? and answer is null and given_up = 0 order by t, rowid"
        return [json.loads(body) for (body,) in self._file.execute(query, (member,))]

    def answer(self, ask: str, payload: str, *, ok: bool) -> bool:
        """This came for an ask; whether the asker still waits for it."""
        row = self._file.execute("select answer, given_up from asks where id = ?", (ask,)).fetchone()
        if row is None:
            return False
        known, given_up = row
        if known is None:
            self._file.execute("update asks set answer = ? where id = ?", (payload, ask))
        elif ok and known != payload:
            self._file.execute("insert into contradictions values (?, ?)", (ask, payload))
        return known is None and not given_up

    def give_up(self, ask: str) -> None:
        """Nobody waits for this answer any more."""
        self._file.execute("update asks set given_up = 1 where id = ?", (ask,))

    # --- events

    def outbox(self, member: str, new: str) -> str:
        """The member's outbox; `new` if it has none yet."""
        self._file.execute("insert or ignore into outboxes (member, outbox) values (?, ?)", (member, new))
        outbox: str = self._one("select outbox from outboxes where member = ?", member)
        return outbox

    def add_event(self, outbox: str, body: dict[str, Any]) -> None:
        """This happened."""
        self._file.execute("insert into events values (?, ?, ?)", (outbox, body["seq"], json.dumps(body)))

    def last_event(self, outbox: str) -> int:
        """The highest seq; 0 before the first."""
        return int(self._one("select max(seq) from events where outbox = ?", outbox) or 0)

    def unreceipted(self, outbox: str) -> dict[int, dict[str, Any]]:
        """Events without a receipt, in order."""
        query = (
            "select seq, body from events where outbox = ? and seq > "
            "(select receipted from outboxes where outbox = events.outbox) order by seq"
        )
        return {seq: json.loads(body) for seq, body in self._file.execute(query, (outbox,))}

    def receipt(self, outbox: str, upto: int) -> None:
        """The hub has all of them up to here."""
        self._file.execute(
            "update outboxes set receipted = max(receipted, ?) where outbox = ?", (upto, outbox)
        )

    # --- what devices do

    def face(self, vote: dict[str, Any]) -> bool:
        """Somebody presses a face for a step; False when they did before."""
        row = (vote["ticket"], vote["step"], vote["window"], vote["grade"], time.time())
        return self._file.execute("insert or ignore into faces values (?, ?, ?, ?, ?)", row).rowcount == 1

    def paper(self, member: str, fact: dict[str, Any], day: str, copy: int) -> None:
        """A paper comes out."""
        row = (member, fact["ticket"], fact["number"], day, copy, time.time())
        self._file.execute("insert into papers values (?, ?, ?, ?, ?, ?)", row)

    def give(self, day: str, number: str) -> bool:
        """A lent number is given to somebody; False when it was before."""
        return self._file.execute("insert or ignore into given values (?, ?)", (day, number)).rowcount == 1

    def do_once(self, member: str, command: str) -> bool:
        """A command is carried out; False when it was before."""
        row = (command, member)
        return self._file.execute("insert or ignore into commands values (?, ?)", row).rowcount == 1

    # --- small things

    def note(self, key: str, value: str) -> None:
        """Keep a small value."""
        self._file.execute("insert or replace into notes values (?, ?)", (key, value))

    def noted(self, key: str, default: str = "") -> str:
        """A small value."""
        value: str | None = self._one("select value from notes where key = ?", key)
        return default if value is None else value
