"""The hall box changes to another release, and back with its data when that does not prove itself.

Rules:

* Never while the hall is open unless an operator insists, and not in the quarter of an hour before it opens.
* While a release of the box is on trial the door is shut: nobody but the box itself reaches it. So nothing of the hall is accepted that
  going back would lose: dispensers go on with numbers they were lent, and what devices have to say lies in their outboxes.
* Before anything is changed, everything the hall has is copied, with nobody writing (:mod:`.data`). The new release brings the store
  forward at its first start. When it is older than the store, the release that runs brings the store back before it goes.
* It is good when it has proved itself (:mod:`.proof`), and that is one written word. Whatever happens before that, an error, a kill, the
  power, the data and the last good release are there again; facts that the trial wrote are counted, said and kept beside.
* A trial has one start. What a cut left in the middle is settled before the hall's services start again.
* Each release brings its own broker configuration, units and settings: its own ``hall hub install`` runs, on the way forward and back.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

import msgspec

from deploy.appliance.box_update.data import STORE, Data
from devices.updates import boot_select
from devices.updates.boot_select import Place
from hall.errors import Fault, HallError, Refused
from hall.text import Text
from hub.releases import turn as turns
from hub.releases.turn import OVER, Stage, Turn

log = logging.getLogger(__name__)

TURN = "box.json"


class Hands(Protocol):
    """What is done to the machine."""

    def shut(self) -> None:
        """Nobody from outside reaches the box."""

    def open(self) -> None:
        """They do again; may be called twice."""

    def stop(self) -> None:
        """Nothing of the hall runs."""

    def start(self, release: Path) -> None:
        """This release installs itself and everything runs; ``HallError`` when it does not."""

    def files(self, release: Path) -> None:
        """The same without starting anything: the machine does that next."""

    def schema(self, release: Path) -> str | None:
        """The store's schema that this release knows."""

    def prove(self, release: Path) -> None:
        """The release works; ``HallError`` with the reason when it does not."""


@dataclass
class Errand:
    """One box's."""

    place: Place
    data: Data
    hands: Hands
    now: Callable[[], datetime]
    #: brings the store at a path back to a schema that this release knows the way to
    lower: Callable[[Path, str], None]
    #: how far it is known to be on the disk
    _turn: Turn | None = None

    @property
    def file(self) -> Path:
        """Where it stands how far it is."""
        return self.place.boot / TURN

    def run(self, version: str) -> Turn:
        """Change to a release that is installed; how it ended. ``Refused`` or ``Fault`` when it could not be begun."""
        self.settle(start=True)
        was = self._agreed()
        if was is None or not boot_select.runnable(self.place, version):
            raise Refused(
                "not-complete", Text(zh=f"版本 {version} 不完整", en=f"{version} is not whole here")
            )
        if version == was:
            raise Refused(
                "there-already", Text(zh=f"版本 {version} 已在运行", en=f"{version} runs here already")
            )
        turn = Turn(version=version, was=was, stage=Stage.STOPPING, begun=self.now())
        turns.write(self.file, turn)
        self._turn = turn
        try:
            turn = self._forward(turn)
        except HallError as no:
            return self._back(self._turn, f"{no.code}: {no.text.en}", start=True)
        except OSError as error:
            return self._back(self._turn, f"disk-fault: {error}", start=True)
        return self._finish(turn)

    def settle(self, *, start: bool) -> Turn | None:
        """Bring to its end what was cut off; `start` the services too, where the machine does not do it next. None: there was nothing."""
        turn = turns.read(self.file)
        if turn is None or turn.stage in OVER:
            return None
        if turn.stage is Stage.GOOD:
            return self._finish(turn)
        return self._back(turn, turn.reason or f"interrupted while {turn.stage}", start=start)

    # ---------------------------------------------------------------- inside

    def _agreed(self) -> str | None:
        """What runs now, which is the good one: whoever installed it by hand has said so."""
        with boot_select.alone(self.place):
            state, was = boot_select.read(self.place), boot_select.current(self.place)
            if was is not None and state.good != was:
                state.good = was
                boot_select.write(self.place, state)
                boot_select.point(self.place.good, was)
        return was

    def _release(self, version: str) -> Path:
        return self.place.releases / version

    def _write(self, turn: Turn, **changed: object) -> Turn:
        turn = msgspec.structs.replace(turn, **changed)
        try:
            turns.write(self.file, turn)
        except OSError:
            if turn.stage not in {Stage.BACK, Stage.FAILED}:
                raise
            log.exception("the way back is not noted")  # and is gone all the same: it may be gone again
        self._turn = turn
        log.info("the box's update", extra={"version": turn.version, "stage": turn.stage, "why": turn.reason})
        return turn

    def _forward(self, turn: Turn) -> Turn:
        new = self._release(turn.version)
        schema = self.hands.schema(new)
        self.hands.shut()
        self.hands.stop()
        self.data.save()
        turn = self._write(turn, stage=Stage.SAVED, head=self.data.head())
        if schema is not None and (self.data.state / STORE).exists():
            self.lower(self.data.state / STORE, schema)
        boot_select.begin_trial(self.place, turn.version, attempts=1)
        turn = self._write(turn, stage=Stage.TRYING)
        if boot_select.choose(self.place) != turn.version:
            raise Fault("not-chosen")
        self.hands.start(new)
        self.hands.prove(new)
        return self._write(turn, stage=Stage.GOOD)

    def _finish(self, turn: Turn) -> Turn:
        boot_select.make_good(self.place, turn.version)
        self.data.forget()
        self.hands.open()
        return self._write(turn, stage=Stage.DONE)

    def _back(self, turn: Turn, reason: str, *, start: bool) -> Turn:
        """The last good release, with the data as it was."""
        if turn.stage is not Stage.STOPPING:  # then something may be changed
            turn = self._write(turn, stage=Stage.BACK, reason=reason)
            if (
                start
            ):  # at the machine's start nothing runs yet, and what is told to stop would not be started
                self.hands.stop()
            if self.data.saved:
                self.data.put_back()
                store = self.data.tried / STORE
                facts = max(self.data.head(store) - turn.head, 0)
                turn = self._write(turn, tried_facts=facts, kept=str(store) if facts else None)
            with contextlib.suppress(OSError):  # a trial has no second start, noted or not
                boot_select.give_up(self.place, reason)
            boot_select.choose(self.place)
            boot_select.point(self.place.link, turn.was)
        self.data.forget()
        try:
            if start:
                self.hands.start(self._release(turn.was))
            else:
                self.hands.files(self._release(turn.was))
        finally:  # whatever runs, devices had better reach it
            self.hands.open()
        return self._write(turn, stage=Stage.FAILED, reason=reason)
