"""Whatever is killed or frozen in a running hall comes back, and nothing that was promised is lost or given twice."""

import json
import logging
import random
import signal
import sqlite3
import threading
import time
import uuid
from collections import Counter
from contextlib import closing, suppress
from pathlib import Path

import msgspec
import pytest
from PIL import Image

from sim.people import eyes
from sim.twin.world_client import WorldClient
from sim.twin.world_plan import WorldPlan
from sim.twin.world_talk import SlipEvent
from tests.patience import in_time

from .bare import ROOT, Bare, Judge
from .outside import alive, demo, free_port, wait_until

pytestmark = pytest.mark.processes

#: A new life begins within this time, whoever it is.
REBORN_S = 1.0

log = logging.getLogger(__name__)  # what was measured: pytest --log-cli-level=info


@pytest.fixture(scope="module")
def hall(tmp_path_factory):
    with demo(tmp_path_factory.mktemp("restarts") / "hall", options=("--web-port", free_port())) as hall:
        hall.ready()
        yield hall


@pytest.fixture(scope="module")
def ear(hall):
    """Hears everything from now on."""
    with Bare(hall.port, "console-ear", f"{ROOT}/#") as ear:
        yield ear


@pytest.fixture
def clerk(hall, ear):
    with Bare(hall.port, "console-clerk", f"{ROOT}/hub/#", f"{ROOT}/+/$state") as clerk:
        yield clerk


@pytest.fixture(scope="module")
def world(hall):
    plan = msgspec.json.decode((hall.state / "world.json").read_bytes(), type=WorldPlan)
    with WorldClient(plan.control, timeout_s=10) as client:
        yield client


def served_at(clerk, window, service, who):
    """Somebody is being served at the window; the ticket."""
    if clerk.ask("sit", window=window, clerk=who).get("code") == "already-seated":
        clerk.ask("finish", window=window, outcome="done")
    mine = clerk.done("take_ticket", service=service, lane="normal", via="dispenser")["ticket"]
    clerk.done("call_ticket", window=window, ticket=mine)
    clerk.done("start", window=window)
    return mine


def killed(hall, name):
    """Kill it; its next life must begin in time."""
    old = hall.kill(name)
    took = hall.reborn(name, old, REBORN_S)
    log.info("%s: another life after %.2f s", name, took)
    return took


def last(heard):
    return heard[-1].said if heard else None


def test_a_killed_hub_answers_again_within_three_seconds(hall, clerk):
    clerk.done("sit", window=1, clerk="018")
    taken = clerk.done("take_ticket", service="enquiry", lane="normal", via="dispenser")
    began = time.monotonic()
    killed(hall, "hub")
    called = clerk.done("call_next", window=1, every=0.1)
    log.info("hub: answers %.2f s after the kill", time.monotonic() - began)
    assert in_time(began, 3)
    assert called["ticket"] == taken["ticket"]
    clerk.done("finish", window=1, outcome="done")


def test_a_killed_broker_is_back_and_so_is_everybody_within_six_seconds(hall, clerk):
    clerk.done("sit", window=6, clerk="031")
    began = time.monotonic()
    killed(hall, "broker")
    hall.all_ready(clerk, 6, since=time.monotonic())  # what the old broker had told does not count
    log.info("broker: all ready %.2f s after the kill", time.monotonic() - began)
    board = clerk.until(lambda: [b for b in clerk.on("hub/board") if b.at > began], 3)[-1].said
    assert {w["window"]: w["clerk"] for w in board["windows"]}[6] == "031"
    clerk.done("leave", window=6)


@pytest.mark.long
def test_a_killed_world_has_the_same_hands_again(hall, ear, clerk, world):
    killed(hall, "world")
    # a new world's lamps are dark until the dispenser has hands there
    wait_until(lambda: world.look("dispenser-1").lamps["loan"] > 0, 30, "a lit key")
    with world.events() as events:
        world.press("dispenser-1", "loan")
        slip = events.wait_for(SlipEvent, "dispenser-1", timeout_s=10).slip
    assert slip.length_mm > 80
    hall.all_ready(ear, 10)  # a sound that was cut off is a fault until the next one


