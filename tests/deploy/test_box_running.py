"""What the installation writes works: the broker with the desk's files, and backups that bring a box back."""

import shutil
import socket
import sqlite3
import subprocess
import tarfile
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from typer.testing import CliRunner

from deploy.appliance.box import layout, texts
from deploy.appliance.box.backup import backup
from deploy.appliance.box.choices import Choices
from deploy.appliance.box.restore import restore
from hall import cli
from hall.errors import Fault
from hall.messages.common import MemberKind
from hall.tls import TlsSettings, context
from hub.broker import accepts, find_mosquitto, free_port, wait_until
from hub.store.journal import Journal
from hub.trust.authority import Authority
from hub.trust.register import Register
from hub.trust.service import be_ready, identity
from hub.trust.settings import read

HALL = "demo"


@pytest.fixture
def box(tmp_path):
    """A tree with a hall box in it."""
    root = tmp_path / "box"
    root.mkdir()
    said = CliRunner().invoke(cli.app, ["hub", "install", "--root", str(root), "--address", "192.168.1.10"])
    assert said.exit_code == 0, said.stderr
    # as root `be_ready` would write where this machine's own box is: the tree's settings name the tree
    for name in ("hub", "console", "enrolment"):
        file = root / f"etc/hallfleet/{name}.yaml"
        file.write_text(file.read_text().replace('"/var/', f'"{root}/var/').replace('"/run/', f'"{root}/'))
    return root


def desk_ready(box):
    assert be_ready(box / "etc/hallfleet/enrolment.yaml") == 0
    return box / "var/lib/hallfleet/door"


@pytest.fixture
def broker(box):
    """The box's own broker, with its own configuration; only account, port and folders are the test's."""
    desk_ready(box)
    port = free_port()
    text = texts.broker()
    for old, new in (
        ("listener 8883", f"listener {port}"),
        ("user mosquitto", "user root"),
        (str(layout.PID_FILE), f"{box}/mosquitto.pid"),
        (layout.STATE, f"{box}{layout.STATE}"),
        (layout.ACCESS, f"{box}{layout.STATE}/door/access"),
    ):
        assert old in text
        text = text.replace(old, new)
    (box / "mosquitto.conf").write_text(text)
    log = (box / "broker.log").open("wb")
    with log, subprocess.Popen([find_mosquitto(), "-c", box / "mosquitto.conf"], stderr=log) as process:
        assert wait_until(lambda: accepts("127.0.0.1", port), 10), (box / "broker.log").read_text()
        yield port
        process.terminate()


def comes_in(port, tls, name):
    """The broker's answer to somebody with this certificate."""
    own = context(tls, HALL)
    said = []
    client = paho.Client(CallbackAPIVersion.VERSION2, name, reconnect_on_failure=False)
    client.tls_set_context(own)
    client.on_connect = lambda _c, _u, _f, reason, _p: said.append(str(reason))
    client.connect("127.0.0.1", port)
    assert wait_until(lambda: bool(client.loop(0.05)) or bool(said), 10)
    client.disconnect()
    client.on_connect = None
    return said


def greeted(line):
    """Whether the broker answers as to somebody whom it lets in."""
    try:
        return line.recv(10).startswith(b"\x20")
    except ConnectionError:
        return False


@pytest.mark.broker
def test_the_boxs_broker_lets_in_who_has_the_halls_certificate_and_nobody_else(box, broker):
    own, _ = read(box / "etc/hallfleet/enrolment.yaml")
    hub = identity(own, HALL, "hub", box / "hub-identity")
    assert comes_in(broker, hub, "hub") == ["Success"]
    with socket.create_connection(("127.0.0.1", broker)) as line:
        line.sendall(b"\x10\x0e\x00\x04MQTT\x04\x02\x00\x3c\x00\x02ab")
        assert not greeted(line)
    other = Authority.found(box / "elsewhere", HALL, datetime.now(UTC))
    stranger = identity(
        type(own)(plan="x", authority=str(other.folder), door=str(box / "other-door")),
        HALL,
        "hub",
        box / "strange",
    )
    mixed = TlsSettings(ca=hub.ca, cert=stranger.cert, key=stranger.key)
    assert "Success" not in comes_in(broker, mixed, "hub")
    assert int((box / "mosquitto.pid").read_text()) > 0
    assert (box / "var/lib/hallfleet/door/access").stat().st_mode & 0o777 == 0o640


