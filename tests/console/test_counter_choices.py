"""What a clerk may choose: acts, words, papers, pauses and endings, from a window as it is."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hall.messages.common import Outcome, WindowState
from hall.plan import HallPlan
from hall.policy import PausePolicy
from hall.settings import load
from hub.console.book.reading import Moment
from hub.console.look.words import WORDS
from hub.console.mirror.picture import TicketSeen, WindowSeen
from hub.console.pages.clerk import choices
from hub.console.pages.clerk.choices import KEYS, Ending
from hub.domain.ticket import Life

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
ONWARD = {"office": "贷款科", "room": "203室", "person": "王工", "purpose": "签合同"}
PLAN = load("deploy/hall.example.yaml", HallPlan)


def ticket(**changes):
    seen = TicketSeen(
        id="t",
        number="A012",
        service="withdrawal",
        situation="rent",
        lane="normal",
        arrived=NOW,
        life=Life.SERVING,
        round=1,
        step=1,
        called=NOW,
        started=None,
        accepted=False,
        window=2,
    )
    return msgspec.structs.replace(seen, **changes)


def window(state=WindowState.SERVING, **changes):
    seen = WindowSeen(
        window=2,
        state=state,
        services=("withdrawal",),
        helps=(),
        clerk="018",
        heart=False,
        paused=None,
        until=None,
        ticket=ticket() if state in {WindowState.CALLED, WindowState.SERVING} else None,
        line=(),
        waiting=0,
        aside=(),
        served=0,
    )
    return msgspec.structs.replace(seen, **changes)


def acts(state, **changes):
    return choices.allowed(window(state, **changes), NOW)


class TestActs:
    def test_every_act_has_a_key_of_its_own_and_a_word(self):
        assert len(set(KEYS.values())) == len(KEYS)
        assert set(KEYS) <= set(WORDS)
        assert not any(key.isdigit() for key in KEYS.values()), "digits tick papers"

    def test_a_free_window_calls_and_a_busy_one_ends(self):
        assert {"next", "call-one", "pause", "leave"} <= acts(WindowState.IDLE)
        assert "finish" not in acts(WindowState.IDLE)
        assert {"next", "finish", "accept", "transfer", "park"} <= acts(WindowState.SERVING)
        assert not {"leave", "call-one", "recall", "no-show"} & acts(WindowState.SERVING)

    def test_nobody_leaves_or_calls_from_a_paused_window_by_next(self):
        assert not {"next", "call-one"} & acts(WindowState.PAUSED)
        assert "leave" in acts(WindowState.PAUSED)

    def test_a_call_is_repeated_and_a_person_missed_only_when_its_time_has_come(self):
        soon = NOW + timedelta(seconds=1)
        early = acts(WindowState.CALLED, recall_at=soon, miss_at=soon)
        assert not {"recall", "no-show"} & early
        assert {"recall", "no-show"} <= acts(WindowState.CALLED, recall_at=NOW, miss_at=NOW)
        assert "recall" not in acts(WindowState.CALLED, recalls=0)

    def test_what_is_done_is_not_offered_again(self):
        assert "accept" not in acts(WindowState.SERVING, ticket=ticket(accepted=True))
        assert "extension" not in acts(WindowState.SERVING, ticket=ticket(extended=True))
        assert "undo" not in choices.allowed(window(), NOW, may_undo=False)

    @pytest.mark.parametrize("state", [s for s in WindowState if s is not WindowState.CLOSED])
    def test_help_is_never_out_of_reach(self, state):
        assert "help" in acts(state)


class TestWords:
    @pytest.mark.parametrize(
        ("changes", "moment"),
        [
            ({}, Moment.OPEN),
            ({"lane": "appointment"}, Moment.APPOINTMENT),
            ({"returned": True}, Moment.RETURNED),
            ({"service": "review"}, Moment.REVIEW),
            ({"carry": True, "service": "review"}, Moment.CARRIED),
            ({"extended": True}, Moment.EXTENDED),
        ],
    )
    def test_the_machine_knows_the_situation(self, changes, moment):
        assert choices.moment(window(ticket=ticket(**changes)), PLAN, late=False) is moment

    def test_when_the_target_has_passed_the_person_is_told_how_it_goes(self):
        assert choices.moment(window(), PLAN, late=True) is Moment.PROGRESS

    def test_nobody_at_the_window_is_told_nothing(self):
        assert choices.moment(window(WindowState.IDLE), PLAN, late=False) is None

    def test_sending_somebody_on_has_its_words(self):
        assert choices.sent_to(PLAN, "review", carry=False) is Moment.TO_REVIEW
        assert choices.sent_to(PLAN, 5, carry=False) is Moment.TO_REVIEW
        assert choices.sent_to(PLAN, "desk", carry=False) is Moment.TO_DESK
        assert choices.sent_to(PLAN, "review", carry=True) is Moment.CARRY
        assert choices.sent_to(PLAN, 1, carry=False) is None


class TestPapers:
    def test_all_of_service_and_situation_are_listed_and_none_is_ticked(self):
        lines = choices.papers(PLAN, ticket())
        assert [line.name for line in lines][:3] == ["本人身份证", "本人一类银行卡", "无房证明或授权查询"]
        assert not any(line.ticked for line in lines)

    def test_what_the_guide_saw_is_ticked(self):
        lines = choices.papers(PLAN, ticket(papers=("本人身份证", "单位证明")))
        assert {line.name for line in lines if line.ticked} == {"本人身份证", "单位证明"}

    def test_who_returns_has_only_the_missing_lines_open(self):
        lines = choices.papers(PLAN, ticket(returned=True, missing=("婚姻状况材料", "社保记录")))
        assert [line.name for line in lines if not line.ticked] == ["婚姻状况材料", "社保记录"]

    def test_who_returns_with_a_slip_of_which_nothing_is_known_has_all_open(self):
        assert not any(line.ticked for line in choices.papers(PLAN, ticket(returned=True)))

    def test_a_service_that_the_settings_no_longer_know_has_no_list(self):
        assert choices.papers(PLAN, ticket(service="gone")) == ()


class TestPauses:
    POLICY = PausePolicy(forbidden_while_waiting=("整理档案",))

    def test_no_filing_while_people_wait(self):
        assert "整理档案" in choices.pause_reasons(self.POLICY, 0)[0]
        can, cannot = choices.pause_reasons(self.POLICY, 1)
        assert "整理档案" not in can
        assert cannot == ("整理档案",)

    def test_a_halls_own_reasons_are_the_ones_offered(self):
        own = PausePolicy(reasons=("巡查", "整理档案"), forbidden_while_waiting=("整理档案",))
        assert choices.pause_reasons(own, 3) == (("巡查",), ("整理档案",))


class TestEndings:
    @pytest.mark.parametrize(
        ("ending", "owed"),
        [
            (Ending(outcome=Outcome.DONE), None),
            (Ending(outcome=Outcome.MATERIAL_MISSING), "owes.papers"),
            (Ending(outcome=Outcome.MATERIAL_MISSING, lines=" \n"), "owes.papers"),
            (Ending(outcome=Outcome.MATERIAL_MISSING, picked=("身份证",)), None),
            (Ending(outcome=Outcome.NOT_ALLOWED, detail=" "), "owes.alternative"),
            (Ending(outcome=Outcome.PROXY_REFUSED), "owes.detail"),
            (Ending(outcome=Outcome.ONWARD, office="贷款科"), "owes.onward"),
            (Ending(outcome=Outcome.ONWARD, **ONWARD), "owes.contact"),
            (Ending(outcome=Outcome.ONWARD, **ONWARD, confirmed=True), None),
        ],
    )
    def test_what_is_owed_is_said_before_it_is_sent(self, ending, owed):
        assert ending.problem() == owed
        assert owed is None or owed in WORDS

    def test_each_missing_paper_is_named_once_picked_ones_first(self):
        ending = Ending(
            outcome=Outcome.MATERIAL_MISSING, picked=("身份证",), lines="租赁合同\n 身份证 \n\n发票"
        )
        assert ending.fields()["missing"] == ("身份证", "租赁合同", "发票")

    def test_the_situation_it_turned_out_to_be_is_told(self):
        assert Ending(outcome=Outcome.DONE, situation="rent").fields()["situation"] == "rent"
        assert "situation" not in Ending(outcome=Outcome.DONE).fields()

    @given(st.lists(st.text(max_size=200), max_size=60))
    def test_whatever_is_typed_fits_on_the_slip(self, lines):
        missing = Ending(outcome=Outcome.MATERIAL_MISSING, lines="\n".join(lines)).missing()
        assert len(missing) <= 30
        assert all(0 < len(paper) <= 80 for paper in missing)
