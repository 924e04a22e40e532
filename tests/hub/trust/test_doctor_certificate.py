"""`hall doctor` sees a certificate that will not do before the device is away, and takes no device's place on the bus."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from devices.doctor import certificate
from devices.doctor.__main__ import run
from devices.doctor.finding import Level
from hall.tls import BrokerSettings
from hub.trust.authority import Authority

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