@pytest.mark.broker
def test_nobody_holds_the_boxs_broker_with_long_silence_or_large_words(box, broker):
    own, _ = read(box / "etc/hallfleet/enrolment.yaml")
    tls = context(identity(own, HALL, "hub", box / "hub-identity"), HALL)

    def connect(keepalive):
        return b"\x10\x10\x00\x04MQTT\x05\x02" + keepalive.to_bytes(2, "big") + b"\x00\x00\x03hub"

    # whoever wants to be silent for ten minutes is told to speak each minute
    for keepalive, told in ((600, True), (30, False)):
        with socket.create_connection(("127.0.0.1", broker), 10) as bare, tls.wrap_socket(bare) as line:
            line.sendall(connect(keepalive))
            answer = line.recv(64)
            assert answer[0] == 0x20
            assert answer[3] == 0
            assert (b"\x13\x00\x3c" in answer) is told
    # 300,000 bytes are said to come: it hangs up and does not wait for them
    with socket.create_connection(("127.0.0.1", broker), 10) as bare, tls.wrap_socket(bare) as line:
        line.sendall(connect(60))
        assert line.recv(64)[0] == 0x20
        line.sendall(b"\x30\xe0\xa7\x12\x00\x01a")
        with suppress(ConnectionError):
            # with "packet too large" (0x95) as its last word, or none
            assert line.recv(4) in {b"\xe0\x01\x95", b"\xe0\x02\x95\x00", b""}
            assert line.recv(4) == b""


def test_the_brokers_configuration_has_every_line_that_a_hall_needs():
    lines = texts.broker().splitlines()
    for wanted in (
        "listener 8883",
        "require_certificate true",
        "use_identity_as_username true",
        "use_username_as_clientid true",
        "tls_version tlsv1.2",
        "allow_anonymous false",
        "persistence false",
        "set_tcp_nodelay true",
        "max_keepalive 60",
        "max_packet_size 262144",
        f"crlfile {layout.STATE}/door/revoked.pem",
        f"acl_file {layout.ACCESS}",
    ):
        assert wanted in lines


# ---------------------------------------------------------------- backups


def lived_in(box):
    """A box with something in every part."""
    desk_ready(box)
    Journal(str(box / "var/lib/hallfleet/hub/hub.db")).close()
    register = Register(box / "var/lib/hallfleet/register/register.db")
    register.expect("pad-3", MemberKind.PAD, now=datetime.now(UTC), actor="technician")
    register.close()
    people = box / "var/lib/hallfleet/console/console.db"
    with closing(sqlite3.connect(people)) as db:
        db.execute("CREATE TABLE people (login TEXT)")
        db.execute("INSERT INTO people VALUES ('wang')")
        db.commit()


def backed_up(box, capsys):
    """Every part, as the timers do it; where they lie."""
    for part in ("hub", "console", "enrolment"):
        assert backup(part=part, root=box) == 0
    return [Path(line) for line in capsys.readouterr().out.splitlines() if line.startswith("/")]


def test_a_new_box_takes_up_where_the_old_one_was(box, tmp_path, capsys):
    lived_in(box)
    backed_up(box, capsys)
    stick = tmp_path / "stick"
    shutil.copytree(box / "var/backups/hallfleet", stick)
    new = tmp_path / "new"
    new.mkdir()
    CliRunner().invoke(cli.app, ["hub", "install", "--root", str(new), "--address", "192.168.1.11"])
    own = new / "var/lib/hallfleet/enrolment/authority"
    Authority.found(own, "other", datetime.now(UTC))
    (new / "var/lib/hallfleet/issued/hub.pem").write_text("of the other authority")
    assert restore(folder=stick, root=new) == 0
    said = capsys.readouterr().out
    assert "run hall hub install" in said
    old = box / "var/lib/hallfleet/enrolment/authority"
    for name in ("root.pem", "issuing.pem", "issuing.key", "chain.pem"):
        assert (own / name).read_bytes() == (old / name).read_bytes()
    assert (own / "issuing.key").stat().st_mode & 0o777 == 0o600
    assert list((new / "var/lib/hallfleet/issued").iterdir()) == []
    assert list((own.parent).glob("authority.before-*"))
    register = Register(new / "var/lib/hallfleet/register/register.db")
    assert [entry.name for entry in register.entries()] == ["pad-3"]
    register.close()
    with closing(sqlite3.connect(new / "var/lib/hallfleet/console/console.db")) as db:
        assert db.execute("SELECT login FROM people").fetchall() == [("wang",)]
    assert (new / "var/lib/hallfleet/hub/hub.db").exists()
    assert "192.168.1.10" in (new / "etc/hallfleet/box.yaml").read_text()


