"""Settings while somebody edits them: what they began at, what they say now, what is wrong, what would change.

Rules:

* Nothing is asked of the hub here. What is wrong is found by the very checks with which the hub would refuse it.
* An empty optional value is no value: its key goes.
* The form may be wrong or half written at any time; differences are told of whatever stands there.
"""

from __future__ import annotations

import copy
from typing import Any

import msgspec

from hall.plan import FOOT, HallPlan, LanePlan
from hall.policy import Policy
from hall.settings_errors import explain, in_both
from hall.settings_form import Form, difference, form_of, merged, plain, plan_of, same
from hall.settings_live import live_problems
from hall.text import Text
from hub.console.plans.versions import Difference, differences

Path = tuple[str | int, ...]


class Draft:
    """One person's edit of the settings."""

    def __init__(self, plan: HallPlan, policy: Policy, base: int) -> None:
        """The edit begins at `plan`, which is version `base`; `policy` is in force and stays."""
        self.base, self.policy = base, policy
        self.plan = plan
        self.begun: Form = form_of(plan)
        self.form: Form = _spelt_out(self.begun)

    # ---------------------------------------------------------------- reading

    def get(self, path: Path, default: Any = None) -> Any:
        """What stands at `path`."""
        found: Any = self.form
        for step in path:
            try:
                found = found[step]
            except (KeyError, IndexError, TypeError):
                return default
        return found

    @property
    def edited(self) -> HallPlan | None:
        """The settings as they are now, with the policy in force; None while they cannot be read."""
        try:
            return msgspec.structs.replace(plan_of(self.form), policy=self.policy)
        except msgspec.ValidationError:
            return None

    @property
    def changed(self) -> bool:
        """Whether anything differs from where the edit began."""
        return not same(self.begun, self.said)

    @property
    def said(self) -> Form:
        """The form without what is at its default, as far as it can be read."""
        edited = self.edited
        return self.form if edited is None else form_of(edited)

    def problems(self) -> dict[str, Text]:
        """What is expected where, by key; the first of each."""
        try:
            new = msgspec.structs.replace(plan_of(self.form), policy=self.policy)
        except msgspec.ValidationError as error:
            where, what = explain(error, self.form, HallPlan)
            return {where: in_both(what)}
        found: dict[str, Text] = {}
        for key, expected in live_problems(self.plan, new):
            found.setdefault(key, expected)
        return found

    def differences(self) -> list[Difference]:
        """What would change, key by key."""
        return list(differences(self.begun, self.said))

    # ---------------------------------------------------------------- writing

    def put(self, path: Path, value: Any) -> None:
        """`value` stands at `path` from now on; maps on the way are made, and lists are as long as they are."""
        *way, last = path
        at: Any = self.form
        for step in way:
            if isinstance(at, dict) and step not in at:
                at[step] = {}
            at = at[step]
        at[last] = value

    def drop(self, path: Path) -> None:
        """Nothing stands at `path` any more; a list closes up. Maps that this leaves empty stay."""
        *way, last = path
        at = self.get(tuple(way))
        if isinstance(at, dict):
            at.pop(last, None)
        elif isinstance(at, list) and isinstance(last, int) and last < len(at):
            del at[last]

    def move(self, path: Path, by: int) -> None:
        """The entry at `path` changes places with the one `by` further."""
        *way, last = path
        at = self.get(tuple(way))
        if isinstance(at, list) and isinstance(last, int) and 0 <= last + by < len(at):
            at[last], at[last + by] = at[last + by], at[last]
        elif isinstance(at, dict):
            keys = list(at)
            here = keys.index(str(last))
            if 0 <= here + by < len(keys):
                keys[here], keys[here + by] = keys[here + by], keys[here]
                entries = {key: at[key] for key in keys}
                at.clear()
                at.update(entries)

    def become(self, form: Form) -> None:
        """All of it is what `form` says (a file, an earlier version)."""
        self.form = _spelt_out(form)

    def rebase(self, plan: HallPlan, base: int) -> None:
        """The settings have changed meanwhile: one's own changes go on from them."""
        change = difference(self.begun, self.said)
        self.plan, self.base, self.begun = plan, base, form_of(plan)
        self.form = _spelt_out(merged(self.begun, change))

    def discard(self) -> None:
        """Back to where the edit began."""
        self.become(self.begun)


def _spelt_out(form: Form) -> Form:
    """A copy in which texts that are at their default stand as well, so that one of their languages can be edited."""
    spelt = copy.deepcopy(form)
    spelt.setdefault("foot", plain(FOOT))
    for lane in spelt.get("lanes", {}).values():
        lane.setdefault("public", plain(LanePlan().public))
    return spelt


def concerns(key: str, field: str) -> bool:
    """Whether a problem at `key` is one of the field whose own key is `field`."""
    return key == field or key.startswith((f"{field}.", f"{field}["))
