"""Everything that can be the matter with a device, by code: read from ``troubles.yaml``, the only place of these sentences.

``TROUBLES["paper-out"].text`` is the alert's sentence, ``.do`` what a technician does, ``.citizen`` what people are told. The table is
read at its first use. An unknown code is a programming error and raises ``KeyError`` at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Final, Literal

import msgspec

from hall.errors import Fault
from hall.messages.common import DEVICE_KINDS, Level, MemberKind
from hall.shipped import shipped
from hall.text import Text

#: what fills a brace: the same in both languages, or each in its own
Field = Text | str | int


class _Row(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One row as it stands in the file."""

    devices: tuple[MemberKind, ...] | Literal["all"]
    level: Level
    zh: str
    en: str
    do: Text
    citizen: Text | None = None


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that can be the matter."""

    code: str
    #: who raises it
    devices: frozenset[MemberKind]
    level: Level
    text: Text
    #: what a technician does about it
    do: Text
    #: what is said to people, where they notice it
    citizen: Text | None = None

    def said(self, **fields: Field) -> Text:
        """The sentence with its braces filled in; ``KeyError`` when one is missing."""
        zh = {name: value.zh if isinstance(value, Text) else value for name, value in fields.items()}
        en = {name: value.en if isinstance(value, Text) else value for name, value in fields.items()}
        return Text(zh=self.text.zh.format_map(zh), en=self.text.en.format_map(en))


class _Table(Mapping[str, Trouble]):
    """All rows, in the file's order."""

    def __getitem__(self, code: str) -> Trouble:
        return _rows()[code]

    def __iter__(self) -> Iterator[str]:
        return iter(_rows())

    def __len__(self) -> int:
        return len(_rows())


TROUBLES: Final[Mapping[str, Trouble]] = _Table()


def fault(code: str, why: str = "", **fields: Field) -> Fault:
    """A part's failure under its code in the table; `why` is what the machine says, for the log and for whoever reads English."""
    said = TROUBLES[code].said(**fields)
    return Fault(code, Text(zh=said.zh, en=f"{said.en}: {why}" if why else said.en))


@cache
def _rows() -> dict[str, Trouble]:
    raw = shipped(files("hall").joinpath("troubles.yaml").read_text(encoding="utf-8"))
    return {code: _trouble(code, row) for code, row in msgspec.convert(raw, dict[str, _Row]).items()}


def _trouble(code: str, row: _Row) -> Trouble:
    return Trouble(
        code=code,
        devices=DEVICE_KINDS if row.devices == "all" else frozenset(row.devices),
        level=row.level,
        text=Text(zh=row.zh, en=row.en),
        do=row.do,
        citizen=row.citizen,
    )
