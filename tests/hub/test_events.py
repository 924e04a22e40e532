"""What devices report acts once, is receipted in order, and is never silently lost."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.both_stores


@pytest.fixture
def pad(rig):
    return rig.member("pad-1")


@pytest.fixture
def served(rig, console, dispenser):
    """One person was served at window 1: the step that pad-1 asks about."""
    console.ask("sit", window=1, clerk="011")
    dispenser.take(id_="t1")
    console.ask("call_next", window=1)
    console.ask("finish", window=1, outcome="done")
    return {"ticket": "t1", "window": 1, "step": 1}


def test_a_vote_counts_once_however_often_it_arrives(rig, pad, served):
    for _ in range(3):
        pad.event("rated", 1, grade=4, **served)
    assert [f["grade"] for f in rig.facts("TicketRated")] == [4]
    assert pad.receipts == [1, 1, 1]


def test_a_vote_counts_once_across_a_restart(rig, pad, served):
    pad.event("rated", 1, grade=4, **served)
    rig.kill_hub()
    rig.start_hub()
    pad.event("rated", 1, grade=4, **served)
    assert len(rig.facts("TicketRated")) == 1
    assert pad.receipts == [1, 1]
    assert rig.facts("EventRejected") == []


def test_a_vote_that_was_cast_in_time_and_arrives_late_counts(rig, pad, console, dispenser, served):
    cast = rig.scheduler.now().isoformat()
    rig.run_for(600)
    dispenser.take(id_="t2")
    console.ask("call_next", window=1)
    pad.event("rated", 1, grade=2, at=cast, **served)
    rated = rig.facts("TicketRated")
    assert [(f["ticket"], f["grade"], f["clerk"]) for f in rated] == [("t1", 2, "011")]


def test_a_vote_that_was_cast_too_late_is_rejected_and_receipted(rig, pad, served):
    rig.run_for(600)
    pad.event("rated", 1, grade=4, **served)
    rejected = rig.facts("EventRejected")
    assert [(f["member"], f["seq"], f["code"]) for f in rejected] == [("pad-1", 1, "rating-closed")]
    assert pad.receipts == [1]


def test_a_pad_votes_for_its_own_window_only(rig, served):
    pad = rig.member("pad-2")
    pad.event("rated", 1, grade=1, **served)
    assert [f["code"] for f in rig.facts("EventRejected")] == ["not-yours"]
    assert rig.facts("TicketRated") == []
    assert pad.receipts == [1]


def test_a_device_reports_only_what_its_kind_can_know(rig, served):
    sign = rig.member("sign-1")
    sign.event("rated", 1, grade=1, **served)
    sign.event("printed", 2, ticket="t1", copy=1)
    assert [f["code"] for f in rig.facts("EventRejected")] == ["not-allowed", "not-allowed"]
    assert sign.receipts == [1, 2]


def test_receipts_are_contiguous(rig, dispenser):
    for n in (1, 2, 3, 4):
        dispenser.take(id_=f"t{n}")
    for seq in (1, 3, 4, 2):
        dispenser.event("printed", seq, ticket=f"t{seq}", copy=1)
    assert dispenser.receipts == [1, 1, 1, 4]
    assert len(rig.facts("TicketPrinted")) == 4


def test_a_device_that_holds_nothing_older_settles_the_gap(rig, dispenser):
    dispenser.take(id_="t1")
    dispenser.event("printed", 7, ticket="t1", copy=1, first=7)
    assert dispenser.receipts == [7]


def test_a_wiped_card_starts_a_new_outbox_from_one(rig, dispenser):
    dispenser.take(id_="t1")
    dispenser.take(id_="t2")
    dispenser.event("printed", 1, ticket="t1", copy=1)
    dispenser.event("printed", 1, outbox="another", ticket="t2", copy=1)
    assert [f["ticket"] for f in rig.facts("TicketPrinted")] == ["t1", "t2"]


def test_nobody_settles_the_outbox_of_another(rig, dispenser):
    thief = rig.member("dispenser-2")
    dispenser.take(id_="t1")
    dispenser.event("printed", 1, ticket="t1", copy=1)
    thief.event("printed", 2, outbox="box-dispenser-1", ticket="t1", copy=2)
    assert thief.receipts == []
    dispenser.event("printed", 2, ticket="t1", copy=2)
    assert [f["copy"] for f in rig.facts("TicketPrinted")] == [1, 2]


def test_an_unreadable_event_with_a_place_is_rejected_and_receipted(rig, pad):
    pad.say("up/event", {"outbox": "box", "seq": 1, "type": "rated", "grade": 9})
    pad.say("up/event", b'{"outbox":"box","seq":2,"type":"rated","x":' + b"[" * 3000)
    pad.say("up/event", {"outbox": "box", "seq": 3, "type": "dance"})
    rig.settle()
    assert [(f["seq"], f["code"]) for f in rig.facts("EventRejected")] == [
        (1, "not-valid"),
        (2, rig.facts("EventRejected")[1]["code"]),
        (3, "not-valid"),
    ]
    assert pad.receipts[-1] == 3


def test_an_event_without_a_place_costs_one_log_line(rig, pad, caplog):
    caplog.clear()
    n = rig.hall.n
    pad.say("up/event", b"nonsense")
    rig.settle()
    assert rig.hall.n == n
    assert pad.receipts == []
    assert len(caplog.records) == 1


def test_a_stranger_and_a_console_report_nothing(rig, console, caplog):
    n = rig.hall.n
    stranger = rig.member("pad-99")
    stranger.event("self_test", 1, results={})
    console.event("self_test", 1, results={})
    assert rig.hall.n == n
    assert stranger.receipts == console.receipts == []


def test_reports_that_change_nothing_are_receipted(rig, pad):
    n = rig.hall.n
    pad.event("button_stuck", 1, button="4")
    pad.event("button_stuck", 2, button="3")
    assert pad.receipts == [1, 2]
    assert rig.hall.n == n


def test_what_a_device_found_of_itself_is_receipted_and_stands_in_the_journal(rig, pad):
    pad.event("self_test", 1, results={"lamp": "ok"})
    assert pad.receipts == [1]
    assert [(fact["member"], fact["results"]) for fact in rig.facts("DeviceTested")] == [
        ("pad-1", {"lamp": "ok"})
    ]


def test_a_number_from_the_lent_block_joins_the_line_and_its_ask_is_dead(rig, dispenser):
    block = rig.wants("dispenser-1", "numbers")["blocks"][0]
    number = f"{block['letter']}{block['from']}"
    service = {"A": "withdrawal", "B": "loan"}[block["letter"]]
    day = rig.wants("dispenser-1", "numbers")["day"]
    fields = {"number": number, "service": service, "lane": "normal", "day": day, "token": "0f" * 16}
    dispenser.event("issued_offline", 1, ticket="t1", **fields)
    issued = rig.facts("TicketIssued")
    assert [(f["number"], f["offline"]) for f in issued] == [(number, True)]
    assert dispenser.receipts == [1]
    assert rig.store.token("t1") == "0f" * 16
    assert dispenser.take(service, id_="t1")["code"] == "withdrawn"
    assert len(rig.facts("TicketIssued")) == 1


def test_a_late_answer_after_offline_issue_leaves_one_ticket_with_the_printed_number(rig, dispenser):
    dispenser.take(id_="t1", token="0f" * 16)
    block = next(b for b in rig.wants("dispenser-1", "numbers")["blocks"] if b["letter"] == "A")
    fields = {"service": "withdrawal", "lane": "normal", "token": "0f" * 16}
    fields |= {"number": f"A{block['from']}", "day": rig.wants("dispenser-1", "numbers")["day"]}
    dispenser.event("issued_offline", 1, ticket="t1", **fields)
    last = rig.facts("TicketIssued")[-1]
    assert (last["ticket"], last["number"], last["replaces"]) == ("t1", f"A{block['from']}", "A001")
    assert rig.waiting("withdrawal") == 1


def test_a_withdrawn_ask_is_refused_when_it_comes_at_last(rig, dispenser):
    dispenser.event("ask_withdrawn", 1, id="t1")
    assert dispenser.take(id_="t1")["code"] == "withdrawn"
    rig.kill_hub()
    rig.start_hub()
    assert dispenser.take(id_="t1")["code"] == "withdrawn"
    assert rig.facts("TicketIssued") == []


def test_a_withdrawn_ask_takes_its_ticket_back(rig, dispenser):
    dispenser.take(id_="t1")
    dispenser.event("ask_withdrawn", 1, id="t1")
    assert [f["ticket"] for f in rig.facts("TicketCancelled")] == ["t1"]
    assert rig.waiting("withdrawal") == 0


def test_nobody_withdraws_the_ask_of_another(rig, dispenser):
    other = rig.member("dispenser-2")
    dispenser.take(id_="t1")
    other.event("ask_withdrawn", 1, id="t1")
    assert rig.facts("TicketCancelled") == []
    assert rig.waiting("withdrawal") == 1
    assert other.receipts == [1]


def offline(rig, ticket):
    """The event of a number given from the lent block for a press whose ask was not answered in time."""
    lent = rig.wants("dispenser-1", "numbers")
    block = next(b for b in lent["blocks"] if b["letter"] == "A")
    number = f"A{block['from']}"
    return {
        "ticket": ticket,
        "number": number,
        "service": "withdrawal",
        "lane": "normal",
        "day": lent["day"],
        "token": "0f" * 16,
    }


@pytest.mark.parametrize("first", [1, None])
def test_a_paper_told_before_its_number_waits_for_it(rig, dispenser, first):
    """The hub was away when the number was told, and back when the paper came out: the person must be called by the paper."""
    known = {} if first is None else {"first": first}
    dispenser.take(id_="t1", token="0f" * 16)
    dispenser.event("printed", 2, ticket="t1", copy=1, **known)
    assert rig.facts("TicketPrinted") == []
    assert dispenser.receipts == [0]
    number = offline(rig, "t1")
    dispenser.event("issued_offline", 1, **number, **known)
    assert dispenser.receipts == [0, 2]
    assert rig.facts("EventRejected") == []
    assert rig.facts("TicketIssued")[-1]["number"] == number["number"]
    assert [f["number"] for f in rig.facts("TicketPrinted")] == [number["number"]]
    dispenser.event("printed", 2, ticket="t1", copy=1, **known)
    assert len(rig.facts("TicketPrinted")) == 1


def test_what_waits_for_an_older_event_is_not_receipted_and_comes_again_after_a_restart(rig, dispenser):
    dispenser.take(id_="t1")
    dispenser.take(id_="t2")
    dispenser.event("printed", 2, ticket="t2", copy=1, first=1)
    rig.kill_hub()
    rig.start_hub()
    dispenser.event("printed", 1, ticket="t1", copy=1, first=1)
    assert dispenser.receipts == [0, 1]
    assert [f["ticket"] for f in rig.facts("TicketPrinted")] == ["t1"]
    dispenser.event("printed", 2, ticket="t2", copy=1, first=1)
    assert [f["ticket"] for f in rig.facts("TicketPrinted")] == ["t1", "t2"]


def test_a_device_that_lost_an_older_event_is_not_waited_for(rig, dispenser):
    dispenser.take(id_="t1")
    dispenser.take(id_="t2")
    dispenser.event("printed", 3, ticket="t2", copy=1, first=2)
    dispenser.event("printed", 3, ticket="t2", copy=1, first=3)
    dispenser.event("printed", 4, ticket="t1", copy=1, first=3)
    assert dispenser.receipts == [0, 3, 4]
    assert [f["ticket"] for f in rig.facts("TicketPrinted")] == ["t2", "t1"]
