"""Real device programs with a clock held beside them: where a press is accepted, where the first byte leaves the driver.

Each probe is the device's own ``build`` with its real hardware class; only the wire below the driver is ours, and it writes
down when something first passes. They run in a thread of the measuring process, or (sign) as a process that prints its times.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

import devices.ticket_dispenser.__main__ as dispenser_program
from bench.measure import now
from bench.rig import Rig
from devices.agent.health import Vitals
from devices.agent.run import Parts
from devices.ticket_dispenser.agent import Dispenser
from devices.ticket_dispenser.settings import DispenserSettings
from hall.card import Card
from hall.clock import Seconds
from hall.inbox import Inbox
from hall.messages.answers import Answer
from hall.messages.asks import Ask
from hall.mqtt import MqttLink, Pace
from hall.worker import ThreadWorker
from sim.twin.paper import PaperPrinter
from sim.twin.pins import Board, BoardFactory


class Press(NamedTuple):
    """What became of one press, all on one clock."""

    #: the agent took the press for one (contacts settled, finger gone)
    accepted: float
    #: the hub's committed answer was in the agent's hands
    answered: float
    #: the slip's first byte left for the printer
    printed: float


class _Asker:
    """The agent's asker, with the time of each answer."""

    def __init__(self, asker: Any, note: Callable[[str], None]) -> None:
        self._asker, self._note = asker, note

    def ask(self, ask: Ask, on_answer: Callable[[Answer], None], **how: Any) -> None:
        """See :class:`hall.asking.Asker`."""

        def answered(answer: Answer) -> None:
            self._note("answered")
            on_answer(answer)

        self._asker.ask(ask, answered, **how)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._asker, name)


class _Taker:
    """The dispenser's taker, with the time of each press."""

    def __init__(self, taker: Any, note: Callable[[str], None]) -> None:
        self._taker, self._note = taker, note

    def take(self, service: str, lane: str, *, large_print: bool = False) -> None:
        """See :class:`devices.ticket_dispenser.fingers.Taker`."""
        self._note("accepted")
        self._taker.take(service, lane, large_print=large_print)

    def asking(self, service: str) -> bool:
        """The same."""
        return bool(self._taker.asking(service))


class _Line:
    """The line to a paper model, with the time of each slip's first byte."""

    def __init__(self, printer: PaperPrinter, note: Callable[[str], None]) -> None:
        self._port, self._note = printer.port(), note

    def write(self, data: bytes) -> None:
        """A status question is four bytes; a slip is more."""
        if len(data) > 16:
            self._note("printed")
        self._port.write(data)

    def read(self, n: int, timeout_s: Seconds) -> bytes:
        """See :class:`devices.ticket_dispenser.printer.Port`."""
        return self._port.read(n, timeout_s)

    def close(self) -> None:
        """The same."""
        self._port.close()


class DispenserProbe:
    """A whole dispenser on a board that is pressed from outside."""

    def __init__(self, rig: Rig, member: str = "dispenser-1") -> None:
        """Runs in a thread of its own once it is opened."""
        found = rig.layout.settings(member)
        assert isinstance(found, DispenserSettings)
        self._settings = msgspec.structs.replace(found, same_key_guard_s=0.0)
        self.keys = {key.service: key.pin for key in self._settings.keys}
        self._inbox = Inbox(ZoneInfo(found.timezone))
        self._board = Board(self._inbox)
        self._printer = PaperPrinter(width_dots=self._settings.printer.width_dots)
        self._card = Card(Path(rig.folder / f"{member}.card"))
        self._worker = ThreadWorker(self._inbox, member)
        link = MqttLink(
            host="127.0.0.1",
            port=rig.port,
            member=member,
            scheduler=self._inbox,
            pace=Pace.device(1),
        )
        parts = Parts(self._inbox, link, self._card, self._worker, Vitals, self._inbox.stop)
        self.agent: Dispenser = dispenser_program.build(
            msgspec.structs.replace(self._settings, display=None),
            parts,
            pin_factory=BoardFactory(self._board),
            line=lambda: _Line(self._printer, self._note),
        )
        taker = self.agent.fingers.taker
        assert taker is not None
        self.agent.fingers.taker = _Taker(taker, self._note)
        vars(self.agent)["asker"] = _Asker(self.agent.asker, self._note)
        self._times: dict[str, float] = {}
        self._done: queue.SimpleQueue[Press] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._inbox.run, name=member, daemon=True)

    def open(self, within_s: Seconds = 20.0) -> None:
        """Up, with the hall's catalogue: the first tickets go by unmeasured."""
        self._inbox.call_soon(self.agent.open)
        self._thread.start()
        until = now() + within_s
        while self.agent.hub is not True or self.agent.catalogue.hall is None:
            if now() > until:
                raise TimeoutError("the dispenser found no hub")
            threading.Event().wait(0.02)
        threading.Event().wait(0.5)  # what can be drawn ahead is drawn

    def press(self, service: str, patience_s: Seconds = 10.0) -> Press:
        """A finger's tap, and what became of it; returns when the paper is out."""
        papers = len(self._printer.slips)
        self._times.clear()
        self._inbox.call_soon(lambda: self._board.press(self.keys[service]))
        press = self._done.get(timeout=patience_s)
        until = now() + patience_s
        while len(self._printer.slips) <= papers and now() < until:
            threading.Event().wait(0.005)
        threading.Event().wait(0.02)  # the next ticket's code is drawn, the card is quiet
        return press

    def _note(self, what: str) -> None:
        self._times.setdefault(what, now())
        if what == "printed" and "answered" in self._times:
            times, self._times = self._times, {}
            self._done.put(Press(times["accepted"], times["answered"], times["printed"]))

    def close(self) -> None:
        """Stop the program."""
        self._inbox.call_soon(self.agent.close)
        self._inbox.call_soon(self._inbox.stop)
        self._thread.join(5)
        self._worker.close()
        self._card.close()
