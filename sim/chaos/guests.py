"""The crowd from where it is sent: its parts, the windows and services they add to the hall, their processes, and their rest."""

from __future__ import annotations

import json
import sqlite3
import sys
from dataclasses import asdict
from pathlib import Path

import msgspec

from hall.messages.common import MemberKind
from hall.plan import HallPlan, MemberPlan, ServicePlan, WindowPlan
from hall.text import Text
from sim.chaos.crowd.part import PartPlan
from sim.running import RunningHall

#: more windows than this, and another process plays them
WINDOWS_A_PART = 8
FIRST_WINDOW = 11
#: so few windows leave the hall its own loudspeaker and the hub its jumping clock
FEW = 4
#: letters of the crowd's services: no key of the hall's own dispenser has them
LETTERS = "KLMNPQRSTUVWXYZ"
SPEAKER = "speaker-9"


class Guests:
    """`windows` more windows, their clerks, pads and dispensers, in as many processes as it takes."""

    def __init__(self, windows: int, folder: Path, hall: HallPlan, seed: int) -> None:
        """Nothing runs yet. ValueError for more than there are letters for."""
        self._folder, self.few = folder / "crowd", windows <= FEW
        self._numbers = range(FIRST_WINDOW, FIRST_WINDOW + windows)
        groups = [self._numbers[at : at + WINDOWS_A_PART] for at in range(0, windows, WINDOWS_A_PART)]
        if len(groups) > len(LETTERS):
            raise ValueError(f"a crowd of {windows} windows: at most {len(LETTERS) * WINDOWS_A_PART}")
        self.services = [f"crowd-{n}" for n, _ in enumerate(groups, 1)]
        self.parts = [
            PartPlan(
                name=name,
                hall=hall.id,
                port=0,
                book=str(self._folder / f"{name}.db"),
                rest=str(self._folder / "rest"),
                seed=seed,
                service=name,
                letter=letter,
                services=self.services,
                windows=list(group),
                dispenser=f"dispenser-{FIRST_WINDOW + n}",
                speaker=SPEAKER if n == 0 and windows > FEW else "",
            )
            for n, (name, group, letter) in enumerate(zip(self.services, groups, LETTERS, strict=False))
        ]

    @property
    def names(self) -> list[str]:
        """Names of the parts' processes, and of their cables."""
        return [part.name for part in self.parts]

    @property
    def letters(self) -> list[str]:
        """Letters of the crowd's tickets."""
        return [part.letter for part in self.parts]

    @property
    def members(self) -> dict[str, MemberPlan]:
        """The crowd's devices, as the hub registers them."""
        found = {part.dispenser: MemberPlan(kind=MemberKind.DISPENSER) for part in self.parts}
        found |= {f"pad-{n}": MemberPlan(kind=MemberKind.PAD, window=n) for n in self._numbers}
        return found if self.few else found | {SPEAKER: MemberPlan(kind=MemberKind.SPEAKER)}

    def face(self, name: str) -> str:
        """Who of a part shows that it is up."""
        return next((part.dispenser for part in self.parts if part.name == name), name)

    def join(self, hall: HallPlan) -> HallPlan:
        """The hall with the crowd's windows and services. Every window of the crowd serves the whole crowd.

        Many calls a second no real loudspeaker could speak: a crowd that is more than a few brings its own.
        """
        if not self.parts:
            return hall
        services = {
            part.service: ServicePlan(
                letter=part.letter, name=Text(zh=f"业务{part.letter}", en=part.service), target_min=5
            )
            for part in self.parts
        }
        windows = tuple(WindowPlan(window=n, serves=tuple(self.services)) for n in self._numbers)
        members = {
            name: m for name, m in hall.members.items() if self.few or m.kind is not MemberKind.SPEAKER
        }
        return msgspec.structs.replace(
            hall,
            services=hall.services | services,
            windows=hall.windows + windows,
            members=members,
        )

    def begin(self, hall: RunningHall) -> None:
        """Everybody comes; whoever is killed comes again."""
        self._folder.mkdir()
        for part in self.parts:
            plan = asdict(part) | {"port": hall.links.ports[part.name]}
            file = self._folder / f"{part.name}.json"
            file.write_text(json.dumps(plan), encoding="utf-8")
            hall.supervisor.add(part.name, [sys.executable, "-m", "sim.chaos.crowd", str(file)])

    def rest(self) -> None:
        """Nobody else comes."""
        if self.parts:
            (self._folder / "rest").touch()

    def restless(self) -> str:
        """Who still works, asks or tells; "" at rest."""
        return next((said for said in map(_restless, self.parts) if said), "")


def _restless(part: PartPlan) -> str:
    with sqlite3.connect(f"file:{part.book}?mode=ro", uri=True, timeout=2) as book:
        idle = book.execute(
            "select count(*) from notes where key glob 'idle/*' and value = 'idle'"
        ).fetchone()
        asks = book.execute("select body from asks where answer is null and given_up = 0 limit 3").fetchall()
        told = book.execute(
            "select outbox, max(seq), receipted from events join outboxes using (outbox) "
            "group by outbox having max(seq) > receipted"
        ).fetchall()
    book.close()
    if idle[0] < len(part.windows):
        return f"{part.name}: {len(part.windows) - idle[0]} clerks still at work"
    if asks:
        return f"{part.name}: asks without an answer: {asks}"
    return f"{part.name}: events without a receipt: {told}" if told else ""
