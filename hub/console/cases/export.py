"""Cases as CSV, for the auditor: one row a case, or one row for each entry of each history.

Rules:

* Nothing personal is in it: no name, no number, none of the person's words.
* Nothing that somebody typed is a formula to a spreadsheet.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from hub.console.cases.case import Case
from hub.console.cases.entries import Entry

#: A spreadsheet takes what begins so for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
CASES = (
    "编号 case", "类别 kind", "来源 source", "受理 opened", "登记人 by", "事由 about", "票号 number", "窗口 window", "工号 clerk",
    "负责人 owner", "首次联系期限 contact by", "首次联系 contacted", "期限 due", "离开前沟通 spoken to", "回电 called back", "办结 closed",
    "办结人 closed by", "结束语 closing words", "超期 overdue",
)  # fmt: skip
HISTORIES = ("编号 case", "序 n", "时间 at", "登记人 by", "事项 entry", "内容 content")


def cases(found: Iterable[Case], at: datetime) -> bytes:
    """One row a case."""
    return _file(CASES, (_case(case, at) for case in found))


def histories(found: Iterable[Case]) -> bytes:
    """One row for each entry."""
    return _file(
        HISTORIES,
        (
            [case.id, n, _at(entry.at), entry.by, type(entry).__name__, _content(entry)]
            for case in found
            for n, entry in enumerate(case.entries, 1)
        ),
    )


def _case(case: Case, at: datetime) -> list[object]:
    first, closed = case.opened, case.closed
    return [
        case.id,
        case.kind.value,
        first.source.value,
        _at(first.at),
        first.by,
        first.about,
        first.number,
        first.window,
        first.clerk,
        case.owner,
        _at(case.contact_by),
        _at(case.contacted),
        _at(case.due),
        _at(None if case.spoken is None else case.spoken.at),
        int(case.called_back),
        _at(None if closed is None else closed.at),
        None if closed is None else closed.by,
        None if closed is None else closed.words,
        int(case.overdue(at) or case.late),
    ]


def _content(entry: Entry) -> str:
    fields: dict[str, Any] = msgspec.to_builtins(entry)
    return " ".join(
        f"{name}={value}"
        for name, value in fields.items()
        if name not in {"type", "at", "by"} and value is not None
    )


def _at(at: datetime | None) -> str | None:
    return None if at is None else f"{at:%Y-%m-%d %H:%M:%S}"


def _cell(value: object) -> object:
    text = "" if value is None else str(value)
    return "'" + text if text.startswith(_FORMULA) else text


def _file(head: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """With the mark by which spreadsheets know UTF-8."""
    written = io.StringIO()
    to = csv.writer(written, lineterminator="\r\n")
    to.writerow(head)
    to.writerows([_cell(value) for value in row] for row in rows)
    return written.getvalue().encode("utf-8-sig")
