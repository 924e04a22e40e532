"""Five kinds of bad release, as real processes under a service manager: each goes back to the last good one by itself and says why."""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from devices.updates import boot_select as boot
from tests.updates import machine
from tests.updates.manager import Manager

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("processes")]
HERE = Path(__file__).parents[2]

PROGRAM = """#!{python}
import os, socket, sys, threading
sys.path.insert(0, {here!r})
FAULT = {fault!r}
if FAULT == "import":
    import no_such_module
if FAULT == "hang":
    threading.Event().wait()
from datetime import UTC
from pathlib import Path
from devices.updates.proof import Proof
from hall.inbox import Inbox

inbox = Inbox(UTC)
inbox.stop_on_signals()
proof = Proof(
    version={version!r},
    file=Path({proof!r}),
    scheduler=inbox,
    connected=lambda: FAULT != "broker",
    receipted=lambda: FAULT != "receipt",
    self_test=lambda: None,
    hands=lambda: {{"printer": "printer-offline" if FAULT == "printer" else "ok", "reader": "reader-gone"}},
    before={{"printer": "ok", "reader": "reader-gone"}},
    uptime_s=0.5,
    hands_s=0.1,
)
with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
    manager.sendto(b"READY=1", os.environ["NOTIFY_SOCKET"])
if FAULT == "memory":
    eaten = []
    inbox.call_later(0.05, lambda: [eaten.append(bytearray(b"x") * 10_000_000) for _ in range(60)])
sys.exit(inbox.run())
"""

#: what is wrong with it → the reasons that may stand in the report
KINDS = {
    "import": {"crashed"},
    "hang": {"not-ready-in-time", "too-late"},
    "broker": {"no-broker"},
    "printer": {"self-test-printer"},
    "memory": {"out-of-memory"},
}


def released(place, version, fault):
    programs = place.releases / version / "bin"
    programs.mkdir(parents=True)
    (programs / "python").symlink_to(sys.executable)
    text = PROGRAM.format(
        python=sys.executable, here=str(HERE), fault=fault, version=version, proof=str(place.proof)
    )
    (programs / "hall").write_text(text)
    (programs / "hall").chmod(0o755)


def limits(place, fault):
    """Only what must run into a limit has a short one: a crowded machine takes its time to start a program that is well."""
    if fault == "hang":
        return {"start_s": 1.0}
    if fault == "broker":
        return {"deadline_s": 1.0, "counts_from": place.proof.exists}
    return {}


def lived(folder, fault):
    """A good release runs, this one comes: what ran in the end, what ran before, and the state."""
    place = machine.made(folder)
    released(place, "1.0", None)
    released(place, "1.1", fault)
    boot.point(place.link, "1.0")
    boot.begin_trial(place, "1.1")
    manager = Manager(place, **limits(place, fault))
    manager.run_until(lambda: boot.read(place).trial is None)
    return boot.choose(place), manager, boot.read(place)


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """All of them side by side: most of it is waiting."""
    folders = {fault: tmp_path_factory.mktemp(f"machine-{fault}") for fault in (*KINDS, None)}
    with ThreadPoolExecutor(len(folders)) as pool:
        made = {fault: pool.submit(lived, folder, fault) for fault, folder in folders.items()}
        return {fault: future.result() for fault, future in made.items()}


@pytest.mark.parametrize("fault", KINDS)
def test_it_goes_back_by_itself_with_the_reason(outcomes, fault):
    runs, manager, state = outcomes[fault]
    assert runs == "1.0"
    assert (state.good, state.bad) == ("1.0", "1.1")
    assert state.reason in KINDS[fault]
    assert manager.ran.count("1.1") <= boot.ATTEMPTS


def test_a_good_one_stays_although_a_hand_is_broken_that_was_broken_before(outcomes):
    runs, manager, state = outcomes[None]
    assert runs == "1.1"
    assert (state.good, state.bad) == ("1.1", None)
    assert manager.ran == ["1.1"]
