"""P3: from a clerk's ask to the first bytes of the call on the sign's wire, and to the first sample of its sentence.

``python -m bench.call SETTINGS`` is the sign: its real program and driver, and a wire that prints when a call's first byte passes.
"""

from __future__ import annotations

import asyncio
import os
import queue
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from bench.bare import BareAsker, BareHub
from bench.measure import Section, both, now, p50, p99
from bench.rig import Asker, Rig, end, plan, services
from bench.sign import Wire
from devices.agent.run import Parts
from devices.agent.run import run as run_agent
from devices.window_sign import __main__ as sign_program
from devices.window_sign.hardware import led_panel
from devices.window_sign.settings import SignSettings
from hall.messages.common import MemberKind
from hall.messages.wants import Display, Want
from hall.plan import HallPlan
from sim.twin.sound import RATE, environment

#: 16 bit, one channel, at the twin's rate; the converter in front of the null device is ALSA's own
_CONF = """\
pcm.!default {{ type plug slave {{ pcm "twin" rate {rate} channels 1 format S16_LE }} }}
pcm.twin {{ type file slave.pcm {{ type null }} file "{path}" format "raw" perm 0600 }}
"""


class _Stamping(Wire):
    """Prints when the first byte passes after it was armed."""

    armed = False

    def passed(self) -> None:
        """See :class:`bench.sign.Wire`."""
        if self.armed:
            self.armed = False
            print(f"{now():.9f}", flush=True)


def sign(settings: Path) -> int:
    """The sign as a process; one line for each call."""

    def build(own: SignSettings, parts: Parts) -> Any:
        wire = _Stamping()
        agent = sign_program.build(own, parts, panel=led_panel(own.panel, spi=wire))
        on_want = agent.on_want

        def watched(part: str, want: Want) -> None:
            wire.armed = isinstance(want, Display) and want.mode == "called"
            on_want(part, want)

        vars(agent)["on_want"] = watched
        return agent

    return run_agent(settings, SignSettings, MemberKind.SIGN, build)


class Ear:
    """Hears the speaker's samples at once, not at the speed of sound, and when the first of each sound came."""

    def __init__(self, folder: Path) -> None:
        """The ALSA configuration for the speaker's environment is :attr:`environment`."""
        self._fifo, conf = folder / "sound.fifo", folder / "asound.conf"
        os.mkfifo(self._fifo)
        conf.write_text(_CONF.format(rate=RATE, path=self._fifo), encoding="utf-8")
        self.environment = environment(conf)
        #: (first sample, end) of each sound that had samples
        self.sounds: queue.SimpleQueue[tuple[float, float]] = queue.SimpleQueue()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            with self._fifo.open("rb", buffering=0) as pipe:
                if not pipe.read(2):
                    continue
                first = now()
                while pipe.read(65536):
                    pass
            self.sounds.put((first, now()))


def _lines(process: subprocess.Popen[str]) -> queue.SimpleQueue[float]:
    times: queue.SimpleQueue[float] = queue.SimpleQueue()

    def read() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            times.put(float(line))

    threading.Thread(target=read, daemon=True).start()
    return times


async def _get(found: queue.SimpleQueue[Any], patience_s: float) -> Any:
    return await asyncio.to_thread(found.get, True, patience_s)  # noqa: FBT003 - block


async def _warm(console: Asker, dispenser: Asker) -> None:
    await dispenser.open()
    await console.open()
    await console.ask("sit", window=1, clerk="001")


async def _signs(
    rig: Rig, times: queue.SimpleQueue[float], floor: Callable[[], None], seconds: float
) -> list[float]:
    console, dispenser = Asker(rig, "console-1"), Asker(rig, "dispenser-1")
    await _warm(console, dispenser)
    took: list[float] = []
    turn, until, warm = services(), now() + seconds, 5
    while now() < until or warm > 0:
        await dispenser.take(next(turn))
        await asyncio.sleep(0.03)
        asked = now()
        await console.ask("call_next", window=1)
        shown = await _get(times, 10.0) - asked
        warm -= 1
        if warm < 0:
            took.append(shown)
        await asyncio.sleep(0.02)
        await console.ask("finish", window=1, outcome="done")
        floor()
        await asyncio.sleep(0.03)
    console.close()
    dispenser.close()
    return took


