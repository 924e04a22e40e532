"""Old days become files that prove themselves; the journal stays whole without them, and can have them back."""

from __future__ import annotations

import gzip
import json
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from hall.clock import VirtualScheduler
from hall.errors import Fault
from hall.messages import asks, events
from hall.messages.common import Outcome, Via
from hub.coordinator import Coordinator
from hub.nights import Nights
from hub.store import tables as t
from hub.store.archive import bring_back, days_over, export, remove
from hub.store.chain import GENESIS
from hub.store.command import export_days, import_days
from hub.store.command import verify as verify_command
from hub.store.dayfile import facts_in, header, list_of
from hub.store.journal import Journal
from hub.store.keeping import Retention
from hub.store.look import looking
from hub.store.readmodels import project, rebuild
from hub.store.retention import archive_until, tidy
from hub.store.verify import verify
from sim.layout import demo_plan

pytestmark = pytest.mark.both_stores

ZONE = ZoneInfo("Asia/Shanghai")
DAYS = ("2026-11-23", "2026-11-24", "2026-11-25")


class Past:
    """Three days of a small hall, the last of them still open."""

    def __init__(self, journal):
        self.journal, self.clock = journal, VirtualScheduler(datetime(2026, 11, 23, 9, 0, tzinfo=ZONE))
        self.head = Coordinator(
            demo_plan(always_open=True),
            memory=journal,
            scheduler=self.clock,
            tell=self,
            printer_for=lambda _hall: "dispenser-1",
        )
        self.head.start()
        for day in DAYS:
            self.day(day)
        while project(journal):
            pass

    def answer(self, *_):
        pass

    receipt = facts = sick = answer

    def day(self, day):
        self.ask(asks.OpenDay, f"open-{day}")
        self.ask(asks.Sit, f"sit-{day}", window=1, clerk="018", actor="王芳")
        for n in range(4):
            via = Via.DESK if n == 3 else Via.DISPENSER
            fields = {
                "service": "withdrawal",
                "lane": "normal",
                "via": via,
                "token": f"{n:02x}{day:0>30}".replace("-", "0"),
            }
            self.ask(asks.TakeTicket, f"t{n}-{day}", **fields)
        self.ask(asks.CallNext, f"call-{day}", window=1)
        self.ask(asks.Finish, f"finish-{day}", window=1, outcome=Outcome.DONE)
        if day != DAYS[-1]:
            self.ask(asks.CloseDay, f"close-{day}")
            self.clock.run_for(24 * 3600)

    def ask(self, kind, id_, **fields):
        self.clock.run_for(5)
        self.head.ask("console-1", kind(id=id_, **fields))
        self.clock.settle()

    def rate(self, day, seq):
        place = {"outbox": "box", "seq": seq, "first": seq, "boot": "b", "mono_ms": 1, "clock_ok": True}
        vote = events.Rated(at=self.clock.now(), ticket=f"t0-{day}", window=1, step=1, grade=4, **place)
        self.head.event("pad-1", vote)
        self.clock.settle()


@pytest.fixture
def past(where):
    journal = Journal(where)
    yield Past(journal)
    journal.close()


@pytest.fixture
def journal(past):
    return past.journal


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "archive"


def spans(journal):
    with journal.transaction() as connection:
        return days_over(connection)


def archived(journal, folder, until="2026-11-25"):
    list(archive_until(journal, date.fromisoformat(until), folder, "demo"))
    return [folder / listed.file for listed in list_of(folder)]


def found(journal, *noted):
    with journal.transaction() as connection:
        return verify(connection, noted)


def rows(journal, *tables):
    with journal.transaction() as connection:
        return [sorted(map(tuple, connection.execute(table.select())), key=repr) for table in tables]


def test_only_days_that_are_over_can_be_exported(journal):
    assert [span.day for span in spans(journal)] == list(DAYS[:2])
    assert spans(journal)[0].first == 1
    assert spans(journal)[1].first == spans(journal)[0].last + 1


