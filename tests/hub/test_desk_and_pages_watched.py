"""Desk and pages tell the service manager that they are ready once they serve, and that they live only while their loops turn."""

import os
import signal
import socket
import subprocess
import sys

import pytest
import yaml

from hub.broker import accepts, free_port
from tests.hub.small_hall import PLAN
from tests.hub.test_hub_watched import said_before

pytestmark = pytest.mark.processes

PROGRAMS = {"desk": ("enrolment", "run"), "pages": ("console", "run")}


@pytest.mark.parametrize("program", PROGRAMS)
def test_ready_once_served_then_fed_and_no_more_when_the_loop_stands_still(tmp_path, program):
    port = free_port()
    own = {"plan": "hall.yaml", "port": port}
    if program == "pages":
        own |= {"broker": {"host": "127.0.0.1", "port": 1}}
    for name, content in (("hall", PLAN), ("own", own)):
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(60)
        asked = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "600000"}
        words = [sys.executable, "-m", "hall.cli", *PROGRAMS[program], "--settings", tmp_path / "own.yaml"]
        log = (tmp_path / "log").open("wb")
        # with this the pages' library would serve a test of its own
        environment = {key: value for key, value in os.environ.items() if key != "PYTEST_CURRENT_TEST"}
        with log, subprocess.Popen(words, env=environment | asked, stderr=log, stdout=log) as running:
            try:
                assert manager.recv(4096) == b"READY=1"
                assert accepts("127.0.0.1", port)
                for _ in range(3):
                    assert manager.recv(4096) == b"WATCHDOG=1\nSTATUS=well"
                running.send_signal(signal.SIGSTOP)
                os.waitid(os.P_PID, running.pid, os.WSTOPPED)
                said_before(manager)
                manager.settimeout(1.5)
                with pytest.raises(TimeoutError):
                    manager.recv(4096)
                manager.settimeout(30)
                running.send_signal(signal.SIGCONT)
                assert manager.recv(4096).startswith(b"WATCHDOG=1")
                running.send_signal(signal.SIGTERM)
                while (said := manager.recv(4096)) != b"STOPPING=1":
                    assert said.startswith(b"WATCHDOG=1")
                assert running.wait(30) in {0, -signal.SIGTERM}  # to systemd both are a clean end
            finally:
                running.kill()
