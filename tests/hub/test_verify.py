"""Whoever touches the journal is found out, and told in a sentence which fact is the first that is not as it was recorded."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from hub.store.chain import START, Head
from hub.store.command import NOT_INTACT
from hub.store.command import verify as command
from hub.store.journal import Journal
from hub.store.look import looking
from hub.store.verify import verify

pytestmark = pytest.mark.both_stores


@pytest.fixture
def day(rig, console, dispenser):
    console.ask("sit", window=1, clerk="011", actor="王芳")
    for n in range(1, 6):
        dispenser.take(id_=f"t{n}")
    console.ask("call_next", window=1)
    console.ask("finish", window=1, outcome="done")
    rig.run_for(5)
    return rig


@pytest.fixture
def look(where):
    def verdict(*noted):
        with looking(where) as connection:
            return verify(connection, noted)

    return verdict


@pytest.fixture
def tamper(where):
    """Somebody with the right to write the database, and no hub."""

    def run(*statements):
        journal = Journal(where)
        with journal.transaction() as connection:
            for statement in statements:
                connection.execute(text(statement))
        journal.close()

    return run


def test_an_untouched_journal_is_intact_while_its_hub_works(day, look):
    found = look()
    assert found.ok
    assert (found.first, found.last, found.facts) == (1, day.hall.n, day.hall.n)
    assert found.head == str(day.store.head())


def test_an_empty_journal_is_intact(where, look):
    Journal(where).close()
    found = look()
    assert found.ok
    assert (found.facts, found.head) == (0, str(START))


@pytest.mark.parametrize(
    "change",
    [
        "body = CAST('{}' AS BYTES)",
        "at = '2026-11-23T09:00:01+08:00'",
        "day = '2026-11-22'",
        "type = 'TicketLeft'",
        "cause = 'nobody'",
        "ask = 'another'",
        "member = 'dispenser-2'",
        "actor = '张三'",
        "hash = NULL",
    ],
)
def test_a_fact_that_was_changed_is_named(day, look, tamper, change, engine):
    bytes_ = "BYTEA" if engine == "postgresql" else "BLOB"
    tamper(f"UPDATE facts SET {change.replace('BYTES', bytes_)} WHERE n = 6")
    found = look()
    assert (found.ok, found.wrong.code, found.wrong.n) == (False, "changed", 6)
    assert "6" in found.wrong.text.zh
    assert "fact 6" in found.wrong.text.en


def test_a_fact_that_was_removed_is_missed(day, look, tamper):
    tamper("DELETE FROM facts WHERE n = 5")
    found = look()
    assert (found.wrong.code, found.wrong.n) == ("missing", 5)


def test_facts_that_changed_places_are_found(day, look, tamper):
    tamper(
        "UPDATE facts SET n = 9999 WHERE n = 6",
        "UPDATE facts SET n = 6 WHERE n = 7",
        "UPDATE facts SET n = 7 WHERE n = 9999",
    )
    found = look()
    assert (found.wrong.code, found.wrong.n) == ("changed", 6)


def test_a_fact_that_was_slipped_in_is_found(day, look, tamper):
    columns = "at, day, type, body, cause, member, hash"
    tamper(f"INSERT INTO facts (n, {columns}) SELECT n + 1, {columns} FROM facts ORDER BY n DESC LIMIT 1")
    found = look()
    assert (found.wrong.code, found.wrong.n) == ("changed", day.hall.n + 1)


def test_an_end_that_was_cut_off_is_missed_by_the_read_models(day, look, tamper):
    n = day.hall.n
    tamper(f"DELETE FROM facts WHERE n > {n - 2}")
    found = look()
    assert (found.wrong.code, found.wrong.n) == ("cut-off", n - 1)


def test_an_end_that_was_cut_off_everywhere_is_missed_by_a_noted_head_alone(day, look, tamper):
    noted = day.store.head()
    tamper(
        f"DELETE FROM facts WHERE n > {noted.n - 2}",
        f"UPDATE meta SET value = '{noted.n - 2}' WHERE key = 'projected'",
    )
    assert look().ok  # what cannot be shown without a note
    found = look(noted)
    assert (found.wrong.code, found.wrong.n) == ("cut-off", noted.n - 1)


def test_a_chain_that_was_written_anew_is_found_by_a_noted_head_alone(day, look, tamper, where):
    noted = day.store.head()
    forge(where)
    assert look().ok
    found = look(noted)
    assert (found.wrong.code, found.wrong.n) == ("rewritten", noted.n)


def forge(where):
    """A patient forger: another actor, and every hash after it right again."""
    from hub.store.chain import Link
    from hub.store.tables import facts

    journal = Journal(where)
    with journal.transaction() as connection:
        connection.execute(facts.update().where(facts.c.n == 2).values(actor="张三"))
        before = START.hash
        for row in connection.execute(facts.select().order_by(facts.c.n)).all():
            before = Link(*(getattr(row, name) for name in Link._fields)).after(before)
            connection.execute(facts.update().where(facts.c.n == row.n).values(hash=before))
    journal.close()


def test_heads_that_agree_are_counted(day, look):
    assert look(day.store.head(), START).heads_checked == 2


def test_a_closed_day_leaves_its_head_beside_the_store(rig, console, tmp_path):
    rig.kill_hub()
    rig.heads = tmp_path / "noted"
    rig.start_hub()
    console.ask("close_day")
    console.ask("open_day")
    rig.run_for(1)
    (line,) = rig.heads.read_text(encoding="utf-8").splitlines()
    noted = json.loads(line)
    closed = rig.facts("DayClosed")[0]
    assert (noted["day"], noted["n"]) == (closed["day"], closed["n"])
    with looking(rig.where) as connection:
        found = verify(connection, [Head(noted["n"], bytes.fromhex(noted["hash"]))])
    assert (found.ok, found.heads_checked) == (True, 1)


def test_a_head_that_a_killed_hub_could_not_note_is_noted_by_the_next(rig, console, tmp_path):
    console.ask("close_day")
    rig.kill_hub()
    rig.heads = tmp_path / "noted"
    for _ in range(2):
        rig.start_hub()
        rig.kill_hub()
    assert len(rig.heads.read_text(encoding="utf-8").splitlines()) == 1


def test_the_command_says_it_in_one_line_and_by_its_exit_code(
    day, where, tamper, tmp_path, capsys, monkeypatch
):
    options = {"settings": None, "store": where, "heads": tmp_path / "none", "archive": None}
    monkeypatch.setenv("LC_ALL", "C")
    assert command(**options, head=[], json=False) == 0
    said = capsys.readouterr().out
    assert said.startswith("intact: facts 1 to")
    head = said.split()[-1]
    assert command(**options, head=[head], json=True) == 0
    assert json.loads(capsys.readouterr().out)["heads_checked"] == 1
    tamper("UPDATE facts SET actor = '张三' WHERE n = 2")
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert command(**options, head=[], json=False) == NOT_INTACT
    assert capsys.readouterr().out.startswith("不完整：第 2 条")
    assert command(**options, head=[], json=True) == NOT_INTACT
    assert json.loads(capsys.readouterr().out)["wrong"]["n"] == 2


LINE = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=40)


@settings(max_examples=60)
@given(columns=st.tuples(LINE, LINE, LINE, LINE), body=st.binary(max_size=80), cut=st.integers(0, 3))
def test_no_two_facts_look_alike_to_the_chain(columns, body, cut):
    from hub.store.chain import GENESIS, Link

    one = Link(7, "at", "day", *columns[:2], None, *columns[2:], body)
    moved = list(columns)
    moved[cut] += "x"
    other = Link(7, "at", "day", *moved[:2], None, *moved[2:], body)
    assert one.after(GENESIS) != other.after(GENESIS)
    assert one.after(GENESIS) == one.after(GENESIS)
    assert one.after(GENESIS) != one._replace(body=body + b"\n").after(GENESIS)
