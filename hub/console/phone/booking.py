"""``/book``: anybody books a time, sees it and gives it up, on any phone, by the rules of every other booking.

Rules:

* The address of a booked time has thirty-two random digits, and they are the whole right to it; nobody's name is asked for.
* The form carries a stamp of :class:`hub.console.phone.suggest.Stamps`; an address may book a few times, and then one every few minutes.
* What cannot be booked is refused by the hall in its own words, and other times are offered.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from html import escape
from typing import Final, NamedTuple

from fastapi import FastAPI, Request
from starlette.responses import RedirectResponse, Response

from hall import wire
from hall.errors import HallError, Refused
from hall.messages import asks
from hall.messages.answers import Answer
from hall.text import Text
from hub.console.door.bodies import TooMuch, form_of
from hub.console.door.limits import Limits, Rate
from hub.console.door.visitors import address
from hub.console.look.html import both, mistake
from hub.console.look.words import WORDS
from hub.console.mirror.backstage import Backstage
from hub.console.mirror.replica import Replica
from hub.console.phone.draw import page, remind, told
from hub.console.phone.reminder import Slot, of_appointment, today
from hub.console.phone.routes import ACTOR, ADDRESS, HEADERS, LOOK_S, Advice, answer, refuse, reminder_file
from hub.console.phone.suggest import Stamps
from hub.domain import appointments

BOOKING: Final = Rate(burst=5, per_s=1 / 300)
#: So many times are offered at once.
SHOWN: Final = 24
#: Booked again with another code when one is taken; they are a million.
TRIES: Final = 5
_FOUR: Final = re.compile(r"[0-9]{4}\Z")


class Booked(NamedTuple):
    """A time that somebody has booked."""

    code: str
    service: Text
    #: when it is, and how long before it the hall reminds (zero: never)
    slot: Slot
    #: the reminder was told: it is that near
    near: bool
    #: it is neither cancelled, used nor over
    stands: bool


def routes(
    app: FastAPI, backstage: Backstage, advice: Advice, *, now: Callable[[], float] = time.monotonic
) -> None:
    """The booking page's routes."""
    looking, booking, stamps = Limits(ADDRESS, now=now), Limits(BOOKING, now=now), Stamps(now)

    async def look(mine: str) -> Booked | None:
        found = backstage.look(lambda replica: _booked(replica, mine))
        return await asyncio.wait_for(asyncio.wrap_future(found), LOOK_S)

    async def offer(service: str, no: Text | None = None, status: int = 200) -> Response:
        plan = backstage.plan.services.get(service)
        if plan is None:
            quotas = backstage.policy.appointment
            named = {} if quotas is None else backstage.plan.services
            bookable = {key: x.name for key, x in named.items() if quotas and key in quotas.quotas}
            return answer(_services(backstage.plan.name, bookable, no, await advice()), status)
        found = await asyncio.wait_for(asyncio.wrap_future(backstage.free(service)), LOOK_S)
        times = [slot.begins for slot in found[:SHOWN]]
        return answer(_times(backstage.plan.name, service, plan.name, times, stamps.new(), no), status)

    async def book(request: Request) -> Response:
        said = {key: values[0].strip() for key, values in (await form_of(request)).items() if values}
        service, four = said.get("service", ""), said.get("last4", "")
        if not stamps.good(said.get("stamp", "")):
            return await offer(service, WORDS["phone.once-more"], 403)
        try:
            slot = datetime.fromisoformat(said.get("slot", ""))
        except ValueError:
            return await offer(service, WORDS["phone.choose-time"], 422)
        if slot.tzinfo is None or (four and not _FOUR.match(four)):
            return await offer(service, WORDS["phone.choose-time"], 422)
        wait_s = booking.knock(address(request)).wait_s
        if wait_s:
            return await offer(service, told("phone.busy", seconds=wait_s), 429)
        why: Text | None = None
        for _ in range(TRIES):
            mine = secrets.token_hex(16)
            said_by_hub = await asyncio.wrap_future(
                backstage.ask(
                    asks.Book(
                        id=mine,
                        actor=ACTOR,
                        service=service,
                        slot=slot,
                        last4=four or None,
                        code=f"{secrets.randbelow(1_000_000):06d}",
                    )
                )
            )
            if said_by_hub.ok:
                await seen(said_by_hub)
                return RedirectResponse(f"/book/{mine}", 303, HEADERS)
            why = said_by_hub.text
            if said_by_hub.code != "code-taken":
                break
        return await offer(service, why or WORDS["phone.fault"], 422)

    async def cancel(mine: str) -> Response:
        said_by_hub = await asyncio.wrap_future(
            backstage.ask(asks.CancelAppointment(id=secrets.token_hex(16), actor=ACTOR, appointment=mine))
        )
        if not said_by_hub.ok:
            return await show(mine, said_by_hub.text)
        await seen(said_by_hub)
        return RedirectResponse(f"/book/{mine}", 303, HEADERS)

    async def seen(done: Answer) -> None:
        """The page that follows shows what was done."""
        if done.facts:
            await backstage.heard(wire.decode_fact(done.facts[-1]).n)

    async def show(mine: str, no: Text | None = None) -> Response:
        found = await look(mine)
        if found is None:
            return refuse(WORDS["phone.none"], 404)
        return answer(booked_page(backstage.plan.name, mine, found, no))

    async def reminder(mine: str) -> Response:
        found = await look(mine)
        if found is None:
            return refuse(WORDS["phone.none"], 404)
        if not found.stands or not found.slot.remind_before:
            return RedirectResponse(f"/book/{mine}", 303, HEADERS)
        note = f"{told('phone.your-code').zh}：{found.code}"
        plan = backstage.plan
        return reminder_file(
            of_appointment(mine, plan.name, found.service, found.slot, note, backstage.now())
        )

    async def let_in(request: Request, then: Callable[[], Awaitable[Response]]) -> Response:
        wait_s = looking.knock(address(request)).wait_s
        if wait_s:
            return refuse(told("phone.busy", seconds=wait_s), 429, Retry_After=str(wait_s))
        try:
            return await then()
        except TooMuch:
            return refuse(WORDS["phone.too-much"], 413)
        except Refused as no:
            return refuse(no.text, 422)
        except (HallError, TimeoutError):
            return refuse(WORDS["phone.fault"], 503)

    @app.get("/book")
    async def choose(request: Request, service: str = "") -> Response:
        return await let_in(request, lambda: offer(service[:48]))

    @app.post("/book")
    async def take(request: Request) -> Response:
        return await let_in(request, lambda: book(request))

    @app.get("/book/{mine}")
    async def see(request: Request, mine: str) -> Response:
        return await let_in(request, lambda: show(mine[:64]))

    @app.get("/book/{mine}/reminder.ics")
    async def take_home(request: Request, mine: str) -> Response:
        return await let_in(request, lambda: reminder(mine[:64]))

    @app.post("/book/{mine}/cancel")
    async def give_up(request: Request, mine: str) -> Response:
        return await let_in(request, lambda: cancel(mine[:64]))


