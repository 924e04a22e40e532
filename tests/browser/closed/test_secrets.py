"""Every kind of secret goes through a whole hall, and lies afterwards where it belongs and nowhere else."""

import gzip
import hashlib
import json
import re
import secrets
import sqlite3
import subprocess
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from deploy.appliance.box.bundle import make
from hub.store.backup import backup
from tests.deploy.card.cards import CARDS
from tests.deploy.wheels import release

from ..staff.hands import come_in, log_in  # noqa: TID252 - tests are no package

pytestmark = [pytest.mark.broker, pytest.mark.processes]

HALL = Path(sys.prefix) / "bin" / "hall"
KEY = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----\n[^\n]{64}\n(.{24})")
WIFI = f"canary {secrets.token_hex(8)}"
MISTYPED = f"mistyped-{secrets.token_hex(8)}"


class Told:
    """What commands said, all of it."""

    def __init__(self):
        self.all = ""

    def by(self, *words, within_s=60):
        done = subprocess.run(
            [HALL, *map(str, words)], capture_output=True, text=True, timeout=within_s, check=False
        )
        assert done.returncode == 0, done.stderr
        self.all += done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def told():
    return Told()


@pytest.fixture(scope="module")
def token(hall, told, tmp_path_factory):
    """Of a new box's invitation."""
    card = tmp_path_factory.mktemp("card")
    told.by("fleet", "replace", "pad-5", "--card", card, "--settings", hall.folder / "settings" / "hub.yaml")
    return json.loads((card / "enrol.json").read_text())["token"]


@pytest.fixture(scope="module")
def card(hall, told, tmp_path_factory):
    """A card for a hall with a wireless network, as `hall flash` leaves it."""
    folder = tmp_path_factory.mktemp("wireless")
    boot = folder / "boot"
    for name, content in CARDS["trixie"].items():
        (boot / name).parent.mkdir(parents=True, exist_ok=True)
        (boot / name).write_bytes(content)
    (folder / "password").write_text(WIFI + "\n")
    desk = hall.folder / "trust" / "enrolment.yaml"
    reached = desk.with_name(
        "reached.yaml"
    )  # a card is for a box that can reach the desk, unlike this loopback's
    said = yaml.safe_load(desk.read_text()) | {"desks": ["https://192.168.8.2:8443"]}
    reached.write_text(yaml.safe_dump(said))
    told.by(
        *("flash", "sign-5", "--replace", "--wheels", release(folder / "wheels", "sign")),
        *("--settings", reached, "--boot-dir", boot),
        *("--wifi", "hall", "--wifi-password-file", folder / "password", "--yes"),
    )
    return boot


@pytest.fixture(scope="module")
def api_key(hall, told, tmp_path_factory):
    """Of another program; it is said once, and used."""
    settings = tmp_path_factory.mktemp("console") / "console.yaml"
    own = {"plan": str(hall.folder / "settings" / "hall.yaml"), "people": str(hall.folder / "console.db")}
    settings.write_text(yaml.safe_dump(own))
    words = ("console", "token", "make", "a screen", "--scope=devices", f"--settings={settings}")
    made = subprocess.run([HALL, *words], capture_output=True, text=True, timeout=60, check=True)
    key = made.stdout.split()[1]
    asked = ["curl", "-sS", "--fail", "-H", f"Authorization: Bearer {key}", f"{hall.url}api/v1/morning"]
    told.all += subprocess.run(asked, capture_output=True, text=True, timeout=60, check=True).stdout
    return key


@pytest.fixture(scope="module")
def keys(hall):
    """A piece of each private key, and the file where it lies."""
    found = {}
    for file in files(hall.folder):
        if key := KEY.search(file.read_bytes()):
            assert file.stat().st_mode & 0o077 == 0, file
            found[key[1]] = file
    return found


@pytest.fixture(scope="module")
def planted(passwords, logged_in, token, card, api_key, keys):
    """Every secret by what it is: the bytes themselves."""
    [cookie] = [each["value"] for each in logged_in["cookies"] if each["name"].endswith("hall-session")]
    derived = hashlib.pbkdf2_hmac("sha1", WIFI.encode(), b"hall", 4096, 32).hex()
    invited = json.loads((card / "hall" / "enrol.json").read_text())["token"]
    return {
        **{f"password of {login}": password.encode() for login, password in passwords.items()},
        "a password at the wrong door": MISTYPED.encode(),
        "session": cookie.encode(),
        "wireless password": WIFI.encode(),
        "wireless key": derived.encode(),
        "invitation": token.encode(),
        "invitation on a card": invited.encode(),
        "key of a program": api_key.encode(),
        **{f"key {file.name} of {file.parent.name}": piece for piece, file in keys.items()},
    }


