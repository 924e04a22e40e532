"""What a simulated day leaves behind: every ticket as picture and bytes, every sign's pictures, every sentence, every fact."""

from __future__ import annotations

import shutil
from pathlib import Path

from devices.ticket_dispenser.agent import Dispenser
from devices.window_sign.agent import Sign
from hall.clock import Seconds
from hall.messages.facts import AnyFact
from sim.simulated import SimulatedHall
from sim.twin.paper_slip import Slip
from sim.twin.spi import Max7219Chain
from sim.twin.strip import Ws2812Strip

PANEL_SCALE = 6
NEXT_PAGE_S: Seconds = 6.0


class Keepsakes:
    """Writes into ``papers/``, ``panels/``, ``calls/`` and ``facts.jsonl`` while the day goes on."""

    def __init__(self, folder: Path, hall: SimulatedHall) -> None:
        """Leftovers of an earlier day in `folder` are removed: what lies there is one day's."""
        self._hall = hall
        self._papers, self._panels, self._calls = (folder / name for name in ("papers", "panels", "calls"))
        for place in (self._papers, self._panels, self._calls):
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir(parents=True)
        self._facts = (folder / "facts.jsonl").open("wb")
        self._seen: dict[str, set[bytes]] = {}
        self._said: set[bytes] = set()
        self._notes = 0
        hall.console.on_fact.append(self._fact)
        for member in hall.members:
            twin = hall.twin(member)
            if twin.printer is not None:
                twin.printer.on_slip(lambda slip, member=member: self._slip(member, slip))  # type: ignore[misc]
            if twin.panel is not None:
                twin.panel.on_change(lambda member=member, panel=twin.panel: self._panel(member, panel))  # type: ignore[misc]
        hall.on_sound(self._sound)

    def close(self) -> None:
        """Nothing more is written; may be called twice."""
        self._facts.close()

    def _fact(self, _fact: AnyFact, body: bytes) -> None:
        self._facts.write(body + b"\n")

    def _slip(self, member: str, slip: Slip) -> None:
        """A ticket is named by its number, a copy ``A012-2``, a list or notice ``note-001``."""
        agent = self._hall.agents.get(member)
        begun = [job for job in agent.printing.waiting if job.begun] if isinstance(agent, Dispenser) else []
        if begun:
            name = begun[0].issued.number + (f"-{begun[0].copy}" if begun[0].copy > 1 else "")
        else:
            self._notes += 1
            name = f"note-{self._notes:03}"
        (self._papers / f"{name}.png").write_bytes(slip.png(plain=True))
        (self._papers / f"{name}.escpos").write_bytes(slip.raw)

    def _panel(self, member: str, panel: Max7219Chain | Ws2812Strip) -> None:
        """Each different picture of a sign once, in the order they were first seen."""
        dots = bytes(dot for row in panel.dots() for dot in row)
        seen = self._seen.setdefault(member, set())
        if dots in seen or not any(dots):
            return
        seen.add(dots)
        # A sign turns its pages only while somebody looks: look again after the flash of a call, until nothing is new.
        self._hall.scheduler.call_later(NEXT_PAGE_S, lambda: self._look(member))
        panel.picture(PANEL_SCALE).save(self._panels / f"{member}-{len(seen):04}.png", compress_level=1)

    def _look(self, member: str) -> None:
        agent = self._hall.agents.get(member)
        if isinstance(agent, Sign):
            agent.look()

    def _sound(self, file: Path) -> None:
        """Each different sentence once, in the order they were first heard."""
        samples = file.read_bytes()
        if samples in self._said:
            return
        self._said.add(samples)
        shutil.copyfile(file, self._calls / f"{len(self._said):04}.wav")
