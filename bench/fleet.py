"""P7: five hundred devices on one hub and broker: what they cost, and how they come back after the broker died.

The devices are light asyncio members in this process: five hundred threads of paho would be what is measured. They do what the
protocol page asks of a device: will and birth, a beat every five seconds, events from an outbox until receipted, the wait before
a reconnect as :class:`hall.mqtt.Pace` has it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from bench.measure import Section, both, cpu_s, now, p50, rss_mb
from bench.rig import Asker, Rig, plan, services
from hall.ids import new_id
from hall.messages.common import MemberKind
from hall.mqtt import Pace
from hall.plan import HallPlan, MemberPlan
from hall.topics import Topics
from sim.twin.light import LightClient

DEVICES = 500
BEAT_S = 5.0
#: one event of each device so often, seconds
EVENT_S = 60.0
ZONE = ZoneInfo("Asia/Shanghai")


def hall(devices: int) -> HallPlan:
    """A box of a hall: twenty windows, and so many devices (signs and pads above the windows, speakers for the rest)."""
    known = plan(windows=20, dispensers=10)
    members = dict(known.members)
    for n in range(1, max(0, devices - len(members)) + 1):
        members[f"sign-{100 + n}"] = MemberPlan(kind=MemberKind.SIGN, window=1 + n % 20)
    return msgspec.structs.replace(known, members=dict(list(members.items())[:devices]))


class Device:
    """One light device."""

    def __init__(self, rig: Rig, member: str, pace: Pace) -> None:
        self._port, self.member, self._pace = rig.port, member, pace
        self._topics = Topics(rig.layout.plan.id)
        self._kind = rig.layout.plan.members[member].kind.value
        self._boot, self._outbox = new_id(), new_id()
        self._epoch = self._seq = 0
        self._open: dict[int, bytes] = {}
        self._chance = random.Random(member)
        self._client: LightClient | None = None
        self._lost = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        #: when its last birth was acknowledged, and when the attempt for it began
        self.ready_at = self.tried_at = 0.0
        self.receipts = 0

    def begin(self) -> None:
        """Live until :meth:`end`."""
        self._task = asyncio.create_task(self._live())

    async def _live(self) -> None:
        failed = 0
        while True:
            with contextlib.suppress(OSError, asyncio.TimeoutError):
                await asyncio.wait_for(self._connect(), 5.0)
                failed = 0
                await self._work()
            self.ready_at = 0.0
            if self._client is not None:
                self._client.close()
            await asyncio.sleep(self._pace.wait(failed, self._chance))
            failed += 1

    async def _connect(self) -> None:
        self._epoch += 1
        self._lost.clear()
        self.tried_at = now()
        client = self._client = LightClient(self._heard, self._lost.set)
        await client.connect(
            "127.0.0.1",
            self._port,
            self.member,
            self._topics.device_filters(self.member),
            will=(self._topics.state(self.member), self._state("lost")),
        )
        await client.tell(self._topics.state(self.member), self._state("ready"), retain=True)
        self.ready_at = now()

    async def _work(self) -> None:
        assert self._client is not None
        beat = self._chance.uniform(0.0, BEAT_S)
        until_event = self._chance.uniform(0.0, EVENT_S)
        while not self._lost.is_set():
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._lost.wait(), beat)
                return
            self._beat()
            until_event -= BEAT_S
            if until_event <= 0:
                self._report()
                until_event += EVENT_S
            for payload in self._open.values():
                self._client.publish(self._topics.of(self.member, "up/event"), payload)
            beat = BEAT_S

    def _beat(self) -> None:
        assert self._client is not None
        said: dict[str, float] = {
            "epoch": self._epoch,
            "outbox": len(self._open),
            "uptime_s": 1,
            "clock_ok": True,
        }
        said |= {"temperature_c": 47.5, "rss_mb": 40.0, "disk_free_mb": 9000.0}
        self._client.publish(self._topics.of(self.member, "up/beat"), json.dumps(said).encode(), qos=0)

    def _report(self) -> None:
        self._seq += 1
        event = {"type": "self_test", "outbox": self._outbox, "seq": self._seq, "boot": self._boot}
        event |= {"mono_ms": self._seq, "at": datetime.now(ZONE).isoformat(), "clock_ok": True, "results": {}}
        self._open[self._seq] = json.dumps(event).encode()

    def _heard(self, topic: str, payload: bytes) -> None:
        leaf = topic.removeprefix(self._topics.of(self.member, ""))
        if leaf == "down/receipt":
            upto = json.loads(payload)["upto"]
            for seq in [seq for seq in self._open if seq <= upto]:
                del self._open[seq]
                self.receipts += 1
        elif topic == self._topics.rebirth and self._client is not None and self.ready_at:
            self._client.publish(self._topics.state(self.member), self._state("ready"), retain=True)

    def _state(self, state: str) -> bytes:
        said = {"state": state, "epoch": self._epoch, "boot": self._boot, "kind": self._kind}
        return json.dumps(said).encode()

    async def end(self) -> None:
        """Stop living."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        if self._client is not None:
            self._client.close()


