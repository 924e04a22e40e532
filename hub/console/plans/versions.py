"""The versions of the hall's settings, as the journal has them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from hall.messages.facts import PlanChanged
from hall.settings_errors import dotted
from hall.settings_form import Form
from hub.console.mirror.past import Past


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """One version, whole."""

    version: int
    at: datetime
    plan: Form
    #: whom the change was asked for by; None: the settings file
    actor: str | None
    reason: str


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One key that says something else; None: it is not there."""

    key: str
    before: Any
    after: Any


def version_of(fact: PlanChanged) -> Version:
    """The version that a fact tells."""
    return Version(
        version=fact.version, at=fact.at, plan=fact.plan, actor=fact.actor or fact.by, reason=fact.reason
    )


def versions(past: Past) -> list[Version]:
    """Every version that the store still has, the oldest first. Raises ``Fault``."""
    return [version_of(fact) for fact in past.of_type(PlanChanged)]


def differences(old: Any, new: Any, path: tuple[str | int, ...] = ()) -> Iterator[Difference]:
    """Key by key what differs, as deep as both have keys."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in dict.fromkeys([*old, *new]):
            yield from differences(old.get(key), new.get(key), (*path, key))
        kept_old, kept_new = [k for k in old if k in new], [k for k in new if k in old]
        if kept_old != kept_new:
            yield Difference(key=dotted(path), before=list(old), after=list(new))
    elif old != new or type(old) is not type(new):
        yield Difference(key=dotted(path), before=old, after=new)
