"""The judge can say no: each wrong, planted into evidence in which everything is right, is found by the rule that is there for it."""

import ast
import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from uuid import UUID

import pytest
from PIL import Image, ImageDraw

from sim.chaos.checker import RULES, check
from sim.chaos.evidence import Asked, Paper, Row, _jobs, is_marked
from sim.chaos.monkey import CLOCKED, IN_THE_CRADLE, TARGETS, Turns, clock_environment, troubles

from .conftest import DAY, H001, digits, dots


def rules(evidence):
    return {finding.rule for finding in check(evidence).findings}


def test_where_everything_is_right_the_judge_says_nothing_and_has_compared_everything(evidence):
    verdict = check(evidence)
    assert verdict.findings == ()
    assert {rule for rule, n in verdict.compared.items() if n == 0} == {"nothing_rejected"}


def lost_fact(c):
    del c.evidence.rows[7]


def number_twice(c):
    c.add("TicketIssued", ask="t3", ticket="t3", number="A001", via="desk")


def issued_twice(c):
    c.add("TicketIssued", cause="box/9", ticket="t1", number="A003", via="dispenser", offline=True)


def ask_twice(c):
    c.add("TicketCalled", ask="c2", ticket="t2", number="A9001", window=1, round=2, step=1)


def event_twice(c):
    c.add("TicketPrinted", cause="box/2", ticket="t1", number="A001", copy=2)


def answer_lost(c):
    row = c.evidence.rows[13]
    c.evidence.rows[13] = Row(row.n, row.body.replace("A9001", "A9002"), row.cause, row.ask, row.day)


def never_answered(c):
    c.evidence.record.append({"what": "ask", "t": 1.0, "id": "lost", "type": "sit"})


def answer_in_the_crowd_lost(c):
    c.fact(20, number="K002")


def never_answered_in_the_crowd(c):
    c.evidence.asked.append(Asked("lost", "sit", None))


def answered_in_other_words(c):
    c.evidence.contradicted.append(("c3", '{"id":"c3","ok":true,"facts":[]}'))


def event_lost(c):
    del c.evidence.settled["box11", 1]


def event_changed(c):
    c.fact(22, grade=1)


def event_without_a_fact(c):
    c.fact(22, type="DeviceStateChanged")


def lent_number_changed(c):
    c.fact(18, number="K9002")


def event_from_nowhere(c):
    c.evidence.settled["box11", 9] = "ok"


def two_windows(c):
    c.add("TicketCalled", ask="c9", ticket="t2", number="A9001", window=2, round=1, step=1)


def two_tickets(c):
    c.add("TicketCalled", ask="c9", ticket="t1", number="A001", window=1, round=1, step=2)


def rejected(c):
    c.add("EventRejected", cause="box/12", member="dispenser-1", seq=12, code="ticket-known")


def no_paper(c):
    del c.evidence.papers[0]


def paper_not_known(c):
    c.fact(8, type="DeviceStateChanged")


def strange_paper(c):
    c.evidence.papers.append(Paper("9.png", [("A777", DAY)]))


def void_paper(c):
    c.add("TicketCancelled", ticket="t2", number="A9001", reason="withdrawn")


def two_plain_papers(c):
    c.evidence.papers[2] = Paper("3.png", [("A9001", DAY)])


def press_lost(c):
    c.evidence.record.append({"what": "press", "t": 1795424460.0, "letter": "A"})


def ticket_from_nowhere(c):
    c.evidence.record[:] = [line for line in c.evidence.record if line["what"] != "press"]


def wrong_grade(c):
    c.fact(13, grade=4)


def wrong_step(c):
    c.fact(13, ticket="t2", number="A9001")


def rated_twice(c):
    c.add("TicketRated", cause="pad/2", ticket="t1", number="A001", window=2, step=1, grade=3)


def vote_lost(c):
    c.fact(13, type="DeviceStateChanged")


def member_lost(c):
    c.evidence.rest["retained"]["pad-1/$state"] = {"state": "lost"}


def sign_told_wrong(c):
    c.evidence.rest["retained"]["sign-1/down/want/display"]["number"] = "A001"


def sign_says_older(c):
    c.evidence.rest["retained"]["sign-1/up/have/display"] = {"rev": "older"}


def sign_shows_wrong_number(c):
    c.evidence.rest["panels"]["sign-1"] = [dots("A9007 请到本窗口")]


def sign_shows_two_numbers(c):
    c.evidence.rest["panels"]["sign-1"].append(dots("正在办理 A001"))


def sign_is_dark(c):
    c.evidence.rest["panels"]["sign-1"] = [["." * 128] * 16]


def paused_sign_calls(c):
    c.evidence.rest["panels"]["sign-3"] = [dots("A001 请到本窗口")]


def pad_stays_lit(c):
    c.evidence.rest["lamps"]["pad-1"]["2"] = 1.0


