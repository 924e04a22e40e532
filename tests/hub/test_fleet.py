"""Who is there, what each is meant to show, and what each is told to do."""

from __future__ import annotations

import json

import pytest


def states(rig, member):
    return [f["state"] for f in rig.facts("DeviceStateChanged") if f["member"] == member]


# ------------------------------------------------------------------ presence


def test_a_killed_device_is_known_at_once_through_its_will(rig):
    rig.member("sign-1")
    assert states(rig, "sign-1") == ["ready"]
    rig.broker.cut("sign-1")
    rig.settle()
    assert states(rig, "sign-1") == ["ready", "lost"]
    rig.broker.mend("sign-1")
    rig.settle()
    assert states(rig, "sign-1") == ["ready", "lost", "ready"]


def test_the_will_of_an_old_connection_says_nothing_about_the_new_one(rig):
    sign = rig.member("sign-1")
    sign.epoch = 5
    sign.say_state("ready")
    sign.say_state("lost", epoch=4)
    sign.say_state("lost", boot="another")
    assert states(rig, "sign-1") == ["ready"]


def test_a_silent_device_is_lost_after_twelve_and_a_half_seconds_and_back_with_its_next_word(rig):
    sign = rig.member("sign-1")
    for _ in range(4):
        rig.run_for(5)
        sign.beat()
    assert states(rig, "sign-1") == ["ready"]
    rig.run_for(12.4)
    assert states(rig, "sign-1") == ["ready"]
    rig.run_for(0.2)
    assert states(rig, "sign-1") == ["ready", "lost"]
    sign.beat()
    assert states(rig, "sign-1") == ["ready", "lost", "ready"]


def test_silence_means_nothing_while_our_own_link_is_down(rig):
    sign = rig.member("sign-1")
    rig.broker.cut("hub")
    rig.run_for(60)
    rig.broker.mend("hub")
    rig.run_for(10)
    sign.beat()
    rig.run_for(10)
    assert states(rig, "sign-1") == ["ready"]


def test_retained_states_at_start_make_no_false_facts(rig):
    sign = rig.member("sign-1")
    rig.kill_hub()
    rig.start_hub()
    assert states(rig, "sign-1") == ["ready"]
    rig.kill_hub()
    rig.broker.cut("sign-1")
    rig.settle()
    rig.start_hub()
    assert states(rig, "sign-1") == ["ready", "lost"]
    assert sign.epoch == 1


def test_a_device_that_vanished_with_the_broker_is_found_missing(rig):
    rig.member("sign-1")
    rig.broker.stop()
    rig.broker.cut("sign-1")
    rig.run_for(5)
    rig.broker.start()
    rig.run_for(13)
    assert states(rig, "sign-1") == ["ready", "lost"]


def test_consoles_and_strangers_are_no_devices(rig, console):
    rig.member("sign-77")
    assert rig.facts("DeviceStateChanged") == []


def test_alerts_are_raised_and_cleared_once(rig, dispenser):
    alert = {
        "level": "fault",
        "code": "paper-out",
        "text": {"zh": "缺纸", "en": "no paper"},
        "since": "2026-11-23T09:00:00+08:00",
    }
    for _ in range(2):
        dispenser.say("$alert/paper", alert, retain=True)
    rig.settle()
    assert [(f["member"], f["alert"], f["code"]) for f in rig.facts("AlertRaised")] == [
        ("dispenser-1", "paper", "paper-out")
    ]
    rig.kill_hub()
    rig.start_hub()
    assert len(rig.facts("AlertRaised")) == 1
    for _ in range(2):
        dispenser.say("$alert/paper", b"", retain=True)
    rig.settle()
    assert [f["alert"] for f in rig.facts("AlertCleared")] == ["paper"]


def test_an_alert_that_was_solved_while_the_hub_was_away_is_cleared(rig, dispenser):
    alert = {
        "level": "fault",
        "code": "paper-out",
        "text": {"zh": "缺纸", "en": "no paper"},
        "since": "2026-11-23T09:00:00+08:00",
    }
    for id_ in ("paper", "cover"):
        dispenser.say("$alert/" + id_, alert, retain=True)
    rig.settle()
    rig.kill_hub()
    dispenser.say("$alert/paper", b"", retain=True)
    rig.start_hub()
    dispenser.say_state("ready")
    dispenser.say("$alert/cover", alert, retain=True)
    rig.run_for(6)
    assert [f["alert"] for f in rig.facts("AlertCleared")] == ["paper"]


