"""One command in, its facts out: decide and apply in memory, remember, and only then tell.

Rules:

* Everything handed in waits for one :meth:`Coordinator.flush`, which takes at most :data:`BATCH` items. Each is decided **and
  applied** before the next is looked at — deciding a batch first would hand one ticket to two windows — then all are committed
  once, then told. The flush is asked for with the first item, so whatever already waits on the loop joins the batch.
* A commit that failed was nothing (unless the store kept it all the same: then it is told when the store is back): memory is discarded and replayed, nobody is told, members repeat. What the hub itself wants is
  tried again; where the store refuses what it says (and not for want of room or time), one by one, and what it refuses alone is given up.
* An ask acts once: its id again gives the same bytes again, whatever happened in between. A refusal is remembered for a minute.
* A device's event acts once by (outbox, seq) and is always receipted, usable or not, so that the device can go on.
"""

from __future__ import annotations

import contextlib
import logging
from collections import OrderedDict
from collections.abc import Callable, Sequence

import msgspec

from hall import wire
from hall.clock import Scheduler
from hall.errors import Fault, HallError, Refused
from hall.messages import answers, asks, events, facts
from hall.messages.common import Via
from hall.plan import HallPlan
from hall.text import Text
from hub.domain import orders
from hub.domain.hall import Hall
from hub.guesses import Guesses
from hub.memory import EventRow, FactRow, Known, Memory, OutboxPlace, PrintJob
from hub.reports import order_of
from hub.work import OWN, AskItem, Broken, EventItem, Item, MoveItem, OrderItem, Run, Tell, Told, yes

log = logging.getLogger(__name__)

#: Most items of one commit.
BATCH = 256
#: Seconds a refusal is remembered.
REFUSED_S = 60.0
#: Seconds between two tries of a store that does not work.
RETRY_S = 1.0
#: Answers and refusals kept in memory; older answers come from the journal.
KEPT = 4096
#: Events kept for each outbox until an older one has come; a device has at most 50 on their way.
EARLY = 100
#: Member name of the hub's own orders.
HUB = "hub"

OUR_FAULT = Text(
    zh="对不起，系统出错，请联系工作人员", en="sorry, the hub made a mistake; please tell the staff"
)
TAKEN = Text(zh="此编号已被使用", en="another member has used this id")
NO_PRINTER = Text(
    zh="对不起，现在没有可用的取号机，请抄写号码",
    en="sorry, no dispenser can print now; please write the number down",
)
WITHDRAWN = Text(zh="此请求已撤回", en="this ask was withdrawn")


