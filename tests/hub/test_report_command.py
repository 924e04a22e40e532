"""``hall report`` and the worker of the page: figures of a real store, on both databases, while its hub runs."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys

import msgspec
import pytest
from sqlalchemy import make_url
from typer.testing import CliRunner

from hall import cli
from hub.console.reports.figures import Report
from hub.console.reports.make import Asked
from hub.console.reports.worker import Job
from hub.store.engine import store_url

pytestmark = pytest.mark.both_stores
DAY = "2026-11-23"


@pytest.fixture
def store(rig, console, dispenser):
    """A day with two visits, one of them through the review; its hub runs."""
    for window in (1, 3):
        console.ask("sit", window=window, clerk=f"01{window}")
    for id_ in ("t1", "t2"):
        dispenser.take(id_=id_)
    for _ in range(2):
        console.ask("call_next", window=1)
        rig.run_for(10)
        console.ask("start", window=1)
        rig.run_for(120)
        console.ask("finish", window=1, outcome="done")
    rig.run_for(3)
    return (
        make_url(str(store_url(rig.where))).render_as_string(hide_password=False).removeprefix("sqlite:///")
    )


@pytest.fixture
def hall():
    return lambda *arguments, **environment: CliRunner(env={"LANG": "C"} | environment).invoke(
        cli.app, arguments
    )


def test_the_table_shows_the_last_day_with_a_ticket(hall, store):
    done = hall("report", "--store", store)
    assert done.exit_code == 0
    assert "2026-11-23 to 2026-11-23, days with people: 1" in done.output
    assert "withdrawal       2       2" in done.output


def test_csv_is_what_a_spreadsheet_reads(hall, store, tmp_path):
    out = tmp_path / "r.csv"
    assert (
        hall("report", "--store", store, "--by", "clerk", "--format", "csv", "--out", str(out)).exit_code == 0
    )
    head, first, *_, whole = csv.reader(io.StringIO(out.read_text("utf-8-sig")))
    row = dict(zip(head, first, strict=True))
    assert (row["Clerk"], row["Calls"], row["Handling, median (s)"], whole[0]) == ("011", "2", "120", "All")


def test_json_holds_the_whole_report(hall, store):
    done = hall("report", "--store", store, "--from", DAY, "--to", DAY, "--format", "json")
    report = msgspec.json.decode(done.stdout, type=Report)
    assert (report.total.issued, report.total.steps, report.total.one_trip) == (2, 2, 2)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ((), "name one of them: --settings (the hub's) or --store"),
        (("--store", "nowhere.db"), "there is no store nowhere.db"),
        (("--store", "STORE", "--format", "xlsx"), "a workbook needs a file: add --out FILE"),
        (("--store", "STORE", "--from", "2026-11-24", "--to", DAY), "the first day comes before the last"),
    ],
)
def test_what_cannot_be_done_is_one_honest_line(hall, store, wrong, said):
    done = hall("report", *(store if part == "STORE" else part for part in wrong))
    assert done.exit_code == 1
    assert said in done.output
    assert len(done.output.splitlines()) == 1


def test_a_sorry_is_chinese_for_who_reads_chinese(hall, store):
    assert "没有存储" in hall("report", "--store", "nowhere.db", LANG="zh_CN.UTF-8").output


def worker(asked, **job):
    done = subprocess.run(
        [sys.executable, "-m", "hub.console.reports.worker"],
        input=msgspec.json.encode(Job(asked=asked, **job)),
        capture_output=True,
        check=False,
    )
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def test_the_worker_tells_how_far_it_is_and_then_the_report(store):
    code, lines = worker(Asked(store=store, first="2026-11-01", last="2026-11-30"))
    assert code == 0
    assert lines[-2] == {"done": 30, "of": 30}
    assert lines[-1]["report"]["total"]["issued"] == 2


def test_the_worker_says_why_not(store):
    code, lines = worker(Asked(store=store, first="2026-11-30", last="2026-11-01"))
    assert code == 1
    assert "对不起" in lines[-1]["refused"]["zh"]


def test_the_worker_writes_ratings_as_the_province_counts_them(store, rig):
    pad = rig.member("pad-1")
    ticket = rig.facts("ServiceFinished")[-1]["ticket"]
    pad.event("rated", seq=1, first=1, ticket=ticket, step=1, window=1, grade=1)
    rig.run_for(2)
    code, lines = worker(
        Asked(store=store, first=DAY, last=DAY), ratings=True, speech="en", reasons=[(ticket, 1, ("slow",))]
    )
    assert code == 0
    [head, line] = csv.reader(io.StringIO(lines[-1]["csv"].removeprefix("\ufeff")))
    found = dict(zip(head, line, strict=True))
    assert (found["Work number"], found["Channel"], found["Official grade"]) == ("011", "pad", "2")
    assert (found["Item code"], found["Reason codes"]) == ("withdrawal", "slow")