def test_an_alert_stays_open_when_its_device_only_says_that_it_is_degraded(rig, dispenser):
    alert = {
        "level": "fault",
        "code": "paper-out",
        "text": {"zh": "缺纸", "en": "no paper"},
        "since": "2026-11-23T09:00:00+08:00",
    }
    dispenser.say("$alert/paper", alert, retain=True)
    dispenser.say_state("degraded")
    rig.run_for(10)
    assert rig.facts("AlertCleared") == []


def test_a_dispenser_that_lost_its_memory_is_lent_other_numbers(rig, dispenser):
    before = rig.wants("dispenser-1", "numbers")["blocks"]
    dispenser.epoch = 0
    dispenser.say_state("ready", boot="after-the-card-was-wiped", epoch=1)
    after = rig.wants("dispenser-1", "numbers")["blocks"]
    assert {(b["letter"], b["from"]) for b in before}.isdisjoint({(b["letter"], b["from"]) for b in after})


# ------------------------------------------------------------------ wants and board


def test_everybody_who_comes_finds_what_is_wanted_of_it(rig):
    assert rig.wants("sign-1", "display")["mode"] in {"closed-window", "idle", "closed"}
    assert rig.wants("pad-1", "rating")["ticket"] is None
    assert {b["letter"] for b in rig.wants("dispenser-1", "numbers")["blocks"]} == {"A", "B"}
    assert [s["id"] for s in rig.wants("dispenser-1", "services")["services"]] == ["withdrawal", "loan"]


def test_a_sign_shows_the_call_and_the_pad_asks_and_both_end_by_the_clock(rig, console, dispenser):
    console.ask("sit", window=1, clerk="011")
    assert rig.wants("sign-1", "display")["mode"] == "idle"
    dispenser.take(id_="t1")
    console.ask("call_next", window=1)
    display = rig.wants("sign-1", "display")
    assert (display["mode"], display["number"], display["round"]) == ("called", "A001", 1)
    console.ask("start", window=1)
    assert rig.wants("sign-1", "display")["mode"] == "serving"
    console.ask("finish", window=1, outcome="done")
    assert rig.wants("sign-1", "display")["mode"] == "rate"
    assert rig.wants("pad-1", "rating")["ticket"] == "t1"
    rig.run_for(61)
    assert rig.wants("pad-1", "rating")["ticket"] is None
    rig.run_for(10)
    assert rig.wants("sign-1", "display")["mode"] == "idle"


def unsatisfied(rig, console, dispenser):
    """Somebody was served at window 1 and pressed the lowest grade."""
    console.ask("sit", window=1, clerk="011")
    dispenser.take(id_="t1")
    console.ask("call_next", window=1)
    console.ask("finish", window=1, outcome="done")
    rig.member("pad-1").event("rated", 1, ticket="t1", window=1, step=1, grade=1)
    rig.settle()


def test_the_lamp_at_the_guide_desk_goes_out_when_somebody_was_spoken_to(rig, console, dispenser):
    assert "on" not in rig.wants("dispenser-1", "lamp")
    unsatisfied(rig, console, dispenser)
    assert rig.wants("dispenser-1", "lamp")["on"] is True
    console.ask("note_apology", ticket="t1", step=1)
    assert "on" not in rig.wants("dispenser-1", "lamp")


def test_the_lamp_burns_on_over_a_restart_of_the_hub_and_no_longer_than_its_time(rig, console, dispenser):
    unsatisfied(rig, console, dispenser)
    before = rig.wants("dispenser-1", "lamp")
    rig.run_for(60)
    rig.kill_hub()
    rig.start_hub()
    assert rig.wants("dispenser-1", "lamp") == before
    rig.run_for(125)
    assert "on" not in rig.wants("dispenser-1", "lamp")
    unlit = rig.wants("dispenser-1", "lamp")
    rig.kill_hub()
    rig.start_hub()
    assert rig.wants("dispenser-1", "lamp") == unlit


