"""A whole day of visitors: the same seed is the same day, nobody is lost, everything is kept, every word may be shown."""

import io
import json
import os
import re
import subprocess
import sys
import wave
from datetime import date

import msgspec
import pytest
from PIL import Image

from devices.parts.bitmap_font import font
from devices.window_sign.frames import Show
from devices.window_sign.wording import wording
from hall.messages import facts
from hall.messages.wants import Display, Have
from hall.plan import DayHours, HoursPlan
from hall.topics import Topics
from hall.wire import decode, decode_command
from sim.day import Day
from sim.fixtures import BusRecord
from sim.layout import Layout, demo_plan
from sim.people import eyes
from sim.twin.paper import NEAR_END, ROLL, PaperPrinter

VISITORS = 40
MONDAY = date(2026, 3, 2)
#: what others must never see of a person: why they go first
CARE = re.compile("老年|老人|残疾|孕|病|军人|elder|disab|pregnan|sick|milit", re.IGNORECASE)


def short_plan():
    """The example hall, open for an hour and a half: a whole day in a fifth of the time."""
    plan = demo_plan(always_open=False)
    week = dict.fromkeys(plan.hours.week, DayHours(open="09:00", close="10:30"))
    return msgspec.structs.replace(plan, hours=HoursPlan(week=week))


def play(folder, *, seed, keep=False, quiet=True, faults=(), minutes=24 * 60):
    """The whole day, or the beginning of it, and the record of its bus."""
    record = BusRecord()
    day = Day(
        folder,
        seed=seed,
        visitors=VISITORS,
        on=MONDAY,
        keep=keep,
        quiet=quiet,
        faults=list(faults),
        plan=short_plan(),
    )
    record.watch(day.hall.broker)
    while not day.over and minutes > 0:
        day.go_on(60)
        minutes -= 1
    return day, record


def bodies(day):
    return [body for _, body in day.hall.told]


def told(day, kind):
    return [fact for fact in day.hall.facts if isinstance(fact, kind)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("day")


@pytest.fixture(scope="module")
def played(folder):
    day, record = play(folder, seed=7, keep=True, quiet=False)
    yield day, record
    day.close()


@pytest.fixture(scope="module")
def day(played):
    """A day with everything that is kept of it, and with speakers."""
    return played[0]


@pytest.fixture(scope="module")
def faulty(tmp_path_factory):
    """The same visitors on a day when the paper runs out, at a printer that writes text, so that its papers can be searched."""
    with pytest.MonkeyPatch.context() as patch:
        usual = Layout.settings

        def settings(layout, member):
            found = usual(layout, member)
            if hasattr(found, "printer"):
                printer = msgspec.structs.replace(found.printer, render="text")
                found = msgspec.structs.replace(found, printer=printer)
            return found

        patch.setattr(Layout, "settings", settings)
        day, record = play(tmp_path_factory.mktemp("faulty"), seed=7, faults=["paper-out"])
    yield day, record
    day.close()


@pytest.mark.parametrize("minutes", [40, pytest.param(24 * 60, marks=pytest.mark.long)])
def test_the_same_seed_is_the_same_day_fact_by_fact_and_another_seed_is_another_day(day, tmp_path, minutes):
    again, _ = play(tmp_path / "again", seed=7, quiet=False, minutes=minutes)
    other, _ = play(tmp_path / "other", seed=8, minutes=40)
    try:
        same = len(bodies(again))
        assert same > 50
        assert bodies(again) == bodies(day)[:same]
        if again.over:
            assert same == len(bodies(day))
            assert again.summary() == day.summary()
        issued = [[fact.service for fact in told(one, facts.TicketIssued)] for one in (day, other)]
        assert len(issued[1]) > 5
        assert issued[0][: len(issued[1])] != issued[1]
    finally:
        again.close()
        other.close()


MORNING = """
import hashlib, sys
from datetime import date
from pathlib import Path
from sim.day import Day

day = Day(Path(sys.argv[1]), seed=7, visitors=240, on=date(2026, 3, 2), keep=False, quiet=True)
day.go_on(40 * 60)
print(len(day.hall.told), hashlib.sha256(b"".join(body for _, body in day.hall.told)).hexdigest())
day.close()
"""


def test_the_same_seed_is_the_same_morning_in_another_process_elsewhere(tmp_path):
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", MORNING, tmp_path / salt],
            env={**os.environ, "PYTHONHASHSEED": salt, "TZ": zone},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        for salt, zone in (("1", "UTC"), ("2", "America/New_York"))
    ]
    said = [run.communicate(timeout=150)[0] for run in runs]
    assert [run.returncode for run in runs] == [0, 0]
    assert int(said[0].split()[0]) > 80
    assert said[0] == said[1]


def test_every_message_of_a_day_is_documented(played, faulty):
    for record in (played[1], faulty[1]):
        assert record.count > 10_000
        assert record.errors() == []


