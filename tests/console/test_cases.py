"""Cases: what must be done before one closes, whose it is, who is reminded."""

from __future__ import annotations

from datetime import datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hall.errors import BadSettings, Refused
from hall.messages.facts import TicketRated
from hall.plan import DayHours, HoursPlan
from hub.console.cases import acts, intake, urging
from hub.console.cases.case import begin, tell, told
from hub.console.cases.entries import Closed, Stage
from hub.console.cases.intake import Intake, Personal
from hub.console.cases.kinds import KINDS, Channel, Kind, Section, Source, Step, Term
from hub.console.cases.rules import HUB, Who, decide, missing, opening, repaired
from hub.console.cases.rules import told as told_of
from hub.console.cases.settings import CaseSettings, KindSettings, read
from hub.console.cases.working import WorkingTime
from hub.console.door.rights import MAY_WITH_CASES, CaseRight, Role

ZONE = ZoneInfo("Asia/Shanghai")
HOURS = WorkingTime(
    SimpleNamespace(
        hours=HoursPlan(
            week=dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), DayHours(open="09:00", close="17:00"))
        )
    ),
    ZONE,
)
NOW = datetime(2026, 11, 26, 10, tzinfo=ZONE)
DUTY = Who(login="duty", roles=frozenset({Role.DUTY_OFFICER}))
HANDLER = Who(login="handler", roles=frozenset({Role.CASE_HANDLER}))
MANAGER = Who(login="manager", roles=frozenset({Role.MANAGER}))
CLERK = Who(login="clerk", roles=frozenset({Role.CLERK}))
RATED = TicketRated(n=9, at=NOW, ticket="t1", number="A012", window=3, clerk="018", step=1, grade=1)


def new(kind=Kind.BAD_RATING, *, phone="", owner=None, **more):
    taken = Intake(kind=kind, source=Source.COUNTER, owner=owner, personal=Personal(phone=phone), **more)
    case = begin("2026-1126-001", opening(taken, NOW, "hub", HOURS))
    entry = told_of(taken, NOW, "hub")
    return case if entry is None else tell(case, entry)


def do(case, act, who=DUTY, at=NOW):
    for entry in decide(case, act, who, at, HOURS):
        case = tell(case, entry)
    return case


def refused(case, act, who=DUTY, at=NOW):
    with pytest.raises(Refused) as no:
        decide(case, act, who, at, HOURS)
    return no.value.code


def everything(case, who=DUTY):
    """All that a case's kind demands, but the closing."""
    for step in missing(case).steps:
        case = do(case, acts.Repair() if step is Step.REPAIRED else acts.Tick(step=step), who)
    for section in missing(case).sections:
        case = do(case, acts.Record(section=section, text="写明", valid=True, channel=Channel.STAFF), who)
    if missing(case).call_back and case.closed is None:
        case = do(case, acts.Call(reached=True, satisfied=True), who)
    return case


# ---------------------------------------------------------------- any history

_STEPS, _SECTIONS, _KINDS = st.sampled_from(Step), st.sampled_from(Section), st.sampled_from(Kind)
_TEXT = st.sampled_from(["", "好", "x" * 2001])
ANY_ACT = st.one_of(
    st.builds(acts.Tick, step=_STEPS),
    st.builds(acts.Untick, step=_STEPS, why=_TEXT),
    st.builds(acts.Note, text=_TEXT),
    st.builds(
        acts.Record,
        section=_SECTIONS,
        text=_TEXT,
        valid=st.none() | st.booleans(),
        channel=st.none() | st.sampled_from(Channel),
    ),
    st.builds(acts.Call, reached=st.booleans(), satisfied=st.none() | st.booleans()),
    st.just(acts.SpeakTo()),
    st.just(acts.FindGone()),
    st.builds(acts.Offer, to=st.sampled_from(["duty", "handler", "@case-handler", "@", ""])),
    st.just(acts.Accept()),
    st.builds(acts.Decline, why=_TEXT),
    st.builds(acts.Reclassify, kind=_KINDS, why=_TEXT),
    st.just(acts.Repair()),
    st.builds(acts.Close, words=_TEXT),
    st.builds(acts.Reopen, why=_TEXT),
)
HISTORIES = st.lists(
    st.tuples(ANY_ACT, st.sampled_from([DUTY, HANDLER, MANAGER, CLERK]), st.integers(0, 600)), max_size=60
)


