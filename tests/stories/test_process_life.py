"""``hall demo --headless`` as a program: it comes up, ends as it was told to, and leaves nothing behind."""

import json
import logging
import os
import shutil
import signal
import socket
import subprocess
import time
from contextlib import suppress

import pytest

from tests.patience import in_time

from .bare import ROOT, Bare
from .outside import HALL, PARTS, alive, demo, free_port, port_is_free, processes_of, wait_until

pytestmark = pytest.mark.processes
log = logging.getLogger(__name__)  # what was measured: pytest --log-cli-level=info

FLEET = {
    "dispenser-1",
    "speaker-1",
    "call-key-6",
    *(f"{kind}-{n}" for kind in ("sign", "pad") for n in range(1, 7)),
}


def gone(hall):
    return port_is_free(hall.port) and not processes_of(hall.state)


def answers(host, port):
    with suppress(OSError), socket.create_connection((host, port), timeout=5) as line:
        line.sendall(f"GET /papers/999999.png HTTP/1.0\r\nHost: {host}\r\n\r\n".encode())
        return line.recv(12) == b"HTTP/1.1 404"
    return False


def test_the_hall_comes_up_is_whole_and_sigint_takes_it_down(tmp_path):
    web = free_port()
    with demo(tmp_path / "hall", options=("--web-port", web, "--lan")) as hall:
        took = hall.ready()
        log.info("all ready %.2f s after the start", took)
        assert in_time(hall.began, 20)
        assert set(hall.pids) == FLEET | PARTS
        assert len(set(hall.pids.values())) == len(hall.pids)
        assert all(alive(pid) for pid in hall.pids.values())
        with Bare(hall.port, "console-late", f"{ROOT}/hub/#", f"{ROOT}/+/$state") as late:
            board = late.until(lambda: late.on("hub/board"), 5)[0]
            assert board.retained
            assert board.said["hall"] == "demo"
            assert board.said["open"] is True
            first = board.said["services"][0]["id"]
            served = [window for window in board.said["windows"] if first in window["services"]]
            assert served
            assert all(isinstance(window["window"], int) for window in board.said["windows"])
            desk = late.done("take_ticket", service=first, lane="priority", via="desk")
            fresh = late.until(lambda: [b for b in late.on("hub/board") if b.said["n"] >= desk["n"]], 2)[-1]
            assert fresh.said["services"][0]["waiting"] == 1
            # --lan opens the page on every address of the machine; the bus stays where it was
            wait_until(lambda: answers("127.0.0.2", web), 20, "the page for the network")
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.2", hall.port), timeout=5)
            pids = hall.pids
            assert hall.end(signal.SIGINT) == 0
            late.until(lambda: late.on("hub/$state")[-1].said["state"] == "disconnected", 1)
        assert not [name for name, pid in pids.items() if alive(pid)]
        assert gone(hall)
        assert port_is_free(web)
        assert json.loads((hall.state / "processes.json").read_text()) == {}
        assert len(hall.out.splitlines()) == 1
        assert str(hall.port) in hall.out
        assert hall.tracebacks() == []


def test_a_killed_parent_takes_everything_with_it_and_the_same_folder_goes_on_until_it_ends_by_itself(
    tmp_path,
):
    with demo(tmp_path / "hall") as hall:
        hall.ready()
        pids = hall.pids
        with Bare(hall.port, "console-desk", f"{ROOT}/hub/fact/#") as desk:
            before = [desk.done("take_ticket", service="loan", lane="normal", via="desk") for _ in range(3)]
        with Bare(hall.port, "console-clerk") as clerk:
            clerk.done("sit", window=1, clerk="018")
            clerk.done("take_ticket", service="withdrawal", lane="normal", via="desk")
            clerk.done("call_next", window=1)  # somebody is speaking now
        wait_until(lambda: any("aplay" in line for line in processes_of(hall.state).values()), 5, "a sound")
        assert hall.end(signal.SIGKILL) == -signal.SIGKILL
        wait_until(lambda: not [pid for pid in pids.values() if alive(pid)], 2, "the end of every child")
        wait_until(lambda: gone(hall), 2, "the end of everything")
        # Nobody was left to remove the sockets.
        shutil.rmtree(json.loads((hall.state / "world.json").read_bytes())["sockets"])
    with demo(tmp_path / "hall", port=hall.port, seconds=6) as again:
        again.ready()
        with Bare(again.port, "console-clerk", f"{ROOT}/hub/fact/#") as clerk:
            assert clerk.refused("call_next", window=1) == "window-busy"  # the person is still called there
            after = clerk.done("take_ticket", service="loan", lane="normal", via="desk")
            clerk.done("sit", window=4, clerk="031")
            called = clerk.done("call_ticket", window=4, ticket=before[0]["ticket"], id_="c-1")
        assert again.end() == 0
        assert time.monotonic() - again.began > 5.5
        assert in_time(again.began, 15)
        assert gone(again)
    assert [fact["number"] for fact in [*before, after]] == ["B001", "B002", "B003", "B004"]
    assert after["n"] > before[-1]["n"]
    assert called["number"] == "B001"


