"""A bare MQTT client takes part as a console and as a device, by docs/protocol.md alone."""

import json
import re
import subprocess
import sys
import threading
import uuid
from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest

from .bare import ROOT, Bare, Judge
from .outside import demo

pytestmark = pytest.mark.processes

BASE = {"type", "n", "at"}
TICKET = BASE | {"ticket", "number"}
STEP = TICKET | {"window", "clerk", "step"}
ISSUED = TICKET | {"service", "lane", "via", "ahead", "wait_min_s", "wait_max_s", "windows"}


@pytest.fixture(scope="module")
def hall(tmp_path_factory):
    with demo(tmp_path_factory.mktemp("console") / "hall") as hall:
        hall.ready()
        yield hall


@pytest.fixture(scope="module")
def ear(hall):
    """Hears everything from now on."""
    with Bare(hall.port, "console-ear", f"{ROOT}/#") as ear:
        yield ear


@pytest.fixture
def clerk(hall, ear):
    """A console; afterwards every window is empty again."""
    with Bare(hall.port, "console-clerk", f"{ROOT}/hub/#") as clerk:
        yield clerk
        board = clerk.until(lambda: clerk.on("hub/board"), 5)[-1].said
        for window in (window["window"] for window in board["windows"]):
            while (code := clerk.ask("leave", window=window).get("code")) is not None:
                if code == "not-seated":
                    break
                clerk.ask("finish", window=window, outcome="done")


def take(clerk, service, **fields):
    return clerk.done("take_ticket", service=service, **({"lane": "normal", "via": "desk"} | fields))


def test_a_notice_is_on_the_board_and_on_free_signs_and_an_order_to_leave_is_said_before_everything(
    clerk, ear
):
    words = {
        "zh": "今天下午三点停电检修，请提前办理",
        "en": "Power maintenance at three; please come earlier",
    }
    given = clerk.done("broadcast", kind="text", text=words, actor="manager")
    assert (given["type"], given["text"], given["actor"]) == ("NoticeGiven", words, "manager")
    board = clerk.until(lambda: [b for b in clerk.on("hub/board") if words in b.said.get("notices", ())], 5)
    assert board

    def wanted():
        """What each sign is to show, as far as it was heard by now."""
        return [heard[-1].said for n in range(1, 7) if (heard := ear.on(f"sign-{n}/down/want/display"))]

    ear.until(lambda: any(want.get("notice") == words for want in wanted()), 5)
    assert clerk.ask("broadcast", kind="evacuate")["code"] == "not-confirmed-twice"
    leave = clerk.done("broadcast", kind="evacuate", confirmed=True)
    said = ear.until(
        lambda: [c for c in ear.on("speaker-1/down/command") if c.said.get("phrase") == "voice.evacuate"], 5
    )
    assert said[0].said["rank"] == 0
    for notice in (leave, given):
        clerk.done("withdraw_notice", notice=notice["notice"])
    ear.until(lambda: all(want["mode"] not in {"notice", "evacuate"} for want in wanted()), 5)


def test_a_visit_round_trips_with_the_documented_fields(clerk):
    opened = clerk.done("sit", window=4, clerk="018", actor="staff 018")
    assert set(opened) == BASE | {"window", "clerk"}
    assert (opened["type"], opened["window"], opened["clerk"]) == ("WindowOpened", 4, "018")

    issued = take(clerk, "loan", situation="second-hand", id_="visit-1", token="0123456789abcdef" * 2)
    assert set(issued) >= ISSUED | {"situation"}
    assert issued["type"] == "TicketIssued"
    assert issued["ticket"] == "visit-1"
    assert re.fullmatch(r"B\d{3}", issued["number"])
    assert (issued["service"], issued["situation"], issued["lane"]) == ("loan", "second-hand", "normal")
    assert issued["ahead"] == 0
    assert issued["windows"] == [4]
    assert "0123456789abcdef" not in json.dumps(issued)
    assert datetime.fromisoformat(issued["at"]).utcoffset().total_seconds() == 8 * 3600
    behind = take(clerk, "loan")
    assert behind["ahead"] == 1

    called = clerk.done("call_next", window=4)
    assert set(called) == STEP | {"round", "service"}
    assert (called["type"], called["ticket"], called["round"], called["window"]) == (
        "TicketCalled", "visit-1", 1, 4,
    )  # fmt: skip
    again = clerk.done("recall", window=4)
    assert (again["type"], again["ticket"], again["round"]) == ("TicketCalled", "visit-1", 2)

    started = clerk.done("start", window=4)
    assert (started["type"], set(started)) == ("ServiceStarted", STEP)
    accepted = clerk.done("accept", window=4)
    assert (accepted["type"], set(accepted)) == ("ServiceAccepted", STEP)
    finished = clerk.done("finish", window=4, outcome="material-missing", detail="首付凭证")
    assert set(finished) == STEP | {"seconds", "outcome", "detail", "situation", "slip", "target_min"}
    assert (finished["type"], finished["outcome"], finished["detail"]) == (
        "ServiceFinished", "material-missing", "首付凭证",
    )  # fmt: skip
    assert (finished["ticket"], finished["clerk"], finished["step"]) == ("visit-1", "018", 1)

    assert clerk.done("call_next", window=4)["ticket"] == behind["ticket"]
    implied = clerk.ask("finish", window=4, outcome="done")
    assert {fact["type"] for fact in implied["facts"]} >= {"ServiceFinished"}
    assert implied["facts"][0]["type"] == "ServiceFinished"  # the named one first
    closed = clerk.done("leave", window=4, clerk="018")
    assert (closed["type"], set(closed)) == ("WindowClosed", BASE | {"window", "clerk"})


