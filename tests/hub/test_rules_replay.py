"""``hall rules replay``: a recorded day under another policy, without touching the store."""

import json
import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest

from hall import cli, wire
from hall.errors import HallError
from hall.messages import asks, facts
from hall.messages.common import Outcome, Span, Via
from hall.plan import DayHours, HoursPlan, LanePlan, ServicePlan, WindowPlan
from hall.policy import AppointmentPolicy, Policy
from hub.domain.hall import Hall
from hub.memory import Batch, FactRow
from hub.rules import recorded, replay
from hub.store.journal import Journal

from .conftest import hall_plan, name

OPENS = datetime(2026, 11, 23, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
DAY = "2026-11-23"
CAPPED = Policy(weights={"priority": 1}, streak_cap=2, return_after=2, undo_s=60)
TICK = timedelta(seconds=10)


def plan_with(policy, **changes):
    return hall_plan(
        lanes={"normal": LanePlan(), "priority": LanePlan(), "appointment": LanePlan()},
        policy=policy,
        services={
            "withdrawal": ServicePlan(letter="A", name=name("提取", "Withdrawal"), target_min=12),
            "loan": ServicePlan(letter="B", name=name("贷款", "Loan"), target_min=40),
            "review": ServicePlan(letter="G", name=name("复核", "Review"), target_min=5, button=False),
        },
        windows=(
            WindowPlan(window=1, serves=("withdrawal", "loan")),
            WindowPlan(window=2, serves=("withdrawal",)),
            WindowPlan(window=3, serves=("review", "loan")),
        ),
        **changes,
    )


class RecordedDay:
    """A day as a hall would have it, with clerks who call the moment they are free."""

    def __init__(self, plan, seed, rush=0.06):
        self.hall, self.at, self.rows = Hall(plan), OPENS, []
        self.random, self.rush = random.Random(seed), rush
        self.due = {}
        self.later = []
        self.ids = 0

    def ask(self, kind, **fields):
        self.ids += 1
        told = self.hall.decide(kind(**({"id": f"a{self.ids}"} | fields)), self.at, "x")
        for fact in told:
            self.hall.apply(fact)
            self.rows.append(
                FactRow(
                    n=fact.n,
                    at=fact.at,
                    day=self.hall.day,
                    type=type(fact).__name__,
                    body=wire.encode(fact),
                    cause="hub",
                    ask=None,
                    member="x",
                    actor=None,
                )
            )
        return told

    def happen(self, hours=3):
        """Morning: people come, are served, sent on, missed, give up; a clerk goes for lunch in the middle of somebody."""
        self.ask(asks.OpenDay)
        for window in (1, 2, 3):
            self.ask(asks.Sit, window=window, clerk=f"{window:03d}")
        for tick in range(hours * 360):
            self.at = OPENS + tick * TICK
            if tick < hours * 300:
                self.people()
            self.clock(tick)
            for at, act in [each for each in self.later if each[0] <= self.at]:
                self.later.remove((at, act))
                act()
            for window, (at, end) in list(self.due.items()):
                if at <= self.at:
                    del self.due[window]
                    end()
            for window in (1, 2, 3):
                if window not in self.due and self.hall.state.windows[window].working:
                    self.call(window)
        self.at += TICK
        self.ask(asks.CloseDay)
        return self

    def people(self):
        if self.random.random() < self.rush:
            lane = self.random.choice(["normal", "normal", "normal", "priority", "appointment"])
            slot = self.at + timedelta(minutes=self.random.randint(-5, 20)) if lane == "appointment" else None
            service = self.random.choice(["withdrawal", "withdrawal", "loan"])
            (told,) = self.ask(asks.TakeTicket, service=service, lane=lane, via=Via.DESK, slot=slot)
            if self.random.random() < 0.08:
                self.later.append((self.at + timedelta(minutes=6), lambda: self.gives_up(told.ticket)))

    def gives_up(self, ticket):
        if self.hall.tickets[ticket].life.value == "waiting":
            self.ask(asks.Cancel, ticket=ticket)

    def clock(self, tick):
        if tick == 300:
            self.ask(asks.Pause, window=2, reason="lunch")
        if tick == 360:
            self.ask(asks.Resume, window=2)
        if tick == 400:
            self.ask(asks.SetProfile, window=3, serves=("review", "withdrawal"))
        if tick == 500:
            self.ask(asks.SetPolicy, policy=msgspec.structs.replace(CAPPED, streak_cap=1))

    def call(self, window):
        try:
            (call,) = self.ask(asks.CallNext, window=window)
        except HallError:
            return
        end = self.at + self.random.randint(6, 50) * TICK
        if call.step == 1 and self.random.random() < 0.1:
            self.due[window] = (self.at + 6 * TICK, lambda: self.missed(window, call.ticket))
            return
        self.ask(asks.Start, window=window)
        if call.service == "loan" and self.random.random() < 0.5:
            self.due[window] = (end, lambda: self.ask(asks.Transfer, window=window, to="review"))
        else:
            self.due[window] = (end, lambda: self.ask(asks.Finish, window=window, outcome=Outcome.DONE))

    def missed(self, window, ticket):
        self.ask(asks.NoShow, window=window)
        if self.random.random() < 0.3:  # no, there they are coming … or not
            self.ask(asks.Undo, window=window)
            self.due[window] = (self.at + 2 * TICK, lambda: self.missed(window, ticket))
            return
        if self.random.random() < 0.7:
            self.later.append((self.at + 3 * TICK, lambda: self.ask(asks.ReturnTicket, ticket=ticket)))

    def written(self, where):
        journal = Journal(where)
        batch = Batch()
        batch.facts = self.rows
        journal.commit(batch)
        journal.close()


@pytest.fixture
def store(where):
    """A store that holds one day."""
    RecordedDay(plan_with(CAPPED), 7, rush=0.1).happen().written(where)
    return where


def command(capfd, monkeypatch, **options):
    monkeypatch.setenv("LC_ALL", "C")
    given = {"settings": None, "json": False, "day": DAY} | options
    code = cli.call(cli.RULES_REPLAY, **given)
    said = capfd.readouterr()
    return code, said.out, said.err


@pytest.fixture
def policy(tmp_path):
    def write(text):
        file = tmp_path / "policy.yaml"
        file.write_text(text, encoding="utf-8")
        return file

    return write


@pytest.mark.parametrize("seed", range(12))
def test_perfect_clerks_replayed_under_the_same_policy_do_just_what_was_recorded(where, seed):
    """Whoever was never called, or came first after a pause, is so again: every wait of every lane is the same."""
    own = msgspec.structs.replace(CAPPED, appointment=AppointmentPolicy(due_before_s=120))
    plan = plan_with(own if seed % 2 else CAPPED)
    RecordedDay(plan, seed).happen().written(where)
    found = replay.report(recorded.read(where, DAY), plan, plan.policy)
    assert found.rows
    for row in found.rows:
        assert row.same_policy == row.recorded


def visits(day, number=0):
    """What a recording took over of one person."""
    person = recorded.recording(DAY, [wire.decode_fact(row.body) for row in day.rows]).people[number]
    return person, [(v.service, v.seconds, v.absent, v.back_after_s, v.to) for v in person.visits]


@pytest.fixture
def morning():
    """An open hall with a clerk at window 1 and one person in line."""
    day = RecordedDay(plan_with(CAPPED), 1)
    day.ask(asks.OpenDay)
    day.ask(asks.Sit, window=1, clerk="001")
    day.ticket = day.ask(asks.TakeTicket, service="withdrawal", lane="normal", via=Via.DESK)[0].ticket
    return day


def later(day, seconds):
    day.at += timedelta(seconds=seconds)


def test_a_parked_stretch_counts_without_the_break(morning):
    morning.ask(asks.CallNext, window=1)
    later(morning, 60)
    morning.ask(asks.Park, window=1)
    later(morning, 600)
    morning.ask(asks.ResumeTicket, ticket=morning.ticket)
    later(morning, 30)
    morning.ask(asks.Finish, window=1, outcome=Outcome.DONE)
    assert visits(morning)[1] == [("withdrawal", 90.0, False, None, None)]


def test_what_was_taken_back_was_not(morning):
    morning.ask(asks.CallNext, window=1)
    later(morning, 20)
    morning.ask(asks.Undo, window=1)
    assert visits(morning)[1] == []
    assert visits(morning)[0].first_called is None
    morning.ask(asks.CallNext, window=1)
    morning.ask(asks.Start, window=1)
    morning.ask(asks.Undo, window=1)
    later(morning, 30)
    morning.ask(asks.Park, window=1)
    morning.ask(asks.Undo, window=1)
    morning.ask(asks.Transfer, window=1, to="review")
    later(morning, 10)
    morning.ask(asks.Undo, window=1)
    morning.ask(asks.Finish, window=1, outcome=Outcome.DONE)
    assert visits(morning)[1] == [("withdrawal", 40.0, False, None, None)]


def test_who_was_served_while_the_power_was_gone_took_nobodys_time_that_is_known(morning):
    served = (Span(first="A8001", last="A8002"),)
    morning.ask(asks.EnterByHand, service="withdrawal", first="A8001", last="A8003", served=served)
    people = recorded.recording(DAY, [wire.decode_fact(row.body) for row in morning.rows]).people
    assert [person.ticket.rpartition("-")[2] for person in people[1:]] == ["A8003"]


def test_who_went_back_because_the_window_paused_was_not_served_there(morning):
    morning.ask(asks.CallNext, window=1)
    later(morning, 20)
    morning.ask(asks.Pause, window=1, reason="x")
    assert visits(morning)[1] == []


def test_who_is_seated_directly_or_back_with_a_slip_waited_in_no_lane(morning):
    morning.ask(asks.SetProfile, window=1, serves=("withdrawal", "loan"), heart=True)
    morning.ask(asks.SeatDirectly, window=1, service="loan", lane="normal")
    later(morning, 60)
    (_, slip, *_) = morning.ask(
        asks.Finish, window=1, outcome=Outcome.MATERIAL_MISSING, missing=("本人身份证",)
    )
    later(morning, 60)
    morning.ask(asks.CheckIn, via=Via.DESK, code=slip.code)
    assert [visits(morning, n)[0].aside for n in range(3)] == [False, True, True]
    day = recorded.recording(DAY, [wire.decode_fact(row.body) for row in morning.rows])
    found = replay.report(day, plan_with(CAPPED), CAPPED)
    assert [(row.service, row.lane) for row in found.rows] == [("withdrawal", "normal")]


def test_a_clerk_who_lets_a_moment_pass_does_so_in_the_replay(morning):
    for _ in range(4):
        morning.ask(asks.TakeTicket, service="withdrawal", lane="normal", via=Via.DESK)
    for _ in range(5):
        morning.ask(asks.CallNext, window=1)
        later(morning, 100)
        morning.ask(asks.Finish, window=1, outcome=Outcome.DONE)
        later(morning, 25)
    day = recorded.recording(DAY, [wire.decode_fact(row.body) for row in morning.rows])
    assert day.gaps == {1: 25.0}
    (row,) = replay.report(day, plan_with(CAPPED), CAPPED).rows
    assert row.recorded == row.same_policy == row.other_policy
    assert row.recorded.max_s == 500


def test_another_policy_moves_waits_from_one_lane_to_another(store):
    day = recorded.read(store, DAY)
    found = replay.report(day, plan_with(CAPPED), Policy(weights={"normal": 9}, streak_cap=9))
    rows = {(row.service, row.lane): row for row in found.rows}
    normal, priority = rows["withdrawal", "normal"], rows["withdrawal", "priority"]
    assert normal.other_policy.p90_s < normal.same_policy.p90_s
    assert priority.other_policy.p90_s > priority.same_policy.p90_s
    assert sum(row.recorded.n + row.recorded.uncalled for row in found.rows) == found.people


def test_the_table_names_lanes_services_and_what_it_cannot_know(store, policy, capfd, monkeypatch):
    file = policy("order: weight-wait\nweights: {priority: 2}\nstreak_cap: 3\n")
    code, out, _ = command(capfd, monkeypatch, store=store, policy=file)
    assert code == 0
    assert out.startswith(f"{DAY}: ")
    for word in (
        "recorded",
        "same policy, replayed",
        "other policy, replayed",
        "withdrawal  priority",
        "cannot know",
    ):
        assert word in out
    assert replay.INFERRED in out
    assert len({len(line) for line in out.splitlines()[3:7]}) == 1


def test_json_holds_the_same_figures(store, policy, capfd, monkeypatch):
    file = policy("weights: {priority: 1}\nstreak_cap: 2\nreturn_after: 2\n")
    code, out, _ = command(capfd, monkeypatch, store=store, policy=file, json=True)
    said = json.loads(out)
    assert (code, said["day"]) == (0, DAY)
    assert {"service", "lane", "recorded", "same_policy", "other_policy"} == set(said["rows"][0])
    assert all(row["recorded"]["n"] > 0 for row in said["rows"])


def test_the_halls_own_settings_may_be_given(store, policy, tmp_path, capfd, monkeypatch):
    settings = tmp_path / "hall.yaml"
    plan = plan_with(CAPPED, always=False)
    plan = msgspec.structs.replace(plan, hours=HoursPlan(week={"mon": DayHours(open="09:00", close="17:00")}))
    settings.write_text(json.dumps(msgspec.to_builtins(plan), ensure_ascii=False), encoding="utf-8")
    code, out, _ = command(
        capfd, monkeypatch, store=store, policy=policy("streak_cap: 1\n"), settings=settings
    )
    assert code == 0
    assert replay.INFERRED not in out


def test_the_journal_is_only_read_also_while_a_hub_writes_it(where, policy, capfd, monkeypatch):
    RecordedDay(plan_with(CAPPED), 7).happen(hours=1).written(where)
    hub = Journal(where)
    hub.own()
    before = list(hub.since(1))
    code, out, _ = command(capfd, monkeypatch, store=where, policy=policy("streak_cap: 1\n"))
    assert code == 0, out
    assert list(hub.since(1)) == before
    hub.put("epoch", "1")
    hub.close()


@pytest.mark.parametrize(
    ("day", "text", "said"),
    [
        ("2026-11-24", "streak_cap: 1\n", "the journal knows no day 2026-11-24"),
        (DAY, "weights: {priority: 1}\n", "policy.yaml: starvation_min: expected minutes"),
        (
            DAY,
            "weights: {vip: 1}\nstreak_cap: 1\nquotas: {x: {}}\n",
            "policy.yaml: quotas.x.reason: expected a value",
        ),
        (DAY, "cap: 1\n", "policy.yaml: cap: expected no such key"),
    ],
)
def test_what_is_wrong_is_one_line(store, policy, capfd, monkeypatch, day, text, said):
    code, out, err = command(capfd, monkeypatch, store=store, policy=policy(text), day=day)
    assert (code, out) == (1, "")
    assert said in err
    assert len(err.splitlines()) == 1


def test_a_store_that_is_not_there_is_one_line_and_is_not_made(tmp_path, policy, capfd, monkeypatch):
    missing = tmp_path / "none.db"
    code, _, err = command(capfd, monkeypatch, store=str(missing), policy=policy("streak_cap: 1\n"))
    assert code == 1
    assert len(err.splitlines()) == 1
    assert not missing.exists()


def test_who_was_re_routed_came_for_what_they_were_sent_to():
    at = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    issued = facts.TicketIssued(
        n=2, at=at, ticket="t", number="A001", service="withdrawal", lane="normal", via=Via.DESK,
        ahead=0, wait_min_s=None, wait_max_s=None, windows=(), situation="rent",
    )  # fmt: skip
    sent = facts.TicketRerouted(n=3, at=at, ticket="t", number="A001", service="loan", lane="priority")
    [person] = recorded.recording(
        "2026-11-23", [facts.DayOpened(n=1, at=at, day="2026-11-23"), issued, sent]
    ).people
    assert (person.service, person.lane, person.situation) == ("loan", "priority", None)
