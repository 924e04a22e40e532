"""A real broker and a real hub in a folder of their own, and consoles that ask it from one asyncio loop."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import msgspec

from hall.ids import new_id
from hall.messages.common import MemberKind
from hall.plan import HallPlan, MemberPlan, WindowPlan
from hub.broker import Broker
from sim.layout import Layout, demo_plan
from sim.twin.light import LightClient

#: services that a key or a desk may give numbers for
SERVICES = ("withdrawal", "loan", "settlement", "employer", "account", "enquiry")


def plan(windows: int = 8, dispensers: int = 8) -> HallPlan:
    """The example hall, always open, with so many windows, each serving everything, a sign and a pad above each."""
    example = demo_plan(always_open=True)
    served = (*SERVICES, "review", "complaint")
    members = {f"dispenser-{n}": MemberPlan(kind=MemberKind.DISPENSER) for n in range(1, dispensers + 1)}
    members["speaker-1"] = MemberPlan(kind=MemberKind.SPEAKER)
    for n in range(1, windows + 1):
        members[f"sign-{n}"] = MemberPlan(kind=MemberKind.SIGN, window=n)
        members[f"pad-{n}"] = MemberPlan(kind=MemberKind.PAD, window=n)
    return msgspec.structs.replace(
        example,
        id="bench",
        windows=tuple(WindowPlan(window=n, serves=served) for n in range(1, windows + 1)),
        staff=tuple(f"{n:03}" for n in range(1, max(windows, 40) + 1)),
        members=members,
    )


class Rig:
    """One hall: mosquitto, the hub's process, the settings files of everybody."""

    def __init__(self, folder: Path, hall: HallPlan | None = None) -> None:
        """Settings are written; nothing runs before the `with` block."""
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.broker = Broker(folder / "broker")
        self.layout = Layout(hall or plan(), folder, broker_port=self.broker.port)
        self.layout.write()
        self.root = f"hall/1/{self.layout.plan.id}"
        self.hub: subprocess.Popen[bytes] | None = None

    @property
    def port(self) -> int:
        """The broker's."""
        return self.broker.port

    @property
    def store(self) -> Path:
        """The hub's journal."""
        return self.folder / "hub.db"

    def program(self, *arguments: str, environment: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
        """One of the house's programs, its log in the folder."""
        command = [sys.executable, str(Path(sys.prefix) / "bin" / "hall"), *arguments]
        # a test that starts us is no reason for NiceGUI to be in one
        own = {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}
        with (self.folder / f"{arguments[0]}.log").open("ab") as log:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=own | (environment or {}),
            )

    def start_hub(self) -> None:
        """The hub's program, as in a hall."""
        self.hub = self.program("hub", "--settings", str(self.layout.settings_file("hub")))

    def kill_hub(self) -> None:
        """No goodbye."""
        end(self.hub, signal.SIGKILL)

    def __enter__(self) -> Self:
        self.broker.start()
        self.start_hub()
        return self

    def __exit__(self, *_: object) -> None:
        end(self.hub)
        self.broker.stop()


def end(process: subprocess.Popen[bytes] | None, how: signal.Signals = signal.SIGTERM) -> None:
    """End a process of ours and wait for it."""
    if process is None or process.poll() is not None:
        return
    process.send_signal(how)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(5)
        return
    process.kill()
    process.wait()


class Asker:
    """A member that asks one thing at a time, from an asyncio loop: the hub, or (`bare`) the bare member beside it."""

    def __init__(self, rig: Rig, member: str, *, bare: bool = False) -> None:
        """`member` is a dispenser of the plan, or ``console-…``."""
        self.member, self._port = member, rig.port
        own = f"bare/{member}" if bare else f"{rig.root}/{member}"
        self._up, self._down = (
            (own + "/up", own + "/down") if bare else (own + "/up/ask", own + "/down/answer")
        )
        self._bare = bare
        self._open: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self.client = LightClient(self._heard)

    async def open(self) -> None:
        """Connect and subscribe."""
        name = ("bare-" if self._bare else "") + self.member
        await self.client.connect("127.0.0.1", self._port, name, [self._down])

    async def ask(self, kind: str, *, again_s: float = 1.0, **fields: Any) -> dict[str, Any]:
        """The answer; the ask is repeated with the same id each `again_s` seconds."""
        ask_id = new_id()
        payload = json.dumps({"id": ask_id, "type": kind, **fields}).encode()
        loop = asyncio.get_running_loop()
        waits: asyncio.Future[dict[str, Any]] = loop.create_future()
        self._open[ask_id] = waits

        def say() -> None:
            if not waits.done():
                self.client.publish(self._up, payload)
                loop.call_later(again_s, say)

        say()
        try:
            return await waits
        finally:
            self._open.pop(ask_id, None)

    async def take(self, service: str) -> dict[str, Any]:
        """A ticket for a press; the first fact of the answer."""
        answer = await self.ask("take_ticket", service=service, lane="normal", via="dispenser")
        if self._bare:
            return answer
        if not answer["ok"]:
            raise RuntimeError(f"no ticket: {answer}")
        fact: dict[str, Any] = answer["facts"][0]
        return fact

    def _heard(self, _topic: str, payload: bytes) -> None:
        answer = json.loads(payload)
        waits = self._open.get(answer["id"])
        if waits is not None and not waits.done():
            waits.set_result(answer)

    def close(self) -> None:
        """Leave."""
        self.client.close()


def services() -> Iterator[str]:
    """One service after the other, for ever: a letter has 9,000 numbers a day."""
    return itertools.cycle(SERVICES)
