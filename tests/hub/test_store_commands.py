"""``hall journal``, ``hall backup``, ``hall restore`` from outside: one line, an exit code, and the store of the settings."""

from __future__ import annotations

import subprocess
import sys

import pytest
import yaml
from typer.testing import CliRunner

from hall import cli
from hub.store.journal import Journal
from tests.hub.small_hall import PLAN


@pytest.fixture
def hall():
    return lambda *arguments, **environment: CliRunner(env={"LC_ALL": "C"} | environment).invoke(
        cli.app, [str(argument) for argument in arguments]
    )


@pytest.fixture
def settings(tmp_path, rig, dispenser):
    """A hub's settings, and its store with three tickets."""
    for n in range(3):
        dispenser.take(id_=f"t{n}")
    rig.run_for(3)
    rig.kill_hub()
    (tmp_path / "hall.yaml").write_text(yaml.safe_dump(PLAN, allow_unicode=True), encoding="utf-8")
    own = {"plan": "hall.yaml", "store": rig.where, "backups": {"keep": 2}, "retention": {"days": 400}}
    (tmp_path / "hub.yaml").write_text(yaml.safe_dump(own), encoding="utf-8")
    return tmp_path / "hub.yaml"


def test_a_backup_goes_where_the_settings_say_and_comes_back_from_there(hall, settings, tmp_path):
    for _ in range(3):
        made = hall("backup", "--settings", settings)
        assert made.exit_code == 0, made.output
    files = sorted((tmp_path / "backups").glob("*.db"))
    assert [str(file) for file in files][-1] == made.stdout.strip()
    assert len(files) == 2
    back = hall("restore", files[-1], "--store", tmp_path / "elsewhere.db")
    assert back.exit_code == 0
    assert "restored up to fact" in back.stdout
    assert hall("journal", "verify", "--store", tmp_path / "elsewhere.db").exit_code == 0


def test_a_restore_over_the_store_is_refused_and_says_how(hall, settings, tmp_path):
    made = hall("backup", "--settings", settings).stdout.strip()
    no = hall("restore", made, "--settings", settings, LC_ALL="zh_CN.UTF-8")
    assert no.exit_code == 1
    assert "--force" in no.stderr
    assert no.stderr.count("\n") == 1
    assert "原有内容会保留在旁边" in no.stderr
    yes = hall("restore", made, "--settings", settings, "--force")
    assert yes.exit_code == 0
    assert "hub-1.db.before-" in yes.stdout


@pytest.mark.parametrize("command", ["rebuild", "verify"])
def test_a_journal_command_names_the_store_by_settings_or_by_itself(hall, settings, command, rig):
    assert hall("journal", command, "--settings", settings).exit_code == 0
    assert hall("journal", command, "--store", rig.where).exit_code == 0
    for wrong in ([], ["--settings", settings, "--store", rig.where]):
        no = hall("journal", command, *wrong)
        assert (no.exit_code, no.stderr.count("\n")) == (1, 1)
        assert "either --settings FILE or --store PATH|URL" in no.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["journal", "verify", "--store"],
        ["journal", "rebuild", "--store"],
        ["journal", "export", "--before", "2026-01-01", "--store"],
        ["backup", "--store"],
    ],
)
def test_a_store_that_is_not_there_is_not_made(hall, tmp_path, arguments):
    no = hall(*arguments, tmp_path / "none.db")
    assert no.exit_code == 1
    assert "there is no store" in no.stderr
    assert not (tmp_path / "none.db").exists()


def test_a_rebuild_waits_for_no_hub_but_refuses(hall, rig):
    no = hall("journal", "rebuild", "--store", rig.where)
    assert no.exit_code == 1
    assert "another hub" in no.stderr


def test_an_export_needs_its_days_and_says_so(hall, settings):
    assert hall("journal", "export", "--settings", settings).exit_code == 2
    none = hall("journal", "export", "--settings", settings, "--day", "2020-01-01")
    assert none.exit_code == 1
    assert "no such day" in none.stderr


def test_looking_never_holds_up_who_writes(rig, dispenser):
    """A verify in the middle of its walk, and a hub that commits."""
    walk = (
        "import sys; from hub.store.look import looking\n"
        "with looking(sys.argv[1]) as c:\n"
        "    c.exec_driver_sql('SELECT count(*) FROM facts').scalar(); print(1, flush=True); sys.stdin.readline()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", walk, rig.where], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as looker:
        looker.stdout.readline()
        for n in range(20):
            assert dispenser.take(id_=f"during-{n}")["ok"]
        looker.stdin.close()
    assert isinstance(rig.store, Journal)