def test_the_roots_key_is_in_no_backup_and_a_backup_is_its_accounts_alone(box, capsys):
    lived_in(box)
    root_key = (box / "var/lib/hallfleet/enrolment/authority/root.key").read_bytes()
    for file in (box / "var/backups/hallfleet").rglob("*"):
        assert root_key not in (file.read_bytes() if file.is_file() else b"")
    for file in backed_up(box, capsys):
        if file.suffix == ".tar":
            assert file.stat().st_mode & 0o777 == 0o600
            with tarfile.open(file) as tar:
                assert not [name for name in tar.getnames() if "root.key" in name]
        assert root_key not in file.read_bytes()


def test_only_the_newest_backups_stay(box, capsys):
    lived_in(box)
    CliRunner().invoke(cli.app, ["hub", "install", "--root", str(box)])
    file = box / "etc/hallfleet/box.yaml"
    file.write_text(file.read_text().replace("keep: 14", "keep: 2"))
    made = [backed_up(box, capsys) for _ in range(3)]
    for part, pattern in (
        ("hub", "hub-*.db"),
        ("hub", "settings-*.tar"),
        ("console", "*.tar"),
        ("enrolment", "*.tar"),
    ):
        left = sorted((box / "var/backups/hallfleet" / part).glob(pattern))
        assert len(left) == 2
        assert not set(left) & set(made[0])


def test_what_a_backup_that_was_killed_left_behind_is_gone_after_the_next(box, capsys):
    lived_in(box)
    torn = box / "var/backups/hallfleet/console/.making-x"
    torn.mkdir()
    shutil.copy(box / "var/lib/hallfleet/console/console.db", torn)
    backed_up(box, capsys)
    assert [each.suffix for each in torn.parent.iterdir()] == [".tar"]


def test_a_damaged_backup_is_refused_before_anything_is_touched(box, tmp_path, capsys):
    lived_in(box)
    backed_up(box, capsys)
    stick = tmp_path / "stick"
    shutil.copytree(box / "var/backups/hallfleet", stick)
    (bundle,) = (stick / "enrolment").glob("*.tar")
    data = bytearray(bundle.read_bytes())
    data[data.index(b"BEGIN CERTIFICATE") + 40] ^= 1
    bundle.write_bytes(data)
    before = {path: path.read_bytes() for path in (box / "var/lib").rglob("*") if path.is_file()}
    with pytest.raises(Fault, match="take an older one"):
        restore(folder=stick, root=box)
    assert {path: path.read_bytes() for path in (box / "var/lib").rglob("*") if path.is_file()} == before


def test_a_folder_without_backups_is_named(box, tmp_path):
    with pytest.raises(Fault, match=r"no hub-\*.db"):
        restore(folder=tmp_path, root=box)


def test_the_firewalls_rules_are_rules_and_touch_no_table_but_their_own(tmp_path):
    rules = texts.firewall(Choices(ssh=True))
    (tmp_path / "rules").write_text(rules)
    nft = shutil.which("nft") or "/usr/sbin/nft"
    done = subprocess.run(
        [nft, "--check", "--file", tmp_path / "rules"], capture_output=True, text=True, check=False
    )
    # whoever may not change rules is told so only after they were understood
    assert done.returncode == 0 or "Operation not permitted" in done.stderr, done.stderr
    assert rules.count("table ") == rules.count("table inet hallfleet")
    assert "flush" not in rules
