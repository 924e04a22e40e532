"""``hall demo``: a whole hall to play with, to test against, or a whole day in seconds."""

from __future__ import annotations

import logging
import sys
import tempfile
from contextlib import ExitStack
from datetime import date
from pathlib import Path

from hall import logs
from hall.errors import Fault
from hall.inbox import Inbox
from hall.text import Text
from sim.layout import demo_plan, zone
from sim.running import RunningHall


def run(
    *,
    day: bool = False,
    seed: int = 7,
    visitors: int = 300,
    speed: str = "max",
    headless: bool = False,
    out: Path | None = None,
    date: date | None = None,
    json: bool = False,
    seconds: float | None = None,
    mqtt_port: int | None = None,
    web_port: int | None = None,
    lan: bool = False,
    state: Path | None = None,
    faults: list[str] | None = None,
) -> int:
    """Choose the kind of demo; the exit code."""
    if day:
        from sim.day import run_day  # noqa: PLC0415 - the day's programs are not needed by the others

        return run_day(
            seed=seed,
            visitors=visitors,
            speed=speed,
            headless=headless,
            out=out,
            date=date,
            json=json,
            faults=faults or [],
        )
    if not headless and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise Fault(
            "no-terminal",
            Text(
                zh="这里没有终端可画大厅，请加 --headless",
                en="there is no terminal to draw the hall in: add --headless, or run it in a terminal",
            ),
        )
    with ExitStack() as stack:
        folder = state or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hall-demo-")))
        if headless:
            return _run_headless(
                folder, seconds=seconds, mqtt_port=mqtt_port or None, web_port=web_port, lan=lan
            )
        from sim.live import run_live  # noqa: PLC0415 - draws; headless halls have nothing to draw

        return run_live(
            folder,
            seconds=seconds,
            mqtt_port=mqtt_port or None,
            web_port=web_port or 0,
            lan=lan,
            seed=seed,
            faults=faults or [],
        )


def _run_headless(
    folder: Path, *, seconds: float | None, mqtt_port: int | None, web_port: int | None, lan: bool
) -> int:
    """The hall as processes, until a signal or for `seconds`; nobody comes, no clerk acts unasked. A page only if asked for."""
    logs.setup("demo", "info")
    inbox = Inbox(zone(demo_plan(always_open=True)))
    inbox.stop_on_signals()
    hall = RunningHall(
        folder, inbox, mqtt_port=mqtt_port, web_port=web_port, lan=lan, links=web_port is not None
    )
    try:
        hall.start()
        said = f"the hall is up: MQTT 127.0.0.1:{hall.mqtt_port}, files in {hall.folder}"
        if hall.url is not None:
            said += f", page {hall.url}"
        print(said, flush=True)  # noqa: T201 - the one line that a person or a test waits for
        if seconds is not None:
            inbox.call_later(seconds, inbox.stop)
        return inbox.run()
    finally:
        hall.stop()
        logging.shutdown()
