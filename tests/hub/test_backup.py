"""A backup is the store at one moment, made while the hub works; a restore brings it back and takes nothing away."""

from __future__ import annotations

import json
import sqlite3
import threading
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest

from hall.errors import Fault
from hub.store import backup as module
from hub.store import tables as t
from hub.store.backup import backup, description, opened
from hub.store.claim import Claim
from hub.store.files import need_room
from hub.store.journal import Journal
from hub.store.look import looking
from hub.store.restore import EPOCHS, check_backup, restore
from hub.store.verify import verify

pytestmark = pytest.mark.both_stores


@pytest.fixture
def day(rig, console, dispenser):
    console.ask("sit", window=1, clerk="011", actor="王芳")
    for n in range(1, 6):
        dispenser.take(id_=f"t{n}", token=f"{n:032x}")
    console.ask("call_next", window=1)
    console.ask("finish", window=1, outcome="done")
    rig.run_for(5)
    return rig


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "backups"


def content(connection):
    return {
        table.name: sorted((tuple(row) for row in connection.execute(table.select())), key=repr)
        for table in t.metadata.sorted_tables
        if table is not t.meta
    }


def all_of(where):
    with looking(where) as connection:
        return content(connection)


def test_a_backup_holds_everything_and_says_what_it_holds(day, where, folder, engine):
    made = backup(where, folder, hall="demo", keep=3)
    with opened(made) as connection:
        assert content(connection) == all_of(where)
        assert verify(connection).ok
    said = json.loads(description(made).read_bytes())
    assert (said["hall"], said["engine"], said["head"]) == ("demo", engine, str(day.store.head()))
    assert said["rows"]["tokens"] == 5
    assert check_backup(made).sha256 == said["sha256"]
    assert sorted(path.name for path in folder.iterdir()) == [made.name, made.name + ".json"]


def test_a_backup_is_made_while_the_hub_serves_and_holds_one_moment(day, where, folder, monkeypatch):
    """Asks are served between any two pieces of the copy, and none of them is half in it."""
    monkeypatch.setattr(module, "_PAGES", 2)
    dispenser = day.members["dispenser-1"]
    served, before = [], all_of(where)
    if "://" not in where:
        source = sqlite3.connect(where)
        source.close()

    def serve(_line):
        served.append(dispenser.take(id_=f"during-{len(served)}")["ok"])

    made = backup(where, folder, hall="demo", keep=3, say=serve)
    assert len(served) > 3
    assert all(served)
    with opened(made) as connection:
        assert content(connection) == before
    assert len(all_of(where)["tokens"]) == 5
    assert sum(row[3] == "TicketIssued" for row in all_of(where)["facts"]) == 5 + len(served)


def test_backups_of_a_store_under_load_are_whole(day, where, folder):
    """Another thread commits as fast as it can."""
    day.kill_hub()
    stop, wrote = threading.Event(), []

    def write():
        journal = Journal(where)
        while not stop.is_set():
            journal.put("load", str(len(wrote)))
            wrote.append(1)
        journal.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(3):
            count = len(wrote)
            made = backup(where, folder, hall="demo", keep=1)
            check_backup(made)
            assert len(wrote) > count
    finally:
        stop.set()
        writer.join()
    assert [path for path in folder.iterdir() if path.suffix == ".db"] == [made]


def test_only_the_newest_generations_stay(day, where, folder):
    made = [backup(where, folder, hall="demo", keep=2) for _ in range(4)]
    there = {path for path in folder.iterdir() if path.suffix == ".db"}
    assert there == set(made[-2:])
    assert {description(path) for path in made[-2:]} == set(folder.iterdir()) - there


def test_a_backup_that_cannot_be_finished_leaves_the_others_alone(day, where, folder, monkeypatch):
    first = backup(where, folder, hall="demo", keep=1)
    monkeypatch.setattr(
        module, "sound", lambda _connection, file: (_ for _ in ()).throw(module.damaged(file, "x"))
    )
    with pytest.raises(Fault):
        backup(where, folder, hall="demo", keep=1)
    assert sorted(folder.iterdir()) == [first, description(first)]


def test_no_room_is_said_before_anything_is_written(tmp_path):
    with pytest.raises(Fault) as fault:
        need_room(tmp_path, 1 << 60)
    assert fault.value.code == "no-room"
    assert "MB" in fault.value.text.zh


def test_a_restored_store_goes_on_where_the_backup_was(day, where, folder, new_store):
    made = backup(where, folder, hall="demo", keep=3)
    issued = day.members["dispenser-1"].answers_raw("t1")
    other = new_store()
    assert restore(made, other, force=False) is None
    assert all_of(other) == all_of(where)
    day.kill_hub()
    day.where = other
    day.start_hub()
    dispenser = day.members["dispenser-1"]
    assert dispenser.take(id_="t1")["ok"]
    assert set(dispenser.answers_raw("t1")) == set(issued)
    assert dispenser.take(id_="next")["facts"][0]["number"] == "A006"
    with looking(other) as connection:
        assert verify(connection).ok


