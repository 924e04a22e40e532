"""The technician of a probe at a terminal."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from devices.agent.at_work import alone
from devices.window_sign.hardware import led_panel
from devices.window_sign.probe import lines, probe
from devices.window_sign.settings import PanelSettings, SignSettings
from hall.clock import Seconds
from hall.settings import load
from hall.text import Text


class Terminal:
    """Both languages on the screen, answers from the keyboard; the end of the input is a no."""

    def tell(self, text: Text) -> None:
        """See :class:`Technician`."""
        print(f"{text.zh}\n{text.en}\n", flush=True)

    def sees(self, question: Text) -> bool:
        """See :class:`Technician`."""
        while True:
            said = self._answer(question, "[y/n] ")
            if said[:1] in {"y", "是"}:
                return True
            if said[:1] in {"n", "否", ""}:
                return False

    def count(self, question: Text) -> int:
        """See :class:`Technician`."""
        while True:
            said = self._answer(question, "[1-32] ")
            if said.isdecimal() or not said:
                return int(said or 0)

    def wait(self, seconds: Seconds) -> None:
        """See :class:`Technician`."""
        time.sleep(seconds)

    def _answer(self, question: Text, hint: str) -> str:
        print(f"{question.zh}\n{question.en} {hint}", end="", flush=True)
        line = sys.stdin.readline()
        print(flush=True)
        return line.strip().lower()


def run(settings: Path | None) -> int:
    """Probe this machine's panel, from a sign's settings file or from nothing; the exit code. Refuses ``at-work``."""
    alone(settings)
    known = PanelSettings() if settings is None else load(settings, SignSettings).panel
    found = probe(known, led_panel, Terminal())
    if found is None:
        return 1
    print(f"请写入设置文件 · Write into the settings file:\n\n{lines(found)}", flush=True)
    return 0
