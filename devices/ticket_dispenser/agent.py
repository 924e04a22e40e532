"""The dispenser's program: one press, one ticket.

Rules:

* A tap takes a ticket (:mod:`devices.ticket_dispenser.taking`); its number is on the card before the printer is touched
  (:mod:`devices.ticket_dispenser.printing`).
* The same key again within `same_key_guard_s` takes no second ticket: each further tap steps on to the service's next situation,
  the lamp blinks its place in the list, and when the finger rests that situation's papers are printed. While a press is being
  answered further ones are impatience. A long press prints the whole list and gives no number.
* The green key calls the guide, and makes the next service key within `green_s` a priority ticket; pressed again it takes that
  back.
* A key that is stuck is reported and left out; the others go on.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from typing import Any, Protocol

import msgspec

from devices.agent.agent import Agent
from devices.ticket_dispenser import slip
from devices.ticket_dispenser.blocks import Slip
from devices.ticket_dispenser.catalogue import Catalogue
from devices.ticket_dispenser.escpos import Condition, Trouble
from devices.ticket_dispenser.leases import Leases
from devices.ticket_dispenser.lights import Lights, Say
from devices.ticket_dispenser.presses import Presses
from devices.ticket_dispenser.printing import Job, PrinterHand, Printing
from devices.ticket_dispenser.settings import ALARM, GREEN, DispenserSettings
from devices.ticket_dispenser.taking import Taking
from devices.ticket_dispenser.troubles import PAPER_LOW, SAID
from hall.clock import Seconds, Timer
from hall.errors import Fault
from hall.messages.commands import AnyCommand, Print, Reprint
from hall.messages.common import Level, MemberKind
from hall.messages.events import ButtonStuck, Printed, PrintFailed
from hall.messages.wants import Numbers, Services, Want
from hall.text import Text
from hall.words import say
from hall.worker import Worker

log = logging.getLogger(__name__)

#: a finger that rests so long has chosen its situation
REST_S: Seconds = 1.2
ESCORT_S: Seconds = 60.0
#: lamps follow the posted hours, a panel that lost its registers is healed
TICK_S: Seconds = 10.0
#: how long a fresh card waits whether a hub that just came has newer numbers than the broker kept
CONFIRM_S: Seconds = 3.0
KeyCall = Callable[[str], None]


class FrontHand(Protocol):
    """Keys and lamps."""

    def closed(self) -> frozenset[str]:
        """Keys that are down now."""

    def light(self, name: str, *, lit: bool) -> None:
        """One lamp on or off; harmless for a key without a lamp."""

    def close(self) -> None:
        """Dark, and let go; may be called twice."""


class DisplayHand(Protocol):
    """The small panel beside the printer, if one is fitted."""

    def show(self, number: str | None) -> None:
        """This number, or nothing; Fault."""

    def refresh(self) -> None:
        """Write the picture again; Fault."""

    def close(self) -> None:
        """Dark, and let go; may be called twice."""


class ClosablePrinter(PrinterHand, Protocol):
    """The printer and the end of it."""

    def close(self) -> None:
        """Hang up; may be called twice."""


class _Guard(msgspec.Struct):
    """The last press of one key."""

    at: Seconds
    number: str | None = None
    step: int = 0
    rest: Timer | None = None


class Dispenser(Agent):
    """One dispenser."""

    def __init__(
        self,
        *,
        settings: DispenserSettings,
        front: Callable[[KeyCall, KeyCall], FrontHand],
        printer: ClosablePrinter,
        display: DisplayHand | None,
        worker: Worker,
        tokens: Callable[[], str] = lambda: secrets.token_hex(16),
        **member: Any,
    ) -> None:
        """`front` makes keys and lamps from what to call on closing and opening; `member` is what :class:`Agent` takes."""
        super().__init__(hall=settings.hall, member=settings.member, kind=MemberKind.DISPENSER, **member)
        self._settings, self._make_front = settings, front
        self._front: FrontHand | None = None
        self._printer, self._display, self._worker = printer, display, worker
        self._services = tuple(key.service for key in settings.keys)
        self.catalogue = Catalogue(self.card)
        self.leases = Leases(self.card)
        self._held_numbers: Numbers | None = None
        self.printing = Printing(
            scheduler=self.scheduler,
            card=self.card,
            worker=worker,
            printer=printer,
            news=self,
            compose=self._compose,
        )
        self._taking = Taking(
            self,
            front=self,
            catalogue=self.catalogue,
            leases=self.leases,
            printing=self.printing,
            tokens=tokens,
            wait_s=settings.answer_wait_s,
        )
        self._presses = Presses(self.scheduler, self, settings.hold_s)
        self.lights = Lights(self.scheduler, self)
        self._guards: dict[str, _Guard] = {}
        self._armed: Timer | None = None
        self._escort: Timer | None = None
        self._tick_timer: Timer | None = None

    # -- start and stop --------------------------------------------------------------------------------------------------

    def open(self) -> None:
        """Hands first, then what was left from before, then the bus."""
        try:
            self._front = self._make_front(self._presses.down, self._presses.up)
        except Fault as error:  # papers that the hub orders still come out
            self.alert("keys", Level.FAULT, error.code, error.text)
        for key in sorted(self._front.closed()) if self._front else ():
            self._presses.closed_at_start(key)
        self._show(None)
        self._taking.open()
        self.printing.open()
        self._draw_ahead()
        self._tick()
        super().open()

    def close(self) -> None:
        """The same backwards."""
        super().close()
        for timer in (self._tick_timer, self._armed, self._escort):
            if timer is not None:
                timer.cancel()
        self.printing.close()
        self._taking.close()
        self.lights.stop()
        if self._front is not None:
            self._front.close()
        if self._display is not None:
            self._display.close()
        # the worker may be talking to the printer: it hangs up after what it does now
        self._worker.submit(self._printer.close, lambda _: None)

    # -- fingers (presses.Meaning) -----------------------------------------------------------------------------------------

    def on_tap(self, key: str) -> None:
        """See :class:`devices.ticket_dispenser.presses.Meaning`."""
        if key == GREEN:
            self._green_channel()
            return
        if self._taking.asking(key):
            return
        now = self.scheduler.mono()
        guard = self._guards.get(key)
        if guard is not None and self._armed is None and now - guard.at <= self._settings.same_key_guard_s:
            guard.at = now
            self._step(key, guard)
            return
        lane = "normal"
        if self._armed is not None:
            lane = self.catalogue.priority or lane
            self._disarm()
        self._guards[key] = _Guard(now)
        self._taking.take(key, lane)

    def on_hold(self, key: str) -> None:
        """See :class:`devices.ticket_dispenser.presses.Meaning`."""
        if key == GREEN:
            self._green_channel()
            return
        hall, service = self.catalogue.hall, self.catalogue.service(key)
        self.lights.count(key, 1)
        if hall is None or service is None:
            self._print(slip.notice(hall, say("disp.desk"), at=self.scheduler.now()))
        else:
            self._print(slip.materials(hall, service))

    def on_stuck(self, key: str) -> None:
        """See :class:`devices.ticket_dispenser.presses.Meaning`."""
        self.say(ButtonStuck, button=key)
        name = self._key_name(key)
        text = Text(
            zh=f"按键卡住：{name.zh}，其他按键照常", en=f"the key {name.en} is stuck; the others work"
        )
        self.alert(f"key-{key}", Level.WARNING, "key-stuck", text)
        self._lamps()

    def on_free(self, key: str) -> None:
        """See :class:`devices.ticket_dispenser.presses.Meaning`."""
        self.clear(f"key-{key}")
        self._lamps()

    def _step(self, key: str, guard: _Guard) -> None:
        """Another tap for a ticket that is there: on to the next situation."""
        service = self.catalogue.service(key)
        situations = service.situations if service is not None and guard.number is not None else ()
        if not situations:
            self.lights.count(key, 1)
            return
        guard.step = guard.step % len(situations) + 1
        self.lights.count(key, guard.step)
        if guard.rest is not None:
            guard.rest.cancel()
        guard.rest = self.scheduler.call_later(REST_S, lambda: self._chosen(key, guard))

    def _chosen(self, key: str, guard: _Guard) -> None:
        guard.rest = None
        hall, service = self.catalogue.hall, self.catalogue.service(key)
        if hall is not None and service is not None and guard.step <= len(service.situations):
            self._print(slip.chosen(hall, service, service.situations[guard.step - 1], guard.number))

    def _green_channel(self) -> None:
        if self._armed is not None:
            self._disarm()
            return
        self.alert("escort", Level.WARNING, "escort-wanted", say("voice.escort"))
        if self._escort is not None:
            self._escort.cancel()
        self._escort = self.scheduler.call_later(ESCORT_S, lambda: self.clear("escort"))
        if self.catalogue.priority is not None:
            self._armed = self.scheduler.call_later(self._settings.green_s, self._disarm)
        self._lamps()

    def _disarm(self) -> None:
        if self._armed is not None:
            self._armed.cancel()
        self._armed = None
        self._lamps()

    # -- what becomes of a press (taking.Front) ----------------------------------------------------------------------------

    def on_asking(self) -> None:
        """See :class:`devices.ticket_dispenser.taking.Front`."""
        self._lamps()

    def on_number(self, service: str, number: str) -> None:
        """See :class:`devices.ticket_dispenser.taking.Front`."""
        guard = self._guards.setdefault(service, _Guard(0.0))
        guard.at, guard.number = self.scheduler.mono(), number

    def on_refused(self, service: str, code: str, text: Text) -> None:
        """See :class:`devices.ticket_dispenser.taking.Front`."""
        self._guards[service] = _Guard(self.scheduler.mono())
        hall, now = self.catalogue.hall, self.scheduler.now()
        if code == "closed" and hall is not None:
            self._print(slip.closed(hall, at=now))
        else:
            self._print(slip.notice(hall, text, at=now))

    def on_token(self, token: str) -> None:
        """See :class:`devices.ticket_dispenser.taking.Front`."""
        code = slip.link_code(self.catalogue.hall, token) if self.catalogue.hall else None
        if code is not None:
            self._worker.submit(lambda: self._printer.prepare(code), _drawn)

    # -- what becomes of a paper (printing.News) ---------------------------------------------------------------------------

    def on_paper(self, job: Job) -> None:
        """See :class:`devices.ticket_dispenser.printing.News`."""
        self.say(Printed, ticket=job.issued.ticket, copy=job.copy)
        if job.command:
            self.finish(job.id, "done")

    def on_no_paper(self, job: Job, trouble: Trouble) -> None:
        """See :class:`devices.ticket_dispenser.printing.News`."""
        self.say(PrintFailed, ticket=job.issued.ticket, code=trouble.value)
        if job.command:
            self.finish(job.id, "failed", trouble.value)
        else:
            self._show(job.issued.number)

    def on_printer(self, condition: Condition) -> None:
        """See :class:`devices.ticket_dispenser.printing.News`."""
        trouble = condition.trouble
        for one in Trouble:
            if one is not trouble:
                self.clear(one.value)
        if trouble is not None:
            self.alert(trouble.value, Level.FAULT, trouble.value, SAID[trouble])
        else:
            self._show(None)
        if condition.paper_low and trouble is not Trouble.PAPER_OUT:
            self.alert("paper-low", Level.WARNING, "paper-low", PAPER_LOW)
        elif trouble in {None, Trouble.PAPER_OUT}:
            self.clear("paper-low")
        self._lamps()

    def is_void(self, job: Job) -> bool:
        """See :class:`devices.ticket_dispenser.printing.News`."""
        if not self.expired(job.id):
            return False
        self.finish(job.id, "expired", "too-old")
        return True

    # -- what the hub says -------------------------------------------------------------------------------------------------

    def on_want(self, part: str, want: Want) -> None:
        """See :class:`devices.agent.agent.Agent`."""
        match want:
            case Services():
                if self.catalogue.take_in(want):
                    self._draw_ahead()
                self.have(part, want.rev)
            case Numbers():
                self._lent(want)
            case _:
                super().on_want(part, want)
        self._lamps()

    def _lent(self, want: Numbers) -> None:
        """Take lent numbers in.

        A card that knows of none may be a wiped one, and what the broker kept for it may be older than what was used: it takes
        them only from a hub that is there.
        """
        if self.leases.want is None and self.hub is not True:
            self._held_numbers = want
            return
        self._held_numbers = None
        self.leases.take_in(want)
        self.have("numbers", want.rev)

    def on_hub(self, ready: bool) -> None:  # noqa: FBT001 - the hook's form
        """See :class:`hall.member.Member`."""
        if ready and self._held_numbers is not None:
            # a hub that just came says what is true now within moments; what it confirms by silence is true too
            self.scheduler.call_later(CONFIRM_S, self._take_held)
        self._lamps()

    def _take_held(self) -> None:
        if self._held_numbers is not None:
            self._lent(self._held_numbers)
            self._lamps()

    def on_command(self, command: AnyCommand) -> None:
        """See :class:`devices.agent.agent.Agent`."""
        match command:
            case Print() | Reprint():
                zone = self.scheduler.now().tzinfo
                issued = command.issued
                taken = (issued.arrived or issued.at).astimezone(zone)
                copy = max(2, command.copy) if isinstance(command, Reprint) else command.copy
                self.printing.command(command.id, issued, token=command.token, taken=taken, copy=copy)
            case _:
                super().on_command(command)

    def again(self, command: AnyCommand) -> bool:
        """See :class:`devices.agent.agent.Agent`."""
        return isinstance(command, Print | Reprint) or super().again(command)

    def identify(self) -> None:
        """Blink the alarm lamp and print a slip with this dispenser's name."""
        self.lights.count(ALARM, 10)
        text = Text(zh=f"取号机 {self.member}", en=f"dispenser {self.member}")
        self._print(slip.notice(self.catalogue.hall, text, at=self.scheduler.now()))

    def self_test(self) -> dict[str, Any]:
        """Keys, printer as last seen, lent numbers; prints what it found."""
        hall, today = self.catalogue.hall, f"{self.scheduler.now():%Y-%m-%d}"
        trouble, stuck = self.printing.trouble, sorted(self._presses.stuck)
        found = {
            "printer": trouble.value if trouble else "ok",
            "keys": "keys-fault" if self._front is None else f"stuck: {stuck}" if stuck else "ok",
            "catalogue": "ok" if hall is not None else "missing",
        }
        paper = slip.self_test(
            self.member, found, at=self.scheduler.now(), width=self._settings.printer.width_dots
        )
        self._print(paper)
        lent = {s.letter: self.leases.left(s.letter, today) for s in (hall.services if hall else ())}
        return {**super().self_test(), **found, "lent": {letter: n for letter, n in lent.items() if n}}

    # -- inside ------------------------------------------------------------------------------------------------------------

    def on_up(self) -> None:
        """See :class:`hall.member.Member`."""
        super().on_up()
        self._lamps()

    def on_down(self) -> None:
        """See :class:`hall.member.Member`."""
        super().on_down()
        self._lamps()

    def light(self, name: str, *, lit: bool) -> None:
        """See :class:`devices.ticket_dispenser.lights.LampHand`."""
        if self._front is not None:
            self._front.light(name, lit=lit)

    def _lamps(self) -> None:
        """Every lamp says what is so now."""
        now = self.scheduler.now()
        is_open, today = self.catalogue.is_open(now), f"{now:%Y-%m-%d}"
        reachable = self.link.connected and self.hub is not False
        for key in self._services:
            service = self.catalogue.service(key)
            gives = is_open and service is not None
            gives = gives and (
                reachable or (service is not None and self.leases.left(service.letter, today) > 0)
            )
            if not gives or key in self._presses.stuck or self._taking.asking(key):
                self.lights.say(key, Say.DARK)
            else:
                self.lights.say(key, Say.BLINK if self._armed else Say.LIT)
        green = is_open and GREEN not in self._presses.stuck
        self.lights.say(GREEN, Say.DARK if not green else Say.BLINK if self._armed else Say.LIT)
        self.lights.say(ALARM, Say.LIT if self.printing.trouble else Say.DARK)

    def _compose(self, job: Job) -> Slip:
        return slip.ticket(
            self.catalogue.hall or slip.unknown_hall(self.topics.hall),
            job.issued,
            at=job.taken,
            token=job.token,
            copy=job.copy,
        )

    def _print(self, paper: Slip) -> None:
        self.printing.slip(paper)

    def _draw_ahead(self) -> None:
        """Draw what every ticket of every key will carry, so that a press waits for its own lines only."""
        hall = self.catalogue.hall
        if hall is None:
            return
        for key in self._services:
            service = self.catalogue.service(key)
            if service is not None:
                sample = slip.sample(hall, service, at=self.scheduler.now())
                self._worker.submit(lambda sample=sample: self._printer.prepare(sample), _drawn)  # type: ignore[misc]

    def _show(self, number: str | None) -> None:
        self._panel(lambda display: display.show(number))

    def _panel(self, act: Callable[[DisplayHand], None]) -> None:
        if self._display is None:
            return
        try:
            act(self._display)
        except Fault as error:
            self.alert("display", Level.WARNING, error.code, error.text)
        else:
            self.clear("display")

    def _tick(self) -> None:
        self._tick_timer = self.scheduler.call_later(TICK_S, self._tick)
        self._lamps()
        self._panel(lambda display: display.refresh())

    def _key_name(self, key: str) -> Text:
        if key == GREEN:
            return Text(zh="绿色通道", en="green channel")
        return slip.service_of(self.catalogue.hall or slip.unknown_hall(self.topics.hall), key).name


def _drawn(result: object) -> None:
    """Drawing ahead is a favour: what goes wrong there will show when the slip is printed."""
    if isinstance(result, BaseException):
        log.warning("a slip could not be drawn ahead", exc_info=result)
