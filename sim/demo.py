"""``hall demo``: a whole hall to play with, to test against, or a whole day in seconds."""

from __future__ import annotations

import logging
import sys
import tempfile
from contextlib import ExitStack
from datetime import date
from pathlib import Path

from hall import logs
from hall.inbox import Inbox
from sim.layout import demo_plan, zone
from sim.running import RunningHall
from sim.switches import DEMO_FOLDERS, findable, switch
from sim.twin.faults import Named, named
from sim.twin.world_client import WorldClient, WorldError

log = logging.getLogger(__name__)

#: by then the world holds everything
FAULTS_AFTER_S = 3.0


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
    secure: bool = False,
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
    wanted = [named(fault) for fault in faults or []]
    with ExitStack() as stack:
        folder = state or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=DEMO_FOLDERS)))
        if state is not None:
            stack.enter_context(findable(state))
        if headless:
            return _run_headless(
                folder,
                seconds=seconds,
                mqtt_port=mqtt_port or None,
                secure=secure,
                web_port=web_port,
                lan=lan,
                faults=wanted,
            )
        if not (sys.stdin.isatty() and sys.stdout.isatty()):
            print("no terminal to draw the hall in: it runs without, Ctrl-C or SIGTERM stops it", flush=True)  # noqa: T201 - a plain word instead of a refusal
            return _run_headless(
                folder,
                seconds=seconds,
                mqtt_port=mqtt_port or None,
                secure=secure,
                web_port=web_port or 0,
                lan=lan,
                faults=wanted,
            )
        from sim.terminal.live import run_live  # noqa: PLC0415 - draws; headless halls have nothing to draw

        return run_live(
            folder,
            seconds=seconds,
            mqtt_port=mqtt_port or None,
            secure=secure,
            web_port=web_port or 0,
            lan=lan,
            seed=seed,
            faults=wanted,
        )


def _run_headless(
    folder: Path,
    *,
    seconds: float | None,
    mqtt_port: int | None,
    secure: bool,
    web_port: int | None,
    lan: bool,
    faults: list[Named],
) -> int:
    """The hall as processes, until a signal or for `seconds`; nobody comes, no clerk acts unasked. A page only if asked for."""
    logs.setup("demo", "info")
    inbox = Inbox(zone(demo_plan(always_open=True)))
    inbox.stop_on_signals()
    hall = RunningHall(
        folder,
        inbox,
        mqtt_port=mqtt_port,
        web_port=web_port,
        lan=lan,
        links=web_port is not None and not secure,
        secure=secure,
        reader=True,
    )
    try:
        hall.start()
        said = f"the hall is up: MQTT 127.0.0.1:{hall.mqtt_port}, files in {hall.folder}"
        if hall.url is not None:
            said += f", page {hall.url}"
        if secure and hall.url is not None:
            print(pages_said(lan=lan), flush=True)  # noqa: T201 - as below, and before it: whoever waits for that has read this
        print(said, flush=True)  # noqa: T201 - the one line that a person or a test waits for
        if faults:
            inbox.call_later(FAULTS_AFTER_S, lambda: _break(hall, faults))
        if seconds is not None:
            inbox.call_later(seconds, inbox.stop)
        return inbox.run()
    finally:
        hall.stop()
        logging.shutdown()


def pages_said(*, lan: bool) -> str:
    """How the pages of a closed demo come, which is not as on a hall box."""
    who = (
        "whoever is in this machine's network can read what is typed there"
        if lan
        else "they are for browsers on this machine alone"
    )
    return f"the bus asks for certificates; the pages come over plain HTTP: {who}. A hall box has them over TLS (docs/hall-box.md)"


def _break(hall: RunningHall, faults: list[Named]) -> None:
    """Switch on what was asked for on the command line."""
    with WorldClient(hall.control) as world:
        for wanted in faults:
            try:
                switch(world, wanted)
            except WorldError as error:
                log.error("fault not switched on", extra={"fault": wanted.name, "why": str(error)})
