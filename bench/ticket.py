"""P1 and P2: from a press to the committed answer, and to the first byte at the printer."""

from __future__ import annotations

import json
from pathlib import Path

from bench.bare import BareAsker, BareHub
from bench.measure import Section, both, ms, now, p50, p99
from bench.probes import DispenserProbe, Press
from bench.rig import Rig, plan
from hall.ids import new_id

#: What a Python peer needs for the same, without a press and without paper.
PEER = (
    "FQM 0614fb56 (Flask, gunicorn -w 2, SQLite; POST of a ticket over HTTP, n 200, this class of machine under other load, "
    "November 2026): p50 15.8–29.2 ms, p99 82–110 ms"
)


def measure(folder: Path, seconds: float) -> list[Section]:
    """Both sections; presses and bare questions take turns."""
    first = Section(
        key="P1",
        title="press accepted → answer back, committed",
        how="The dispenser's own program (keys on a board twin, paho) asks the hub's process; in turns a bare paho member asks a "
        "bare paho member that commits one row. One broker. Beside it: " + PEER + ".",
    )
    second = Section(
        key="P2",
        title="press accepted → first byte at the printer (raster)",
        how="The same presses: the first byte of the slip that leaves the printer driver, status asked before it.",
    )
    rig = Rig(folder / "ticket", plan(windows=6, dispensers=1))
    floor: list[float] = []
    presses: list[Press] = []
    with rig, BareHub(rig.port, folder):
        probe, bare = DispenserProbe(rig), BareAsker(rig.port)
        probe.open()
        services = list(probe.keys)
        for n in range(2 * len(services)):
            probe.press(services[n % len(services)])
        until, n = now() + seconds, 0
        while now() < until:
            press = probe.press(services[n % len(services)])
            presses.append(press)
            body = json.dumps(
                {
                    "type": "take_ticket",
                    "id": new_id(),
                    "service": services[n % len(services)],
                    "lane": "normal",
                }
            )
            floor.append(bare.ask(body.encode()))
            n += 1
        probe.close()
        bare.close()
    answers = [press.answered - press.accepted for press in presses]
    papers = [press.printed - press.accepted for press in presses]
    for part, name in ((p50, "p50"), (p99, "p99")):
        ratio = part(answers) / part(floor)
        first.add(f"{name} to the floor's", f"{ratio:.2f}", "≤ 1.5", ok=ratio <= 1.5)
    first.rows[:0] = []
    first.add("bare member asks a bare member", both(floor))
    first.add("dispenser asks the hub", both(answers))
    first.keep("floor", floor)
    first.keep("press → answer", answers)
    more = p50(papers) - p50(answers)
    second.add("press → answer", both(answers))
    second.add("press → first byte", both(papers))
    second.add("p50 beyond P1", ms(more), "≤ 5 ms", ok=more <= 0.005)
    second.add("p99 beyond P1", ms(p99([b - a for a, b in zip(answers, papers, strict=True)])))
    second.keep("press → answer", answers)
    second.keep("press → first byte", papers)
    return [first, second]
