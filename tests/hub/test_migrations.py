"""An older store is brought to today's schema with everything in it, or is left as it was."""

from __future__ import annotations

import shutil

import pytest
from sqlalchemy import inspect

from hall.errors import Fault
from hub.store.journal import Journal
from hub.store.migrate import STEPS, migrate
from hub.store.tables import SCHEMA

pytestmark = pytest.mark.both_stores


@pytest.fixture
def journal(where):
    journal = Journal(where)
    yield journal
    journal.close()


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
