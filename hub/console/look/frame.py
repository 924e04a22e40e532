"""What every page of the console has around it: who is logged in, the pages they may see, whether the hub is there.

A page's class draws once and then changes only what differs; it looks whenever there is a new picture.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from typing import Any

from fastapi import Request
from msgspec import structs
from nicegui import context, ui
from starlette.responses import RedirectResponse

from hall import wire
from hall.errors import HallError, Refused
from hall.messages import asks
from hall.messages.answers import Answer
from hall.plan import HallPlan
from hall.text import Text
from hub.console.cases.acts import AnyAct, FindGone, SpeakTo
from hub.console.cases.case import Case
from hub.console.cases.rules import Who
from hub.console.door import rights
from hub.console.door.rights import MemberAct, Page
from hub.console.door.sessions import Session
from hub.console.door.visitors import token_of
from hub.console.look import tongue
from hub.console.look.bell import Bell
from hub.console.look.soon import soon
from hub.console.look.summons import Summons
from hub.console.look.tongue import read, said, speak
from hub.console.look.watching import watching
from hub.console.look.words import WORDS, label
from hub.console.membership.room import NO_REGISTER
from hub.console.mirror.backstage import Backstage
from hub.console.mirror.picture import Picture
from hub.console.rooms import Rooms

log = logging.getLogger(__name__)

#: Within how many seconds the open pages are drawn anew after the settings have changed.
RENEW_S = 2.0
#: How long a page may take to open on a busy machine before somebody reads that it failed, seconds.
OPENING_S = 20.0


class Actor:
    """The person in front of one open page: what they may do, and the doing of it."""

    def __init__(self, rooms: Rooms, token: str, session: Session) -> None:
        """`token` is the session's cookie: every act looks whether it still counts."""
        self.backstage, self.office, self.cases, self.escorts = rooms[:4]
        self.supplies, self.mornings, self.membership = rooms[4:]
        self.session, self._token = session, token
        self._page = context.client

    @property
    def who(self) -> Who:
        """This person, as cases know them."""
        return Who(login=self.session.person.login, roles=self.session.person.roles)

    @property
    def seat(self) -> int | None:
        """The window where this person sits now."""
        picture, number = self.backstage.picture, self.session.person.work_number
        if picture is None or number is None:
            return None
        return next((w.window for w in picture.windows.values() if w.clerk == number), None)

    def tell(self, words: str, **how: Any) -> None:
        """Say that something was done, on the page itself: the row whose button was pressed may be gone by then."""
        with self._page:
            ui.notify(words, type="positive", **{"position": "top"} | how)

    def _complain(self, text: Text) -> None:
        with self._page:
            complain(text)

    async def do(self, ask: asks.AnyAsk) -> Answer | None:
        """Ask the hub in this person's name; what goes wrong is shown. The answer when it was done."""
        code = "ok"
        try:
            answer = await self._ask(ask)
            if answer.ok:
                return answer
            code = answer.code or "refused"
            self._complain(answer.text or WORDS["not-answered"])
        except TimeoutError:
            code = "timeout"
            self._complain(WORDS["not-answered"])
        except HallError as no:
            code = no.code
            self._complain(no.text)
        finally:
            about = " ".join(
                f"{name}={getattr(value, 'value', value)}"
                for name in ("window", "ticket", "base", "reason", "member", "order")
                if (value := getattr(ask, name, None))
            )
            await self.office.note(self.session, rights.type_of(ask), code, about)
        return None

    async def do_with(self, case: str, act: AnyAct) -> bool:
        """Do something with a case in this person's name; what goes wrong is shown. Whether it was done."""
        code = "ok"
        try:
            await self.cases.act(case, act, self.who)
        except HallError as no:
            code = no.code
            self._complain(no.text)
        await self.office.note(self.session, f"case {type(act).__name__}", code, case)
        if code == "ok" and isinstance(act, SpeakTo | FindGone):
            await self._tell_hall(case, spoken=isinstance(act, SpeakTo))
        return code == "ok"

    async def do_with_member(self, act: MemberAct, member: str, why: str = "") -> tuple[bool, bytes | None]:
        """Change the register in this person's name; what goes wrong is shown. Whether it was done, and what goes onto a new card."""
        code, card = "ok", None
        try:
            person = (await self._present()).person
            if not rights.may_with_members(person.roles, act):
                raise Refused("not-your-role", rights.NOT_YOURS)
            if self.membership is None:
                raise NO_REGISTER
            card = await self.membership.do(act, member, by=person.login, why=why)
        except HallError as no:
            code = no.code
            self._complain(no.text)
        await self.office.note(self.session, f"member {act.value}", code, f"{member} {why}".strip())
        return code == "ok", card

    async def _tell_hall(self, case: str, *, spoken: bool) -> None:
        """Somebody went to the person: the lamp at the guide desk may go out. The case stands whatever comes of it."""
        opened = self.cases.seen.cases[case].opened
        if opened.ticket is None or opened.step is None:
            return
        login, id_ = self.session.person.login, self.backstage.new_id()
        await self._tell(
            asks.NoteApology(id=id_, actor=login, ticket=opened.ticket, step=opened.step, spoken=spoken)
        )

    async def goes_to(self, call: int) -> None:
        """This person goes to who held the green key: the hall need not call a guide aloud. The desk's own list stands whatever comes of it."""
        login, id_ = self.session.person.login, self.backstage.new_id()
        await self._tell(asks.AnswerEscort(id=id_, actor=login, call=call))

    async def hand_receipt(self, case: Case) -> bool:
        """Have the receipt of a case printed for its person, who stands here. Whether it is: the case stands without it too."""
        by = case.contact_by or case.due
        call_by = None if by is None else by.astimezone(self.cases.now().tzinfo).date().isoformat()
        login, id_ = self.session.person.login, self.backstage.new_id()
        return await self._tell(
            asks.PrintReceipt(id=id_, actor=login, case=case.id, call_by=call_by, window=self.seat)
        )

    async def _tell(self, ask: asks.AnyAsk) -> bool:
        """What the hall does well to know, and what ends there by itself if it is not told. Whether it was done."""
        told = {"ask": rights.type_of(ask)}
        try:
            answer = await self._ask(ask)
        except (TimeoutError, HallError) as no:
            log.info("the hall was not told", extra=told | {"why": str(no)})
            return False
        log.info("the hall was told", extra=told | {"code": answer.code})
        return answer.ok

    async def _present(self) -> Session:
        """This person's session, which may have ended meanwhile. Refuses ``logged-out``."""
        session = await self.office.session(self._token)
        if session is None:
            with self._page:
                ui.navigate.to("/login")
            raise Refused("logged-out", WORDS["log-in"])
        return session

    async def _ask(self, ask: asks.AnyAsk) -> Answer:
        person = (await self._present()).person
        rights.check(ask, roles=person.roles, clerk=person.work_number, seat=self.seat)
        answer = await asyncio.wrap_future(self.backstage.ask(ask))
        if answer.ok and answer.facts:
            await self.backstage.heard(wire.decode_fact(answer.facts[-1]).n)
        return answer


