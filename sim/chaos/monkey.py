"""What breaks, when, and for how long: a list drawn from a seed, and the hand that does it to a running hall.

Every trouble is noted with its begin and end, so that the checker knows which press was undisturbed. The world is never hit: it is
the fingers, lamps and paper themselves, and the witness of them.
"""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

import msgspec

from hall.clock import Scheduler, Seconds
from sim.chaos.disk import SmallDisk
from sim.chaos.plan import CALL_KEY, DISPENSER, SPEAKER, WINDOWS
from sim.chaos.record import Record
from sim.running import BROKER, HUB
from sim.supervisor import Supervisor
from sim.twin.links import SOUND, SWITCHES, LinksClient

#: who is hit how often, relative to others
TARGETS = {
    BROKER: 3,
    HUB: 5,
    DISPENSER: 4,
    SPEAKER: 2,
    CALL_KEY: 4,
    **{f"{kind}-{window}": 3 for kind in ("sign", "pad") for window in WINDOWS},
}
#: and each process of a crowd
PART_OF_A_CROWD = 3
#: how often somebody is killed who has not come up yet
IN_THE_CRADLE = 0.2
#: other troubles a second, and what they are; a cable has no broker's end of its own
TROUBLES_PER_S = 0.45
KINDS = {
    "freeze": 6,
    "cut": 3,
    "slow": 3,
    "lossy": 3,
    "duplicating": 3,
    "reordering": 3,
    "break-off": 3,
    "disk-full": 2,
    "clock": 2,
}
#: how long each lasts, seconds
LASTS: dict[str, tuple[Seconds, Seconds]] = {
    "freeze": (0.3, 6.0),
    "cut": (0.3, 9.0),
    "slow": (1.0, 6.0),
    "lossy": (0.5, 4.0),
    "duplicating": (1.0, 6.0),
    "reordering": (1.0, 6.0),
    "break-off": (0.0, 0.0),
    "disk-full": (2.0, 5.0),
    "clock": (2.0, 8.0),
}
#: a frozen device counts as lost after 12.5 s; one in six is frozen for longer
LONG_FREEZE = (13.0, 16.0)
#: how far a clock jumps, seconds; the hub's day must not end of it
JUMPS = (-7200, -600, -61, -5, 5, 61, 600, 7200)
#: a pad's clock may be years away, as on a Pi without a battery
YEARS = (-10 * 365 * 86400, 10 * 365 * 86400)
FAKETIME = Path("/usr/lib") / f"{os.uname().machine}-linux-gnu" / "faketime" / "libfaketime.so.1"
#: whose clock can jump: these run with libfaketime
CLOCKED = (HUB, "pad-2")
#: the same beside many: libfaketime looks at its file whenever somebody asks for the time, and a fact cost a busy hub 15 ms of
#: processor instead of 2
CLOCKED_BESIDE_MANY = ("pad-2",)


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that goes wrong: `kind` is ``kill`` or one of :data:`KINDS`."""

    at: Seconds
    kind: str
    target: str
    lasts: Seconds = 0.0
    #: a clock's jump, seconds
    jump: int = 0


def troubles(
    seed: int,
    seconds: Seconds,
    kills: int,
    *,
    disk: bool,
    clocks: Sequence[str],
    targets: Mapping[str, int] = TARGETS,
) -> list[Trouble]:
    """Everything that goes wrong in `seconds`, in order: exactly `kills` kills, evenly spread, and the rest at random.

    `clocks`: whose clock can jump; `targets`: who is hit how often, relative to others.
    """
    chance = random.Random(f"monkey {seed}")
    names, weights = list(targets), list(targets.values())
    found = [
        Trouble(
            at=(n + chance.random()) * seconds / kills,
            kind="kill",
            target=chance.choices(names, weights)[0],
        )
        for n in range(kills)
    ]
    kinds = {kind: weight for kind, weight in KINDS.items() if disk or kind != "disk-full"}
    if not clocks:
        del kinds["clock"]
    for _ in range(int(seconds * TROUBLES_PER_S)):
        kind = chance.choices(list(kinds), list(kinds.values()))[0]
        at, lasts, jump = chance.uniform(0, seconds), chance.uniform(*LASTS[kind]), 0
        target = chance.choices(names, weights)[0]
        if kind == "freeze" and target not in {BROKER, HUB} and chance.random() < 1 / 6:
            lasts = chance.uniform(*LONG_FREEZE)
        elif kind == "clock":
            target = chance.choice(clocks)
            jump = chance.choice(JUMPS if target == HUB else JUMPS + YEARS)
        elif kind == "disk-full" or (target == BROKER and kind != "freeze"):
            target = HUB
        found.append(Trouble(at=at, kind=kind, target=target, lasts=lasts, jump=jump))
    return sorted(found, key=lambda trouble: (trouble.at, trouble.kind, trouble.target))


class Turns:
    """Who is killed when somebody is due.

    Who is just being born is hit too, but not every time: a hall that never comes up proves little. Whom that spares has their turn
    before anybody is drawn instead, or a slow machine's broker would never be hit at all.
    """

    def __init__(self, targets: Mapping[str, int], seed: int) -> None:
        """`targets`: who is drawn how often, relative to others."""
        self._targets = targets
        self._chance = random.Random(f"instead {seed}")
        #: who was due while not up, and has not been killed once
        self._spared: list[str] = []
        self._killed: set[str] = set()

    def whom(self, due: str, *, living: Sequence[str], up: Collection[str]) -> str:
        """One of the `living`; `up` are those of them who have come up."""
        target = due
        if due not in living or not (due in up or self._chance.random() < IN_THE_CRADLE):
            if due not in self._killed | set(self._spared):
                self._spared.append(due)
            able = [name for name in living if name in up] or list(living)
            spared = [name for name in self._spared if name in able]
            target = spared[0] if spared else self._chance.choices(able, [self._targets[n] for n in able])[0]
        self._killed.add(target)
        self._spared = [name for name in self._spared if name != target]
        return target


class Monkey:
    """Does it."""

    def __init__(
        self,
        scheduler: Scheduler,
        supervisor: Supervisor,
        links: LinksClient,
        record: Record,
        *,
        is_up: Callable[[str], bool],
        disk: SmallDisk | None,
        clocks: dict[str, Path],
        seed: int,
        targets: Mapping[str, int] = TARGETS,
    ) -> None:
        """`clocks` are libfaketime's files, by member; `is_up` says who has come up since it was killed last."""
        self._is_up, self._targets = is_up, targets
        self._scheduler, self._supervisor, self._links, self._record = scheduler, supervisor, links, record
        self._disk, self._clocks = disk, clocks
        self._turns = Turns(targets, seed)
        #: what would end a trouble that still lasts
        self._healings: dict[int, Callable[[], None]] = {}
        self._keys = count()
        self._over = False
        self.done: dict[str, int] = {}

    def begin(self, troubles: list[Trouble]) -> None:
        """Each at its time."""
        for trouble in troubles:
            self._scheduler.call_later(trouble.at, lambda trouble=trouble: self._do(trouble))  # type: ignore[misc]

    def end(self) -> None:
        """Heal everything, now; nothing more goes wrong."""
        self._over = True
        for heal in list(self._healings.values()):
            heal()
        self._links.heal()

    def _do(self, trouble: Trouble) -> None:
        if self._over:
            return
        match trouble.kind:
            case "kill":
                self._kill(trouble.target)
            case "freeze":
                self._freeze(trouble)
            case "disk-full":
                self._fill(trouble)
            case "clock":
                self._jump(trouble)
            case "break-off":
                self._note(trouble)
                self._links.break_off(trouble.target)
            case _:
                self._note(trouble)
                self._links.set(trouble.target, SWITCHES[trouble.kind]())
                self._heal_later(trouble.lasts, lambda: self._links.set(trouble.target, SOUND))

    def _kill(self, target: str) -> None:
        living = [name for name in self._targets if name in self._supervisor.pids()]
        target = self._turns.whom(target, living=living, up={name for name in living if self._is_up(name)})
        self._note(Trouble(at=0, kind="kill", target=target))
        self._supervisor.kill(target, signal.SIGKILL)

    def _freeze(self, trouble: Trouble) -> None:
        pid = self._supervisor.pids().get(trouble.target)
        if pid is None:
            return
        self._note(trouble)
        self._supervisor.kill(trouble.target, signal.SIGSTOP)

        def thaw() -> None:
            if self._supervisor.pids().get(trouble.target) == pid:
                self._supervisor.kill(trouble.target, signal.SIGCONT)

        self._heal_later(trouble.lasts, thaw)

    def _fill(self, trouble: Trouble) -> None:
        assert self._disk is not None
        disk = self._disk
        self._note(trouble)
        disk.fill()
        full = [True]

        def again() -> None:  # also what the store's reserve gave back is taken by somebody else
            if full[0]:
                disk.fill()
                self._scheduler.call_later(0.5, again)

        def free() -> None:
            full[0] = False
            disk.free()

        self._scheduler.call_later(0.5, again)
        self._heal_later(trouble.lasts, free)

    def _jump(self, trouble: Trouble) -> None:
        now = datetime.now().astimezone(self._scheduler.now().tzinfo)
        if trouble.target == HUB and (now + timedelta(seconds=trouble.jump)).date() != now.date():
            return
        self._note(trouble)
        self.set_clock(trouble.target, trouble.jump)
        self._heal_later(trouble.lasts, lambda: self.set_clock(trouble.target, 0))

    def set_clock(self, member: str, seconds: int) -> None:
        """The member's wall clock is so far ahead of the true time from now on."""
        fresh = self._clocks[member].with_suffix(".new")
        fresh.write_text(f"{seconds:+d}\n", encoding="ascii")
        fresh.replace(self._clocks[member])

    def _heal_later(self, seconds: Seconds, heal: Callable[[], None]) -> None:
        key = next(self._keys)

        def once() -> None:
            if self._healings.pop(key, None) is not None:
                heal()

        self._healings[key] = once
        self._scheduler.call_later(seconds, once)

    def _note(self, trouble: Trouble) -> None:
        self.done[trouble.kind] = self.done.get(trouble.kind, 0) + 1
        self._record.note(
            "fault",
            kind=trouble.kind,
            target=trouble.target,
            lasts=round(trouble.lasts, 2),
            jump=trouble.jump,
        )


def clock_environment(file: Path) -> dict[str, str]:
    """Variables under which a process has the wall clock that `file` says; its monotonic clock stays true."""
    return {
        "LD_PRELOAD": str(FAKETIME),
        "FAKETIME_TIMESTAMP_FILE": str(file),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "DONT_FAKE_MONOTONIC": "1",
        "NO_FAKE_STAT": "1",
    }
