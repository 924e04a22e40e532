"""P9: how long a device's program needs from exec to ready, and how much memory it takes beside its drivers alone."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import IO

from bench.measure import Section, ms, now, p50, p99, rss_mb
from bench.rig import Rig, end, plan
from hub.broker import wait_until
from sim.twin.light import LightClient

#: each role's member, and what a process that imports only its drivers imports
ROLES = {
    "dispenser": (
        "dispenser-1",
        "gpiozero, PIL.Image, qrcode, luma.led_matrix.device, escpos.printer",
    ),
    "sign": (
        "sign-1",
        "luma.led_matrix.device, luma.core.interface.serial, PIL.Image",
    ),
    "pad": ("pad-1", "gpiozero"),
    "speaker": ("speaker-1", "subprocess, wave"),
}
BUS = "paho.mqtt.client, msgspec, yaml"
#: what every role carries, whatever its hands are: bus, messages, settings, card, the hall's time
COMMON = f"{BUS}, sqlite3, zoneinfo"


async def _until_ready(
    rig: Rig, member: str, start: Callable[[], subprocess.Popen[bytes]], within_s: float = 20.0
) -> tuple[float, subprocess.Popen[bytes]]:
    """Start the member's program: seconds until its birth is on the bus, and its process."""
    done: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    def heard(_topic: str, payload: bytes) -> None:
        if payload and json.loads(payload)["state"] in {"ready", "degraded"} and not done.done():
            done.set_result(now())

    client = LightClient(heard)
    topic = f"{rig.root}/{member}/$state"
    await client.connect("127.0.0.1", rig.port, "bench-watch", [])
    await client.tell(topic, b"", retain=True)
    client.close()
    client = LightClient(heard)
    await client.connect("127.0.0.1", rig.port, "bench-watch", [topic])
    began = now()
    process = start()
    try:
        return await asyncio.wait_for(done, within_s) - began, process
    finally:
        client.close()


def _on_a_device(bytecode: Path) -> dict[str, str]:
    """The environment of a program as its unit gives it, its modules compiled beforehand, as pip does it."""
    own = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**own, "PYTHONPYCACHEPREFIX": str(bytecode), "MALLOC_ARENA_MAX": "1"}


def _start(program: list[str], log: IO[bytes], environment: dict[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(program, stdin=subprocess.DEVNULL, stderr=log, env=environment)


def _only_imports(modules: str, environment: dict[str, str]) -> float:
    """Memory of a process that imports these and nothing of ours, megabytes."""
    code = f"import {modules}; import sys; print(1, flush=True); sys.stdin.read()"
    with tempfile.TemporaryDirectory() as scratch:
        process = subprocess.Popen(
            [sys.executable, "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**environment, "TMPDIR": scratch},
        )
        assert process.stdout is not None
        process.stdout.readline()
        found = rss_mb(process.pid)
        process.communicate()
    return found


def _narrow(role: str) -> str:
    """The floor of figures from before 28 November 2026, told beside the other so that they compare."""
    return BUS if role == "speaker" else f"{ROLES[role][1]}, {BUS}"


def _floor(libraries: str, environment: dict[str, str]) -> float:
    """Memory of a process that imports these, compiled beforehand, megabytes."""
    _only_imports(libraries, environment)
    return _only_imports(libraries, environment)


def measure(folder: Path, seconds: float) -> Section:
    """The section: each role in turns, at least twice."""
    section = Section(
        key="P9",
        title="a device's program: exec → ready, and its memory",
        how="`python -m devices …`, as its systemd unit starts it (MALLOC_ARENA_MAX=1, modules compiled by pip), hands on the world's wires, "
        "until its birth is on the bus; memory (resident) two seconds later. Beside it a Python that imports the libraries the role is made "
        f"of and nothing of ours: its drivers, and for bus, messages, settings, card and time {COMMON}. "
        "The narrow floor, used until 28 November 2026, leaves out sqlite3 and zoneinfo, and of the speaker subprocess and wave.",
    )
    sockets = Path(tempfile.mkdtemp(prefix="hall-"))
    rig = Rig(folder / "agents", plan(windows=1, dispensers=1))
    rig.layout.sockets = sockets
    rig.layout.write()
    world = rig.layout.world()
    on_a_device = _on_a_device(rig.folder / "bytecode")
    command = [sys.executable, "-m", "sim.twin.world", "--plan", str(rig.folder / "world.json")]
    times: dict[str, list[float]] = {role: [] for role in ROLES}
    memory: dict[str, float] = {}
    with rig, ExitStack() as stack:
        hands = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        log = stack.enter_context((rig.folder / "devices.log").open("ab"))
        try:
            if not wait_until(world.control.exists, 20.0):
                raise TimeoutError("the world did not come up")
            for turn in range(max(3, round(seconds / 8))):
                for role, (member, _) in ROLES.items():
                    program = [sys.executable, "-m", "devices", role, str(rig.layout.settings_file(member))]
                    environment = {**on_a_device, **world.environment(member)}
                    start = partial(_start, program, log, environment)
                    seconds_to_ready, process = asyncio.run(_until_ready(rig, member, start))
                    times[role].append(seconds_to_ready)
                    if turn == 1:  # the first one compiled
                        wait_until(lambda: False, 2.0)
                        memory[role] = rss_mb(process.pid)
                    end(process)
        finally:
            end(hands)
            shutil.rmtree(sockets, ignore_errors=True)
    for role, (_, drivers) in ROLES.items():
        took = times[role][1:]
        section.add(
            f"{role}: exec → ready, p50", f"{ms(p50(took))} (slowest {ms(p99(took))})", "≤ 1.0 s", ok=p50(took) <= 1.0
        )  # fmt: skip
        bare, narrow = (_floor(them, on_a_device) for them in (f"{drivers}, {COMMON}", _narrow(role)))
        ratio = memory[role] / bare
        section.add(
            f"{role}: memory",
            f"{memory[role]:.1f} MB, its libraries alone {bare:.1f} MB: {ratio:.2f}×",
            "≤ 1.3 ×",
            ok=ratio <= 1.3,
        )
        section.add(f"{role}: memory to the narrow floor", f"{narrow:.1f} MB: {memory[role] / narrow:.2f}×")
    return section
