"""A hall box as small as can be: folders with what a hall has, releases that change them when they start, and a door."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from deploy.appliance.box_update.data import Data
from deploy.appliance.box_update.errand import Errand
from devices.updates import boot_select as boot
from hall.errors import Fault
from hub.releases import turn as turns
from hub.releases.turn import OVER
from tests.updates import machine

AT = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)
FACTS = 5
#: schema of each release's store, where it has another than 0001
SCHEMAS = {"2.0": "0002", "0.9": "0001", "1.0": "0001"}


def stored(file):
    """The store's schema, its facts, and whether it has the column of schema 0002."""
    with closing(sqlite3.connect(file)) as db:
        facts = [n for (n,) in db.execute("SELECT n FROM facts ORDER BY n")]
        columns = [row[1] for row in db.execute("PRAGMA table_info(facts)")]
        (schema,) = db.execute("SELECT schema FROM meta").fetchone()
    return schema, facts, "hash" in columns


def lower(file, schema):
    with closing(sqlite3.connect(file)) as db:
        if db.execute("SELECT schema FROM meta").fetchone()[0] > schema:
            db.executescript(f"ALTER TABLE facts DROP COLUMN hash; UPDATE meta SET schema = '{schema}'")
            db.commit()


@dataclass
class Hands:
    """A machine that does what it is told; what a release does is what it is known for."""

    root: Path
    place: boot.Place
    #: what is wrong with a release: where it goes wrong
    faults: dict[str, str] = field(default_factory=dict)

    @property
    def door(self):
        return self.root / "door-shut"

    @property
    def runs(self):
        file = self.root / "runs"
        return file.read_text() if file.exists() else None

    def shut(self):
        self.door.touch()

    def open(self):
        self.door.unlink(missing_ok=True)

    def stop(self):
        (self.root / "runs").unlink(missing_ok=True)

    def start(self, release):
        version = release.name
        self.files(release)
        if self.faults.get(version) == "start":
            raise Fault("not-started")
        file = self.root / "state/hub/hub.db"
        with closing(sqlite3.connect(file)) as db:
            (known,) = db.execute("SELECT schema FROM meta").fetchone()
            if known > SCHEMAS[version]:
                raise Fault("store-unknown")
            if known < SCHEMAS[version]:
                db.executescript(
                    f"ALTER TABLE facts ADD COLUMN hash; UPDATE meta SET schema = '{SCHEMAS[version]}'"
                )
            (last,) = db.execute("SELECT max(n) FROM facts").fetchone()
            if version != "1.0":  # a hub begins a day, an hour, a count
                db.execute("INSERT INTO facts (n) VALUES (?)", (last + 1,))
            db.commit()
        if self.faults.get(version) == "migration":
            raise Fault("not-started")
        if version != "1.0":
            (self.root / "state/console/console.db").write_text(f"people of {version}")
            (self.root / "state/console/new-file").write_text(version)
            (self.root / "state/door/access").unlink(missing_ok=True)
            (self.root / "state/hub/bundles").mkdir(exist_ok=True)
        (self.root / "runs").write_text(version)

    def files(self, release):
        (self.root / "etc/mosquitto.conf").write_text(f"broker of {release.name}")

    def schema(self, release):
        if self.faults.get(release.name) == "import":
            raise Fault("command-failed")
        return SCHEMAS[release.name]

    def prove(self, release):
        if self.faults.get(release.name) == "disk":
            raise OSError(28, "no space left on device")
        if self.faults.get(release.name) == "proof":
            raise Fault("no-answer")
        assert self.door.exists()
        assert self.runs == release.name


class Box:
    """One box that runs 1.0 and has 2.0 and 0.9 beside it."""

    def __init__(self, folder, free=None, **faults):
        self.root = folder
        self.place = machine.made(folder, "0.9", "1.0", "2.0", current="1.0")
        self.place.boot.mkdir()
        for name in (
            "hub",
            "console",
            "enrolment/authority",
            "enrolment/releases",
            "register",
            "issued",
            "door",
        ):
            (folder / "state" / name).mkdir(parents=True)
        (folder / "etc").mkdir()
        (folder / "etc/hall.yaml").write_text("a hall")
        (folder / "etc/mosquitto.conf").write_text("broker of 1.0")
        with closing(sqlite3.connect(folder / "state/hub/hub.db")) as db:
            db.executescript("CREATE TABLE facts (n INTEGER); CREATE TABLE meta (schema TEXT)")
            db.executemany("INSERT INTO facts VALUES (?)", [(n + 1,) for n in range(FACTS)])
            db.execute("INSERT INTO meta VALUES ('0001')")
            db.commit()
        (folder / "state/console/console.db").write_text("people")
        (folder / "state/enrolment/authority/issuing.key").write_text("secret")
        (folder / "state/enrolment/authority/issuing.key").chmod(0o600)
        (folder / "state/enrolment/releases/wheel").write_text("large")
        (folder / "state/door/access").write_text("everybody")
        (folder / "runs").write_text("1.0")
        self.hands = Hands(folder, self.place, faults)
        data = Data(folder / "state", folder / "etc", **({"free": free} if free else {}))
        self.errand = Errand(place=self.place, data=data, hands=self.hands, now=lambda: AT, lower=lower)
        self.was = self.content()

    def content(self):
        """Everything that a hall has, byte by byte, with its mode."""
        found = {}
        for top in ("state", "etc"):
            for file in (self.root / top).rglob("*"):
                inside = file.relative_to(self.root)
                if file.is_file() and "update" not in inside.parts:
                    found[str(inside)] = (file.read_bytes(), file.stat().st_mode)
        return found

    @property
    def turn(self):
        return turns.read(self.errand.file)

    def boot(self):
        """The machine starts: what was cut off is settled, then the services start."""
        self.hands.stop()
        self.hands.open()
        self.errand.settle(start=False)
        self.hands.start(self.place.releases / boot.current(self.place))

    def wrong(self, version="2.0"):
        """What is not as it must be once nothing is in its way."""
        turn, runs = self.turn, boot.current(self.place)
        if turn is not None and turn.stage not in OVER:
            return f"it stands at {turn.stage}"
        if self.hands.door.exists():
            return "the door is shut"
        if self.errand.data.before.exists():
            return "the copy is left"
        if self.hands.runs != runs:
            return f"{self.hands.runs} runs and {runs} is meant to"
        if runs == "1.0":
            differ = {k for k, v in self.content().items() if self.was.get(k) != v} | (
                self.was.keys() - self.content()
            )
            return f"{sorted(differ)} is not as it was" if differ else None
        if runs != version:
            return f"{runs} runs"
        schema, facts, _ = stored(self.root / "state/hub/hub.db")
        if schema != SCHEMAS[version] or facts[:FACTS] != [*range(1, FACTS + 1)]:
            return f"the store has schema {schema} and facts {facts}"
        return None