@given(_KINDS, st.sampled_from(["", "13800000000"]), st.sampled_from([None, "clerk"]), HISTORIES)
def test_no_history_closes_a_case_before_its_steps_and_every_change_is_signed(kind, phone, owner, history):
    case, at = new(kind, phone=phone, owner=owner), NOW
    for act, who, minutes in history:
        at += timedelta(minutes=minutes)
        before = case
        try:
            written = decide(case, act, who, at, HOURS)
        except Refused:
            continue
        for entry in written:
            if isinstance(entry, Closed):
                assert not missing(case)
                assert set(case.demands.steps) <= set(case.steps)
                assert set(case.demands.sections) <= set(case.sections)
                assert before.owner == who.login or who == MANAGER or kind is Kind.FAULT_CALLBACK
                # nobody judges what is about themselves
                assert who != CLERK or case.kind in {Kind.FIRST_ASKED, Kind.FAULT_CALLBACK}
            assert (entry.by, entry.at) == (who.login, at)
            case = tell(case, entry)
        # nothing written before is another now, and the case is what its entries tell
        assert case.entries[: len(before.entries)] == before.entries
        assert told(case.id, case.entries) == case
        # the owner moves with an acceptance, and to the one who accepts
        assert case.owner == before.owner or (isinstance(act, acts.Accept) and case.owner == who.login)
        # another kind gives no more time
        if before.due is not None:
            assert case.due <= before.due


@given(_KINDS, st.sampled_from(["", "13800000000"]))
def test_each_kind_closes_once_everything_is_done_and_not_one_step_earlier(kind, phone):
    case = do(
        new(kind, phone=phone),
        acts.Accept(),
        {Role.DUTY_OFFICER: DUTY, Role.CASE_HANDLER: HANDLER, Role.MANAGER: MANAGER}[KINDS[kind].owner],
    )
    owner = Who(login=case.owner, roles=frozenset({KINDS[kind].owner}))
    done = everything(case, owner)
    if kind is not Kind.FAULT_CALLBACK:
        assert refused(case, acts.Close(words="好"), owner) == "steps-missing"
        for step in case.demands.steps:
            lacking = do(done, acts.Untick(step=step, why="未做"), owner)
            assert refused(lacking, acts.Close(words="好"), owner) == "steps-missing"
        done = do(done, acts.Close(words="谢谢您"), owner)
    assert done.closed is not None
    assert refused(done, acts.Note(text="再记"), owner) == "case-closed"
    assert do(done, acts.Reopen(why="仍未解决"), owner).closed is None


# ---------------------------------------------------------------- one rule each


class TestBadRating:
    def test_the_pads_press_is_the_duty_officers_with_window_and_number(self):
        case = begin("2026-1126-001", opening(intake.from_rating(RATED), NOW, HUB, HOURS))
        assert (case.owner, case.opened.window, case.opened.number) == ("@duty-officer", 3, "A012")
        assert case.contact_by == datetime(2026, 11, 27, 17, tzinfo=ZONE)
        assert case.due == datetime(2026, 12, 17, 17, tzinfo=ZONE)

    def test_spoken_to_before_leaving_is_an_act_of_its_own_and_only_once(self):
        case = do(new(), acts.SpeakTo())
        assert case.spoken.by == "duty"
        assert case.contacted == NOW
        assert refused(case, acts.SpeakTo()) == refused(case, acts.FindGone()) == "already-done"
        assert case.calls == ()

    def test_whoever_left_a_number_is_called_back_reached_or_tried_three_times(self):
        case = do(everything(new(phone="13800000000")), acts.Accept())
        assert do(case, acts.Close(words="好")).closed is not None
        case = new(phone="13800000000")
        for _ in range(2):
            case = do(case, acts.Call(reached=False))
        assert missing(case).call_back
        assert not missing(do(case, acts.Call(reached=False))).call_back
        assert not missing(new()).call_back

    def test_a_clerk_sees_to_no_ones_bad_rating(self):
        assert refused(new(), acts.Note(text="看看"), CLERK) == "not-your-role"


