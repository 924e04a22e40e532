"""One command in, its facts out: once, in order, remembered before they are told."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import insert

from hall.clock import VirtualScheduler
from hall.errors import Fault
from hall.messages import asks, facts
from hall.messages.common import Level
from hall.text import Text
from hub.coordinator import BATCH, Coordinator
from hub.domain.orders import RaiseAlert
from hub.store.journal import Journal
from hub.store.tables import prints

from .conftest import START, hall_plan

pytestmark = pytest.mark.both_stores


@pytest.fixture
def commits(monkeypatch):
    """How many facts each commit had."""
    sizes = []
    commit = Journal.commit

    def counted(self, batch):
        sizes.append(len(batch.facts))
        commit(self, batch)

    monkeypatch.setattr(Journal, "commit", counted)
    return sizes


def sit(console, *windows):
    for window in windows:
        assert console.ask("sit", window=window, clerk=f"01{window}")["ok"]


def test_an_ask_is_answered_with_its_facts_and_the_facts_are_told(rig, dispenser):
    answer = dispenser.take(id_="t1")
    assert answer["ok"]
    assert [f["type"] for f in answer["facts"]] == ["TicketIssued"]
    assert answer["facts"][0]["ticket"] == "t1"
    assert answer["facts"][0]["number"] == "A001"
    assert rig.facts("TicketIssued") == answer["facts"]


def test_facts_count_from_one_without_gaps(rig, console, dispenser):
    sit(console, 1)
    dispenser.take()
    console.ask("call_next", window=1)
    console.ask("finish", window=1, outcome="done")
    assert [f["n"] for f in rig.facts()] == list(range(1, rig.hall.n + 1))


def test_a_repeated_ask_acts_once_and_gets_the_same_bytes(rig, dispenser):
    for _ in range(3):
        dispenser.take(id_="t1")
    assert len(rig.facts("TicketIssued")) == 1
    answers = dispenser.answers_raw("t1")
    assert len(answers) == 3
    assert len(set(answers)) == 1


def test_an_ask_twice_in_one_batch_acts_once(rig, dispenser):
    fields = {"service": "loan", "lane": "normal", "via": "dispenser"}
    dispenser.ask_later("take_ticket", "t1", **fields)
    dispenser.ask_later("take_ticket", "t1", **fields)
    rig.settle()
    assert len(rig.facts("TicketIssued")) == 1
    assert len(set(dispenser.answers_raw("t1"))) == 1
    assert len(dispenser.answers_raw("t1")) == 2


def test_two_call_next_in_one_batch_hand_out_two_tickets(rig, console, dispenser, commits):
    sit(console, 1, 2)
    dispenser.take(id_="t1")
    dispenser.take(id_="t2")
    first, second = console.ask_later("call_next", window=1), console.ask_later("call_next", window=2)
    commits.clear()
    rig.settle()
    assert commits == [2]
    called = [console.answer(ask)["facts"][0]["ticket"] for ask in (first, second)]
    assert sorted(called) == ["t1", "t2"]


def test_everything_that_waits_is_one_commit(rig, dispenser, commits):
    commits.clear()
    for n in range(100):
        dispenser.ask_later("take_ticket", f"t{n}", service="loan", lane="normal", via="dispenser")
    rig.settle()
    assert commits == [100]
    assert [dispenser.answer(f"t{n}")["facts"][0]["number"] for n in range(100)] == [
        f"B{n:03d}" for n in range(1, 101)
    ]


def test_a_batch_has_at_most_256_items(rig, dispenser, commits):
    commits.clear()
    for n in range(600):
        dispenser.ask_later("take_ticket", f"t{n}", service="loan", lane="normal", via="dispenser")
    rig.settle()
    assert sum(commits) == 600
    assert max(commits) == 256
    assert len({json.loads(a)["facts"][0]["number"] for a in dispenser.raw("/down/answer")}) == 600


class Wanting:
    """Tells facts, and wants more than a batch of other things as soon as it hears the first of them."""

    def __init__(self, where):
        self.clock, self.told = VirtualScheduler(START), []
        self.head = Coordinator(hall_plan(), memory=Journal(where), scheduler=self.clock, tell=self)
        self.head.start()

    def facts(self, told, _prints):
        if isinstance(told[0].fact, facts.DayOpened):
            for n in range(2 * BATCH):
                self.head.order(raised(n))
        self.told += [fact.n for fact, _ in told]


def raised(n):
    dark = Text(zh="屏不亮", en="the panel is dark")
    return RaiseAlert(member="sign-1", alert=f"a{n}", level=Level.FAULT, code="panel-dead", text=dark)


def test_what_the_hub_wants_while_it_tells_is_told_afterwards_however_much_it_is(where):
    hub = Wanting(where)
    hub.head.order(asks.OpenDay(id="open"))
    hub.clock.settle()
    assert hub.told == list(range(1, 2 + 2 * BATCH))


def test_the_same_id_from_somebody_else_is_taken(rig, dispenser):
    other = rig.member("dispenser-2")
    dispenser.take(id_="t1")
    answer = other.take(id_="t1")
    assert (answer["ok"], answer["code"]) == (False, "id-taken")
    assert set(answer["text"]) == {"zh", "en"}
    assert len(rig.facts("TicketIssued")) == 1


def test_a_refusal_is_remembered_for_a_minute_and_then_decided_anew(rig, console, dispenser):
    assert console.ask("call_next", "c1", window=1)["code"] == "not-seated"
    sit(console, 1)
    dispenser.take()
    rig.run_for(50)
    assert console.ask("call_next", "c1", window=1)["code"] == "not-seated"
    rig.run_for(11)
    assert console.ask("call_next", "c1", window=1)["ok"]


def test_an_answer_is_rebuilt_byte_for_byte_after_a_restart(rig, console, dispenser):
    sit(console, 1)
    dispenser.take(id_="t1")
    console.ask("call_next", window=1)
    console.ask("finish", "f1", window=1, outcome="done")
    before = dispenser.answers_raw("t1"), console.answers_raw("f1")
    rig.kill_hub()
    rig.start_hub()
    dispenser.take(id_="t1")
    console.ask("finish", "f1", window=1, outcome="done")
    assert set(dispenser.answers_raw("t1")) == set(before[0])
    assert set(console.answers_raw("f1")) == set(before[1])
    assert len(rig.facts("TicketIssued")) == 1


class KilledBeforeTelling(Exception):
    """The process ends between commit and tell."""


def test_a_hub_killed_between_commit_and_tell_answers_the_repeated_ask_and_acts_once(rig, console, dispenser):
    sit(console, 1)
    dispenser.take(id_="t1")

    def die(*_):
        raise KilledBeforeTelling

    rig.hub.coordinator._tell = type("Dead", (), {"answer": die, "facts": die, "receipt": die, "sick": die})()
    console.ask_later("call_next", "c1", window=1)
    with pytest.raises(KilledBeforeTelling):
        rig.settle()
    assert console.answer("c1") is None
    rig.kill_hub()
    speaker = rig.member("speaker-1")
    rig.start_hub()
    answer = console.ask("call_next", "c1", window=1)
    assert answer["facts"][0]["ticket"] == "t1"
    assert len(rig.facts("TicketCalled")) == 1
    rig.run_for(3)
    assert {c["id"] for c in speaker.calls} == {f"announce-{answer['facts'][0]['n']}"}
    assert rig.wants("sign-1", "display")["number"] == "A001"


def test_a_failed_commit_was_nothing_and_the_repeated_ask_works(rig, dispenser, monkeypatch):
    dispenser.take(id_="t1")
    n = rig.hall.n

    def full(*_):
        raise Fault("store-full", Text(zh="满", en="disk full"))

    commit = Journal.commit
    monkeypatch.setattr(Journal, "commit", full)
    assert dispenser.take(id_="t2") is None
    assert rig.hall.n == n
    assert rig.broker.retained["hall/1/demo/hub/$state"].payload.count(b"degraded") == 1
    monkeypatch.setattr(Journal, "commit", commit)
    rig.run_for(2)
    assert b"ready" in rig.broker.retained["hall/1/demo/hub/$state"].payload
    assert dispenser.take(id_="t2")["facts"][0]["number"] == "A002"


def test_a_commit_that_was_kept_but_not_confirmed_is_told_when_the_store_is_back(rig, console, monkeypatch):
    """As when a database server dies between its commit and its answer."""
    commit = Journal.commit

    def unconfirmed(self, batch):
        commit(self, batch)
        raise Fault("store-away", Text(zh="没有应答", en="no answer"))

    dispenser = rig.member("dispenser-1")
    monkeypatch.setattr(Journal, "commit", unconfirmed)
    console.ask_later("take_ticket", "t1", service="loan", lane="normal", via="desk")
    rig.settle()
    monkeypatch.setattr(Journal, "commit", commit)
    assert rig.facts("TicketIssued") == []
    rig.run_for(3)
    (told,) = rig.facts("TicketIssued")
    assert console.ask("take_ticket", "t1", service="loan", lane="normal", via="desk")["facts"] == [told]
    assert [f["n"] for f in rig.facts()] == list(range(1, rig.hall.n + 1))
    printed = [c for c in dispenser.got("/down/command") if c["type"] == "print"]
    assert {c["issued"]["ticket"] for c in printed} == {"t1"}


def test_while_the_store_does_not_work_nobody_is_told_and_the_hub_says_so_once(
    rig, dispenser, monkeypatch, caplog
):
    def full(*_):
        raise Fault("store-full", Text(zh="满", en="disk full"))

    for method in ("commit", "check"):
        monkeypatch.setattr(Journal, method, full)
    caplog.clear()
    for _ in range(10):
        assert dispenser.take(id_="t2") is None
        rig.run_for(1)
    assert len([r for r in caplog.records if r.levelname == "ERROR" and "disk full" in r.getMessage()]) == 1
    monkeypatch.undo()
    rig.run_for(2)
    assert dispenser.take(id_="t2")["ok"]


def test_replay_equals_live(rig, console, dispenser):
    sit(console, 1, 2)
    for n in range(6):
        dispenser.take(id_=f"t{n}")
    console.ask("call_next", window=1)
    console.ask("finish", window=1, outcome="done")
    console.ask("call_next", window=2)
    board = rig.broker.retained["hall/1/demo/hub/board"].payload
    rig.run_for(1)
    board = json.loads(rig.broker.retained["hall/1/demo/hub/board"].payload)
    rig.kill_hub()
    rig.start_hub()
    after = json.loads(rig.broker.retained["hall/1/demo/hub/board"].payload)
    assert {k: v for k, v in after.items() if k != "at"} == {k: v for k, v in board.items() if k != "at"}


def test_the_domain_failing_costs_one_refusal_and_nothing_else(rig, dispenser, monkeypatch):
    hall = type(rig.hall)
    decide = hall.decide

    def wrong(self, order, at, member):
        if getattr(order, "id", None) == "bad":
            raise ZeroDivisionError
        return decide(self, order, at, member)

    monkeypatch.setattr(hall, "decide", wrong)
    dispenser.ask_later("take_ticket", "good", service="loan", lane="normal", via="dispenser")
    assert dispenser.take(id_="bad")["code"] == "hub-fault"
    assert dispenser.answer("good")["ok"]


def test_the_domain_failing_halfway_discards_memory_and_the_others_get_through(rig, dispenser, monkeypatch):
    hall = type(rig.hall)
    apply = hall.apply

    def wrong(self, fact):
        apply(self, fact)
        if getattr(fact, "ticket", None) == "bad":
            raise ZeroDivisionError

    monkeypatch.setattr(hall, "apply", wrong)
    dispenser.ask_later("take_ticket", "good", service="loan", lane="normal", via="dispenser")
    dispenser.ask_later("take_ticket", "bad", service="loan", lane="normal", via="dispenser")
    rig.settle()
    assert dispenser.take(id_="bad")["code"] == "hub-fault"
    assert dispenser.take("loan", id_="good")["facts"][0]["number"] == "B001"


def test_the_actor_is_kept_for_consoles_and_ignored_from_devices(rig, console, dispenser):
    dispenser.take(id_="t1", actor="somebody")
    console.ask("sit", window=1, clerk="011", actor="王芳")
    with rig.store.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT type, member, actor FROM facts WHERE ask IS NOT NULL").all()
        connection.rollback()
    assert ("TicketIssued", "dispenser-1", None) in [tuple(r) for r in rows]
    assert ("WindowOpened", "console-1", "王芳") in [tuple(r) for r in rows]


def test_a_call_by_name_is_on_record_with_who_chose(rig, console, dispenser):
    console.ask("sit", window=1, clerk="011")
    for ticket in ("t1", "t2"):
        dispenser.take(id_=ticket)
    console.ask("call_ticket", window=1, ticket="t2", actor="王芳")
    with rig.store.engine.connect() as connection:
        row = connection.exec_driver_sql("SELECT body, actor FROM facts WHERE type = 'TicketCalled'").one()
        connection.rollback()
    assert (b'"chosen":true' in bytes(row.body), row.actor) == (True, "王芳")


def test_the_token_of_a_ticket_is_kept_and_told_to_nobody(rig, dispenser):
    token = "5e" * 16
    dispenser.take(id_="t1", token=token)
    assert rig.store.token("t1") == token
    told = [p for p in rig.broker.log if not p.topic.endswith("up/ask")]
    assert all(token.encode() not in p.payload for p in told)


def somebody_elses_print(rig, job):
    """A row under a job's id that the hub does not know of: the store will refuse the hub's own for ever."""
    row = {
        "id": job,
        "ticket": "t1",
        "copy": 9,
        "member": "x",
        "at": "2026-11-23",
        "issued": b"{}",
        "asker": "x",
        "settled": 1,
    }
    with rig.store.transaction() as connection:
        connection.execute(insert(prints).values(**row))


def test_an_ask_that_the_store_will_never_take_is_refused_and_the_others_get_through(rig, console, dispenser):
    dispenser.take(id_="t1")
    somebody_elses_print(rig, "print-t1-2")
    for _ in range(4):  # as members repeat what is not answered
        console.ask_later("reprint", "bad", ticket="t1")
        dispenser.ask_later("take_ticket", "good", service="loan", lane="normal", via="dispenser")
        rig.run_for(1)
    assert console.answer("bad")["code"] == "hub-fault"
    assert dispenser.answer("good")["facts"][0]["number"] == "B001"
    assert rig.hall.n == len(rig.facts())


def test_a_wish_of_the_hubs_own_that_the_store_will_never_take_stops_nobody(rig, console, dispenser):
    second = rig.member("dispenser-2")
    console.take(id_="t1", via="desk")
    somebody_elses_print(rig, "print-t1-2")
    rig.broker.cut("dispenser-1")  # its paper moves, as print-t1-2
    rig.run_for(3)
    assert second.take(id_="t2")["ok"]
    assert [f["state"] for f in rig.facts("DeviceStateChanged") if f["member"] == "dispenser-1"][-1] == "lost"
    assert b"ready" in rig.broker.retained["hall/1/demo/hub/$state"].payload
