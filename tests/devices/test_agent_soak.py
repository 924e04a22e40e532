"""Devices that run for a week: no more memory, no more open files than after the first day, and little written to the card (R8).

The real programs on their twins, in virtual time, with a hub. What the test's own world gathers (messages heard, papers that came out,
sounds that were heard) is thrown away each night, and only what the devices' programs hold is counted; beside it the whole process's
memory as the system sees it, for what libraries keep below Python. Bytes written are the system's own count around each write.
"""

import ctypes
import gc
import sys
from contextlib import contextmanager
from pathlib import Path
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType

import pytest

from devices.call_speaker.voice import Cache
from hall.card import Card
from hall.messages import asks
from tests.devices.five import CALL_KEY, DISPENSER, MEMBERS, PAD, SIGN, SPEAKER, FiveHall

#: visitors of a day here, and of the busiest day at one dispenser, sign and pad
VISITORS, BUSIEST = 12, 500
#: so many visitors fill what a dispenser keeps drawn (600 pictures) and what a pad remembers (50 steps): bounded, and full after a morning
FIRST = 170
MOST_MB = 50.0
#: what may be more after than before
GROWTH = 1.05


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


class Hall(FiveHall):
    """Its devices' cards are files."""

    def _card(self, member):
        if member not in self._cards:
            self._cards[member] = MeasuredCard(self.folder / f"{member}.card")
        return self._cards[member]

    def forget(self):
        """What only the test's world keeps."""
        self.told.clear()
        self.broker.log.clear()
        for member in self.members:
            printer = self.twin(member).printer
            if printer is not None:
                printer.slips.clear()
        for sound in self.sounds:
            sound.unlink()
        self._sounds._sounds.clear()

    def day(self):
        """A day of visitors, and the night."""
        begun = self.scheduler.mono()
        self.sits()
        for _ in range(VISITORS):
            self.visit(60.0)
        self.does(asks.Leave)
        self.run_for(24 * 3600 - (self.scheduler.mono() - begun))
        self.forget()


@pytest.fixture
def voice_bytes(monkeypatch):
    """What the speaker's cache of sentences has written so far."""
    found, write = [0], Cache._write

    def counted(*args):
        before = written()
        write(*args)
        found[0] += written() - before

    monkeypatch.setattr(Cache, "_write", counted)
    return found


@pytest.fixture
def hall(tmp_path, voice_bytes):
    hall = Hall(tmp_path)
    yield hall
    hall.stop()


#: what is not the device's own: the test's world, code, and what all programs of a process share
_FOREIGN = (
    __name__,
    "sim.",
    "tests.",
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
    """Bytes that each program holds, open files, and the whole process's memory in MB."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    said = dict(line.split(":\t", 1) for line in Path("/proc/self/status").read_text().splitlines())
    files = len(list(Path("/proc/self/fd").iterdir()))
    return (
        {name: held(hall.agents[name]) for name in MEMBERS},
        files,
        int(said["VmRSS"].split()[0]) / 1024,
    )


def test_a_visitor_and_a_quiet_hour_leave_every_device_s_memory_and_files_where_they_were(hall):
    hall.sits()
    hall.visit()
    hall.run_for(600.0)
    hall.forget()
    memory, files, _ = looked_at(hall)
    hall.run_for(3600.0)
    hall.forget()
    after, after_files, _ = looked_at(hall)
    assert {name for name in MEMBERS if after[name] > memory[name] * GROWTH} == set(), (memory, after)
    assert after_files <= files


@pytest.mark.long
@pytest.mark.timeout(3000)
def test_a_week_leaves_memory_and_files_where_they_were_and_writes_little(hall, voice_bytes):
    def cards():
        return {name: hall._card(name).bytes for name in MEMBERS} | {"voice": voice_bytes[0]}

    hall.sits()
    for _ in range(FIRST):
        hall.visit(60.0)
    hall.does(asks.Leave)
    hall.forget()
    hall.day()
    (memory, files, whole), before = looked_at(hall), cards()
    for _ in range(6):
        hall.day()
    after, after_files, after_whole = looked_at(hall)
    a_day = {name: (now - before[name]) / 6 / 1e6 for name, now in cards().items()}
    print(  # noqa: T201
        f"\nheld {memory} -> {after} bytes, files {files} -> {after_files}, process {whole:.1f} -> {after_whole:.1f} MB; "
        f"MB a day: {a_day}"
    )
    assert {name for name in MEMBERS if after[name] > memory[name] * GROWTH} == set(), (memory, after)
    assert after_files <= files * GROWTH
    assert after_whole <= whole * GROWTH
    # what it takes for one visitor, as often as on the busiest day; the cards of sign and call key know of no visitors
    speaker = a_day[SPEAKER] + a_day["voice"]
    assert all(0 < mb * BUSIEST / VISITORS <= MOST_MB for mb in (a_day[DISPENSER], a_day[PAD], speaker)), (
        a_day
    )
    assert all(a_day[name] <= MOST_MB for name in (SIGN, CALL_KEY)), a_day