async def _sounds(rig: Rig, ear: Ear, seconds: float) -> tuple[list[float], list[float]]:
    """Times of sentences said for the first time, and of the same ones again: a recall's sentence is the call's third."""
    console, dispenser = Asker(rig, "console-1"), Asker(rig, "dispenser-1")
    await _warm(console, dispenser)
    fresh: list[float] = []
    again: list[float] = []

    async def say(kind: str) -> float:
        asked = now()
        answer = await console.ask(kind, window=1)
        if not answer["ok"]:
            raise RuntimeError(f"{kind} was refused: {answer['code']}")
        first = 0.0
        while first < asked:  # a probe of the device may have been heard before
            first, _ = await _get(ear.sounds, 30.0)
        await asyncio.sleep(1.2)  # the speaker's rest between sentences, and its last result
        return float(first) - asked

    await asyncio.sleep(2.0)  # the speaker is up, and has tried its device
    turn, until = services(), now() + seconds
    while now() < until or len(again) < 2:
        await dispenser.take(next(turn))
        fresh.append(await say("call_next"))
        first = await say("recall")
        second = await say("recall")
        again += [await say("recall") for _ in range(4)]
        fresh += [first, second]
        await console.ask("finish", window=1, outcome="done")
    console.close()
    dispenser.close()
    return fresh, again


def _without_a_limit(hall: HallPlan) -> HallPlan:
    """The hall, where the same person may be called as often as it takes to measure that."""
    return msgspec.structs.replace(
        hall, policy=msgspec.structs.replace(hall.policy, recall_limit=None, recall_lock_s=0)
    )


def measure(folder: Path, seconds: float) -> Section:
    """The section: sign, then speaker."""
    section = Section(
        key="P3",
        title="clerk's ask → first SPI frame of the call at the sign, → first sample of a cached sentence",
        how="Hub, sign and speaker as processes of their own. The sign's time ends when luma's first byte of the call passes to the "
        "SPI driver; the speaker's when aplay's first sample arrives at the sound device (a FIFO).",
    )
    rig = Rig(folder / "call", plan(windows=1, dispensers=1))
    settings = str(rig.layout.settings_file("sign-1"))
    floor: list[float] = []
    with rig, BareHub(rig.port, folder):
        bare = BareAsker(rig.port)
        command = [sys.executable, "-m", "bench.call", settings]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        try:
            shown = asyncio.run(
                _signs(
                    rig, _lines(process), lambda: floor.append(bare.ask(b'{"window":1}' * 6)), seconds * 0.5
                )
            )
        finally:
            process.kill()
            process.wait()
            bare.close()
        for part, name in ((p50, "p50"), (p99, "p99")):
            ratio = part(shown) / part(floor)
            reach = "≤ 2" if name == "p50" else ""
            section.add(
                f"sign: {name} to the floor's", f"{ratio:.2f}", reach, ok=ratio <= 2 if reach else None
            )
        section.add("bare member asks a bare member", both(floor))
        section.add("ask → first SPI frame", both(shown))
        section.keep("floor", floor)
        section.keep("ask → first SPI frame", shown)
        if shutil.which("aplay") is None or shutil.which("espeak-ng") is None:
            section.notes.append("No aplay or espeak-ng on this machine: the speaker was not measured.")
            return section
    # a hall of its own: a speaker that comes late is told every call of the last two minutes
    with Rig(folder / "sound", _without_a_limit(plan(windows=1, dispensers=1))) as other:
        ear = Ear(other.folder)
        arguments = ("device", "speaker", "--settings", str(other.layout.settings_file("speaker-1")))
        speaker = other.program(*arguments, environment=ear.environment)
        try:
            fresh, again = asyncio.run(_sounds(other, ear, seconds * 0.4))
        finally:
            end(speaker)
    section.add(
        "ask → first sample, cached sentence", both(again), "≤ 50 ms", ok=p50(again) <= 0.05
    )  # fmt: skip
    section.add("ask → first sample, sentence never said before", both(fresh))
    section.keep("ask → first sample, cached", again)
    return section


if __name__ == "__main__":
    sys.exit(sign(Path(sys.argv[1])))
