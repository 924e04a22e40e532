"""The hall box's own update with a real broker, hub and console: a release with another schema comes, and goes, and no fact is lost."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from deploy.appliance.box_update import checks
from deploy.appliance.box_update.data import Data
from deploy.appliance.box_update.errand import Errand
from deploy.appliance.box_update.proof import Proof
from devices.updates import boot_select as boot
from hall.errors import Fault
from hall.settings import load
from hall.settings_form import form_of
from hall.settings_write import written
from hub.broker import accepts, find_mosquitto, free_port, wait_until
from hub.console.settings import ConsoleSettings
from hub.releases.turn import Stage
from hub.store.engine import connect_store
from hub.store.look import looking
from hub.store.migrate import STEPS, migrate
from hub.store.tables import SCHEMA
from hub.store.verify import verify
from sim.layout import demo_plan
from tests.updates import machine

pytestmark = [
    pytest.mark.broker,
    pytest.mark.processes,
    pytest.mark.long,
    pytest.mark.xdist_group("processes"),
    pytest.mark.timeout(900),
]
NEXT = f"{int(SCHEMA) + 1:04}"
STEP = f"""
import sqlalchemy as sa
from alembic import op

revision = "{NEXT}"
down_revision = "{SCHEMA}"


def upgrade() -> None:
    op.add_column("tickets", sa.Column("note", sa.String(20)))


def downgrade() -> None:
    op.drop_column("tickets", "note")
"""

#: so long a bad release works before its part dies: it has migrated by then, seconds
AFTER_S = 4
#: a release: this tree, and what it changes before anything else is loaded
PROGRAM = f"""\
#!{sys.executable}
import sys, threading, time
sys.path[:0] = [{str(Path(__file__).parents[2])!r}]
from hub.store import tables
from pathlib import Path
if {{schema!r}} != {SCHEMA!r}:
    tables.SCHEMA = {{schema!r}}
    from hub.store import migrate
    migrate.migrate.__defaults__ = ({{schema!r}}, Path({{steps!r}}))
if {{fault!r}} and sys.argv[1:2] == [{{fault!r}}]:
    def fail():
        time.sleep({AFTER_S})
        import os
        os._exit(3)
    threading.Thread(target=fail).start()