def test_a_transfer_keeps_number_and_place_in_time(clerk):
    clerk.done("sit", window=3, clerk="011")
    clerk.done("sit", window=5, clerk="014")
    first = take(clerk, "account")
    clerk.done("call_next", window=3)
    moved = clerk.done("transfer", window=3, to="review", note="材料齐全")
    assert set(moved) >= STEP | {"to", "seconds", "note"}
    assert (moved["type"], moved["number"], moved["to"]) == ("TicketTransferred", first["number"], "review")
    called = clerk.done("call_next", window=5)
    assert (called["ticket"], called["number"], called["step"]) == (first["ticket"], first["number"], 2)
    onward = clerk.done("transfer", window=5, to=3, note="")
    assert onward["to"] == 3
    assert clerk.done("call_next", window=3)["ticket"] == first["ticket"]
    desk = clerk.done("transfer", window=3, to="desk", note="请引导台")
    assert desk["to"] == "desk"
    assert clerk.refused("call_next", window=3) == "nobody-waiting"


def test_a_missed_person_comes_back_in_line(clerk):
    clerk.done("sit", window=6, clerk="031")
    mine = take(clerk, "employer")
    clerk.done("call_next", window=6)
    missed = clerk.done("no_show", window=6)
    assert (missed["type"], missed["ticket"], missed["window"]) == ("TicketMissed", mine["ticket"], 6)
    assert clerk.refused("call_next", window=6) == "nobody-waiting"
    returned = clerk.done("return_ticket", ticket=mine["ticket"])
    assert (returned["type"], returned["position"]) == ("TicketReturned", 1)
    assert clerk.refused("return_ticket", ticket=mine["ticket"]) == "not-missed"
    assert clerk.done("call_next", window=6)["ticket"] == mine["ticket"]
    clerk.done("finish", window=6, outcome="done")


def test_a_parked_ticket_is_only_taken_up_by_name(clerk):
    clerk.done("sit", window=6, clerk="031")
    mine = take(clerk, "employer")
    clerk.done("call_next", window=6)
    assert clerk.done("park", window=6)["type"] == "TicketParked"
    assert clerk.refused("call_next", window=6) == "nobody-waiting"
    resumed = clerk.done("resume_ticket", ticket=mine["ticket"])
    assert (resumed["type"], resumed["window"], resumed["number"]) == ("TicketResumed", 6, mine["number"])
    clerk.done("finish", window=6, outcome="onward", detail="自助终端")


def test_a_paused_window_calls_nobody_and_a_cancelled_ticket_is_never_called(clerk):
    clerk.done("sit", window=6, clerk="031")
    paused = clerk.done("pause", window=6, reason="午休", until="2099-01-01T13:00:00+08:00")
    assert (paused["type"], paused["reason"], paused["clerk"]) == ("WindowPaused", "午休", "031")
    first, second = take(clerk, "employer"), take(clerk, "employer")
    assert clerk.refused("call_next", window=6) == "window-paused"
    assert clerk.done("cancel", ticket=first["ticket"])["type"] == "TicketCancelled"
    assert clerk.done("resume", window=6)["type"] == "WindowResumed"
    assert clerk.done("call_next", window=6)["ticket"] == second["ticket"]
    assert clerk.refused("cancel", ticket=first["ticket"]) == "ticket-closed"
    clerk.done("finish", window=6, outcome="done")


