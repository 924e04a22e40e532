"""From a card to a member, as people and devices do it: the real desk, the real command line, the real broker."""

import json
import os
import queue
import signal
import socket
import ssl
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from devices.enrolment.identity import Identity
from devices.enrolment.invitation import read as read_card
from devices.enrolment.joining import HttpsDesk
from hall.errors import Refused
from hall.topics import Topics
from hub.broker import Broker, Door, accepts, free_port, wait_until
from hub.trust.authority import Authority
from hub.trust.desk import LONGEST
from hub.trust.settings import read
from tests.hub.trust.conftest import HALL, House

pytestmark = [pytest.mark.broker, pytest.mark.processes]
PROGRAM = Path(sys.prefix) / "bin" / "hall"
FINE = {"Success", "No matching subscribers"}


class Box(House):
    """A hall box: desk and broker as processes, the command line beside them."""

    def start(self):
        self.desk = subprocess.Popen(
            [PROGRAM, "enrolment", "run", "--settings", self.settings], stdout=self.log, stderr=self.log
        )
        assert wait_until(lambda: accepts("127.0.0.1", self.port) or self.desk.poll() is not None, 20)
        assert self.desk.poll() is None, (self.folder / "desk.log").read_text()

    def stop(self, how=signal.SIGTERM):
        self.desk.send_signal(how)
        return self.desk.wait(15)

    def hall(self, *words, fails=False):
        """The command line; what it says."""
        done = subprocess.run([PROGRAM, *words], capture_output=True, text=True, timeout=60, check=False)
        assert (done.returncode != 0) is fails, done.stdout + done.stderr
        return done.stdout + done.stderr

    def member(self, what, *words, fails=False):
        return self.hall("member", what, *words, "--settings", str(self.settings), fails=fails)

    def card(self, name):
        folder = self.folder / f"card-{name}"
        folder.mkdir(exist_ok=True)
        return folder


@pytest.fixture(scope="module")
def box(tmp_path_factory):
    folder = tmp_path_factory.mktemp("box")
    port, mqtt = free_port(), free_port()
    settings = folder / "enrolment.yaml"
    pid = folder / "broker.pid"
    plan = Path("deploy/hall.example.yaml").absolute()
    own = {
        "plan": str(plan),
        "port": port,
        "broker_port": mqtt,
        "reload": [sys.executable, "-c", f"import os; os.kill(int(open({str(pid)!r}).read()), 1)"],
    }
    settings.write_text(yaml.safe_dump(own))
    door = folder / "door"
    broker = Broker(
        folder / "broker",
        port=mqtt,
        door=Door(
            ca=door / "ca.pem",
            cert=door / "server.pem",
            key=door / "server.key",
            revoked=door / "revoked.pem",
            access=door / "access",
        ),
    )
    with (folder / "desk.log").open("wb") as log:
        made = Box(folder, None, broker)
        made.settings, made.port, made.log = settings, port, log
        made.start()
        made.authority = Authority(folder / "authority", HALL)
        broker.start()
        pid.write_text(str(broker.pid))
        yield made
        assert made.stop() == 0
        made.close()
        broker.stop()


def test_a_card_a_device_and_a_technician_make_a_member(box):
    card = box.card("pad-3")
    assert "pad-3 (pad) is expected" in box.member("expect", "pad-3", "--card", str(card))
    assert "expected" in box.member("list")
    identity = box.folder / "pi" / "identity"
    box.hall("identity", "enrol", "--card", str(card / "enrol.json"), "--folder", str(identity))
    assert "hall member confirm pad-3" in box.member("list")
    assert box.member("confirm", "pad-3").strip() == "pad-3: in-service"
    listed = json.loads(box.member("list", "--json"))
    assert [(entry["name"], entry["standing"]) for entry in listed] == [("pad-3", "in-service")]
    invitation = read_card(card / "enrol.json")
    assert invitation.token == ""
    files = Identity(identity, "pad-3", invitation.ca.encode()).files
    caller = box.caller(files)
    assert caller.says(Topics(HALL).state("pad-3")) in FINE
    assert caller.says(Topics(HALL).state("sign-3")) == "Not authorized"
    assert "not yet due" in box.hall(
        "identity", "renew", "--card", str(card / "enrol.json"), "--folder", str(identity)
    )
    # out with it: within five seconds its connection ends, and it does not come back
    new_card = box.card("pad-3-again")
    box.member("replace", "pad-3", "--card", str(new_card))
    assert caller.ended.get(timeout=5)
    with pytest.raises((OSError, queue.Empty)):
        box.caller(files)
    said = box.member("history", "pad-3")
    assert [line.split()[3].rstrip(":") for line in said.splitlines()] == [
        "replaced",
        "confirmed",
        "enrolled",
        "expected",
    ]


def test_of_a_hundred_devices_with_copies_of_one_card_exactly_one_becomes_a_member(box, tmp_path):
    card = box.card("sign-3")
    box.member("expect", "sign-3", "--card", str(card))
    invitation = read_card(card / "enrol.json")

    def ask(nth):
        own = Identity(tmp_path / str(nth), "sign-3", invitation.ca.encode())
        fields = {"token": invitation.token, "request": own.request().decode(), "machine": {}}
        while True:
            try:
                HttpsDesk(invitation.desks, own.ca, HALL).ask("enrol", fields)
            except Refused as no:
                return no.code
            except OSError:  # too many at once: come back
                continue
            return "member"

    with ThreadPoolExecutor(25) as crowd:
        answers = list(crowd.map(ask, range(100)))
    assert sorted(answers) == ["member"] + ["token-refused"] * 99


