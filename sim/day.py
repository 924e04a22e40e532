"""``hall demo --day``: a seeded day of visitors through the same hub, agents and hardware classes, in seconds.

The same seed, number of visitors and date give the same day, fact by fact.
"""

from __future__ import annotations

import json as json_format
import sys
import tempfile
import time
from contextlib import ExitStack
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from hall import logs
from hall.clock import Seconds
from hall.messages import facts
from hall.plan import DayHours, HallPlan, HoursPlan
from sim.keepsakes import Keepsakes
from sim.layout import demo_plan, zone
from sim.people.caretaker import Caretaker
from sim.people.crowd import Clerk, Crowd
from sim.people.visitors import visitors as plan_visitors
from sim.simulated import SimulatedHall
from sim.summary import Summary, summarise
from sim.twin.faults import named, unknown

READY_BEFORE = timedelta(minutes=10)
CLERKS_BEFORE = timedelta(minutes=2)
LATEST_AFTER = timedelta(hours=4)
#: how much virtual time passes between two looks at the progress bar
SLICE_S: Seconds = 60.0
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_USUAL = DayHours(open="09:00", close="17:00")


def run_day(
    *,
    seed: int,
    visitors: int,
    speed: str,
    headless: bool,
    out: Path | None,
    date: date | None,
    json: bool,
    faults: list[str],
) -> int:
    """Simulate the day, keep its papers, panels, calls and facts in `out`, print the summary; the exit code."""
    logs.setup("day", "error")  # alerts and refusals are part of a day; they stand in its facts
    with ExitStack() as stack:
        folder = out or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hall-day-")))
        day = Day(folder, seed=seed, visitors=visitors, on=date, keep=out is not None, faults=faults)
        stack.callback(day.close)
        shown = sys.stderr.isatty() and not headless
        started = time.perf_counter()
        _run(day, None if speed == "max" else float(speed), show=shown)
        summary = day.summary()
        took = time.perf_counter() - started
    if json:
        print(json_format.dumps(msgspec.to_builtins(summary), ensure_ascii=False))  # noqa: T201 - what was asked for
    else:
        Console().print(table(summary, day.date, seed, took))
    return 0


class Day:
    """One simulated day, from the self-tests to the closing."""

    def __init__(
        self,
        folder: Path,
        *,
        seed: int,
        visitors: int,
        on: date | None = None,
        keep: bool = True,
        faults: list[str] | None = None,
        plan: HallPlan | None = None,
        quiet: bool = False,
    ) -> None:
        """`folder` may exist; with `keep` it gets papers, panels, calls and facts. `plan`: another hall; `quiet`: no speakers."""
        folder.mkdir(parents=True, exist_ok=True)
        usual = plan or demo_plan(always_open=False)
        self.date = on or _next_working_day(datetime.now(zone(usual)).date(), usual)
        plan = working_day(usual, self.date)
        self.opens, self.closes = _posted(plan, self.date)
        self._workshop = tempfile.TemporaryDirectory(prefix="hall-day-")
        self.hall = SimulatedHall(
            Path(self._workshop.name),
            plan=plan,
            start=self.opens - READY_BEFORE,
            seed=seed,
            quiet=quiet,
            started=False,
        )
        self.keepsakes = Keepsakes(folder, self.hall) if keep else None
        self._closed_at: datetime | None = None
        self.hall.start()
        self._fail(faults or [])
        self._people(seed, visitors)

    def _people(self, seed: int, number: int) -> None:
        hall, plan = self.hall, self.hall.plan
        console = hall.console
        crowd = Crowd(
            hall.scheduler,
            hall,
            console,
            hall.ids("guide"),
            plan_visitors(plan, self.opens, self.closes, number, seed),
        )
        work_numbers = plan.work_numbers[1:] or ("011",)
        clerks = [
            Clerk(
                hall.scheduler,
                console,
                plan,
                window.window,
                work_numbers[n % len(work_numbers)],
                hall.ids(f"clerk {window.window}"),
                seed,
            )
            for n, window in enumerate(plan.windows)
        ]
        crowd.clerks = {clerk.window: clerk for clerk in clerks}
        caretaker = Caretaker(hall.scheduler, hall.new_roll)
        console.on_fact.append(lambda fact, _body: caretaker.on_fact(fact))
        console.on_fact.append(lambda fact, _body: self._on_fact(fact, crowd, clerks))
        before = (self.opens - CLERKS_BEFORE - hall.scheduler.now()).total_seconds()
        for clerk in clerks:
            hall.scheduler.call_later(before, clerk.begin)
        crowd.begin()

    def _on_fact(self, fact: facts.AnyFact, crowd: Crowd, clerks: list[Clerk]) -> None:
        crowd.on_fact(fact)
        for clerk in clerks:
            clerk.on_fact(fact)
        if isinstance(fact, facts.DayClosed):
            self._closed_at = fact.at
            for clerk in clerks:
                clerk.leave()

    def _fail(self, faults: list[str]) -> None:
        """Switch on what :func:`sim.twin.faults.named` reads; an hour after opening, repaired ten minutes later."""
        for written in faults:
            wanted = named(written)
            name = wanted.name
            able = [
                m for m in self.hall.members if any(seen.name == name for seen in self.hall.twin(m).faults())
            ]
            if not able or (wanted.member and wanted.member not in able):
                raise unknown(written)
            twin = self.hall.twin(wanted.member or able[0])
            at = (self.opens - self.hall.scheduler.now()).total_seconds() + 3600
            self.hall.scheduler.call_later(at, partial(twin.fault, name, wanted.where))
            self.hall.scheduler.call_later(at + 600, partial(twin.heal, name))

    @property
    def over(self) -> bool:
        """Whether the hall has closed, or should have long ago."""
        now = self.hall.scheduler.now()
        closed = self._closed_at is not None and now >= self._closed_at + timedelta(minutes=2)
        return closed or now >= self.closes + LATEST_AFTER

    def go_on(self, seconds: Seconds) -> None:
        """Let so much of the day pass."""
        self.hall.run_for(seconds)

    def summary(self) -> Summary:
        """What happened, in figures."""
        return summarise(self.hall.facts, self.hall.console.view, self.hall.members)

    def close(self) -> None:
        """Write what is kept, stop the hall; may be called twice."""
        if self.keepsakes is not None:
            self.keepsakes.close()
        self.hall.stop()
        self._workshop.cleanup()


