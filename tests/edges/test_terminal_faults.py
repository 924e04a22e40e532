"""The terminal's keys reach every fault that there is, on the twins of a whole hall."""

import io
from datetime import UTC, datetime

import pytest
from rich.console import Console

from hall.clock import VirtualScheduler
from sim.layout import Layout, demo_plan
from sim.terminal.faults import LETTERS, FaultList
from sim.twin.faults import FAULTS
from sim.twin.reader import TypingReader
from sim.twin.sound import SoundFile
from sim.twin.world_twin import MemberTwin


class Twins:
    """A hall's twins as a world has them."""

    def __init__(self, plan, folder):
        clock = VirtualScheduler(datetime(2026, 11, 20, 9, tzinfo=UTC))
        self.readers = [TypingReader(folder / f"{one.member}.reader") for one in plan.members if one.reader]
        self.all = {
            one.member: MemberTwin(
                one,
                clock,
                speaker=SoundFile(folder / one.member) if one.speaker else None,
                reader=self.readers[0] if one.reader else None,
            )
            for one in plan.members
        }

    def twin(self, member):
        return self.all[member]

    def fault(self, member, fault, where=None):
        self.twin(member).fault(fault, where)

    def heal(self, member, fault=None):
        self.twin(member).heal(fault)

    def faults(self, member):
        return self.twin(member).faults()


@pytest.fixture
def keys(tmp_path):
    plan = Layout(demo_plan(always_open=True), tmp_path, reader=True).world()
    twins = Twins(plan, tmp_path)
    yield FaultList(plan.members, twins), twins
    for reader in twins.readers:
        reader.unplug()


def drawn(faults):
    paper = io.StringIO()
    Console(width=160, file=paper).print(faults.table())
    return paper.getvalue()


def test_every_fault_there_is_has_a_key_that_switches_it_on_and_off(keys):
    faults, hall = keys
    assert not faults.on_key("a"), "closed, its letters are somebody else's"
    assert faults.on_key("F")
    reached, devices = set(), set()
    while faults.member not in devices:
        member = faults.member
        devices.add(member)
        for letter, seen in zip(LETTERS, hall.twin(member).faults(), strict=False):
            faults.on_key(letter)
            assert seen.name in {one.name for one in hall.twin(member).faults() if one.active}
            assert "●" in drawn(faults)
            faults.on_key(letter)
            # a garbled module is written again by its driver, and here is none
            assert {one.name for one in hall.twin(member).faults() if one.active} <= {"module-corrupt"}
            reached.add(seen.name)
        assert len(hall.twin(member).faults()) <= len(LETTERS)
        assert faults.on_key("]")
    assert reached == set(FAULTS)
    assert devices == set(hall.all)


def test_a_key_or_module_is_chosen_and_what_others_switched_is_seen(keys):
    faults, hall = keys
    faults.on_key("F")
    twin = hall.twin(faults.member)
    at = [seen.name for seen in twin.faults()].index("key-stuck")
    faults.on_key("+")
    faults.on_key(LETTERS[at])
    (stuck,) = [seen for seen in twin.faults() if seen.active]
    assert stuck.where == (list(twin.plan.keys)[1],)
    twin.fault("cover-open")
    faults.look()
    assert set(faults.active) == {"key-stuck", "cover-open"}
    assert not faults.on_key("q"), "q ends the demo, always"
    assert faults.on_key("\x1b")
    assert not faults.open
