"""``/t/<token>``: the page that follows one ticket.

Rules:

* The token in the address is the whole right to the page, and what binds its forms: there is no cookie, and a page of another site
  cannot know it. Whoever asks for a token that opens nothing gets the same page, whatever else is in the address.
* No answer is kept by anybody on the way, named to another site, indexed or framed, and no script runs on it.
* An address and a token may knock so often and no oftener.
* What the person wants is asked of the hub as anybody else's wish is; while the hub is away the page says so and shows what it knew.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from typing import Final
from zoneinfo import ZoneInfo

from fastapi import FastAPI, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from hall import wire
from hall.errors import HallError, Refused
from hall.messages import asks
from hall.messages.facts import TicketRated
from hall.text import Text
from hub.console.door.bodies import TooMuch, form_of
from hub.console.door.limits import Limits, Rate
from hub.console.door.visitors import address
from hub.console.look.words import WORDS
from hub.console.mirror.backstage import Backstage
from hub.console.mirror.replica import Replica
from hub.console.phone import draw
from hub.console.phone.after import REASONS, WORDS_MOST, After, Complaint
from hub.console.phone.reminder import MEDIA_TYPE, of_return
from hub.console.phone.seen import NEAR, Posted, Visit, old_visit, posted, visit
from hub.console.phone.tokens import OldTicket, Tokens

#: Everybody behind one address (a hall's Wi-Fi has many phones), and one page.
ADDRESS: Final = Rate(burst=300, per_s=20)
PAGE: Final = Rate(burst=30, per_s=1)
#: A page looks again after so many seconds, and oftener when it is nearly its turn.
AGAIN_S, NEAR_S = 20, 10
#: How long a look at the hall may take before the page says that it cannot.
LOOK_S: Final = 4.0
#: Told to the browser with every answer.
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    # "no-referrer" would also take the origin from our own forms, by which another site's are told apart
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
}
#: A number to ring, as people write it.
PHONE: Final = re.compile(r"\+?[0-9][0-9 -]{4,18}[0-9]\Z")
#: Who asks, in the journal: nobody's name.
ACTOR: Final = "phone"
#: Tells the best time of today, where there is one.
Advice = Callable[[], Awaitable[Text | None]]


def answer(html: str, status: int = 200, **headers: str) -> Response:
    """A page of these, with everything that keeps it to the person."""
    return HTMLResponse(
        html, status_code=status, headers=HEADERS | {k.replace("_", "-"): v for k, v in headers.items()}
    )


def reminder_file(calendar: str) -> Response:
    """A reminder, to be opened by the phone's calendar."""
    kept = {"Content-Disposition": 'attachment; filename="reminder.ics"'}
    return Response(calendar, media_type=MEDIA_TYPE, headers=HEADERS | kept)