def test_a_want_is_told_only_when_it_changes_and_its_rev_survives_a_restart(rig, console, dispenser):
    sign = rig.member("sign-2")
    console.ask("sit", window=1, clerk="011")
    dispenser.take()
    console.ask("call_next", window=1)
    assert len(sign.got("/down/want/display")) == 1
    rev = rig.wants("sign-1", "display")["rev"]
    rig.kill_hub()
    rig.broker.retained.clear()
    rig.start_hub()
    assert rig.wants("sign-1", "display")["rev"] == rev


def test_everything_is_told_again_to_an_empty_broker(rig):
    rig.run_for(1)
    before = {t: p.payload for t, p in rig.broker.retained.items() if "/down/want/" in t}
    rig.broker.stop()
    rig.run_for(1)
    rig.broker.start()
    rig.settle()
    assert {t: p.payload for t, p in rig.broker.retained.items() if "/down/want/" in t} == before
    assert b"ready" in rig.broker.retained["hall/1/demo/hub/$state"].payload
    assert "hall/1/demo/hub/board" in rig.broker.retained
    assert len([p for p in rig.broker.log if p.topic.endswith("/hub/rebirth")]) == 2


def test_a_link_that_is_full_is_tried_five_times_a_second_however_much_waits_for_it(
    rig, console, monkeypatch
):
    tried = []
    with monkeypatch.context() as full:
        full.setattr(rig.hub.link, "publish", lambda packet: tried.append(packet.topic))
        for window in (1, 2, 3):
            console.ask_later("sit", window=window, clerk=f"01{window}")
        rig.run_for(3)
    assert 3 * 5 * 3 <= sum("/down/want/display" in topic for topic in tried) <= 3 * 5 * 4
    rig.run_for(1)
    assert [rig.wants(f"sign-{n}", "display")["mode"] for n in (1, 2, 3)] == ["idle"] * 3


def test_the_board_is_told_at_most_five_times_a_second_and_the_last_state_always(rig, console, dispenser):
    rig.run_for(1)
    seen = len(console.got("/hub/board"))
    for _ in range(100):
        dispenser.take("loan")
        rig.run_for(0.01)
    told = console.got("/hub/board")[seen:]
    assert 4 <= len(told) <= 6
    rig.run_for(0.3)
    last = console.got("/hub/board")[-1]
    assert last["n"] == rig.hall.n
    assert next(s for s in last["services"] if s["id"] == "loan")["waiting"] == 100
    quiet = len(console.got("/hub/board"))
    rig.run_for(5)
    assert len(console.got("/hub/board")) == quiet


def test_a_hub_that_goes_says_so(rig):
    rig.hub.stop()
    assert json.loads(rig.broker.retained["hall/1/demo/hub/$state"].payload)["state"] == "disconnected"


def test_a_hub_that_is_killed_is_known_to_be_lost_and_its_epoch_grows(rig):
    first = json.loads(rig.broker.retained["hall/1/demo/hub/$state"].payload)
    rig.kill_hub()
    lost = json.loads(rig.broker.retained["hall/1/demo/hub/$state"].payload)
    assert (lost["state"], lost["epoch"], lost["boot"]) == ("lost", first["epoch"], first["boot"])
    rig.start_hub()
    again = json.loads(rig.broker.retained["hall/1/demo/hub/$state"].payload)
    assert (again["state"], again["kind"]) == ("ready", "hub")
    assert again["epoch"] > first["epoch"]
    assert again["boot"] != first["boot"]


# ------------------------------------------------------------------ commands


@pytest.fixture
def speaker(rig):
    return rig.member("speaker-1")


def call(rig, console, dispenser, **fields):
    console.ask("sit", window=1, clerk="011")
    dispenser.take(id_="t1")
    return console.ask("call_next", window=1)["facts"][0]["n"]