class TestOwner:
    def test_it_is_the_first_ones_until_the_next_one_accepts(self):
        case = new(Kind.FIRST_ASKED, owner="clerk")
        assert (case.owner, case.offered) == ("clerk", "@duty-officer")
        case = do(case, acts.Offer(to="handler"), CLERK)
        assert case.owner == "clerk"
        assert refused(case, acts.Accept(), DUTY) == "not-offered"
        declined = do(case, acts.Decline(why="不在职责内"), HANDLER)
        assert (declined.owner, declined.offered) == ("clerk", None)
        assert do(case, acts.Accept(), HANDLER).owner == "handler"

    def test_what_belongs_to_a_role_is_taken_by_anybody_of_it(self):
        assert do(new(), acts.Accept(), DUTY).owner == "duty"
        assert refused(new(), acts.Accept(), HANDLER) == "not-offered"

    def test_a_manager_closes_what_another_owns_and_nobody_else_does(self):
        case = everything(do(new(), acts.Accept()))
        assert refused(case, acts.Close(words="好"), HANDLER) == "not-your-case"
        assert do(case, acts.Close(words="好"), MANAGER).closed.by == "manager"


class TestWhoJudges:
    def test_a_clerk_who_owns_a_complaint_ticks_and_passes_on_and_judges_nothing(self):
        case = do(new(Kind.STAFF, owner="clerk"), acts.Tick(step=Step.HEARD), CLERK)
        for act in (
            acts.Record(section=Section.FINDING, text="不属实", valid=False),
            acts.Reclassify(kind=Kind.FIRST_ASKED, why="只是问问"),
            acts.Close(words="好"),
        ):
            assert refused(case, act, CLERK) in {"not-your-role", "steps-missing"}
        assert do(case, acts.Offer(to="handler"), CLERK).offered == "handler"

    def test_a_question_is_closed_by_whoever_answered_it(self):
        case = do(new(Kind.FIRST_ASKED, owner="clerk"), acts.Tick(step=Step.HEARD), CLERK)
        case = do(case, acts.Tick(step=Step.ANSWERED), CLERK)
        assert do(case, acts.Close(words="已答复"), CLERK).closed.by == "clerk"


class TestClerkError:
    def test_the_apology_comes_first(self):
        with pytest.raises(Refused) as no:
            intake.clerk_error("收错一份材料", by="clerk", apologised=False)
        assert no.value.code == "apology-first"

    def test_it_closes_only_with_correction_and_training(self):
        taken = intake.clerk_error("收错一份材料", by="clerk", apologised=True)
        assert (taken.kind, taken.owner, taken.apologised) == (Kind.CLERK_ERROR, "clerk", True)
        case = do(new(Kind.CLERK_ERROR, owner="clerk"), acts.Tick(step=Step.APOLOGISED), CLERK)
        case = do(case, acts.Tick(step=Step.CORRECTED), CLERK)
        assert refused(do(case, acts.Accept()), acts.Close(words="已更正")) == "steps-missing"
        case = do(case, acts.Tick(step=Step.TRAINED), CLERK)
        assert refused(case, acts.Close(words="已更正"), CLERK) == "not-your-role"
        assert do(do(case, acts.Accept()), acts.Close(words="已更正")).closed is not None