def test_members_believe_a_restored_hub_more_than_what_was_told_since_the_backup(
    day, where, folder, new_store
):
    made = backup(where, folder, hall="demo", keep=3)
    other = new_store()
    restore(made, other, force=False)
    journal = Journal(other)
    assert int(journal.get("epoch")) == int(day.store.get("epoch")) + EPOCHS
    journal.close()


def test_a_running_hub_is_not_restored_over(day, where, folder):
    made = backup(where, folder, hall="demo", keep=3)
    before = all_of(where)
    for force in (False, True):
        with pytest.raises(Fault) as fault:
            restore(made, where, force=force)
        assert fault.value.code == "store-taken"
    assert all_of(where) == before
    assert day.members["dispenser-1"].take()["ok"]


def test_a_store_that_is_there_is_replaced_only_by_force_and_kept(day, where, folder, engine):
    made = backup(where, folder, hall="demo", keep=3)
    day.members["dispenser-1"].take(id_="later")
    day.run_for(2)
    day.kill_hub()
    before = all_of(where)
    with pytest.raises(Fault) as fault:
        restore(made, where, force=False)
    assert fault.value.code == "store-there"
    assert "--force" in fault.value.text.en
    assert all_of(where) == before
    old = restore(made, where, force=True)
    assert len(all_of(where)["facts"]) < len(before["facts"])
    assert kept(old, where, engine) == before["facts"]
    tidy(old, where, engine)


def kept(old, where, engine):
    """The facts of the old store."""
    if engine == "sqlite":
        return all_of(old)["facts"]
    journal = Journal(where)
    with journal.transaction() as connection:
        moved = t.facts.to_metadata(t.MetaData(), schema=old.removeprefix("schema "))
        rows = sorted((tuple(row) for row in connection.execute(moved.select())), key=repr)
    journal.close()
    return rows


def tidy(old, where, engine):
    if engine == "postgresql":
        journal = Journal(where)
        with journal.transaction() as connection:
            connection.exec_driver_sql(f"DROP SCHEMA {old.removeprefix('schema ')} CASCADE")
        journal.close()


@pytest.mark.parametrize("harm", ["cut", "flipped", "no description", "rubbish"])
def test_a_damaged_backup_is_refused_and_touches_nothing(day, where, folder, new_store, harm):
    made = backup(where, folder, hall="demo", keep=3)
    raw = made.read_bytes()
    match harm:
        case "cut":
            made.write_bytes(raw[: len(raw) // 2])
        case "flipped":
            made.write_bytes(raw[:5000] + bytes([raw[5000] ^ 1]) + raw[5001:])
        case "no description":
            description(made).unlink()
            made.write_bytes(raw[: len(raw) // 2])
        case _:
            description(made).write_bytes(b"{}")
    other = new_store()
    with pytest.raises(Fault) as fault:
        restore(made, other, force=True)
    assert fault.value.code == "backup-damaged"
    assert "已损坏" in fault.value.text.zh
    journal = Journal(other)
    assert journal.head().n == 0
    journal.close()


def test_a_backup_of_one_kind_of_store_is_restored_into_the_other(
    day, where, folder, tmp_path, engine, request
):
    made = backup(where, folder, hall="demo", keep=3)
    other = (
        str(tmp_path / "other.db") if engine == "postgresql" else request.getfixturevalue("new_database")()
    )
    restore(made, other, force=False)
    assert all_of(other) == all_of(where)


def test_a_backup_of_an_older_schema_comes_to_todays(tmp_path, new_store, engine):
    """As it lies in somebody's drawer: an SQLite file of the first release."""
    old = tmp_path / "drawer.db"
    text = (Path(__file__).parent / "schemas/0001.sqlite.sql").read_text(encoding="utf-8")
    with closing(sqlite3.connect(old)) as db:
        db.executescript(text)
        facts = db.execute("SELECT count(*) FROM facts").fetchone()[0]
    other = new_store()
    restore(old, other, force=False)
    with looking(other) as connection:
        found = verify(connection)
    assert (found.ok, found.facts) == (True, facts)
    with closing(sqlite3.connect(old)) as db:
        assert db.execute("SELECT value FROM meta WHERE key = 'schema'").fetchone() == ("0001",)


def test_a_restore_that_fails_halfway_was_nothing(day, where, folder, monkeypatch):
    from hub.store import restore as restoring

    made = backup(where, folder, hall="demo", keep=3)
    day.kill_hub()
    before = all_of(where)

    def fails(*_args, **_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(restoring, "keep" if "://" in where else "_keep_beside", fails)
    with pytest.raises(OSError, match="No space"):
        restore(made, where, force=True)
    assert all_of(where) == before
    assert not list(Path(folder).glob(".*restoring*"))
    journal = Journal(where)
    Claim(journal.engine).take(journal.engine.connect() if "://" in where else None)
    journal.close()


def test_the_files_are_named_by_their_moment(day, where, folder):
    made = backup(where, folder, hall="demo", keep=3)
    moment = datetime.fromisoformat(made.name[4:19]).astimezone()
    assert abs((datetime.now().astimezone() - moment).total_seconds()) < 3600
