"""What every device is meant to show and know, and the board: drawn from the hall, told whenever it differs from what was told.

Rules:

* The hall is the truth; what is retained on the bus is a copy. After a (re)connect everything is told again.
* A want's `rev` is a hash of its content: the same content has the same rev, also after a restart.
* Whichever dispenser bears the lamp of the guide desk, all of them are told whether it is lit.
* Some wants change by the clock alone (a rating closes, the lamp goes out, thanks give way to idle): one timer for the first of those moments.
* The board is told at most every :data:`BOARD_S` seconds, and the last state always, and so is what call keys show (it
  counts who waits); the catalogue every :data:`CATALOGUE_S`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from hashlib import blake2b

import msgspec

from hall import wire
from hall.clock import Scheduler, Seconds, Timer
from hall.messages import facts
from hall.messages.common import MemberKind
from hall.messages.wants import Config, Want
from hub.domain import views
from hub.domain.hall import Hall
from hub.fleet.members import Members

BOARD_S: Seconds = 0.2
CATALOGUE_S: Seconds = 5.0
#: What could not be sent (the link was full) is tried again after this.
AGAIN_S: Seconds = 0.2

#: Facts after which no sign and no pad shows anything else.
_QUIET = (
    facts.TicketIssued,
    facts.TicketPrinted,
    facts.PrintFailed,
    facts.EventRejected,
    facts.NumbersLent,
    facts.PlanDrafted,
)
_NUMBERS = (facts.NumbersLent, facts.DayOpened, facts.DayClosed)
_DAY = (facts.DayOpened, facts.DayClosed, facts.HoursExtended, facts.PlanChanged)


class _Throttle:
    """Runs a call at once, then at most every `every_s` seconds; what was asked for in between runs at the end."""

    def __init__(self, scheduler: Scheduler, every_s: Seconds, call: Callable[[], None]) -> None:
        self._scheduler, self._every_s, self._call = scheduler, every_s, call
        self._last: Seconds | None = None
        self._timer: Timer | None = None

    def ask(self, *, now: bool = False) -> None:
        """Run it, now or as soon as allowed."""
        wait = 0.0 if now or self._last is None else self._last + self._every_s - self._scheduler.mono()
        if wait <= 0:
            self.stop()
            self._run()
        elif self._timer is None:
            self._timer = self._scheduler.call_later(wait, self._run)

    def stop(self) -> None:
        """Forget what was asked for."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _run(self) -> None:
        self._timer = None
        self._last = self._scheduler.mono()
        self._call()


