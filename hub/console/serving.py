"""What runs the console: who reaches the pages at all, the server, and the service manager's watchdog.

Rules:

* A name that leads to the loopback from elsewhere is somebody's trick, and pages of other sites have no business here.
* The watchdog is fed from the pages' own loop, once hall, door and the threads of plain pages have each answered it.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from nicegui import app, ui
from nicegui.server import Server
from starlette.concurrency import run_in_threadpool
from starlette.middleware.trustedhost import TrustedHostMiddleware

from hall.notify import Ask, LoopWatchdog, Notifier
from hub.console.door.armour import Armour
from hub.console.door.office import Office
from hub.console.door.origin import SameOrigin
from hub.console.mirror.backstage import Backstage

LOOPBACK = "127.0.0.1"
STATIC = Path(__file__).parent / "look" / "static"


def guard(host: str, public_url: str = "") -> None:
    """Who may reach the pages at all; `public_url` is how phones name what stands before this program."""
    app.add_middleware(SameOrigin)
    if host == LOOPBACK:
        ours = [LOOPBACK, "localhost", urlsplit(public_url).hostname]
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=[name for name in ours if name])
    app.add_middleware(Armour)


def parts(backstage: Backstage, office: Office) -> dict[str, Ask]:
    """What must answer for the console to live."""
    return {
        "hall": lambda: asyncio.wrap_future(backstage.look(lambda _: None)),
        "door": lambda: office.run(lambda _: None),
        "threads": lambda: run_in_threadpool(lambda: None),
    }


def watched(parts: Mapping[str, Ask]) -> None:
    """The service manager hears that pages are served, and that they live."""
    watchdog = LoopWatchdog(Notifier(os.environ), parts)
    running: list[asyncio.Task[None]] = []

    async def begin() -> None:
        running.append(asyncio.create_task(watchdog.run(started=lambda: Server.instance.started)))

    def end() -> None:
        for task in running:
            task.cancel()

    app.on_startup(begin)
    app.on_shutdown(end)


def serve(host: str, port: int) -> None:
    """Serve what was routed until a signal comes."""
    ui.run(
        host=host,
        port=port,
        title="hallfleet",
        favicon=STATIC / "hall.svg",
        language="zh-CN",
        show=False,
        reconnect_timeout=20,  # a busy machine answers late; an open page is not thrown away for that
        reload=False,
        tailwind=False,
        show_welcome_message=False,
        timeout_graceful_shutdown=1,
    )
