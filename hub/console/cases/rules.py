"""Rules of a case's acts: a case, an act, who and when give new entries, or a refusal that changes nothing.

Rules:

* Nothing closes before its kind's steps are ticked, its sections written, the fault repaired, and a person who left a number called
  back (or spoken to before they left, for a bad rating). It is closed by its owner, or by a manager.
* Whoever owns a case without its being their work (a clerk, the guide desk) ticks, notes, calls and passes on. They judge nothing: no
  record, no other kind, no closing but of a question they answered or a fault they called about.
* A case passes on when the next one accepts: whoever was offered it, or anybody of the role that holds it.
* A step is ticked once; what was ticked by mistake is taken back with a reason, and both stay written. A repair that a device tells by
  itself is nobody's to tick. A fault's case closes by itself with the call after the repair.
* Another kind never gives more time. A fault's call-back stays one.
* A closed case takes nothing but its reopening.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from hub.console.cases import acts, entries
from hub.console.cases.case import Case, tell
from hub.console.cases.entries import AnyEntry
from hub.console.cases.intake import Intake
from hub.console.cases.kinds import KINDS, Demands, Kind, Section, Step
from hub.console.cases.refusals import refused
from hub.console.cases.working import WorkingTime
from hub.console.door.rights import CaseRight, Role, may_with_cases

#: Who writes what no person of the staff did.
HUB, PUBLIC = "hub", "public"
#: Longest text that somebody may write.
LONGEST = 2000
#: An owner that is a role is written ``@duty-officer``.
ROLE = "@"
#: Why a case opens again, and how a repaired fault's case ends, by itself.
TOLD_AFTERWARDS = "办结后当事人又补充了情况 The person told more after the closing"
REPAIRED_AND_CALLED = "设备已恢复，已回电 Repaired, and called back"

#: What needs somebody whose work cases are.
_JUDGING = (acts.Record, acts.Reclassify, acts.Reopen)


class Who(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who does something with a case."""

    login: str
    roles: frozenset[Role] = frozenset()

    def may(self, right: CaseRight) -> bool:
        """Whether one of their roles gives this right."""
        return may_with_cases(self.roles, right)

    def is_meant(self, owner: str | None) -> bool:
        """Whether `owner` (a login, or a role) names them."""
        return owner == self.login or any(owner == ROLE + role.value for role in self.roles)


class Missing(msgspec.Struct, frozen=True, kw_only=True):
    """What a case still lacks before it may close."""

    steps: tuple[Step, ...] = ()
    sections: tuple[Section, ...] = ()
    call_back: bool = False

    def __bool__(self) -> bool:
        """Whether anything is missing."""
        return bool(self.steps or self.sections or self.call_back)


def missing(case: Case) -> Missing:
    """What must still be done."""
    demands = case.demands
    met = case.called_back or (case.kind is Kind.BAD_RATING and case.spoken is not None)
    reachable = case.kind is Kind.FAULT_CALLBACK or _left_a_number(case)
    return Missing(
        steps=tuple(step for step in demands.steps if step not in case.steps),
        sections=tuple(section for section in demands.sections if section not in case.sections),
        call_back=demands.call_back and reachable and not met,
    )


def _left_a_number(case: Case) -> bool:
    """Whether they ever did: deleting the number does not spare the call."""
    return any(isinstance(entry, entries.PersonTold) and entry.has_phone for entry in case.entries)


def sees(case: Case, who: Who) -> bool:
    """Whether somebody may read a case: whoever reads all of them, and its owner."""
    return who.may(CaseRight.READ) or case.owner == who.login


def closes(case: Case, who: Who) -> bool:
    """Whether it is this person's to close the case, once everything is done."""
    judges = who.may(CaseRight.WORK) or case.kind is Kind.FIRST_ASKED
    return judges and (case.owner == who.login or who.may(CaseRight.CLOSE_ANY))


def opening(
    intake: Intake, at: datetime, by: str, hours: WorkingTime, table: Mapping[Kind, Demands] = KINDS
) -> entries.Opened:
    """The first entry of a case; whoever was asked first owns it, and the role that its kind names is asked to take it."""
    demands = table[intake.kind]
    usual = ROLE + demands.owner.value
    repair_first = intake.kind is Kind.FAULT_CALLBACK
    return entries.Opened(
        at=at,
        by=by,
        kind=intake.kind,
        source=intake.source,
        owner=intake.owner or usual,
        offered=usual if intake.owner else None,
        contact_by=None if demands.contact is None else hours.after(at, demands.contact),
        due=None if repair_first else hours.after(at, demands.close),
        about=intake.about,
        ticket=intake.ticket,
        step=intake.step,
        number=intake.number,
        window=intake.window,
        clerk=intake.clerk,
        service=intake.service,
        member=intake.member,
        alert=intake.alert,
    )


def told(intake: Intake, at: datetime, by: str) -> entries.PersonTold | None:
    """That the person told something of themselves; None when they did not."""
    p = intake.personal
    if not (p.reasons or p.words or p.name or p.phone):
        return None
    return entries.PersonTold(
        at=at,
        by=by,
        reasons=p.reasons,
        has_words=bool(p.words),
        has_name=bool(p.name),
        has_phone=bool(p.phone),
    )