@pytest.fixture(scope="module")
def lived(hall, planted, told, chromium, logged_in, passwords):
    """What can leak has had its chance: pages, a mistyped password, bundles, logs. What the pages said."""
    context = chromium.new_context()
    page = context.new_page()
    page.set_default_timeout(60_000)
    log_in(page, hall, "technician", MISTYPED)
    page.wait_for_selector(".mistake")
    said = page.content()
    context.close()
    for role, paths in {
        "technician": ("fleet",),
        "admin": ("admin", "live"),
        "auditor": ("inspection",),
    }.items():
        context = chromium.new_context()
        page = context.new_page()
        page.set_default_timeout(60_000)
        come_in(page, hall, role, passwords[role])
        for path in paths:
            page.goto(hall.url + path)
            page.wait_for_selector("main")
            said += page.content()
        context.close()
    settings = ("--settings", hall.folder / "settings" / "hub.yaml")
    told.by("fleet", "bundle", "pad-1", *settings)
    told.by("fleet", "logs", "dispenser-1", *settings)
    told.by("fleet", "show", "sign-1", *settings)
    return said


def files(folder):
    return [file for file in folder.rglob("*") if file.is_file() and not file.is_symlink()]


def found_in(planted, data):
    return [what for what, secret in planted.items() if secret in data]


def test_what_is_looked_for_is_there_to_be_found(planted, keys, hall, card):
    """Each of them lies where it belongs: looking for nothing finds nothing."""
    assert len(keys) >= 15
    assert len({*planted.values()}) == len(planted)
    assert planted["wireless key"] in b"".join(file.read_bytes() for file in files(card))
    assert planted["password of admin"] in (hall.folder / "demo-people.json").read_bytes()


def test_in_the_halls_own_files_each_lies_where_it_belongs_and_nowhere_else(hall, planted, keys, lived):
    belongs = {*keys.values(), hall.folder / "demo-people.json"}
    wrong = {
        str(file.relative_to(hall.folder)): what
        for file in files(hall.folder)
        if file not in belongs and (what := found_in(planted, _plain(file)))
    }
    assert wrong == {}
    # and those files hold what is theirs alone
    for piece, file in keys.items():
        assert found_in(planted, file.read_bytes()) == [f"key {file.name} of {file.parent.name}"], piece


def _plain(file):
    data = file.read_bytes()
    return gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data


def test_no_page_no_command_and_no_process_says_one(hall, planted, told, lived):
    assert found_in(planted, lived.encode()) == []
    assert found_in(planted, told.all.encode()) == []
    processes = json.loads((hall.folder / "processes.json").read_text())
    looked_at = 0
    for name, pid in processes.items():
        with suppress(
            FileNotFoundError, ProcessLookupError
        ):  # a box that was put out ends and is started again
            said = b"".join(Path(f"/proc/{pid}/{of}").read_bytes() for of in ("cmdline", "environ"))
            assert found_in(planted, said) == [], name
            looked_at += 1
    assert looked_at > 10


def test_a_support_bundle_was_fetched_and_holds_none(hall, planted, lived):
    [bundle] = hall.folder.rglob("pad-1-*.json.gz")
    assert b"pad-1" in _plain(bundle)
    assert found_in(planted, _plain(bundle)) == []


def test_backups_hold_none(hall, planted, lived, tmp_path):
    store = backup(str(hall.folder / "hub.db"), tmp_path / "hub", hall="demo", keep=1)
    assert sqlite3.connect(store).execute("SELECT 1").fetchone() == (1,)
    (tmp_path / "console").mkdir()
    people = make(
        tmp_path / "console",
        "console",
        [("console.db", hall.folder / "console.db")],
        keep=1,
        now=datetime.now(UTC),
    )
    assert b"technician" in people.read_bytes()
    for file in (store, people):
        assert found_in(planted, file.read_bytes()) == []


def test_a_cards_wireless_password_is_not_on_the_card(card, planted):
    """A key made of it is, without which no device finds its network; and the invitation is in one file."""
    holds = {file.name: what for file in files(card) if (what := found_in(planted, file.read_bytes()))}
    assert holds == {"network-config": ["wireless key"], "enrol.json": ["invitation on a card"]}