class Coordinator:
    """The hub's head: the hall in memory, and the order of deciding, remembering and telling."""

    def __init__(
        self,
        plan: HallPlan,
        *,
        memory: Memory,
        scheduler: Scheduler,
        tell: Tell,
        printer_for: Callable[[Hall], str | None] = lambda _hall: None,
    ) -> None:
        """`printer_for` names the dispenser that prints for people who pressed no key."""
        self.hall = Hall(plan)
        self._plan, self._memory, self._scheduler, self._tell = plan, memory, scheduler, tell
        self._printer_for = printer_for
        self._waiting: list[Item] = []
        self._flush_asked = False
        self._sick = False
        self._done: OrderedDict[str, tuple[str, bytes]] = OrderedDict()
        self._refused: OrderedDict[tuple[str, str], tuple[float, bytes]] = OrderedDict()
        self._outboxes: dict[str, OutboxPlace] = {}
        #: events that came before an older one of their outbox, by seq
        self._early: dict[str, dict[int, EventItem]] = {}
        #: highest copy that was ordered, by ticket of today
        self._ordered: dict[str, int] = {}
        #: so many of what waits are taken one by one, because the store refused them together
        self._singly = 0
        self._guesses = Guesses()
        #: events that broke the domain (``outbox/seq``): rejected when they come again
        self._poison: set[str] = set()
        #: the last fact that was told, or was there when the hub began
        self._told_n = 0

    # ---------------------------------------------------------------- handing in

    def ask(self, member: str, ask: asks.AnyAsk) -> None:
        """An ask of a member that may ask this."""
        self._add(AskItem(member, ask))

    def event(self, member: str, event: events.AnyEvent, objection: HallError | None = None) -> None:
        """A device's event; with `objection` it is not used, only recorded and receipted."""
        self._add(EventItem(member, event.outbox, event.seq, event.first, objection or event))

    def unusable(self, member: str, outbox: str, seq: int, why: HallError) -> None:
        """An event of which only its place in the outbox could be read."""
        self._add(EventItem(member, outbox, seq, None, why))

    def order(self, order: orders.AnyOrder | asks.AnyAsk) -> None:
        """Something the hub itself wants; repeated after a failed commit, dropped (with a log line) when refused."""
        self._add(OrderItem(order))

    def move(self, job: PrintJob) -> None:
        """Have a paper printed elsewhere, once, whoever says so again; it is not printed where it was ordered first."""
        self._add(MoveItem(job))

    def _add(self, item: Item) -> None:
        own = isinstance(item, OWN)
        if self._sick and not own:
            return  # members repeat; there is nothing honest to say now
        self._waiting.append(item)
        # what the hub itself wants it may want while facts are told: the next batch is not told in the middle of this one
        if len(self._waiting) >= BATCH and not self._sick and not own:
            self.flush()
        else:
            self._wake()

    def _wake(self) -> None:
        if self._waiting and not self._flush_asked:
            self._flush_asked = True
            self._scheduler.call_soon(self.flush)

    # ---------------------------------------------------------------- memory

    def start(self) -> list[Told]:
        """Replay; what was committed last, in order, for whoever was not told. Raises ``Fault``."""
        today = self._replay()
        self._told_n = self.hall.n
        return today

    def _replay(self) -> list[Told]:
        self.hall = Hall(self._plan)
        self._done.clear()
        self._outboxes.clear()
        self._early.clear()
        self._ordered.clear()
        today: list[Told] = []
        for body in self._memory.replay():
            fact = wire.decode_fact(body)
            if not today:
                self.hall.n = fact.n - 1
            self.hall.apply(fact)
            today.append(Told(fact, body))
        for job in self._memory.open_prints():
            self._ordered[job.ticket] = max(job.copy, self._ordered.get(job.ticket, 0))
        return today

    # ---------------------------------------------------------------- the batch

    def flush(self) -> None:
        """Decide, apply, commit and tell what was handed in."""
        self._flush_asked = False
        if self._sick or not self._waiting:
            return
        size = 1 if self._singly else BATCH
        items, self._waiting = self._waiting[:size], self._waiting[size:]
        self._singly = max(0, self._singly - 1)
        self._wake()
        run = Run(self._scheduler.now())
        try:
            run.known = self._memory.recall(
                {i.ask.id for i in items if isinstance(i, AskItem | MoveItem) and i.ask.id not in self._done}
            )
            for item in items:
                self._take(item, run)
            if run.batch:
                self._memory.commit(run.batch)
        except Fault as fault:
            self._fail(fault, items)
            return
        except Broken as broken:
            # Members repeat; what broke it is refused from now on.
            self._waiting[:0] = [
                i
                for i in items
                if isinstance(i, OWN) and not (isinstance(i, OrderItem) and i.order is broken.order)
            ]
            self._replay()
            self._wake()
            return
        self._keep(run)
        self._say(run)

    def _keep(self, run: Run) -> None:
        until = self._scheduler.mono() + REFUSED_S
        self._done.update(run.done)
        self._refused.update({key: (until, payload) for key, payload in run.refused.items()})
        for kept in (self._done, self._refused):
            while len(kept) > KEPT:
                kept.popitem(last=False)

    def _say(self, run: Run) -> None:
        for member, payload in run.replies:
            self._tell.answer(member, payload)
        for outbox, member in run.receipts.items():
            self._tell.receipt(member, answers.Receipt(outbox=outbox, upto=self._outboxes[outbox].upto))
        if run.told or run.batch.prints:
            self._told_n = self.hall.n
            self._tell.facts(run.told, run.batch.prints)

    def _take(self, item: Item, run: Run) -> None:
        match item:
            case AskItem():
                self._take_ask(item, run)
            case EventItem():
                self._take_event(item, run)
            case OrderItem():
                try:
                    self._act(item.order, run, HUB, HUB)
                except HallError as error:
                    log.info("own order refused: %s %s", type(item.order).__name__, error)
            case MoveItem():
                self._take_move(item, run)

    def _take_ask(self, item: AskItem, run: Run) -> None:
        member, ask = item
        again = self._again(member, ask.id, run)
        if again is not None:
            run.replies.append((member, again))
            return
        try:
            if isinstance(ask, asks.CheckIn):
                self._guesses.check(member, self._scheduler.mono())
            if isinstance(ask, asks.Reprint):
                bodies: Sequence[bytes] = [self._reprint(member, ask, run)]
            else:
                bodies = [told.body for told in self._act(ask, run, member, ask.id, ask=ask)]
        except HallError as no:
            if isinstance(ask, asks.CheckIn):
                self._guesses.note(member, no.code, self._scheduler.mono())
            payload = wire.refusal(ask.id, no.code, no.text)
            run.refused[member, ask.id] = payload
        else:
            payload = yes(ask.id, bodies)
            run.done[ask.id] = (member, payload)
        run.replies.append((member, payload))

    def _again(self, member: str, ask_id: str, run: Run) -> bytes | None:
        """The answer to an ask that came before."""
        refused = self._refused.get((member, ask_id))
        if refused is not None and refused[0] > self._scheduler.mono():
            return refused[1]
        if (member, ask_id) in run.refused:
            return run.refused[member, ask_id]
        done = self._done.get(ask_id) or run.done.get(ask_id)
        known = run.known.get(ask_id)
        if ask_id in run.batch.withdrawn:
            known, done = Known(run.batch.withdrawn[ask_id], (), withdrawn=True), None
        if done is not None:
            return done[1] if done[0] == member else wire.refusal(ask_id, "id-taken", TAKEN)
        if known is None:
            return None
        if known.member != member:
            return wire.refusal(ask_id, "id-taken", TAKEN)
        return wire.refusal(ask_id, "withdrawn", WITHDRAWN) if known.withdrawn else yes(ask_id, known.facts)

    def _act(
        self,
        order: orders.AnyOrder | asks.AnyAsk,
        run: Run,
        member: str,
        cause: str,
        ask: asks.AnyAsk | None = None,
    ) -> list[Told]:
        """Decide and apply; ``Refused`` changes nothing."""
        try:
            decided = self.hall.decide(order, run.at, member)
        except HallError:
            raise
        except Exception as error:
            log.exception("the domain failed to decide: %s", order)
            raise Refused("hub-fault", OUR_FAULT) from error
        told: list[Told] = []
        for fact in decided:
            body = wire.encode(fact)
            try:
                self.hall.apply(fact)
            except Exception as error:
                log.exception("the domain failed to apply: %s", fact)
                if ask is not None:
                    no = wire.refusal(ask.id, "hub-fault", OUR_FAULT)
                    self._refused[member, ask.id] = (self._scheduler.mono() + REFUSED_S, no)
                self._poison.add(cause)
                raise Broken(order) from error
            told.append(Told(fact, body))
            run.batch.facts.append(
                FactRow(
                    n=fact.n,
                    at=fact.at,
                    day=self.hall.day,
                    type=type(fact).__name__,
                    body=body,
                    cause=cause,
                    ask=ask.id if ask is not None and len(told) == 1 else None,
                    member=member,
                    actor=ask.actor if ask is not None else None,
                )
            )
            if (
                isinstance(fact, facts.TicketIssued)
                and fact.paper
                and fact.via is not Via.DISPENSER
                and not fact.offline
            ):
                self._print(fact.ticket, run, member, None)
        if isinstance(ask, asks.TakeTicket | asks.CheckIn) and ask.token is not None:
            run.batch.tokens[ask.id] = ask.token
        run.told += told
        return told

    def _print(self, ticket: str, run: Run, asker: str, ask: str | None) -> bytes | None:
        """Order the next copy of a paper, with these bytes of its ticket; None when nobody can print it."""
        printer = self._printer_for(self.hall)
        if printer is None:
            return None
        ordered = self._ordered.get(ticket, 0)
        if ask is not None:
            # The first paper of a dispenser's own ticket needs no order, so a reprint is never below 2.
            ordered = max(ordered, self.hall.tickets[ticket].printed, 1)
        issued = wire.encode(self.hall.issued(ticket))
        self._ordered[ticket] = ordered + 1
        run.batch.prints.append(PrintJob(ticket, ordered + 1, printer, run.at, issued, ask, asker))
        return issued

    def _reprint(self, member: str, ask: asks.Reprint, run: Run) -> bytes:
        """The bytes of the ticket whose paper is ordered once more."""
        self.hall.decide(ask, run.at, member)
        issued = self._print(ask.ticket, run, member, ask.id)
        if issued is None:
            raise Refused("no-printer", NO_PRINTER)
        return issued

    def _take_move(self, item: MoveItem, run: Run) -> None:
        if item.ask.id in run.known or any(job.ask == item.ask.id for job in run.batch.prints):
            return
        try:
            self._reprint(HUB, item.ask, run)
        except HallError as error:
            log.info("paper not moved: %s %s", item.job.id, error)
        else:
            run.batch.printed.add(item.job.id)

    # ---------------------------------------------------------------- events

    def _take_event(self, item: EventItem, run: Run) -> None:
        place = self._place(item)
        if place.member != item.member:
            log.warning(
                "event dropped: outbox %s belongs to %s, not %s", item.outbox, place.member, item.member
            )
            return
        run.receipts[item.outbox] = item.member
        early = self._early.setdefault(item.outbox, {})
        if _is_early(item, place):
            # A paper that is out before its number is known would keep the wrong one: what a device says counts in its order.
            if len(early) < EARLY:
                early[item.seq] = item
            return
        following: EventItem | None = item
        while following is not None:
            self._settle(following, place, run)
            following = early.pop(place.upto + 1, None)
        for seq in [seq for seq in early if seq <= place.upto]:
            del early[seq]

    def _settle(self, item: EventItem, place: OutboxPlace, run: Run) -> None:
        """Use one event, unless it was used before."""
        if not place.has(item.seq):
            outcome = "ok"
            try:
                if isinstance(item.event, HallError):
                    raise item.event
                if f"{item.outbox}/{item.seq}" in self._poison:
                    raise Refused("hub-fault", OUR_FAULT)
                self._use(item.member, item.event, run)
            except HallError as why:
                outcome = why.code
                reject = orders.RejectEvent(
                    member=item.member, outbox=item.outbox, seq=item.seq, code=why.code, text=why.text
                )
                self._act(reject, run, item.member, f"{item.outbox}/{item.seq}")
            run.batch.events.append(EventRow(item.outbox, item.seq, item.member, outcome))
            place.add(item.seq, item.first)
            run.batch.outboxes[item.outbox] = place

    def _place(self, item: EventItem) -> OutboxPlace:
        place = self._outboxes.get(item.outbox)
        if place is None:
            place = self._memory.outbox(item.outbox) or OutboxPlace(item.member)
            self._outboxes[item.outbox] = place
        return place

    def _use(self, member: str, event: events.AnyEvent, run: Run) -> None:
        if isinstance(event, events.IssuedOffline):
            self._withdraw(member, event.ticket, run)
        if isinstance(event, events.AskWithdrawn) and not self._withdraw(member, event.ask, run):
            return  # the ask never came; it is refused when it does
        order = order_of(member, event)
        if order is None:
            log.info("%s says %s", member, msgspec.to_builtins(event))
            return
        try:
            self._act(order, run, member, f"{event.outbox}/{event.seq}")
        except Refused as no:
            if not isinstance(event, events.AskWithdrawn):
                raise
            log.info("withdrawn ask of %s had nothing to take back: %s", member, no)
        if isinstance(event, events.Printed):
            run.batch.printed.add(f"print-{event.ticket}-{event.copy}")
        if isinstance(event, events.IssuedOffline) and self._memory.token(event.ticket) is None:
            run.batch.tokens[event.ticket] = event.token

    def _withdraw(self, member: str, ask_id: str, run: Run) -> bool:
        """The ask is dead from now on; whether it had been accepted. ``Refused`` when it is somebody else's."""
        known = self._memory.recall([ask_id]).get(ask_id)
        if ask_id in run.done:
            known = Known(run.done[ask_id][0], ())
        if known is not None and known.member != member:
            raise Refused("id-taken", TAKEN)
        self._done.pop(ask_id, None)
        if known is None or not known.withdrawn:
            run.batch.withdrawn[ask_id] = member
        return known is not None and not known.withdrawn

    # ---------------------------------------------------------------- trouble

    def _fail(self, fault: Fault, items: Sequence[Item]) -> None:
        log.error("nothing remembered, nothing told: %s", fault)
        self._sick = True
        with contextlib.suppress(Fault):  # else once more when the store is back; nothing is told until then
            self._replay()
        if fault.code == "store-refuses":
            items = self._sift(items)
        self._waiting = [i for i in [*items, *self._waiting] if isinstance(i, OWN)]
        self._tell.sick(fault)
        self._scheduler.call_later(RETRY_S / 5, self._recover)

    def _sift(self, items: Sequence[Item]) -> Sequence[Item]:
        """What is worth another try of a batch in which the store refuses something: nobody may wait for that one for ever."""
        if len(items) > 1:
            self._singly = len(items)
            return items
        match items[0]:
            case AskItem(member, ask):
                no = wire.refusal(ask.id, "hub-fault", OUR_FAULT)
                self._refused[member, ask.id] = (self._scheduler.mono() + REFUSED_S, no)
            case EventItem() as item:
                self._poison.add(f"{item.outbox}/{item.seq}")
            case item:
                log.error("given up, the store will never take it: %s", item)
        return ()

    def _recover(self) -> None:
        try:
            self._memory.check()
            today = self._replay()
            prints = self._memory.open_prints()
        except Fault:
            self._scheduler.call_later(RETRY_S, self._recover)
            return
        log.info("the store works again")
        self._sick = False
        self._tell.sick(None)
        self._tell_doubtful(today, prints)
        self.flush()

    def _tell_doubtful(self, today: Sequence[Told], prints: Sequence[PrintJob]) -> None:
        """A server that went away in the middle of a commit may have kept it: then it happened, and is told now."""
        kept = [told for told in today if told.fact.n > self._told_n]
        self._told_n = self.hall.n
        if kept:
            log.warning("the store had kept what it did not confirm", extra={"facts": len(kept)})
            since = kept[0].fact.at
            self._tell.facts(kept, [job for job in prints if job.at >= since])


def _is_early(item: EventItem, place: OutboxPlace) -> bool:
    """Whether its device still holds an older event that was not dealt with."""
    if isinstance(item.event, HallError) or place.has(item.seq):
        return False
    dealt_with = max(place.upto, (item.first or 1) - 1)
    return sum(dealt_with < seq < item.seq for seq in place.above) < item.seq - dealt_with - 1
