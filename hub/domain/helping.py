"""Silent help: a clerk calls the duty officer without a word at the counter (M33).

Rules:

* Who sits at a window calls; whether a ticket is open there does not matter. It stands until somebody says that it is over, or the
  day closes, and is called once.
* Nothing of it is spoken, shown on a sign or printed: it rings as an alarm for the duty officer (:mod:`hub.domain.alarm_cases`),
  in every hall, whatever its policy says of alarms.
"""

from __future__ import annotations

from datetime import datetime

from hall.messages.asks import CallHelp, EndHelp
from hall.messages.facts import HelpCalled, HelpEnded
from hub.domain.moments import micros, seconds
from hub.domain.refusals import refused
from hub.domain.state import State
from hub.domain.windows import seated


def call_help(s: State, order: CallHelp, at: datetime) -> list[HelpCalled]:
    """Somebody should come. Refuses ``closed``, ``unknown-window``, ``not-seated``, ``help-called``."""
    if not s.open:
        raise refused("closed")
    window, clerk = seated(s, order.window)
    if window.number in s.helps:
        raise refused("help-called")
    ticket = window.ticket
    return [
        HelpCalled(
            n=s.n + 1,
            at=at,
            window=window.number,
            clerk=clerk,
            ticket=None if ticket is None else ticket.id,
            number=None if ticket is None else ticket.number,
        )
    ]


def end_help(s: State, order: EndHelp, at: datetime) -> list[HelpEnded]:
    """It is over. Refuses ``no-help-called``."""
    called = s.helps.get(order.window)
    if called is None:
        raise refused("no-help-called")
    stood = seconds(micros(at) - micros(called.at))
    return [HelpEnded(n=s.n + 1, at=at, window=order.window, seconds=stood)]


def on_called(s: State, fact: HelpCalled) -> None:
    """It stands."""
    s.helps[fact.window] = fact


def on_ended(s: State, fact: HelpEnded) -> None:
    """It stands no more."""
    s.helps.pop(fact.window, None)