def test_refusals_have_a_code_and_a_sentence_in_both_languages(clerk):
    assert clerk.refused("call_next", window=2) == "not-seated"
    assert clerk.refused("call_next", window=99) == "unknown-window"
    clerk.done("sit", window=2, clerk="023")
    assert clerk.refused("call_next", window=2) == "nobody-waiting"
    assert clerk.refused("sit", window=2, clerk="006") == "window-taken"
    assert clerk.refused("sit", window=3, clerk="023") == "clerk-elsewhere"
    assert clerk.refused("start", window=2) == "not-called"
    mine = take(clerk, "withdrawal")
    assert clerk.done("call_ticket", window=2, ticket=mine["ticket"])["chosen"] is True
    assert clerk.refused("call_next", window=2) == "window-busy"
    clerk.done("start", window=2)
    assert clerk.refused("leave", window=2) == "window-busy"
    assert clerk.refused("finish", window=2, outcome="material-missing") == "detail-required"
    assert clerk.refused("finish", window=2, outcome="perfect") == "not-valid"
    assert clerk.refused("call_next", window="2") == "not-valid"
    assert clerk.refused("call_next", window=2.5) == "not-valid"
    assert clerk.refused("call_next", window=True) == "not-valid"
    assert clerk.refused("take_ticket", service="nothing", lane="normal", via="desk") == "unknown-service"
    assert clerk.refused("take_ticket", service="loan", lane="vip", via="desk") == "unknown-lane"
    assert clerk.refused("take_ticket", service="loan", lane="normal", via="dove") == "not-valid"
    assert clerk.refused("cancel", ticket="nobody") == "unknown-ticket"
    assert clerk.refused("make_coffee", window=2) == "unknown-ask"
    clerk.done("finish", window=2, outcome="done")


def test_a_clerk_who_leaves_before_the_person_sat_down_sends_them_back_to_the_front(clerk):
    clerk.done("sit", window=2, clerk="023")
    mine = take(clerk, "withdrawal")
    clerk.done("call_next", window=2)
    left = clerk.ask("leave", window=2)["facts"]
    assert [fact["type"] for fact in left] == ["WindowClosed", "TicketReturned"]
    assert (left[1]["ticket"], left[1]["position"]) == (mine["ticket"], 1)
    clerk.done("cancel", ticket=mine["ticket"])


def test_an_unknown_field_is_ignored_and_a_stranger_is_refused(hall, clerk):
    assert clerk.done("sit", window=1, clerk="040", mood="good", nested={"a": [1]})["window"] == 1
    with Bare(hall.port, "stranger") as stranger:
        assert stranger.refused("call_next", window=1) == "unknown-member"
    with Bare(hall.port, "sign-1") as sign:
        assert sign.refused("call_next", window=1) == "not-allowed"
        assert sign.refused("take_ticket", service="loan", lane="normal", via="desk") == "not-allowed"
    with Bare(hall.port, "hub") as impostor:
        assert impostor.refused("close_day") == "unknown-member"


def test_the_same_id_is_answered_with_the_same_bytes_also_after_the_hub_was_killed(hall, clerk):
    ask = {"service": "enquiry", "lane": "normal", "via": "desk", "id_": "twice"}
    accepted = clerk.ask_bytes("take_ticket", **ask)
    assert clerk.ask_bytes("take_ticket", **ask) == accepted
    assert clerk.ask_bytes("cancel", ticket="x", id_="twice") == accepted  # the id is what counts
    refused = clerk.ask_bytes("call_next", window=1, id_="refused-once")
    clerk.done("sit", window=1, clerk="040")
    assert clerk.ask_bytes("call_next", window=1, id_="refused-once") == refused
    hall.reborn("hub", hall.kill("hub"))
    assert clerk.ask_bytes("take_ticket", **ask) == accepted
    with Bare(hall.port, "console-other") as other:
        assert other.refused("take_ticket", **ask) == "id-taken"
    told = {one.payload for one in clerk.facts if one.said.get("ticket") == "twice"}
    assert len([body for body in told if b'"TicketIssued"' in body]) == 1
    called = clerk.done("call_next", window=1)
    assert called["ticket"] == "twice"
    clerk.done("finish", window=1, outcome="done")


def test_the_example_of_the_protocol_page_runs_as_it_stands_there(hall, clerk):
    page = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    assert "1883" in example
    waiting = take(clerk, "withdrawal")
    ran = subprocess.run(
        [sys.executable, "-I", "-c", example.replace("1883", str(hall.port))],
        capture_output=True,
        text=True,
        timeout=20,
        check=True,
    )
    assert "'type': 'WindowOpened'" in ran.stdout
    assert "'type': 'TicketCalled'" in ran.stdout
    assert waiting["number"] in ran.stdout
    assert ran.stderr == ""
    clerk.done("finish", window=2, outcome="done")


