"""What a sign says in each state: desired state in, lines of the hall's words out. Pure, no dots and no clock.

Rules:

* A call shows the number first and alone, flashing, on the first frame; then the sentence passes, and its pages stay. Every round
  flashes again.
* An idle window may greet people (festival words, a tip of the day): its last page, never a call's.
* A window that cannot serve leads people on (C7): its pages alternate with the windows open now for the same services, or the
  guide desk when there is none. A sentence that promises a time stands only where the hub gave that time.
* Who is old, sick or in need is never shown, only 爱心窗口 优先.
* A state this program does not know (a newer hub) shows the plain window name, never nothing and never the state before.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from hall.clock import Seconds
from hall.messages.common import WindowNumber
from hall.messages.wants import Display
from hall.words import say

HOLD: Seconds = 3.0
"""How long a page stays when there are several."""
#: arrows by where the way out is, as repeated on the evacuation page
ARROWS = {"left": "←", "right": "→", "up": "↑", "down": "↓"}


class Line(msgspec.Struct, frozen=True):
    """One page's text, and what stands for it where it does not fit and its words do not fit one by one either."""

    text: str
    #: pages for narrow signs; empty: the text scrolls
    short: tuple[str, ...] = ()
    hold: Seconds = HOLD


class Windows(msgspec.Struct, frozen=True):
    """A page that names windows; the sign puts as many on a page as fit."""

    numbers: tuple[WindowNumber, ...]


class Names(msgspec.Struct, frozen=True):
    """The idle pages: the window and what is served there, as many whole names on a page as fit."""

    window: WindowNumber
    services: tuple[str, ...]


class Script(msgspec.Struct, frozen=True):
    """Everything a sign shows in one state. Equal scripts look alike, so a sign need not start again."""

    pages: tuple[Line | Windows | Names, ...] = ()
    #: a number that is shown alone and flashes before the pages begin
    flash: str | None = None
    #: a sentence that passes once after the flashing
    passing: str | None = None
    #: tells one call of a number from the next, so that each flashes
    round: int = 0
    #: why the state could not be shown as it was asked for
    trouble: str | None = None


BLANK = Script()
"""A dark panel."""


def recovering() -> Script:
    """Hub or broker are away, and there is nothing true to show any more."""
    return Script((_line("sign.recovering"),))


def offline(number: str) -> Script:
    """Hub or broker are away; the last call still stands."""
    return Script((_line("sign.offline", number=number),))


def who_am_i(member: str, window: WindowNumber | None) -> Script:
    """The technician's page."""
    return Script((Line(member if window is None else f"{member} {window_text(window, ())}"),))


def tested(member: str, window: WindowNumber | None, *, passed: bool) -> Script:
    """The technician's pages after a self-test: who this is, and what came of it."""
    result = (
        _line("sign.selftest")
        if passed
        else _line("sign.selftest.failed", _short("sign.short.selftest.failed"))
    )
    return Script((*who_am_i(member, window).pages, result))


