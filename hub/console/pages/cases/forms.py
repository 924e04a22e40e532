"""Forms with which somebody of the staff begins a case; other pages open those that are theirs.

``open_error`` and ``open_upset`` are the clerk's, ``open_fault`` and ``open_first_asked`` the guide desk's and the clerk's, ``open_intake`` and
``open_phone_log`` those of whoever works on cases.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import msgspec
from nicegui import ui

from hall.errors import HallError
from hub.console.cases import figures, intake
from hub.console.cases.book import CallLine
from hub.console.cases.intake import Intake
from hub.console.cases.kinds import Kind, Source
from hub.console.cases.refusals import refused
from hub.console.door.rights import CaseRight
from hub.console.look.frame import Actor, complain
from hub.console.look.tongue import said
from hub.console.look.words import label
from hub.console.pages.cases.dialogs import Asking, long_text

#: What an upset person is upset about.
UPSET = (Kind.STAFF, Kind.CANNOT_BE_DONE, Kind.THIRD_PARTY)
#: From where somebody of the staff takes a case down.
TAKEN = (
    Source.COUNTER,
    Source.PHONE,
    Source.LETTER,
    Source.SUGGESTION_BOOK,
    Source.COMPLAINT_WINDOW,
    Source.GUIDE_DESK,
    Source.HOTLINE,
    Source.MEDIA,
    Source.MYSTERY_CHECK,
)

#: Whoever leaves a number here stands before somebody, and gets a receipt.
HERE = frozenset({Source.COUNTER, Source.COMPLAINT_WINDOW, Source.GUIDE_DESK})


async def begin(actor: Actor, make: Callable[[], Intake]) -> str | None:
    """Begin a case in this person's name; its number is told, and what goes wrong too."""
    code, name = "ok", None
    try:
        if not actor.who.may(CaseRight.OPEN):
            raise refused("not-your-role")
        made = make()
        name = await actor.cases.open(made, actor.who.login)
        here = made.source in HERE and made.personal.phone != ""
        given = here and await actor.hand_receipt(actor.cases.seen.cases[name])
        done = label("case-receipt" if given else "case-registered", id=name)
        ui.notify(done, type="positive", position="bottom", timeout=10_000, classes="issued")
    except HallError as no:
        code = no.code
        complain(no.text)
    await actor.office.note(actor.session, "case open", code, name or "")
    return name


def open_intake(actor: Actor, opened: Callable[[str], None]) -> None:
    """At the counter, in a letter, on a 吐槽找茬 ticket …; `opened(id)` is told."""
    asking = Asking(label("cases-new"))
    kinds = [kind for kind in Kind if kind not in {Kind.BAD_RATING, Kind.FAULT_CALLBACK, Kind.CLERK_ERROR}]
    with asking.body():
        source = _choice("cases-source", {s.value: label(f"case.source.{s.value}") for s in TAKEN})
        kind = _choice("cases-kind", {k.value: label(f"case.kind.{k.value}") for k in kinds})
        about = _line("case-about", "about", 200)
        words = long_text("case-their-words", "words")
        with ui.element("div").classes("case-pair"):
            name, phone = _line("case-name", "name", 40), _line("case-phone", "phone", 24)
            number = _line("case-number", "number", 6)
            window = _window(actor)

    async def done() -> bool:
        taken = await begin(
            actor,
            lambda: intake.complaint(
                _text(about),
                kind=Kind(kind.value),
                source=Source(source.value),
                words=_text(words),
                name=_text(name),
                phone=_text(phone),
                number=_text(number).upper() or None,
                window=window.value,
                owner=_asked_first(actor, Kind(kind.value)),
            ),
        )
        if taken is not None:
            opened(taken)
        return taken is not None

    asking.open(done)


async def open_phone_log(actor: Actor) -> None:
    """A call at the desk's telephone (M22), and how today's were answered."""
    today = actor.cases.now().replace(hour=0, minute=0, second=0, microsecond=0)
    answered = figures.call_figures(await actor.cases.calls(today, today + timedelta(days=1)))
    asking = Asking(label("cases-phone-log"))
    with asking.body():
        ui.label(label("cases-calls", **msgspec.structs.asdict(answered))).props('data-test="calls"')
        ends = {end: label(f"case.call.{end}") for end in ("answered", "first-asked", "missed")}
        end = ui.radio(ends, value="answered").props('data-test="end"')
        rings = ui.number(label("case-rings"), value=1, min=1, max=20, precision=0)
        rings.props('outlined dense data-test="rings"').bind_visibility_from(
            end, "value", lambda e: e != "missed"
        )
        greeted = ui.checkbox(label("case-greeted"), value=True)
        greeted.bind_visibility_from(end, "value", lambda e: e != "missed")
        about = _line("case-about", "about", 200)
        with ui.element("div").classes("case-pair") as person:
            name, phone = _line("case-name", "name", 40), _line("case-phone", "phone", 24)
        person.bind_visibility_from(end, "value", value="first-asked")

    async def done() -> bool:
        case, missed = None, end.value == "missed"
        if end.value == "first-asked":
            login = actor.who.login
            case = await begin(
                actor,
                lambda: intake.first_asked(
                    _text(about), by=login, source=Source.PHONE, name=_text(name), phone=_text(phone)
                ),
            )
            if case is None:
                return False
        await actor.cases.note_call(
            CallLine(
                at=actor.cases.now(),
                by=actor.who.login,
                rings=None if missed else int(rings.value or 1),
                greeted=not missed and bool(greeted.value),
                about=" ".join(_text(about).split())[:200],
                case=case,
            )
        )
        return True

    asking.open(done)


