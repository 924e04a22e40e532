"""The clerk's page: one large Next, the person at the window, what to say and ask for, and what waits. Every act has a key."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from nicegui import events, ui

from hall.messages import asks
from hub.console.book.reading import Book
from hub.console.cases.intake import Intake
from hub.console.look.frame import Actor, Part, complain
from hub.console.look.words import WORDS
from hub.console.mirror.picture import Picture, TicketSeen, WindowSeen
from hub.console.pages.cases.forms import begin
from hub.console.pages.clerk import choices
from hub.console.pages.clerk.buttons import Act, Buttons
from hub.console.pages.clerk.choices import Ending
from hub.console.pages.clerk.current import Current
from hub.console.pages.clerk.dialogs.finish import FinishDialog
from hub.console.pages.clerk.dialogs.record import ExtensionDialog, RecordDialog
from hub.console.pages.clerk.dialogs.sending import CallDialog, PauseDialog, TransferDialog
from hub.console.pages.clerk.papers import Papers
from hub.console.pages.clerk.queue import Aside, Day, Line
from hub.console.pages.clerk.script import Script
from hub.console.pages.clerk.seats import Seats
from hub.console.pages.dialog import Dialog
from hub.domain.ticket import Life


class ClerkPage(Part):
    """One clerk at one window."""

    def __init__(self, actor: Actor, book: Book) -> None:
        """Nothing is shown before the first picture."""
        self._actor, self._plan = actor, actor.backstage.plan
        self._picture: Picture | None = None
        self._at: WindowSeen | None = None
        self._second = 0
        ui.add_head_html('<link rel="stylesheet" href="/console/counter.css">')
        person = actor.session.person
        self._finish = FinishDialog(self._plan, book, self._ask_finish)
        self._transfer = TransferDialog(self._plan, book, self._ask_transfer)
        self._pause = PauseDialog(self._ask_pause)
        self._call = CallDialog(self._call_number)
        self._record = RecordDialog(person.login, person.work_number, self._begin_case)
        self._extension = ExtensionDialog(self._ask_extension)
        self._dialogs: tuple[Dialog, ...] = (
            self._finish, self._transfer, self._pause, self._call, self._record, self._extension,
        )  # fmt: skip
        self._seats = Seats(self._plan, self._sit)
        with ui.element("main").classes("clerk") as self._desk:
            with ui.element("div").classes("counter"):
                with ui.element("section").classes("card current"):
                    self._current = Current(self._plan)
                    self._buttons = Buttons(self._acts())
                    self._papers = Papers(self._plan)
                self._script = Script(book, self._plan)
            with ui.element("div").classes("side"):
                self._line = Line(self._plan, self._call_one)
                self._aside = Aside(self._take_up)
                self._day = Day()
        ui.keyboard(self._key, ignore=["input", "select", "textarea"])
        ui.keyboard(self._enter)

    def _acts(self) -> dict[str, Act]:
        return {
            "next": self._next,
            "start": self._asking(asks.Start),
            "accept": self._asking(asks.Accept),
            "finish": lambda: self._open_finish(then_next=False),
            "recall": self._asking(asks.Recall),
            "no-show": self._asking(asks.NoShow),
            "park": self._asking(asks.Park),
            "transfer": self._open_transfer,
            "call-one": self._open_call,
            "pause": self._pause_or_resume,
            "extension": self._open_extension,
            "record": self._open_record,
            "undo": self._asking(asks.Undo),
            "script": self._look_up,
            "help": self._call_help,
            "leave": self._asking(asks.Leave),
        }

    def _asking(self, kind: Callable[..., asks.AnyAsk]) -> Act:
        async def act() -> None:
            await self._window(kind)

        return act

    def show(self, picture: Picture) -> None:
        """See :class:`hub.console.look.frame.Part`."""
        self._picture, seat = picture, self._actor.seat
        self._at = None if seat is None else picture.windows[seat]
        self._desk.set_visibility(self._at is not None)
        self._seats.show(picture, visible=self._at is None)
        if self._at is not None:
            self._current.show(self._at)
            self._papers.show(self._at.ticket)
            self._line.show(self._at)
            self._aside.show(self._at)
            number = self._actor.session.person.work_number
            if number is not None:
                self._day.show(self._actor.backstage.my_day(number))
            self._second = 0
            self.tick()

    def tick(self) -> None:
        """The clocks: time beside the number, what may be done now, what is to be said when the target has passed."""
        at, picture = self._at, self._picture
        now = datetime.now().astimezone()
        if at is None or picture is None or int(now.timestamp()) == self._second:
            return  # sixty of these pages are open: nothing here is finer than a second
        self._second = int(now.timestamp())
        self._current.tick(now)
        board = next((w for w in picture.board.windows if w.window == at.window), None)
        may_undo = board is not None and board.undo is not None and now <= board.undo.until
        self._buttons.show(at, choices.allowed(at, now, may_undo=may_undo))
        self._script.show(choices.moment(at, self._plan, late=self._current.late(now)), at.minutes)

    # ---------------------------------------------------------------- acts

    async def _window(self, kind: Callable[..., asks.AnyAsk], **fields: object) -> bool:
        if self._at is None:
            return False
        return await self._do(kind, window=self._at.window, **fields)

    async def _do(self, kind: Callable[..., asks.AnyAsk], **fields: object) -> bool:
        ask = kind(id=self._actor.backstage.new_id(), actor=self._actor.session.person.login, **fields)
        return await self._actor.do(ask) is not None

    async def _sit(self, window: int) -> None:
        number = self._actor.session.person.work_number
        if number is not None:
            await self._do(asks.Sit, window=window, clerk=number)

    async def _next(self) -> None:
        if self._at is not None and self._at.ticket is not None:
            await self._open_finish(then_next=True)
        else:
            await self._window(asks.CallNext)

    async def _open_finish(self, *, then_next: bool) -> None:
        if self._at is not None and self._at.ticket is not None:
            papers = self._papers.all(), self._papers.open_ones()
            self._finish.ask(self._at.ticket, *papers, then_next=then_next)

    async def _open_transfer(self) -> None:
        if self._at is not None and self._picture is not None:
            self._transfer.ask(self._at, self._picture.windows.values())

    async def _open_call(self) -> None:
        self._call.ask()

    async def _open_extension(self) -> None:
        self._extension.ask()

    async def _open_record(self) -> None:
        if self._at is not None:
            self._record.ask(self._at)

    async def _look_up(self) -> None:
        self._script.look_up()

    async def _pause_or_resume(self) -> None:
        if self._at is not None and self._at.paused is not None:
            await self._window(asks.Resume)
        elif self._at is not None:
            self._pause.ask(self._at, self._plan)

    async def _call_help(self) -> None:
        calling = self._at is not None and self._at.help is None
        await self._window(asks.CallHelp if calling else asks.EndHelp)

    async def _ask_finish(self, ended: Ending, then_next: bool) -> bool:  # noqa: FBT001 - the dialog's answer
        done = await self._window(asks.Finish, **ended.fields())
        if done and then_next:
            await self._window(asks.CallNext)
        return done

    async def _ask_transfer(self, to: str | int, note: str, carry: bool, back: bool) -> bool:  # noqa: FBT001 - the dialog's answer
        return await self._window(asks.Transfer, to=to, note=note, carry=carry, back=back)

    async def _ask_pause(self, reason: str, until: datetime | None) -> bool:
        return await self._window(asks.Pause, reason=reason, until=until)

    async def _ask_extension(self, reason: str) -> bool:
        ticket = None if self._at is None else self._at.ticket
        return ticket is not None and await self._do(asks.GrantExtension, ticket=ticket.id, reason=reason)

    async def _begin_case(self, intake: Intake) -> bool:
        return await begin(self._actor, lambda: intake) is not None

    async def _call_number(self, number: str) -> bool:
        found = await asyncio.wrap_future(self._actor.backstage.find(number))
        if found is None:
            complain(WORDS["not-found"])
            return False
        return await self._window(asks.CallTicket, ticket=found.id)

    async def _call_one(self, ticket: TicketSeen) -> None:
        await self._window(asks.CallTicket, ticket=ticket.id)

    async def _take_up(self, ticket: TicketSeen) -> None:
        if ticket.life is Life.PARKED:
            await self._window(asks.ResumeTicket, ticket=ticket.id)

    # ---------------------------------------------------------------- keys

    async def _key(self, event: events.KeyEventArguments) -> None:
        held = event.modifiers.ctrl or event.modifiers.alt or event.modifiers.meta
        if self._at is None or not event.action.keydown or event.action.repeat or held:
            return
        key = str(event.key).lower()
        dialog = next((dialog for dialog in self._dialogs if dialog.is_open), None)
        if dialog is not None:
            dialog.key(key)
        elif key.isdigit():
            self._papers.toggle(int(key))
        else:
            act = self._buttons.by_key(key)
            if act is not None:
                await act()

    async def _enter(self, event: events.KeyEventArguments) -> None:
        """Enter where it is nobody's own key: the open dialog is confirmed."""
        if event.action.keydown and not event.action.repeat and str(event.key) == "Enter":
            dialog = next((dialog for dialog in self._dialogs if dialog.is_open), None)
            if dialog is not None:
                await dialog.confirm()