def test_an_answer_carries_the_very_bytes_of_its_facts(clerk):
    asked = [
        clerk.ask_bytes("sit", window=4, clerk="018"),
        clerk.ask_bytes("take_ticket", service="loan", lane="normal", via="phone"),
        clerk.ask_bytes("call_next", window=4),
        clerk.ask_bytes("finish", window=4, outcome="done"),
    ]
    for answer in asked:
        for fact in json.loads(answer)["facts"]:
            told = clerk.until(lambda n=fact["n"]: [one for one in clerk.facts if one.said["n"] == n], 5)[0]
            assert told.topic == f"{ROOT}/hub/fact/{fact['type']}"
            assert told.payload in answer
            assert not told.retained


def test_a_killed_hub_is_lost_for_everybody_and_back_in_the_next_epoch(hall, clerk):
    before = clerk.until(lambda: clerk.on("hub/$state"), 5)[-1]
    assert before.said["state"] == "ready"
    assert set(before.said) == {"state", "epoch", "boot", "kind"}
    hall.kill("hub")
    clerk.until(lambda: clerk.on("hub/$state")[-1].said["state"] == "lost", 3)
    lost = clerk.on("hub/$state")[-1].said
    assert (lost["epoch"], lost["boot"]) == (before.said["epoch"], before.said["boot"])
    clerk.until(lambda: clerk.on("hub/$state")[-1].said["state"] == "ready", 5)
    after = clerk.on("hub/$state")[-1].said
    assert after["epoch"] > before.said["epoch"]
    assert after["boot"] != before.said["boot"]


def test_a_bare_client_votes_on_a_pads_own_topics(hall, clerk):
    with Bare(hall.port, "pad-3", f"{ROOT}/pad-3/down/#", f"{ROOT}/hub/fact/#") as pad:
        outbox, counted = f"bare-{uuid.uuid4()}", iter(range(1, 100))

        def event(type_, seq=None, **fields):
            base = {
                "outbox": outbox,
                "seq": seq or next(counted),
                "boot": "bare-1",
                "mono_ms": 1000,
                "at": "2026-11-20T09:00:00+08:00",
                "clock_ok": False,
            }
            pad.say("up/event", {**base, "type": type_, **fields})

        def receipted(upto):
            pad.until(
                lambda: {"outbox": outbox, "upto": upto} in [one.said for one in pad.on("down/receipt")], 5
            )

        def rejected(seqs):
            def said():
                return [one.said for one in pad.on("hub/fact/EventRejected") if one.said["outbox"] == outbox]

            pad.until(lambda: {fact["seq"] for fact in said()} >= seqs, 5)
            assert sorted(fact["seq"] for fact in said()) == sorted(seqs)
            return said()

        clerk.done("sit", window=3, clerk="027")
        mine = take(clerk, "account")
        clerk.done("call_ticket", window=3, ticket=mine["ticket"])
        clerk.done("finish", window=3, outcome="done")
        want = pad.until(
            lambda: [w for w in pad.on("down/want/rating") if w.said["ticket"] == mine["ticket"]], 5
        )
        step = want[-1].said["step"]
        assert step == 1
        assert want[-1].said["until"] is not None

        vote = {"ticket": mine["ticket"], "window": 3, "step": step, "grade": 4}
        for _ in range(3):
            event("rated", seq=1, **vote)
        receipted(1)
        rated = pad.until(lambda: pad.on("hub/fact/TicketRated"), 5)
        assert set(rated[0].said) == STEP | {"grade"}
        assert (rated[0].said["ticket"], rated[0].said["grade"]) == (mine["ticket"], 4)
        next(counted)

        # What cannot be used is said to everybody once, and receipted so that the device can go on.
        event("rated", ticket=mine["ticket"], window=3, step=1, grade=9)
        receipted(2)
        mark = pad.mark
        event("rated", seq=4, **vote | {"step": 77})
        event("rated", seq=5, **vote | {"step": 78})

        def said_since():
            told = [one.said for one in pad.on("down/receipt", mark)]
            return [one["upto"] for one in told if one["outbox"] == outbox]

        pad.until(said_since, 5)  # the hub has looked, and receipts nothing above the gap
        assert set(said_since()) == {2}
        event("dance", seq=3)
        receipted(5)
        event("printed", seq=6, ticket=mine["ticket"], copy=1)  # a pad prints nothing
        receipted(6)
        said = rejected({2, 3, 4, 5, 6})
        assert [fact["seq"] for fact in said] == [2, 3, 4, 5, 6]  # what a device says counts in its order
        assert all(fact["member"] == "pad-3" and fact["code"] and fact["text"]["zh"] for fact in said)
        assert len(pad.on("hub/fact/TicketRated")) == 1

        # The same outbox under another name moves nothing.
        with Bare(hall.port, "pad-4", f"{ROOT}/pad-4/down/receipt") as thief:
            body = {"outbox": outbox, "seq": 7, "boot": "b", "mono_ms": 1, "at": "2026-11-20T09:00:00+08:00"}
            thief.say("up/event", {**body, "clock_ok": False, "type": "rated", **vote, "window": 4})
            assert thief.refused("call_next", window=4) == "not-allowed"
            assert not [one for one in thief.heard if outbox in one.payload.decode()]