from hall.cli import main
sys.exit(main())
"""
SCHEMAS = {"1.0": SCHEMA, "2.0": NEXT, "3.0": NEXT}
FAULTS = {"3.0": "hub"}


class Hands:
    """Services as processes; each release brings its own broker configuration."""

    def __init__(self, folder, place):
        self.folder, self.place = folder, place
        self.port, self.pages = free_port(), free_port()
        self.processes = {}
        self.release = None
        self.shut_ = False

    def shut(self):
        self.shut_ = True

    def open(self):
        self.shut_ = False

    def stop(self):
        for name in ("console", "hub", "broker"):
            process = self.processes.pop(name, None)
            if process is not None:
                process.send_signal(signal.SIGTERM)
                process.wait(30)

    def files(self, release):
        (self.folder / "etc/mosquitto.conf").write_text(
            f"# of {release.name}\nlistener {self.port} 127.0.0.1\nallow_anonymous true\nuser root\npersistence false\n"
        )

    def start(self, release):
        self.files(release)
        self.release = release
        etc = self.folder / "etc"
        hall = str(release / "bin/hall")
        self._run("broker", str(find_mosquitto()), "-c", str(etc / "mosquitto.conf"))
        assert wait_until(lambda: accepts("127.0.0.1", self.port), 20)
        self._run("hub", hall, "hub", "--settings", str(etc / "hub.yaml"))
        self._run("console", hall, "console", "run", "--settings", str(etc / "console.yaml"))

    def schema(self, release):
        return SCHEMAS[release.name]

    def prove(self, release):
        etc = self.folder / "etc"
        ask = [str(release / "bin/hall"), "update", "ask", "--settings", str(etc / "hub.yaml")]
        verifying = [str(release / "bin/hall"), "journal", "verify", "--settings", str(etc / "hub.yaml")]
        Proof(
            services=lambda: {
                name: str(process.pid) if process.poll() is None else None
                for name, process in self.processes.items()
            },
            journal=lambda: self._well(verifying),
            ask=lambda: self._well(ask),
            pages=lambda: checks.pages(load(etc / "console.yaml", ConsoleSettings)),
            uptime_s=3.0,
            patience_s=60.0,
        ).prove()

    def _well(self, command):
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
        if done.returncode:
            raise Fault("no", None)

    def _run(self, name, *command):
        with (self.folder / f"{name}.log").open("ab") as log:
            # NiceGUI would take itself for the one under test
            env = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST")}
            self.processes[name] = subprocess.Popen(
                command, stdout=log, stderr=log, cwd=self.folder / "state" / "hub", env=env
            )


def release(place, version, steps):
    machine.release(place, version)
    (place.releases / version / "bin/hall").write_text(
        PROGRAM.format(schema=SCHEMAS[version], steps=str(steps), fault=FAULTS.get(version, ""))
    )


@pytest.fixture
def box(tmp_path):
    steps = tmp_path / "steps"
    shutil.copytree(STEPS, steps, ignore=shutil.ignore_patterns("__pycache__"))
    (steps / "versions" / f"{NEXT}_note.py").write_text(STEP)
    place = machine.made(tmp_path)
    place.releases.mkdir(parents=True)
    for version in SCHEMAS:
        release(place, version, steps)
    boot.point(place.link, "1.0")
    for name in ("hub", "console"):
        (tmp_path / "state" / name).mkdir(parents=True)
    etc = tmp_path / "etc"
    etc.mkdir()
    hands = Hands(tmp_path, place)
    store, broker = tmp_path / "state/hub/hub.db", {"port": hands.port}
    (etc / "hall.yaml").write_text(written(form_of(demo_plan(always_open=True), policy=True)))
    (etc / "hub.yaml").write_text(
        written({"plan": "hall.yaml", "broker": broker, "store": str(store), "trust_console_names": True})
    )
    (etc / "console.yaml").write_text(
        written(
            {
                "plan": "hall.yaml",
                "broker": broker,
                "store": str(store),
                "people": str(tmp_path / "state/console/console.db"),
                "port": hands.pages,
            }
        )
    )

    def lower(file, schema):
        engine = connect_store(str(file))
        try:
            migrate(engine, to=schema, steps=steps, back=True)
        finally:
            engine.dispose()

    made = Errand(
        place=place,
        data=Data(tmp_path / "state", etc),
        hands=hands,
        now=lambda: datetime.now(UTC),
        lower=lower,
    )
    hands.start(place.releases / "1.0")
    try:
        hands.prove(place.releases / "1.0")
        yield made
    finally:
        hands.stop()


def facts(box):
    with closing(sqlite3.connect(box.data.state / "hub/hub.db")) as db:
        (schema,) = db.execute("SELECT value FROM meta WHERE key = 'schema'").fetchone()
        return schema, [tuple(row) for row in db.execute("SELECT n, body FROM facts ORDER BY n")]


def test_it_comes_with_another_schema_and_goes_and_no_fact_is_lost(box):
    _, before = facts(box)
    assert before

    turn = box.run("3.0")  # brings the store forward, and its hub dies
    assert turn.stage is Stage.FAILED
    assert turn.reason.startswith(("no-uptime", "no-answer", "no-pages", "no-services", "no-journal"))
    schema, now = facts(box)
    assert (schema, now[: len(before)]) == (SCHEMA, before)
    assert (box.data.etc / "mosquitto.conf").read_text().startswith("# of 1.0")
    box.hands.prove(box.place.releases / "1.0")

    turn = box.run("2.0")
    assert (turn.stage, turn.reason) == (Stage.DONE, None)
    schema, now = facts(box)
    assert (schema, now[: len(before)]) == (NEXT, before)

    turn = box.run("1.0")  # an older release, after all
    assert (turn.stage, turn.reason) == (Stage.DONE, None)
    schema, now = facts(box)
    assert (schema, now[: len(before)]) == (SCHEMA, before)
    assert not box.hands.shut_
    with looking(str(box.data.state / "hub/hub.db")) as connection:
        assert verify(connection).ok
