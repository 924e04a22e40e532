"""P4: tickets per second with eight who ask at once; no number twice, no ticket at two windows; the coordinator alone."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from bench.bare import BareHub
from bench.measure import Section, both, cpu_s, now, p50
from bench.rig import SERVICES, Asker, Rig, plan, services
from hall.clock import VirtualScheduler
from hall.ids import new_id
from hall.messages import asks
from hall.messages.common import Via
from hub.coordinator import Coordinator
from hub.store.journal import Journal

ASKERS = 8
#: A Python peer of this field, asked over HTTP on two cores of this class: what `how` says of it.
PEER = (
    "FQM 0614fb56 (Flask, gunicorn -w 2, SQLite; its API, n 400, this class of machine under other load, November 2026): "
    "14–98 tickets/s with 8 clients, 38–49 % of the numbers given twice, 11–49 of 100 calls handed out twice"
)


async def _spell(askers: list[Asker], seconds: float, took: list[float]) -> list[dict[str, Any]]:
    """Everybody asks as fast as they are answered; the answers."""
    until = now() + seconds
    answers: list[dict[str, Any]] = []

    async def one(asker: Asker, first: int) -> None:
        turn = services()
        for _ in range(first % len(SERVICES)):
            next(turn)
        while now() < until:
            asked = now()
            answers.append(await asker.take(next(turn)))
            took.append(now() - asked)

    await asyncio.gather(*(one(asker, n) for n, asker in enumerate(askers)))
    return answers


async def _rounds(rig: Rig, section: Section, seconds: float) -> None:
    names = [f"dispenser-{n}" for n in range(1, ASKERS + 1)]
    ours, floor = [Asker(rig, name) for name in names], [Asker(rig, name, bare=True) for name in names]
    for asker in (*ours, *floor):
        await asker.open()
        await asker.take(SERVICES[0])
    rates: dict[str, list[float]] = {"hub": [], "bare": []}
    took: dict[str, list[float]] = {"hub": [], "bare": []}
    numbers: list[str] = []
    spell = seconds / 8
    hub_cpu = 0.0
    for _ in range(4):
        for name, askers in (("bare", floor), ("hub", ours)):
            assert rig.hub is not None
            before, began = cpu_s(rig.hub.pid), now()
            answers = await _spell(askers, spell, took[name])
            rates[name].append(len(answers) / (now() - began))
            if name == "hub":
                hub_cpu += cpu_s(rig.hub.pid) - before
                numbers += [answer["number"] for answer in answers]
    ratio = p50(rates["hub"]) / p50(rates["bare"])
    section.add("bare echo, 8 clients", f"{p50(rates['bare']):,.0f}/s, {both(took['bare'])}")
    section.add(
        "hub, 8 dispensers",
        f"{p50(rates['hub']):,.0f} tickets/s, {both(took['hub'])}",
    )
    section.add("hub to floor", f"{ratio:.2f}", "≥ 0.6", ok=ratio >= 0.6)
    section.add("hub's own processor time", f"{hub_cpu / len(numbers) * 1e6:.0f} µs a ticket")
    twice = len(numbers) - len(set(numbers))
    section.add("numbers given twice", f"{twice} of {len(numbers):,}", "0", ok=twice == 0)
    section.keep("bare echo, 8 clients", took["bare"])
    section.keep("hub, 8 dispensers", took["hub"])
    for asker in (*ours, *floor):
        asker.close()
    await _calls(rig, section, seconds / 4)


async def _calls(rig: Rig, section: Section, seconds: float) -> None:
    """Eight windows call and finish as fast as they are answered."""
    consoles = [Asker(rig, f"console-{n}") for n in range(1, ASKERS + 1)]
    called: Counter[str] = Counter()
    took: list[float] = []

    async def one(n: int, console: Asker) -> None:
        await console.open()
        await console.ask("sit", window=n, clerk=f"{n:03}")
        until = now() + seconds
        while now() < until:
            asked = now()
            answer = await console.ask("call_next", window=n)
            took.append(now() - asked)
            if not answer["ok"]:
                return
            called[answer["facts"][0]["ticket"]] += 1
            await console.ask("finish", window=n, outcome="done")

    began = now()
    await asyncio.gather(*(one(n, console) for n, console in enumerate(consoles, 1)))
    seconds = now() - began
    twice = sum(count - 1 for count in called.values())
    section.add(
        "call and finish, 8 windows",
        f"{len(took) / seconds:,.0f} calls/s; call {both(took)}",
    )
    section.add("tickets called to two windows", f"{twice} of {len(took):,}", "0", ok=twice == 0)
    for console in consoles:
        console.close()


class _Nobody:
    """Hears everything and tells nobody."""

    def answer(self, member: str, payload: bytes) -> None:
        """See :class:`hub.work.Tell`."""

    receipt = facts = sick = answer


def alone(folder: Path, section: Section, seconds: float) -> None:
    """Coordinator and store without a bus: batches as large as they come when many ask."""
    hall = plan()
    scheduler = VirtualScheduler(datetime.now(ZoneInfo(hall.timezone)))
    store = Journal(str(folder / "alone.db"))
    coordinator = Coordinator(hall, memory=store, scheduler=scheduler, tell=_Nobody())  # type: ignore[arg-type]
    coordinator.start()
    coordinator.order(asks.OpenDay(id=new_id()))
    coordinator.flush()
    turn, given, spent = services(), 0, 0.0
    while spent < seconds and given < 40_000:
        batch = [
            asks.TakeTicket(id=new_id(), service=next(turn), lane="normal", via=Via.DISPENSER)
            for _ in range(256)
        ]
        began = now()
        for ask in batch:
            coordinator.ask("dispenser-1", ask)
        coordinator.flush()
        spent += now() - began
        given += len(batch)
    issued = len(coordinator.hall.tickets)
    store.close()
    if issued != given:
        raise RuntimeError(f"{issued} tickets of {given} asks")
    rate = given / spent
    section.add("coordinator and store alone", f"{rate:,.0f} tickets/s", "≥ 5,000/s", ok=rate >= 5000)


def measure(folder: Path, seconds: float) -> Section:
    """The section; `seconds` is about how long it may take."""
    section = Section(
        key="P4",
        title="tickets per second, durable, eight askers at once",
        how="The same 8 asyncio clients ask, one question each at a time, in turns the bare echo and the hub on one broker. "
        "Beside it: " + PEER + ".",
    )
    rig = Rig(folder / "load")
    with rig, BareHub(rig.port, folder):
        asyncio.run(_rounds(rig, section, seconds * 0.7))
    alone(folder, section, max(0.2, seconds * 0.1))
    return section
