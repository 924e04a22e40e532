"""P12: what a ticket waits for while somebody reports a year of a million tickets."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from bench import history
from bench.bare import BareAsker, BareHub
from bench.growth import MILLION
from bench.measure import Section, both, now, p50, p99
from bench.rig import Asker, Rig, plan, services
from hall.ids import new_id
from hub.broker import Broker
from hub.console.reports.make import Asked
from hub.console.reports.worker import Job, Said

#: pause between two questions, seconds
PAUSE_S = 0.004
#: so long the worker counts, and is held still, in turns
TURN_S = 1.0


class _Timed:
    """Asks for tickets, in turns with a bare member's question."""

    def __init__(self, dispenser: Asker, bare: BareAsker) -> None:
        self._dispenser, self._bare = dispenser, bare
        self._services = services()
        self.take: dict[str, list[float]] = {"alone": [], "beside": []}
        self.floor: dict[str, list[float]] = {"alone": [], "beside": []}

    async def once(self, when: str) -> None:
        """One ticket, one bare question."""
        service, asked = next(self._services), now()
        await self._dispenser.take(service)
        self.take[when].append(now() - asked)
        await asyncio.sleep(PAUSE_S)
        body = json.dumps({"id": new_id(), "type": "take_ticket", "service": service}).encode()
        self.floor[when].append(self._bare.ask(body))
        await asyncio.sleep(PAUSE_S)


def _job(store: Path, zone: str) -> Job:
    today = datetime.now(ZoneInfo(zone)).date()
    first = today - timedelta(days=364)
    asked = Asked(store=str(store), first=first.isoformat(), last=date.isoformat(today), timezone=zone)
    return Job(asked=asked)


async def _measure(timed: _Timed, job: Job, seconds: float) -> tuple[Said, float]:
    """In turns of a second the worker counts or is held still, so that both see the same machine; then it counts to its end."""
    until = now() + TURN_S
    while now() < until:
        await timed.once("alone")
    worker = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "hub.console.reports.worker",
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, limit=64 * 1024 * 1024,
    )  # fmt: skip
    told = asyncio.create_task(worker.communicate(msgspec.json.encode(job)))
    until, counted_s, held = now() + seconds, 0.0, False
    while now() < until and not told.done():
        began = now()
        while now() < began + TURN_S and not told.done():
            await timed.once("alone" if held else "beside")
        counted_s += 0.0 if held else now() - began
        held = not held
        if not told.done():
            worker.send_signal(signal.SIGSTOP if held else signal.SIGCONT)
    began = now()
    if not told.done():
        worker.send_signal(signal.SIGCONT)
    lines, _ = await told
    return msgspec.json.decode(lines.splitlines()[-1], type=Said), counted_s + now() - began


def measure(folder: Path, seconds: float, *, tickets: int = MILLION) -> Section:
    """One section. Writing the history takes about a minute more."""
    section = Section(
        key="P12",
        title=f"a ticket while a year is reported, {tickets:,} tickets in the store",
        how="One hub, one broker: a ticket and a bare member's question in turns, 4 ms between them; the page's own worker counts the "
        "last 365 days of the same store, and is held still every other second: both see the same machine.",
    )
    hall = plan(windows=6, dispensers=1)
    rig = Rig(folder / "hall", hall)
    until = datetime.now(ZoneInfo(hall.timezone))
    history.write(rig.store, tickets, until)
    history.today(rig.store, hall, 10)
    with rig, Broker(folder / "bare") as broker, BareHub(broker.port, folder):
        bare = BareAsker(broker.port)
        said, took_s, timed = asyncio.run(_run(rig, bare, _job(rig.store, hall.timezone), seconds))
        bare.close()
    alone, beside = timed.take["alone"], timed.take["beside"]
    section.add("bare member asks a bare member, alone", both(timed.floor["alone"]))
    section.add("bare member, while a year is reported", both(timed.floor["beside"]))
    section.add("ticket: alone", both(alone))
    section.add("ticket: while a year is reported", both(beside))
    for part, name in ((p50, "p50"), (p99, "p99")):
        ratio = part(beside) / part(alone)
        section.add(f"ticket: {name} beside ÷ alone", f"{ratio:.2f}", "≤ 1.2", ok=ratio <= 1.2)
    counted = 0 if said.report is None else said.report.total.issued
    wanted = min(tickets, 364 * history.A_DAY)
    section.add("tickets in the report", f"{counted:,}", f"≥ {wanted:,}", ok=counted >= wanted)
    section.add("the report took", f"{took_s:.1f} s")
    section.keep("alone", alone)
    section.keep("beside", beside)
    return section


async def _run(rig: Rig, bare: BareAsker, job: Job, seconds: float) -> tuple[Said, float, _Timed]:
    dispenser = Asker(rig, "dispenser-1")
    await dispenser.open()
    await dispenser.take("withdrawal")
    timed = _Timed(dispenser, bare)
    said, took_s = await _measure(timed, job, seconds)
    dispenser.close()
    return said, took_s, timed
