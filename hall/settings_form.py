"""A hall's settings as the plain values that stand in ``hall.yaml``, and how one such form becomes another.

Rules:

* A form has only what differs from what everybody has: a key at its default is left out, and so there is no null in it.
* The policy is changed by an ask of its own (``set_policy``) and is no part of the form unless it is asked for.
* A change is a JSON merge patch (RFC 7396): keys that are given take the place of those that are there, null takes one away. It cannot
  move a key that stays; whoever wants another order says the whole form.
"""

from __future__ import annotations

from enum import Enum
from typing import Any, TypeVar

import msgspec

from hall.plan import HallPlan

T = TypeVar("T")
#: Plain values by key.
Form = dict[str, Any]
POLICY = "policy"


def form_of(plan: HallPlan, *, policy: bool = False) -> Form:
    """What a settings file says to mean this plan."""
    form: Form = plain(plan)
    if not policy:
        form.pop(POLICY, None)
    return form


def plan_of(form: Form) -> HallPlan:
    """The plan that a form means. Raises ``msgspec.ValidationError``."""
    return msgspec.convert(form, HallPlan, strict=True, str_keys=True)


def plain(value: Any) -> Any:
    """Plain values of a struct, without what is at its default."""
    match value:
        case msgspec.Struct():
            return {
                field.encode_name: plain(getattr(value, field.name))
                for field in msgspec.structs.fields(value)
                if not _is_default(field, getattr(value, field.name))
            }
        case dict():
            return {str(key): plain(entry) for key, entry in value.items()}
        case list() | tuple():
            return [plain(entry) for entry in value]
        case Enum():
            return value.value
        case _:
            return value


def _is_default(field: msgspec.structs.FieldInfo, value: object) -> bool:
    if field.default is not msgspec.NODEFAULT:
        return bool(field.default == value)
    factory = field.default_factory
    return factory is not msgspec.NODEFAULT and bool(factory() == value)


def merged(form: T, change: Any) -> T:
    """The form after a merge patch; neither of the two is touched."""
    if not isinstance(change, dict):
        return change  # type: ignore[no-any-return]  # a patch that is no object takes the place of whatever was there
    result: dict[str, Any] = dict(form) if isinstance(form, dict) else {}
    for key, value in change.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result  # type: ignore[return-value]


def difference(old: Form, new: Form) -> Form:
    """The smallest merge patch that makes `new` of `old`, but for the order of its keys."""
    change: Form = {key: None for key in old if key not in new}
    for key, value in new.items():
        before = old.get(key)
        if isinstance(before, dict) and isinstance(value, dict):
            inner = difference(before, value)
            if inner:
                change[key] = inner
        elif key not in old or before != value or type(before) is not type(value):
            change[key] = value
    return change


def same(old: Form, new: Form) -> bool:
    """Whether two forms say the same in the same order."""
    return msgspec.json.encode(old) == msgspec.json.encode(new)
