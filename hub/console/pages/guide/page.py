"""The guide desk's page: numbers for those who ask here, who is taken by the arm, missed people back in line, alarms, any ticket found."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from nicegui import events, ui

from hall import wire
from hall.messages import asks
from hall.messages.common import Outcome, Via
from hall.messages.facts import TicketIssued
from hub.console.look.frame import Actor, Part
from hub.console.look.tongue import said
from hub.console.look.words import WORDS, label
from hub.console.mirror.picture import Picture, TicketSeen
from hub.console.pages.cases import forms
from hub.console.pages.dialog import Dialog
from hub.console.pages.guide.arrivals import Arrivals
from hub.console.pages.guide.booking import Booking
from hub.console.pages.guide.by_hand import ByHandDialog
from hub.console.pages.guide.crowd import Alarms
from hub.console.pages.guide.issue import Issue, Order
from hub.console.pages.guide.lists import Act, Find, Tickets
from hub.console.pages.guide.precheck import PrecheckDialog
from hub.console.pages.guide.reroute import RerouteDialog
from hub.console.pages.guide.seating import EscortCalls, Seating
from hub.console.pages.guide.supplies import SuppliesDialog

#: two short tones: something needs the desk
_BEEP = """(() => { try { const c = window.hallBeep = window.hallBeep || new AudioContext(), t = c.currentTime;
for (const at of [0, .25]) { const o = c.createOscillator(), g = c.createGain(); o.frequency.value = 880; g.gain.value = .08;
o.connect(g).connect(c.destination); o.start(t + at); o.stop(t + at + .15) } } catch (e) {} })()"""


class GuidePage(Part):
    """The desk at the door."""

    def __init__(self, actor: Actor) -> None:
        """Nothing is listed before the first picture."""
        ui.add_head_html('<link rel="stylesheet" href="/console/counter.css">')
        self._actor, self._plan = actor, actor.backstage.plan
        self._picture: Picture | None = None
        self._calling = 0
        self._precheck = PrecheckDialog()
        self._reroute = RerouteDialog(self._plan, self._send_on)
        self._by_hand = ByHandDialog(actor, self._do)
        self._supplies = SuppliesDialog(actor, actor.supplies)
        self._dialogs: tuple[Dialog, ...] = (self._precheck, self._reroute, self._by_hand, self._supplies)
        with ui.element("main").classes("guide"):
            with ui.element("div").classes("desk"):
                self._escorts = EscortCalls(actor)
                self._alarms = Alarms(actor)
                with ui.element("section").classes("card"):
                    self._issue = Issue(self._plan, self._precheck, self._take)
                    self._seating = Seating(self._plan, self._seat_directly)
                    ui.label(label("guide-keys")).classes("keys")
                    ui.button(label("by-hand"), on_click=self._by_hand.ask).props(
                        'flat no-caps dense data-test="by-hand"'
                    )
                    ui.button(label("supplies"), on_click=self._supplies.ask).props(
                        'flat no-caps dense data-test="supplies"'
                    )
                self._alarms.draw_log()
            with ui.element("div").classes("side"):
                self._find = Find(actor, self._acts_of_a_ticket())
                self._missed = Tickets("missed", {"return-ticket": self._return})
                self._desk = Tickets(
                    "at-desk", {"handed-out": self._serve, "return-ticket": self._return}, notes=True
                )
                self._arrivals = Arrivals(actor)
                Booking(actor)
                self._registrations()
        ui.keyboard(self._key, ignore=["input", "select", "textarea"])
        ui.keyboard(self._enter)

    def _acts_of_a_ticket(self) -> dict[str, Act]:
        return {
            "precheck": self._look_through,
            "reroute": self._where_to,
            "return-ticket": self._return,
            "reprint": lambda ticket: self._with(asks.Reprint, ticket),
            "reprint-slip": lambda ticket: self._with(asks.ReprintSlip, ticket),
            "extension": lambda ticket: self._with(
                asks.GrantExtension, ticket, reason=WORDS["extension-reason"].zh
            ),
            "cancel-ticket": lambda ticket: self._with(asks.Cancel, ticket),
        }

    def _registrations(self) -> None:
        """What is followed up: a fault's call-back, a question left open, somebody upset."""
        kinds: dict[str, Callable[[], None]] = {
            "register-fault": lambda: forms.open_fault(self._actor),
            "register-question": lambda: forms.open_first_asked(self._actor),
            "register-upset": lambda: forms.open_upset(self._actor),
        }
        with ui.element("section").classes("card"):
            ui.label(label("register")).classes("title")
            with ui.element("div").classes("acts wide-acts"):
                for word, act in kinds.items():
                    ui.button(label(word), on_click=act, color=None).props(
                        f'no-caps data-test="{word}"'
                    ).classes("act")

    def show(self, picture: Picture) -> None:
        """See :class:`hub.console.look.frame.Part`."""
        self._picture = picture
        self._issue.show(picture)
        self._seating.show(picture)
        self._arrivals.show(picture)
        self._missed.show(picture.missed)
        self._desk.show(picture.desk)
        self._alarms.show(picture)
        self.tick()

    def tick(self) -> None:
        """Whoever waits at the dispenser is heard here at once."""
        self._escorts.tick()
        calling = self._escorts.waiting + self._alarms.standing
        if calling > self._calling:
            ui.run_javascript(_BEEP)
        self._calling = calling

    # ---------------------------------------------------------------- acts

    async def _do(self, kind: Callable[..., asks.AnyAsk], **fields: object) -> bool:
        ask = kind(id=self._actor.backstage.new_id(), actor=self._actor.session.person.login, **fields)
        return await self._actor.do(ask) is not None

    async def _with(self, kind: Callable[..., asks.AnyAsk], ticket: TicketSeen, **fields: object) -> None:
        if await self._do(kind, ticket=ticket.id, **fields):
            self._actor.tell(f"{ticket.number} · {label('done')}")
            await self._find.again()

    async def _take(self, order: Order) -> None:
        ask = asks.TakeTicket(
            id=self._actor.backstage.new_id(),
            actor=self._actor.session.person.login,
            service=order.service,
            lane=order.lane,
            via=Via.DESK,
            situation=order.situation,
            papers=order.papers,
            forms=order.forms,
            aids=order.aids,
            large_print=order.large_print,
        )
        answer = await self._actor.do(ask)
        if answer is not None:
            issued = wire.decode_fact(answer.facts[0])
            number = issued.number if isinstance(issued, TicketIssued) else ""
            told = f"{number} {said(self._plan.services[order.service].name)}"
            ui.notify(told, type="positive", position="bottom", timeout=8000, classes="issued")

    async def _seat_directly(self, window: int, service: str, lane: str, aids: str | None) -> None:
        await self._do(asks.SeatDirectly, window=window, service=service, lane=lane, aids=aids)

    async def _return(self, ticket: TicketSeen) -> None:
        await self._with(asks.ReturnTicket, ticket)

    async def _serve(self, ticket: TicketSeen) -> None:
        await self._with(asks.ServeAtDesk, ticket, outcome=Outcome.DONE, detail=ticket.note or None)

    async def _where_to(self, ticket: TicketSeen) -> None:
        if self._picture is not None:
            self._reroute.ask(ticket, self._picture)

    async def _send_on(self, ticket: TicketSeen, to: str | int | None, lane: str | None, note: str) -> bool:
        done = await self._do(asks.Reroute, ticket=ticket.id, to=to, lane=lane, note=note)
        await self._find.again()
        return done

    async def _look_through(self, ticket: TicketSeen) -> None:
        async def seen(papers: tuple[str, ...], forms_done: tuple[str, ...]) -> bool:
            done = await self._do(asks.NotePrecheck, ticket=ticket.id, papers=papers, forms=forms_done)
            await self._find.again()
            return done

        if ticket.service in self._plan.services:
            self._precheck.ask(
                self._plan, ticket.service, ticket.situation, ticket.papers, ticket.forms, seen
            )

    # ---------------------------------------------------------------- keys

    async def _key(self, event: events.KeyEventArguments) -> None:
        held = event.modifiers.ctrl or event.modifiers.alt or event.modifiers.meta
        if not event.action.keydown or event.action.repeat or held:
            return
        key = str(event.key)
        dialog = next((dialog for dialog in self._dialogs if dialog.is_open), None)
        if dialog is not None:
            dialog.key(key)
        elif key == "/":
            self._find.focus()
        elif key.isdigit():
            self._issue.choose_lane(int(key))
        else:
            press = self._by_letter(key.upper())
            if press is not None:
                await press

    def _by_letter(self, letter: str) -> Coroutine[Any, Any, None] | None:
        plans = self._plan.services.items()
        service = next((key for key, plan in plans if plan.letter == letter and not plan.review), None)
        return None if service is None else self._issue.press(service)

    async def _enter(self, event: events.KeyEventArguments) -> None:
        if event.action.keydown and not event.action.repeat and str(event.key) == "Enter":
            dialog = next((dialog for dialog in self._dialogs if dialog.is_open), None)
            if dialog is not None:
                await dialog.confirm()
