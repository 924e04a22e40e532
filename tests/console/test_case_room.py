"""The room of cases: one case per bad rating whatever happens, nothing lost over a restart, personal words apart and deleted."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import traceback
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hall.errors import Fault, Refused
from hall.messages.facts import AlertCleared, ApologyNoted, TicketRated
from hall.plan import HoursPlan
from hub.console.cases import acts, intake
from hub.console.cases.book import CallLine
from hub.console.cases.entries import Stage, WordsDeleted
from hub.console.cases.kinds import Kind, Section, Source, Step
from hub.console.cases.room import MOST_TOLD, STILL_THERE, Cases
from hub.console.cases.rules import HUB, PUBLIC, Who
from hub.console.cases.settings import CaseSettings
from hub.console.door.office import Office
from hub.console.door.rights import Role

ZONE = ZoneInfo("Asia/Shanghai")
PLAN = SimpleNamespace(timezone="Asia/Shanghai", hours=HoursPlan(always=True))
DUTY = Who(login="duty", roles=frozenset({Role.DUTY_OFFICER}))
AUDITOR = Who(login="auditor", roles=frozenset({Role.AUDITOR}))
CLERK = Who(login="clerk", roles=frozenset({Role.CLERK}))
PHONE = "13812345678"


class Room:
    """The room over a file, which can be left and entered again."""

    def __init__(self, folder):
        self.file, self.at = folder / "console.db", datetime(2026, 11, 28, 10, tzinfo=ZONE)
        self.broken = True
        self.enter()

    def enter(self):
        self.office = Office(self.file)
        self.cases = Cases(
            lambda: PLAN, self.office, self.no_journal, now=lambda: self.at, broken=lambda *_: self.broken
        )

    def no_journal(self):
        raise AssertionError("nothing was missed")

    def again(self):
        self.office.close()
        self.enter()

    def hear(self, *facts):
        for fact in facts:
            self.cases.hear(fact)
        self.office.submit(lambda _: None).result()

    def do(self, call):
        return asyncio.run(call)

    @property
    def all(self):
        return list(self.cases.seen.cases.values())


@pytest.fixture
def room(tmp_path):
    room = Room(tmp_path)
    yield room
    room.office.close()


def rated(n, *, ticket="t1", step=1, grade=1, at=None):
    at = at or datetime(2026, 11, 28, 9, 59, tzinfo=ZONE)
    return TicketRated(
        n=n, at=at, ticket=ticket, number="A012", window=3, clerk="018", step=step, grade=grade
    )


def refused(room, call):
    with pytest.raises(Refused) as no:
        room.do(call)
    return no.value.code


class TestBadRating:
    def test_only_the_lowest_grade_opens_one_and_each_step_its_own(self, room):
        room.hear(rated(1), rated(2, grade=2), rated(3, ticket="t2", grade=4), rated(4, step=2))
        assert [(c.id, c.opened.ticket, c.opened.step) for c in room.all] == [
            ("2026-1128-001", "t1", 1),
            ("2026-1128-002", "t1", 2),
        ]

    def test_heard_twice_and_replayed_after_a_restart_it_stays_one(self, room):
        room.hear(rated(1), rated(1))
        room.again()
        room.hear(rated(1), rated(2, ticket="t2"))
        room.again()
        room.hear(rated(1), rated(2, ticket="t2"))
        assert [c.opened.ticket for c in room.all] == ["t1", "t2"]

    @pytest.mark.parametrize("spoken", [True, False])
    def test_whoever_went_there_is_heard_from_the_hall_once(self, room, spoken):
        noted = ApologyNoted(
            n=2, at=room.at, ticket="t1", number="A012", window=3, step=1, spoken=spoken, actor="duty"
        )
        room.hear(rated(1), noted, noted)
        [case] = room.all
        assert (case.spoken is not None, case.left is not None) == (spoken, not spoken)
        assert (case.last, case.entries[-1].by, len(case.entries)) == (room.at, "duty", 2)
        assert room.cases.figures("2026-11-28", "2026-11-28").spoken_to == spoken

    def test_what_was_noted_here_first_stays_as_it_was_noted(self, room):
        room.hear(rated(1))
        [case] = room.all
        room.do(room.cases.act(case.id, acts.FindGone(), DUTY))
        room.hear(ApologyNoted(n=2, at=room.at, ticket="t1", number="A012", window=3, step=1))
        [case] = room.all
        assert case.spoken is None

    def test_the_phone_page_adds_its_reason_whichever_comes_first(self, room):
        by_phone = intake.rated_by_phone(
            ticket="t1", step=1, number="A012", window=3, clerk="018", reasons=("slow",), phone=PHONE
        )
        room.hear(rated(1))
        first = room.do(room.cases.open(by_phone))
        other = intake.rated_by_phone(
            ticket="t2", step=1, number="A013", window=3, clerk="018", words="等太久"
        )
        second = room.do(room.cases.open(other))
        room.hear(rated(2, ticket="t2"))
        assert [c.id for c in room.all] == [first, second]
        assert room.all[0].reasons == ("slow",)
        assert room.all[0].has_phone
        assert room.all[1].has_words

    def test_the_duty_officer_is_told_until_somebody_spoke_to_the_person_or_they_must_be_gone(self, room):
        room.hear(
            rated(1), rated(2, ticket="t2", at=room.at), rated(3, ticket="t3", at=room.at - STILL_THERE * 2)
        )
        assert [c.opened.ticket for c in room.cases.seen.alerts] == ["t1", "t2"]
        room.do(room.cases.act("2026-1128-001", acts.SpeakTo(), DUTY))
        assert [c.opened.ticket for c in room.cases.seen.alerts] == ["t2"]
        room.at += STILL_THERE + timedelta(seconds=1)
        room.do(room.cases.look())
        assert room.cases.seen.alerts == ()

    def test_what_is_told_after_the_closing_opens_the_case_again(self, room):
        room.hear(rated(1))
        name = room.all[0].id
        for act in (
            acts.Accept(),
            *(acts.Tick(step=step) for step in room.all[0].demands.steps),
            acts.Record(section=Section.RESULT, text="已致歉"),
            acts.Close(words="谢谢您"),
        ):
            room.do(room.cases.act(name, act, DUTY))
        room.do(room.cases.tell(name, intake.Personal(words="还没有解决")))
        assert room.all[0].closed is None
        assert room.all[0].has_words

    def test_one_may_add_so_often_and_no_more(self, room):
        room.hear(rated(1))
        for n in range(MOST_TOLD):
            room.do(room.cases.tell("2026-1128-001", intake.Personal(words=f"{n}")))
        again = room.cases.tell("2026-1128-001", intake.Personal(words="x"))
        assert refused(room, again) == "already-done"

    def test_a_store_that_fails_for_a_while_loses_none(self, room):
        with sqlite3.connect(room.file, isolation_level=None) as other:
            other.execute("BEGIN IMMEDIATE")
            room.hear(rated(1))
            assert room.all == []
            other.execute("ROLLBACK")
        room.hear(rated(2, ticket="t2"))
        room.do(room.cases.look())
        assert {case.opened.ticket for case in room.all} == {"t1", "t2"}


@settings(max_examples=15)
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("rated"), st.integers(0, 3)),
            st.tuples(st.just("told by phone"), st.integers(0, 3)),
            st.tuples(st.just("restart"), st.just(0)),
        ),
        max_size=12,
    )
)
def test_in_any_order_and_over_any_restart_each_step_has_one_case(history):
    with TemporaryDirectory() as folder:
        room = Room(Path(folder))
        for what, n in history:
            if what == "restart":
                room.again()
            elif what == "rated":
                room.hear(rated(n + 1, ticket=f"t{n}"))
            else:
                by_phone = intake.rated_by_phone(ticket=f"t{n}", step=1, number="A012", window=3, clerk="018")
                room.do(room.cases.open(by_phone))
        opened = [case.opened.ticket for case in room.all]
        assert sorted(opened) == sorted({f"t{n}" for what, n in history if what != "restart"})
        room.office.close()


class TestBook:
    def test_a_restart_finds_every_case_as_it_was(self, room):
        room.hear(rated(1))
        room.do(room.cases.open(intake.suggestion("请多开一个窗口", phone=PHONE)))
        room.do(room.cases.act("2026-1128-001", acts.Accept(), DUTY))
        room.do(room.cases.act("2026-1128-001", acts.Tick(step=Step.HEARD, note="已听取"), DUTY))
        before = room.cases.seen.cases
        room.again()
        assert room.cases.seen.cases == before
        assert before["2026-1128-002"].opened.by == PUBLIC

    def test_numbers_count_within_their_day(self, room):
        ask = lambda: room.do(room.cases.open(intake.suggestion("好")))  # noqa: E731
        assert [ask(), ask()] == ["2026-1128-001", "2026-1128-002"]
        room.at += timedelta(days=1)
        assert ask() == "2026-1129-001"

    def test_a_refused_act_changes_nothing(self, room):
        room.hear(rated(1))
        before = room.cases.seen
        assert refused(room, room.cases.act("2026-1128-001", acts.Close(words="好"), DUTY)) == "not-your-case"
        assert refused(room, room.cases.act("2026-1128-009", acts.Accept(), DUTY)) == "no-case"
        assert refused(room, room.cases.open(intake.suggestion("好", phone="none"))) == "bad-phone"
        assert room.cases.seen is before

    def test_reminders_are_given_once_also_over_a_restart(self, room):
        room.hear(rated(1))
        room.at += timedelta(days=60)
        room.do(room.cases.look())
        room.again()
        room.do(room.cases.look())
        assert room.all[0].urged == set(Stage)
        assert len(room.all[0].entries) == 1 + len(Stage)
        assert room.all[0].overdue(room.at)

    def test_a_clerks_error_begins_with_the_apology_ticked(self, room):
        taken = intake.clerk_error("收错一份材料", by="clerk", apologised=True, window=3)
        case = room.cases.seen.cases.get(room.do(room.cases.open(taken, "clerk")))
        case = case or room.all[0]
        assert set(case.steps) == {Step.APOLOGISED}
        assert (case.owner, case.offered) == ("clerk", "@duty-officer")


class TestFault:
    def fault(self):
        return intake.fault("评价器按键失灵", phone=PHONE, member="pad-3", alert="keys")

    def cleared(self, n, at, alert="keys"):
        return AlertCleared(n=n, at=at, member="pad-3", alert=alert, code="keys-stuck")

    def test_the_alerts_end_makes_the_call_due_and_the_call_closes_it(self, room):
        name = room.do(room.cases.open(self.fault(), "guide"))
        room.hear(self.cleared(1, room.at - timedelta(hours=1)), self.cleared(2, room.at, alert="other"))
        assert room.all[0].repaired is None
        room.at += timedelta(hours=1)
        room.hear(self.cleared(3, room.at))
        assert (room.all[0].repaired, room.all[0].due) == (room.at, room.at + timedelta(hours=2))
        room.hear(self.cleared(3, room.at))
        assert room.do(room.cases.act(name, acts.Call(reached=True), DUTY)).closed is not None

    def test_repaired_while_the_form_was_filled_in_it_is_due_at_once(self, room):
        room.broken = False
        room.do(room.cases.open(self.fault(), "guide"))
        assert room.all[0].repaired == room.at
        assert room.all[0].entries[-1].by == HUB


class TestPersonal:
    def open(self, room):
        return room.do(room.cases.open(intake.suggestion("请多开一个窗口", name="王女士", phone=PHONE)))

    def test_numbers_are_read_by_those_who_call_words_by_those_who_read_cases(self, room):
        name = self.open(room)
        assert room.do(room.cases.personal(name, DUTY)).phone == PHONE
        seen = room.do(room.cases.personal(name, AUDITOR))
        assert (seen.words, seen.name, seen.phone) == ("请多开一个窗口", "", "")
        assert refused(room, room.cases.personal(name, CLERK)) == "not-your-role"

    def test_they_are_in_no_entry_and_in_no_log(self, room, caplog):
        caplog.set_level(logging.DEBUG)
        name = self.open(room)
        room.do(room.cases.act(name, acts.Note(text="已联系"), DUTY))
        assert PHONE not in repr(room.cases.seen)
        assert PHONE not in caplog.text
        assert "王女士" not in caplog.text

    def test_not_even_a_store_that_fails_repeats_them(self, room):
        with sqlite3.connect(room.file) as other:
            other.execute("ALTER TABLE case_personal RENAME TO away")
        with pytest.raises(Fault) as no:
            self.open(room)
        said = "".join(traceback.format_exception(no.value))
        assert "no such table" in said
        assert PHONE not in said
        assert room.all == []

    def test_they_are_deleted_after_their_time_and_the_case_stays(self, room):
        name = self.open(room)
        handler = Who(login="handler", roles=frozenset({Role.CASE_HANDLER}))
        for act in (
            acts.Accept(),
            *(acts.Tick(step=step) for step in (Step.THANKED, Step.PASSED_ON, Step.ANSWERED)),
            acts.Call(reached=True, satisfied=True),
            acts.Close(words="已采纳"),
        ):
            room.do(room.cases.act(name, act, handler))
        room.at += timedelta(days=CaseSettings().keep_days - 1)
        room.do(room.cases.look())
        assert room.do(room.cases.personal(name, DUTY)).phone == PHONE
        room.at += timedelta(days=2)
        room.do(room.cases.look())
        assert room.do(room.cases.personal(name, DUTY)) == intake.Personal()
        case = room.cases.seen.cases[name]
        assert isinstance(case.entries[-1], WordsDeleted)
        assert case.closed is not None
        room.again()
        assert room.cases.seen.cases[name] == case
        room.office.close()
        assert PHONE.encode() not in room.file.read_bytes()
        room.enter()


def test_the_telephone_log_says_how_often_it_rang_and_who_was_missed(room):
    for rings in (2, 5, None):
        room.do(
            room.cases.note_call(
                CallLine(at=room.at, by="guide", rings=rings, greeted=rings is not None, about="问提取材料")
            )
        )
    lines = room.do(room.cases.calls(room.at, room.at + timedelta(days=1)))
    assert [line.rings for line in lines] == [2, 5, None]
    assert room.do(room.cases.calls(room.at + timedelta(days=1), room.at + timedelta(days=2))) == ()
    assert Kind.FIRST_ASKED is intake.first_asked("问提取", by="guide", source=Source.PHONE).kind