def decide(case: Case, act: acts.AnyAct, who: Who, at: datetime, hours: WorkingTime) -> list[AnyEntry]:
    """The entries that this act makes; raises ``Refused`` with a code of :mod:`hub.console.cases.refusals`."""
    if not (who.may(CaseRight.WORK) or case.owner == who.login):
        raise refused("not-your-role")
    if isinstance(act, _JUDGING) and not who.may(CaseRight.WORK):
        raise refused("not-your-role")
    if isinstance(act, acts.Reopen):
        if case.closed is None:
            raise refused("case-open")
        return [entries.Reopened(at=at, by=who.login, why=_words(act.why))]
    if case.closed is not None:
        raise refused("case-closed")
    match act:
        case acts.Tick() | acts.Untick():
            return [_tick(case, act, who.login, at)]
        case acts.Note():
            return [entries.Noted(at=at, by=who.login, text=_words(act.text))]
        case acts.Record():
            return [_record(act, who.login, at)]
        case acts.Call():
            return _call(case, act, who.login, at)
        case acts.SpeakTo() | acts.FindGone():
            if case.spoken is not None or case.left is not None:
                raise refused("already-done")
            met = entries.SpokenTo if isinstance(act, acts.SpeakTo) else entries.AlreadyLeft
            return [met(at=at, by=who.login)]
        case acts.Offer() | acts.Accept() | acts.Decline():
            return [_pass_on(case, act, who, at)]
        case acts.Reclassify():
            return [_reclassify(case, act, who.login, at, hours)]
        case acts.Repair():
            return [repaired(case, who.login, at, hours)]
        case acts.Close():
            if case.owner != who.login and not who.may(CaseRight.CLOSE_ANY):
                raise refused("not-your-case")
            if not closes(case, who):
                raise refused("not-your-role")
            if missing(case):
                raise refused("steps-missing")
            return [entries.Closed(at=at, by=who.login, words=_words(act.words))]


def repaired(case: Case, by: str, at: datetime, hours: WorkingTime) -> entries.Repaired:
    """The fault is over: told by the device's alert, or by somebody where no device was named."""
    if Step.REPAIRED not in case.demands.steps:
        raise refused("not-a-step")
    if case.repaired is not None:
        raise refused("already-done")
    if case.opened.alert is not None and by != HUB:
        raise refused("device-tells")
    return entries.Repaired(at=at, by=by, due=hours.after(at, case.demands.close))


def _tick(case: Case, act: acts.Tick | acts.Untick, by: str, at: datetime) -> AnyEntry:
    if act.step not in case.demands.steps or act.step is Step.REPAIRED:
        raise refused("not-a-step")
    if isinstance(act, acts.Tick):
        if act.step in case.steps:
            raise refused("already-done")
        return entries.Ticked(at=at, by=by, step=act.step, note=_short(act.note))
    if act.step not in case.steps:
        raise refused("not-done")
    return entries.Unticked(at=at, by=by, step=act.step, why=_words(act.why))


def _record(act: acts.Record, by: str, at: datetime) -> entries.Recorded:
    if act.section is Section.FINDING and act.valid is None:
        raise refused("finding-needed")
    if act.section is Section.CHANNEL and act.channel is None:
        raise refused("channel-needed")
    return entries.Recorded(
        at=at,
        by=by,
        section=act.section,
        text=_words(act.text),
        valid=act.valid if act.section is Section.FINDING else None,
        channel=act.channel if act.section is Section.CHANNEL else None,
    )


def _call(case: Case, act: acts.Call, by: str, at: datetime) -> list[AnyEntry]:
    satisfied = act.satisfied if act.reached else None
    called = entries.Called(at=at, by=by, reached=act.reached, satisfied=satisfied, note=_short(act.note))
    if case.kind is Kind.FAULT_CALLBACK and not missing(tell(case, called)):
        return [called, entries.Closed(at=at, by=by, words=REPAIRED_AND_CALLED)]
    return [called]


def _pass_on(
    case: Case, act: acts.Offer | acts.Accept | acts.Decline, who: Who, at: datetime
) -> entries.Offered | entries.Accepted | entries.Declined:
    match act:
        case acts.Offer():
            if not act.to.strip(ROLE):
                raise refused("no-person")
            if act.to == case.owner:
                raise refused("already-yours")
            return entries.Offered(at=at, by=who.login, to=act.to, note=_short(act.note))
        case acts.Accept():
            if case.owner == who.login:
                raise refused("already-yours")
            unheld = case.owner.startswith(ROLE) and who.is_meant(case.owner)
            if not (unheld or who.is_meant(case.offered)):
                raise refused("not-offered")
            return entries.Accepted(at=at, by=who.login)
        case acts.Decline():
            if not who.is_meant(case.offered):
                raise refused("not-offered")
            return entries.Declined(at=at, by=who.login, why=_words(act.why))


def _reclassify(
    case: Case, act: acts.Reclassify, by: str, at: datetime, hours: WorkingTime
) -> entries.Reclassified:
    if act.kind is case.kind:
        raise refused("same-kind")
    if Kind.FAULT_CALLBACK in {act.kind, case.kind}:
        raise refused("fault-stays")
    due = hours.after(case.opened.at, case.table[act.kind].close)
    if case.due is not None:
        due = min(case.due, due)
    return entries.Reclassified(at=at, by=by, kind=act.kind, why=_words(act.why), due=due)


def _words(text: str) -> str:
    """What somebody must write."""
    text = _short(text)
    if not text:
        raise refused("words-needed")
    return text


def _short(text: str) -> str:
    text = text.strip()
    if len(text) > LONGEST:
        raise refused("too-long")
    return text
