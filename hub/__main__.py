"""``hall hub --settings FILE``: the hub as a process."""

from __future__ import annotations

import argparse
import os
import sys
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from hall import logs
from hall.clock import Scheduler
from hall.ids import IdMaker, new_id
from hall.inbox import Inbox
from hall.link import Link
from hall.mqtt import MqttLink
from hall.notify import Notifier, Watchdog
from hall.plan import HallPlan
from hall.tls import context
from hall.topics import HUB, HUB_LIMIT
from hall.worker import ThreadWorker, working
from hub.fleet.clones import Warden
from hub.service import Hub
from hub.settings import HubSettings, read
from hub.store.journal import Journal
from hub.trust.settings import read as read_trust
from hub.warden import RegisterWarden


def build(
    settings: HubSettings,
    plan: HallPlan,
    *,
    scheduler: Scheduler,
    link: Link,
    store: Journal | None = None,
    ids: IdMaker = new_id,
    warden: Warden | None = None,
) -> Hub:
    """The hub's program on any link and clock. Nothing runs before ``start()``."""
    return Hub(
        plan,
        scheduler=scheduler,
        link=link,
        store=store or Journal(settings.store),
        ids=ids,
        trust_console_names=settings.trust_console_names,
        heads=Path(settings.heads),
        retention=settings.retention,
        archive=Path(settings.retention.archive),
        bundles=settings.bundles,
        rollouts=Path(settings.heads).parent / "rollouts.json",
        warden=warden,
    )


def run(settings: Path) -> int:
    """Run the hub of the settings file until SIGINT or SIGTERM; the exit code."""
    own, plan = read(settings)
    logs.setup(HUB, own.log)
    inbox = Inbox(ZoneInfo(plan.timezone))
    inbox.stop_on_signals()
    link = MqttLink(
        host=own.broker.host,
        port=own.broker.port,
        member=HUB,
        scheduler=inbox,
        limit=HUB_LIMIT,
        tls=partial(context, own.broker.tls, plan.id),
    )
    warden = _warden(own, inbox)
    hub = build(own, plan, scheduler=inbox, link=link, warden=warden)
    watchdog = Watchdog(
        Notifier(os.environ),
        inbox,
        workers=working,
        status=lambda: "on the bus" if link.connected else "no bus",
    )
    try:
        if warden is not None:
            warden.open()
        hub.start()
        watchdog.start()
        return inbox.run()
    finally:
        watchdog.stop()
        hub.stop()
        if warden is not None:
            warden.close()


def _warden(own: HubSettings, inbox: Inbox) -> RegisterWarden | None:
    """In a hall with certificates, the hand on its register."""
    if not own.enrolment:
        return None
    trust, _ = read_trust(Path(own.enrolment))
    return RegisterWarden(Path(trust.register), ThreadWorker(inbox, "hub-register"), inbox)


def main(argv: list[str] | None = None) -> int:
    """Entry of ``python -m hub``."""
    parser = argparse.ArgumentParser(prog="hub", description=__doc__)
    parser.add_argument("--settings", type=Path, required=True)
    return run(parser.parse_args(argv).settings)


if __name__ == "__main__":
    sys.exit(main())
