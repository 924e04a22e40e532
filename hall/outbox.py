"""Events that must arrive: kept on the card before anything else, sent until the hub's receipt, then forgotten.

Rules:

* :meth:`Outbox.add` returns when the event is on the disk. What it returned from is never lost, whatever is killed.
* Events are sent in the order of their `seq`, at most `IN_FLIGHT` unreceipted ones at a time, again every `RESEND_S` seconds.
* What this release cannot read (one that was tried here and taken back may have said it) is sent as it stands: the hub uses it or refuses it, and
  nothing behind it waits for ever.
* A receipt settles everything up to its number. Receipts of another outbox, or beyond what was ever sent, settle nothing.
* The outbox's id is made with its file: a wiped card starts a new outbox, so that its numbers are never taken for old ones.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import msgspec

from hall import wire
from hall.card import Card
from hall.clock import Scheduler, Seconds, Timer
from hall.errors import Fault, Malformed
from hall.ids import IdMaker, new_id
from hall.link import Packet, check_sendable
from hall.messages.answers import Receipt
from hall.messages.events import AnyEvent, Event
from hall.topics import MEMBER_LIMIT

log = logging.getLogger(__name__)

IN_FLIGHT = 50
RESEND_S: Seconds = 5.0
#: Bytes that `first` may add to an event when it is sent.
ROOM_FOR_FIRST = 32


class Outbox:
    """The durable line of a member's events to the hub."""

    def __init__(
        self,
        card: Card,
        scheduler: Scheduler,
        boot: str,
        publish: Callable[[AnyEvent | dict[str, Any]], bool],
        *,
        clock_ok: Callable[[], bool] = lambda: True,
        ids: IdMaker = new_id,
    ) -> None:
        """`boot` names this run of the program; `publish` sends one event and is False when the link is down."""
        self._card = card
        self._scheduler = scheduler
        self._boot = boot
        self._publish = publish
        self._clock_ok = clock_ok
        kept = card.get("outbox")
        if kept is None:
            kept = ids()
            card.put("outbox", kept)
        self.id: str = kept
        last = card.row("SELECT seq FROM sqlite_sequence WHERE name = 'outbox'")
        self._last: int = 0 if last is None else last[0]
        count, first = card.row("SELECT count(*), min(seq) FROM outbox") or (0, None)
        self._depth: int = count
        self._first: int = first if first is not None else self._last + 1
        self._up = False
        #: highest seq sent on this connection
        self._sent = 0
        #: when each unreceipted event was last sent
        self._flying: dict[int, Seconds] = {}
        self._timer: Timer | None = None

    @property
    def depth(self) -> int:
        """How many events wait for their receipt."""
        return self._depth

    def settled(self, seq: int) -> bool:
        """Whether the hub has committed the event of this seq."""
        return seq < self._first

    def add(self, kind: type[Event], **fields: Any) -> int:
        """Keep an event of `kind` with its own `fields`, then send it; its seq.

        Fault when the card cannot keep it, Malformed when the hub could not read it.
        """
        seq = self._last + 1
        event = kind(
            outbox=self.id,
            seq=seq,
            boot=self._boot,
            mono_ms=int(self._scheduler.mono() * 1000),
            at=self._scheduler.now(),
            clock_ok=self._clock_ok(),
            **fields,
        )
        payload = wire.encode(event)
        # what cannot be sent or would be refused must not come back every five seconds for ever
        wire.decode_event(payload)
        check_sendable(Packet("event", payload), MEMBER_LIMIT - ROOM_FOR_FIRST)
        self._card.write("INSERT INTO outbox (seq, event) VALUES (?, ?)", (seq, payload))
        self._last = seq
        self._depth += 1
        self._pump()
        return seq

    def on_connected(self) -> None:
        """The link is up: what was sent before counts as not sent."""
        self._up = True
        self._forget_flight()
        self._pump()

    def on_disconnected(self) -> None:
        """The link is down."""
        self._up = False
        self._forget_flight()

    def on_receipt(self, receipt: Receipt) -> None:
        """The hub has committed everything up to `receipt.upto`."""
        if receipt.outbox != self.id or receipt.upto < self._first:
            return
        if receipt.upto > self._last:
            log.warning("receipt for events never made", extra={"upto": receipt.upto, "last": self._last})
            return
        try:
            gone = self._card.write("DELETE FROM outbox WHERE seq <= ?", (receipt.upto,))
        except (
            Fault
        ) as error:  # a full disk cannot even forget; the hub takes what is sent again for what it is
            log.error("receipt not kept", extra={"upto": receipt.upto, "code": error.code})
            return
        self._depth -= gone
        self._first = receipt.upto + 1
        for seq in [s for s in self._flying if s <= receipt.upto]:
            del self._flying[seq]
        self._pump()

    def close(self) -> None:
        """Send no more; what is kept stays kept."""
        self.on_disconnected()

    def _pump(self) -> None:
        """Send what fits into the flight."""
        if not self._up:
            return
        begin = max(self._sent + 1, self._first)
        room = IN_FLIGHT - len(self._flying)
        if room > 0 and begin <= self._last:
            self._send("seq >= ? ORDER BY seq LIMIT ?", (begin, room))
        self._watch()

    def _resend(self) -> None:
        self._timer = None
        due = self._scheduler.mono() - RESEND_S + 0.001
        late = sorted(seq for seq, sent in self._flying.items() if sent <= due)
        if late and self._up:
            self._send("seq BETWEEN ? AND ? ORDER BY seq", (late[0], late[-1]))
        self._watch()

    def _send(self, which: str, values: tuple[int, ...]) -> None:
        for seq, payload in self._card.rows(f"SELECT seq, event FROM outbox WHERE {which}", values):  # noqa: S608 - ours
            if not self._publish(self._as_sent(seq, payload)):
                return
            self._flying[seq] = self._scheduler.mono()
            self._sent = max(self._sent, seq)

    def _as_sent(self, seq: int, payload: bytes) -> AnyEvent | dict[str, Any]:
        try:
            return msgspec.structs.replace(wire.decode_event(payload), first=self._first)
        except Malformed as error:
            log.debug("event of another release", extra={"seq": seq, "why": error.text.en})
        try:
            strange = msgspec.json.decode(payload, type=dict[str, Any])
        except (msgspec.DecodeError, RecursionError):
            strange = {}
        return {**strange, "outbox": self.id, "seq": seq, "first": self._first}

    def _watch(self) -> None:
        """One timer, for the oldest event in flight; while events wait and none flies, for another try."""
        if self._timer is None and self._up and self._depth:
            oldest = min(self._flying.values(), default=self._scheduler.mono())
            wait = oldest + RESEND_S - self._scheduler.mono()
            self._timer = self._scheduler.call_later(wait, self._retry)

    def _retry(self) -> None:
        self._resend()
        self._pump()

    def _forget_flight(self) -> None:
        self._flying.clear()
        self._sent = 0
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