def test_a_file_holds_the_very_bytes_and_proves_itself(journal, folder):
    (first, second) = spans(journal)
    for span in (first, second):
        list(export(journal, span, folder, "demo"))
    bodies = list(journal.since(1))
    held = [bytes(line.body) for span in (first, second) for line in facts_in(folder / span.file)]
    assert held == bodies[: second.last]
    head = header(folder / second.file)
    assert (head.hall, head.day, head.first, head.last) == ("demo", DAYS[1], second.first, second.last)
    assert head.before == header(folder / first.file).hash
    assert header(folder / first.file).before == GENESIS.hex()
    with gzip.open(folder / first.file, "rt", encoding="utf-8") as plain:
        lines = [json.loads(line) for line in plain]
    assert lines[1]["type"] == lines[1]["body"]["type"] == "DayOpened"
    assert {line["actor"] for line in lines[1:]} == {None, "王芳"}


def test_the_same_day_gives_the_same_file_and_stands_in_the_list_once(journal, folder):
    span = spans(journal)[0]
    for _ in range(2):
        list(export(journal, span, folder, "demo"))
    (listed,) = list_of(folder)
    assert (listed.file, listed.bytes) == (span.file, (folder / span.file).stat().st_size)
    before = (folder / span.file).read_bytes()
    list(export(journal, span, folder, "demo"))
    assert (folder / span.file).read_bytes() == before
    assert sorted(path.name for path in folder.iterdir()) == sorted([span.file, "archive.json"])


def test_a_day_that_left_is_not_missed_by_anybody(past, journal, folder, where):
    models = rows(journal, t.tickets, t.steps)
    head, count = journal.head(), found(journal).facts
    archived(journal, folder)
    verdict = found(journal, head)
    assert (verdict.ok, verdict.archived_days, verdict.heads_checked) == (True, 2, 1)
    assert 0 < verdict.facts < count
    assert rows(journal, t.tickets, t.steps) == models
    assert all(journal.had_day(day) for day in DAYS)
    assert not journal.had_day("2026-11-22")
    rebuild(journal)
    assert rows(journal, t.tickets, t.steps) == models
    journal.close()
    again = Journal(where)
    past.head._memory = again
    past.head.start()
    past.journal = again
    past.ask(asks.TakeTicket, "later", service="withdrawal", lane="normal", via=Via.DISPENSER)
    assert found(again).ok
    again.close()


def test_a_vote_of_the_next_morning_stays_with_its_step(past, journal, folder):
    past.rate(DAYS[1], 1)
    while project(journal):
        pass
    archived(journal, folder, "2026-11-24")
    models = rows(journal, t.tickets, t.steps)
    archived(journal, folder)
    rebuild(journal)
    assert rows(journal, t.tickets, t.steps) == models


def test_what_was_removed_is_still_found_out_when_somebody_touches_the_seam(journal, folder):
    archived(journal, folder)
    with journal.transaction() as connection:
        first = connection.execute(t.facts.select().order_by(t.facts.c.n).limit(1)).one()
        connection.execute(t.facts.delete().where(t.facts.c.n == first.n))
    assert (found(journal).wrong.code, found(journal).wrong.n) == ("missing", first.n)


@pytest.mark.parametrize("why", ["not exported", "not oldest", "not over", "not drawn"])
def test_a_day_is_removed_only_when_nothing_is_lost_by_it(journal, folder, why):
    first, second = spans(journal)
    if why != "not exported":
        for span in (first, second):
            list(export(journal, span, folder, "demo"))
    if why == "not drawn":
        journal.put("projected", str(first.last - 1))
    span = {"not oldest": second, "not over": first._replace(last=first.last + 1)}.get(why, first)
    before = rows(journal, t.facts)
    with pytest.raises(Fault) as fault:
        remove(journal, span)
    assert fault.value.code == "archive-refused"
    assert rows(journal, t.facts) == before


def test_days_come_back_the_newest_first_and_join(journal, folder):
    before = rows(journal, t.facts)
    files = archived(journal, folder)
    with pytest.raises(Fault, match="does not join"):
        bring_back(journal, files[0])
    for file in reversed(files):
        bring_back(journal, file)
    assert rows(journal, t.facts) == before
    assert (found(journal).ok, found(journal).archived_days) == (True, 0)
    with pytest.raises(Fault):
        bring_back(journal, files[0])


