"""Start and stop of a device's program, in one place that reads like a list."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from devices.agent.agent import Agent
from devices.agent.health import Health, machine
from devices.agent.settings import AgentSettings
from hall import logs
from hall.card import Card
from hall.clock import Scheduler
from hall.errors import BadSettings
from hall.ids import IdMaker, new_id
from hall.inbox import Inbox
from hall.link import Link
from hall.logs import LogLevel
from hall.messages.common import MemberKind
from hall.mqtt import MqttLink, Pace
from hall.settings import load
from hall.tls import context
from hall.worker import ThreadWorker, Worker

log = logging.getLogger(__name__)
S = TypeVar("S", bound=AgentSettings)


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
        }


def run(file: Path, settings_kind: type[S], kind: MemberKind, build: Callable[[S, Parts], Agent]) -> int:
    """A whole device from its settings file until a signal ends it; the exit code."""
    settings = load(file, settings_kind)
    if settings.kind not in {None, kind}:
        raise BadSettings(str(file), "kind", f"{kind.value} for this program")
    logs.setup(settings.member, settings.log_level)
    inbox = Inbox(ZoneInfo(settings.timezone))
    inbox.stop_on_signals()
    card = Card.best(settings.card)
    link = MqttLink(
        host=settings.broker.host,
        port=settings.broker.port,
        member=settings.member,
        scheduler=inbox,
        pace=Pace.device(settings.fleet),
        tls=context(settings.broker.tls, settings.hall),
    )
    worker = ThreadWorker(inbox, f"{settings.member}-worker")
    health = machine(settings.card.parent)
    agent: Agent | None = None
    try:
        parts = Parts(
            inbox,
            link,
            card,
            worker,
            health,
            inbox.stop,
            set_log_level=lambda level: logs.set_level(level or settings.log_level),
        )
        agent = build(settings, parts)
        agent.open()
        log.info("started", extra={"kind": kind.value, "version": agent.description.version})
        return inbox.run()
    finally:
        if agent is not None:
            agent.close()
        worker.close()
        card.close()
        log.info("stopped")
