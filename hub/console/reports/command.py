"""``hall report``: the same figures as the page's, on the command line."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from hall.errors import Refused
from hall.plan import HallPlan
from hall.text import Text
from hub.console.reports.figures import Axis, Report
from hub.console.reports.files import csv_bytes, xlsx_bytes
from hub.console.reports.headings import Part
from hub.console.reports.make import Asked, make, matters, promise, rated
from hub.console.reports.records import Records
from hub.console.reports.sheet import Kind, Speech, Table, shown
from hub.console.reports.tables import SEATED, Names, load_table, names, staffing_table, table, tables
from hub.settings import read
from hub.store.progress import Progress


def run(
    *,
    settings: Path | None,
    store: str | None,
    first: str | None,
    last: str | None,
    by: str,
    form: str,
    out: Path | None,
    ratings: bool,
) -> int:
    """Count, and print or write; the exit code."""
    if (settings is None) == (store is None):
        raise Refused(
            "which-store",
            Text(
                zh="请指定一个：--settings 叫号主机设置，或 --store 存储",
                en="name one of them: --settings (the hub's) or --store",
            ),
        )
    if form == "xlsx" and out is None:
        raise Refused(
            "where-to",
            Text(zh="表格文件要写到哪里：请加 --out 文件名", en="a workbook needs a file: add --out FILE"),
        )
    plan = None
    if settings is not None:
        own, plan = read(settings)
        store = own.store
    assert store is not None
    asked = _asked(store, plan, first, last)
    progress = Progress("days counted")

    def tell(done: int, of: int) -> None:
        progress(f"{done} of {of}")

    if ratings:
        codes = {} if plan is None else matters(plan)
        _put("".join(rated(asked, codes, {}, speech(), tell)).encode(), out)
        return 0
    report = make(asked, now=_now(asked), tell=tell)
    named = Names() if plan is None else names(plan)
    if form == "json":
        _put(msgspec.json.format(msgspec.json.encode(report)) + b"\n", out)
    elif form == "xlsx":
        _put(xlsx_bytes(tables(report, list(Axis), named), speech()), out)
    elif form == "csv":
        _put(csv_bytes([table(report, Axis(by), named)], speech()), out)
    else:
        _put(_plain(report, Axis(by), named).encode(), out)
    return 0


def speech() -> Speech:
    """The terminal's language."""
    language = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return Speech.ZH if language.startswith("zh") else Speech.EN


def _asked(store: str, plan: HallPlan | None, first: str | None, last: str | None) -> Asked:
    if first is None or last is None:
        records = Records(store)
        found = records.span()
        records.close()
        if found is None:
            raise Refused(
                "nothing-there", Text(zh="存储中还没有号票", en="there is no ticket in this store yet")
            )
        first, last = first or (found[1] if last is None else min(found[0], last)), last or found[1]
    if plan is None:
        return Asked(store=store, first=first, last=last)
    return Asked(store=store, first=first, last=last, timezone=plan.timezone, promise=promise(plan))


def _now(asked: Asked) -> datetime:
    return datetime.now(asked.zone or UTC)


def _put(what: bytes, out: Path | None) -> None:
    if out is None:
        sys.stdout.buffer.write(what)
        sys.stdout.buffer.flush()
    else:
        out.write_bytes(what)


# ---------------------------------------------------------------- for people


def _plain(report: Report, axis: Axis, named: Names) -> str:
    head = Text(
        zh=f"{report.first} 至 {report.last}，{report.days} 个有业务的日子",
        en=f"{report.first} to {report.last}, days with people: {report.days}",
    )
    found = [
        table(report, axis, named, (part,)) for part in Part if part is not Part.WINDOWS or axis in SEATED
    ]
    found += [load_table(report), staffing_table(report)]
    return "\n\n".join([speech().of(head), *(_drawn(one) for one in found if one.rows)]) + "\n"


def _drawn(one: Table) -> str:
    """A table in columns, under its title."""
    said = speech()
    cells = [[said.of(column.head) for column in one.columns]]
    cells += [
        [shown(cell, column.kind, said) for cell, column in zip(row, one.columns, strict=True)]
        for row in one.rows
    ]
    text = [column.kind is Kind.TEXT for column in one.columns]
    widths = [max(_width(row[x]) for row in cells) for x in range(len(one.columns))]
    return "\n".join([said.of(one.title), *(_line(row, widths, text) for row in cells)])


def _line(cells: Sequence[str], widths: Sequence[int], text: Sequence[bool]) -> str:
    padded = (
        cell + " " * (width - _width(cell)) if left else " " * (width - _width(cell)) + cell
        for cell, width, left in zip(cells, widths, text, strict=True)
    )
    return "  ".join(padded).rstrip()


def _width(text: str) -> int:
    """Columns of a terminal: a Chinese character takes two."""
    return sum(2 if ord(character) > 0x2E7F else 1 for character in text)
