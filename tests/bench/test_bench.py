"""The bench programs run and their tables have all their rows; how fast anything was is nobody's business here."""

from __future__ import annotations

import os
import sqlite3
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec
import pytest

from bench import agents, growth, history, load, pages, report, reporting, sign, ticket
from bench.__main__ import PROGRAMS, chosen, main
from bench.measure import Section, p50, p99
from bench.rig import plan
from hall import wire
from hub.coordinator import Coordinator


def whats(section):
    return {row.what for row in section.rows}


def test_every_figure_has_a_program():
    assert chosen("") == [f"P{n}" for n in range(1, 13)] == list(PROGRAMS)
    assert chosen("p9,P4") == ["P4", "P9"]


def test_a_figure_that_is_not_there_is_one_line(capsys):
    assert main(["--only", "P99"]) == 2
    assert capsys.readouterr().err.startswith("bench: no figure P99")


def test_shares_of_samples_are_those_of_the_ordered_samples():
    assert p50([3.0, 1.0, 2.0]) == 2.0
    assert p99([float(n) for n in range(101)]) == 99.0


@pytest.mark.broker
def test_a_press_is_measured_to_answer_and_paper_beside_the_floor(tmp_path):
    first, second = ticket.measure(tmp_path, 0.5)
    assert {"bare member asks a bare member", "dispenser asks the hub", "p50 to the floor's"} <= whats(first)
    assert {"press → first byte", "p50 beyond P1"} <= whats(second)
    assert first.samples.keys() == {"floor", "press → answer"}


@pytest.mark.broker
def test_eight_askers_get_no_number_twice_and_no_ticket_goes_to_two_windows(tmp_path):
    section = load.measure(tmp_path, 1.5)
    promised = {row.what: row.ok for row in section.rows}
    assert promised["numbers given twice"] is True
    assert promised["tickets called to two windows"] is True
    assert {
        "bare echo, 8 clients",
        "hub, 8 dispensers",
        "hub to floor",
        "coordinator and store alone",
    } <= whats(section)


@pytest.mark.broker
@pytest.mark.long  # three hubs, and five times one that is killed
def test_a_hub_with_a_past_comes_back(tmp_path):
    grown, back = growth.measure(tmp_path, 1.0, tickets=2100, waiting=30)
    assert len([row for row in grown.rows if "÷" in row.what]) == 4
    assert {"exec → first ticket, p50", "the same without history, p50"} <= whats(back)


def test_the_past_is_a_journal_like_any_other(tmp_path):
    store = tmp_path / "hub.db"
    until = datetime(2026, 3, 2, 8, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
    last = history.write(store, 2100, until)
    bodies = [body for (body,) in sqlite3.connect(store).execute("SELECT body FROM facts ORDER BY n")]
    told = [wire.decode_fact(body) for body in bodies]
    assert [fact.n for fact in told] == list(range(1, last + 1))
    assert sum(type(fact).__name__ == "TicketIssued" for fact in told) == 2100
    history.today(store, plan(windows=6, dispensers=1), 30)
    journal = history.Journal(str(store))
    try:
        scheduler = history.VirtualScheduler(datetime.now(ZoneInfo("Asia/Shanghai")))
        hub = Coordinator(plan(windows=6, dispensers=1), memory=journal, scheduler=scheduler, tell=None)
        hub.start()
    finally:
        journal.close()
    assert len(hub.hall.tickets) == 30


def test_a_sign_is_measured_and_draws_no_frame_twice():
    found = sign.alone(0.3)
    assert found["same"] == 0
    assert found["pictures"] > 0


def test_every_role_has_a_process_with_only_its_drivers():
    assert agents.ROLES.keys() == {"dispenser", "sign", "pad", "speaker"}
    here = dict(os.environ)
    assert agents._only_imports("sys", here) < agents._only_imports("gpiozero", here)


def test_the_page_keeps_what_was_not_measured_again(tmp_path):
    page = tmp_path / "benchmarks.md"
    for key in ("P2", "P10", "P1"):
        section = Section(key=key, title="a title", how="how")
        section.add("what", f"found {key}", "≤ 1", ok=True)
        section.keep("a & b", [0.001, 0.002, 0.01])
        report.write(page, [report.this_run(section, "make bench", 0.5)])
    text = page.read_text(encoding="utf-8")
    assert [line for line in text.splitlines() if line.startswith("## ")] == [
        f"## {key} · a title" for key in ("P1", "P2", "P10")
    ]
    assert "| what | found P10 | ≤ 1 | ✓ |" in text
    assert "commit" in text
    assert "a &amp; b" in (tmp_path / "benchmarks" / "P1.svg").read_text(encoding="utf-8")
    kept = msgspec.json.decode((tmp_path / "benchmarks" / "P1.json").read_bytes(), type=report.Run)
    assert kept.section.rows[0].ok is True


@pytest.mark.broker
def test_asks_are_measured_alone_and_while_a_year_is_reported(tmp_path):
    section = reporting.measure(tmp_path, 1.0, tickets=4000)
    promised = {row.what: row for row in section.rows}
    assert {"ticket: alone", "ticket: while a year is reported", "tickets in the report"} <= promised.keys()
    assert promised["tickets in the report"].ok is True


@pytest.mark.processes
@pytest.mark.long
def test_every_open_page_is_still_told_of_a_call_when_the_server_has_let_idle_connections_go(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(pages, "CLERKS", 8)
    monkeypatch.setattr(pages, "BOARDS", 2)
    monkeypatch.setattr(
        pages, "SETTLE_S", 6.0
    )  # uvicorn keeps a connection for another request for five seconds
    section = pages.measure(tmp_path, 10.0)
    assert section.samples["the clerk's own page"]
    assert all(took < 1000 * pages.PATIENCE_S for took in section.samples["the clerk's own page"])
    assert all(took < 1000 * pages.PATIENCE_S for took in section.samples["ten boards"])