def test_a_killed_dispenser_gives_numbers_again(hall, ear, clerk, world):
    state = f"{ROOT}/dispenser-1/$state"
    before = last(ear.on(state))
    began = time.monotonic()
    killed(hall, "dispenser-1")
    ear.until(
        lambda: last(ear.on(state))["epoch"] > before["epoch"] and last(ear.on(state))["state"] == "ready"
    )
    log.info("dispenser-1: ready %.2f s after the kill", time.monotonic() - began)
    mark = ear.mark
    with world.events() as events:
        world.press("dispenser-1", "settlement")
        events.wait_for(SlipEvent, "dispenser-1", timeout_s=10)
    printed = ear.until(lambda: ear.on("hub/fact/TicketPrinted", mark), 5)
    issued = ear.on("hub/fact/TicketIssued", mark)
    assert [one.said["ticket"] for one in printed] == [one.said["ticket"] for one in issued]
    assert issued[0].said["number"].startswith("C0")


@pytest.mark.long
def test_a_killed_sign_shows_what_became_true_meanwhile(hall, ear, clerk, world):
    served_at(clerk, 2, "withdrawal", "023")
    converged(ear, "sign-2", "serving")
    before = world.look("sign-2").panel
    assert any("#" in row for row in before.rows)
    pid = hall.kill("sign-2")
    clerk.done("finish", window=2, outcome="done")
    hall.reborn("sign-2", pid, REBORN_S)
    converged(ear, "sign-2", "rate")
    wait_until(lambda: world.look("sign-2").panel.rows != before.rows, 5, "another picture")
    assert any("#" in row for row in world.dots("sign-2"))


def converged(ear, member, mode):
    """Wait until the sign says that it shows what is wanted, and that this is `mode`."""

    def true():
        want, have = last(ear.on(f"{member}/down/want/display")), last(ear.on(f"{member}/up/have/display"))
        return want is not None and have is not None and want["mode"] == mode and have["rev"] == want["rev"]

    ear.until(true, 8, f"{mode} on {member}")


@pytest.mark.long
def test_a_killed_pad_asks_and_takes_the_vote(hall, ear, clerk, world):
    mine = served_at(clerk, 3, "account", "027")
    pid = hall.kill("pad-3")
    clerk.done("finish", window=3, outcome="done")
    hall.reborn("pad-3", pid, REBORN_S)
    wait_until(lambda: sum(world.lamps("pad-3").values()) > 0, 8, "lit keys")
    world.press("pad-3", "3")
    rated = ear.until(lambda: [r for r in ear.on("hub/fact/TicketRated") if r.said["ticket"] == mine], 5)
    assert [one.said["grade"] for one in rated] == [3]


@pytest.mark.long
def test_a_killed_speaker_speaks_again(hall, clerk, world):
    clerk.done("sit", window=4, clerk="011")
    mine = clerk.done("take_ticket", service="loan", lane="normal", via="dispenser")["ticket"]
    killed(hall, "speaker-1")
    clerk.done("call_ticket", window=4, ticket=mine)
    wait_until(lambda: players_of(hall.pids["speaker-1"]) and heard(world), 10, "a sound of the new speaker")
    clerk.done("finish", window=4, outcome="done")


