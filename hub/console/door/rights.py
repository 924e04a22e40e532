"""Who may do and see what: one table of roles, asks and pages.

Rules:

* A person has one or more roles and may do what any of them allows; what no role allows is refused.
* A clerk acts at the window where they sit, and nowhere else; a duty officer, a manager and an admin act at any window.
* A page is seen by the roles that it is named for. Nobody sees a colleague's ratings but those whose work it is (C3).
* Every ask of the hall stands here for some role, or as one that only a citizen has: a test compares the table with the asks.
* Who was not satisfied is known to those who work on cases (C3): only they note that the person was spoken to.
* Who looks after the hall sees how its devices are; only who looks after devices has them do something.
* What the whole hall is told is the duty officer's and the manager's; a guide has told what guides are asked for (:data:`GUIDES_TELL`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from enum import Enum
from typing import Final

from hall.errors import Refused
from hall.messages import asks
from hall.messages.common import NoticeKind
from hall.text import Text


class Role(Enum):
    """What somebody does in the hall."""

    CLERK = "clerk"
    REVIEWER = "reviewer"
    GUIDE = "guide"
    DUTY_OFFICER = "duty-officer"
    MANAGER = "manager"
    CASE_HANDLER = "case-handler"
    AUDITOR = "auditor"
    INSPECTOR = "inspector"
    TECHNICIAN = "technician"
    DIRECTOR = "director"
    ADMIN = "admin"


#: As people read them.
NAMES: Final[dict[Role, Text]] = {
    Role.CLERK: Text(zh="窗口人员", en="Clerk"),
    Role.REVIEWER: Text(zh="复核人员", en="Reviewer"),
    Role.GUIDE: Text(zh="引导员", en="Guide"),
    Role.DUTY_OFFICER: Text(zh="值班长", en="Duty officer"),
    Role.MANAGER: Text(zh="大厅主任", en="Manager"),
    Role.CASE_HANDLER: Text(zh="工单处理员", en="Case handler"),
    Role.AUDITOR: Text(zh="审计员", en="Auditor"),
    Role.INSPECTOR: Text(zh="督察员", en="Inspector"),
    Role.TECHNICIAN: Text(zh="技术员", en="Technician"),
    Role.DIRECTOR: Text(zh="中心领导", en="Director"),
    Role.ADMIN: Text(zh="系统管理员", en="Administrator"),
}


class Page(Enum):
    """A page of the console, by its route."""

    CLERK = "/clerk"
    GUIDE = "/guide"
    LIVE = "/live"
    CASES = "/cases"
    REPORTS = "/reports"
    INSPECTION = "/inspection"
    ADMIN = "/admin"
    FLEET = "/fleet"


_WINDOW: Final = frozenset(
    {
        "sit",
        "leave",
        "call_next",
        "call_ticket",
        "recall",
        "no_show",
        "start",
        "accept",
        "finish",
        "transfer",
        "park",
        "resume_ticket",
        "pause",
        "resume",
        "undo",
        "take_over",
        "grant_extension",
        "call_help",
        "end_help",
    }
)
_DESK: Final = frozenset(
    {
        "take_ticket",
        "return_ticket",
        "cancel",
        "reprint",
        "reprint_slip",
        "reroute",
        "seat_directly",
        "serve_at_desk",
        "note_precheck",
        "check_in",
        "book",
        "cancel_appointment",
        "answer_alarm",
        "page_clerk",
        "answer_escort",
        "grant_extension",
        "enter_by_hand",
    }
)
#: whoever works in the hall may be paged to a window
_PAGED: Final = frozenset({"answer_page"})
_NOTICES: Final = frozenset({"broadcast", "withdraw_notice"})
_SLIPS: Final = frozenset({"print_slip"})
#: whoever takes a case down hands its receipt out
_RECEIPTS: Final = frozenset({"print_receipt"})
_APOLOGY: Final = frozenset({"note_apology"})
_HALL: Final = frozenset(
    {
        "open_day",
        "close_day",
        "extend_hours",
        "stop_service",
        "resume_service",
        "set_policy",
        "set_profile",
        "set_plan",
        "draft_plan",
    }
)

#: What those do who look after the devices.
_DEVICES: Final = frozenset({"configure", "order_device", "roll_out", "stop_roll_out"})

#: What nobody of the staff may ask, whatever their roles: a person rates, on the page that their own ticket opens.
CITIZENS: Final = frozenset({"rate_service"})
#: What each role may ask the hub, by the ask's type.
MAY_ASK: Final[dict[Role, frozenset[str]]] = {
    Role.CLERK: _WINDOW | _PAGED | _RECEIPTS,
    Role.REVIEWER: _WINDOW | _PAGED | _RECEIPTS,
    Role.GUIDE: _DESK | _NOTICES | _PAGED | _RECEIPTS,
    Role.DUTY_OFFICER: _WINDOW
    | _DESK
    | _NOTICES
    | _SLIPS
    | _RECEIPTS
    | _PAGED
    | _APOLOGY
    | {"extend_hours", "set_profile"},
    Role.MANAGER: _WINDOW | _DESK | _NOTICES | _SLIPS | _RECEIPTS | _PAGED | _APOLOGY | _HALL | _DEVICES,
    Role.CASE_HANDLER: _APOLOGY | _RECEIPTS,
    Role.AUDITOR: frozenset(),
    Role.INSPECTOR: frozenset(),
    Role.TECHNICIAN: frozenset({"reprint"}) | _DEVICES,
    Role.DIRECTOR: frozenset(),
    Role.ADMIN: _HALL | _DEVICES,
}
#: Which pages each role sees.
MAY_SEE: Final[dict[Role, frozenset[Page]]] = {
    Role.CLERK: frozenset({Page.CLERK, Page.CASES}),
    Role.REVIEWER: frozenset({Page.CLERK, Page.CASES}),
    Role.GUIDE: frozenset({Page.GUIDE, Page.CASES}),
    Role.DUTY_OFFICER: frozenset(
        {Page.CLERK, Page.GUIDE, Page.LIVE, Page.CASES, Page.INSPECTION, Page.FLEET}
    ),
    Role.MANAGER: frozenset(
        {Page.CLERK, Page.GUIDE, Page.LIVE, Page.CASES, Page.REPORTS, Page.INSPECTION, Page.ADMIN, Page.FLEET}
    ),
    Role.CASE_HANDLER: frozenset({Page.CASES}),
    Role.AUDITOR: frozenset({Page.CASES, Page.REPORTS}),
    Role.INSPECTOR: frozenset({Page.LIVE, Page.REPORTS, Page.INSPECTION}),
    Role.TECHNICIAN: frozenset({Page.FLEET}),
    Role.DIRECTOR: frozenset({Page.LIVE, Page.CASES, Page.REPORTS, Page.INSPECTION, Page.FLEET}),
    Role.ADMIN: frozenset({Page.ADMIN, Page.FLEET}),
}


class CaseRight(Enum):
    """What somebody may do with cases."""

    #: record one: a complaint, an error of one's own, a fault
    OPEN = "open"
    #: read them all, with reasons and the person's words
    READ = "read"
    #: read name and number of the person
    CONTACT = "contact"
    #: tick, note, call, pass on
    WORK = "work"
    #: close what another owns
    CLOSE_ANY = "close-any"
    #: be told of a bad rating while the person is still there
    TOLD = "told"
    #: take them out as a file
    EXPORT = "export"


_CASEWORK: Final = frozenset({CaseRight.OPEN, CaseRight.READ, CaseRight.CONTACT, CaseRight.WORK})
#: What each role may do with cases (C3). Whoever owns one, and nobody else accepted it yet, reads that one and works on it.
MAY_WITH_CASES: Final[dict[Role, frozenset[CaseRight]]] = {
    Role.CLERK: frozenset({CaseRight.OPEN}),
    Role.REVIEWER: frozenset({CaseRight.OPEN}),
    Role.GUIDE: frozenset({CaseRight.OPEN}),
    Role.DUTY_OFFICER: _CASEWORK | {CaseRight.TOLD},
    Role.MANAGER: _CASEWORK | {CaseRight.CLOSE_ANY, CaseRight.EXPORT},
    Role.CASE_HANDLER: _CASEWORK,
    Role.AUDITOR: frozenset({CaseRight.READ, CaseRight.EXPORT}),
    Role.INSPECTOR: frozenset({CaseRight.READ}),
    Role.TECHNICIAN: frozenset(),
    Role.DIRECTOR: frozenset({CaseRight.READ}),
    Role.ADMIN: frozenset(),
}


class MemberAct(Enum):
    """What somebody does to the register of members: who is expected, who is one, who is one no more."""

    #: a new device is expected: an invitation for its card
    EXPECT = "expect"
    #: it was seen to be what it says, and is in service
    CONFIRM = "confirm"
    #: another box takes the name over; the former one is out
    REPLACE = "replace"
    #: nothing of the name counts until somebody says which box is right
    QUARANTINE = "quarantine"
    #: the quarantine is over
    RELEASE = "release"
    #: the name is nobody's any more
    RETIRE = "retire"


#: What each role may do to it. Whoever runs the hall may stop a device that is not where it should be; to trust one again is the work of
#: those who look at it.
MAY_WITH_MEMBERS: Final[dict[Role, frozenset[MemberAct]]] = {
    **dict.fromkeys(Role, frozenset[MemberAct]()),
    Role.DUTY_OFFICER: frozenset({MemberAct.QUARANTINE}),
    Role.MANAGER: frozenset({MemberAct.QUARANTINE}),
    Role.TECHNICIAN: frozenset(MemberAct),
    Role.ADMIN: frozenset(MemberAct),
}

#: Who is told before the opening what is not ready.
READIES: Final = frozenset({Role.DUTY_OFFICER, Role.MANAGER, Role.TECHNICIAN, Role.ADMIN})

#: Roles that act at any window; the others only where they sit.
EVERY_WINDOW: Final = frozenset({Role.DUTY_OFFICER, Role.MANAGER})

#: What a guide may have told: many are waiting, something was found, children; and to leave, which nobody should have to ask for.
GUIDES_TELL: Final = frozenset({NoticeKind.CROWD, NoticeKind.FOUND, NoticeKind.CHILD, NoticeKind.EVACUATE})

NOT_YOURS = Text(
    zh="对不起，您的岗位不能做这一步，请找值班长",
    en="Sorry, your role may not do this; please ask the duty officer",
)
OTHER_WINDOW = Text(
    zh="对不起，只能操作自己的窗口，请找值班长",
    en="Sorry, you act at your own window only; please ask the duty officer",
)
NOT_YOURSELF = Text(
    zh="对不起，只能用自己的工号上岗", en="Sorry, you sit down with your own work number only"
)

NOT_YOUR_PAGE = Text(zh="对不起，只能回应请自己的增援", en="Sorry, you answer your own page only")


def type_of(ask: asks.AnyAsk) -> str:
    """The ask's type as it stands on the bus."""
    tag = type(ask).__struct_config__.tag
    assert isinstance(tag, str)
    return tag


