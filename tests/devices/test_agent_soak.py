"""Devices that run for a week: no more memory, no more open files than after the first day, and little written to the card (R8).

The real programs on their twins, in virtual time, with a hub. What the test's own world gathers (messages heard, papers that came out) is
thrown away each night, and only what the devices' programs hold is counted. Bytes written are the system's own count around each of a card's transactions.
"""

import gc
import sys
from contextlib import contextmanager
from pathlib import Path
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType

import msgspec
import pytest

from hall.card import Card
from hall.messages import asks
from hall.messages.common import Outcome
from hall.messages.facts import TicketPrinted, TicketRated
from sim.layout import demo_plan
from sim.simulated import SimulatedHall

MEMBERS = ("dispenser-1", "sign-1", "pad-1")
#: visitors of a day here, and of the busiest day at one dispenser, sign and pad
VISITORS, BUSIEST = 12, 500
#: so many visitors fill what a dispenser keeps drawn (600 pictures) and what a pad remembers (50 steps): bounded, and full after a morning
FIRST = 170
MOST_MB = 50.0
CLERK = "018"


def written():
    """Bytes that this process has handed to the system."""
    said = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
    return int(said["wchar"])


class MeasuredCard(Card):
    """Counts what it writes."""

    def __init__(self, path):
        self.bytes, self._inside = 0, False
        super().__init__(path)

    @contextmanager
    def _counting(self):
        if self._inside:
            yield
            return
        self._inside, before = True, written()
        try:
            yield
        finally:
            self._inside = False
            self.bytes += written() - before

    @contextmanager
    def transaction(self):
        with self._counting(), super().transaction():
            yield

    def write(self, sql, values=()):
        with self._counting():
            return super().write(sql, values)


class Hall(SimulatedHall):
    """Its devices' cards are files."""

    def _card(self, member):
        if member not in self._cards:
            self._cards[member] = MeasuredCard(self.folder / f"{member}.card")
        return self._cards[member]

    def count(self, kind):
        return sum(isinstance(fact, kind) for fact in self.facts)

    def forget(self):
        """What only the test's world keeps."""
        self.told.clear()
        self.broker.log.clear()
        for member in self.members:
            printer = self.twin(member).printer
            if printer is not None:
                printer.slips.clear()


@pytest.fixture
def hall(tmp_path):
    plan = demo_plan(always_open=True)
    few = {name: plan.members[name] for name in MEMBERS}
    hall = Hall(tmp_path, plan=msgspec.structs.replace(plan, members=few), quiet=True)
    yield hall
    hall.stop()


def visit(hall, service):
    """Somebody comes, is served at window 1, and rates it."""
    printed, rated = hall.count(TicketPrinted), hall.count(TicketRated)
    hall.press(service)
    assert hall.run_until(lambda: hall.count(TicketPrinted) > printed, 30.0)
    for kind, fields in (
        (asks.CallNext, {}),
        (asks.Start, {}),
        (asks.Finish, {"outcome": Outcome.DONE}),
    ):
        assert hall.act(kind(id=hall.new_id(), window=1, **fields)).ok
        hall.run_for(2.0)
    hall.press_face(1, 4)
    assert hall.run_until(lambda: hall.count(TicketRated) > rated, 30.0)
    hall.run_for(60.0)


def work_in(hall):
    """The first morning."""
    hall.act(asks.Sit(id=hall.new_id(), window=1, clerk=CLERK))
    for _ in range(FIRST):
        visit(hall, hall.plan.windows[0].serves[0])
    hall.act(asks.Leave(id=hall.new_id(), window=1))
    hall.forget()


def day(hall):
    """A day of visitors, and the night."""
    service = hall.plan.windows[0].serves[0]
    begun = hall.scheduler.mono()
    hall.act(asks.Sit(id=hall.new_id(), window=1, clerk=CLERK))
    for _ in range(VISITORS):
        visit(hall, service)
    hall.act(asks.Leave(id=hall.new_id(), window=1))
    hall.run_for(24 * 3600 - (hall.scheduler.mono() - begun))
    hall.forget()


#: what is not the device's own: the test's world, code, and what all programs of a process share
_FOREIGN = (
    __name__,
    "sim.",
    "hall.memory",
    "hall.clock",
    "hub.",
    "logging",
    "threading",
    "sqlite3",
    "_thread",
)


def held(agent):
    """Bytes of everything that a program holds on to: its objects and whatever they lead to."""
    seen, todo, total = set(), [agent], 0
    while todo:
        one = todo.pop()
        if id(one) in seen or isinstance(one, type | ModuleType | CodeType | BuiltinFunctionType):
            continue
        seen.add(id(one))
        if (type(one).__module__ or "").startswith(_FOREIGN):
            continue
        total += sys.getsizeof(one)
        if isinstance(one, FunctionType):  # what it closes over, not the module it stands in
            todo += [cell.cell_contents for cell in one.__closure__ or ()]
        else:
            todo += gc.get_referents(one)
    return total


def looked_at(hall):
    """Bytes that each program holds, open files."""
    gc.collect()
    files = len(list(Path("/proc/self/fd").iterdir()))
    return {name: held(hall.agents[name]) for name in MEMBERS}, files


@pytest.mark.long
@pytest.mark.timeout(3000)
def test_a_week_leaves_memory_and_files_where_they_were_and_writes_little(hall):
    work_in(hall)
    day(hall)
    (memory, files), before = looked_at(hall), {name: hall._card(name).bytes for name in MEMBERS}
    for _ in range(6):
        day(hall)
    after, after_files = looked_at(hall)
    a_day = {name: (hall._card(name).bytes - before[name]) / 6 / 1e6 for name in MEMBERS}
    print(f"\nheld {memory} -> {after} bytes, files {files} -> {after_files}; MB a day: {a_day}")  # noqa: T201
    assert all(after[name] <= memory[name] * 1.05 for name in MEMBERS)
    assert after_files <= files * 1.05
    # what it takes for one visitor, as often as on the busiest day; a sign's card knows of no visitors
    assert all(0 < a_day[name] * BUSIEST / VISITORS <= MOST_MB for name in ("dispenser-1", "pad-1")), a_day
    assert a_day["sign-1"] <= MOST_MB