def players_of(speaker):
    """Players that this very process has started."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            before, _, after = stat.read_text(encoding="utf-8").rpartition(")")
            if before.endswith("(aplay") and int(after.split()[1]) == speaker:
                found.append(before)
    return found


def heard(world):
    return world.look("speaker-1").speaker.playing


@pytest.mark.long
def test_whoever_dies_at_once_again_is_still_back_within_a_second(hall, clerk):
    for _ in range(3):
        killed(hall, "sign-4")
        killed(hall, "hub")
    clerk.done("pause", window=4, reason="午休", within=5)
    clerk.done("leave", window=4)


@pytest.mark.long
def test_everybody_at_once_comes_back_and_nothing_is_forgotten(hall, clerk):
    clerk.done("sit", window=5, clerk="014")
    mine = clerk.done("take_ticket", service="loan", lane="priority", via="dispenser")
    began, pids = time.monotonic(), hall.pids
    for name in pids:
        hall.kill(name)
    hall.reborn("broker", pids["broker"])
    since = time.monotonic()
    for name, pid in pids.items():
        hall.reborn(name, pid)
    assert in_time(began, REBORN_S + 0.5)  # seventeen at once
    log.info("all: other lives after %.2f s", time.monotonic() - began)
    hall.all_ready(clerk, 12, since=since)
    log.info("all: ready %.2f s after the kill", time.monotonic() - began)
    assert clerk.done("call_next", window=5)["ticket"] == mine["ticket"]
    clerk.done("finish", window=5, outcome="done")


@pytest.mark.long
def test_processes_json_is_never_half_written(hall):
    torn, done = [], threading.Event()
    names, seen = set(hall.pids), set()

    def read():
        while not done.is_set():
            try:
                found = hall.pids
            except (OSError, ValueError) as error:
                torn.append(error)
            else:
                seen.add(tuple(found.values()))
                if not set(found) <= names:
                    torn.append(found)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        wait_until(lambda: seen, 5, "a first look")
        for name in ("pad-5", "pad-6", "sign-5", "sign-6"):
            hall.reborn(name, hall.kill(name))
            now = tuple(hall.pids.values())
            wait_until(lambda now=now: now in seen, 5, "a look at the new life")
    finally:
        done.set()
        reader.join()
    assert torn == []
    assert all(alive(pid) for pid in hall.pids.values())


def number_on(slip):
    """The number that a machine reads from the paper: its code may be a link, which does not say it."""
    with Image.open(slip.png) as paper:
        return eyes.number(paper.convert("L"))


@pytest.mark.parametrize(("name", "key", "letter"), [("hub", "account", "E"), ("broker", "employer", "D")])
def test_frozen_the_paper_carries_a_lent_number_and_afterwards_all_agree(
    hall, ear, clerk, world, name, key, letter
):
    hall.all_ready(ear, 10)
    ear.until(lambda: last(ear.on("dispenser-1/up/have/numbers")), 5)
    mark = ear.mark
    hall.kill(name, signal.SIGSTOP)
    try:
        with world.events() as events:
            began = time.monotonic()
            world.press("dispenser-1", key)
            slip = events.wait_for(SlipEvent, "dispenser-1", timeout_s=12).slip
            log.info("%s frozen: paper %.2f s after the press", name, time.monotonic() - began)
        number = number_on(slip)
        assert number.startswith(f"{letter}9")
        if name == "hub":
            ask = {"id": str(uuid.uuid4()), "type": "take_ticket", "service": "account", "lane": "normal"}
            for _ in range(3):
                clerk.say("up/ask", ask | {"via": "dispenser"})
    finally:
        hall.kill(name, signal.SIGCONT)
    told = ear.until(
        lambda: [one.said for one in ear.on("hub/fact/TicketIssued", mark) if one.said["number"] == number],
        15,
    )
    assert told[0]["offline"] is True
    ear.until(
        lambda: [p for p in ear.on("hub/fact/TicketPrinted") if p.said["ticket"] == told[0]["ticket"]], 15
    )
    if name == "hub":
        answers = clerk.until(lambda: len(found := clerk.answers.get(ask["id"], [])) >= 3 and found, 5)
        assert len(set(answers)) == 1
    hall.all_ready(ear, 15)
    assert one_number_for_each_ticket(journal(hall)) == []


@pytest.mark.long
def test_an_answer_that_comes_just_too_late_gives_nobody_a_second_number(hall, ear, clerk, world):
    hall.all_ready(ear, 15)
    papers = []
    for after, service in ((1.95, "enquiry"), (2.1, "withdrawal")):
        mark = ear.mark
        hall.kill("hub", signal.SIGSTOP)
        try:
            with world.events() as events:
                world.press("dispenser-1", service)
                time.sleep(after)  # how late is what is tested
                hall.kill("hub", signal.SIGCONT)
                slip = events.wait_for(SlipEvent, "dispenser-1", timeout_s=12).slip
        finally:
            hall.kill("hub", signal.SIGCONT)
        papers.append(number_on(slip))
        ear.until(lambda mark=mark: ear.on("hub/fact/TicketPrinted", mark), 15)
    found = journal(hall)
    assert one_number_for_each_ticket(found) == []
    valid = numbers(found)
    assert len(set(papers)) == 2
    assert {valid[number]["printed"] for number in papers} == {1}


def journal(hall):
    """Every fact in the hub's store, oldest first, as somebody may read it beside the running hub."""
    with closing(sqlite3.connect(f"file:{hall.state / 'hub.db'}?mode=ro", uri=True, timeout=10)) as store:
        return store.execute("select n, ask, body from facts order by n").fetchall()


