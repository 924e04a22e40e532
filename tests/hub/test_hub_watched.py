"""The hub tells the service manager that it is ready once it has remembered, and that it lives only while its loop turns."""

import os
import signal
import socket
import subprocess
import sys

import pytest
import yaml

from tests.hub.small_hall import PLAN

pytestmark = pytest.mark.processes


def test_ready_then_fed_from_its_loop_and_no_more_when_it_stands_still(tmp_path):
    own = {"plan": "hall.yaml", "broker": {"host": "127.0.0.1", "port": 1}, "store": "hub.db"}
    for name, content in (("hall", PLAN), ("hub", own)):
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(30)
        # asks to be fed within 0.6 s: three times as often as that it is
        asked = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "600000"}
        words = [sys.executable, "-m", "hub", "--settings", tmp_path / "hub.yaml"]
        with subprocess.Popen(words, env=os.environ | asked, stderr=subprocess.DEVNULL) as hub:
            try:
                assert manager.recv(4096) == b"READY=1"
                assert (tmp_path / "hub.db").exists()
                for _ in range(3):
                    assert manager.recv(4096) == b"WATCHDOG=1\nSTATUS=no bus"
                hub.send_signal(signal.SIGSTOP)
                os.waitid(os.P_PID, hub.pid, os.WSTOPPED)
                said_before(manager)
                manager.settimeout(1.5)
                with pytest.raises(TimeoutError):
                    manager.recv(4096)
                manager.settimeout(30)
                hub.send_signal(signal.SIGCONT)
                assert manager.recv(4096).startswith(b"WATCHDOG=1")
                hub.send_signal(signal.SIGTERM)
                while (said := manager.recv(4096)) != b"STOPPING=1":
                    assert said.startswith(b"WATCHDOG=1")
                assert hub.wait(30) == 0
            finally:
                hub.kill()


def said_before(manager):
    """What still lies in the socket is heard and forgotten."""
    manager.setblocking(False)
    try:
        while manager.recv(4096):
            pass
    except BlockingIOError:
        return
