"""`hall fleet` on real programs: a device tests itself, takes a setting at once and refuses a bad one, and hands out a bundle without secrets."""

import gzip
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from hall.errors import Refused
from hub.broker import Broker
from hub.console import fleet_command
from tests.hub.small_hall import PLAN

pytestmark = [pytest.mark.processes, pytest.mark.broker]

SECRET = "c0ffee" * 5 + "ab"
#: a pad's program that logs what it must not tell, and lets a number change
PAD = f"""
import logging, sys
from pathlib import Path
from devices.agent.agent import Agent
from devices.agent.config import AgentConfig
from devices.agent.run import run
from devices.agent.settings import AgentSettings
from hall.messages.common import MemberKind

class Config(AgentConfig, frozen=True, kw_only=True):
    bright: int | None = None

class Pad(Agent):
    config_kind = Config

def build(settings, parts):
    logging.getLogger("pad").warning("page opened token=%s", "{SECRET}")
    return Pad(hall=settings.hall, member=settings.member, kind=MemberKind.PAD, **parts.for_agent())

sys.exit(run(Path(sys.argv[1]), AgentSettings, MemberKind.PAD, build))
"""


@pytest.fixture
def hub(tmp_path):
    with Broker(tmp_path / "broker") as broker:
        plan = PLAN | {"members": {"pad-1": {"kind": "pad", "window": 1}}}
        where = {"host": "127.0.0.1", "port": broker.port}
        own = {"plan": "hall.yaml", "broker": where, "store": "state/hub.db", "trust_console_names": True}
        pad = {
            "hall": "demo",
            "member": "pad-1",
            "state_dir": str(tmp_path / "pad"),
            "broker": where,
            "fleet": 1,
        }
        for name, content in (("hall", plan), ("hub", own), ("pad", pad)):
            (tmp_path / f"{name}.yaml").write_text(
                yaml.safe_dump(content, allow_unicode=True), encoding="utf-8"
            )
        programs = [
            subprocess.Popen([sys.executable, "-m", "hub", "--settings", str(tmp_path / "hub.yaml")]),
            subprocess.Popen([sys.executable, "-c", PAD, str(tmp_path / "pad.yaml")]),
        ]
        yield tmp_path / "hub.yaml"
        for program in programs:
            program.send_signal(signal.SIGTERM)
        assert [program.wait(20) for program in programs] == [0, 0]


def fleet(hub, *arguments):
    """What the command printed, and how it ended."""
    done = subprocess.run(
        [sys.executable, "-m", "hall.cli", "fleet", *arguments, "--settings", str(hub)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"LANG": "C"},
    )
    return done.returncode, done.stdout.strip(), done.stderr.strip()


def test_a_technician_looks_after_a_device_from_the_hub_s_machine(hub):
    code, said, how = fleet(hub, "tell", "pad-1", "self-test")
    assert (code, "self-test: done (ok)" in how) == (0, True)
    assert json.loads(said)["alerts"] == []

    assert fleet(hub, "config", "pad-1", "bright=7")[0] == 0
    assert fleet(hub, "config", "pad-1") == (0, "bright=7", "")
    code, said, how = fleet(hub, "tell", "pad-1", "bundle")
    assert code == 0, how
    file = Path(said.split()[0])
    text = gzip.decompress(file.read_bytes()).decode()
    found = json.loads(text)
    assert found["config"]["bright"] == 7
    assert SECRET not in text
    assert any("page opened" in line for line in found["log"])
    assert {"disk", "clock-not-kept"} & {finding["code"] for finding in found["doctor"]}

    # the device refuses what it does not know, stays as it was, and says so
    assert fleet(hub, "config", "pad-1", "colour=red")[0] == 0
    _, said, how = fleet(hub, "tell", "pad-1", "self-test")
    assert json.loads(said)["alerts"] == ["config"]
    assert fleet(hub, "config", "pad-1", "colour=")[0] == 0
    _, said, how = fleet(hub, "tell", "pad-1", "self-test")
    assert json.loads(said)["alerts"] == []

    code, said, how = fleet(hub, "tell", "pad-9", "identify")
    assert (code, said) == (1, "")
    assert "no such device" in how
    code, said, how = fleet(hub, "config", "pad-1", "bright")
    assert code == 1
    assert "NAME=VALUE" in how


def test_a_technician_sees_every_device_and_what_is_missing_in_tables_and_as_json(hub, tmp_path, capsys):
    def said(command, **options):
        """What the command says, called as `hall fleet` calls it; the program's start is the other test's."""
        code = command(settings=hub, member="console-fleet", **options)
        return code, capsys.readouterr().out.strip()

    code, listed = said(fleet_command.show_all, json=True)
    (pad,) = json.loads(listed)
    assert (code, pad["member"], pad["kind"], pad["window"], pad["state"]) == (0, "pad-1", "pad", 1, "ready")
    assert pad["standing"] is None
    _, listed = said(fleet_command.show_all, json=False)
    head, row = listed.splitlines()
    assert head.split()[:4] == ["device", "kind", "window", "state"]
    assert row.split()[:4] == ["pad-1", "pad", "1", "ready"]
    _, shown = said(fleet_command.show, device="pad-1", json=False)
    assert "MB" in shown
    assert said(fleet_command.morning, json=False)[0] == 0
    code, log = said(fleet_command.logs, device="pad-1", lines=50)
    assert "page opened" in log
    assert SECRET not in log
    _, place = said(fleet_command.bundle, device="pad-1", out=tmp_path)
    assert Path(place).parent == tmp_path
    with pytest.raises(Refused, match="no such device"):
        said(fleet_command.show, device="pad-9", json=True)
    with pytest.raises(Refused, match="no certificates"):
        fleet_command.replace(settings=hub, device="pad-1", card=tmp_path)
    assert said(fleet_command.compare, device="pad-1", values=["bright=4"]) == (0, "bright: - → 4")
    roll = {"kind": "pad", "values": ["bright=much"], "first": "", "prove": 10}
    assert said(fleet_command.roll_out, dry=True, **roll) == (0, 'pad-1: bright: - → "much"')
    code, steps = said(fleet_command.roll_out, dry=False, **roll)
    assert (code, steps.splitlines()[-1]) == (1, "halted: pad-1 not-valid")
    assert json.loads(said(fleet_command.show_all, json=True)[1])[0]["config"] == {}
