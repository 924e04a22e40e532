"""The journal: nothing half written, nothing twice, the same bytes for ever."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import event

from hall import wire
from hall.errors import Fault
from hall.messages import facts
from hall.messages.common import Via
from hub.memory import Batch, EventRow, FactRow, OutboxPlace, PrintJob
from hub.store.archive import days_over
from hub.store.journal import Journal

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


pytestmark = pytest.mark.both_stores


@pytest.fixture
def journal(where):
    journal = Journal(where)
    yield journal
    journal.close()


def opened(n, day="2026-11-23"):
    return row(facts.DayOpened(n=n, at=AT, day=day), day)


def issued(n, ask, member="dispenser-1"):
    fact = facts.TicketIssued(
        n=n,
        at=AT,
        ticket=ask,
        number=f"A{n:03d}",
        service="A",
        lane="normal",
        via=Via.DISPENSER,
        ahead=0,
        wait_min_s=None,
        wait_max_s=None,
        windows=(),
    )
    return row(fact, "2026-11-23", ask, member)


def row(fact, day, ask=None, member="hub"):
    return FactRow(
        fact.n, fact.at, day, type(fact).__name__, wire.encode(fact), ask or "hub", ask, member, None
    )


def batch(*rows):
    made = Batch()
    made.facts += rows
    return made


def test_a_replay_begins_at_the_last_opening_and_gives_the_bytes_that_went_in(journal):
    rows = [opened(1, "2026-11-22"), issued(2, "old"), opened(3), issued(4, "new")]
    journal.commit(batch(*rows))
    assert list(journal.replay()) == [rows[2].body, rows[3].body]
    assert list(journal.since(1)) == [r.body for r in rows]


def test_a_replay_of_more_than_a_page_has_everything_in_order(journal):
    rows = [opened(1), *(issued(n, f"a{n}") for n in range(2, 4503))]
    journal.commit(batch(*rows))
    assert list(journal.replay()) == [r.body for r in rows]


def test_an_empty_journal_replays_nothing(journal):
    assert list(journal.replay()) == []


def test_an_accepted_ask_is_recalled_with_its_facts_after_a_restart(journal, where):
    rows = [
        opened(1),
        issued(2, "a1"),
        row(facts.DayClosed(n=3, at=AT, day="x", issued=1, served=0, missed=0, left=0), "x"),
    ]
    rows[2] = rows[2]._replace(cause="a1")
    journal.commit(batch(*rows))
    journal.close()
    again = Journal(where)
    assert again.recall(["a1", "a2"])["a1"].facts == (rows[1].body, rows[2].body)
    assert again.recall(["a1"])["a1"].member == "dispenser-1"
    assert "a2" not in again.recall(["a1", "a2"])
    again.close()


def test_an_ask_acts_once_whatever_the_program_believes(journal):
    journal.commit(batch(opened(1), issued(2, "a1")))
    with pytest.raises(Fault):
        journal.commit(batch(issued(3, "a1")))
    assert len(list(journal.replay())) == 2


def test_a_batch_is_written_whole_or_not_at_all(journal):
    journal.commit(batch(opened(1), issued(2, "a1")))
    broken = batch(issued(3, "a3"), issued(2, "a4"))
    broken.tokens["a3"] = "0" * 32
    with pytest.raises(Fault):
        journal.commit(broken)
    assert journal.token("a3") is None
    assert len(list(journal.replay())) == 2
    journal.commit(batch(issued(3, "a3")))


def test_withdrawn_asks_are_known_as_withdrawn(journal):
    gone = Batch()
    gone.withdrawn["a9"] = "dispenser-1"
    journal.commit(gone)
    known = journal.recall(["a9"])["a9"]
    assert (known.member, known.withdrawn, known.facts) == ("dispenser-1", True, ())


def test_outboxes_are_found_again_with_their_gaps(journal, where):
    place = OutboxPlace("pad-3")
    made = Batch()
    for seq in (1, 2, 5):
        place.add(seq, None)
        made.events.append(EventRow("box", seq, "pad-3", "ok"))
    made.outboxes["box"] = place
    journal.commit(made)
    journal.close()
    again = Journal(where)
    found = again.outbox("box")
    assert (found.member, found.upto, found.above) == ("pad-3", 2, {5})
    assert found.has(1)
    assert found.has(5)
    assert not found.has(3)
    assert again.outbox("other") is None
    more = Batch()
    found.add(9, first=9)
    more.events.append(EventRow("box", 9, "pad-3", "ok"))
    more.outboxes["box"] = found
    again.commit(more)
    assert again.outbox("box").upto == 9
    again.close()


def test_tokens_are_kept_beside_the_journal_and_in_no_fact(journal):
    made = batch(opened(1), issued(2, "a1"))
    made.tokens["a1"] = "ab" * 16
    journal.commit(made)
    assert journal.token("a1") == "ab" * 16
    assert all(b"abab" not in body for body in journal.since(1))


def test_papers_are_open_until_printed_or_until_the_next_day(journal):
    jobs = [PrintJob(t, 1, "dispenser-1", AT, b"{}", None, "console-1") for t in ("t1", "t2")]
    made = batch(opened(1))
    made.prints += jobs
    journal.commit(made)
    done = Batch()
    done.printed.add("print-t1-1")
    journal.commit(done)
    assert journal.open_prints() == [jobs[1]]
    journal.commit(batch(opened(2, "2026-11-24")))
    assert journal.open_prints() == []


def test_days_that_were_opened_are_known(journal):
    journal.commit(batch(opened(1)))
    assert journal.had_day("2026-11-23")
    assert not journal.had_day("2026-11-24")


def test_no_question_of_the_running_hub_walks_through_the_journal(journal, engine):
    journal.commit(batch(opened(1), *(issued(n, f"a{n}") for n in range(2, 50))))
    asked = []

    @event.listens_for(journal.engine, "before_cursor_execute")
    def note(_connection, _cursor, statement, parameters, _context, _many):
        if statement.startswith("SELECT"):
            asked.append((statement, parameters))

    list(journal.replay())
    journal.recall(["a2"])
    journal.recall(["a2", "a3"])
    journal.facts_of_ask("a2")
    journal.outbox("box")
    journal.open_prints()
    journal.token("a2")
    journal.had_day("2026-11-23")
    with journal.transaction() as connection:
        days_over(connection)
    event.remove(journal.engine, "before_cursor_execute", note)
    assert len(asked) >= 9
    with journal.engine.connect() as connection:
        if engine == "postgresql":
            # Small tables are read whole, and rightly; what counts is whether there is another way.
            connection.exec_driver_sql("SET enable_seqscan = off")
        for statement, parameters in asked:
            how = "EXPLAIN " if engine == "postgresql" else "EXPLAIN QUERY PLAN "
            plan = connection.exec_driver_sql(how + statement, parameters).all()
            for step in (str(row[-1]) for row in plan):
                for table in ("facts", "prints"):
                    walks = f"Seq Scan on {table}" in step or (
                        f"SCAN {table}" in step and "INDEX" not in step
                    )
                    assert not walks, (statement, step)
        connection.rollback()