async def _until(true: Any, within_s: float) -> bool:
    end = now() + within_s
    while not true():
        if now() > end:
            return False
        await asyncio.sleep(0.05)
    return True


async def _calls(rig: Rig, seconds: float) -> list[float]:
    """One visit a second: a ticket, a call, the end of the service; how long each call took."""
    dispenser, console = Asker(rig, "console-7"), Asker(rig, "console-8")
    await dispenser.open()
    await console.open()
    await console.ask("sit", window=1, clerk="001")
    took: list[float] = []
    until, turn = now() + seconds, services()
    while now() < until:
        began = now()
        await dispenser.ask("take_ticket", service=next(turn), lane="normal", via="desk")
        asked = now()
        await console.ask("call_next", window=1)
        took.append(now() - asked)
        await console.ask("finish", window=1, outcome="done")
        await asyncio.sleep(max(0.0, 1.0 - (now() - began)))
    dispenser.close()
    console.close()
    return took


async def _run(rig: Rig, section: Section, devices: int, seconds: float) -> None:
    pace = Pace.device(devices)
    fleet = [Device(rig, member, pace) for member in rig.layout.plan.members]
    for n, device in enumerate(fleet):
        device.begin()
        if n % 25 == 24:
            await asyncio.sleep(0.05)
    if not await _until(lambda: all(device.ready_at for device in fleet), 60.0):
        raise TimeoutError("the fleet did not come up")
    await asyncio.sleep(min(10.0, seconds / 4))
    assert rig.hub is not None
    assert rig.broker.pid is not None
    pids = {"hub": rig.hub.pid, "broker": rig.broker.pid}
    before, began = {name: cpu_s(pid) for name, pid in pids.items()}, now()
    took = await _calls(rig, max(5.0, seconds / 2))
    spent = now() - began
    shares = {name: (cpu_s(pid) - before[name]) / spent for name, pid in pids.items()}
    both_of_them = sum(shares.values())
    section.add(
        "hub and broker, share of one core",
        f"{both_of_them:.1%} (hub {shares['hub']:.1%}, broker {shares['broker']:.1%}) over {spent:.0f} s",
        "≤ 25 %",
        ok=both_of_them <= 0.25,
    )
    section.add("their memory", f"hub {rss_mb(pids['hub']):.0f} MB, broker {rss_mb(pids['broker']):.0f} MB")
    section.add("a call meanwhile", both(took))
    section.keep("a call among all devices", took)
    section.add("events receipted", f"{sum(device.receipts for device in fleet)}")
    await _storm(rig, section, fleet)
    for device in fleet:
        await device.end()


async def _storm(rig: Rig, section: Section, fleet: list[Device]) -> None:
    rig.broker.stop(0.0)
    await _until(lambda: not any(device.ready_at for device in fleet), 5.0)
    rig.broker.start()
    began = now()
    back = await _until(lambda: all(device.ready_at for device in fleet), 60.0)
    last = max(device.ready_at for device in fleet) - began
    section.add(
        f"broker killed and started: all {len(fleet)} ready",
        f"{last:.1f} s" if back else "not within 60 s",
        "≤ 30 s",
        ok=back and last <= 30.0,
    )
    tenths = Counter(int((device.tried_at - began) * 10) for device in fleet if device.ready_at)
    most = max(tenths.values()) / len(fleet)
    section.add("most of them in any tenth of a second", f"{most:.1%}", "≤ 5 %", ok=most <= 0.05)
    waits = [device.ready_at - began for device in fleet if device.ready_at]
    section.add("half of them ready after", f"{p50(waits):.1f} s")


def measure(folder: Path, seconds: float, *, devices: int = DEVICES) -> Section:
    """The section; with less than 15 s the fleet is a tenth, and says so."""
    devices = devices if seconds >= 15 else max(10, devices // 10)
    section = Section(
        key="P7",
        title=f"{devices} devices on one hub and broker",
        how="Light asyncio members in one process: will, birth, a beat each 5 s, an event each minute until receipted, one visit a "
        "second through window 1; then the broker is killed and started again.",
    )
    with Rig(folder / "fleet", hall(devices)) as rig:
        asyncio.run(_run(rig, section, devices, seconds))
    return section
