"""What a hall may set about its cases, in the console's settings file.

Rules:

* A hall adds to what a kind demands and sets other deadlines; what the standards demand of a kind never goes.
* Personal data is kept between a month and ten years after the closing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from hall.settings import convert
from hub.console.cases.kinds import KINDS, Demands, Kind, Section, Step, Term


class KindSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One kind of case; what is left out stays as it is shipped."""

    #: steps and parts of the record beyond those that every hall has
    steps: tuple[Step, ...] = ()
    sections: tuple[Section, ...] = ()
    #: by when somebody has spoken to the person, and by when it is closed
    contact: Term | None = None
    close: Term | None = None


class CaseSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything about cases that a hall may set."""

    #: name, number and the person's own words are deleted so many days after the closing
    keep_days: Annotated[int, Meta(ge=30, le=3660)] = 180
    kinds: dict[Kind, KindSettings] = {}

    @property
    def table(self) -> Mapping[Kind, Demands]:
        """What each kind demands in this hall."""
        return {kind: _demands(demands, self.kinds.get(kind)) for kind, demands in KINDS.items()}


class _Whole(msgspec.Struct, frozen=True, kw_only=True):
    """Where they stand in the file, so that a mistake names its key as people find it."""

    cases: CaseSettings


def read(raw: dict[str, Any], file: str) -> CaseSettings:
    """What stands under ``cases`` in the console's settings `file`. Raises ``BadSettings``."""
    whole: _Whole = convert({"cases": raw}, _Whole, file)
    return whole.cases


#: A hall that has set nothing.
USUAL: Final = CaseSettings()


def _demands(usual: Demands, own: KindSettings | None) -> Demands:
    if own is None:
        return usual
    sections = {*usual.sections, *own.sections}
    return msgspec.structs.replace(
        usual,
        steps=tuple(dict.fromkeys((*usual.steps, *own.steps))),
        sections=tuple(section for section in Section if section in sections),
        contact=own.contact or usual.contact,
        close=own.close or usual.close,
    )