def pressed_by_nobody(c):
    c.evidence.record[:] = [line for line in c.evidence.record if line["what"] != "key"]


def one_press_did_two_things(c):
    c.add("TicketMissed", ask="k2", by="call-key-4", ticket="t7", number="H001", window=4)
    c.add("TicketCalled", ask="k3", by="call-key-4", ticket="t2", number="A9001", window=4, round=2)


def key_press_lost(c):
    press = {"what": "key", "t": 1795424520.0, "member": "call-key-4", "press": 2, "key": "next"}
    said = {"what": "key-said", "t": 1795424526.0, "press": 2, "texts": ["H001.   0", "____", "H001.   1"]}
    c.evidence.record += [{**press, "stood": "H001.   0"}, said]


def key_told_wrong(c):
    c.evidence.rest["retained"]["call-key-4/down/want/counter"]["state"] = "idle"


def key_says_older(c):
    c.evidence.rest["retained"]["call-key-4/up/have/counter"] = {"rev": "older"}


def key_shows_another_number(c):
    c.evidence.rest["digits"]["call-key-4"] = digits("H010.", H001[1])


def key_shows_no_dot(c):
    c.evidence.rest["digits"]["call-key-4"] = digits("H001", H001[1])


def key_is_dark(c):
    c.evidence.rest["digits"]["call-key-4"] = ["." * 8] * 8


def unrest(c):
    c.evidence.rest["unrest"] = "not ready: hub"


@pytest.mark.parametrize(
    ("wrong", "rule"),
    [
        (lost_fact, "contiguous"),
        (number_twice, "number_once"),
        (issued_twice, "number_once"),
        (ask_twice, "done_once"),
        (event_twice, "done_once"),
        (answer_lost, "answers_kept"),
        (never_answered, "answers_kept"),
        (answer_in_the_crowd_lost, "answers_kept"),
        (never_answered_in_the_crowd, "answers_kept"),
        (answered_in_other_words, "answers_kept"),
        (event_lost, "events_kept"),
        (event_changed, "events_kept"),
        (event_without_a_fact, "events_kept"),
        (lent_number_changed, "events_kept"),
        (event_from_nowhere, "events_kept"),
        (two_windows, "one_window"),
        (two_tickets, "one_window"),
        (rejected, "nothing_rejected"),
        (no_paper, "paper_for_everybody"),
        (paper_not_known, "paper_for_everybody"),
        (strange_paper, "paper_is_true"),
        (void_paper, "paper_is_true"),
        (two_plain_papers, "second_paper_is_marked"),
        (press_lost, "press_has_ticket"),
        (ticket_from_nowhere, "press_has_ticket"),
        (wrong_grade, "votes_are_true"),
        (wrong_step, "votes_are_true"),
        (rated_twice, "votes_are_true"),
        (vote_lost, "thanked_is_kept"),
        (member_lost, "all_ready"),
        (sign_told_wrong, "signs_are_true"),
        (sign_says_older, "signs_are_true"),
        (sign_shows_wrong_number, "signs_are_true"),
        (sign_shows_two_numbers, "signs_are_true"),
        (sign_is_dark, "signs_are_true"),
        (paused_sign_calls, "signs_are_true"),
        (pad_stays_lit, "pads_are_true"),
        (pressed_by_nobody, "key_pressed_once"),
        (one_press_did_two_things, "key_pressed_once"),
        (key_press_lost, "key_is_answered"),
        (key_told_wrong, "digits_are_true"),
        (key_says_older, "digits_are_true"),
        (key_shows_another_number, "digits_are_true"),
        (key_shows_no_dot, "digits_are_true"),
        (key_is_dark, "digits_are_true"),
        (unrest, "came_to_rest"),
    ],
)
def test_each_wrong_is_found_by_its_rule(changed, wrong, rule):
    wrong(changed)
    assert rule in rules(changed.evidence)


def test_every_rule_has_a_wrong_of_its_own():
    marks = test_each_wrong_is_found_by_its_rule.pytestmark
    assert {rule for _, rule in marks[0].args[1]} == set(RULES)


def test_a_press_on_a_dispenser_that_was_just_killed_is_not_counted(changed):
    press_lost(changed)
    hit = {
        "what": "fault",
        "kind": "kill",
        "target": "dispenser-1",
        "t": 1795424459.0,
        "lasts": 0.0,
        "jump": 0,
    }
    changed.evidence.record += [hit, {"what": "up", "t": 1795424461.0, "member": "dispenser-1"}]
    assert rules(changed.evidence) == set()


