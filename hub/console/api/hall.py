"""The hall as other programs see it, and what they ask of it: between the routes and the backstage.

Rules:

* An act's id is the key's own: two programs never meet in one. Said again it is answered as before and done once, whatever else the
  second saying contains; a refusal is repeated for a minute.
* A program sees and cancels what it made itself; any other ticket opens with the secret of its page alone.
* A code that nobody holds is refused here, and a key that tries many waits: the hub counts misses for the whole console, and the guide
  desk must not suffer for a program's guesses.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from hall import wire
from hall.errors import Fault, Refused
from hall.messages import asks
from hall.messages.common import Via
from hall.messages.facts import AnyFact, AppointmentBooked, TicketIssued
from hall.text import Text
from hub.console.api import ratings, shapes
from hub.console.api.keys import Key
from hub.console.api.problems import Problem
from hub.console.door.limits import Limits, Rate
from hub.console.membership.mornings import Mornings
from hub.console.mirror.backstage import Backstage
from hub.console.mirror.picture import Picture
from hub.console.mirror.replica import Replica
from hub.console.phone.seen import Visit, posted, visit
from hub.console.phone.tokens import Tokens
from hub.console.reports.make import matters
from hub.console.reports.official import Reasons
from hub.domain.refusals import refused

T = TypeVar("T")
LOOK_S: Final = 4.0
GUESSING: Final = Rate(burst=5, per_s=1 / 60)
#: Book again with another code when one is taken; they are a million.
TRIES: Final = 5
#: Nothing was rated before, nor will be after.
FIRST: Final = datetime(2000, 1, 1, tzinfo=UTC)
LAST: Final = datetime(3000, 1, 1, tzinfo=UTC)
_STARTING = Text(zh="正在读取今天的情况，请稍后再试", en="the day is being read; please try again")


class ApiHall:
    """One hall for every program."""

    def __init__(
        self,
        backstage: Backstage,
        tokens: Tokens,
        reasons: Callable[[str, str], Reasons],
        *,
        mornings: Mornings,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """`tokens` reads the hub's store, `reasons` gives what was named for ratings between two days."""
        self._backstage, self.tokens, self._reasons = backstage, tokens, reasons
        self._mornings = mornings
        self._guesses = Limits(GUESSING, now=now)

    # ---------------------------------------------------------------- looking

    def picture(self) -> Picture:
        """The hall as this console drew it last. Raises ``Fault`` while it has none."""
        picture = self._backstage.picture
        if picture is None:
            raise Fault("starting", _STARTING)
        return picture

    async def look(self, call: Callable[[Replica], T]) -> T:
        """What `call` sees, in the loop's thread."""
        return await asyncio.wait_for(asyncio.wrap_future(self._backstage.look(call)), LOOK_S)

    async def hall(self) -> shapes.HallSaid:
        """What hangs on the wall."""
        plan = self._backstage.plan
        wall = await self.look(lambda r: posted(r.hall, r.scheduler.now()))
        return shapes.HallSaid(
            id=plan.id,
            name=shapes.Both.of(plan.name),
            timezone=plan.timezone,
            hotline=plan.hotline,
            supervision=plan.supervision,
            complaints=plan.complaints,
            fees=None if plan.fees is None else shapes.Both.of(plan.fees),
            opens=wall.opens,
            closes=wall.closes,
            issuing=wall.issuing,
            public_url=plan.public_url,
        )

    def services(self) -> list[shapes.Service]:
        """Every service with its papers, line and wait."""
        board = self.picture().board
        working = {w.window: w.services for w in board.windows if w.state.value not in {"closed", "paused"}}
        plans = self._backstage.plan.services
        return [
            shapes.Service(
                id=line.id,
                letter=line.letter,
                name=shapes.Both.of(line.name),
                target_min=plan.target_min,
                online=plan.online,
                open_to_all=plan.button,
                common=list(plan.common),
                situations=[
                    shapes.Situation(id=key, name=shapes.Both.of(x.name), need=list(x.need))
                    for key, x in plan.situations.items()
                ],
                version=" ".join(part for part in (plan.version, plan.dated) if part),
                process=None if plan.process is None else shapes.Both.of(plan.process),
                waiting=line.waiting,
                wait_min_s=line.wait_min_s,
                wait_max_s=line.wait_max_s,
                windows=sorted(window for window, serves in working.items() if line.id in serves),
            )
            for line in board.services
            if (plan := plans.get(line.id)) is not None
        ]

    def service(self, key: str) -> shapes.Service:
        """One service. Refuses ``unknown-service``."""
        found = next((service for service in self.services() if service.id == key), None)
        if found is None:
            raise refused("unknown-service")
        return found

    def board(self) -> shapes.Board:
        """The whole hall now."""
        picture = self.picture()
        board = picture.board
        return shapes.Board(
            hall=board.hall,
            day=board.day,
            open=board.open,
            at=board.at,
            live=picture.hub is True,
            services=self.services(),
            windows=[
                shapes.Window(
                    window=w.window,
                    state=w.state.value,
                    services=list(w.services),
                    number=w.number,
                    until=None if w.pause is None else w.pause.ends,
                )
                for w in board.windows
            ],
            calls=[
                shapes.Call(number=c.number, window=c.window, at=c.at, round=c.round) for c in board.calls
            ],
        )

    def morning(self) -> shapes.Morning:
        """The report before the opening, as it is now."""
        found = self._mornings.now(self.picture())
        return shapes.Morning(
            at=found.at,
            opens=found.opens,
            due=found.due,
            ready=list(found.ready),
            needs=[
                shapes.Need(
                    device=need.member,
                    kind=need.kind,
                    window=need.window,
                    stops=need.stops,
                    text=shapes.Both.of(need.text),
                    do=shapes.Both.of(need.do),
                )
                for need in found.needs
            ],
        )

    # ---------------------------------------------------------------- asking

    async def _ask(self, ask: asks.AnyAsk) -> AnyFact:
        """The fact that the ask is named for, which whoever looks then sees. Raises ``Refused``, and TimeoutError when the hub is silent."""
        if self.picture().hub is False:
            raise TimeoutError
        answer = await asyncio.wrap_future(self._backstage.ask(ask))
        if not answer.ok:
            text = answer.text or Text(zh=str(answer.code), en=str(answer.code))
            raise Refused(answer.code or "refused", text)
        await self._backstage.heard(wire.decode_fact(answer.facts[-1]).n)
        return wire.decode_fact(answer.facts[0])

    async def take(self, key: Key, said: shapes.TakeTicket) -> shapes.Ticket:
        """A number in the normal lane, which needs no paper."""
        fact = await self._ask(
            asks.TakeTicket(
                id=_id(key, "t", said.id),
                actor=_actor(key),
                service=said.service,
                lane="normal",
                situation=said.situation,
                via=Via.PHONE,
                token=secrets.token_hex(16),
            )
        )
        return await self._issued(fact)

    async def check_in(self, key: Key, said: shapes.CheckIn) -> shapes.Ticket:
        """A number for somebody who holds a code. Refuses ``unknown-code`` and what the hub refuses."""
        ask_id = _id(key, "i", said.id)
        known = await self.look(
            lambda r: r.hall.state.promises.by_code(said.code) is not None or ask_id in r.hall.tickets
        )
        if not known:
            wait_s = self._guesses.knock(key.id).wait_s
            if wait_s is not None:
                raise Problem(429, "too-many-tries", headers={"Retry-After": str(wait_s)})
            raise refused("unknown-code")
        fact = await self._ask(
            asks.CheckIn(
                id=ask_id, actor=_actor(key), via=Via.PHONE, code=said.code, token=secrets.token_hex(16)
            )
        )
        return await self._issued(fact)

    async def _issued(self, fact: AnyFact) -> shapes.Ticket:
        assert isinstance(fact, TicketIssued)
        return await self._ticket(fact.ticket)

    async def ticket(self, key: Key, ticket: str) -> shapes.Ticket:
        """A ticket that this key took. Refuses ``unknown-ticket``."""
        if not ticket.startswith((_id(key, "t", ""), _id(key, "i", ""))):
            raise refused("unknown-ticket")
        return await self._ticket(ticket)

    async def by_token(self, token: str) -> shapes.Ticket:
        """The ticket that a page's secret opens. Refuses ``unknown-ticket``."""
        found = await self.tokens.ticket(token)
        if found is None:
            raise refused("unknown-ticket")
        return await self._ticket(found)

    async def _ticket(self, ticket: str) -> shapes.Ticket:
        seen = await self.look(lambda r: visit(r.hall, ticket, r.scheduler.now()))
        if seen is None:
            raise refused("unknown-ticket")
        return self._said(seen, await self.tokens.token(ticket))

    def _said(self, seen: Visit, token: str | None) -> shapes.Ticket:
        url = self._backstage.plan.public_url.rstrip("/")
        return shapes.Ticket(
            id=seen.ticket,
            number=seen.number,
            service=shapes.Both.of(seen.service),
            situation=None if seen.situation is None else shapes.Both.of(seen.situation),
            lane=None if seen.lane is None else shapes.Both.of(seen.lane),
            stands=seen.stands.value,
            ahead=seen.ahead,
            wait_min=None if seen.wait is None else seen.wait.low,
            wait_max=None if seen.wait is None else seen.wait.high,
            windows=list(seen.windows),
            window=seen.window,
            now=seen.now,
            steps=[shapes.Step(step=x.step, window=x.window, open_to_rating=x.open) for x in seen.steps],
            token=token,
            page=f"{url}/t/{token}" if url and token else None,
        )

    async def cancel(self, key: Key, ticket: str, act: shapes.Act) -> shapes.Cancelled:
        """Give a ticket up that this key took."""
        await self.ticket(key, ticket)
        await self._ask(asks.Cancel(id=_id(key, "c", act.id), actor=_actor(key), ticket=ticket))
        return shapes.Cancelled(id=ticket)

    async def ratings(self, since: datetime, limit: int) -> shapes.Ratings:
        """What was rated after a moment, as the province counts it. Raises ``Fault``."""
        plan = self._backstage.plan
        zone, codes = ZoneInfo(plan.timezone), matters(plan)
        after = min(max(since, FIRST), LAST).astimezone(zone)  # no calendar of ours goes beyond them
        reasons = await asyncio.to_thread(self._reasons, f"{after.date()}", f"{LAST.date()}")
        return await self.tokens.look(lambda c: ratings.rated(c, after, limit, zone, codes, reasons))

    # ---------------------------------------------------------------- booked times

    async def free(self, service: str, after: datetime | None, limit: int) -> shapes.Slots:
        """Free times after a moment. Refuses ``unknown-service``."""
        self.service(service)
        found = await asyncio.wait_for(asyncio.wrap_future(self._backstage.free(service)), LOOK_S)
        later = [slot for slot in found if after is None or slot.begins > after]
        return shapes.Slots(
            slots=[
                shapes.Slot(begins=slot.begins, ends=slot.ends, left=slot.quota - slot.taken)
                for slot in later[:limit]
            ],
            next=later[limit - 1].begins if len(later) > limit else None,
        )

    async def book(self, key: Key, said: shapes.Book) -> shapes.Appointment:
        """Book a time, with a code that nobody holds."""
        for attempt in range(TRIES):
            try:
                fact = await self._ask(
                    asks.Book(
                        id=_id(key, f"b{attempt}" if attempt else "b", said.id),
                        actor=_actor(key),
                        service=said.service,
                        slot=said.slot,
                        situation=said.situation,
                        last4=said.last4,
                        code=f"{secrets.randbelow(1_000_000):06d}",
                    )
                )
            except Refused as no:
                if no.code != "code-taken" or attempt == TRIES - 1:
                    raise
                continue
            assert isinstance(fact, AppointmentBooked)
            return shapes.Appointment(
                id=fact.appointment,
                code=fact.code,
                service=fact.service,
                begins=fact.slot,
                ends=fact.slot_until,
            )
        raise AssertionError("unreachable")

    async def cancel_appointment(self, key: Key, appointment: str, act: shapes.Act) -> shapes.Cancelled:
        """Give up a time that this key booked. Refuses ``unknown-appointment``."""
        if not appointment.startswith(f"{key.id}-b"):
            raise refused("unknown-appointment")
        await self._ask(
            asks.CancelAppointment(id=_id(key, "x", act.id), actor=_actor(key), appointment=appointment)
        )
        return shapes.Cancelled(id=appointment)


def _id(key: Key, act: str, said: str) -> str:
    return f"{key.id}-{act}-{said}"


def _actor(key: Key) -> str:
    return f"api {key.id}"