class TestFault:
    def new(self):
        return new(Kind.FAULT_CALLBACK, phone="13800000000", member="pad-3", alert="keys")

    def test_it_has_no_deadline_until_the_device_works_and_two_working_hours_then(self):
        case = self.new()
        assert case.due is None
        at = datetime(2026, 11, 26, 16, tzinfo=ZONE)
        case = tell(case, repaired(case, HUB, at, HOURS))
        assert case.due == datetime(2026, 11, 27, 10, tzinfo=ZONE)

    def test_the_devices_alert_says_that_it_works_and_nobody_else(self):
        assert refused(self.new(), acts.Repair()) == "device-tells"
        assert refused(self.new(), acts.Tick(step=Step.REPAIRED)) == "not-a-step"
        assert do(new(Kind.FAULT_CALLBACK, phone="13800000000"), acts.Repair()).repaired == NOW

    def test_it_stays_what_it_is(self):
        assert refused(self.new(), acts.Reclassify(kind=Kind.STAFF, why="改")) == "fault-stays"
        assert refused(new(), acts.Reclassify(kind=Kind.FAULT_CALLBACK, why="改")) == "fault-stays"

    def test_the_call_after_the_repair_closes_it_and_one_before_does_not(self):
        case = do(self.new(), acts.Call(reached=True))
        case = tell(case, repaired(case, HUB, NOW + timedelta(minutes=1), HOURS))
        assert case.closed is None
        assert missing(case).call_back
        assert do(case, acts.Call(reached=True), at=NOW + timedelta(minutes=5)).closed is not None


class TestUrging:
    def at(self, case, moment):
        for entry in urging.urge(case, moment, urging.moments(case, HOURS)):
            case = tell(case, entry)
        return case

    def test_owner_duty_officer_manager_and_director_are_told_in_turn(self):
        case = do(new(Kind.STAFF), acts.Accept())
        moments = urging.moments(case, HOURS)
        assert list(moments) == [Stage.OWNER, Stage.DUTY_OFFICER, Stage.MANAGER, Stage.DIRECTOR]
        assert sorted(moments.values()) == list(moments.values())
        assert moments[Stage.MANAGER] == case.due
        assert moments[Stage.DIRECTOR] == HOURS.after(case.due, urging._DAY_MORE)
        for n, moment in enumerate(moments.values()):
            assert len(self.at(case, moment - timedelta(seconds=1)).urged) == n
            assert len(self.at(case, moment).urged) == n + 1
        assert urging.reminds(self.at(case, moments[Stage.OWNER]), DUTY)
        assert not urging.reminds(self.at(case, moments[Stage.OWNER]), MANAGER)
        assert urging.reminds(self.at(case, moments[Stage.MANAGER]), MANAGER)

    def test_each_is_told_once_and_a_closed_case_reminds_nobody(self):
        case = self.at(new(), NOW + timedelta(days=90))
        assert self.at(case, NOW + timedelta(days=91)) == case
        done = do(everything(do(new(), acts.Accept())), acts.Close(words="好"))
        assert urging.urge(done, NOW + timedelta(days=90), urging.moments(done, HOURS)) == []

    def test_the_director_knows_of_a_major_case_at_once(self):
        assert self.at(new(Kind.MAJOR), NOW).urged == {Stage.DIRECTOR}


class TestIntake:
    @pytest.mark.parametrize("phone", ["abc", "12", "1" * 16, "<b>1380</b>"])
    def test_a_phone_number_is_a_number(self, phone):
        with pytest.raises(Refused) as no:
            intake.checked(Personal(phone=phone))
        assert no.value.code == "bad-phone"

    def test_it_is_kept_without_spaces_and_never_printed(self):
        assert intake.checked(Personal(phone="138 0000-0000")).phone == "13800000000"
        assert "138" not in repr(Personal(phone="13800000000"))
        assert "138" not in repr(intake.suggestion("好", phone="13800000000"))

    def test_the_phone_page_and_the_pad_mean_one_case(self):
        by_phone = intake.rated_by_phone(ticket="t1", step=1, number="A012", window=3, clerk="018")
        assert by_phone.key == intake.from_rating(RATED).key

    def test_what_says_nothing_is_refused(self):
        for empty in (
            lambda: intake.suggestion("  "),
            lambda: intake.fault(" ", phone="1380000"),
            lambda: intake.fault("x", phone=""),
        ):
            with pytest.raises(Refused):
                empty()


