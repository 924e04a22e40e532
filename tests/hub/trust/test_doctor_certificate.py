"""`hall doctor` sees a certificate that will not do before the device is away, and takes no device's place on the bus."""

import json
import shutil
import threading
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from devices.doctor import bus, certificate
from devices.doctor.__main__ import run
from devices.doctor.finding import Level
from hall import wire
from hall.messages.common import Level as AlertLevel
from hall.messages.common import MemberKind, MemberState
from hall.messages.presence import Alert, Beat, State
from hall.tls import BrokerSettings
from hall.topics import Topics
from hall.troubles import TROUBLES
from hub.trust.authority import Authority
from tests.hub.trust.conftest import CONSOLE

pytestmark = pytest.mark.broker


def found(broker, at=None):
    now = datetime.now(UTC) if at is None else at
    return {f.code: f.level for f in certificate.look(broker, "demo", now=lambda: now)}


def where(house, member, **more):
    return BrokerSettings(port=house.broker.port, tls=house.identity(member, **more))


def test_a_bus_without_certificates_needs_none():
    assert found(BrokerSettings()) == {"certificate-unset": Level.OK}


def test_good_certificates_and_the_right_hall_box_are_well(house):
    assert found(where(house, "pad-61")) == {"certificate": Level.OK}


def test_when_a_certificate_ends_is_said_before_it_does_and_after(house):
    broker, now = where(house, "pad-62"), datetime.now(UTC)
    assert found(broker, now + timedelta(days=75))["certificate-ends"] is Level.WARNING
    assert found(broker, now + timedelta(days=91))["certificate-expired"] is Level.FAULT
    assert found(broker, now - timedelta(days=400))["certificate-early"] is Level.FAULT


def test_a_broker_that_refuses_the_device_is_told_from_one_that_is_away(house):
    broker = where(house, "pad-63", since=timedelta(days=-200))
    assert found(broker)["certificate-refused"] is Level.FAULT
    assert "certificate-refused" not in found(replace(where(house, "pad-64"), port=1))


def test_another_hall_s_box_is_not_believed(house, tmp_path):
    other = Authority.found(tmp_path / "other", "demo", datetime.now(UTC))
    tls = replace(where(house, "pad-65").tls, ca=str(other.folder / "root.pem"))
    assert found(BrokerSettings(port=house.broker.port, tls=tls))["certificate-refused"] is Level.FAULT


def test_a_file_that_is_missing_or_nonsense_is_one_fault(house, tmp_path):
    tls = where(house, "pad-66").tls
    (tmp_path / "nonsense.pem").write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    for cert in (str(tmp_path / "none.pem"), str(tmp_path / "nonsense.pem")):
        assert found(BrokerSettings(tls=replace(tls, cert=cert))) == {"certificate-wrong": Level.FAULT}
    assert certificate.validity("no certificate") is None
    assert certificate.validity((tmp_path / "nonsense.pem").read_text()) is None


def test_the_device_that_is_looked_at_keeps_its_place_on_the_bus(house, tmp_path, capsys):
    tls = house.identity("pad-67")
    device = house.caller(tls)
    settings = tmp_path / "pad-67.yaml"
    settings.write_text(
        f"hall: demo\nmember: pad-67\nkind: pad\nwindow: 1\nstate_dir: {tmp_path}\n"
        f"broker: {{port: {house.broker.port}, tls: {{ca: {tls.ca}, cert: {tls.cert}, key: {tls.key}}}}}\n"
    )
    run(settings=settings, hall=None, broker=None, json=True)
    said = capsys.readouterr().out
    assert '"certificate"' in said
    assert '"broker"' in said
    assert device.ended.empty()
    # whoever is cut off cannot publish any more
    assert "subscribers" in device.says("hall/1/demo/pad-67/up/beat")


# --- a whole hall ------------------------------------------------------------------------------------------------------

TOPICS = Topics("demo")
HALL = """id: demo
name: {zh: 大厅, en: Hall}
timezone: Asia/Shanghai
hotline: "12329"
supervision: "0000-0000000"
hours: {always: true}
services: {loan: {letter: A, name: {zh: 贷款, en: Loan}, target_min: 5}}
windows: [{window: 1, serves: [loan]}]
members:
  pad-71: {kind: pad, window: 1}
  sign-71: {kind: sign, window: 1}
  speaker-71: {kind: speaker}
  call-key-71: {kind: call-key, window: 1}
"""