def test_eight_clients_at_once_two_hundred_asks_no_number_and_no_person_twice(hall, ear, clerk):
    for window, who in enumerate(("018", "023", "027", "011", "014", "031"), start=1):
        clerk.done("sit", window=window, clerk=who)
    mark = ear.mark
    gate, results, trouble = threading.Barrier(8), [], []
    services = ("withdrawal", "account", "enquiry", "loan", "settlement", "employer")

    def work(place):
        try:
            with Bare(hall.port, f"console-{place}") as one:
                gate.wait(10)
                for turn in range(25):
                    if place > 6 or turn % 2 == 0:
                        ask = "take_ticket"
                        said = one.ask(
                            ask, service=services[(place + turn) % 6], lane="normal", via="dispenser"
                        )
                    elif turn % 4 == 1:
                        ask = "call_next"
                        said = one.ask(ask, window=place)
                    else:
                        ask = "finish"
                        said = one.ask(ask, window=place, outcome="done")
                    results.append((ask, said))
        except (AssertionError, OSError, KeyError) as error:
            trouble.append(error)

    threads = [threading.Thread(target=work, args=(place,)) for place in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert trouble == []
    assert len(results) == 200
    issued = [answer["facts"][0] for ask, answer in results if ask == "take_ticket"]
    called = [answer["facts"][0] for ask, answer in results if ask == "call_next" and answer["ok"]]
    assert len(issued) == 6 * 13 + 2 * 25
    assert len(called) > 20
    assert {answer["code"] for _, answer in results if not answer["ok"]} <= {"nobody-waiting", "not-called"}
    assert [n for n, count in Counter(fact["number"] for fact in issued).items() if count > 1] == []
    assert [t for t, count in Counter(fact["ticket"] for fact in called).items() if count > 1] == []
    for letter in {fact["number"][0] for fact in issued}:
        counts = sorted(int(fact["number"][1:]) for fact in issued if fact["number"][0] == letter)
        assert counts == list(range(counts[0], counts[0] + len(counts))), letter

    top = max(fact["n"] for fact in (*issued, *called))
    ear.until(lambda: any(one.said["n"] >= top for one in ear.facts), 5)
    ns = [one.said["n"] for one in ear.heard[mark:] if "/hub/fact/" in one.topic]
    assert ns == list(range(ns[0], ns[0] + len(ns)))  # in order, without gaps, nothing twice
    ear.until(lambda: ear.on("hub/board")[-1].said["n"] >= top, 2)
    at = [datetime.fromisoformat(one.said["at"]).timestamp() for one in ear.on("hub/board", mark)]
    assert len(at) > 2
    assert all(sixth - first >= 0.95 for first, sixth in zip(at, at[5:], strict=False)), at
    for window in range(1, 7):
        clerk.ask("finish", window=window, outcome="done")


def test_every_message_of_these_stories_is_as_the_document_says(hall, ear, clerk):
    judge = Judge()
    ours = re.compile(rf"{ROOT}/(console-.*|stranger|hub|sign-1|pad-\d)/up/(ask|event)")
    wild = [
        one for one in ear.heard if not ours.fullmatch(one.topic)
    ]  # what we said wrong, we said on purpose
    assert len(wild) > 100
    assert judge.faults(wild) == []
    assert [fault for one in ear.on("down/answer") for fault in judge.faults_within(one.said)] == []
    seen = {}
    for one in ear.facts:
        assert seen.setdefault(one.said["n"], one.payload) == one.payload  # told again: the same bytes
    assert hall.tracebacks() == []
