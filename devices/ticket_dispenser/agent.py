"""The dispenser's program: one press, one ticket.

It joins the parts: fingers on keys and what they mean (:mod:`.fingers`), the errand of one ticket (:mod:`.taking`), papers in
line for the printer (:mod:`.printing`), the hall's catalogue and the lent numbers on the card. What the hub wants and orders,
and what becomes of each paper, meets here.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from typing import Any, Protocol

import msgspec

from devices.agent.agent import Agent
from devices.parts.desk_lamp import DeskLamp
from devices.ticket_dispenser import ending, hall_slips, slip
from devices.ticket_dispenser.blocks import Slip
from devices.ticket_dispenser.catalogue import Catalogue
from devices.ticket_dispenser.fingers import Fingers, FrontHand, KeyCall
from devices.ticket_dispenser.leases import Leases
from devices.ticket_dispenser.printing import Job, Ordered, PrinterHand, Printing
from devices.ticket_dispenser.profiles import profile
from devices.ticket_dispenser.reader import Codes
from devices.ticket_dispenser.roll import Roll
from devices.ticket_dispenser.settings import ALARM, DESK, GREEN, DispenserConfig, DispenserSettings
from devices.ticket_dispenser.small_display import DisplayHand, SmallDisplay
from devices.ticket_dispenser.status import Condition, Trouble
from devices.ticket_dispenser.taking import Taking
from devices.ticket_dispenser.variants import Variant
from hall.clock import Seconds, Timer
from hall.errors import Fault
from hall.messages.commands import (
    AnyCommand,
    CaseReceipt,
    ComeAgain,
    GoOn,
    MissingPapers,
    Print,
    PrintSlip,
    Reprint,
)
from hall.messages.common import MemberKind
from hall.messages.events import Printed, PrintFailed
from hall.messages.hall_slips import DaySlip, MorningSlip
from hall.messages.wants import Lamp, Numbers, PaperLeft, Services, Want
from hall.text import Text
from hall.words import say
from hall.worker import Worker

log = logging.getLogger(__name__)

#: lamps follow the posted hours, a panel that lost its registers is healed
TICK_S: Seconds = 10.0
#: drawing ahead waits until a press has its paper
QUIET_S: Seconds = 0.5
#: how long a fresh card waits whether a hub that just came has newer numbers than the broker kept
CONFIRM_S: Seconds = 3.0
#: a new roll's usual length by its paper's width in dots, metres
ROLL_M = {576: 80.0, 384: 30.0}
#: tickets left are told in steps of so many
STEP = 10


class Closable(Protocol):
    """Something to let go of."""

    def close(self) -> None:
        """Let go; may be called twice."""


#: a key of a code reader: its number, and 1 closed, 0 opened, 2 repeating
KeyOf = Callable[[int, int], None]


class ClosablePrinter(PrinterHand, Protocol):
    """The printer and the end of it."""

    def close(self) -> None:
        """Hang up; may be called twice."""


class Dispenser(Agent):
    """One dispenser."""

    config_kind = DispenserConfig

    def __init__(
        self,
        *,
        settings: DispenserSettings,
        front: Callable[[KeyCall, KeyCall], FrontHand],
        printer: ClosablePrinter,
        display: DisplayHand | None,
        reader: Callable[[KeyOf, Callable[[bool], None]], Closable] | None = None,
        worker: Worker,
        tokens: Callable[[], str] = lambda: secrets.token_hex(16),
        **member: Any,
    ) -> None:
        """`front` makes keys and lamps from what to call on closing and opening; `member` is what :class:`Agent` takes.

        `reader` makes a code reader from what to call with its keys, and when it comes or goes.
        """
        super().__init__(hall=settings.hall, member=settings.member, kind=MemberKind.DISPENSER, **member)
        self._settings, self._make_front = settings, front
        self._front: FrontHand | None = None
        self._printer, self._worker = printer, worker
        self._display = SmallDisplay(self, display)
        self._services = tuple(key.service for key in settings.keys)
        self.catalogue = Catalogue(self.card)
        self.leases = Leases(self.card)
        self._desk_lamp = DeskLamp(self.scheduler, lambda lit: self.light(DESK, lit=lit))
        paper = settings.printer
        self.roll = Roll(
            self.card,
            roll_m=paper.roll_m or ROLL_M[paper.width_dots],
            near_end_m=paper.near_end_m,
            sensor=profile(paper.profile).near_end,
        )
        self._told_left: PaperLeft | None = None
        self._paper = Variant(settings.paper)
        self._held_numbers: Numbers | None = None
        self.printing = Printing(
            scheduler=self.scheduler,
            card=self.card,
            worker=worker,
            printer=printer,
            news=self,
            compose=self._compose,
        )
        self.fingers = Fingers(
            self,
            settings,
            self,
            catalogue=self.catalogue,
            leases=self.leases,
            printing=self.printing,
        )
        self._taking = self.fingers.taker = Taking(
            self,
            front=self.fingers,
            catalogue=self.catalogue,
            leases=self.leases,
            printing=self.printing,
            tokens=tokens,
            wait_s=settings.answer_wait_s,
            on_token=self._draw_code,
        )
        self._make_reader = reader
        self._reader: Closable | None = None
        self._codes = Codes(self.scheduler, self)
        self._tick_timer: Timer | None = None

    # -- start and stop --------------------------------------------------------------------------------------------------

    def open(self) -> None:
        """Hands first, then what was left from before, then the bus."""
        try:
            self._front = self._make_front(self.fingers.presses.down, self.fingers.presses.up)
        except Fault as error:  # papers that the hub orders still come out
            self.trouble(error.code, "keys", why=error.text.en)
        for key in sorted(self._front.closed()) if self._front else ():
            self.fingers.presses.closed_at_start(key)
        self._display.number(None)
        self._taking.open()
        self.printing.open()
        self._draw_ahead()
        if self._make_reader is not None:
            self._reader = self._make_reader(self._codes.key, self._reader_there)
        self._tick()
        super().open()

    def close(self) -> None:
        """The same backwards."""
        super().close()
        if self._tick_timer is not None:
            self._tick_timer.cancel()
        if self._reader is not None:
            self._reader.close()
        self._codes.close()
        self.printing.close()
        self._taking.close()
        self.fingers.close()
        self._desk_lamp.close()
        if self._front is not None:
            self._front.close()
        self._display.close()
        # the worker may be talking to the printer: it hangs up after what it does now
        self._worker.submit(self._printer.close, lambda _: None)

    # -- codes (reader.Meaning) --------------------------------------------------------------------------------------------

    def on_code(self, code: str) -> None:
        """See :class:`devices.ticket_dispenser.reader.Meaning`."""
        self._taking.check_in(code)

    def on_no_code(self) -> None:
        """See :class:`devices.ticket_dispenser.reader.Meaning`."""
        self._print(slip.notice(self.catalogue.hall, say("disp.code.unread"), at=self.scheduler.now()))

    def _reader_there(self, there: bool) -> None:  # noqa: FBT001 - the observer's shape
        if there:
            self.clear("reader-gone")
        else:
            self.trouble("reader-gone")

    # -- what becomes of a paper (printing.News) ---------------------------------------------------------------------------

    def on_paper(self, job: Job) -> None:
        """See :class:`devices.ticket_dispenser.printing.News`."""
        self.say(Printed, ticket=job.issued.ticket, copy=job.copy)
        if job.command:
            self.finish(job.id, "done")

    def on_used(self, used_mm: float, *, ticket: bool) -> None:
        """See :class:`devices.ticket_dispenser.printing.News`."""
        self.roll.printed(used_mm, ticket=ticket)
        self._tell_left()

    def on_no_paper(self, job: Job, trouble: Trouble) -> None:
        """See :class:`devices.ticket_dispenser.printing.News`."""
        self.say(PrintFailed, ticket=job.issued.ticket, code=trouble.value)
        if job.command:
            self.finish(job.id, "failed", trouble.value)
        else:
            self._display.number(job.issued.number)

    def on_printer(self, condition: Condition) -> None:
        """See :class:`devices.ticket_dispenser.printing.News`."""
        trouble = condition.trouble
        for one in Trouble:
            if one is not trouble:
                self.clear(one.value)
        if trouble is not None:
            self.trouble(trouble.value)
        elif not any(job.failed for job in self.printing.waiting):
            # a printer that only says it is well has not yet printed the number that stands there
            self._display.number(None)
        self.roll.seen(condition)
        self._tell_left()
        low = condition.paper_low or self.roll.low
        if low and trouble is not Trouble.PAPER_OUT:
            self.trouble("paper-low")
        elif trouble in {None, Trouble.PAPER_OUT}:
            self.clear("paper-low")
        self.fingers.lamps()

    def on_slip(self, order: Ordered, trouble: Trouble | None) -> None:
        """See :class:`devices.ticket_dispenser.printing.News`."""
        if trouble is None:
            self.finish(order.id, "done")
        else:
            self.finish(order.id, "failed", trouble.value)

    def is_void(self, job: Job | Ordered) -> bool:
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
            case Lamp():
                self._desk_lamp.want(want, clock_ok=self.clock_ok)
                self.have(part, want.rev)
            case _:
                super().on_want(part, want)
        self.fingers.lamps()

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
        self.fingers.lamps()

    def _take_held(self) -> None:
        if self._held_numbers is not None:
            self._lent(self._held_numbers)
            self.fingers.lamps()

    def configure(self, config: DispenserConfig) -> None:
        """See :class:`Agent`; a ticket that is being printed keeps the look it began with."""
        changed = {
            name: value
            for name in ("paper", "same_key_guard_s", "green_s")
            if (value := getattr(config, name)) is not None
        }
        settings = msgspec.structs.replace(self._settings, **changed)
        self.fingers.settings = settings
        if Variant(settings.paper) is not self._paper:
            self._paper = Variant(settings.paper)
            self._draw_ahead()

    def on_command(self, command: AnyCommand) -> None:
        """See :class:`devices.agent.agent.Agent`."""
        match command:
            case Print() | Reprint():
                zone = self.scheduler.now().tzinfo
                issued = command.issued
                taken = (issued.arrived or issued.at).astimezone(zone)
                copy = max(2, command.copy) if isinstance(command, Reprint) else command.copy
                self.printing.take(
                    Job(
                        id=command.id,
                        issued=issued,
                        token=command.token,
                        taken=taken,
                        copy=copy,
                        command=True,
                        void_s=command.expires_s - command.age_s,
                    )
                )
            case PrintSlip(content=MorningSlip() | DaySlip() as content):
                paper = hall_slips.paper(self._hall(), content, at=self.scheduler.now())
                self.printing.order(Ordered(id=command.id, slip=paper))
            case PrintSlip(content=CaseReceipt() as content):
                taken = command.at.astimezone(self.scheduler.now().tzinfo)
                paper = ending.receipt(self._hall(), content, at=taken)
                self.printing.order(Ordered(id=command.id, slip=paper))
            case PrintSlip(content=MissingPapers() | GoOn() | ComeAgain() as content):
                ended = command.at.astimezone(self.scheduler.now().tzinfo)
                self.printing.order(
                    Ordered(
                        id=command.id,
                        slip=ending.ending(self._hall(), content, at=ended, copy=command.copy),
                    )
                )
            case _:
                super().on_command(command)

    def again(self, command: AnyCommand) -> bool:
        """See :class:`devices.agent.agent.Agent`."""
        return isinstance(command, Print | Reprint | PrintSlip) or super().again(command)

    def identify(self) -> None:
        """Blink the alarm lamp and print a slip with this dispenser's name."""
        self.fingers.lights.count(ALARM, 10)
        text = Text(zh=f"取号机 {self.member}", en=f"dispenser {self.member}")
        self._print(slip.notice(self.catalogue.hall, text, at=self.scheduler.now()))

    def busy(self) -> bool:
        """See :class:`Agent`: a paper."""
        return self.printing.busy

    def hands(self) -> dict[str, str]:
        """Keys, printer, and the reader where there is one."""
        trouble, stuck = self.printing.trouble, sorted(self.fingers.presses.stuck)
        found = {
            "printer": trouble.value if trouble else "ok",
            "keys": "keys-fault" if self._front is None else f"stuck: {stuck}" if stuck else "ok",
        }
        if self._make_reader is not None:
            found["reader"] = "reader-gone" if "reader-gone" in self.alerts else "ok"
        return found

    def self_test(self) -> dict[str, Any]:
        """The hands, and lent numbers; prints what it found, and says it on the small display; every lamp of the front is lit for a moment."""
        hall, today = self.catalogue.hall, f"{self.scheduler.now():%Y-%m-%d}"
        found = {**self.hands(), "catalogue": "ok" if hall is not None else "missing"}
        paper = slip.self_test(
            self.member, found, at=self.scheduler.now(), width=self._settings.printer.width_dots
        )
        self._print(paper)
        self.fingers.lights.test((*self._services, GREEN, ALARM))
        self._display.result(say("sign.selftest" if self.passes else "sign.short.selftest.failed").zh)
        lent = {s.letter: self.leases.left(s.letter, today) for s in (hall.services if hall else ())}
        return {**super().self_test(), **found, "lent": {letter: n for letter, n in lent.items() if n}}

    # -- inside ------------------------------------------------------------------------------------------------------------

    def on_up(self) -> None:
        """See :class:`hall.member.Member`."""
        super().on_up()
        self.fingers.lamps()

    def on_down(self) -> None:
        """See :class:`hall.member.Member`."""
        super().on_down()
        self.fingers.lamps()

    def light(self, name: str, *, lit: bool) -> None:
        """See :class:`devices.ticket_dispenser.lights.LampHand`."""
        if self._front is None:
            return
        try:
            self._front.light(name, lit=lit)
        except Fault as error:  # a dark lamp keeps nobody from a number
            self.trouble(error.code, f"lamp-{name}", why=error.text.en)
        else:
            self.clear(f"lamp-{name}")

    def _hall(self) -> Services:
        return self.catalogue.hall or slip.unknown_hall(self.topics.hall)

    def _compose(self, job: Job) -> Slip:
        return slip.ticket(
            self._hall(),
            job.issued,
            at=job.taken,
            token=job.token,
            copy=job.copy,
            usual=self._paper,
        )

    def _tell_left(self) -> None:
        """What is left on the roll, when somebody who reads it would see another figure."""
        tickets = self.roll.tickets_left
        left = PaperLeft(
            left_m=round(self.roll.left_m),
            tickets=None if tickets is None else tickets if tickets < STEP else tickets // STEP * STEP,
        )
        if left != self._told_left:
            self._told_left = left
            self.have("paper", "", paper=left)

    def _print(self, paper: Slip) -> None:
        self.printing.slip(paper)

    def _draw_code(self, token: str) -> None:
        """The next ticket will have this token: its code takes longest to draw."""
        code = slip.link_code(self.catalogue.hall, token, self._paper) if self.catalogue.hall else None
        if code is not None:
            # the ticket just asked for goes first
            self.scheduler.call_later(
                QUIET_S, lambda: self._worker.submit(lambda: self._printer.prepare(code), _drawn)
            )

    def _draw_ahead(self) -> None:
        """Draw what every ticket of every key will carry, so that a press waits for its own lines only."""
        hall = self.catalogue.hall
        if hall is None:
            return
        for key in self._services:
            service = self.catalogue.service(key)
            if service is not None:
                sample = slip.sample(hall, service, at=self.scheduler.now(), usual=self._paper)
                self._worker.submit(lambda sample=sample: self._printer.prepare(sample), _drawn)  # type: ignore[misc]

    def _tick(self) -> None:
        self._tick_timer = self.scheduler.call_later(TICK_S, self._tick)
        self.fingers.lamps()
        self._display.refresh()


def _drawn(result: object) -> None:
    """Drawing ahead is a favour: what goes wrong there will show when the slip is printed."""
    if isinstance(result, BaseException):
        log.warning("a slip could not be drawn ahead", exc_info=result)