class Part:
    """Something on a page; what it does not need it leaves out."""

    def show(self, picture: Picture) -> None:
        """Show this picture; called only with a new one."""

    def tick(self) -> None:
        """The clock: called each :data:`hub.console.mirror.pulse.TICK_S`, and must be cheap while nothing changes."""

    async def begin(self) -> None:
        """Called once, when the page has reached its reader: what reads a store belongs here."""


def complain(text: Text) -> None:
    """Tell the person that something was not done, and why."""
    ui.notify(said(text), type="negative", position="top", multi_line=True, timeout=6000)


async def enter(rooms: Rooms, request: Request, page: Page) -> Actor | RedirectResponse:
    """Who opens the page; where to go instead when they may not."""
    speak(read(request.cookies.get(tongue.COOKIE)))
    token = token_of(request)
    session = await rooms.office.session(token)
    if session is None or token is None:
        return RedirectResponse("/login", status_code=303)
    if session.person.must_change:
        return RedirectResponse("/password", status_code=303)
    if not rights.sees(session.person.roles, page):
        return RedirectResponse("/forbidden", status_code=303)
    return Actor(rooms, token, session)


def looks_alike(plan: HallPlan, other: HallPlan) -> bool:
    """Whether pages of both are drawn the same. What a device is set to while it runs comes with every picture: it costs nobody their dialog."""
    return _as_drawn(plan) == _as_drawn(other)


def _as_drawn(plan: HallPlan) -> HallPlan:
    members = {name: structs.replace(member, config=None) for name, member in plan.members.items()}
    return structs.replace(plan, members=members)


class Drawn:
    """With which settings a page was drawn: when they change, it draws itself anew."""

    def __init__(self, backstage: Backstage) -> None:
        """Drawn with those in force now."""
        self._backstage, self._plan = backstage, backstage.plan
        self._renewing = False

    def stale(self) -> bool:
        """Whether the page shows settings that are no longer in force; if so it is loaded again, not all pages at once."""
        plan = self._backstage.plan
        if plan is self._plan:
            return False
        if looks_alike(plan, self._plan):
            self._plan = plan
            return False
        if not self._renewing:
            self._renewing = True
            soon(ui.navigate.reload, after_s=random.uniform(0.0, RENEW_S))
        return True


class Latest:
    """Which picture a page shows: one that could not be drawn is drawn at the next look."""

    def __init__(self) -> None:
        """None yet."""
        self._serial = -1

    def draw(self, picture: Picture | None, show: Callable[[Picture], None]) -> None:
        """Show it, if it is not there already."""
        if picture is not None and picture.serial != self._serial:
            show(picture)
            self._serial = picture.serial


def one_main() -> None:
    """The page's library wraps it in a ``main`` of its own, head and all; of ours each page has one, behind its head."""
    slot = context.client.content.parent_slot
    assert slot is not None  # of the layout that every page has
    slot.parent.tag = "div"


