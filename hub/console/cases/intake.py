"""What is known when a case begins, from wherever it comes.

Rules:

* An intake with a `key` opens one case however often it is told, also after a restart: the key of a bad rating is its service step.
* Name, number and the person's own words go to the place apart and never into a log.
* Whoever is asked first owns the case until somebody accepts it (M16); what no member of the staff was asked belongs to a role.
"""

from __future__ import annotations

import re

import msgspec

from hall.errors import Refused
from hall.messages.facts import TicketRated
from hall.text import Text
from hub.console.cases.kinds import Kind, Source
from hub.console.cases.refusals import refused

#: Longest words, name and line.
LONGEST, NAME, LINE = 2000, 40, 200
_PHONE = re.compile(r"\+?[0-9]{3,15}\Z")
_REASON = re.compile(r"[a-z0-9-]{1,48}\Z")

BAD_PHONE = Text(zh="请填写电话号码，只用数字", en="Please give the phone number in digits only")
TOO_LONG = Text(zh="文字太长，请写短一些", en="Too long; please write less")
EMPTY = Text(zh="请写一句说明", en="Please write a sentence")
BAD_REASON = Text(zh="没有这个原因，请重新选择", en="There is no such reason; please choose again")


class Personal(msgspec.Struct, frozen=True, kw_only=True):
    """What a person told of themselves; kept apart and deleted after its time."""

    reasons: tuple[str, ...] = ()
    words: str = ""
    name: str = ""
    phone: str = ""

    def __repr__(self) -> str:
        """Nothing of it: a log or a traceback must not tell it."""
        return "Personal(…)"


class Intake(msgspec.Struct, frozen=True, kw_only=True):
    """A case that is about to begin."""

    kind: Kind
    source: Source
    #: who is asked first and owns it; None: the role that the kind names
    owner: str | None = None
    #: the same key opens no second case
    key: str | None = None
    about: str = ""
    personal: Personal = Personal()
    ticket: str | None = None
    step: int | None = None
    number: str | None = None
    window: int | None = None
    clerk: str | None = None
    service: str | None = None
    member: str | None = None
    alert: str | None = None
    #: the apology was made on the spot
    apologised: bool = False


def checked(personal: Personal) -> Personal:
    """The same, trimmed; a phone number without spaces and dashes. Refuses ``bad-phone``, ``too-long``, ``bad-reason``."""
    phone = re.sub(r"[\s()-]", "", personal.phone)
    if phone and not _PHONE.match(phone):
        raise Refused("bad-phone", BAD_PHONE)
    words, name = personal.words.strip(), personal.name.strip()
    if len(words) > LONGEST or len(name) > NAME or len(personal.reasons) > 20:
        raise Refused("too-long", TOO_LONG)
    if not all(_REASON.match(reason) for reason in personal.reasons):
        raise Refused("bad-reason", BAD_REASON)
    return Personal(reasons=personal.reasons, words=words, name=name, phone=phone)


def line(text: str) -> str:
    """One line about a case. Refuses ``empty``, ``too-long``."""
    text = " ".join(text.split())
    if not text:
        raise Refused("empty", EMPTY)
    if len(text) > LINE:
        raise Refused("too-long", TOO_LONG)
    return text


def rating_key(ticket: str, step: int) -> str:
    """The key of a bad rating's case."""
    return f"rating {ticket} {step}"


def from_rating(fact: TicketRated) -> Intake:
    """不满意, at the pad or on the phone page."""
    return Intake(
        kind=Kind.BAD_RATING,
        source=Source.PAD if fact.via is None else Source.PHONE_PAGE,
        key=rating_key(fact.ticket, fact.step),
        ticket=fact.ticket,
        step=fact.step,
        number=fact.number,
        window=fact.window,
        clerk=fact.clerk,
    )


