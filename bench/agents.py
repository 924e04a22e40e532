"""P9: how long a device's program needs from exec to ready, and how much memory it takes beside its drivers alone."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.light import LightClient
from bench.measure import Section, ms, now, p50, p99, rss_mb
from bench.rig import Rig, end, plan
from hub.broker import wait_until

#: each role's member, and what a process that imports only its drivers imports
ROLES = {
    "dispenser": (
        "dispenser-1",
        "gpiozero, PIL.Image, qrcode, luma.led_matrix.device, escpos.printer",
    ),
    "sign": ("sign-1", "luma.led_matrix.device, luma.core.interface.serial, PIL.Image"),
    "pad": ("pad-1", "gpiozero"),
    "speaker": ("speaker-1", ""),
}
#: what every role carries, whatever its hands are
COMMON = "paho.mqtt.client, msgspec, yaml"


async def _until_ready(rig: Rig, member: str, run: object, within_s: float = 20.0) -> float:
    """Seconds from `run()` to the member's birth on the bus."""
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
    assert callable(run)
    run()
    try:
        return await asyncio.wait_for(done, within_s) - began
    finally:
        client.close()


def _only_imports(modules: str) -> float:
    """Memory of a process that imports these and nothing of ours, megabytes."""
    code = f"import {modules}; import sys; print(1, flush=True); sys.stdin.read()" if modules else ""
    code = code or "import sys; print(1, flush=True); sys.stdin.read()"
    with tempfile.TemporaryDirectory() as scratch:
        process = subprocess.Popen(
            [sys.executable, "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "TMPDIR": scratch},
        )
        assert process.stdout is not None
        process.stdout.readline()
        found = rss_mb(process.pid)
        process.communicate()
    return found


def measure(folder: Path, seconds: float) -> Section:
    """The section: each role in turns, at least twice."""
    section = Section(
        key="P9",
        title="a device's program: exec → ready, and its memory",
        how="`hall device …` as the service manager starts it, hands on the world's wires, until its birth is on the bus; memory "
        "(resident) two seconds later. Beside it a Python that imports the role's driver libraries, and one that also imports what "
        f"every role carries ({COMMON}).",
    )
    sockets = Path(tempfile.mkdtemp(prefix="hall-"))
    rig = Rig(folder / "agents", plan(windows=1, dispensers=1))
    rig.layout.sockets = sockets
    rig.layout.write()
    world = rig.layout.world()
    command = [sys.executable, "-m", "sim.world", "--plan", str(rig.folder / "world.json")]
    times: dict[str, list[float]] = {role: [] for role in ROLES}
    memory: dict[str, float] = {}
    with rig:
        hands = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        try:
            if not wait_until(world.control.exists, 20.0):
                raise TimeoutError("the world did not come up")
            for turn in range(max(2, round(seconds / 8))):
                for role, (member, _) in ROLES.items():
                    started: list[subprocess.Popen[bytes]] = []
                    arguments = ("device", role, "--settings", str(rig.layout.settings_file(member)))
                    environment = world.environment(member)

                    def run() -> None:
                        started.append(rig.program(*arguments, environment=environment))  # noqa: B023 - called at once

                    times[role].append(asyncio.run(_until_ready(rig, member, run)))
                    if turn == 0:
                        wait_until(lambda: False, 2.0)
                        memory[role] = rss_mb(started[0].pid)
                    end(started[0])
        finally:
            end(hands)
            shutil.rmtree(sockets, ignore_errors=True)
    for role, (_, drivers) in ROLES.items():
        took = times[role][1:] or times[role]
        section.add(
            f"{role}: exec → ready, p50", f"{ms(p50(took))} (slowest {ms(p99(took))})", "≤ 1.0 s", ok=p50(took) <= 1.0
        )  # fmt: skip
        alone = _only_imports(drivers)
        common = _only_imports(", ".join(part for part in (drivers, COMMON) if part))
        ratio = memory[role] / alone
        section.add(
            f"{role}: memory",
            f"{memory[role]:.1f} MB; drivers alone {alone:.1f} MB: {ratio:.2f}×; with the common parts {common:.1f} MB: "
            f"{memory[role] / common:.2f}×",
            "≤ 1.3 × drivers" if drivers else "no driver library",
            ok=ratio <= 1.3 if drivers else None,
        )
    return section
