"""What is counted of cases, and what an auditor takes out."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

from hall.plan import HoursPlan
from hub.console.cases import acts, export, figures
from hub.console.cases.book import CallLine
from hub.console.cases.case import begin, tell
from hub.console.cases.intake import Intake, Personal
from hub.console.cases.kinds import Kind, Source, Step
from hub.console.cases.rules import Who, decide, opening, told
from hub.console.cases.working import WorkingTime
from hub.console.door.rights import Role

ZONE = ZoneInfo("Asia/Shanghai")
HOURS = WorkingTime(SimpleNamespace(hours=HoursPlan(always=True)), ZONE)
NOW = datetime(2026, 11, 28, 10, tzinfo=ZONE)
DUTY = Who(login="duty", roles=frozenset({Role.DUTY_OFFICER}))
PHONE = "13812345678"


def new(n=1, kind=Kind.BAD_RATING, at=NOW, **more):
    taken = Intake(kind=kind, source=Source.PAD, personal=Personal(phone=PHONE, name="王女士"), **more)
    case = begin(f"2026-1128-{n:03d}", opening(taken, at, "hub", HOURS))
    return tell(case, told(taken, at, "hub"))


def do(case, *done, at=NOW):
    for act in done:
        for entry in decide(case, act, DUTY, at, HOURS):
            case = tell(case, entry)
    return case


def rows(made):
    return list(csv.reader(io.StringIO(made.decode("utf-8-sig"))))


def test_open_overdue_called_back_and_spoken_to_are_counted_as_they_stand():
    error = do(
        new(4, Kind.CLERK_ERROR),
        acts.Accept(),
        *(acts.Tick(step=step) for step in (Step.APOLOGISED, Step.CORRECTED, Step.TRAINED)),
        acts.Call(reached=True),
        acts.Close(words="已更正"),
        at=NOW + timedelta(hours=3),
    )
    cases = [
        do(new(1), acts.SpeakTo()),
        do(new(2), acts.Call(reached=True, satisfied=True)),
        new(3),
        error,
    ]
    counted = figures.figures(cases, NOW + timedelta(days=3), HOURS)
    assert counted.opened == {"bad-rating": 3, "clerk-error": 1}
    assert (counted.open, counted.closed, counted.late) == (3, 1, 0)
    assert counted.overdue == 1  # the third: nobody has spoken to the person
    assert (counted.bad_ratings, counted.called_back, counted.spoken_to) == (3, 1, 1)
    assert counted.median_closing_s == 3 * 3600


def test_a_range_of_days_has_both_its_ends():
    cases = [new(1, at=NOW + timedelta(days=n)) for n in range(4)]
    assert len(figures.of_days(cases, "2026-11-29", "2026-11-30")) == 2


def test_a_telephone_is_answered_in_time_late_or_not_at_all():
    lines = [CallLine(at=NOW, by="guide", rings=rings, greeted=True, about="") for rings in (1, 3, 4, None)]
    assert figures.call_figures(lines) == figures.CallFigures(calls=4, in_time=2, missed=1)


def test_the_file_has_a_row_for_each_case_and_nothing_personal():
    made = export.cases([do(new(1, about="少收一份材料"), acts.SpeakTo()), new(2)], NOW)
    head, first, second = rows(made)
    assert len(head) == len(first) == len(second)
    assert (first[0], first[5]) == ("2026-1128-001", "少收一份材料")
    for personal in (PHONE, "王女士"):
        assert personal not in made.decode("utf-8-sig")


def test_the_histories_have_a_row_for_each_entry_in_order():
    case = do(new(1), acts.SpeakTo(), acts.Note(text="已致歉"))
    made = export.histories([case])
    assert [row[4] for row in rows(made)[1:]] == ["Opened", "PersonTold", "SpokenTo", "Noted"]
    assert PHONE not in made.decode("utf-8-sig")


def test_nothing_that_somebody_typed_is_a_formula():
    made = export.cases([new(1, about="=HYPERLINK(1)")], NOW)
    assert rows(made)[1][5] == "'=HYPERLINK(1)"
