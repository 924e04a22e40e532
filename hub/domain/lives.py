"""The lives of a ticket: what may be done with it where it stands, and where it stands then. The rules look it up here.

Rules:

* Every deed on every ticket has an answer in :data:`TABLE`: where the ticket stands then, or the code with which it is refused.
* Deeds *at a window* (:data:`AT_WINDOW`) name the window, not the ticket: they mean the ticket that is open there, which is called or
  being served. Where none is open the answer is ``not-called``, as for a ticket that stands elsewhere.
* A deed may be refused for other reasons too: a window that is taken, a lock, an ending that owes a word.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

from hub.domain.refusals import refused
from hub.domain.state import State
from hub.domain.ticket import DESK, Life, Ticket


class Standing(Enum):
    """Where a ticket stands: its life, and for one that waits, where."""

    WAITING = "waiting"
    #: in the own line of a window that has no clerk any more
    STRANDED = "stranded"
    AT_DESK = "at the desk"
    CALLED = "called"
    SERVING = "serving"
    PARKED = "parked"
    MISSED = "missed"
    DONE = "done"
    CANCELLED = "cancelled"
    LEFT = "left"


class Deed(Enum):
    """What somebody does with a ticket, by the ask's name."""

    CALL_TICKET = "call_ticket"
    RECALL = "recall"
    NO_SHOW = "no_show"
    START = "start"
    ACCEPT = "accept"
    FINISH = "finish"
    TRANSFER = "transfer"
    PARK = "park"
    RESUME_TICKET = "resume_ticket"
    RETURN_TICKET = "return_ticket"
    SERVE_AT_DESK = "serve_at_desk"
    CANCEL = "cancel"
    GRANT_EXTENSION = "grant_extension"
    NOTE_PRECHECK = "note_precheck"
    REROUTE = "reroute"


#: Deeds on the ticket that is open at a window.
AT_WINDOW: Final = frozenset(
    {Deed.RECALL, Deed.NO_SHOW, Deed.START, Deed.ACCEPT, Deed.FINISH, Deed.TRANSFER, Deed.PARK}
)
_S, _D = Standing, Deed
#: Where a ticket stands after a deed, or why the deed is refused.
Answers = dict[Deed, Standing | str]


def _answers(**given: Standing | str) -> Answers:
    """The answers for one standing; for a deed that is not named, what is usual where no ticket is open."""
    usual: Answers = {
        **dict.fromkeys(AT_WINDOW, "not-called"),
        _D.CALL_TICKET: "not-waiting",
        _D.RESUME_TICKET: "not-parked",
        _D.RETURN_TICKET: "not-missed",
        _D.SERVE_AT_DESK: "not-at-desk",
        _D.CANCEL: _S.CANCELLED,
        _D.REROUTE: "not-waiting",
    }
    return usual | {Deed(name): answer for name, answer in given.items()}


def _noted(standing: Standing) -> Answers:
    """What is only noted leaves a ticket where it stands."""
    return {_D.GRANT_EXTENSION: standing, _D.NOTE_PRECHECK: standing}


_OVER: Final = _answers(
    call_ticket="ticket-closed",
    return_ticket="ticket-closed",
    cancel="ticket-closed",
    grant_extension="ticket-closed",
    note_precheck="ticket-closed",
    reroute="ticket-closed",
)
#: A finished ticket that a window wants back waits there instead of being done.
TABLE: Final[dict[Standing, Answers]] = {
    _S.WAITING: _answers(call_ticket=_S.CALLED, reroute=_S.WAITING) | _noted(_S.WAITING),
    _S.STRANDED: _answers(call_ticket=_S.CALLED, return_ticket=_S.WAITING, reroute=_S.WAITING)
    | _noted(_S.STRANDED),
    _S.AT_DESK: _answers(call_ticket=_S.CALLED, return_ticket=_S.WAITING, serve_at_desk=_S.DONE)
    | _noted(_S.AT_DESK),
    _S.CALLED: _answers(
        recall=_S.CALLED,
        no_show=_S.MISSED,
        start=_S.SERVING,
        accept=_S.SERVING,
        finish=_S.DONE,
        transfer=_S.WAITING,
        park=_S.PARKED,
    )
    | _noted(_S.CALLED),
    _S.SERVING: _answers(
        recall="already-started",
        no_show="already-started",
        start="already-started",
        accept=_S.SERVING,
        finish=_S.DONE,
        transfer=_S.WAITING,
        park=_S.PARKED,
        cancel="already-started",
    )
    | _noted(_S.SERVING),
    _S.PARKED: _answers(resume_ticket=_S.SERVING) | _noted(_S.PARKED),
    _S.MISSED: _answers(return_ticket=_S.WAITING) | _noted(_S.MISSED),
    _S.DONE: _OVER,
    _S.CANCELLED: _OVER,
    _S.LEFT: _OVER,
}


def standing(s: State, ticket: Ticket) -> Standing:
    """Where a ticket stands now."""
    if ticket.life is Life.WAITING:
        if ticket.place == DESK:
            return Standing.AT_DESK
        if isinstance(ticket.place, int) and not has_clerk(s, ticket.place):
            return Standing.STRANDED
    return Standing(ticket.life.value)


def has_clerk(s: State, window: int) -> bool:
    """Whether somebody sits at a window; nobody does at one the hall does not know."""
    known = s.windows.get(window)
    return known is not None and known.clerk is not None


def check(s: State, ticket: Ticket, deed: Deed) -> Standing:
    """Where the ticket stands, if the deed may be done there. Refuses what the table says."""
    now = standing(s, ticket)
    answer = TABLE[now][deed]
    if isinstance(answer, str):
        raise refused(answer)
    return now
