"""An older store is brought to today's schema with everything in it, or is left as it was."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, text

from hall.errors import Fault
from hub.store.chain import START, Link
from hub.store.engine import schema_of
from hub.store.journal import Journal
from hub.store.migrate import STEPS, migrate
from hub.store.readmodels import project
from hub.store.tables import SCHEMA, metadata

pytestmark = pytest.mark.both_stores


@pytest.fixture
def journal(where):
    journal = Journal(where)
    yield journal
    journal.close()


#: Stores as each released version of the program left them: scripts/freeze_schema.py
KEPT = Path(__file__).parent / "schemas"
RELEASED = sorted({path.name.partition(".")[0] for path in KEPT.glob("*.sql")})
LASTING = ("facts", "events", "outboxes", "tokens", "withdrawn", "prints")

NEXT = f"{int(SCHEMA) + 1:04}"
STEP_NEXT = f"""
import sqlalchemy as sa
from alembic import op

revision = "{NEXT}"
down_revision = "{SCHEMA}"


def upgrade() -> None:
    op.add_column("tickets", sa.Column("note", sa.String(20)))
"""


@pytest.fixture
def steps(tmp_path):
    """The project's migrations, and one more."""
    folder = tmp_path / "steps"
    shutil.copytree(STEPS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "versions" / f"{NEXT}_note.py").write_text(STEP_NEXT)
    return folder


def has_note(journal):
    with journal.engine.connect() as connection:
        return "note" in [column["name"] for column in inspect(connection).get_columns("tickets")]


@pytest.fixture
def without_note(journal):
    """Whatever a test adds is taken away again: databases are used for other tests after this one."""
    yield
    if has_note(journal):
        with journal.transaction() as connection:
            connection.exec_driver_sql("ALTER TABLE tickets DROP COLUMN note")
    with journal.transaction() as connection:
        connection.exec_driver_sql("DROP TABLE IF EXISTS alembic_version")


def test_a_step_changes_the_store_and_its_version(journal, steps, without_note):
    migrate(journal.engine, NEXT, steps)
    assert journal.get("schema") == NEXT
    assert has_note(journal)
    migrate(journal.engine, NEXT, steps)


def test_a_step_that_fails_changes_nothing(journal, steps, without_note):
    later = steps / "versions" / f"{NEXT}_note.py"
    later.write_text(STEP_NEXT + "    raise RuntimeError\n")
    with pytest.raises(RuntimeError):
        migrate(journal.engine, NEXT, steps)
    assert journal.get("schema") == SCHEMA
    assert not has_note(journal)


def test_a_store_of_an_unknown_version_is_left_alone_with_a_plain_sentence(journal, where):
    journal.put("schema", "9999")
    journal.close()
    with pytest.raises(Fault) as fault:
        Journal(where)
    assert "9999" in fault.value.text.en
    assert "9999" in fault.value.text.zh


def test_the_last_step_is_todays_schema():
    names = sorted(path.name for path in (STEPS / "versions").glob("*.py"))
    assert names[-1].startswith(SCHEMA)


@pytest.fixture
def old_store(engine, tmp_path, request):
    """Makes a store of a released schema: where it is."""

    def make(schema):
        kept = (KEPT / f"{schema}.{engine}.sql").read_text(encoding="utf-8")
        if engine == "sqlite":
            with closing(sqlite3.connect(tmp_path / "old.db")) as db:
                db.executescript(kept)
            return str(tmp_path / "old.db")
        url = request.getfixturevalue("new_database")(empty=True)
        database = create_engine(url)
        with database.begin() as connection:
            connection.connection.cursor().execute(kept)
        database.dispose()
        return url

    return make


def content(where, tables, columns=None):
    """Every row of these tables, with the columns each has now or those given."""
    database = create_engine(where if "://" in where else f"sqlite:///{where}")
    columns = columns or {}
    with database.connect() as connection:
        found = {}
        for table in tables:
            names = columns.get(table) or [c["name"] for c in inspect(connection).get_columns(table)]
            quoted = '", "'.join(names)
            rows = connection.execute(text(f'SELECT "{quoted}" FROM {table}')).all()
            found[table] = (names, sorted((tuple(row) for row in rows), key=repr))
    database.dispose()
    return found


def test_every_released_schema_is_kept():
    assert "0001" in RELEASED
    assert int(SCHEMA) - int(RELEASED[-1]) <= 1
    assert {path.name for path in KEPT.iterdir()} == {
        f"{schema}.{engine}.sql" for schema in RELEASED for engine in ("sqlite", "postgresql")
    }