def test_a_device_waits_for_a_desk_that_is_killed_and_comes_back(box):
    card = box.card("speaker-1")
    box.member("expect", "speaker-1", "--card", str(card))
    box.stop(signal.SIGKILL)
    identity = box.folder / "pi-speaker"
    device = subprocess.Popen(
        [PROGRAM, "identity", "enrol", "--card", card / "enrol.json", "--folder", identity],
        stderr=subprocess.PIPE,
    )
    assert b"cannot be reached" in device.stderr.readline()
    box.start()
    assert device.wait(60) == 0
    device.stderr.close()
    assert (identity / "current" / "cert.pem").exists()


def test_a_card_of_another_hall_is_never_answered(box, tmp_path):
    """The device believes its own hall alone: it goes on waiting, and sends its token to nobody else."""
    other = Authority.found(tmp_path / "other", HALL, datetime.now(UTC))
    card = box.card("sign-1")
    box.member("expect", "sign-1", "--card", str(card))
    text = json.loads((card / "enrol.json").read_text())
    text["ca"] = (other.folder / "root.pem").read_text()
    (card / "enrol.json").write_text(json.dumps(text))
    device = subprocess.Popen(
        [PROGRAM, "identity", "enrol", "--card", card / "enrol.json", "--folder", tmp_path / "pi"],
        stderr=subprocess.PIPE,
    )
    assert b"is not this hall's box" in device.stderr.readline()
    assert device.poll() is None
    os.kill(device.pid, signal.SIGTERM)
    device.wait(10)
    device.stderr.close()


def test_the_desk_answers_three_questions_and_no_more(box):
    believing = ssl.create_default_context(cafile=str(box.authority.folder / "root.pem"))
    believing.check_hostname = False

    def answer(request: bytes) -> bytes:
        with socket.create_connection(("127.0.0.1", box.port), 10) as raw, believing.wrap_socket(raw) as line:
            line.sendall(request)
            said = b""
            while part := line.recv(4096):
                said += part
            return said

    head = b"Host: desk\r\nConnection: close\r\n"
    assert b" 200 " in answer(b"GET /hello HTTP/1.1\r\n" + head + b"\r\n")
    assert b"demo" in answer(b"GET /hello HTTP/1.1\r\n" + head + b"\r\n")
    for path in (b"/", b"/docs", b"/register.db", b"/../authority/issuing.key", b"/enrol"):
        assert b" 200 " not in answer(b"GET " + path + b" HTTP/1.1\r\n" + head + b"\r\n")
    # so much is said to come; the desk does not wait for all of it, and hangs up on who goes on sending
    too_much = b"POST /enrol HTTP/1.1\r\n" + head + b"Content-Length: 200000\r\n\r\n" + b"x" * (LONGEST + 1)
    assert b" 413 " in answer(too_much)
    plain = socket.create_connection(("127.0.0.1", box.port), 10)
    plain.sendall(b"GET /hello HTTP/1.1\r\n\r\n")
    assert b"200" not in plain.recv(100)
    plain.close()


def test_a_quarantined_name_says_what_to_do_and_the_root_leaves_on_a_stick(box, tmp_path):
    card = box.card("sign-2")
    box.member("expect", "sign-2", "--card", str(card))
    box.hall("identity", "enrol", "--card", str(card / "enrol.json"), "--folder", str(tmp_path / "pi"))
    box.member("quarantine", "sign-2", "--why", "seen twice")
    assert "find the second box" in next(line for line in box.member("list").splitlines() if "sign-2" in line)
    assert "quarantined: seen twice" in box.member("history", "sign-2")
    assert box.member("release", "sign-2").strip() == "sign-2: enrolled"
    box.hall("enrolment", "take-root", "--to", str(tmp_path / "stick"), "--settings", str(box.settings))
    assert (tmp_path / "stick" / "root.key").exists()
    assert not (box.folder / "authority" / "root.key").exists()
    said = box.hall(
        "enrolment", "take-root", "--to", str(tmp_path), "--settings", str(box.settings), fails=True
    )
    assert "not on this machine any more" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("expect", "pad-99"), "register it there first"),
        (("confirm", "sign-4"), "not in the register"),
        (("retire", "sign-4"), "not in the register"),
    ],
)
def test_what_cannot_be_done_is_said_with_what_to_do(box, words, said):
    more = ("--card", str(box.card("none"))) if words[0] == "expect" else ()
    assert said in box.member(*words, *more, fails=True)


def test_a_missing_card_is_named(box):
    assert "mount the card first" in box.member("expect", "pad-1", "--card", "/nowhere", fails=True)


def test_no_key_and_no_token_stands_in_the_desks_log(box):
    said = (box.folder / "desk.log").read_text()
    own, _ = read(box.settings)
    assert "enrolled" in said
    assert "PRIVATE KEY" not in said
    for folder in box.folder.glob("card-*"):
        if (folder / "enrol.json").exists():
            token = read_card(folder / "enrol.json").token
            assert not token or token not in said
    assert Path(own.authority).stat().st_mode & 0o077 == 0
