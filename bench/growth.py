"""P5 and P6: what a million tickets of history and two thousand people waiting change; a killed hub's way back."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from bench import history
from bench.bare import BareAsker, BareHub
from bench.measure import Section, both, ms, now, p50, p99
from bench.rig import Asker, Rig, plan, services
from hall.ids import new_id
from hub.broker import Broker

PEER = (
    "FQM 0614fb56 (gunicorn -w 2, this class of machine under other load, November 2026): a ticket's p50 16–29 ms with 20 rows, "
    "49–69 ms with 50,000"
)
MILLION = 1_000_000
#: how often the first question after a restart is repeated, seconds
AGAIN_S = 0.02


class _Hall(NamedTuple):
    name: str
    rig: Rig
    take: list[float]
    call: list[float]


async def _turns(halls: list[_Hall], bare: BareAsker, floor: list[float], seconds: float) -> None:
    askers = [(Asker(hall.rig, "dispenser-1"), Asker(hall.rig, "console-1")) for hall in halls]
    for dispenser, console in askers:
        await dispenser.open()
        await console.open()
        await dispenser.take("withdrawal")
        await _served(console)
    turn, until, rounds = services(), now() + seconds, 0
    while now() < until:
        service = next(turn)
        for i in range(len(halls)):
            hall, (dispenser, console) = halls[(i + rounds) % len(halls)], askers[(i + rounds) % len(halls)]
            asked = now()
            await dispenser.take(service)
            hall.take.append(now() - asked)
            await asyncio.sleep(0.004)
            asked = now()
            answer = await console.ask("call_next", window=1)
            hall.call.append(now() - asked)
            if not answer["ok"]:
                raise RuntimeError(f"{hall.name}: {answer}")
            await asyncio.sleep(0.004)
            await console.ask("finish", window=1, outcome="done")
            await asyncio.sleep(0.004)
        body = json.dumps({"id": new_id(), "type": "take_ticket", "service": service}).encode()
        floor.append(bare.ask(body))
        await asyncio.sleep(0.004)
        rounds += 1
    for dispenser, console in askers:
        dispenser.close()
        console.close()


async def _served(console: Asker) -> None:
    await console.ask("call_next", window=1)
    await console.ask("finish", window=1, outcome="done")


async def _first_ticket(rig: Rig) -> float:
    """Kill the hub, start it, ask all the while: seconds from exec to the first ticket."""
    asker = Asker(rig, "dispenser-1")
    await asker.open()
    await asker.take("withdrawal")
    rig.kill_hub()
    began = now()
    rig.start_hub()
    answer = await asker.ask(
        "take_ticket", again_s=AGAIN_S, service="withdrawal", lane="normal", via="dispenser"
    )
    took = now() - began
    if not answer["ok"]:
        raise RuntimeError(f"no ticket: {answer}")
    asker.close()
    return took


def _imports() -> float:
    """Seconds of a process that imports what a hub imports from others, and ends."""
    began = now()
    subprocess.run(
        [sys.executable, "-c", "import sqlalchemy.pool, paho.mqtt.client, msgspec, yaml, typer"], check=True
    )
    return now() - began


def measure(folder: Path, seconds: float, *, tickets: int = MILLION, waiting: int = 2000) -> list[Section]:
    """Both sections. Writing the history takes about a minute more than `seconds`."""
    growth = Section(
        key="P5",
        title=f"growth: 0 against {tickets:,} tickets in the store, 10 against {waiting:,} waiting",
        how="One hub and broker per store, asked in turns: a ticket, a call, the end of the service, 4 ms between them; and the bare "
        "member beside them. Beside it: " + PEER + ".",
    )
    back = Section(
        key="P6",
        title=f"hub killed, {tickets:,} tickets of history, {waiting:,} waiting: exec → first ticket",
        how=f"SIGKILL, then the same command again; a dispenser repeats one ask every {AGAIN_S * 1000:.0f} ms all the while.",
    )
    hall = plan(windows=6, dispensers=1)
    until = datetime.now(ZoneInfo(hall.timezone))
    old = folder / "old.db"
    began = now()
    rows = history.write(old, tickets, until)
    wrote = now() - began
    size_mb = old.stat().st_size / 1e6
    halls = [
        _Hall(name, Rig(folder / key, hall), [], [])
        for name, key in (
            ("no history, 10 waiting", "a"),
            (f"{tickets:,} tickets, 10 waiting", "b"),
            (f"{tickets:,} tickets, {waiting:,} waiting", "c"),
        )
    ]
    shutil.copyfile(old, halls[1].rig.store)
    shutil.move(old, halls[2].rig.store)
    for each, people in zip(halls, (10, 10, waiting), strict=True):
        history.today(each.rig.store, hall, people)
    floor: list[float] = []
    with ExitStack() as stack:
        for each in halls:
            stack.enter_context(each.rig)
        broker = stack.enter_context(Broker(folder / "bare"))
        stack.enter_context(BareHub(broker.port, folder))
        bare = BareAsker(broker.port)
        asyncio.run(_turns(halls, bare, floor, seconds * 0.6))
        bare.close()
        growth.add("bare member asks a bare member", both(floor))
        growth.keep("floor", floor)
        for each in halls:
            growth.add(f"ticket: {each.name}", both(each.take))
            growth.keep(f"ticket: {each.name}", each.take)
        for each in halls:
            growth.add(f"call: {each.name}", both(each.call))
        for name, none, much in (
            ("ticket", halls[0].take, halls[1].take),
            ("ticket with everybody waiting", halls[0].take, halls[2].take),
            ("call", halls[0].call, halls[1].call),
            ("call with everybody waiting", halls[0].call, halls[2].call),
        ):
            ratio = p50(much) / p50(none)
            growth.add(f"{name}: p50 much ÷ little", f"{ratio:.2f}", "≤ 1.15", ok=ratio <= 1.15)
        growth.notes.append(
            f"The history: {rows:,} facts, {size_mb:,.0f} MB, written by bulk insert in {wrote:.0f} s."
        )
        took = [asyncio.run(_first_ticket(halls[2].rig)) for _ in range(max(2, round(seconds / 8)))]
        imports = [_imports() for _ in took]
        empty = [asyncio.run(_first_ticket(halls[0].rig)) for _ in range(max(2, round(seconds / 8)))]
    back.add("exec → first ticket, p50", ms(p50(took)), "≤ 1 s", ok=p50(took) <= 1.0)
    back.add("the slowest", f"{ms(p99(took))} of {len(took)}")
    back.add("the same without history, p50", ms(p50(empty)))
    back.add("a Python that only imports the hub's libraries, p50", ms(p50(imports)))
    return [growth, back]
