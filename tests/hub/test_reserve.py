"""A disk that runs full: the store goes on with its reserve, says so, and lays it back when there is room again."""

from __future__ import annotations

import os

import pytest
from sqlalchemy.engine import make_url

from hall.errors import Fault
from hub.store.journal import Journal
from hub.store.reserve import RESERVE_BYTES, Reserve
from sim.chaos.disk import SmallDisk, may_mount

as_root = pytest.mark.skipif(not may_mount(), reason="only root may mount a small disk that can be filled")


@pytest.fixture
def disk(tmp_path):
    with SmallDisk(tmp_path / "disk", 40) as disk:
        yield disk


def test_the_reserve_is_real_space_beside_the_store(tmp_path):
    reserve = Reserve(tmp_path / "hub.db", size=1 << 20)
    assert reserve.take()
    assert reserve.held
    there = (tmp_path / "hub.db.reserve").stat()
    assert there.st_blocks * 512 >= 1 << 20
    assert reserve.release()
    assert not reserve.held
    assert list(tmp_path.iterdir()) == []
    assert not reserve.release()


def test_a_half_laid_reserve_is_laid_again(tmp_path):
    (tmp_path / "hub.db.reserve").write_bytes(b"x" * 10)
    assert Reserve(tmp_path / "hub.db", size=1 << 20).take()
    assert (tmp_path / "hub.db.reserve").stat().st_size == 1 << 20


def test_no_reserve_is_laid_where_it_would_take_the_last_space(tmp_path):
    there = os.statvfs(tmp_path)
    reserve = Reserve(tmp_path / "hub.db", size=there.f_bavail * there.f_frsize * 2 // 3)
    assert not reserve.take()
    assert not reserve.held
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("where", [":memory:", "sqlite://"])
def test_a_store_without_a_file_needs_no_reserve(where):
    journal = Journal(where)
    assert journal.reserve.held
    assert not journal.reserve.release()
    journal.close()


def test_the_reserve_lies_beside_the_file_of_a_url(tmp_path):
    journal = Journal(f"sqlite:///{tmp_path}/hub.db")
    assert journal.reserve.file == tmp_path / "hub.db.reserve"
    assert make_url(str(journal.engine.url)).database == str(tmp_path / "hub.db")
    journal.close()


@as_root
def test_a_full_disk_costs_the_reserve_before_it_costs_a_commit(disk):
    journal = Journal(str(disk.folder / "hub.db"))
    assert (disk.folder / "hub.db.reserve").stat().st_size == RESERVE_BYTES
    disk.fill()
    assert disk.fill() == 0
    for n in range(100):
        journal.put(f"key {n}", "x" * 200)
    assert not journal.reserve.held
    assert not journal.reserve.take()
    assert journal.get("key 99") == "x" * 200
    disk.free()
    assert journal.reserve.take()
    journal.close()


@as_root
def test_a_disk_that_stays_full_is_said_at_last_and_loses_nothing(disk):
    journal = Journal(str(disk.folder / "hub.db"))
    disk.fill()
    kept = []

    def write_until_it_fails():
        for n in range(20000):
            journal.put(f"key {n}", "x" * 200)
            kept.append(n)
            disk.fill()

    with pytest.raises(Fault) as fault:
        write_until_it_fails()
    assert fault.value.code == "store-full"
    assert journal.get(f"key {kept[-1]}") == "x" * 200
    disk.free()
    journal.check()
    journal.close()


@as_root
def test_a_hub_opens_its_store_on_a_full_disk(disk):
    Journal(str(disk.folder / "hub.db")).close()
    disk.fill()
    journal = Journal(str(disk.folder / "hub.db"))
    journal.check()
    assert not journal.reserve.held
    journal.close()


def test_the_hub_says_that_it_lives_on_its_reserve_and_when_that_is_over(rig, monkeypatch):
    room = {"there": True}
    monkeypatch.setattr(Reserve, "take", lambda _self: room["there"])
    rig.run_for(5)
    assert not rig.facts("AlertRaised")
    room["there"] = False
    rig.run_for(30)
    (raised,) = rig.facts("AlertRaised")
    assert (raised["member"], raised["code"], raised["level"]) == ("hub", "store-full", "fault")
    assert raised["text"]["zh"]
    rig.kill_hub()
    rig.start_hub()
    rig.run_for(10)
    assert len(rig.facts("AlertRaised")) == 1
    room["there"] = True
    rig.run_for(5)
    assert [fact["alert"] for fact in rig.facts("AlertCleared")] == ["store-full"]
