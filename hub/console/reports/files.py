"""Tables as files: CSV for everybody, XLSX for those who go on counting.

Rules:

* A cell that a spreadsheet would take for a formula is text: in XLSX by its type, in CSV behind an apostrophe.
* CSV is UTF-8 with a mark, so that Chinese opens right; lengths of time are plain seconds, shares are between 0 and 1. In XLSX they are times and
  per cents that go on counting.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from hall.text import Text
from hub.console.reports.sheet import Cell, Column, Kind, Speech, Table

_UNITS = {Kind.SECONDS: " (s)", Kind.SHARE: " (0–1)"}
_FORMATS = {
    Kind.TEXT: "@",
    Kind.COUNT: "#,##0",
    Kind.SECONDS: "[h]:mm:ss",
    Kind.SHARE: "0.0%",
    Kind.NUMBER: "0.0",
}
#: With these a spreadsheet begins to calculate, or to do worse.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_DAY_S = 86400
#: Excel takes no more of a sheet's name, and none of these characters.
_NAME_CHARS, _NAME_NOT = 31, str.maketrans(dict.fromkeys("[]:*?/\\", " "))


def guarded(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def csv_line(cells: Iterable[Cell], speech: Speech) -> str:
    """One line, its end included."""
    out = io.StringIO()
    csv.writer(out).writerow([_csv(cell, speech) for cell in cells])
    return out.getvalue()


def _csv(cell: Cell, speech: Speech) -> str | int | float:
    if cell is None:
        return ""
    if isinstance(cell, Text):
        return guarded(speech.of(cell))
    if isinstance(cell, str):
        return guarded(cell)
    return round(cell, 4) if isinstance(cell, float) else cell


def csv_bytes(tables: Sequence[Table], speech: Speech) -> bytes:
    """All tables one under the other, each under its title."""
    lines = ["\ufeff"]
    for number, table in enumerate(tables):
        if number:
            lines.append(csv_line([], speech))
        if len(tables) > 1:
            lines.append(csv_line([table.title], speech))
        lines.append(csv_line([_head(column, speech) for column in table.columns], speech))
        lines += [csv_line(row, speech) for row in table.rows]
    return "".join(lines).encode()


def _head(column: Column, speech: Speech) -> str:
    return speech.of(column.head) + _UNITS.get(column.kind, "")


def xlsx_bytes(tables: Sequence[Table], speech: Speech) -> bytes:
    """A workbook with a sheet for each table."""
    from xlsxwriter import Workbook  # noqa: PLC0415 - only who asks for a workbook needs it

    out = io.BytesIO()
    book = Workbook(
        out,
        {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )
    bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
    formats = {kind: book.add_format({"num_format": text}) for kind, text in _FORMATS.items()}
    for table in tables:
        sheet = book.add_worksheet(speech.of(table.title).translate(_NAME_NOT)[:_NAME_CHARS])
        sheet.freeze_panes(1, 1)
        sheet.set_column(0, 0, 24)
        sheet.set_column(1, len(table.columns), 11)
        for x, column in enumerate(table.columns):
            sheet.write_string(0, x, speech.of(column.head), bold)
        for y, row in enumerate(table.rows, 1):
            for x, (cell, column) in enumerate(zip(row, table.columns, strict=True)):
                if isinstance(cell, str | Text):
                    text = cell if isinstance(cell, str) else speech.of(cell)
                    sheet.write_string(y, x, text, formats[Kind.TEXT])
                elif cell is not None:
                    value = cell / _DAY_S if column.kind is Kind.SECONDS else cell
                    sheet.write_number(y, x, value, formats[column.kind])
    book.close()
    return out.getvalue()
