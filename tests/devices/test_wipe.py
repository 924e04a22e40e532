"""A device that leaves the hall forgets who it is and what it knew, and says before that it heard."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from devices.agent.settings import AgentSettings
from devices.agent.wipe import wipe
from devices.enrolment.identity import Identity
from hall.tls import BrokerSettings, TlsSettings
from hub.trust.authority import Authority


@pytest.fixture
def settings(tmp_path):
    authority = Authority.found(tmp_path / "authority", "demo", datetime.now(UTC))
    root = (tmp_path / "authority" / "root.pem").read_bytes()
    identity = Identity(tmp_path / "device" / "identity", "pad-3", root)
    identity.take(authority.issue_member(identity.request("token"), "pad-3", datetime.now(UTC)).chain)
    memory = tmp_path / "device" / "state"
    memory.mkdir()
    for name in ("pad-3.card", "pad-3.card-wal", "pad-3.starts", "pad-33.card", "sign-3.card"):
        (memory / name).write_bytes(b"remembered")
    (memory / "pad-3.voice").mkdir()  # what a speaker has said lies in a folder
    (memory / "pad-3.voice" / "said.wav").write_bytes(b"remembered")
    return AgentSettings(
        hall="demo", member="pad-3", state_dir=str(memory), broker=BrokerSettings(tls=identity.files)
    )


def test_keys_certificate_and_memory_are_gone_and_what_is_not_this_members_stays(settings, tmp_path):
    key = Path(settings.broker.tls.key)
    held = key.open("rb")  # whoever has the old block sees nothing in it
    size = key.stat().st_size
    wipe(settings)
    assert held.read() == b"\0" * size
    held.close()
    assert not (tmp_path / "device" / "identity").exists()
    assert sorted(f.name for f in Path(settings.state_dir).iterdir()) == ["pad-33.card", "sign-3.card"]


def test_again_and_without_certificates_there_is_nothing_to_do(settings):
    wipe(settings)
    wipe(settings)
    wipe(AgentSettings(hall="demo", member="pad-3", state_dir=settings.state_dir))


def test_of_a_folder_that_is_not_only_its_own_key_and_certificate_go_and_the_rest_stays(tmp_path):
    files = {name: str(tmp_path / f"{name}.pem") for name in ("ca", "cert", "key")}
    for name in ("ca.pem", "cert.pem", "key.pem", "sign-3.pem", "hall.yaml"):
        (tmp_path / name).write_text("something")
    memory = tmp_path / "state"
    memory.mkdir()
    held = (tmp_path / "key.pem").open()
    broker = BrokerSettings(tls=TlsSettings(**files))
    wipe(AgentSettings(hall="demo", member="pad-3", state_dir=str(memory), broker=broker))
    assert held.read() == "\0" * len("something")
    held.close()
    assert {f.name for f in tmp_path.iterdir()} == {"ca.pem", "sign-3.pem", "hall.yaml", "state"}