class Frame:
    """One open page: its head, its part, its clock."""

    def __init__(self, actor: Actor, page: Page, *, renews: bool = True) -> None:
        """Draw the head. With `renews` the page is loaded again when the settings change."""
        self._backstage, self._drawn = actor.backstage, Drawn(actor.backstage)
        self._mornings, self._login = actor.mornings, actor.session.person.login
        self._renews = renews
        self._latest = Latest()
        self._badge: ui.label | None = None
        one_main()
        ui.add_head_html(
            '<link rel="stylesheet" href="/console/console.css"><script src="/console/place.js" defer></script>'
        )
        ui.colors(primary="#0b5fa5", positive="#17734a", negative="#b3261e", warning="#8a5a00")
        person, plan = actor.session.person, actor.backstage.plan
        with ui.element("header").classes("head"):
            ui.label(said(plan.name)).classes("hall-name")
            with ui.element("nav").props(f'aria-label="{label("pages")}"'):
                for seen in Page:
                    if rights.sees(person.roles, seen) and seen in BUILT:
                        link = ui.link(label(f"page.{seen.value[1:]}"), seen.value)
                        if seen is page:
                            link.props('aria-current="page"')
                        if seen is Page.FLEET and rights.readies(person.roles):
                            with link:
                                self._badge = ui.label().classes("badge").props('data-test="morning-badge"')
            ui.label(f"{person.name} {person.work_number or ''}".strip()).classes("who").props("translate=no")
            other = tongue.tongue().other
            link = ui.link(tongue.NAMES[other], f"/tongue?to={other.value}&back={page.value}")
            link.props(f'lang="{tongue.LANG[other]}" data-test="tongue"')
            with ui.element("form").props('method="post" action="/logout"'):
                ui.element("input").props(f'type="hidden" name="csrf" value="{actor.session.csrf}"')
                with ui.element("button").props('type="submit"').classes("quiet"):
                    ui.label(label("log-out"))
        self._away = ui.label(label("hub-away")).classes("away").props('role="alert"')
        self._away.set_visibility(False)
        self._morning = None
        if rights.readies(person.roles):
            if page is Page.FLEET:
                self._mornings.read(self._login)
            self._morning = ui.link(target=Page.FLEET.value).classes("away").props('data-test="not-ready"')
            self._morning.set_visibility(False)
        self._bell = None
        if rights.sees(person.roles, Page.CASES):
            self._bell = Bell(actor.cases, actor.who, actor.do_with)
        self._summons = None
        if person.work_number is not None and rights.may(person.roles, "answer_page"):
            self._summons = Summons(person.work_number, person.login, actor.backstage.new_id, actor.do)

    def run(self, part: Part) -> None:
        """Show `part` now, and whenever there is something new."""
        spoken = tongue.tongue()

        def tick() -> None:
            with tongue.speaking(spoken):
                self._tick(part)

        tick()
        watching(self._backstage.pulse, tick)
        if type(part).begin is not Part.begin:
            soon(part.begin)

    def _tick(self, part: Part) -> None:
        if self._renews and self._drawn.stale():
            return

        def show(picture: Picture) -> None:
            self._away.set_visibility(picture.hub is False)
            self._say_whether_ready(picture)
            if self._summons is not None:
                self._summons.show(picture)
            part.show(picture)

        self._latest.draw(self._backstage.picture, show)
        if self._summons is not None:
            self._summons.tick()
        if self._bell is not None:
            self._bell.tick()
        part.tick()

    def _say_whether_ready(self, picture: Picture) -> None:
        """Whoever is responsible reads on any page what is missing before the opening, and afterwards what was and is still."""
        if self._morning is None:
            return
        found = self._mornings.now(picture)
        left = self._mornings.left(found)
        before = found.due and not found.all_well
        after = bool(left) and self._mornings.unread(self._login)
        self._morning.set_visibility(before or after)
        if before:
            self._morning.set_text(label("fleet.morning.due", n=len(found.needs)))
        elif after:
            self._morning.set_text(label("fleet.morning.missed", n=len(left)))
        if self._badge is not None:
            count = len(found.needs) if before else len(left)
            self._badge.set_visibility(count > 0)
            self._badge.set_text(str(count))
            self._badge.props(f'aria-label="{label("fleet.morning.badge", n=count)}"')


def opened(
    rooms: Rooms, page: Page, title: str, made: Callable[[Actor], Part], *, renews: bool = True
) -> None:
    """A page of the staff: `made` draws it for whoever may see it. With `renews` it is loaded again when the settings change."""

    @ui.page(page.value, title=title, response_timeout=OPENING_S)
    async def open_page(request: Request) -> RedirectResponse | None:
        actor = await enter(rooms, request, page)
        if not isinstance(actor, Actor):
            return actor
        frame = Frame(actor, page, renews=renews)
        frame.run(made(actor))
        return None


#: Pages that exist.
BUILT = frozenset(
    {Page.CLERK, Page.GUIDE, Page.LIVE, Page.CASES, Page.REPORTS, Page.INSPECTION, Page.ADMIN, Page.FLEET}
)