def wording(want: Display, exit_to: str | None = None) -> Script:
    """The pages of a desired state. `exit_to` (left, right, up, down) draws the arrow of the evacuation page; None: no arrow."""
    match want.mode:
        case "called" | "serving" if want.number is None:
            return _plain(want, "number-missing")
        case "idle":
            return Script((*_idle(want), *_extended(want)))
        case "called":
            return _called(want)
        case "serving":
            return Script((_line("sign.serving", number=want.number), *_extended(want)))
        case "rate":
            return Script((_line("sign.rate"),))
        case "thanks":
            return Script((_line("sign.thanks"),))
        case "paused":
            until = () if want.until is None else (_line("sign.pause.until", time=want.until),)
            return Script((_line("sign.pause"), _elsewhere(want), *until))
        case "lunch":
            short = say("sign.short.lunch").zh
            lunch = (
                Line(short)
                if want.until is None
                else _line("sign.lunch", (short, want.until), time=want.until)
            )
            return Script((lunch, *_others(want)))
        case "closed":
            short = say("sign.short.closed").zh
            return Script(
                (
                    Line(short)
                    if want.opens is None
                    else _line("sign.closed", (short, want.opens), time=want.opens),
                )
            )
        case "closed-window":
            return Script((_line("sign.closed.window", _short("sign.short.closed.window")), *_others(want)))
        case "fault":
            return Script((_line("sign.fault"), _elsewhere(want)))
        case "fault-long":
            return Script((_line("sign.fault.long"), _elsewhere(want)))
        case "carry":
            serving = () if want.number is None else (_line("sign.serving", number=want.number),)
            return Script((_line("sign.carry", _short("sign.short.carry")), *serving))
        case "notice":
            return _notice(want)
        case "evacuate":
            arrow = () if exit_to is None else (Line(" ".join(ARROWS[exit_to] * 3), hold=1.0),)
            leave = _line("sign.evacuate", _short("sign.short.evacuate"))
            return Script((msgspec.structs.replace(leave, hold=2.0), *arrow))
        case _:
            return _plain(want, "mode-unknown")


def _notice(want: Display) -> Script:
    """The notice, and what the window would show without it: people look for a window all the same."""
    if want.notice is None:
        return _plain(want, "notice-missing")
    closed = _line("sign.closed.window", _short("sign.short.closed.window"))
    usual = _idle(want) if want.clerk is not None else [Names(want.window, ()), closed]
    return Script((Line(want.notice.zh), *usual))


def _called(want: Display) -> Script:
    number = want.number or ""
    short = (number, say("sign.short.call", window=want.window).zh)
    here = _line("sign.call", short, number=number)
    there = _line("sign.call.own", short, number=number, window=want.window)
    again = (_line("sign.recall", (number,), number=number),) if want.round >= 2 else ()
    pages = (*again, here) if again else (here, there)
    passing = say("sign.call.passing", number=number, window=want.window).zh
    return Script(pages, flash=number, passing=passing, round=want.round)


def _idle(want: Display) -> list[Line | Names]:
    pages: list[Line | Names] = [Names(want.window, tuple(name.zh for name in want.services))]
    if want.review:
        pages.append(_line("sign.review"))
    if want.heart:
        pages.append(_line("sign.idle.heart"))
    if want.clerk is not None:
        pages.append(_line("sign.idle.clerk", clerk=want.clerk))
    if want.greeting is not None:
        pages.append(Line(want.greeting.zh))
    return pages


def _extended(want: Display) -> tuple[Line, ...]:
    return (_line("sign.extended", _short("sign.short.extended")),) if want.extended else ()


def _elsewhere(want: Display) -> Line | Windows:
    """Where people go instead: open windows, or the guide desk."""
    others = _others(want)
    return others[0] if others else _line("sign.pause.desk")


def _others(want: Display) -> tuple[Windows, ...]:
    numbers = tuple(n for n in dict.fromkeys(want.others) if n != want.window)
    return (Windows(numbers),) if numbers else ()


def _plain(want: Display, trouble: str) -> Script:
    return Script((Names(want.window, ()),), trouble=trouble)


def windows_text(numbers: Sequence[WindowNumber], *, short: bool = False) -> str:
    """``请到2号4号窗口``, or ``请到2号4号`` for narrow signs."""
    zh, en = "".join(f"{n}号" for n in numbers), ", ".join(map(str, numbers))
    return say("sign.short.other" if short else "sign.pause.other", windows=zh, windows_en=en).zh


def window_text(window: WindowNumber, services: Sequence[str], *, short: bool = False) -> str:
    """``3号窗口 提取 咨询``, or ``3号 提取 咨询`` where that is too long."""
    key = "sign.short.idle" if short else "sign.idle"
    return say(key, window=window, service=" ".join(services), service_en="").zh.strip()


def _line(key: str, short: tuple[str, ...] = (), **fields: object) -> Line:
    return Line(say(key, **fields).zh, short)


def _short(key: str) -> tuple[str, ...]:
    return (say(key).zh,)
