"""A whole hall behind certificates: every device enrols first, the day goes its way, and a dead device is replaced in one act."""

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from hall.messages import facts
from hall.messages.common import MemberState
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


def test_no_secret_stands_in_a_log_and_no_token_on_a_card(hall):
    cards = list((hall.folder / "trust" / "cards").rglob("enrol.json"))
    assert len(cards) == len(hall.plan.members)
    assert all('"token":""' in card.read_text().replace(" ", "") for card in cards)
    for file in (hall.folder / "logs").glob("*.log"):
        assert "PRIVATE KEY" not in file.read_text(errors="replace")
