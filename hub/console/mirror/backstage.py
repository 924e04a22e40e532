"""Behind the pages: the replica in a loop and thread of its own, its latest picture, and the way to ask.

Rules:

* The loop's thread owns the replica. Pages read :attr:`Backstage.picture`, which is replaced and never changed, and get a future for
  whatever they ask.
* However much happens, at most one picture is drawn in :data:`PICTURE_S`; where nothing happened before, it is drawn at once.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from hall.card import Card
from hall.clock import Seconds, Timer
from hall.errors import HallError
from hall.inbox import Inbox
from hall.messages import asks
from hall.messages.answers import Answer
from hall.messages.facts import AnyFact
from hall.mqtt import MqttLink
from hall.plan import HallPlan
from hall.tls import BrokerSettings, context
from hub.console.mirror.past import Past
from hub.console.mirror.picture import Expected, Picture, TicketSeen, displaced, draw, find, free
from hub.console.mirror.procedure import Procedures
from hub.console.mirror.pulse import Pulse
from hub.console.mirror.replica import Replica
from hub.console.mirror.today import DayFigures, Today
from hub.console.mirror.trail import Stage, Trails
from hub.console.reports.my_day import MyDay, MyDays
from hub.domain.appointments import Slot

log = logging.getLogger(__name__)
T = TypeVar("T")

PICTURE_S: Seconds = 0.05
#: What one act brings comes together: a picture waits so long for the rest of it.
GATHER_S: Seconds = 0.01
#: A picture is no older than this.
LATE_S: Seconds = 15.0
#: How long an act waits until this console has heard the fact it brought.
HEARD_S: Seconds = 2.0
#: How long a page waits for the hub's answer before it says so.
PATIENCE_S: Seconds = 6.0


class Backstage:
    """One console's connection to its hall."""

    def __init__(
        self, plan: HallPlan, *, member: str, broker: BrokerSettings, store: str, card: Path
    ) -> None:
        """`store` is the hub's; nothing is connected yet."""
        #: the hall's settings as they are now; a page that was drawn with others draws itself anew
        self.plan = plan
        #: the policy in force
        self.policy = plan.policy
        #: where the hub's store is, for rooms that read it themselves
        self.store = store
        self.picture: Picture | None = None
        #: beats with every new picture
        self.pulse = Pulse()
        #: work numbers of the duty officers who are there, told by whoever knows who is logged in
        self.duty: tuple[str, ...] = ()
        self._inbox = Inbox(ZoneInfo(plan.timezone))
        self._drawing: Timer | None = None
        self._late: Timer | None = None
        self._serial, self._drawn_at = 0, -PICTURE_S
        self._past = Past(store)
        self.replica = Replica(
            plan,
            member=member,
            link=MqttLink(
                host=broker.host,
                port=broker.port,
                member=member,
                scheduler=self._inbox,
                tls=partial(context, broker.tls, plan.id),
            ),
            scheduler=self._inbox,
            card=Card(card),
            past=self._past,
            on_change=self._changed,
        )
        self._days = MyDays()
        self._today = Today(plan.policy.alarms)
        self._procedures, self._trails = Procedures(), Trails()
        self._awaited: list[tuple[int, Future[None]]] = []
        for hear in (self._days.hear, self._today.hear, self._procedures.hear, self._trails.hear):
            self.follow(hear)
        self.follow(lambda _: self._tell_waiting())
        self._loop = threading.Thread(target=self._inbox.run, name="backstage", daemon=True)

    def open(self) -> None:
        """Connect and stay connected; returns at once."""
        self._inbox.call_soon(self.replica.open)
        self._loop.start()

    def close(self) -> None:
        """Say goodbye; may be called twice."""
        self._inbox.call_soon(self.replica.close)
        self._inbox.call_soon(self._inbox.stop)
        if self._loop.is_alive():
            self._loop.join(2.0)
        self._past.close()

    def follow(self, on_fact: Callable[[AnyFact], None]) -> None:
        """`on_fact` hears every fact, in the loop's thread, and must be quick; call this before :meth:`open`."""
        self.replica.on_fact.append(on_fact)

    # ---------------------------------------------------------------- any thread

    def my_day(self, clerk: str) -> MyDay:
        """The day so far of a clerk, by work number: what they may see of it (C3)."""
        return self._days.my_day(clerk)

    def trail(self, ticket: str) -> Future[tuple[Stage, ...]]:
        """What became of a ticket of today so far, by its id."""
        return self.look(lambda _: self._trails.of(ticket))

    def now(self) -> datetime:
        """The hall's clock, in its zone."""
        return self._inbox.now()

    def new_id(self) -> str:
        """An id for an ask."""
        return self.replica.new_id()

    def ask(self, ask: asks.AnyAsk) -> Future[Answer]:
        """Ask the hub; the answer, or TimeoutError when it stays silent. What it then does all the same is seen in the picture."""
        future: Future[Answer] = Future()

        def answered(answer: Answer) -> None:
            if not future.done():
                future.set_result(answer)

        def silent() -> None:
            self.replica.withdraw(ask.id)
            if not future.done():
                future.set_exception(TimeoutError("the hub does not answer"))

        def send() -> None:
            try:
                self.replica.ask(ask, answered, wait_s=PATIENCE_S, on_silence=silent)
            except HallError as error:
                future.set_exception(error)

        self._inbox.call_soon(send)
        return future

    def look(self, call: Callable[[Replica], T]) -> Future[T]:
        """What `call` sees of the replica, in the loop's thread; it must be quick and change nothing."""
        future: Future[T] = Future()

        def run() -> None:
            try:
                future.set_result(call(self.replica))
            except Exception as error:  # noqa: BLE001 - whoever asked hears it
                future.set_exception(error)

        self._inbox.call_soon(run)
        return future

    def find(self, number: str) -> Future[TicketSeen | None]:
        """A ticket of today by its number."""
        return self.look(lambda replica: find(replica, number))

    def displaced(self) -> Future[tuple[Expected, ...]]:
        """Who has to be moved to another time."""
        return self.look(displaced)

    def free(self, service: str) -> Future[tuple[Slot, ...]]:
        """The next times that can be booked for a service."""
        return self.look(lambda replica: free(replica, service))

    async def heard(self, n: int) -> None:
        """Wait until fact `n` is in this hall: an answer may come before the fact it speaks of. At most :data:`HEARD_S`."""
        future: Future[None] = Future()

        def wait() -> None:
            self._awaited.append((n, future))
            self._tell_waiting()

        self._inbox.call_soon(wait)
        with suppress(
            TimeoutError
        ):  # the journal is read again meanwhile; whoever looks then sees what there is
            await asyncio.wait_for(asyncio.wrap_future(future), HEARD_S)

    # ---------------------------------------------------------------- the loop's thread

    def figures(self) -> DayFigures:
        """The day in figures."""
        return self._today.figures()

    def _tell_waiting(self) -> None:
        """Those who wait for a fact that is in the hall by now; who waits no more is forgotten."""
        for n, future in self._awaited:
            if n <= self.replica.hall.n and future.set_running_or_notify_cancel():
                future.set_result(None)
        self._awaited = [(n, future) for n, future in self._awaited if not future.done()]

    def _changed(self) -> None:
        if self._drawing is None:
            rest = self._drawn_at + PICTURE_S - self._inbox.mono()
            self._drawing = self._inbox.call_later(max(GATHER_S, rest), self._draw)

    def _drawing_late(self) -> None:
        """Limits pass by the clock alone: in a hall where nothing happens the picture is drawn anew all the same."""
        if self._late is not None:
            self._late.cancel()
        self._late = self._inbox.call_later(LATE_S, self._changed)

    def _draw(self) -> None:
        self._drawing, self._drawn_at = None, self._inbox.mono()
        self._serial += 1
        self.plan, self.policy = self.replica.plan, self.replica.hall.state.policy
        self.picture = draw(
            self.replica, self._serial, today=self._today.figures(), breaches=self._procedures.log
        )
        self.pulse.beat()
        self._drawing_late()
