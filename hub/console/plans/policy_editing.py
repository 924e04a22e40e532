"""A policy while somebody edits it: key by key, each with the sentence that it means for people.

Rules:

* A key is as :mod:`hall.policy_words` names it (``alarms.wait``). Whole numbers, yes or no and the order have values of their own; whatever
  has an inside is written as in the settings file.
* What is wrong is found by the very checks with which the hub would refuse it.
"""

from __future__ import annotations

import copy
from enum import Enum
from typing import Any

import msgspec
from msgspec import inspect

from hall.errors import BadSettings
from hall.plan import HallPlan
from hall.policy import Order, Policy, problems
from hall.policy_words import sentences
from hall.settings import parse
from hall.settings_errors import explain, in_both
from hall.settings_form import plain
from hall.settings_write import flow
from hall.text import Text
from hub.console.plans.versions import Difference, differences


class Kind(Enum):
    """How a key's value is written."""

    NUMBER = "number"
    YES_OR_NO = "yes-or-no"
    ORDER = "order"
    YAML = "yaml"


class PolicyDraft:
    """One person's edit of the policy."""

    def __init__(self, plan: HallPlan, policy: Policy) -> None:
        """The edit begins at `policy`."""
        self.plan, self.begun = plan, policy
        self.form: dict[str, Any] = plain(policy)

    def become(self, policy: Policy) -> None:
        """All of it is another one (from a file)."""
        self.form = plain(policy)

    @property
    def policy(self) -> Policy | None:
        """The policy as it stands; None while it cannot be read."""
        try:
            return msgspec.convert(self.form, Policy, strict=True, str_keys=True)
        except msgspec.ValidationError:
            return None

    @property
    def changed(self) -> bool:
        """Whether it is another one than at the beginning."""
        return self.policy != self.begun

    def sentences(self) -> dict[str, Text]:
        """What each key means for people, as it stands; empty while it cannot be read."""
        policy = self.policy
        return {} if policy is None else dict(sentences(policy, self.plan))

    def differences(self) -> list[Difference]:
        """What would change."""
        return list(differences(plain(self.begun), self.form))

    def problem(self) -> tuple[str, Text] | None:
        """The first mistake, as (key, what is expected there)."""
        try:
            policy = msgspec.convert(self.form, Policy, strict=True, str_keys=True)
        except msgspec.ValidationError as error:
            key, expected = explain(error, self.form, Policy)
            return key, in_both(expected)
        return next(iter(problems(policy, services=self.plan.services, lanes=self.plan.lanes)), None)

    # ---------------------------------------------------------------- one key

    def value(self, key: str) -> Any:
        """What the key says: a number, a yes or no, the order, or text as in the settings file; what is usual where nothing is written."""
        policy = self.policy or self.begun
        found: Any = policy
        for step in key.split("."):
            found = None if found is None else getattr(found, step)
        match kind_of(key):
            case Kind.YAML:
                return "" if found is None or not plain(found) else flow(plain(found))
            case Kind.ORDER:
                return found.value
            case _:
                return found

    def put(self, key: str, value: Any) -> Text | None:
        """The key says `value` from now on; what is wrong with its writing, if anything is."""
        if kind_of(key) is Kind.YAML and isinstance(value, str):
            try:
                value = parse(value) if value.strip() else None
            except BadSettings as error:
                return in_both(error.expected)
        *way, last = key.split(".")
        form = copy.deepcopy(self.form)
        at = form
        for step in way:
            at = at.setdefault(step, {})
        if value is None and not _may_be_none(key):
            at.pop(last, None)
        else:
            at[last] = value
        self.form = form
        return None

    def switch(self, section: str, *, on: bool) -> None:
        """Appointments or alarms as a whole."""
        self.form = {k: v for k, v in self.form.items() if k != section} | ({section: {}} if on else {})


def kind_of(key: str) -> Kind:
    """How a key's value is written."""
    types = _types(key)
    if any(isinstance(kind, inspect.BoolType) for kind in types):
        return Kind.YES_OR_NO
    if any(isinstance(kind, inspect.EnumType) for kind in types):
        return Kind.ORDER
    return Kind.NUMBER if any(isinstance(kind, inspect.IntType) for kind in types) else Kind.YAML


ORDERS = tuple(order.value for order in Order)


def _may_be_none(key: str) -> bool:
    return any(isinstance(kind, inspect.NoneType) for kind in _types(key))


def _types(key: str) -> list[inspect.Type]:
    found: list[inspect.Type] = [inspect.type_info(Policy)]
    for step in key.split("."):
        structs = [kind for kind in found if isinstance(kind, inspect.StructType)]
        inner = [field.type for kind in structs for field in kind.fields if field.encode_name == step]
        found = [
            k for kind in inner for k in (kind.types if isinstance(kind, inspect.UnionType) else (kind,))
        ]
    return found