@pytest.mark.parametrize(
    "hit", [{"kind": "kill", "lasts": 0.0}, {"kind": "freeze", "lasts": 2.0}], ids=lambda hit: hit["kind"]
)
def test_a_press_on_a_call_key_that_was_just_hit_is_not_counted(changed, hit):
    key_press_lost(changed)
    fault = {"what": "fault", "target": "call-key-4", "t": 1795424519.0, "jump": 0, **hit}
    changed.evidence.record += [fault, {"what": "up", "t": 1795424522.0, "member": "call-key-4"}]
    assert rules(changed.evidence) == set()


def test_what_was_done_is_the_press_of_its_own_ask_and_not_one_before_that_was_lost(changed):
    for number, at in ((2, 1795424520.0), (3, 1795424523.0)):
        press = {"what": "key", "t": at, "member": "call-key-4", "press": number, "key": "recall"}
        said = {"what": "key-said", "t": at + 6, "press": number, "texts": ["H001.   0", "____", "H001.   1"]}
        changed.evidence.record += [{**press, "stood": "H001.   0"}, said]
    # the first of them while its program was gone, the second while nobody touched it
    kill = {
        "what": "fault",
        "target": "call-key-4",
        "t": 1795424519.0,
        "jump": 0,
        "kind": "kill",
        "lasts": 0.0,
    }
    changed.evidence.record += [kill, {"what": "up", "t": 1795424521.0, "member": "call-key-4"}]
    assert rules(changed.evidence) == {"key_is_answered"}
    asked = str(UUID(int=int(1795424523.2 * 1000) << 80 | 7 << 76 | 2 << 62))
    changed.add("TicketCalled", ask=asked, by="call-key-4", ticket="t7", number="H001", window=4, round=2)
    assert rules(changed.evidence) == set()


def test_a_press_that_the_digits_refuse_is_answered(changed):
    key_press_lost(changed)
    changed.evidence.record[-1]["texts"].append("nonE")
    assert rules(changed.evidence) == set()


def test_a_press_while_the_digits_say_that_there_is_no_hub_is_not_counted(changed):
    key_press_lost(changed)
    changed.evidence.record[-2]["stood"] = "0FFL1nE"
    changed.evidence.record[-1]["texts"] = ["0FFL1nE"]
    assert rules(changed.evidence) == set()


def test_a_ticket_whose_ask_was_taken_back_needs_no_paper_unless_its_number_was_given_offline(changed):
    changed.evidence.withdrawn.add("t1")
    del changed.evidence.papers[0]
    assert rules(changed.evidence) == set()
    del changed.evidence.papers[:]
    assert rules(changed.evidence) == {"paper_for_everybody"}


def test_a_paper_that_still_waits_is_not_lost(changed):
    del changed.evidence.papers[0]
    changed.evidence.waiting_papers.add("t1")
    assert rules(changed.evidence) == set()


def without_paper(c, ticket, number):
    c.evidence.papers = [p for p in c.evidence.papers if (number, DAY) not in p.tickets]
    c.evidence.rows = [
        r for r in c.evidence.rows if not ("TicketPrinted" in r.body and f'"{ticket}"' in r.body)
    ]
    c.evidence.rows = [
        Row(n, json.dumps(json.loads(r.body) | {"n": n}), r.cause, r.ask, r.day, r.member)
        for n, r in enumerate(c.evidence.rows, 1)
    ]


@pytest.mark.parametrize(("ticket", "number", "enough"), [("t7", "H001", True), ("t1", "A001", False)])
def test_that_no_paper_comes_may_be_told_of_one_that_the_desk_ordered_and_of_no_other(
    changed, ticket, number, enough
):
    without_paper(changed, ticket, number)
    assert "paper_for_everybody" in rules(changed.evidence)
    changed.add("PrintFailed", ticket=ticket, number=number, member="dispenser-1", code="no-answer")
    assert ("paper_for_everybody" in rules(changed.evidence)) is not enough


def test_a_failed_paper_of_a_ticket_that_is_not_in_the_journal_does_not_end_the_judging(changed):
    changed.evidence.papers = []
    changed.add("PrintFailed", ticket="t99", number="A099", member="dispenser-1", code="no-answer")
    assert "paper_for_everybody" in rules(changed.evidence)


def test_what_others_ordered_does_not_wait_because_it_stands_on_the_card(tmp_path):
    with closing(sqlite3.connect(tmp_path / "a.card")) as card, card:
        card.execute("create table card (key text, value blob)")
        for ticket, command in (("t1", False), ("t2", True)):
            job = json.dumps({"issued": {"ticket": ticket}, "command": command})
            card.execute("insert into card values (?, ?)", (f"job/{ticket}", job))
    assert _jobs(tmp_path / "a.card") == {"t1"}


