"""What only an SQLite file can do to a journal: be locked by somebody, fill its disk, be no database at all."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime

import pytest

from hall import wire
from hall.errors import Fault
from hall.messages import facts
from hub.memory import Batch, FactRow
from hub.store.journal import Journal

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.fixture
def journal(tmp_path):
    journal = Journal(str(tmp_path / "hub.db"))
    yield journal
    journal.close()


def batch(*numbers):
    made = Batch()
    for n in numbers:
        fact = facts.DayOpened(n=n, at=AT, day="2026-11-23")
        made.facts.append(
            FactRow(n, AT, "2026-11-23", "DayOpened", wire.encode(fact), "hub", None, "hub", None)
        )
    return made


def test_a_locked_store_is_a_fault_and_works_again_afterwards(journal, tmp_path):
    other = sqlite3.connect(tmp_path / "hub.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Fault) as fault:
        journal.commit(batch(1))
    assert fault.value.code == "store-busy"
    other.execute("ROLLBACK")
    other.close()
    journal.commit(batch(1))
    journal.check()


def test_a_full_disk_is_a_fault_and_nothing_is_written(journal):
    journal.commit(batch(1))
    with journal.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
        connection.rollback()
    with pytest.raises(Fault) as fault:
        journal.commit(batch(*range(2, 2000)))
    assert fault.value.code == "store-full"
    assert len(list(journal.replay())) == 1


def test_commits_survive_the_power_plug_by_settings(journal):
    with journal.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2


def test_a_store_that_cannot_be_opened_is_one_plain_fault(tmp_path):
    (tmp_path / "hub.db").write_bytes(b"this is no database, " * 100)
    with pytest.raises(Fault):
        Journal(str(tmp_path / "hub.db"))