def test_facts_are_counted_without_a_gap_and_kept_byte_for_byte(day, folder):
    assert [fact.n for fact in day.hall.facts] == list(range(1, len(day.hall.facts) + 1))
    day.keepsakes.close()
    assert (folder / "facts.jsonl").read_bytes().splitlines() == bodies(day)


def test_every_ticket_ends_exactly_once(day):
    story = {}
    for fact in day.hall.facts:
        if isinstance(fact, facts.TicketFact) and not isinstance(
            fact, facts.TicketPrinted | facts.PrintFailed | facts.TicketRated | facts.SlipIssued
        ):
            story.setdefault(fact.ticket, []).append(type(fact).__name__)
    assert len(story) == len(told(day, facts.TicketIssued)) > 30
    for steps in story.values():
        assert steps[0] == "TicketIssued"
        assert steps.count("TicketIssued") == 1
        assert steps[-1] in {"ServiceFinished", "TicketMissed", "TicketCancelled", "TicketLeft"}
        ends = [i for i, step in enumerate(steps) if step in {"TicketCancelled", "TicketLeft"}]
        assert ends in ([], [len(steps) - 1])
        for i, step in enumerate(steps[:-1]):  # who was finished or missed comes again only by coming back
            if step in {"ServiceFinished", "TicketMissed"}:
                assert steps[i + 1] in {"TicketReturned", "TicketLeft", "TicketCancelled"}


def test_no_number_and_no_window_is_given_twice(day):
    numbers = [fact.number for fact in told(day, facts.TicketIssued)]
    assert len(set(numbers)) == len(numbers)
    for letter in {number[0] for number in numbers}:
        mine = sorted(int(number[1:]) for number in numbers if number[0] == letter)
        assert mine == list(range(1, len(mine) + 1))
    at_window = {}
    for fact in day.hall.facts:
        match fact:
            case facts.TicketCalled():
                assert at_window.setdefault(fact.window, fact.ticket) == fact.ticket
            case facts.ServiceFinished() | facts.TicketTransferred() | facts.TicketMissed():
                assert at_window.pop(fact.window) == fact.ticket
            case facts.TicketReturned():  # called, then the window paused
                at_window = {w: t for w, t in at_window.items() if t != fact.ticket}
            case _:
                pass


@pytest.mark.parametrize("which", ["day", "faulty"])
def test_the_summary_adds_up_and_has_exactly_these_keys(which, request):
    found = request.getfixturevalue(which)
    today = found if which == "day" else found[0]
    summary = msgspec.to_builtins(today.summary())
    assert set(summary) == {
        "issued",
        "served",
        "missed",
        "left",
        "wait_p50_s",
        "wait_p90_s",
        "ratings",
        "devices",
    }
    assert set(summary["ratings"]) == {"1", "2", "3", "4", "unrated"}
    assert set(summary["devices"]) == set(today.hall.members)
    assert summary["issued"] == summary["served"] + summary["missed"] + summary["left"] > 30
    assert 0 <= summary["wait_p50_s"] <= summary["wait_p90_s"]
    closed = told(today, facts.DayClosed)[-1]
    assert closed.issued == summary["issued"]
    assert closed.served == summary["served"]
    rated = [fact.grade for fact in told(today, facts.TicketRated)]
    assert {grade: rated.count(int(grade)) for grade in "1234"} == {
        grade: summary["ratings"][grade] for grade in "1234"
    }
    json.dumps(summary)


def test_every_ticket_has_its_paper_as_picture_and_as_the_bytes_that_made_it(day, folder):
    papers = folder / "papers"
    for issued in told(day, facts.TicketIssued):
        picture = Image.open(papers / f"{issued.number}.png")
        printer = PaperPrinter()
        printer.port().write((papers / f"{issued.number}.escpos").read_bytes())
        (slip,) = printer.slips
        assert printer.unknown == []
        assert slip.image.tobytes() == picture.convert("1").tobytes()
    assert {fact.copy for fact in told(day, facts.TicketPrinted)} == {1}


def test_some_of_the_days_papers_are_read_by_machine(day, folder):
    for issued in told(day, facts.TicketIssued)[::13]:
        picture = Image.open(folder / "papers" / f"{issued.number}.png")
        assert eyes.number(picture) == issued.number
        (code,) = eyes.codes(picture)
        assert code == f"示例市住房公积金服务大厅 {issued.number} {issued.at:%Y-%m-%d %H:%M}"


def test_every_call_of_the_day_was_heard(day, folder):
    calls = sorted((folder / "calls").glob("*.wav"))
    numbers = {fact.number for fact in told(day, facts.TicketCalled)}
    assert len(calls) >= len(numbers)  # each sentence once; a number is in none but its own
    assert len(calls) == len({call.read_bytes() for call in calls})
    for call in calls:
        with wave.open(io.BytesIO(call.read_bytes())) as sound:
            assert any(sound.readframes(sound.getnframes()))
    done = [json.loads(payload) for topic, payload in _messages(day) if topic.endswith("speaker-1/up/result")]
    assert done
    assert {result["phase"] for result in done} <= {"done", "expired"}