@pytest.mark.parametrize("schema", RELEASED)
def test_a_released_store_comes_to_todays_schema_with_everything_in_it(old_store, schema, where):
    old = old_store(schema)
    before = content(old, (*LASTING, "tickets", "steps"))
    journal = Journal(old)
    assert journal.get("schema") == SCHEMA
    names = {table: names for table, (names, _) in before.items()}
    assert content(old, LASTING, names) == {table: before[table] for table in LASTING}
    while project(journal):
        pass
    assert content(old, ("tickets", "steps"), names) == {t: before[t] for t in ("tickets", "steps")}
    assert len(list(journal.replay())) > 3
    journal.close()
    Journal(where).close()
    assert shape(old) == shape(where)


@pytest.mark.parametrize("schema", RELEASED)
def test_an_older_release_can_have_its_store_back_with_everything_that_it_knew(old_store, schema):
    old = old_store(schema)
    before, was = content(old, LASTING), every_column(old)
    journal = Journal(old)
    migrate(journal.engine, to=schema, back=True)
    assert journal.get("schema") == schema
    journal.close()
    assert every_column(old) == was
    assert content(old, LASTING) == before
    again = Journal(old)
    assert again.get("schema") == SCHEMA
    while project(again):
        pass
    assert content(old, LASTING, {table: names for table, (names, _) in before.items()}) == before
    again.close()


def test_a_store_that_is_no_newer_is_not_touched_on_the_way_back(journal):
    migrate(journal.engine, to="9999", back=True)
    assert journal.get("schema") == SCHEMA


def test_days_that_have_left_the_journal_keep_it_from_a_release_that_does_not_know_of_them(old_store):
    old = old_store("0001")
    journal = Journal(old)
    with journal.transaction() as connection:
        connection.execute(
            metadata.tables["archives"]
            .insert()
            .values(
                first_n=1,
                last_n=2,
                day="2026-01-01",
                before=b"",
                hash=b"",
                file="f",
                sha256="s",
                exported_at="then",
                removed_at="then",
            )
        )
    with pytest.raises(Fault) as fault:
        migrate(journal.engine, to="0001", back=True)
    assert fault.value.code == "store-too-new"
    assert journal.get("schema") == SCHEMA
    journal.close()


def every_column(where):
    """The store's own tables with their columns."""
    database = create_engine(where if "://" in where else f"sqlite:///{where}")
    looked = inspect(database)
    found = {
        table: {column["name"] for column in looked.get_columns(table)}
        for table in looked.get_table_names()
        if table != "alembic_version"
    }
    database.dispose()
    return found


def shape(where):
    """Tables, columns and indexes as the database has them."""
    database = create_engine(where if "://" in where else f"sqlite:///{where}")
    looked = inspect(database)
    found = {
        table: (
            {(c["name"], str(c["type"]), c["nullable"]) for c in looked.get_columns(table)},
            looked.get_pk_constraint(table)["constrained_columns"],
            {(i["name"], tuple(i["column_names"]), bool(i["unique"])) for i in looked.get_indexes(table)},
        )
        for table in metadata.tables
    }
    database.dispose()
    return found


def test_old_facts_are_hung_into_the_chain(old_store):
    journal = Journal(old_store("0001"))
    before = START.hash
    with journal.transaction() as connection:
        rows = connection.execute(text(f"SELECT {', '.join(Link._fields)}, hash FROM facts ORDER BY n")).all()
    for row in rows:
        before = Link(*row[:-1]).after(before)
        assert row.hash == before
    assert len(rows) > 30
    journal.close()


HANGS = """
import sys, time
from hub.store import chain
from hub.store.journal import Journal
after, done = chain.Link.after, []
def slowly(self, before):
    done.append(1)
    if len(done) == 20:
        print("halfway", flush=True)
        time.sleep(60)
    return after(self, before)
chain.Link.after = slowly
Journal(sys.argv[1])
"""


def test_a_migration_that_is_killed_halfway_was_nothing_and_is_done_again(old_store):
    old = old_store("0001")
    before = content(old, LASTING)
    with subprocess.Popen([sys.executable, "-c", HANGS, old], stdout=subprocess.PIPE) as child:
        assert child.stdout.readline() == b"halfway\n"
        with pytest.raises(Fault) as fault:
            Journal(old)
        assert fault.value.code == "store-taken"
        child.kill()
    database = create_engine(old if "://" in old else f"sqlite:///{old}")
    assert schema_of(database) == "0001"
    database.dispose()
    assert content(old, LASTING) == before
    journal = Journal(old)
    assert journal.get("schema") == SCHEMA
    journal.close()


def test_a_store_of_today_does_not_load_the_migrations(where):
    Journal(where).close()
    look = "import sys; from hub.store.journal import Journal; Journal(sys.argv[1]).close(); print('alembic' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", look, where], capture_output=True, check=True)
    assert done.stdout == b"False\n"
