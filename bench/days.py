"""P10: a whole day in seconds, and the same seed twice: the same facts, byte for byte."""

from __future__ import annotations

import hashlib
import os
import tempfile
from datetime import date
from pathlib import Path

import msgspec

from bench.measure import Section, now
from hall.messages.common import MemberKind
from hall.plan import HallPlan, MemberPlan, WindowPlan
from sim.day import Day
from sim.layout import demo_plan

ON = date(2026, 3, 2)
SEED = 7


def twenty() -> HallPlan:
    """The example hall with twenty windows, a sign and a pad above each."""
    example = demo_plan(always_open=False)
    windows, members = [], {name: m for name, m in example.members.items() if m.window is None}
    for n in range(1, 21):
        like = example.windows[(n - 1) % len(example.windows)]
        windows.append(WindowPlan(window=n, serves=like.serves, zone=like.zone))
        members[f"sign-{n}"] = MemberPlan(kind=MemberKind.SIGN, window=n)
        members[f"pad-{n}"] = MemberPlan(kind=MemberKind.PAD, window=n)
    staff = tuple(f"{n:03}" for n in range(1, 31))
    return msgspec.structs.replace(example, windows=tuple(windows), members=members, staff=staff)


def once(
    folder: Path, visitors: int, plan: HallPlan | None, *, pictures: bool
) -> tuple[float, float, str, int]:
    """One day: seconds it took, seconds of processor among them, the digest of all its facts, and how many visitors were served."""
    began, used = now(), _processor_s()
    day = Day(folder, seed=SEED, visitors=visitors, on=ON, keep=pictures, plan=plan, quiet=not pictures)
    try:
        while not day.over:
            day.go_on(60.0)
        facts = hashlib.sha256(b"\n".join(body for _, body in day.hall.told)).hexdigest()
        served = day.summary().served
    finally:
        day.close()
    return now() - began, _processor_s() - used, facts, served


def _processor_s() -> float:
    """Of this process and of the players and voices it ran."""
    return sum(os.times()[:4])


def measure(folder: Path, seconds: float) -> Section:
    """The section; with less than half a minute the days have a tenth of the visitors, and say so."""
    short = seconds < 30
    crowd, few = (60, 15) if short else (1500, 300)
    section = Section(
        key="P10",
        title="a simulated day",
        how="`hall demo --day` on one core, as fast as it goes: hub with its journal, every agent, every driver. Wall clock, and how "
        "much of it was processor (with the voice and the player that it runs).",
    )
    for what, visitors, plan, pictures in (
        ("20 windows, no pictures, no sounds", crowd, twenty(), False),
        ("every picture and every sound", few, None, True),
    ):
        with tempfile.TemporaryDirectory(dir=folder) as place:
            took, processor, _, served = once(Path(place) / "day", visitors, plan, pictures=pictures)
        section.add(
            f"{visitors:,} visitors, {what}",
            f"{took:.1f} s, {processor:.1f} s of processor; {served:,} served",
            "≤ 60 s",
            ok=None if short else took <= 60.0,
        )
    digests = set()
    for n in range(2):
        with tempfile.TemporaryDirectory(dir=folder) as place:
            digests.add(once(Path(place) / str(n), 40, None, pictures=False)[2])
    same = len(digests) == 1
    section.add(
        f"seed {SEED} twice: the same facts", "byte for byte" if same else "they differ", "yes", ok=same
    )
    return section