@pytest.mark.long
def test_a_signal_at_any_moment_of_the_start_leaves_nothing(tmp_path):
    for moment in (0.3, 0.5, 0.7, 0.9):
        with demo(tmp_path / f"after-{moment}") as hall:
            time.sleep(moment)  # the moment is what is tested
            code = hall.end(signal.SIGTERM)
            # Before the program's first line has run, ending is the interpreter's own business.
            assert code in {0, -signal.SIGTERM}, (moment, code, hall.err)
            assert gone(hall), moment
            assert "Traceback" not in hall.err


@pytest.mark.long
def test_two_halls_at_once_one_of_them_deep_in_the_disk_do_not_disturb_each_other(tmp_path):
    deep = tmp_path / ("a very deep folder 很深的文件夹 " * 5) / "yet deeper" / ("x" * 100) / "hall"
    (tmp_path / ("t" * 100)).mkdir()
    with (
        demo(tmp_path / "one") as one,
        demo(deep, environment={"TMPDIR": str(tmp_path / ("t" * 100))}) as two,
    ):
        one.ready()
        two.ready()
        assert len(str(deep)) > 200
        assert not set(one.pids.values()) & set(two.pids.values())
        with Bare(one.port, "console-same") as here, Bare(two.port, "console-same") as there:
            taken = {"service": "enquiry", "lane": "normal", "via": "desk", "id_": "the-same-id"}
            assert here.done("take_ticket", **taken)["number"] == "F001"
            assert there.done("take_ticket", **taken)["number"] == "F001"
            here.done("sit", window=1, clerk="018")
            assert there.refused("call_next", window=1) == "not-seated"
            assert one.end(signal.SIGTERM) == 0
            assert there.done("sit", window=1, clerk="018")["clerk"] == "018"
            assert there.done("call_next", window=1)["number"] == "F001"
        assert gone(one)
        assert two.end(signal.SIGINT) == 0
        assert gone(two)


def refused_to_start(*options, **environment):
    """What `hall demo` says and gives when it cannot start."""
    done = subprocess.run(
        [str(HALL), "demo", "--headless", *map(str, options)],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "LC_ALL": "C.UTF-8", **environment},
    )
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr


def test_a_taken_port_is_one_clear_line(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as somebody:
        port = somebody.getsockname()[1]
        code, said = refused_to_start("--state", tmp_path / "hall", "--mqtt-port", port)
        assert code == 1
        assert str(port) in said
        assert "--mqtt-port" in said
        _, said = refused_to_start("--state", tmp_path / "hall", "--mqtt-port", port, LC_ALL="zh_CN.UTF-8")
        assert f"端口 {port} 已被占用" in said
        code, said = refused_to_start("--state", tmp_path / "hall", "--web-port", port)
        assert code == 1
        assert str(port) in said
        assert "--web-port" in said
    one = free_port()
    code, said = refused_to_start("--state", tmp_path / "hall", "--mqtt-port", one, "--web-port", one)
    assert code == 1
    assert "--web-port" in said
    assert not processes_of(tmp_path)


def test_a_folder_that_cannot_be_written_is_one_clear_line(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    (tmp_path / "occupied").mkdir()
    (tmp_path / "occupied" / "processes.json").mkdir()
    for folder in (tmp_path / "file" / "hall", tmp_path / "occupied", "/proc/hall"):
        code, said = refused_to_start("--state", folder, "--mqtt-port", free_port())
        assert code == 1
        assert str(folder).split("/hall", maxsplit=1)[0] in said
        assert not processes_of(folder)


@pytest.mark.long
def test_a_second_hall_in_the_same_folder_is_refused_and_ctrl_c_may_be_pressed_thrice(tmp_path):
    with demo(tmp_path / "hall") as hall:
        hall.ready()
        pids = hall.pids
        code, said = refused_to_start("--state", hall.state, "--mqtt-port", free_port(), "--seconds", "3")
        assert code == 1
        assert str(hall.state) in said
        assert hall.pids == pids
        assert all(alive(pid) for pid in pids.values())
        with Bare(hall.port, "console-desk") as desk:
            assert desk.done("take_ticket", service="loan", lane="normal", via="desk")["number"] == "B001"
        for _ in range(3):
            hall.process.send_signal(signal.SIGINT)
            time.sleep(0.05)  # an impatient person
        assert hall.end() == 0, hall.err
        assert gone(hall)
        assert "Traceback" not in hall.err
