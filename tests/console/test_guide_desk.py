"""The guide desk behind its page: calls of the green key, what became of a ticket, which alarms are whose."""

import asyncio
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from hall.errors import Refused
from hall.messages import facts
from hall.messages.answers import BoardAlarm
from hall.messages.common import AlarmCode, AlarmLevel, Level, NoticeKind, Outcome, Via
from hall.text import Text
from hub.console.desk.escorts import Escorts
from hub.console.door.office import Office
from hub.console.door.rights import Role
from hub.console.look.words import WORDS
from hub.console.mirror.picture import PageSeen
from hub.console.mirror.trail import STAGES, Trails
from hub.console.pages.guide.crowd import situation

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
TEXT = Text(zh="请引导员到取号机旁。", en="Guide to the ticket dispenser, please.")


def wanted(n=1, at=AT, code="escort-wanted"):
    return facts.AlertRaised(
        n=n, at=at, member="dispenser-1", alert="escort", level=Level.WARNING, code=code, text=TEXT
    )


class Desk:
    """A console's store with the desk's calls; `restart` opens it anew."""

    def __init__(self, file):
        self.file, self.now = file, AT
        self.office = Office(file)
        self.calls = Escorts(self.office, "Asia/Shanghai", lambda: self.now)

    def hear(self, *heard):
        for fact in heard:
            self.calls.hear(fact)
        self.office.submit(lambda _: None).result()

    def restart(self):
        self.office.close()
        self.office = Office(self.file)
        self.calls = Escorts(self.office, "Asia/Shanghai", lambda: self.now)


@pytest.fixture
def desk(tmp_path):
    desk = Desk(tmp_path / "console.db")
    yield desk
    desk.office.close()


class TestTheGreenKey:
    def test_a_call_is_shown_until_somebody_has_gone_and_says_that_it_is_done(self, desk):
        desk.hear(wanted())
        [call] = desk.calls.seen
        assert (call.member, call.who, call.ended_at) == ("dispenser-1", None, None)
        desk.now += timedelta(seconds=20)
        asyncio.run(desk.calls.take(1, "guide"))
        assert (desk.calls.seen[0].who, desk.calls.seen[0].taken_at) == ("guide", desk.now)
        asyncio.run(desk.calls.end(1, "guide"))
        assert desk.calls.seen[0].ended_at == desk.now

    def test_one_person_goes(self, desk):
        desk.hear(wanted())
        asyncio.run(desk.calls.take(1, "guide"))
        with pytest.raises(Refused) as no:
            asyncio.run(desk.calls.take(1, "duty-officer"))
        assert no.value.code == "taken"
        asyncio.run(desk.calls.end(1, "duty-officer"))
        assert desk.calls.seen[0].who == "guide"
        with pytest.raises(Refused) as no:
            asyncio.run(desk.calls.take(1, "guide"))
        assert no.value.code == "over"

    def test_what_was_said_stays_said_after_a_restart_and_a_call_told_again_is_the_same(self, desk):
        desk.hear(wanted())
        asyncio.run(desk.calls.take(1, "guide"))
        desk.restart()
        desk.hear(wanted())
        assert [(call.n, call.who) for call in desk.calls.seen] == [(1, "guide")]

    def test_open_calls_come_first_and_yesterdays_not_at_all(self, desk):
        desk.hear(wanted(1, AT - timedelta(days=1)), wanted(2), wanted(3), wanted(4, code="paper-out"))
        asyncio.run(desk.calls.end(3, "guide"))
        assert [call.n for call in desk.calls.seen] == [2, 3]


class TestTheTrail:
    def test_a_tickets_way_is_told_in_order_and_once(self):
        trails = Trails()
        told = [
            facts.TicketIssued(
                n=1, at=AT, ticket="t", number="A001", service="withdrawal", lane="normal", via=Via.DESK,
                ahead=0, wait_min_s=None, wait_max_s=None, windows=(),
            ),
            facts.TicketCalled(
                n=2, at=AT, ticket="t", number="A001", window=3, round=1, service="withdrawal", clerk="014", step=1
            ),
            facts.ServiceFinished(
                n=3, at=AT, ticket="t", number="A001", window=3, clerk="014", step=1, seconds=9, outcome=Outcome.DONE
            ),
            facts.TicketRated(n=4, at=AT, ticket="t", number="A001", window=3, clerk="014", step=1, grade=1),
        ]  # fmt: skip
        for fact in (*told, *told):
            trails.hear(fact)
        assert [(stage.what, stage.window, stage.clerk) for stage in trails.of("t")] == [
            ("issued", None, None),
            ("called", 3, "014"),
            ("finished", 3, "014"),
        ]
        trails.hear(facts.DayOpened(n=5, at=AT, day="2026-11-24"))
        assert trails.of("t") == ()

    def test_every_stage_has_a_word_and_none_is_a_rating(self):
        assert {f"trail.{what}" for what in STAGES.values()} <= set(WORDS)
        assert facts.TicketRated not in STAGES


def alarm(code, level):
    return BoardAlarm(alarm=code.value, at=AT, code=code, level=level, text=TEXT)


def picture(*alarms, true=(), seated=(), pages=()):
    return SimpleNamespace(
        board=SimpleNamespace(alarms=alarms),
        windows={i: SimpleNamespace(clerk=clerk) for i, clerk in enumerate(seated)},
        breaches=(),
        true=frozenset(true),
        pages=pages,
    )


class TestAlarms:
    HELP = alarm(AlarmCode.HELP_CALLED, AlarmLevel.URGENT)
    LONG = alarm(AlarmCode.LINE_LONG, AlarmLevel.WARNING)
    SLOW = alarm(AlarmCode.TARGET_PASSED, AlarmLevel.NOTICE)

    def test_a_call_for_help_is_for_the_duty_officer_and_the_manager(self):
        seen = picture(self.LONG, self.HELP, self.SLOW)
        assert situation(seen, (), frozenset({Role.GUIDE})).alarms == (self.LONG,)
        for role in (Role.DUTY_OFFICER, Role.MANAGER):
            assert situation(seen, (), frozenset({role})).alarms == (self.HELP, self.LONG)

    def test_in_reserve_is_whoever_sits_nowhere(self):
        seen = picture(seated=("014", None))
        assert situation(seen, ("011", "014"), frozenset()).reserve == ("011",)

    def test_who_was_paged_is_shown_with_what_they_said(self):
        paged = (PageSeen(clerk="031", at=AT, coming=None, text=TEXT),)
        assert situation(picture(pages=paged), ("031",), frozenset()).paged == (("031", None),)

    def test_the_public_sentence_is_offered_only_while_it_is_true(self):
        assert not situation(picture(), (), frozenset()).sentence
        assert situation(picture(true=[NoticeKind.CROWD]), (), frozenset()).sentence
