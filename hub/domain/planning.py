"""The hall's settings, changed while the hall runs.

Rules:

* What the settings file said at the start is the first version. Whoever asks names the version their change begins at; if it is another
  by now, nothing is done: two editors do not overwrite each other.
* A change is validated like a file, and by what :mod:`hall.settings_live` and :mod:`hub.domain.orphans` add; the first objection is the
  answer. What changes nothing is no fact.
* Every version is told whole, so that it can be shown, compared and taken up again; before the first change the file's own is told as
  version 1. From then on the journal is right, whatever the file says: settings cross the night.
* Too much for one ask is handed in as pieces of a draft, which are forgotten when it is used, when the settings change, and with the day.
* The policy is no part of it (``set_policy``). Nobody is moved: tickets, clerks and what a window serves today stay.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from hall.errors import Refused
from hall.messages.asks import DraftPlan, SetPlan
from hall.messages.facts import PlanChanged, PlanDrafted, PolicySource
from hall.plan import HallPlan
from hall.settings_errors import explain, in_both
from hall.settings_form import Form, form_of, merged, plan_of, same
from hall.settings_live import live_problems
from hall.text import Text
from hub.domain import governing
from hub.domain.orphans import objections
from hub.domain.refusals import TEXTS, refused
from hub.domain.state import Profile, State

#: At most so many drafts at a time.
DRAFTS = 8


def draft_plan(s: State, order: DraftPlan, at: datetime) -> list[PlanDrafted]:
    """A piece of settings that are too long for one ask. Refuses ``too-many-drafts``."""
    if order.draft not in s.drafts and len(s.drafts) >= DRAFTS:
        raise refused("too-many-drafts")
    if s.drafts.get(order.draft, {}).get(order.part) == order.text:
        return []
    return [PlanDrafted(n=s.n + 1, at=at, draft=order.draft, part=order.part, text=order.text)]


def set_plan(s: State, order: SetPlan, at: datetime, member: str) -> list[PlanChanged]:
    """Other settings from now on. Refuses ``plan-moved``, ``unknown-draft``, ``bad-plan``, ``plan-in-use``."""
    if order.base != s.plan_version:
        raise refused("plan-moved")
    old = form_of(s.plan)
    new, form = _validated(s, _drafted(s, order.draft) if order.draft else merged(old, order.change))
    if same(old, form):
        return []
    for text in objections(s, new):
        said = TEXTS["plan-in-use"]
        raise Refused("plan-in-use", Text(zh=f"{said.zh}：{text.zh}", en=f"{said.en}: {text.en}"))
    first: list[PlanChanged] = []
    if s.plan_version == 0:
        first = [PlanChanged(n=s.n + 1, at=at, version=1, plan=old, source=PolicySource.SETTINGS)]
    changed = PlanChanged(
        n=s.n + 1 + len(first),
        at=at,
        version=s.plan_version + 1 + len(first),
        plan=form,
        source=PolicySource.ASK,
        reason=order.reason,
        by=member,
        actor=order.actor,
    )
    return [*first, changed]


def _drafted(s: State, draft: str) -> Form:
    pieces = s.drafts.get(draft)
    if pieces is None or sorted(pieces) != list(range(1, len(pieces) + 1)):
        raise refused("unknown-draft")
    try:
        form = msgspec.json.decode("".join(pieces[part] for part in sorted(pieces)))
    except (msgspec.DecodeError, RecursionError) as error:
        raise refused("unknown-draft") from error
    if not isinstance(form, dict):
        raise refused("unknown-draft")
    return form


def _validated(s: State, form: Form) -> tuple[HallPlan, Form]:
    """The plan of a form, under the policy in force. Refuses ``bad-plan`` with the first objection."""
    form = {key: value for key, value in form.items() if key != "policy"}
    try:
        plan = msgspec.structs.replace(plan_of(form), policy=s.policy)
    except msgspec.ValidationError as error:
        key, expected = explain(error, form, HallPlan)
        raise bad_plan(key, in_both(expected)) from error
    for key, said in live_problems(s.plan, plan):
        raise bad_plan(key, said)
    plan = still_told(s.plan, plan)
    return plan, form_of(plan)


def still_told(old: HallPlan, new: HallPlan) -> HallPlan:
    """A device that was told values keeps them until it is told that it has none: an empty map, and not no map."""
    told = {name for name, member in old.members.items() if member.config is not None}
    members = {
        name: msgspec.structs.replace(member, config={}) if member.config is None and name in told else member
        for name, member in new.members.items()
    }
    return msgspec.structs.replace(new, members=members)


def bad_plan(key: str, expected: Text) -> Refused:
    """The settings cannot be used, with where and what was expected there."""
    said = TEXTS["bad-plan"]
    return Refused(
        "bad-plan",
        Text(zh=f"{said.zh}：{key}（应为{expected.zh}）", en=f"{said.en}: {key}: expected {expected.en}"),
    )


# ---------------------------------------------------------------- apply


def on_drafted(s: State, fact: PlanDrafted) -> None:
    """A piece more."""
    s.drafts.setdefault(fact.draft, {})[fact.part] = fact.text


def on_plan(s: State, fact: PlanChanged) -> None:
    """From now on these settings."""
    s.plan_version = fact.version
    s.drafts.clear()
    s.settle(_under_policy(s, fact.plan))


def _under_policy(s: State, form: Form) -> HallPlan:
    """The plan, with the policy that the settings file holds: whether that is another than before is asked at the start alone."""
    return msgspec.structs.replace(plan_of(form), policy=s.plan.policy)


# ---------------------------------------------------------------- across the night


class PlanKept(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The settings as they cross the night."""

    version: int
    plan: dict[str, Any]
    #: of a day that is opened once more, by window
    profiles: dict[str, Profile] = {}


def kept(s: State, day: str) -> Iterator[dict[str, Any]]:
    """The settings, once they were changed; with what windows serve, if the same day is opened once more."""
    if s.plan_version == 0:
        return
    profiles = {str(w): p for w, p in governing.changed_profiles(s).items()} if day == s.day else {}
    values = PlanKept(version=s.plan_version, plan=form_of(s.plan), profiles=profiles)
    yield msgspec.json.decode(msgspec.json.encode(values))


def take_in(s: State, values: dict[str, Any]) -> None:
    """The settings as they came through the night."""
    found = msgspec.convert(values, PlanKept)
    s.plan_version = found.version
    s.settle(_under_policy(s, found.plan))
    governing.serve_again(s, {int(window): profile for window, profile in found.profiles.items()})