def test_a_call_is_announced_by_every_speaker_until_it_answers(rig, console, dispenser, speaker):
    other = rig.member("speaker-2")
    n = call(rig, console, dispenser)
    assert [c["id"] for c in speaker.calls] == [f"announce-{n}"]
    assert "A001" in str(speaker.calls[0])
    speaker.say("up/result", {"id": f"announce-{n}", "phase": "done"})
    rig.run_for(3.1)
    assert len(speaker.calls) == 1
    ages = [c.get("age_s", 0) for c in other.calls]
    assert ages == pytest.approx([0, 1, 2, 3], abs=0.01)
    assert {c["id"] for c in other.calls} == {f"announce-{n}"}


def test_a_call_is_not_announced_for_ever(rig, console, dispenser, speaker):
    call(rig, console, dispenser)
    rig.run_for(180)
    count = len(speaker.calls)
    assert 20 <= count <= 121
    rig.run_for(60)
    assert len(speaker.calls) == count


def test_a_fresh_call_is_announced_again_after_a_restart_with_its_age_and_an_old_one_not(
    rig, console, dispenser, speaker
):
    n = call(rig, console, dispenser)
    rig.kill_hub()
    rig.run_for(5)
    rig.start_hub()
    again = speaker.calls[-1]
    assert (again["id"], round(again["age_s"])) == (f"announce-{n}", 5)
    rig.kill_hub()
    rig.run_for(20)
    heard = len(speaker.calls)
    rig.start_hub()
    rig.run_for(5)
    assert len(speaker.calls) == heard


def test_commands_are_never_retained(rig, console, dispenser, speaker):
    call(rig, console, dispenser)
    assert not [t for t in rig.broker.retained if t.endswith("/down/command")]


def prints(member):
    return [(c["type"], c["id"], c.get("copy")) for c in member.got("/down/command")]


def test_a_desk_ticket_is_printed_by_the_first_dispenser_that_works(rig, console, dispenser):
    second = rig.member("dispenser-2")
    console.take(id_="t1", via="desk", token="0a" * 16)
    command = dispenser.got("/down/command")[0]
    assert (command["type"], command["id"], command["token"]) == ("print", "print-t1-1", "0a" * 16)
    assert command["issued"] == rig.facts("TicketIssued")[0]
    dispenser.event("printed", 1, ticket="t1", copy=1)
    rig.run_for(5)
    assert len(dispenser.got("/down/command")) == 1
    assert second.got("/down/command") == []


def test_a_dispensers_own_ticket_is_printed_by_itself(rig, dispenser):
    dispenser.take(id_="t1")
    assert dispenser.got("/down/command") == []


def test_an_unprinted_desk_ticket_is_printed_after_a_restart_and_a_printed_one_not(rig, console, dispenser):
    console.take(id_="t1", via="desk")
    console.take(id_="t2", via="desk")
    dispenser.event("printed", 1, ticket="t1", copy=1)
    rig.kill_hub()
    heard = len(dispenser.got("/down/command"))
    rig.start_hub()
    rig.run_for(2)
    assert {c["id"] for c in dispenser.got("/down/command")[heard:]} == {"print-t2-1"}


def failed(rig):
    return [(f["number"], f["member"], f["code"]) for f in rig.facts("PrintFailed")]


def test_a_paper_that_no_dispenser_answers_for_is_told_once_so_that_its_person_goes_to_the_desk(
    rig, console, dispenser, speaker
):
    console.take(id_="t1", via="desk")
    rig.run_for(119)
    assert failed(rig) == []
    rig.run_for(2)
    assert failed(rig) == [("A001", "dispenser-1", "no-answer")]
    assert [c["number"] for c in speaker.got("/down/command") if c["phrase"] == "disp.noprint"][:1] == [
        "A001"
    ]
    told = len(prints(dispenser))
    rig.kill_hub()
    rig.start_hub()
    rig.run_for(130)
    assert len(failed(rig)) == 1
    assert len(prints(dispenser)) == told


def test_a_paper_that_became_void_while_the_hub_was_away_is_told_when_it_is_back(rig, console, dispenser):
    console.take(id_="t1", via="desk")
    rig.kill_hub()
    rig.run_for(300)
    told = len(prints(dispenser))
    rig.start_hub()
    rig.run_for(2)
    assert failed(rig) == [("A001", "dispenser-1", "no-answer")]
    assert len(prints(dispenser)) == told


