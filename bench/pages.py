"""P11: sixty clerks' pages and ten boards on one box: how soon a call is drawn, and what that costs the hub."""

from __future__ import annotations

import asyncio
import secrets
import subprocess
import time
from pathlib import Path

import yaml

from bench.crowd_pages import Visitor
from bench.measure import Section, both, cpu_s, now, p50, p99, rss_mb
from bench.rig import Asker, Rig, end, plan, services
from hub.console.door.people import People
from hub.console.door.rights import Role
from hub.console.door.store import ConsoleStore
from sim.ports import Ports

CLERKS, BOARDS = 60, 10
WINDOWS = CLERKS
#: a call and two tickets so often: sixty windows at ten minutes a visit call every ten seconds, so this is a hall in a great hurry
PACE_S = 1.0
PATIENCE_S = 5.0
#: the console may still be starting: tried again so often; and so long until every page has its first picture
START_S, SETTLE_S = 0.2, 2.0


def _people(file: Path) -> list[tuple[str, str]]:
    """Sixty clerks with their passwords, made in the console's own store."""
    store = ConsoleStore(file)
    people, made = People(store, now=time.time), []
    for n in range(1, CLERKS + 1):
        login, password = f"desk{n:03}", secrets.token_urlsafe(12)
        people.make(
            login,
            name=f"{n:03}",
            roles=[Role.CLERK],
            password=password,
            work_number=f"{n:03}",
            must_change=False,
        )
        made.append((login, password))
    store.close()
    return made


def _console(rig: Rig, people: Path, port: int) -> subprocess.Popen[bytes]:
    settings = rig.folder / "console.yaml"
    own = {
        "plan": str(rig.layout.settings_file("hall")),
        "broker": {"host": "127.0.0.1", "port": rig.port},
        "store": str(rig.store),
        "people": str(people),
        "member": "console-web",
        "host": "127.0.0.1",
        "port": port,
    }
    settings.write_text(yaml.safe_dump(own, allow_unicode=True), encoding="utf-8")
    return rig.program("console", "run", "--settings", str(settings))


async def _asks(dispenser: Asker, seconds: float) -> list[float]:
    """Tickets at the hall's pace; how long each answer took."""
    took, turn, until = [], services(), now() + seconds
    while now() < until:
        asked = now()
        await dispenser.take(next(turn))
        took.append(now() - asked)
        await asyncio.sleep(PACE_S / 2)
    return took


async def _drawn(visitors: list[Visitor], number: str, asked: float) -> list[float]:
    """How long after `asked` each of these pages drew `number`; :data:`PATIENCE_S` for one that never did."""
    seen = await asyncio.gather(*(visitor.sees(number, PATIENCE_S) for visitor in visitors))
    return [(asked + PATIENCE_S if at is None else at) - asked for at in seen]


async def _calls(
    console: Asker, clerks: list[Visitor], boards: list[Visitor], seconds: float
) -> list[list[float]]:
    """One window after the other calls and finishes; seconds until its own page and every board had drawn it."""
    own: list[float] = []
    everywhere: list[float] = []
    until, n = now() + seconds, 0
    while now() < until:
        window = n % WINDOWS + 1
        n += 1
        for visitor in (clerks[window - 1], *boards):
            visitor.forget()
        asked = now()
        answer = await console.ask("call_next", window=window)
        if not answer["ok"]:
            await asyncio.sleep(PACE_S)
            continue
        number = answer["facts"][0]["number"]
        own += await _drawn([clerks[window - 1]], number, asked)
        everywhere += await _drawn(boards, number, asked)
        await console.ask("finish", window=window, outcome="done")
        await asyncio.sleep(PACE_S)
    return [own, everywhere]


async def _run(rig: Rig, folder: Path, section: Section, seconds: float) -> None:
    people, ports = folder / "people.db", Ports()
    port = ports.take()
    accounts = _people(people)
    console, dispenser = Asker(rig, "console-1"), Asker(rig, "dispenser-1")
    await dispenser.open()
    await console.open()
    for n in range(1, WINDOWS + 1):
        await console.ask("sit", window=n, clerk=f"{n:03}")
    for _, service in zip(range(3 * WINDOWS), services(), strict=False):
        await dispenser.take(service)
    before = await _asks(dispenser, seconds / 4)
    pages = _console(rig, people, port)
    url = f"http://127.0.0.1:{port}"
    try:
        visitors = await _open_all(url, accounts)
        clerks, boards = visitors[:CLERKS], visitors[CLERKS:]
        used, began = cpu_s(pages.pid), now()
        asking = asyncio.create_task(_asks(dispenser, seconds / 2))
        own, everywhere = await _calls(console, clerks, boards, seconds / 2)
        during = await asking
        busy = (cpu_s(pages.pid) - used) / (now() - began)
        _tell(section, before, during, own, everywhere)
        section.add("the console's processor", f"{busy:.0%} of one core")
        section.add("the console's memory", f"{rss_mb(pages.pid):.0f} MB")
        await asyncio.gather(*(visitor.close() for visitor in visitors))
    finally:
        end(pages)
        ports.close()
        console.close()
        dispenser.close()


async def _open_all(url: str, accounts: list[tuple[str, str]]) -> list[Visitor]:
    visitors: list[Visitor] = []
    for login, password in [*accounts, *[("", "")] * BOARDS]:
        visitor = Visitor(url, "/clerk" if login else "/board")
        for again in range(100):
            try:
                await visitor.open(login, password)
                break
            except OSError:
                if again == 99:
                    raise
                await asyncio.sleep(START_S)
        visitors.append(visitor)
    await asyncio.sleep(SETTLE_S)
    return visitors


def _tell(
    section: Section, before: list[float], during: list[float], own: list[float], everywhere: list[float]
) -> None:
    for who, took in (("the clerk's own page", own), ("ten boards", everywhere)):
        section.add(f"a call drawn on {who}", both(took), "p99 ≤ 300 ms", ok=p99(took) <= 0.3)
        section.keep(who, took)
    section.add("ticket asked, no page open", both(before))
    section.add("ticket asked, all pages open", both(during))
    ratio = p50(during) / p50(before)
    section.add("p50 with pages to without", f"{ratio:.2f}", "≤ 1.2", ok=ratio <= 1.2)


def measure(folder: Path, seconds: float) -> Section:
    """The section; `seconds` is about how long it may take."""
    section = Section(
        key="P11",
        title="sixty clerks' pages and ten boards on one box",
        how="The console's own process; seventy socket.io clients in this process hold the real pages open and note when a called "
        "number is drawn (from the clerk's ask on the bus to the message that draws it), while a dispenser asks for tickets. "
        "Everything, the visitors too, shares this machine.",
    )
    rig = Rig(folder / "pages", plan(windows=WINDOWS, dispensers=1))
    with rig:
        asyncio.run(_run(rig, folder, section, seconds))
    return section