def rated_by_phone(
    *,
    ticket: str,
    step: int,
    number: str,
    window: int,
    clerk: str,
    reasons: tuple[str, ...] = (),
    words: str = "",
    phone: str = "",
) -> Intake:
    """Why somebody was not satisfied with a service step, and where to call them."""
    return Intake(
        kind=Kind.BAD_RATING,
        source=Source.PHONE_PAGE,
        key=rating_key(ticket, step),
        ticket=ticket,
        step=step,
        number=number,
        window=window,
        clerk=clerk,
        personal=Personal(reasons=reasons, words=words, phone=phone),
    )


def suggestion(words: str, *, name: str = "", phone: str = "") -> Intake:
    """From the public suggestion page."""
    if not words.strip():
        raise Refused("empty", EMPTY)
    return Intake(
        kind=Kind.SUGGESTION,
        source=Source.SUGGESTION_PAGE,
        personal=Personal(words=words, name=name, phone=phone),
    )


def fault(
    about: str,
    *,
    phone: str,
    by: str | None = None,
    name: str = "",
    source: Source = Source.GUIDE_DESK,
    member: str | None = None,
    alert: str | None = None,
    service: str | None = None,
    number: str | None = None,
) -> Intake:
    """Somebody waits at home until a fault is over: `member` and `alert` are the device's, as the picture's troubles have them.

    `by` calls them then, unless another accepts the case; None: the duty officer.
    """
    if not phone.strip():
        raise Refused("bad-phone", BAD_PHONE)
    return Intake(
        kind=Kind.FAULT_CALLBACK,
        source=source,
        owner=by,
        about=line(about),
        member=member,
        alert=alert,
        service=service,
        number=number,
        personal=Personal(name=name, phone=phone),
    )


def complaint(
    about: str,
    *,
    kind: Kind,
    source: Source,
    words: str = "",
    name: str = "",
    phone: str = "",
    number: str | None = None,
    window: int | None = None,
    clerk: str | None = None,
    owner: str | None = None,
) -> Intake:
    """What somebody brings forward: at the counter, by phone, in a letter, at the window 吐槽找茬."""
    return Intake(
        kind=kind,
        source=source,
        about=line(about),
        owner=owner,
        number=number,
        window=window,
        clerk=clerk,
        personal=Personal(words=words, name=name, phone=phone),
    )


def upset(
    about: str,
    *,
    kind: Kind,
    by: str,
    window: int | None = None,
    number: str | None = None,
    ticket: str | None = None,
    clerk: str | None = None,
    name: str = "",
    phone: str = "",
) -> Intake:
    """An upset person at a window; `by` was asked first and owns it until the duty officer or the case handler accepts."""
    return Intake(
        kind=kind,
        source=Source.COUNTER,
        owner=by,
        about=line(about),
        window=window,
        number=number,
        ticket=ticket,
        clerk=clerk,
        personal=Personal(name=name, phone=phone),
    )


def clerk_error(
    about: str,
    *,
    by: str,
    apologised: bool,
    window: int | None = None,
    number: str | None = None,
    ticket: str | None = None,
    clerk: str | None = None,
) -> Intake:
    """A clerk's own error (M20): the apology comes first, whether anybody complained or not. Refuses ``apology-first``."""
    if not apologised:
        raise refused("apology-first")
    return Intake(
        kind=Kind.CLERK_ERROR,
        source=Source.CLERK,
        owner=by,
        about=line(about),
        window=window,
        number=number,
        ticket=ticket,
        clerk=clerk,
        apologised=True,
    )


def first_asked(
    about: str,
    *,
    by: str,
    source: Source = Source.COUNTER,
    name: str = "",
    phone: str = "",
    window: int | None = None,
    number: str | None = None,
) -> Intake:
    """A question that `by` was asked and could not answer at once; theirs until another accepts (M16)."""
    return Intake(
        kind=Kind.FIRST_ASKED,
        source=source,
        owner=by,
        about=line(about),
        window=window,
        number=number,
        personal=Personal(name=name, phone=phone),
    )