def _run(day: Day, factor: float | None, *, show: bool) -> None:
    """Run the day, `factor` times as fast as the clock on the wall (None: as fast as it goes)."""
    began, whole = day.hall.scheduler.mono(), (day.closes - day.opens + READY_BEFORE).total_seconds()
    wall = time.monotonic()
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[said]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), disable=not show) as progress:
        task = progress.add_task(f"{day.date}", total=whole, said="")
        while not day.over:
            slice_s = SLICE_S if factor is None else min(SLICE_S, factor * 0.1)
            day.go_on(slice_s)
            passed = day.hall.scheduler.mono() - began
            counts = day.hall.console.view.counts
            said = f"{day.hall.scheduler.now():%H:%M} 取号 issued {counts['issued']} 办结 served {counts['served']}"
            progress.update(task, completed=min(passed, whole), said=said)
            if factor is not None:
                time.sleep(max(0.0, wall + passed / factor - time.monotonic()))


def working_day(plan: HallPlan, on: date) -> HallPlan:
    """The plan with posted hours on that date, whatever weekday it is."""
    name = _WEEKDAYS[on.weekday()]
    hours = plan.hours.week.get(name, _USUAL)
    return msgspec.structs.replace(plan, hours=HoursPlan(week={**plan.hours.week, name: hours}))


def _next_working_day(today: date, plan: HallPlan) -> date:
    for days in range(8):
        on = today + timedelta(days=days)
        if _WEEKDAYS[on.weekday()] in plan.hours.week:
            return on
    return today


def _posted(plan: HallPlan, on: date) -> tuple[datetime, datetime]:
    hours, where = plan.hours.week[_WEEKDAYS[on.weekday()]], ZoneInfo(plan.timezone)

    def at(clock: str) -> datetime:
        hour, minute = clock.split(":")
        return datetime(on.year, on.month, on.day, int(hour), int(minute), tzinfo=where)

    return at(hours.open), at(hours.close)


def table(summary: Summary, on: date, seed: int, took_s: Seconds) -> Table:
    """The summary as people read it."""
    shown = Table(title=f"{on} · seed {seed} · {took_s:.1f} s", title_justify="left", show_header=False)
    shown.add_column(style="bold")
    shown.add_column(justify="right")
    for words, value in (
        ("取号 issued", summary.issued),
        ("办结 served", summary.served),
        ("过号 missed", summary.missed),
        ("未办离开 left", summary.left),
        ("等候中位 wait p50", _minutes(summary.wait_p50_s)),
        ("等候九成 wait p90", _minutes(summary.wait_p90_s)),
        ("非常满意 4", summary.ratings["4"]),
        ("满意 3", summary.ratings["3"]),
        ("一般 2", summary.ratings["2"]),
        ("不满意 1", summary.ratings["1"]),
        ("未评价 unrated", summary.ratings["unrated"]),
    ):
        shown.add_row(words, str(value))
    for name, device in summary.devices.items():
        shown.add_row(name, device.state + (f" · {device.papers} 张 papers" if device.papers else ""))
    return shown


def _minutes(seconds: float | None) -> str:
    return "—" if seconds is None else f"{seconds / 60:.1f} min"