@pytest.fixture
def people(house, monkeypatch):
    """A hub and four devices behind certificates: one is well, one has a trouble, one stands still, one is away."""
    monkeypatch.setattr(bus, "BEATS_S", 1.0)
    callers = {
        name: house.caller(house.identity(name)) for name in ("hub", "pad-71", "sign-71", "speaker-71")
    }

    def says(member, leaf, message, *, retain=True):
        assert callers[member].says(TOPICS.of(member, leaf), wire.encode(message), retain=retain) in {
            "Success",
            "No matching subscribers",
        }

    for name, kind in (("hub", "hub"), ("pad-71", "pad"), ("sign-71", "sign"), ("speaker-71", "speaker")):
        says(name, "$state", State(state=MemberState.READY, epoch=1, boot="b", kind=MemberKind(kind)))
    assert callers["hub"].says(TOPICS.board, b"{}", retain=True) in {"Success", "No matching subscribers"}
    trouble = TROUBLES["panel-fault"].text
    alert = Alert(level=AlertLevel.FAULT, code="panel-fault", text=trouble, since=datetime.now(UTC))
    says("sign-71", "$alert/panel", alert)
    beat = Beat(
        epoch=1, outbox=0, uptime_s=9, temperature_c=51.2, rss_mb=30.0, disk_free_mb=900.0, clock_ok=True
    )
    over = threading.Event()

    def beats():
        while not over.wait(0.2):
            for name in ("pad-71", "sign-71"):
                says(name, "up/beat", beat, retain=False)

    heart = threading.Thread(target=beats)
    heart.start()
    yield callers
    over.set()
    heart.join()


def folder_of(house, member, into):
    """An identity as ``hall identity enrol`` leaves it."""
    tls = house.identity(member)
    (into / "current").mkdir(parents=True)
    for name, file in (("ca.pem", tls.ca), ("current/cert.pem", tls.cert), ("current/key.pem", tls.key)):
        shutil.copy(file, into / name)
    return into


def asked(house, tmp_path, capsys, identity):
    """What the doctor finds in the hall, about the hall."""
    hall = tmp_path / "hall.yaml"
    hall.write_text(HALL, "utf-8")
    where = f"127.0.0.1:{house.broker.port}"
    run(settings=None, hall=hall, broker=where, json=True, identity=identity)
    found = json.loads(capsys.readouterr().out)["findings"]
    at = next(n for n, one in enumerate(found) if one["code"].startswith("certificate"))
    return [(one["code"], one["level"], one["text"]["en"]) for one in found[at:]]


@pytest.mark.usefixtures("people")
def test_with_a_console_s_identity_a_closed_hall_is_checked_like_an_open_one(house, tmp_path, capsys):
    found = asked(house, tmp_path, capsys, folder_of(house, CONSOLE, tmp_path / "me"))
    told = {code: (level, text) for code, level, text in found}
    assert [code for code, _, _ in found] == [
        "certificate",
        "broker",
        "hub",
        "device",
        "panel-fault",
        "device-silent",
        "device-away",
    ]
    assert told["hub"][0] == "ok"
    assert told["device"] == ("ok", "pad-71 is well (51 °C, 900 MB of disk free)")
    assert told["panel-fault"][1].startswith("sign-71: ")
    assert told["device-silent"][1].startswith("speaker-71")
    assert told["device-away"][1].startswith("call-key-71")


def test_a_device_s_identity_is_refused_before_it_takes_the_device_s_place(house, people, tmp_path, capsys):
    found = asked(house, tmp_path, capsys, folder_of(house, "pad-71", tmp_path / "pad"))
    assert [code for code, _, _ in found] == ["certificate", "identity-not-a-console", "broker"]
    assert people["pad-71"].ended.empty()


@pytest.mark.usefixtures("people")
def test_a_console_that_the_hall_does_not_know_hears_nothing_and_is_told_so(house, tmp_path, capsys):
    found = asked(house, tmp_path, capsys, folder_of(house, "console-stranger", tmp_path / "stranger"))
    assert ("identity-unknown", "fault") in [(code, level) for code, level, _ in found]


def test_a_console_s_identity_that_a_program_uses_is_told(house, people, tmp_path, capsys):
    busy = house.caller(house.identity(CONSOLE))
    state = State(state=MemberState.READY, epoch=1, boot="b", kind=MemberKind.CONSOLE)
    busy.says(TOPICS.of(CONSOLE, "$state"), wire.encode(state), retain=True)
    try:
        found = asked(house, tmp_path, capsys, folder_of(house, CONSOLE, tmp_path / "me"))
    finally:
        gone = house.caller(house.identity(CONSOLE))
        gone.says(TOPICS.of(CONSOLE, "$state"), b"", retain=True)
    assert ("identity-in-use", "warning") in [(code, level) for code, level, _ in found]
    assert people["pad-71"].ended.empty()


def test_without_an_identity_it_says_how_a_closed_hall_is_looked_at(house, tmp_path, capsys):
    tls = house.identity("pad-75")
    hall, settings = tmp_path / "hall.yaml", tmp_path / "pad-75.yaml"
    hall.write_text(HALL, "utf-8")
    settings.write_text(
        f"hall: demo\nmember: pad-75\nkind: pad\nwindow: 1\nstate_dir: {tmp_path}\n"
        f"broker: {{port: {house.broker.port}, tls: {{ca: {tls.ca}, cert: {tls.cert}, key: {tls.key}}}}}\n"
    )
    run(settings=settings, hall=hall, broker=None, json=True)
    found = {one["code"]: one for one in json.loads(capsys.readouterr().out)["findings"]}
    assert found["hall-not-asked"]["level"] == "warning"
    assert "--identity" in found["hall-not-asked"]["do"]["en"]