@pytest.mark.parametrize(("phase", "told"), [("rejected", 1), ("expired", 1), ("failed", 0), ("done", 0)])
def test_what_a_dispenser_did_not_try_is_told_by_the_hub_and_what_it_did_by_itself(
    rig, console, dispenser, phase, told
):
    console.take(id_="t1", via="desk")
    dispenser.say("up/result", {"id": "print-t1-1", "phase": phase, "code": "busy"})
    rig.run_for(130)
    assert failed(rig) == [("A001", "dispenser-1", "busy")] * told


@pytest.mark.parametrize("copy", [1, 2], ids=["as ordered", "marked, after a restart"])
def test_a_paper_that_came_out_and_whose_order_was_not_answered_is_not_missing(rig, console, dispenser, copy):
    console.take(id_="t1", via="desk")
    dispenser.event("printed", 1, ticket="t1", copy=copy)
    rig.run_for(130)
    rig.kill_hub()
    rig.run_for(130)
    rig.start_hub()
    rig.run_for(2)
    assert failed(rig) == []


def test_nobody_waits_for_the_paper_of_a_ticket_that_was_given_back(rig, console, dispenser):
    console.take(id_="t1", via="desk")
    console.ask("cancel", ticket="t1")
    rig.run_for(130)
    assert failed(rig) == []


def test_a_paper_ordered_anew_after_the_first_failed_is_ordered_also_after_a_restart(rig, console, dispenser):
    console.take(id_="t1", via="desk")
    dispenser.event("print_failed", 1, ticket="t1", code="paper-out")
    rig.run_for(5)
    console.ask("reprint", "r1", ticket="t1")
    rig.kill_hub()
    told = len(prints(dispenser))
    rig.start_hub()
    rig.run_for(2)
    assert {p[1] for p in prints(dispenser)[told:]} == {"print-t1-2"}


def test_a_reprint_is_marked_and_answered_with_the_ticket(rig, console, dispenser):
    dispenser.take(id_="t1")
    dispenser.event("printed", 1, ticket="t1", copy=1)
    answer = console.ask("reprint", "r1", ticket="t1")
    assert answer["ok"]
    assert answer["facts"] == rig.facts("TicketIssued")
    assert prints(dispenser) == [("reprint", "print-t1-2", None)]
    console.ask("reprint", "r1", ticket="t1")
    rig.kill_hub()
    rig.start_hub()
    assert console.ask("reprint", "r1", ticket="t1") == answer
    console.ask("reprint", "r2", ticket="t1")
    assert {p[1] for p in prints(dispenser)} == {"print-t1-2", "print-t1-3"}


def test_a_reprint_of_an_unknown_ticket_is_refused(rig, console):
    assert console.ask("reprint", ticket="nobody")["code"] == "unknown-ticket"


def test_a_paper_of_a_dispenser_that_died_is_printed_elsewhere_and_marked(rig, console, dispenser):
    second = rig.member("dispenser-2")
    console.take(id_="t1", via="desk")
    rig.broker.cut("dispenser-1")
    rig.settle()
    assert prints(second) == [("reprint", "print-t1-2", None)]


def test_a_paper_for_which_nobody_was_there_is_printed_by_the_first_that_is_well(rig, console, dispenser):
    rig.broker.cut("dispenser-1")
    rig.settle()
    console.take(id_="t1", via="desk")
    rig.run_for(5)
    second = rig.member("dispenser-2")
    rig.run_for(2)
    assert set(prints(second)) == {("reprint", "print-t1-2", None)}
    rig.broker.mend("dispenser-1")
    rig.run_for(2)
    assert "print-t1-1" not in {p[1] for p in prints(dispenser)[1:]}


def test_a_paper_that_moved_has_moved_also_when_the_hub_starts_again(rig, console, dispenser):
    second = rig.member("dispenser-2")
    console.take(id_="t1", via="desk")
    rig.broker.cut("dispenser-1")
    rig.settle()
    told = len(prints(dispenser))
    rig.kill_hub()
    rig.start_hub()
    rig.run_for(2)
    rig.broker.mend("dispenser-1")
    rig.run_for(2)
    assert {p[1] for p in prints(second)} == {"print-t1-2"}
    assert prints(dispenser)[told:] == []
    assert console.take(id_="t2", via="desk")["ok"]