def test_signs_were_kept_as_different_pictures(folder):
    for window in range(1, 7):
        pictures = {path.read_bytes() for path in (folder / "panels").glob(f"sign-{window}-*.png")}
        assert len(pictures) >= 3


def _messages(day):
    return [(packet.topic, packet.payload) for packet in day.hall.broker.log]


def _wants(record):
    topics = Topics("demo")
    for topic, payload in record.messages:
        address = topics.parse(topic)
        if address.leaf.name == "down/want/<part>" and address.part == "display":
            yield decode(Display, payload, 65536)


@pytest.mark.parametrize("width", [128, 192])
def test_every_text_on_every_sign_of_the_day_fits_and_is_within_gb2312(played, width):
    scripts = {msgspec.structs.replace(want, rev="") for want in _wants(played[1])}
    assert len(scripts) > 20
    for want in scripts:
        script = wording(want)
        assert script.trouble is None
        for line in script.pages:
            for words in filter(None, [getattr(line, "text", ""), *getattr(line, "services", ())]):
                words.encode("gb2312")
                assert font().missing(words) == ""
        for page in Show(script, width).loop:  # a notice is a whole sentence, and runs
            assert page.picture.width == width or want.mode == "notice", f"{want}: scrolls"


def test_every_sign_and_pad_could_do_what_it_was_asked(played):
    haves = [decode(Have, payload) for topic, payload in played[1].messages if "/up/have/" in topic]
    assert len(haves) > 100
    assert all(have.ok for have in haves)


def test_nobody_reads_or_hears_why_somebody_goes_first(played, faulty):
    assert any(fact.lane == "priority" for fact in told(played[0], facts.TicketIssued))
    assert any(fact.lane == "priority" for fact in told(faulty[0], facts.TicketIssued))
    spoken = [
        decode_command(payload, 65536).text
        for topic, payload in played[1].messages
        if topic.endswith("speaker-1/down/command")
    ]
    assert len(spoken) > VISITORS
    assert not [text for text in spoken if CARE.search(text.zh + text.en)]
    for want in _wants(played[1]):
        shown = [getattr(line, "text", "") for line in wording(want).pages]
        assert not CARE.search("".join(shown))
    papers = ["\n".join(slip.text) for slip in faulty[0].hall.papers()]
    assert len(papers) > 30
    assert sum("优先" in paper for paper in papers) >= 1
    assert not [paper for paper in papers if CARE.search(paper)]


def test_a_day_with_faults_gives_everybody_a_number_and_a_paper_marked_when_it_comes_late(faulty):
    day, _ = faulty
    issued = told(day, facts.TicketIssued)
    failed = {fact.ticket for fact in told(day, facts.PrintFailed)}
    printed = {fact.ticket: fact.copy for fact in told(day, facts.TicketPrinted)}
    assert failed
    assert {fact.ticket for fact in issued} == set(printed)
    assert {ticket for ticket, copy in printed.items() if copy > 1} == failed
    raised, cleared = told(day, facts.AlertRaised), told(day, facts.AlertCleared)
    assert "paper-out" in {fact.code for fact in raised} & {fact.code for fact in cleared}
    numbers = {fact.ticket: fact.number for fact in issued}
    # lists have no code, and a slip for missing papers has digits alone
    tickets = [slip for slip in day.hall.papers() if slip.codes and not slip.codes[0].isdigit()]
    assert len(tickets) == len(issued)
    marked = [slip.codes[0].decode() for slip in tickets if "补打" in "\n".join(slip.text)]
    assert len(marked) == len(failed)
    for ticket in failed:
        assert any(f" {numbers[ticket]} " in code for code in marked)


def test_on_a_busy_day_somebody_changes_the_roll_in_time_and_everybody_has_a_paper(tmp_path):
    """A roll is used up by some five hundred people: here it is nearly so when the hall opens."""
    day = Day(tmp_path, seed=7, visitors=VISITORS, on=MONDAY, keep=False, quiet=True, plan=short_plan())
    try:
        printer = day.hall.twin("dispenser-1").printer
        printer.paper_left = NEAR_END + 600
        after = 0
        for _ in range(30):
            day.go_on(60)
            if printer.paper_left > ROLL / 2:  # a new one: and some of those who come then
                after = after or len(told(day, facts.TicketPrinted))
            if (
                after
                and len(told(day, facts.TicketIssued)) == len(told(day, facts.TicketPrinted)) > after + 2
            ):
                break
        assert printer.paper_left > ROLL / 2
        assert len(told(day, facts.TicketPrinted)) > after + 2
        assert told(day, facts.PrintFailed) == []
        assert len(told(day, facts.TicketPrinted)) == len(told(day, facts.TicketIssued)) > 5
        assert "paper-low" in {fact.code for fact in told(day, facts.AlertRaised)}
    finally:
        day.close()
