"""P8: what a sign of 128×16 dots costs while its text scrolls at 30 frames a second, and that no frame is drawn twice.

``python -m bench.sign SECONDS`` is the sign alone in a process, which prints what it used.
"""

from __future__ import annotations

import contextlib
import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from zoneinfo import ZoneInfo

from PIL import Image

import devices.window_sign.__main__ as sign_program
from bench.measure import Section
from devices.agent.health import Vitals
from devices.agent.run import Parts
from devices.parts.panel import DotPanel, Echo
from devices.window_sign.hardware import led_panel
from devices.window_sign.settings import PanelSettings, SignSettings
from hall import wire
from hall.card import Card
from hall.inbox import Inbox
from hall.link import Packet
from hall.memory import MemoryBroker
from hall.messages.wants import Display
from hall.text import Text
from hall.topics import HUB, Topics
from hall.worker import ThreadWorker

#: until what a sign does once (start, first drawing of each character) is over
SETTLE_S = 2.0
LONG = Text(
    zh="因系统升级，今日下午三时起暂停办理贷款申请业务，请您改日再来，谢谢您的理解与配合", en="closed"
)


class Wire:
    """Takes the bytes and counts the transfers, as the kernel's driver would."""

    max_speed_hz, mode = 1_000_000, 0

    def __init__(self) -> None:
        self.transfers = 0

    def open(self, bus: int, device: int) -> None:
        """See ``spidev.SpiDev``."""

    def writebytes(self, _data: list[int]) -> None:
        """See ``spidev.SpiDev``."""
        self.passed()

    def passed(self) -> None:
        """One transfer went over the wire."""
        self.transfers += 1

    writebytes2 = writebytes

    def close(self) -> None:
        """See ``spidev.SpiDev``."""


class Watched:
    """The real panel; what is handed to it is compared with what was before."""

    def __init__(self, panel: DotPanel) -> None:
        self._panel, self._last = panel, b""
        self.size = panel.size
        self.pictures = self.same = 0

    @property
    def brightness(self) -> int:
        """The same."""
        return self._panel.brightness

    @brightness.setter
    def brightness(self, level: int) -> None:
        self._panel.brightness = level

    @property
    def echo(self) -> Echo:
        """The same."""
        return self._panel.echo

    def show(self, image: Image.Image) -> None:
        """The same, and counted."""
        dots = image.tobytes()
        self.pictures += 1
        self.same += dots == self._last
        self._last = dots
        self._panel.show(image)

    def refresh(self) -> None:
        """The same."""
        self._panel.refresh()

    def close(self) -> None:
        """The same."""
        self._panel.close()


def alone(seconds: float) -> dict[str, float]:
    """A sign in this process with a text that scrolls: share of one core, frames a second, pictures that were the same."""
    inbox = Inbox(ZoneInfo("Asia/Shanghai"))
    broker = MemoryBroker(inbox)
    topics = Topics("bench")
    spi = Wire()
    settings = SignSettings(
        hall="bench", member="sign-1", state_dir=".", window=1, panel=PanelSettings(width=128)
    )
    panel = Watched(led_panel(settings.panel, spi=spi))
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        card = Card(Path(folder) / "card")
        parts = Parts(inbox, broker.link("sign-1"), card, ThreadWorker(inbox, "sign"), Vitals, inbox.stop)
        sign = sign_program.build(settings, parts, panel=panel)
        want = Display(rev="1", mode="notice", window=1, notice=LONG)
        here = {"state": "ready", "epoch": 1, "boot": "b", "kind": "hub"}

        def show() -> None:
            broker.take(HUB, Packet(topics.state(HUB), json.dumps(here).encode(), retain=True))
            broker.take(HUB, Packet(topics.of("sign-1", "down/want/display"), wire.encode(want), retain=True))

        def used() -> float:
            usage = resource.getrusage(resource.RUSAGE_SELF)
            return usage.ru_utime + usage.ru_stime

        def begin() -> None:
            began, before, pictures, same = inbox.mono(), used(), panel.pictures, panel.same

            def end() -> None:
                took = inbox.mono() - began
                found.update(
                    share=(used() - before) / took,
                    frames=(panel.pictures - pictures) / took,
                    same=panel.same - same,
                    pictures=panel.pictures - pictures,
                )
                inbox.stop()

            inbox.call_later(seconds, end)

        inbox.call_soon(sign.open)
        inbox.call_later(0.2, show)
        inbox.call_later(SETTLE_S, begin)
        inbox.run()
        with contextlib.suppress(OSError):
            sign.close()
        card.close()
    return found


def measure(_folder: Path, seconds: float) -> Section:
    """The section."""
    section = Section(
        key="P8",
        title="a sign of 128×16 dots whose text scrolls",
        how="The sign's own program and luma's driver alone in a process, a notice longer than the panel, SPI bytes taken and dropped.",
    )
    each = max(1.0, seconds / 3 - SETTLE_S)
    runs = []
    for _ in range(3):
        command = [sys.executable, "-m", "bench.sign", f"{each:g}"]
        said = subprocess.run(command, capture_output=True, text=True, check=True)
        runs.append(json.loads(said.stdout))
    runs.sort(key=lambda run: run["share"])
    middle = runs[1]
    section.add(
        "share of one core", f"{middle['share']:.1%}", "≤ 5 %", ok=middle["share"] <= 0.05
    )  # fmt: skip
    section.add("least and most of three runs", f"{runs[0]['share']:.1%}, {runs[2]['share']:.1%}")
    section.add("frames a second", f"{middle['frames']:.1f}", "30", ok=abs(middle["frames"] - 30) <= 3)
    same = sum(run["same"] for run in runs)
    section.add(
        "pictures drawn twice",
        f"{same:.0f} of {sum(run['pictures'] for run in runs):.0f}",
        "0",
        ok=same == 0,
    )
    return section


if __name__ == "__main__":
    print(json.dumps(alone(float(sys.argv[1]))))