def test_days_can_be_looked_at_in_a_store_of_their_own(journal, folder, new_store, tmp_path):
    files = archived(journal, folder)
    view = str(tmp_path / "view.db")
    assert import_days(settings=None, store=None, into=Path(view), files=[files[1]]) == 0
    assert import_days(settings=None, store=None, into=Path(view), files=[files[0]]) == 0
    with looking(view) as connection:
        verdict = verify(connection)
        tickets = connection.execute(t.tickets.select()).all()
    assert (verdict.ok, verdict.first, verdict.archived_days) == (True, 1, 0)
    assert {row.day for row in tickets} == set(DAYS[:2])
    assert {row.state for row in tickets} == {"served", "left"}


def test_one_day_alone_is_a_journal_that_hangs_where_it_hung(journal, folder, tmp_path):
    files = archived(journal, folder)
    import_days(settings=None, store=None, into=tmp_path / "view.db", files=[files[1]])
    with looking(str(tmp_path / "view.db")) as connection:
        verdict = verify(connection)
    assert (verdict.ok, verdict.first) == (True, header(files[1]).first)


@pytest.mark.parametrize("harm", ["cut", "changed", "rubbish", "another day's"])
def test_a_file_that_somebody_touched_is_refused_whole(journal, folder, harm):
    files = archived(journal, folder)
    file = files[1]
    before = rows(journal, t.facts, t.archives)
    plain = gzip.decompress(file.read_bytes())
    match harm:
        case "cut":
            file.write_bytes(gzip.compress(b"\n".join(plain.splitlines()[:-1]) + b"\n"))
        case "changed":
            file.write_bytes(gzip.compress(plain.replace("王芳".encode(), "张三".encode())))
        case "rubbish":
            file.write_bytes(b"no gzip")
        case _:
            file.write_bytes(files[0].read_bytes())
    with pytest.raises(Fault) as fault:
        bring_back(journal, file)
    assert file.name in fault.value.text.zh
    assert rows(journal, t.facts, t.archives) == before


def test_the_commands_export_remove_verify_and_import(journal, folder, where, capsys, monkeypatch):
    monkeypatch.setenv("LC_ALL", "C")
    store = {"settings": None, "store": where}
    days = {"to": folder, "day": None, "before": "2026-11-25"}
    assert export_days(**store, **days, take_out=True) == 0
    files = capsys.readouterr().out.split()
    assert [Path(file).name[:10] for file in files] == list(DAYS[:2])
    looked = {**store, "heads": None, "head": [], "json": False}
    assert verify_command(**looked, archive=folder) == 0
    assert "2 days exported" in capsys.readouterr().out
    assert import_days(**store, into=None, files=[Path(file) for file in files]) == 0
    with pytest.raises(Fault, match="no such day"):
        export_days(**store, to=folder, day="2026-11-25", before=None, take_out=False)
    Path(files[0]).write_bytes(b"")
    with pytest.raises(Fault, match="not the file that was written"):
        verify_command(**looked, archive=folder)


def test_secrets_of_past_days_are_forgotten_and_todays_stay(journal, folder):
    rules = Retention(token_days=1)
    assert len(rows(journal, t.tokens)[0]) == 12
    list(tidy(journal, rules, folder, "demo", date(2026, 11, 25)))
    kept = {row[0] for row in rows(journal, t.tokens)[0]}
    assert kept == {f"t{n}-{day}" for n in range(4) for day in DAYS[1:]}
    assert not folder.exists()


def test_at_night_the_hub_puts_old_days_away_by_itself(past, journal, folder):
    rules = Retention(days=7, token_days=7)
    nights = Nights(rules, store=journal, folder=folder, hall=lambda: past.head.hall, scheduler=past.clock)
    nights.start()
    past.clock.run_for(3600)
    assert not folder.exists()
    past.ask(asks.CloseDay, "close")
    past.clock.run_for(8 * 24 * 3600 - 12 * 3600)
    past.ask(asks.OpenDay, "open-again")
    while project(journal):
        pass
    past.ask(asks.CloseDay, "close-again")
    past.clock.run_for(24 * 3600)
    nights.stop()
    assert [listed.day for listed in list_of(folder)] == list(DAYS)
    assert found(journal).ok
    assert found(journal).archived_days == 3
    assert rows(journal, t.tokens) == [[]]
