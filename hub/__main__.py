"""``hall hub --settings FILE``: the hub as a process."""

from __future__ import annotations

import argparse
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
from hall.plan import HallPlan
from hall.tls import context
from hall.topics import HUB, HUB_LIMIT
from hub.service import Hub
from hub.settings import HubSettings, read
from hub.store.journal import Journal


def build(
    settings: HubSettings,
    plan: HallPlan,
    *,
    scheduler: Scheduler,
    link: Link,
    store: Journal | None = None,
    ids: IdMaker = new_id,
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
        bundles=Path(settings.heads).parent / "bundles",
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
    hub = build(own, plan, scheduler=inbox, link=link)
    try:
        hub.start()
        return inbox.run()
    finally:
        hub.stop()


def main(argv: list[str] | None = None) -> int:
    """Entry of ``python -m hub``."""
    parser = argparse.ArgumentParser(prog="hub", description=__doc__)
    parser.add_argument("--settings", type=Path, required=True)
    return run(parser.parse_args(argv).settings)


if __name__ == "__main__":
    sys.exit(main())
