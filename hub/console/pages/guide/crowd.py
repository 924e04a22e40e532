"""Alarms at the desk, each with its answer; a line past its limit with the procedure that helps (M7), and the log of what was done.

Rules:

* Named are the staff who sit nowhere now, the reserve that the hall pages by itself first; a press pages anybody. Proposed is what the alarm itself suggests, as things stood when it rang.
* The one public sentence is offered only while it is true.
* Whatever is done is answered to the alarm: who, what and when stands in the log, and when the line was back under its limit.
* A call for help without a word is for the duty officer and the manager alone.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, Final

import msgspec
from nicegui import ui

from hall.messages import asks
from hall.messages.answers import BoardAlarm
from hall.messages.common import AlarmCode, AlarmLevel, NoticeKind, Remedy
from hall.messages.facts import Suggestion
from hall.text import Text
from hub.console.door.rights import MAY_ASK, Role
from hub.console.look.frame import Actor
from hub.console.look.tongue import said
from hub.console.look.words import WORDS, label
from hub.console.mirror.picture import Picture
from hub.console.mirror.procedure import Breach, Deed, Did
from hub.domain.paging import CROWDED

#: what is answered with a press
QUICK: Final = ("did.window", "did.told", "did.seen")
_HELPERS: Final = frozenset({Role.DUTY_OFFICER, Role.MANAGER})
#: shown at most
_BREACHES, _DEEDS = 3, 12


class Situation(msgspec.Struct, frozen=True, kw_only=True):
    """What is drawn: nothing is drawn again while this is the same."""

    alarms: tuple[BoardAlarm, ...]
    breaches: tuple[Breach, ...]
    reserve: tuple[str, ...]
    #: who was paged, and whether they come
    paged: tuple[tuple[str, bool | None], ...]
    sentence: bool


def situation(picture: Picture, staff: tuple[str, ...], roles: frozenset[Role]) -> Situation:
    """The alarms that this person sees, and what can be done about them."""
    seated = {w.clerk for w in picture.windows.values()}
    secret = not roles & _HELPERS
    alarms = [
        alarm
        for alarm in picture.board.alarms
        if alarm.level is not AlarmLevel.NOTICE and not (secret and alarm.code is AlarmCode.HELP_CALLED)
    ]
    return Situation(
        alarms=tuple(sorted(alarms, key=lambda alarm: (alarm.level is not AlarmLevel.URGENT, alarm.at))),
        breaches=picture.breaches[:_BREACHES],
        reserve=tuple(number for number in staff if number not in seated),
        paged=tuple((page.clerk, page.coming) for page in picture.pages),
        sentence=NoticeKind.CROWD in picture.true,
    )


class Alarms:
    """What stands, and what was done about it."""

    def __init__(self, actor: Actor) -> None:
        """Nothing stands yet."""
        self._actor, self._plan = actor, actor.backstage.plan
        self._roles = actor.session.person.roles
        self._drawn: Situation | None = None
        self._picture: Picture | None = None
        with ui.element("section").classes("card alarms") as self._card:
            ui.label(label("alarms")).classes("title")
            self._rows = ui.element("div").props('data-test="alarms" aria-live="assertive"')

    def draw_log(self) -> None:
        """Where the container is open: what was done, and when the line was back under its limit."""
        with ui.element("section").classes("card") as self._log_card:
            ui.label(label("crowd-log")).classes("title")
            self._log = ui.element("div").props('data-test="crowd-log"')

    @property
    def standing(self) -> int:
        """How many nobody has answered."""
        return 0 if self._drawn is None else sum(alarm.did is None for alarm in self._drawn.alarms)

    def show(self, picture: Picture) -> None:
        """See :class:`hub.console.look.frame.Part`."""
        self._picture = picture
        staff = tuple(dict.fromkeys((*self._plan.reserve, *self._plan.work_numbers)))
        now = situation(picture, staff, frozenset(self._roles))
        if now == self._drawn:
            return
        self._drawn = now
        self._card.set_visibility(bool(now.alarms))
        self._rows.clear()
        with self._rows:
            for alarm in now.alarms:
                self._alarm(alarm, now)
        self._log_card.set_visibility(bool(now.breaches))
        self._log.clear()
        with self._log:
            for breach in now.breaches:
                _draw_breach(breach, self._services)

    def _alarm(self, alarm: BoardAlarm, now: Situation) -> None:
        with ui.element("div").classes(f"alarm {alarm.level.value}").props(f'data-test="{alarm.alarm}"'):
            ui.label(f"{alarm.at:%H:%M} {said(alarm.text)}").classes("situation")
            if alarm.did is not None:
                with ui.element("div").classes("line"):
                    ui.label(label("answered")).classes("time")
                    ui.label(alarm.did).props("translate=no")
            if alarm.code in CROWDED:
                self._procedure(alarm, now)
            with ui.element("div").classes("acts"):
                if alarm.code is AlarmCode.HELP_CALLED and alarm.window is not None:
                    self._button("help-over", label("help-over"), partial(self._help_over, alarm.window))
                for word in QUICK:
                    self._button(
                        word.replace(".", "-"), label(word), partial(self._answer, alarm, WORDS[word].zh)
                    )
                box = ui.input(placeholder=label("did.other"))
                box.props(f'dense outlined maxlength=200 aria-label="{label("did.other")}"')
                box.on("keydown.enter", lambda: self._typed(alarm, box))

    def _procedure(self, alarm: BoardAlarm, now: Situation) -> None:
        """The steps that help, each with a press."""
        with ui.element("ol").classes("steps"):
            with ui.element("li"):
                ui.label(label("crowd.reserve"))
                with ui.element("div").classes("acts"):
                    for number in now.reserve:
                        self._colleague(alarm, number, dict(now.paged))
                    if not now.reserve:
                        ui.label(label("crowd.nobody")).classes("time")
            with ui.element("li"):
                self._suggestion(alarm, alarm.suggest)
            with ui.element("li"):
                if now.sentence:
                    self._button("crowd-say", label("crowd.say"), lambda: self._say(alarm))
                else:
                    ui.label(label("crowd.say-later")).classes("time")

    def _colleague(self, alarm: BoardAlarm, number: str, paged: dict[str, bool | None]) -> None:
        """Somebody who sits nowhere: to be paged, or what they said."""
        coming = paged.get(number, False)
        if coming is not False:
            said_so = label("paged.waits" if coming is None else "paged.comes", clerk=number)
            ui.label(said_so).classes("time").props(f'data-test="paged-{number}"')
            return
        text = label("paged.unable", clerk=number) if number in paged else number
        self._button("page", text, partial(self._page, alarm, number))

    def _suggestion(self, alarm: BoardAlarm, suggest: Suggestion | None) -> None:
        if suggest is None:
            ui.label(label("crowd.no-remedy")).classes("time")
            return
        service = self._plan.services.get(suggest.service or "")
        name = Text(zh="", en="") if service is None else service.name
        fields = {"window": suggest.window, "service": said(name)}
        written = WORDS[f"remedy.{suggest.what.value}"].zh.format(window=suggest.window, service=name.zh)
        may = any("set_profile" in MAY_ASK[role] for role in self._roles)
        act = partial(self._answer, alarm, written)
        if may and suggest.what is Remedy.HELPER:
            act = partial(self._help_out, alarm, suggest, written)
        self._button("remedy", label(f"remedy.{suggest.what.value}", **fields), act)

    @staticmethod
    def _button(test: str, text: str, act: Callable[[], Coroutine[Any, Any, None]]) -> None:
        ui.button(text, on_click=act, color=None).props(f'no-caps dense data-test="{test}"').classes("act")

    # ---------------------------------------------------------------- acts

    async def _answer(self, alarm: BoardAlarm, did: str) -> None:
        await self._do(asks.AnswerAlarm, alarm=alarm.alarm, did=did)

    async def _page(self, alarm: BoardAlarm, clerk: str) -> None:
        await self._do(asks.PageClerk, alarm=alarm.alarm, clerk=clerk)

    async def _help_over(self, window: int) -> None:
        await self._do(asks.EndHelp, window=window)

    async def _typed(self, alarm: BoardAlarm, box: ui.input) -> None:
        did = str(box.value or "").strip()
        if did:
            await self._answer(alarm, did)

    async def _say(self, alarm: BoardAlarm) -> None:
        if await self._do(asks.Broadcast, kind=NoticeKind.CROWD):
            await self._answer(alarm, WORDS["crowd.said"].zh)

    async def _help_out(self, alarm: BoardAlarm, suggest: Suggestion, written: str) -> None:
        picture = self._picture
        if picture is None or suggest.service is None:
            return
        at = picture.windows[suggest.window]
        helps = tuple(dict.fromkeys((*at.helps, suggest.service)))
        if await self._do(asks.SetProfile, window=at.window, serves=at.services, helps=helps):
            await self._answer(alarm, written)

    async def _do(self, ask_of: Callable[..., asks.AnyAsk], **fields: object) -> bool:
        actor = self._actor
        ask = ask_of(id=actor.backstage.new_id(), actor=actor.session.person.login, **fields)
        return await actor.do(ask) is not None

    def _services(self, keys: tuple[str, ...]) -> str:
        return "、".join(
            said(plan.name) for key in keys if (plan := self._plan.services.get(key)) is not None
        )


def _draw_breach(breach: Breach, services: Callable[[tuple[str, ...]], str]) -> None:
    ui.label(f"{breach.at:%H:%M} {said(breach.text)}").classes("situation")
    with ui.element("ol").classes("trail"):
        for deed in breach.deeds[-_DEEDS:]:
            with ui.element("li"):
                ui.label(_deed(deed, services))
                if isinstance(deed.said, str):
                    ui.label(f"{deed.who or ''} {deed.said}".strip()).props("translate=no")
    if breach.ended is None:
        ui.label(label("crowd.stands")).classes("time")
    else:
        minutes = max(1, round((breach.ended - breach.at).total_seconds() / 60))
        ui.label(label("crowd.over", at=f"{breach.ended:%H:%M}", n=minutes)).classes("good")


def _deed(deed: Deed, services: Callable[[tuple[str, ...]], str]) -> str:
    what = label(f"deed.{deed.did.value}")
    more = {
        Did.ANSWERED: "",
        **dict.fromkeys((Did.PAGED, Did.COMING, Did.UNABLE), deed.who or ""),
        Did.OPENED: "" if deed.window is None else f"{label('window-n', n=deed.window)} {deed.who or ''}",
        Did.PROFILE: "" if deed.window is None else label("window-n", n=deed.window),
        Did.TOLD: said(deed.said) if isinstance(deed.said, Text) else "",
    }[deed.did]
    return " ".join(part for part in (f"{deed.at:%H:%M}", what, more, services(deed.services)) if part)
