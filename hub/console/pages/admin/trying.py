"""A policy tried on a recorded day: replayed by a program of its own at low priority, so that no open page waits for it."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
from nicegui import run, ui

from hall.errors import Fault
from hall.settings_form import form_of, plain
from hall.settings_write import written
from hub.console.look.frame import complain
from hub.console.look.soon import soon
from hub.console.look.tongue import said
from hub.console.look.words import WORDS, label
from hub.console.mirror.past import Past
from hub.console.pages.admin.fields import heading
from hub.console.pages.admin.room import Desk
from hub.console.plans.policy_editing import PolicyDraft

#: A trial that takes longer than this is ended.
LONGEST_S = 600.0
#: So many days are offered.
DAYS = 60


class Trying:
    """The card in which a policy is tried."""

    def __init__(self, desk: Desk, draft: PolicyDraft) -> None:
        """Days are read when the card is drawn."""
        self._desk, self._draft = desk, draft
        with ui.element("div").classes("card"):
            heading("admin.try")
            with ui.element("div").classes("line"):
                self._day = ui.select([], label=label("set.day")).props('outlined dense data-test="try-day"')
                self._day.classes("short")
                self._run = ui.button(label("admin.try-run"), on_click=self._try).props(
                    'no-caps data-test="try"'
                )
                self._progress = ui.label().props('aria-live="polite" data-test="trying"')
            self._result = ui.element("div").classes("scroll")
        soon(self._offer)

    async def _offer(self) -> None:
        try:
            days = await run.io_bound(_days, self._desk.actor.backstage.store)
        except Fault as fault:
            complain(fault.text)
            return
        self._run.set_enabled(bool(days))
        if days:
            self._day.set_options(days, value=days[0])
        else:
            self._progress.set_text(label("admin.try-none"))

    async def _try(self) -> None:
        policy, plan = self._draft.policy, self._desk.actor.backstage.plan
        if policy is None or self._draft.problem() is not None:
            return
        self._run.set_enabled(False)
        try:
            with TemporaryDirectory() as folder:
                rules, hall = Path(folder) / "policy.yaml", Path(folder) / "hall.yaml"
                rules.write_text(written(plain(policy)), encoding="utf-8")
                hall.write_text(written(form_of(plan)), encoding="utf-8")
                report = await self._replay(str(self._day.value), rules, hall)
        finally:
            self._run.set_enabled(True)
            self._progress.set_text("")
        if report is None:
            complain(WORDS["admin.try-failed"])
        else:
            self._draw(report)

    async def _replay(self, day: str, policy: Path, hall: Path) -> dict[str, Any] | None:
        """What the replay says, as `hall rules replay --json` prints it."""
        store = self._desk.actor.backstage.store
        command = ["nice", "-n", "15", sys.executable, "-m", "hall.cli", "rules", "replay", "--json"]
        command += ["--store", store, "--day", day, "--policy", str(policy), "--settings", str(hall)]
        program = await asyncio.create_subprocess_exec(
            *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
        )
        began = time.monotonic()
        reading = asyncio.ensure_future(program.communicate())
        while not reading.done() and time.monotonic() - began < LONGEST_S:
            self._progress.set_text(label("admin.trying", s=int(time.monotonic() - began)))
            await asyncio.wait([reading], timeout=1.0)
        if not reading.done():
            program.kill()
        out, _ = await reading
        if program.returncode != 0:
            return None
        found: dict[str, Any] = msgspec.json.decode(out)
        return found

    def _draw(self, report: dict[str, Any]) -> None:
        plan = self._desk.actor.backstage.plan
        self._result.clear()
        with self._result, ui.element("table").classes("tried").props('data-test="tried"'):
            with ui.element("thead"):
                with ui.element("tr"):
                    _cell("th", label("admin.try-row"))
                    for head in ("admin.recorded", "admin.same-policy", "admin.other-policy"):
                        with ui.element("th").props('colspan=3 scope="colgroup"'):
                            ui.label(label(head))
                with ui.element("tr"):
                    _cell("th", "")
                    for _ in range(3):
                        for head in ("admin.median", "admin.ninety", "admin.not-called"):
                            _cell("th", label(head))
            with ui.element("tbody"):
                for row in report["rows"]:
                    with ui.element("tr"):
                        service, lane = plan.services.get(row["service"]), plan.lanes.get(row["lane"])
                        name = row["service"] if service is None else said(service.name)
                        public = row["lane"] if lane is None or row["lane"] == "normal" else said(lane.public)
                        public = label("lane-normal") if row["lane"] == "normal" else public
                        _cell("th", f"{name} · {public}")
                        for waits in (row["recorded"], row["same_policy"], row["other_policy"]):
                            for figure in (waits.get("p50_s"), waits.get("p90_s")):
                                _cell("td", "—" if figure is None else f"{figure / 60:.0f}")
                            _cell("td", str(waits.get("uncalled", 0)))


def _cell(kind: str, text: str) -> None:
    with ui.element(kind):
        ui.label(text)


def _days(store: str) -> list[str]:
    past = Past(store)
    try:
        return past.days()[:DAYS]
    finally:
        past.close()
