"""Reports as tables and files: both languages, exact cells, and nothing a spreadsheet would run."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hall.text import Text
from hub.console.reports import headings
from hub.console.reports.count import Count, Promise
from hub.console.reports.figures import Axis
from hub.console.reports.files import csv_bytes, guarded, xlsx_bytes
from hub.console.reports.official import COLUMNS, lines
from hub.console.reports.rows import DayRows, Visit, Work
from hub.console.reports.sheet import Column, Kind, Speech, Table, shown
from hub.console.reports.tables import Names, load_table, staffing_table, table, tables

DAY, NINE = "2026-11-23", datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def one(*rows):
    """A table of texts and lengths."""
    columns = (
        Column(key="who", head=Text(zh="谁", en="Who"), kind=Kind.TEXT),
        Column(key="took", head=Text(zh="用时", en="Took"), kind=Kind.SECONDS),
        Column(key="kept", head=Text(zh="达标", en="Kept"), kind=Kind.SHARE),
    )
    return Table(key="one", title=Text(zh="表", en="Table"), columns=columns, rows=rows)


@pytest.fixture
def report():
    count = Count(Promise())
    visits = (Visit(ticket="a", day=DAY, service="loan", situation="new", arrived=NINE, state="served"),)
    works = (Work(ticket="a", step=1, day=DAY, window=2, clerk="018", service="loan", handled_s=90),)
    count.add(DayRows(day=DAY, visits=visits, works=works), NINE)
    return count.report(DAY, DAY, NINE)


def read_csv(made):
    return list(csv.reader(io.StringIO(made.decode("utf-8-sig"))))


def read_xlsx(made):
    """Sheets as rows of (type, text) cells; formulas would be a type of their own."""
    with zipfile.ZipFile(io.BytesIO(made)) as book:
        texts = [
            "".join(t.text or "" for t in si.iter(f"{SHEET}t"))
            for si in ET.fromstring(book.read("xl/sharedStrings.xml"))
        ]
        found = []
        for name in sorted(name for name in book.namelist() if name.startswith("xl/worksheets/sheet")):
            sheet = ET.fromstring(book.read(name))
            assert not list(sheet.iter(f"{SHEET}f"))
            found.append(
                [
                    [
                        texts[int(c.find(f"{SHEET}v").text)]
                        if c.get("t") == "s"
                        else float(c.find(f"{SHEET}v").text)
                        for c in row
                    ]
                    for row in sheet.iter(f"{SHEET}row")
                ]
            )
    return found


def test_csv_has_plain_numbers_and_says_their_unit():
    made = csv_bytes([one(("a", 61, 0.5), (Text(zh="合计", en="All"), None, None))], Speech.EN)
    assert read_csv(made) == [["Who", "Took (s)", "Kept (0–1)"], ["a", "61", "0.5"], ["All", "", ""]]
    assert made.startswith("\ufeff".encode())


@given(st.text(max_size=12), st.sampled_from([*"=+-@\t\r\n＝＋－＠"]))
def test_no_cell_of_a_csv_begins_like_a_formula(text, first):
    assert guarded(first + text) == f"'{first}{text}"
    assert not guarded(text).startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    [_, [cell, *_]] = read_csv(csv_bytes([one((first + text, 1, 1.0))], Speech.ZH))[:2]
    assert cell.startswith("'")


@pytest.mark.parametrize(
    "text", ["=1+1", "+86", "-2", "@SUM(A1)", "=HYPERLINK('http://x')", "http://x.example"]
)
def test_what_looks_like_a_formula_is_a_text_in_a_workbook(text):
    [[_, [who, took, kept]]] = read_xlsx(xlsx_bytes([one((text, 86400, 0.25))], Speech.EN))
    assert (who, took, kept) == (text, 1.0, 0.25)


def test_a_workbook_has_a_sheet_for_each_table(report):
    made = tables(report, list(Axis), Names())
    assert len(read_xlsx(xlsx_bytes(made, Speech.ZH))) == len(Axis) + 2


def test_the_last_row_is_the_whole_and_names_are_the_halls_own(report):
    named = Names(
        services={"loan": Text(zh="贷款", en="Loan")},
        situations={"loan/new": Text(zh="新房", en="New home")},
    )
    made = table(report, Axis.SITUATION, named, [headings.Part.VISITS])
    assert [shown(row[0], Kind.TEXT, Speech.ZH) for row in made.rows] == ["贷款 · 新房", "合计"]
    assert [shown(row[0], Kind.TEXT, Speech.EN) for row in made.rows] == ["Loan · New home", "All"]
    assert [row[1] for row in made.rows] == [1, 1]


@pytest.mark.parametrize(
    ("cell", "kind", "said"),
    [
        (None, Kind.SECONDS, "—"),
        (65, Kind.SECONDS, "1:05"),
        (7445, Kind.SECONDS, "2:04:05"),
        (0.973, Kind.SHARE, "97.3%"),
        (1.0, Kind.SHARE, "100%"),
        (12345, Kind.COUNT, "12,345"),
        (4.25, Kind.NUMBER, "4.2"),
    ],
)
def test_a_cell_reads_as_people_write_it(cell, kind, said):
    assert shown(cell, kind, Speech.EN) == said


def every_heading(report):
    yield from headings.AXES.values()
    yield from headings.PARTS.values()
    yield from headings.GRADE.values()
    yield from headings.WEEKDAYS
    yield from (headings.ALL, headings.NOT_SAID)
    yield from (figure.column.head for figure in headings.FIGURES)
    yield from (column.head for column in COLUMNS)
    for made in (load_table(report), staffing_table(report)):
        yield made.title
        yield from (column.head for column in made.columns)


def test_every_heading_is_there_in_both_languages(report):
    for text in every_heading(report):
        assert re.search("[\u4e00-\u9fff]", text.zh)
        assert re.search("[A-Za-z0-9]", text.en)
        assert not re.search("[\u4e00-\u9fff]", text.en)
        text.zh.encode("gb2312")


class TestOfficialRatings:
    def test_four_grades_become_five_by_the_declared_mapping_and_nobody_is_made_satisfied(self):
        works = [
            Work(
                ticket=f"t{n}",
                step=1,
                day=DAY,
                window=1,
                clerk="018",
                service="loan",
                handled_s=1,
                grade=grade,
            )
            for n, grade in enumerate([4, 3, 2, 1, None])
        ]
        found = [line[7] for line in lines(works, {}, {})]
        assert found == ["5", "4", "3", "2"]

    def test_a_line_says_who_what_when_and_why_and_names_nobody(self):
        work = Work(
            ticket="t1",
            number="A012",
            step=2,
            day=DAY,
            window=1,
            clerk="018",
            service="loan",
            situation="new",
            started=NINE,
            finished=NINE.replace(minute=20),
            rated=NINE.replace(minute=21),
            channel="pad",
            handled_s=1200,
            grade=1,
        )
        [line] = lines([work], {"loan": "001", "loan/new": "001002"}, {("t1", 2): ("slow", "unclear")})
        assert line == (
            "018",
            "001002",
            "A012",
            "2026-11-23T09:00:00+00:00",
            "2026-11-23T09:20:00+00:00",
            "2026-11-23T09:21:00+00:00",
            "pad",
            "2",
            "1",
            "slow unclear",
        )
        [other] = lines([work], {"loan": "001"}, {})
        assert other[1] == "001"