def open_error(
    actor: Actor, *, window: int | None = None, number: str | None = None, ticket: str | None = None
) -> None:
    """A clerk's own error (M20)."""
    asking = Asking(label("case-error"))
    with asking.body():
        about = _line("case-about", "about", 200)
        apologised = ui.checkbox(label("case-apologised")).props('data-test="apologised"')

    async def done() -> bool:
        person = actor.session.person
        made = await begin(
            actor,
            lambda: intake.clerk_error(
                _text(about),
                by=person.login,
                apologised=bool(apologised.value),
                window=window,
                number=number,
                ticket=ticket,
                clerk=person.work_number,
            ),
        )
        return made is not None

    asking.open(done)


def open_upset(
    actor: Actor, *, window: int | None = None, number: str | None = None, ticket: str | None = None
) -> None:
    """Somebody is upset: the kind of case has the steps that now come."""
    asking = Asking(label("case-upset"))
    with asking.body():
        kind = ui.radio({k.value: label(f"case.kind.{k.value}") for k in UPSET}, value=UPSET[0].value)
        kind.props('data-test="upset-kind"')
        about = _line("case-about", "about", 200)
        with ui.element("div").classes("case-pair"):
            name, phone = _line("case-name", "name", 40), _line("case-phone", "phone", 24)

    async def done() -> bool:
        person = actor.session.person
        made = await begin(
            actor,
            lambda: intake.upset(
                _text(about),
                kind=Kind(kind.value),
                by=person.login,
                window=window,
                number=number,
                ticket=ticket,
                clerk=person.work_number,
                name=_text(name),
                phone=_text(phone),
            ),
        )
        return made is not None

    asking.open(done)


def open_first_asked(actor: Actor, *, source: Source = Source.COUNTER, window: int | None = None) -> None:
    """A question that could not be answered on the spot (M16)."""
    asking = Asking(label("case-first-asked"))
    with asking.body():
        about = _line("case-about", "about", 200)
        with ui.element("div").classes("case-pair"):
            name, phone = _line("case-name", "name", 40), _line("case-phone", "phone", 24)

    async def done() -> bool:
        made = await begin(
            actor,
            lambda: intake.first_asked(
                _text(about),
                by=actor.who.login,
                source=source,
                window=window,
                name=_text(name),
                phone=_text(phone),
            ),
        )
        return made is not None

    asking.open(done)


def open_fault(actor: Actor, *, source: Source = Source.GUIDE_DESK) -> None:
    """Somebody leaves a number until a device works again (M5)."""
    picture = actor.backstage.picture
    members = () if picture is None else picture.members
    troubles = {
        f"{m.member} {alert}": f"{m.member}: {said(text)}"
        for m in members
        for alert, text in zip(m.alerts, m.troubles, strict=True)
    }
    asking = Asking(label("case-fault"))
    with asking.body():
        other = {"": label("case-other-fault")}
        device = ui.select(troubles | other, value=next(iter(troubles), ""), label=label("case-device"))
        device.props('outlined translate=no data-test="device"').classes("wide")
        about = _line("case-about", "about", 200)
        with ui.element("div").classes("case-pair"):
            name, phone = _line("case-name", "name", 40), _line("case-phone", "phone", 24)

    async def done() -> bool:
        member, _, alert = str(device.value or "").partition(" ")
        usual = troubles.get(str(device.value or ""), "")
        made = await begin(
            actor,
            lambda: intake.fault(
                _text(about) or usual,
                phone=_text(phone),
                by=_asked_first(actor, Kind.FAULT_CALLBACK),
                name=_text(name),
                source=source,
                member=member or None,
                alert=alert or None,
            ),
        )
        return made is not None

    asking.open(done)


def _asked_first(actor: Actor, kind: Kind) -> str | None:
    """Whoever was asked first owns it; those whose work cases are leave it to the role that the kind names."""
    theirs = kind is Kind.FIRST_ASKED or not actor.who.may(CaseRight.WORK)
    return actor.who.login if theirs else None


def _text(box: ui.input | ui.textarea) -> str:
    return str(box.value or "").strip()


def _line(name: str, test: str, most: int) -> ui.input:
    return ui.input(label(name)).props(f'outlined dense maxlength={most} data-test="{test}"').classes("wide")


def _choice(name: str, options: dict[str, str]) -> ui.select:
    box = ui.select(options, value=next(iter(options)), label=label(name))
    return box.props(f'outlined dense options-dense data-test="form-{name}"').classes("wide")


def _window(actor: Actor) -> ui.select:
    windows = {w.window: label("case-window", n=w.window) for w in actor.backstage.plan.windows}
    box = ui.select(windows, label=label("page.clerk"), clearable=True)
    return box.props("outlined dense options-dense").classes("wide")