def _booked(replica: Replica, mine: str) -> Booked | None:
    s = replica.hall.state
    found = s.promises.appointments.get(mine)
    service = None if found is None else s.plan.services.get(found.service)
    if found is None or service is None:
        return None
    return Booked(
        code=found.code,
        service=service.name,
        slot=Slot(
            s.moment(found.slot_us),
            s.moment(found.until_us),
            timedelta(minutes=appointments.terms(s).remind_before_min),
        ),
        near=found.reminded,
        stands=found.awaited,
    )


# ---------------------------------------------------------------- pages


def _head(hall: Text, no: Text | None) -> str:
    return f'<header>{both(hall)}</header><h1 class="title">{both(told("phone.book"))}</h1>{mistake(no)}'


def _services(hall: Text, bookable: dict[str, Text], no: Text | None, best: Text | None) -> str:
    links = "".join(
        f'<p><a class="big" href="/book?service={escape(key)}">{both(name)}</a></p>'
        for key, name in bookable.items()
    )
    none = f"<p>{both(told('phone.no-times'))}</p>"
    today = "" if best is None else f'<p class="best">{both(best)}</p>'
    hours = f'<p><a class="quiet" href="/busy">{both(told("phone.busy-hours"))}</a></p>'
    return page(told("phone.book"), _head(hall, no), links or none, today, hours)


def _times(hall: Text, service: str, name: Text, times: list[datetime], stamp: str, no: Text | None) -> str:
    boxes = "".join(
        f'<label class="box"><input type="radio" name="slot" value="{at.isoformat()}" required>'
        f" {at:%m-%d %H:%M}</label>"
        for at in times
    )
    form = (
        f'<form method="post" action="/book"><input type="hidden" name="stamp" value="{stamp}">'
        f'<input type="hidden" name="service" value="{escape(service)}">'
        f"<fieldset><legend>{both(told('phone.choose-time'))}</legend>{boxes}</fieldset>"
        f'<label for="last4">{both(told("phone.last4"))}</label>'
        '<input id="last4" name="last4" inputmode="numeric" maxlength="4" autocomplete="off">'
        f'<button type="submit" class="big">{both(told("phone.book-it"))}</button></form>'
    )
    back = f'<p><a href="/book">{both(told("phone.other-service"))}</a></p>'
    body = form if times else f"<p>{both(told('phone.no-times'))}</p>"
    return page(told("phone.book"), _head(hall, no), f"<h2>{both(name)}</h2>", body, back)


def booked_page(hall: Text, mine: str, booked: Booked, no: Text | None) -> str:
    """A booked time, as whoever knows its address sees it; near it, the hall's reminder."""
    stands = (
        f'<p>{both(told("phone.your-code"))}</p><p class="number" data-test="code">{booked.code}</p>'
        f"<p>{both(told('phone.keep-page'))}</p>{remind(f'/book/{escape(mine)}') if booked.slot.remind_before else ''}"
        f'<form method="post" action="/book/{escape(mine)}/cancel">'
        f'<button type="submit" class="bad">{both(told("phone.give-up"))}</button></form>'
    )
    over = f'<p role="status">{both(told("phone.time-over"))}</p><p><a class="big" href="/book">{both(told("phone.book"))}</a></p>'
    return page(
        told("phone.book"),
        _head(hall, no),
        f"<h2>{both(booked.service)}</h2>",
        f'<p role="status">{booked.slot.begins:%Y-%m-%d %H:%M}</p>',
        f'<p class="big">{both(today(booked.service, booked.slot))}</p>'
        if booked.stands and booked.near
        else "",
        stands if booked.stands else over,
    )
