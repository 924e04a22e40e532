"""Hub, desk and pages tell the service manager that they are ready once they serve, and that they live only while their loops turn."""

import os
import signal
import socket
import subprocess
import sys

import pytest
import yaml

from hub.broker import accepts, free_port
from tests.hub.small_hall import PLAN

pytestmark = pytest.mark.processes

#: what it is started with, and how it says that it is well: a hub without a broker is well, and says what it lacks
PROGRAMS = {
    "hub": (("hub",), "no bus"),
    "desk": (("enrolment", "run"), "well"),
    "pages": (("console", "run"), "well"),
}
#: a manager that wants to be fed within 0.6 s is fed three times as often; so long it hears nothing of one that stands still
FEED_US, SILENCE_S, PATIENCE_S = 600_000, 1.5, 60.0


@pytest.mark.parametrize("program", PROGRAMS)
def test_ready_once_it_serves_then_fed_and_no_more_when_its_loop_stands_still(tmp_path, program):
    words, well = PROGRAMS[program]
    port, own = free_port(), {"plan": "hall.yaml"}
    if program == "hub":
        own |= {"store": "hub.db"}
    else:
        own |= {"port": port}
    if program != "desk":
        own |= {"broker": {"host": "127.0.0.1", "port": 1}}
    for name, content in (("hall", PLAN), ("own", own)):
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(PATIENCE_S)
        asked = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": str(FEED_US)}
        command = [sys.executable, "-m", "hall.cli", *words, "--settings", tmp_path / "own.yaml"]
        log = (tmp_path / "log").open("wb")
        # with this the pages' library would serve a test of its own
        environment = {key: value for key, value in os.environ.items() if key != "PYTEST_CURRENT_TEST"}
        with log, subprocess.Popen(command, env=environment | asked, stderr=log, stdout=log) as running:
            try:
                assert manager.recv(4096) == b"READY=1"
                assert (tmp_path / "hub.db").exists() if program == "hub" else accepts("127.0.0.1", port)
                for _ in range(3):
                    assert manager.recv(4096) == f"WATCHDOG=1\nSTATUS={well}".encode()
                running.send_signal(signal.SIGSTOP)
                os.waitid(os.P_PID, running.pid, os.WSTOPPED)
                said_before(manager)
                manager.settimeout(SILENCE_S)
                with pytest.raises(TimeoutError):
                    manager.recv(4096)
                manager.settimeout(PATIENCE_S)
                running.send_signal(signal.SIGCONT)
                assert manager.recv(4096).startswith(b"WATCHDOG=1")
                running.send_signal(signal.SIGTERM)
                while (said := manager.recv(4096)) != b"STOPPING=1":
                    assert said.startswith(b"WATCHDOG=1")
                # to systemd both are a clean end; the hub ends by its own will
                ends = {0} if program == "hub" else {0, -signal.SIGTERM}
                assert running.wait(PATIENCE_S) in ends
            finally:
                running.kill()


def said_before(manager):
    """What still lies in the socket is heard and forgotten."""
    manager.setblocking(False)
    try:
        while manager.recv(4096):
            pass
    except BlockingIOError:
        return
