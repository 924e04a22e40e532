"""The acts of a scenario: every ask of a hall by its own name, and ``estimate``.

Rules:

* ``do`` is the ask's type; its fields stand beside it as in the protocol, except: a ticket or an appointment is named by the person's
  ``name``, a time is one of the scenario's day, a policy is a scenario's policy. ``window`` may stand beside every act.
* ``book`` and ``seat_directly`` may name somebody new. ``check_in`` with a ``name`` shows what that person has: the booked time, or the last
  missing-papers slip.
* ``finish`` and ``serve_at_desk`` end with *done*, ``sit`` seats the window's own clerk and ``pause`` gives no reason unless the act says otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any, Final

import msgspec
from msgspec import inspect

from hall import settings
from hall.errors import BadSettings
from hall.messages import asks
from hall.messages.asks import AnyAsk
from hub.domain.ticket import NORMAL

ESTIMATE: Final = "estimate"
#: What people do at the door stands under ``arrivals``; papers are no rule.
_NO_ACTS: Final = frozenset({"take_ticket", "reprint"})
#: Asks that make a ticket or an appointment of their own: `name` names it from then on.
_MAKERS: Final = frozenset({"seat_directly", "book"})
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?")
_DEFAULTS: Final[Mapping[str, Mapping[str, Any]]] = {
    "book": {"code": "000000"},
    "check_in": {"via": "desk"},
    "finish": {"outcome": "done"},
    "serve_at_desk": {"outcome": "done"},
    "pause": {"reason": ""},
}

KINDS: Final[Mapping[str, type[asks.Ask]]] = {
    str(kind.__struct_config__.tag): kind
    for kind in AnyAsk.__args__
    if kind.__struct_config__.tag not in _NO_ACTS
}


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """One act, checked: `fields` are the ask's, its id still to be given."""

    at: datetime
    do: str
    window: int | None = None
    #: the person it is about, as the scenario names them
    name: str | None = None
    #: the field that says so: ``ticket`` or ``appointment``
    about: str | None = None
    fields: dict[str, Any] = {}

    def ask(self, id_: str, **more: Any) -> AnyAsk:
        """The act as an ask."""
        kind: Any = KINDS[self.do]
        ask: AnyAsk = kind(**(self.fields | {"id": id_} | more))
        return ask


Moment = Callable[[str], datetime]
PolicyOf = Callable[[Any, str, str], Any]


def read_act(
    raw: dict[str, Any],
    key: str,
    file: str,
    names: set[str],
    services: Collection[str],
    moment: Moment,
    policy_of: PolicyOf,
) -> Act:
    """One line of ``acts``; `names` learns whom it makes. Raises ``BadSettings``."""
    at, do = _clock(raw, "at", key, file), raw.get("do")
    if do == ESTIMATE:
        return _estimate(raw, key, file, moment(at), services)
    if not isinstance(do, str) or do not in KINDS:
        raise BadSettings(file, f"{key}.do", f"one of {', '.join(sorted([*KINDS, ESTIMATE]))}{_found(do)}")
    kind = KINDS[do]
    known = {field.encode_name: field for field in _fields(kind)}
    given = dict(_DEFAULTS.get(do, {})) | {k: v for k, v in raw.items() if k not in {"at", "do"}}
    if do == "sit" and isinstance(given.get("window"), int):
        given.setdefault("clerk", f"{given['window']:03d}")
    # Whoever does it may say at which window they sit, also where the ask does not need it.
    window = given.get("window") if "window" in known else given.pop("window", None)
    if window is not None and type(window) is not int:
        raise BadSettings(file, f"{key}.window", f"a window's number{_found(window)}")
    name = given.pop("ticket", None) if "ticket" in known and "name" not in given else given.pop("name", None)
    makes = do in _MAKERS
    about = next((field for field in ("ticket", "appointment") if field in known), None)
    if name is not None or (about is not None and known[about].required):
        name = _name(name, key, file, names, makes=makes, may=makes or about is not None)
        if about is not None:
            given[about] = "somebody"
    for field, value in given.items():
        if field not in known or field in {"id", "actor"}:
            raise BadSettings(file, f"{key}.{field}", "no such key")
        if field == "policy":
            given[field] = policy_of(value, file, f"{key}.policy")
        elif isinstance(value, str) and _CLOCK.fullmatch(value) and _is_moment(known[field].type):
            given[field] = moment(value)
    plain = {field: value for field, value in given.items() if field != "policy"} | {"id": "act"}
    if "policy" in given:
        plain["policy"] = {}
    checked = settings.convert_at(plain, kind, file, key)
    fields = {
        field.name: getattr(checked, field.name)
        for field in known.values()
        if field.name not in {"id", "actor"}
    }
    if "policy" in given:
        fields["policy"] = given["policy"]
    return Act(at=moment(at), do=do, window=window, name=name, about=about, fields=fields)


def _estimate(raw: dict[str, Any], key: str, file: str, at: datetime, services: Collection[str]) -> Act:
    for field in raw:
        if field not in {"at", "do", "service", "lane"}:
            raise BadSettings(file, f"{key}.{field}", "no such key")
    service, lane = raw.get("service"), raw.get("lane", NORMAL)
    if service not in services:
        raise BadSettings(file, f"{key}.service", f"a service of this scenario{_found(service)}")
    if not isinstance(lane, str) or not lane:
        raise BadSettings(file, f"{key}.lane", f"a lane{_found(lane)}")
    return Act(at=at, do=ESTIMATE, fields={"service": service, "lane": lane})


def _name(name: Any, key: str, file: str, names: set[str], *, makes: bool, may: bool) -> str:
    where = f"{key}.name"
    if not may:
        raise BadSettings(file, where, "no such key")
    if not isinstance(name, str) or not name:
        raise BadSettings(file, where, f"the name of an arrival{_found(name)}")
    if makes:
        names.add(name)
    if name not in names:
        raise BadSettings(file, where, f"the name of an arrival{_found(name)}")
    return name


def _clock(raw: dict[str, Any], field: str, key: str, file: str) -> str:
    value = raw.get(field)
    if not isinstance(value, str) or not _CLOCK.fullmatch(value):
        raise BadSettings(file, f"{key}.{field}", f"a time, HH:MM or HH:MM:SS{_found(value)}")
    return value


def _found(value: Any) -> str:
    return " (it is missing)" if value is None else f", found {value!r}"


def _fields(kind: type[asks.Ask]) -> tuple[inspect.Field, ...]:
    info = inspect.type_info(kind)
    assert isinstance(info, inspect.StructType)
    return info.fields


def _is_moment(kind: inspect.Type) -> bool:
    kinds = kind.types if isinstance(kind, inspect.UnionType) else (kind,)
    return any(isinstance(one, inspect.DateTimeType) for one in kinds)