def numbers(rows):
    """Valid numbers of the day: ticket and papers of each."""
    number_of, printed = {}, Counter()
    for _, _, body in rows:
        fact = json.loads(body)
        if fact["type"] == "TicketIssued":
            number_of[fact["ticket"]] = fact["number"]
        elif fact["type"] == "TicketPrinted":
            printed[fact["ticket"]] += 1
    return {number: {"ticket": ticket, "printed": printed[ticket]} for ticket, number in number_of.items()}


def one_number_for_each_ticket(rows):
    """Numbers that two tickets ever had; empty when all is well."""
    owners = {}
    for _, _, body in rows:
        fact = json.loads(body)
        if fact["type"] == "TicketIssued":
            owners.setdefault(fact["number"], set()).add(fact["ticket"])
    return [(number, tickets) for number, tickets in owners.items() if len(tickets) > 1]


def test_a_hub_killed_again_and_again_between_commit_and_tell_acts_once_on_each_ask(hall, ear, clerk):
    """Eight people ask without a pause; whatever was accepted stays accepted, in the same words."""
    asked, trouble, stop = {}, [], threading.Event()
    hall.all_ready(ear, 15)
    first = journal(hall)[-1][0] + 1

    def work(place):
        turn = 0
        try:
            with Bare(hall.port, f"console-{place}") as one:
                while not stop.is_set():
                    turn += 1
                    ask = {
                        "service": "enquiry",
                        "lane": "normal",
                        "via": "dispenser",
                        "id_": f"loop-{place}-{turn}",
                    }
                    asked[ask["id_"]] = (place, ask, one.ask_bytes("take_ticket", within=20, **ask))
                for id_, (of, ask, first) in list(asked.items()):
                    if of == place:  # everything once more
                        again = one.ask_bytes("take_ticket", within=20, **ask)
                        if again != first:
                            trouble.append((id_, first, again))
                trouble.extend((id_, told) for id_, told in one.answers.items() if len(set(told)) != 1)
        except (AssertionError, OSError) as error:
            trouble.append(error)

    threads = [threading.Thread(target=work, args=(place,)) for place in range(8)]
    for thread in threads:
        thread.start()
    chance = random.Random(7)
    kills = 0
    try:
        for _ in range(3):
            done = len(asked)
            wait_until(lambda done=done: len(asked) > done + 8, 15, "work of the hub")
            time.sleep(chance.uniform(0, 0.05))  # any moment will do
            old = hall.kill("hub")
            kills += 1
            hall.reborn("hub", old, REBORN_S)
    finally:
        stop.set()
        for thread in threads:
            thread.join(60)
    assert trouble == []
    assert kills == 3
    rows = journal(hall)
    log.info("hub killed %s times under %s asks", kills, len(asked))
    assert [n for n, _, _ in rows] == list(range(1, len(rows) + 1))
    counted = Counter(ask for _, ask, _ in rows if ask)
    assert {id_: counted[id_] for id_ in asked} == dict.fromkeys(asked, 1)
    by_ask = {ask: body for _, ask, body in rows if ask}
    assert all(by_ask[id_] in answer for id_, (_, _, answer) in asked.items())
    assert one_number_for_each_ticket(rows) == []
    count = sorted(int(number[1:]) for number in numbers(rows) if number[0] == "F" and number[1] != "9")
    assert count == list(range(1, len(count) + 1))

    # Whoever listened heard each of these facts, each time in the same bytes, as they stand in the journal.
    told = {}
    ear.until(lambda: ear.facts and ear.facts[-1].said["n"] >= rows[-1][0], 5)
    for one in ear.facts:
        told.setdefault(one.said["n"], set()).add(one.payload)
    body_of = {n: body for n, _, body in rows if n >= first}
    assert {n: told.get(n) for n in body_of} == {n: {body} for n, body in body_of.items()}


def test_every_message_of_these_stories_is_as_the_document_says(hall, ear, clerk):
    heard = ear.heard
    assert len(heard) > 100
    assert Judge().faults(heard) == []
    assert hall.tracebacks(errors=False) == []  # a killed world is a real fault of the sound device
    for folder in ("cards", "."):
        assert [f.name for f in (hall.state / folder).iterdir() if ".broken" in f.name] == []
