"""Start and stop of a device's program, in one place that reads like a list."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from devices.agent.agent import Agent, Support
from devices.agent.health import Health, machine
from devices.agent.safe import SafeAgent
from devices.agent.settings import AgentSettings
from devices.agent.starts import GOOD_S, ON_BUS_S, TRY_AGAIN_S, Starts, made_of
from devices.agent.wipe import wipe
from devices.updates.boot_select import Place
from devices.updates.follow import Office
from devices.updates.orders import PROOF
from hall import logs
from hall.card import Card
from hall.clock import Scheduler, Seconds
from hall.errors import BadSettings
from hall.files import write_whole
from hall.ids import IdMaker, new_id
from hall.inbox import Inbox
from hall.link import Link
from hall.member import program_version
from hall.messages.common import LogLevel, MemberKind
from hall.mqtt import MqttLink, Pace
from hall.notify import Notifier, Watchdog
from hall.settings import load
from hall.tls import context
from hall.worker import ThreadWorker, Worker, working

log = logging.getLogger(__name__)
S = TypeVar("S", bound=AgentSettings)
#: longest that the doctor may take for a bundle
DOCTOR_S = 30.0


@dataclass(frozen=True)
class Parts:
    """What a device's ``build`` gets, in a process and in a simulated day alike."""

    scheduler: Scheduler
    link: Link
    card: Card
    worker: Worker
    health: Health
    #: ends the program cleanly
    end: Callable[[], None]
    #: makes the ids of asks, tickets and outboxes
    ids: IdMaker = new_id
    #: changes the process's log; None where several devices share a process
    set_log_level: Callable[[LogLevel | None], None] | None = None
    #: what the process adds to a support bundle
    support: Support | None = None
    #: ends the program and has it forget who it is
    wipe: Callable[[], None] | None = None
    #: where another release is asked for; None where nobody could install one
    office: Office | None = None

    def for_agent(self) -> dict[str, Any]:
        """What every :class:`Agent` takes, whatever its hands."""
        return {
            "link": self.link,
            "scheduler": self.scheduler,
            "card": self.card,
            "health": self.health,
            "end": self.end,
            "ids": self.ids,
            "set_log_level": self.set_log_level,
            "support": self.support,
            "office": self.office,
            "wipe": self.wipe,
        }


def run(file: Path, settings_kind: type[S], kind: MemberKind, build: Callable[[S, Parts], Agent]) -> int:
    """A whole device from its settings file until a signal ends it; the exit code."""
    settings = load(file, settings_kind)
    if settings.kind not in {None, kind}:
        raise BadSettings(str(file), "kind", f"{kind.value} for this program")
    ring = logs.setup(settings.member, settings.log_level)
    inbox = Inbox(ZoneInfo(settings.timezone))
    inbox.stop_on_signals()
    leaving = threading.Event()
    starts = Starts(settings.card.with_suffix(".starts"), made_of(program_version(), file))
    safe = starts.safe
    if not safe:
        starts.begin()
    card = Card.best(settings.card)
    link = MqttLink(
        host=settings.broker.host,
        port=settings.broker.port,
        member=settings.member,
        scheduler=inbox,
        pace=Pace.device(settings.fleet),
        tls=partial(context, settings.broker.tls, settings.hall),
    )
    worker = ThreadWorker(inbox, f"{settings.member}-worker")
    parts = Parts(
        inbox,
        link,
        card,
        worker,
        machine(settings.card.parent),
        inbox.stop,
        set_log_level=lambda level: logs.set_level(level or settings.log_level),
        support=partial(_support, inbox, file, settings, ring),
        office=_office(settings),
        wipe=partial(_leave, inbox, leaving),
    )
    agent: Agent | None = None
    watchdog: Watchdog | None = None
    try:
        if safe:
            log.critical("safe mode: the program failed to start too often", extra={"file": str(file)})
            agent = SafeAgent(
                kind=kind,
                try_again=starts.good,
                hall=settings.hall,
                member=settings.member,
                **parts.for_agent(),
            )
            inbox.call_later(TRY_AGAIN_S, partial(_try_again, starts, inbox))
        else:
            agent = build(settings, parts)
            inbox.call_later(GOOD_S, starts.good)
            _when_on_the_bus(inbox, link, starts.good)
            if settings.introduce and not settings.introduced.exists():
                _when_on_the_bus(inbox, link, partial(_introduce, agent, settings.introduced))
        agent.open()
        watchdog = Watchdog(
            Notifier(os.environ), inbox, workers=working, status=partial(_status, agent, safe=safe)
        )
        watchdog.start()
        log.info("started", extra={"kind": kind.value, "version": agent.description.version, "safe": safe})
        code = inbox.run()
        if code == 0 and not safe:
            starts.ended_well()
    except Exception:
        if not safe:
            starts.failed()
        raise
    else:
        return code
    finally:
        if watchdog is not None:
            watchdog.stop()
        if agent is not None:
            agent.close()
        worker.close()
        card.close()
        if leaving.is_set():
            wipe(settings)
        log.info("stopped")


def _introduce(agent: Agent, mark: Path) -> None:
    """Once in a device's life; the plug pulled meanwhile costs a second time and never none."""
    agent.introduce()
    write_whole(mark, b"")


def _leave(inbox: Inbox, leaving: threading.Event) -> None:
    """End, and forget everything once nothing is open any more."""
    leaving.set()
    inbox.stop()


def _office(settings: AgentSettings) -> Office:
    state_dir = Path(settings.state_dir)
    place = Place(Path(settings.releases), Path(settings.boot), state_dir / PROOF)
    return Office(place, state_dir)


def _status(agent: Agent, *, safe: bool) -> str:
    """One line for ``systemctl status``."""
    bus = "on the bus" if agent.link.connected else "no bus"
    hub = "hub there" if agent.hub else "hub away"
    codes = ", ".join(sorted({alert.code for alert in agent.alerts.values()}))
    return f"{'safe mode, ' if safe else ''}{bus}, {hub}, {codes or 'well'}"


def _support(
    inbox: Inbox, file: Path, settings: AgentSettings, ring: logs.Ring, done: Callable[[dict[str, Any]], None]
) -> None:
    """What the process knows beside its agent; gathered in a thread of its own, for every other may be what hangs."""
    helper = ThreadWorker(inbox, f"{settings.member}-bundle")

    def gathered(found: Any) -> None:
        helper.close()
        doctor = {"failed": repr(found)} if isinstance(found, BaseException) else found
        done({"settings": msgspec.to_builtins(settings), "doctor": doctor, "log": ring.lines()})

    helper.submit(partial(_findings, file), gathered)


def _findings(file: Path) -> Any:
    """What the doctor says of this machine: another program, for it knows the drivers of every kind of device."""
    command = (sys.executable, "-m", "hall.cli", "doctor", "--settings", str(file), "--machine", "--json")
    said = subprocess.run(command, capture_output=True, timeout=DOCTOR_S, check=False)
    return msgspec.json.decode(said.stdout)["findings"]


def _try_again(starts: Starts, inbox: Inbox) -> None:
    """Leave safe mode: whoever starts us again starts us as usual."""
    starts.good()
    inbox.stop()


def _when_on_the_bus(inbox: Inbox, link: Link, call: Callable[[], None]) -> None:
    """`call` once the link has been up for :data:`ON_BUS_S`."""

    def look(since: Seconds | None) -> None:
        if not link.connected:
            since = None
        elif since is None:
            since = inbox.mono()
        elif inbox.mono() - since >= ON_BUS_S:
            call()
            return
        inbox.call_later(1.0, lambda: look(since))

    look(None)