class TestRights:
    def test_every_role_stands_in_the_table(self):
        assert set(MAY_WITH_CASES) == set(Role)

    def test_numbers_of_persons_are_for_those_who_call_them(self):
        reads = {role for role in Role if CaseRight.CONTACT in MAY_WITH_CASES[role]}
        assert reads == {Role.DUTY_OFFICER, Role.CASE_HANDLER, Role.MANAGER}


class TestTheRecord:
    def test_a_complaint_about_the_staff_says_who_looks_into_it_and_every_part_is_dated_and_signed(self):
        case = new(Kind.STAFF)
        assert missing(case).sections == tuple(Section)
        assert refused(case, acts.Record(section=Section.CHANNEL, text="转审计")) == "channel-needed"
        for n, section in enumerate(Section):
            act = acts.Record(section=section, text="写明", valid=True, channel=Channel.AUDIT_LEGAL)
            case = do(case, act, HANDLER, NOW + timedelta(minutes=n))
        written = case.sections
        assert [(w.by, w.at) for w in written.values()] == [
            ("handler", NOW + timedelta(minutes=n)) for n in range(len(Section))
        ]
        assert written[Section.CHANNEL].channel is Channel.AUDIT_LEGAL
        assert written[Section.RESULT].channel is None
        assert written[Section.FINDING].valid is True


class TestSettings:
    OWN = CaseSettings(
        keep_days=90,
        kinds={
            Kind.FIRST_ASKED: KindSettings(steps=(Step.FOLLOWED_UP,), sections=(Section.RESULT,)),
            Kind.STAFF: KindSettings(close=Term(days=3)),
        },
    )

    def test_a_hall_adds_steps_and_parts_and_sets_deadlines_and_the_standards_stay(self):
        table = self.OWN.table
        asked = table[Kind.FIRST_ASKED]
        assert asked.steps == (*KINDS[Kind.FIRST_ASKED].steps, Step.FOLLOWED_UP)
        assert asked.sections == (Section.RESULT,)
        assert (table[Kind.STAFF].close, table[Kind.STAFF].contact) == (Term(days=3), Term(days=1))
        assert all(set(KINDS[kind].steps) <= set(table[kind].steps) for kind in Kind)
        assert CaseSettings().table == KINDS

    def test_a_case_closes_only_with_what_this_hall_demands(self):
        taken = Intake(kind=Kind.FIRST_ASKED, source=Source.COUNTER, owner="clerk")
        table = self.OWN.table
        case = begin("2026-1126-001", opening(taken, NOW, "clerk", HOURS, table), table)
        for step in KINDS[Kind.FIRST_ASKED].steps:
            case = do(case, acts.Tick(step=step), CLERK)
        assert refused(case, acts.Close(words="已答复"), CLERK) == "steps-missing"
        assert missing(case).steps == (Step.FOLLOWED_UP,)

    def test_a_complaint_reclassified_takes_the_halls_own_deadline(self):
        taken = Intake(kind=Kind.THIRD_PARTY, source=Source.LETTER)
        table = self.OWN.table
        case = begin("2026-1126-001", opening(taken, NOW, "handler", HOURS, table), table)
        changed = do(case, acts.Reclassify(kind=Kind.STAFF, why="是员工的事"), HANDLER)
        assert changed.due == HOURS.after(NOW, Term(days=3))

    def test_a_mistake_names_file_key_and_what_was_expected(self):
        assert read({}, "console.yaml") == CaseSettings()
        assert read({"kinds": {"staff": {"close": {"days": 3}}}}, "x").table[Kind.STAFF].close.days == 3
        with pytest.raises(BadSettings) as no:
            read({"kinds": {"staff": {"steps": ["sing"]}}}, "console.yaml")
        assert (no.value.file, no.value.key) == ("console.yaml", "cases.kinds.staff.steps[0]")
        with pytest.raises(BadSettings, match="keep_days"):
            read({"keep_days": 3}, "console.yaml")