class PhonePages:
    """The pages of every ticket."""

    def __init__(
        self,
        backstage: Backstage,
        tokens: Tokens,
        after: After | None,
        advice: Advice,
        *,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """`after` follows up what people say; None: they are not asked. `advice` knows the best time of today."""
        self._advice = advice
        self._backstage, self._tokens, self._after = backstage, tokens, after
        self._addresses, self._pages = Limits(ADDRESS, now=now), Limits(PAGE, now=now)

    # ---------------------------------------------------------------- getting in

    async def let_in(
        self, request: Request, token: str, show: Callable[[Visit, Posted], Awaitable[Response]]
    ) -> Response:
        """`show` for the ticket that `token` opens, or why not."""
        waits = (self._addresses.knock(address(request)).wait_s, self._pages.knock(token[:64]).wait_s)
        wait_s = max(wait or 0 for wait in waits)
        if wait_s:
            return refuse(draw.told("phone.busy", seconds=wait_s), 429, Retry_After=str(wait_s))
        try:
            ticket = await self._tokens.ticket(token)
            old = None if ticket is None else await self._tokens.old(ticket)
            found = None if ticket is None else await self._look(ticket, old)
            return refuse(WORDS["phone.none"], 404) if found is None else await show(*found)
        except TooMuch:
            return refuse(WORDS["phone.too-much"], 413)
        except (HallError, TimeoutError):
            return refuse(WORDS["phone.fault"], 503, Retry_After=str(AGAIN_S))

    async def _look(self, ticket: str, old: OldTicket | None) -> tuple[Visit, Posted] | None:
        def see(replica: Replica) -> tuple[Visit, Posted] | None:
            hall, at = replica.hall, replica.scheduler.now()
            seen = visit(hall, ticket, at)
            if seen is None and old is not None and old.day != hall.day:
                seen = old_visit(hall, old, at)
            return None if seen is None else (seen, posted(hall, at))

        return await asyncio.wait_for(asyncio.wrap_future(self._backstage.look(see)), LOOK_S)

    # ---------------------------------------------------------------- looking

    async def shown(
        self, token: str, seen: Visit, wall: Posted, *, still: bool, no: Text | None = None
    ) -> Response:
        """The ticket's own page."""
        at = self._backstage.now()
        picture = self._backstage.picture
        best = await self._advice() if seen.stands in draw.COMES_AGAIN else None
        html = draw.visit_page(
            _path(token),
            seen,
            wall,
            at,
            away=picture is None or picture.hub is not True,
            still=still,
            cares=self._after is not None,
            no=no,
            best=best,
        )
        if still or seen.stands not in draw.MOVING:
            return answer(html, 200 if no is None else 409)
        near = seen.ahead is not None and seen.ahead <= NEAR
        return answer(
            html, 200 if no is None else 409, Refresh=f"{NEAR_S if near else AGAIN_S}; url={_path(token)}"
        )

    # ---------------------------------------------------------------- acting

    async def ask(self, ask: asks.AnyAsk) -> tuple[Text | None, tuple[bytes, ...]]:
        """Ask the hub; why not, or its facts, which the page that follows shows."""
        try:
            said = await asyncio.wrap_future(self._backstage.ask(ask))
        except TimeoutError:
            return WORDS["phone.not-done"], ()
        if not said.ok:
            return said.text or WORDS["phone.not-done"], ()
        if said.facts:
            await self._backstage.heard(wire.decode_fact(said.facts[-1]).n)
        return None, tuple(bytes(fact) for fact in said.facts)

    async def cancel(self, token: str, seen: Visit, wall: Posted) -> Response:
        """Give the ticket up."""
        no, _ = await self.ask(asks.Cancel(id=self._backstage.new_id(), actor=ACTOR, ticket=seen.ticket))
        return _back(_path(token)) if no is None else await self.shown(token, seen, wall, still=True, no=no)

    async def reminder(self, token: str, seen: Visit, wall: Posted) -> Response:
        """For the phone's own calendar: from when the same may be done again."""
        if seen.again is None:
            return _back(_path(token))
        zone = ZoneInfo(self._backstage.plan.timezone)
        return reminder_file(
            of_return(seen.ticket, wall.hall, seen.service, seen.again.day, zone, self._backstage.now())
        )

    async def rate(self, request: Request, token: str, step: int, seen: Visit, wall: Posted) -> Response:
        """Rate a step; a bad rating goes on to the question why."""
        said = (await form_of(request)).get("official", [""])[0]
        if said not in {"1", "2", "3", "4", "5"} or not 1 <= step <= 999:
            return _back(_path(token))
        no, facts = await self.ask(
            asks.RateService(
                id=self._backstage.new_id(), actor=ACTOR, ticket=seen.ticket, step=step, official=int(said)
            )
        )
        if no is not None:
            return await self.shown(token, seen, wall, still=True, no=no)
        rated = wire.decode_fact(facts[0])
        bad = isinstance(rated, TicketRated) and rated.grade == 1 and self._after is not None
        return _back(f"{_path(token)}/tell/{step}" if bad else _path(token))

    async def tell(self, request: Request, token: str, step: int, seen: Visit, wall: Posted) -> Response:
        """Why it was not good: to those who follow up, and to nobody else."""
        found = next((x for x in seen.steps if x.step == step and x.bad), None)
        if found is None or self._after is None:
            return _back(_path(token))
        if request.method == "GET":
            return answer(draw.tell_page(_path(token), seen, step, wall, no=None))
        form = await form_of(request)
        reasons = tuple(code for code in REASONS if code in form.get("reason", []))
        words, phone = written(form.get("words", [""])[0]), form.get("phone", [""])[0].strip()
        no = None
        if phone and not PHONE.match(phone):
            no = WORDS["phone.bad-number"]
        elif not reasons and not words:
            no = WORDS["phone.say-something"]
        if no is not None:
            return answer(draw.tell_page(_path(token), seen, step, wall, no=no, words=words), 422)
        try:
            reference = await self._after.complaint(
                Complaint(
                    ticket=seen.ticket,
                    number=seen.number,
                    step=step,
                    window=found.window,
                    clerk=found.clerk,
                    reasons=reasons,
                    words=words,
                    phone=phone,
                )
            )
        except Refused as refusal:
            return answer(draw.tell_page(_path(token), seen, step, wall, no=refusal.text, words=words), 409)
        return answer(draw.noted_page(_path(token), wall, reference=reference, call=bool(phone)))


def routes(
    app: FastAPI, backstage: Backstage, tokens: Tokens, after: After | None, advice: Advice
) -> PhonePages:
    """The phone pages' routes."""
    pages = PhonePages(backstage, tokens, after, advice)

    @app.get("/t/{token}")
    async def follow(request: Request, token: str, still: str = "") -> Response:
        return await pages.let_in(request, token, lambda v, w: pages.shown(token, v, w, still=still == "1"))

    @app.get("/t/{token}/cancel")
    async def ask_cancel(request: Request, token: str) -> Response:
        async def show(seen: Visit, wall: Posted) -> Response:
            if seen.stands not in draw.MAY_CANCEL:
                return _back(_path(token))
            return answer(draw.cancel_page(_path(token), seen, wall))

        return await pages.let_in(request, token, show)

    @app.post("/t/{token}/cancel")
    async def cancel(request: Request, token: str) -> Response:
        return await pages.let_in(request, token, lambda v, w: pages.cancel(token, v, w))

    @app.get("/t/{token}/reminder.ics")
    async def reminder(request: Request, token: str) -> Response:
        return await pages.let_in(request, token, lambda v, w: pages.reminder(token, v, w))

    @app.post("/t/{token}/rate/{step:int}")
    async def rate(request: Request, token: str, step: int) -> Response:
        return await pages.let_in(request, token, lambda v, w: pages.rate(request, token, step, v, w))

    @app.get("/t/{token}/tell/{step:int}")
    @app.post("/t/{token}/tell/{step:int}")
    async def tell(request: Request, token: str, step: int) -> Response:
        return await pages.let_in(request, token, lambda v, w: pages.tell(request, token, step, v, w))

    @app.api_route("/t/{rest:path}", methods=["GET", "POST"])
    async def nothing(request: Request, rest: str) -> Response:
        """Any other address below ``/t/``: as a token that opens nothing."""
        return await pages.let_in(request, rest[:64] + "-", lambda v, w: pages.shown(rest, v, w, still=True))

    return pages


def written(text: str) -> str:
    """What somebody wrote, as one piece of text without control characters."""
    kept = "".join(char for char in text.replace("\r\n", "\n") if char == "\n" or char.isprintable())
    return kept.strip()[:WORDS_MOST]


def _path(token: str) -> str:
    return f"/t/{token}"


def _back(to: str) -> Response:
    return RedirectResponse(to, status_code=303, headers=HEADERS)


def refuse(text: Text, status: int, **headers: str) -> Response:
    """A page of one sentence that says why not."""
    return answer(draw.notice(text), status, **headers)
