"""A whole hall behind certificates: every device enrols first, the day goes its way, and a dead device is replaced in one act."""

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest
import yaml

from hall.messages import facts
from hall.messages.common import MemberState
from hub.console.door.rights import MemberAct
from hub.console.membership.room import Membership
from sim.layout import demo_plan
from sim.people.cast import Cast
from sim.stage import running_stage

pytestmark = [pytest.mark.processes, pytest.mark.broker]
PROGRAM = Path(sys.prefix) / "bin" / "hall"


@pytest.fixture(scope="module")
def hall(tmp_path_factory):
    plan = demo_plan(always_open=True)
    few = {name: plan.members[name] for name in ("dispenser-1", "sign-3", "pad-3")}
    plan = msgspec.structs.replace(plan, members=few)
    folder = tmp_path_factory.mktemp("secure")
    with running_stage(folder, plan=plan, console="console-demo", secure=True) as stage:
        yield stage


def member(hall, *words):
    settings = hall.folder / "trust" / "enrolment.yaml"
    done = subprocess.run(
        [PROGRAM, "member", *words, "--settings", settings],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_somebody_is_served_in_a_hall_where_everybody_shows_a_certificate(hall):
    cast = Cast(hall)
    issued = cast.takes("loan")
    cast.wait_for(facts.TicketPrinted, ticket=issued.ticket, within_s=40)
    standing = [line.split()[2] for line in member(hall, "list").splitlines() if "console" not in line]
    assert standing == ["enrolled"] * len(hall.plan.members)


def test_a_dead_device_is_replaced_in_one_act_and_the_new_one_takes_its_place(hall):
    """The running program is the dead one's clone: it is out before the new box comes."""
    member(hall, "confirm", "pad-3")
    card = hall.hall.secure.card("pad-3")
    identity = hall.folder / "trust" / "identities" / "pad-3"
    old = (identity / "current" / "cert.pem").read_bytes()
    member(hall, "replace", "pad-3", "--card", str(card.parent))
    state = hall.console.view.states
    assert hall.run_until(lambda: state.get("pad-3") is not MemberState.READY, 20)
    # the new box has nothing of the old one but its card
    (identity / "current").unlink()
    hall.hall.supervisor.kill("pad-3")
    assert hall.run_until(lambda: state.get("pad-3") is MemberState.READY, 60)
    assert (identity / "current" / "cert.pem").read_bytes() != old
    assert "enrolled" in next(line for line in member(hall, "list").splitlines() if line.startswith("pad-3"))


def test_the_console_replaces_a_device_in_one_act_and_its_session_is_cut_within_five_seconds(
    hall, record_property
):
    settings, ca = hall.folder / "trust" / "enrolment.yaml", hall.folder / "trust" / "authority" / "root.pem"
    membership = Membership(settings, ca, lambda: hall.plan)
    state = hall.console.view.states
    assert hall.run_until(lambda: state.get("sign-3") is MemberState.READY, 30)
    card = asyncio.run(membership.do(MemberAct.REPLACE, "sign-3", by="tech"))
    began = time.monotonic()
    assert hall.run_until(lambda: state.get("sign-3") is not MemberState.READY, 5)
    record_property("cut_s", round(time.monotonic() - began, 2))
    membership.close()
    # the configuration follows the name: the new box shows what the window shows, with nothing but its card
    hall.hall.secure.card("sign-3").write_bytes(card)
    (hall.folder / "trust" / "identities" / "sign-3" / "current").unlink()
    hall.hall.supervisor.kill("sign-3")
    assert hall.run_until(lambda: state.get("sign-3") is MemberState.READY, 60)


def test_a_copied_card_is_found_put_away_by_itself_and_said(hall, tmp_path):
    """A box with a copy of everything that pad-3 has: key, certificate, memory, settings."""
    assert hall.run_until(lambda: hall.console.view.states.get("pad-3") is MemberState.READY, 30)
    copy = yaml.safe_load((hall.folder / "settings" / "pad-3.yaml").read_text())
    copy["state_dir"] = str(tmp_path / "cards")
    shutil.copytree(hall.folder / "cards", tmp_path / "cards")
    (tmp_path / "pad-3.yaml").write_text(yaml.safe_dump(copy))
    program = [PROGRAM, "device", "pad", "--settings", str(tmp_path / "pad-3.yaml")]
    environment = os.environ | hall.hall.layout.world().environment("pad-3")
    with subprocess.Popen(program, env=environment, stderr=subprocess.DEVNULL) as twin:
        try:
            found = Cast(hall).wait_for(facts.AlertRaised, alert="clone", within_s=60)
            assert (found.member, found.code) == ("pad-3", "cloned")
            line = lambda: next(x for x in member(hall, "list").splitlines() if x.startswith("pad-3"))  # noqa: E731
            assert hall.run_until(lambda: "quarantined" in line(), 10)
            lost = hall.console.view.states
            assert hall.run_until(lambda: lost.get("pad-3") is not MemberState.READY, 10)
        finally:
            twin.terminate()
    hall.hall.supervisor.kill("pad-3")
    member(hall, "release", "pad-3")
    assert hall.run_until(lambda: hall.console.view.states.get("pad-3") is MemberState.READY, 60)
    Cast(hall).wait_for(facts.AlertCleared, alert="clone", within_s=30)


def test_a_decommissioned_device_forgets_who_it_was_and_is_out(hall):
    identity = hall.folder / "trust" / "identities" / "sign-3"
    assert (identity / "current" / "key.pem").exists()
    command = [PROGRAM, "fleet", "retire", "sign-3", "--settings", hall.folder / "settings" / "hub.yaml"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert hall.run_until(lambda: not (identity / "current").exists(), 10)
    assert not list((hall.folder / "cards").glob("sign-3.*"))
    assert "retired" in next(line for line in member(hall, "list").splitlines() if line.startswith("sign-3"))


def test_decommissioned_it_says_so_and_waits_without_an_end_until_it_gets_a_card(hall):
    """After the one before. The panel itself is looked at; nobody is started anew meanwhile."""
    log = hall.folder / "logs" / "sign-3.log"
    assert hall.run_until(lambda: "waits for another card" in log.read_text(), 30)
    assert hall.run_until(lambda: "#" in "".join(hall.dots("sign-3")), 30)
    said, process = log.read_text(), hall.hall.supervisor.pids()["sign-3"]
    assert not hall.run_until(lambda: hall.hall.supervisor.pids().get("sign-3") != process, 3)
    assert log.read_text() == said
    member(hall, "expect", "sign-3", "--card", str(hall.hall.secure.card("sign-3").parent))
    assert hall.run_until(lambda: hall.console.view.states.get("sign-3") is MemberState.READY, 60)
    assert hall.hall.supervisor.pids()["sign-3"] == process
    assert (hall.folder / "trust" / "identities" / "sign-3" / "current" / "key.pem").exists()


def test_no_secret_stands_in_a_log_and_no_token_on_a_card(hall):
    cards = list((hall.folder / "trust" / "cards").rglob("enrol.json"))
    assert len(cards) == len(hall.plan.members)
    assert all('"token":""' in card.read_text().replace(" ", "") for card in cards)
    for file in (hall.folder / "logs").glob("*.log"):
        assert "PRIVATE KEY" not in file.read_text(errors="replace")


def test_no_key_and_no_token_lies_anywhere_but_where_it_belongs(hall, tmp_path):
    """The bytes themselves, looked for in whatever the hall wrote: logs, stores, settings, cards, register, door."""
    member(hall, "replace", "pad-3", "--card", str(tmp_path))
    token = json.loads((tmp_path / "enrol.json").read_text())["token"]
    files = [file for file in hall.folder.rglob("*") if file.is_file() and not file.is_symlink()]
    keys = {}
    for file in files:
        # what begins a key is the same for all of its kind; its second line begins in the middle of the secret number
        found = re.search(
            rb"-----BEGIN [A-Z ]*PRIVATE KEY-----\n[^\n]{64}\n(.{24})", data := file.read_bytes()
        )
        if found:
            assert file.stat().st_mode & 0o077 == 0, file
            keys[data[found.start(1) : found.end(1)]] = file
    assert len(keys) >= 5  # the authority's, the broker's, hub's, console's and devices'
    looked_for = {token.encode(): tmp_path, **keys}
    held = set(keys.values())
    wrong = [
        (str(file.relative_to(hall.folder)), str(owner))
        for file in files
        if file not in held
        for secret, owner in looked_for.items()
        if secret in file.read_bytes()
    ]
    assert wrong == []