def check(ask: asks.AnyAsk, *, roles: Collection[Role], clerk: str | None, seat: int | None) -> None:
    """Whether somebody with `roles` and the work number `clerk`, who sits at `seat`, may ask this. Raises ``Refused``.

    Codes: ``not-your-role``, ``not-your-window``, ``not-yourself``.
    """
    if isinstance(ask, asks.AnswerPage) and may(roles, "answer_page") and ask.clerk != clerk:
        raise Refused("not-yourself", NOT_YOUR_PAGE)
    allowing = {role for role in roles if type_of(ask) in MAY_ASK[role]}
    if not allowing:
        raise Refused("not-your-role", NOT_YOURS)
    if allowing & EVERY_WINDOW:
        return
    if isinstance(ask, asks.Broadcast) and ask.kind not in GUIDES_TELL:
        raise Refused("not-your-role", NOT_YOURS)
    if isinstance(ask, asks.Sit | asks.TakeOver):
        if ask.clerk != clerk:
            raise Refused("not-yourself", NOT_YOURSELF)
    elif type_of(ask) in _WINDOW:
        window = getattr(ask, "window", None)
        if seat is None or window not in {None, seat}:
            raise Refused("not-your-window", OTHER_WINDOW)


def may_with_cases(roles: Iterable[Role], right: CaseRight) -> bool:
    """Whether one of these roles gives a right on cases."""
    return any(right in MAY_WITH_CASES[role] for role in roles)


def readies(roles: Iterable[Role]) -> bool:
    """Whether somebody is responsible for the hall's being ready to open."""
    return not READIES.isdisjoint(roles)


def may_with_members(roles: Iterable[Role], act: MemberAct) -> bool:
    """Whether one of these roles may do this to the register."""
    return any(act in MAY_WITH_MEMBERS[role] for role in roles)


def may(roles: Iterable[Role], ask: str) -> bool:
    """Whether any of these roles asks this at all: pages offer nothing that would be refused for the role alone."""
    return any(ask in MAY_ASK[role] for role in roles)


def sees(roles: Iterable[Role], page: Page) -> bool:
    """Whether somebody with these roles sees a page."""
    return any(page in MAY_SEE[role] for role in roles)
