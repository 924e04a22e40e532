"""``hall demo`` in a terminal, as somebody at the keyboard has it: it draws, keys work, and every way out leaves nothing."""

import fcntl
import json
import os
import pty
import re
import signal
import struct
import subprocess
import termios
import threading
import time
from contextlib import contextmanager, suppress

import msgspec
import pytest

from sim.twin.world_client import WorldClient
from sim.twin.world_plan import WorldPlan

from .bare import ROOT, Bare
from .outside import HALL, LONGEST_S, Demo, alive, free_port, port_is_free, processes_of, wait_until

pytestmark = pytest.mark.processes

_CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[()][A-Z0-9]|\x1b[=>]")


class Terminal(Demo):
    """A demo with a terminal of its own; `typed` goes in as from a keyboard, what was drawn comes out."""

    def __init__(self, state, *, size=(150, 48), options=(), environment=None):
        self.state, self.port, self.began = state, free_port(), time.monotonic()
        self.out = self.err = ""
        self._ours, theirs = pty.openpty()
        self.resize(*size)
        self.before = termios.tcgetattr(self._ours)
        command = ["setsid", "--ctty", HALL, "demo", "--mqtt-port", self.port, "--web-port", free_port()]
        command += ["--seconds", LONGEST_S, *(("--state", state) if state is not None else ()), *options]
        # a terminal's size is its own, whatever the tests' own runner says of the one it writes to
        bare = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES"}}
        self.process = subprocess.Popen(
            [str(part) for part in command],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env={**bare, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8", **(environment or {})},
        )
        os.close(theirs)
        self._drawn = bytearray()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        with suppress(OSError):  # the terminal is gone when the last program has left it
            while data := os.read(self._ours, 65536):
                self._drawn += data

    @property
    def drawn(self):
        """Everything that was ever drawn, with its codes."""
        return bytes(self._drawn).decode("utf-8", "replace")

    @property
    def place(self):
        """Where in what is drawn we are now."""
        return len(self._drawn)

    def since(self, place):
        """What was drawn after `place`."""
        return bytes(self._drawn[place:]).decode("utf-8", "replace")

    def shows(self, *words, within=10.0, since=0):
        """Wait until all the words were drawn, later than `since`."""

        missing, looked = set(words), since

        def seen():
            # Only what is new: who reads everything again each time keeps the terminal waiting, and the hall that draws in it.
            nonlocal missing, looked
            if (end := len(self._drawn)) > looked:
                text = _CODES.sub("", self.since(max(since, looked - 4096)))
                missing, looked = {word for word in missing if word not in text}, end
            return not missing

        wait_until(seen, within, f"{words} on the screen")

    def typed(self, keys):
        """Type; the place in what is drawn from where an effect can be seen."""
        mark = self.place
        os.write(self._ours, keys.encode() if isinstance(keys, str) else keys)
        return mark

    def resize(self, width, height):
        fcntl.ioctl(self._ours, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    def end(self, how=None, within=20.0):
        if how is not None:
            self.process.send_signal(how)
        code = self.process.wait(within)
        self._reader.join(1)
        return code

    def hang_up(self):
        """Close the window that the terminal is in."""
        ours, self._ours = self._ours, os.open(os.devnull, os.O_RDWR)
        os.close(ours)

    def close(self):
        super().close()
        os.close(self._ours)

    def tidy(self):
        """The terminal is as it was: the picture gone, the cursor there, keys echoed."""
        drawn = self.drawn
        assert drawn.rfind("\x1b[?1049l") > drawn.rfind("\x1b[?1049h") >= 0
        assert drawn.rfind("\x1b[?25h") > drawn.rfind("\x1b[?25l")
        assert termios.tcgetattr(self._ours)[:4] == self.before[:4]
        assert "Traceback" not in drawn

    def gone(self):
        return port_is_free(self.port) and (self.state is None or not processes_of(self.state))


@contextmanager
def terminal(state, **options):
    hall = Terminal(state, **options)
    try:
        yield hall
    finally:
        hall.close()


def world_of(hall):
    plan = msgspec.json.decode((hall.state / "world.json").read_bytes(), type=WorldPlan)
    return WorldClient(plan.control, timeout_s=10)


def test_the_keyboard_plays_citizen_clerk_and_fate_and_q_ends_it(tmp_path):
    with terminal(tmp_path / "hall") as hall:
        hall.ready()
        with Bare(hall.port, "console-onlooker", f"{ROOT}/hub/#", f"{ROOT}/+/$alert/+") as onlooker:

            def fact(type_, **fields):
                def found():
                    told = [one.said for one in onlooker.on(f"hub/fact/{type_}")]
                    return [one for one in told if all(one[name] == value for name, value in fields.items())]

                return onlooker.until(found, 10, f"{type_} {fields}")[-1]

            onlooker.until(lambda: len({f.said["window"] for f in onlooker.on("fact/WindowOpened")}) == 6, 10)
            hall.shows("hallfleet", "窗口 windows", "事实 facts", "取号 ticket")
            mark = hall.typed("a")
            issued = fact("TicketIssued", service="withdrawal")
            fact("TicketPrinted", ticket=issued["ticket"])
            hall.shows("A001", "TicketPrinted", since=mark)
            mark = hall.typed("2n")
            fact("TicketCalled", window=2, ticket=issued["ticket"])
            hall.shows("叫号", "TicketCalled", since=mark)
            assert any(0x2800 < ord(char) < 0x2900 for char in hall.since(mark))  # the sign, dot by dot
            hall.typed("r")
            fact("TicketCalled", window=2, round=2)
            hall.typed("s")
            fact("ServiceStarted", window=2)
            hall.typed("z")
            fact("ServiceFinished", window=2, outcome="done")
            hall.shows("请评价", since=mark)
            hall.typed("7")
            assert fact("TicketRated", window=2)["grade"] == 4
            mark = hall.typed("n")
            hall.shows("nobody is waiting", since=mark)
            mark = hall.typed("p")
            fact("WindowPaused", window=2)
            hall.shows("paused", since=mark)
            hall.typed("p")
            fact("WindowResumed", window=2)

            with world_of(hall) as world:

                def broken():
                    return [fault.name for fault in world.faults("dispenser-1") if fault.active]

                mark = hall.typed("o")
                wait_until(lambda: broken() == ["paper-out"], 5, "no paper")
                hall.shows("故障 faults: 缺纸 paper out", since=mark)
                hall.typed("o")
                wait_until(lambda: broken() == [], 5, "paper")
                mark = hall.typed("F")
                hall.shows("dispenser-1", "print head too hot", "card nearly full", since=mark)
                hall.typed("++b")
                wait_until(lambda: broken() == ["paper-low"], 5, "a fault from the list")
                hall.typed("bF")
                wait_until(lambda: broken() == [], 5, "repaired from the list")
            old, mark = hall.pids["hub"], hall.typed("h")
            assert hall.reborn("hub", old) <= 1
            hall.shows("killed; it is started again", since=mark)
        hall.typed("q")
        assert hall.end() == 0
        assert hall.gone()
        hall.tidy()


def test_ctrl_c_ends_it_and_takes_the_folder_along(tmp_path):
    with terminal(None, environment={"TMPDIR": str(tmp_path)}) as hall:
        hall.state = wait_until(lambda: next(tmp_path.glob("hall-demo-*"), None), 10, "a folder")
        hall.ready()
        hall.shows("hallfleet")
        hall.typed("\x03\x03")
        assert hall.end() == 0
        assert port_is_free(hall.port)
        assert processes_of(tmp_path) == {}
        assert list(tmp_path.iterdir()) == []
        hall.tidy()


@pytest.mark.long
def test_cats_on_the_keyboard_and_a_window_of_any_size(tmp_path):
    with terminal(tmp_path / "hall", size=(20, 5)) as hall:
        hall.ready()
        hall.shows("hallfleet")
        hall.typed("\x1b[A\x1bOP\x1b[200~paste\x1b[201~\0\t\r\n")
        hall.typed(b"\xff\xc3\xe4\xbd" + b"?" * 500)
        for size in ((1, 1), (40, 12), (300, 100), (120, 3), (150, 48)):
            hall.resize(*size)
            hall.process.send_signal(signal.SIGWINCH)
            hall.shows("hallfleet" if size[0] >= 40 else "", since=hall.place)
        with Bare(hall.port, "console-onlooker", f"{ROOT}/hub/#") as onlooker:
            hall.typed("f")
            onlooker.until(lambda: onlooker.on("fact/TicketIssued"), 10)
        assert hall.end(signal.SIGTERM) == 0
        assert hall.gone()
        hall.tidy()


@pytest.mark.long
def test_who_closes_the_window_leaves_nothing_running_and_nothing_lying_about(tmp_path):
    with terminal(None, environment={"TMPDIR": str(tmp_path)}) as hall:
        hall.state = wait_until(lambda: next(tmp_path.glob("hall-demo-*"), None), 10, "a folder")
        hall.ready()
        pids = hall.pids
        hall.hang_up()
        hall.end(within=15)
        assert not [pid for pid in pids.values() if alive(pid)]
        assert port_is_free(hall.port)
        assert processes_of(tmp_path) == {}
        assert list(tmp_path.iterdir()) == []


@pytest.mark.long
def test_without_a_terminal_the_hall_runs_all_the_same_and_says_where(tmp_path):
    done = subprocess.run(
        [HALL, "demo", "--seconds", "4", "--state", tmp_path / "hall"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
    )
    assert done.returncode == 0, done.stderr
    why, where = done.stdout.splitlines()
    assert "no terminal" in why
    assert "MQTT 127.0.0.1:" in where
    assert "page http://127.0.0.1:" in where
    assert json.loads((tmp_path / "hall" / "processes.json").read_text()) == {}