@pytest.mark.parametrize("begun_before", [0, 119, 700])
@pytest.mark.parametrize(
    ("stands_beside", "mark"),
    [
        (lambda draw, y: draw.rectangle((488, 260 + y, 609, 351 + y), fill="black"), True),
        (lambda draw, y: draw.rectangle((488, 260 + y, 609, 351 + y), outline="black", width=4), False),
        (lambda _draw, _y: None, False),
    ],
)
def test_a_mark_is_seen_below_what_a_killed_dispenser_began_and_no_banner_is_taken_for_one(
    tmp_path, stands_beside, mark, begun_before
):
    paper = Image.new("RGB", (672, 1334), "#fcfcf7")
    draw, y = ImageDraw.Draw(paper), begun_before
    for left in range(65, 460, 90):
        draw.rectangle((left, 240 + y, left + 30, 370 + y), fill="black")
    draw.rectangle((55, 460 + y, 615, 540 + y), fill="black")
    for left in range(120, 490, 12):  # its words end where a box would begin
        draw.rectangle((left, 470 + y, left + 4, 500 + y), fill="white")
    stands_beside(draw, y)
    paper.save(tmp_path / "paper.png")
    assert is_marked(tmp_path / "paper.png") is mark


@pytest.mark.parametrize("file", ["case.py", "checker.py", "evidence.py", "key_rules.py"])
def test_the_judge_shares_no_code_with_what_it_judges(source, file):
    tree = ast.parse((source / file).read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    ours = {name for name in names if name.split(".")[0] in {"hall", "hub", "devices", "sim", "deploy"}}
    assert ours <= {"sim.chaos.case", "sim.chaos.evidence", "sim.chaos.key_rules"}


# --- what breaks is drawn from the seed


def test_the_same_seed_breaks_the_same_things_at_the_same_times():
    drawn = [troubles(7, 60, 80, disk=True, clocks=CLOCKED) for _ in range(2)]
    assert drawn[0] == drawn[1]
    assert drawn[0] != troubles(8, 60, 80, disk=True, clocks=CLOCKED)
    assert sum(trouble.kind == "kill" for trouble in drawn[0]) == 80
    assert all(0 <= trouble.at < 60 and trouble.target in TARGETS for trouble in drawn[0])


def test_what_a_machine_cannot_do_is_left_out():
    kinds = {trouble.kind for trouble in troubles(7, 600, 10, disk=False, clocks=())}
    assert not kinds & {"disk-full", "clock"}
    assert kinds >= {"freeze", "cut", "slow", "lossy", "duplicating", "reordering", "break-off"}


WHO = {"broker": 1, "hub": 1, "pad": 1}


def whom(turns, due, *, dead):
    living = [name for name in WHO if name != dead]
    return turns.whom(due, living=living, up=set(living))


@pytest.mark.parametrize("due", WHO)
def test_who_is_up_is_killed_when_due(due):
    assert {Turns(WHO, seed).whom(due, living=list(WHO), up=set(WHO)) for seed in range(50)} == {due}


@pytest.mark.parametrize("seed", range(10))
def test_whoever_was_spared_has_their_turn_before_anybody_is_drawn_instead(seed):
    turns = Turns(WHO, seed)
    turns.whom("hub", living=list(WHO), up=set(WHO))
    turns.whom("pad", living=list(WHO), up=set(WHO))
    assert whom(turns, "broker", dead="broker") in {"hub", "pad"}
    assert whom(turns, "pad", dead="pad") == "broker"


def test_who_was_killed_once_is_owed_no_turn():
    drawn = set()
    for seed in range(50):
        turns = Turns(WHO, seed)
        for name in WHO:
            turns.whom(name, living=list(WHO), up=set(WHO))
        whom(turns, "broker", dead="broker")
        drawn.add(whom(turns, "hub", dead="hub"))
    assert drawn == {"broker", "pad"}


def test_who_is_just_being_born_is_hit_one_time_in_five_and_all_the_same_where_nobody_else_is():
    born = [Turns(WHO, seed).whom("hub", living=list(WHO), up={"broker", "pad"}) for seed in range(1000)]
    assert born.count("hub") == pytest.approx(1000 * IN_THE_CRADLE, abs=50)
    nobody_up = {Turns(WHO, seed).whom("hub", living=["broker"], up=set()) for seed in range(50)}
    assert nobody_up == {"broker"}


def test_a_clock_jumps_while_its_process_runs_and_the_monotonic_clock_stays_true(tmp_path):
    clock = tmp_path / "clock"
    clock.write_text("+0\n", encoding="ascii")
    program = (
        "import pathlib, sys, time\n"
        "a, m = time.time(), time.monotonic()\n"
        "pathlib.Path(sys.argv[1]).write_text('-86400\\n')\n"
        "print(time.time() - a, time.monotonic() - m)\n"
    )
    said = subprocess.run(
        [sys.executable, "-c", program, str(clock)],
        env=clock_environment(clock),
        capture_output=True,
        check=True,
        timeout=60,
        encoding="ascii",
    ).stdout.split()
    assert -86401 < float(said[0]) < -86300
    assert 0 <= float(said[1]) < 60