class Wants:
    """Tells devices what to converge to."""

    def __init__(
        self,
        members: Members,
        *,
        hall: Callable[[], Hall],
        scheduler: Scheduler,
        publish: Callable[[str, str, bytes], bool],
        board: Callable[[bytes], bool],
    ) -> None:
        """`publish(member, leaf, payload)` and `board(payload)` send, and are False when that was not possible."""
        self._members, self._hall, self._scheduler = members, hall, scheduler
        self._publish, self._publish_board = publish, board
        self._told: dict[tuple[str, str], str] = {}
        self._changes: dict[tuple[str, str], datetime] = {}
        self._timer: Timer | None = None
        #: rings when what could not be sent is tried again: one for all of it, or each try would bring as many more
        self._retry: Timer | None = None
        self._up = False
        self._board = _Throttle(scheduler, BOARD_S, self._tell_board)
        self._counters = _Throttle(scheduler, BOARD_S, self._tell_counters)
        self._catalogue = _Throttle(scheduler, CATALOGUE_S, self._tell_services)

    def on_connected(self) -> None:
        """Tell everything."""
        self._up = True
        self._told = dict.fromkeys(self._told, "")  # who is registered no more is among them
        self._take_back()
        self._tell_windows()
        self._tell_numbers()
        self._tell_configs()
        self._catalogue.ask(now=True)
        self._counters.ask(now=True)
        self._board.ask(now=True)

    def is_told(self, member: str, part: str, rev: str) -> bool:
        """Whether this is the rev of what this member was told last of this part."""
        return self._told.get((member, part)) == rev

    def on_disconnected(self) -> None:
        """Nothing can be told."""
        self._up = False
        self._board.stop()
        self._counters.stop()
        self._catalogue.stop()
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
        self._plan_next()

    def on_facts(self, told: Sequence[facts.AnyFact]) -> None:
        """The hall has changed."""
        if not self._up:
            return
        if any(isinstance(fact, facts.PlanChanged) for fact in told):
            self._take_back()
            self._tell_configs()
        quiet = all(isinstance(fact, _QUIET) for fact in told)
        if not quiet:
            self._tell_windows()
        # where numbers are counted, one more may be the last
        if not quiet or self._hall().state.policy.quotas:
            self._catalogue.ask(now=any(isinstance(fact, _DAY) for fact in told))
        if any(isinstance(fact, (*_NUMBERS, facts.PlanChanged)) or _from_block(fact) for fact in told):
            self._tell_numbers()
        self._counters.ask()
        self._board.ask()

    # ----------------------------------------------------------------

    def _take_back(self) -> None:
        """Whoever is registered no more has nothing retained on the bus."""
        known = set(self._members.devices())
        for member, part in [key for key in self._told if key[0] not in known]:
            self._changes.pop((member, part), None)
            if self._publish(member, f"down/want/{part}", b""):
                del self._told[member, part]
            else:
                self._try_again()

    def _tell_windows(self) -> None:
        hall, at = self._hall(), self._scheduler.now()
        for member, window in self._with_window(MemberKind.SIGN):
            display, changes = views.display(hall, window, at)
            self._tell(member, "display", display, changes)
        for member, window in self._with_window(MemberKind.PAD):
            rating, changes = views.rating(hall, window, at)
            self._tell(member, "rating", rating, changes)
        lamp, changes = views.lamp(hall, at)
        for member in self._members.devices(MemberKind.DISPENSER):
            self._tell(member, "lamp", lamp, changes)
        self._plan_next()

    def _with_window(self, kind: MemberKind) -> Iterable[tuple[str, int]]:
        for member in self._members.devices(kind):
            window = self._members.window(member)
            if window is not None:
                yield member, window

    def _tell_configs(self) -> None:
        """What was never changed is not told: the device has its own file."""
        members = self._hall().plan.members
        for member in self._members.devices():
            config = members[member].config
            if config is not None:
                self._tell(member, "config", Config(rev="", values=dict(config)))

    def _tell_numbers(self) -> None:
        for member in self._members.devices(MemberKind.DISPENSER):
            numbers = views.numbers(self._hall(), member)
            if numbers is not None:
                self._tell(member, "numbers", numbers)

    def _tell_services(self) -> None:
        dispensers = self._members.devices(MemberKind.DISPENSER)
        if self._up and dispensers:
            hall, at = self._hall(), self._scheduler.now()
            services, changes = views.services(hall, at), views.services_change(hall, at)
            for member in dispensers:
                self._tell(member, "services", services, changes)
            self._plan_next()

    def _tell_counters(self) -> None:
        if self._up:
            hall = self._hall()
            for member, window in self._with_window(MemberKind.CALL_KEY):
                self._tell(member, "counter", views.counter(hall, window))

    def _tell_board(self) -> None:
        if self._up and not self._publish_board(
            wire.encode(views.board(self._hall(), self._scheduler.now()))
        ):
            self._board.ask()

    def _tell(self, member: str, part: str, want: Want, changes: datetime | None = None) -> None:
        key = member, part
        if changes is None:
            self._changes.pop(key, None)
        else:
            self._changes[key] = changes
        rev = blake2b(wire.encode(want), digest_size=8).hexdigest()
        if self._told.get(key) == rev:
            return
        payload = wire.encode(msgspec.structs.replace(want, rev=rev))
        if self._publish(member, f"down/want/{part}", payload):
            self._told[key] = rev
        else:
            self._try_again()

    def _try_again(self) -> None:
        if self._up and self._retry is None:
            self._retry = self._scheduler.call_later(AGAIN_S, self._again)

    def _again(self) -> None:
        self._retry = None
        if self._up:
            self._take_back()
            self._tell_windows()
            self._tell_numbers()
            self._tell_configs()
            self._tell_services()
            self._tell_counters()

    def _plan_next(self) -> None:
        """A timer for the first want that the clock will change."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._up and self._changes:
            wait = (min(self._changes.values()) - self._scheduler.now()).total_seconds()
            self._timer = self._scheduler.call_later(max(0.05, wait), self._on_time)

    def _on_time(self) -> None:
        self._timer = None
        now = self._scheduler.now()
        if any(part == "services" and when <= now for (_, part), when in self._changes.items()):
            self._tell_services()
        self._tell_windows()


def _from_block(fact: facts.AnyFact) -> bool:
    return isinstance(fact, facts.TicketIssued) and fact.offline
