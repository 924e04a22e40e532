"""What runs the console: who reaches the pages at all, the server, and the service manager's watchdog.

Rules:

* A name that leads to the loopback from elsewhere is somebody's trick, and pages of other sites have no business here.
* With certificates there are two ports. The staff's has TLS; at the other are those who may come without, and the way to the first.
  They are one program: whoever follows a ticket sees what the clerk does.
* A new certificate is shown from the next visitor on. Nothing is started anew for it, and no page that is open notices.
* Browsers are not told to come over TLS for ever (HSTS): that would hold for the whole host, and close the other port to phones.
* The watchdog is fed from the pages' own loop, once hall, door and the threads of plain pages have each answered it.
"""

from __future__ import annotations

import asyncio
import logging
import os
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import uvicorn
from nicegui import app, ui
from nicegui.server import Server
from starlette.concurrency import run_in_threadpool
from starlette.middleware.trustedhost import TrustedHostMiddleware

from hall.loop_watchdog import Ask, LoopWatchdog
from hall.notify import Notifier
from hub.console.door.armour import Armour
from hub.console.door.office import Office
from hub.console.door.origin import SameOrigin
from hub.console.mirror.backstage import Backstage
from hub.console.pages import plain
from hub.console.settings import SecureSettings

log = logging.getLogger(__name__)

LOOPBACK = "127.0.0.1"
STATIC = Path(__file__).parent / "look" / "static"
#: How often it is looked whether there is a new certificate, seconds.
LOOK_S = 3.0
#: How long whoever is still being answered keeps the program, seconds.
GRACE_S = 1


def guard(host: str, public_url: str = "", secure: SecureSettings | None = None) -> None:
    """Who may reach the pages at all; `public_url` is how phones name what stands before this program, `secure` the pages over TLS."""
    if secure is not None:
        plain.routes(app, Path(secure.ca), secure.port)
        app.add_middleware(plain.PlainDoor, port=secure.port, plain=secure.plain)
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


class Shown:
    """The certificate that visitors are shown."""

    def __init__(self, secure: SecureSettings, context: ssl.SSLContext) -> None:
        """`context` has the one that is there now."""
        self._secure, self._context = secure, context
        self._seen = self._stamp()

    def look(self) -> bool:
        """Show a new one, where there is one that fits its key; whether there was."""
        stamp = self._stamp()
        if stamp == self._seen:
            return False
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(self._secure.cert, self._secure.key)
            self._context.load_cert_chain(self._secure.cert, self._secure.key)
        except (OSError, ssl.SSLError) as error:
            log.error("the pages' new certificate cannot be used: %s", error)
            return False
        self._seen = stamp
        log.info("the pages have a new certificate")
        return True

    def _stamp(self) -> int:
        return Path(self._secure.cert).stat().st_mtime_ns


class _Beside(uvicorn.Server):
    """A second port in the loop of the first, which alone hears signals."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _beside(host: str, port: int, secure: SecureSettings) -> None:
    """The port without TLS, and an eye on the certificate, while pages are served."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        lifespan="off",
        ws="wsproto",
        log_level="warning",
        timeout_graceful_shutdown=GRACE_S,
    )
    server = _Beside(config)
    running: list[asyncio.Task[None]] = []

    async def begin() -> None:
        context = Server.instance.config.ssl
        assert context is not None
        shown = Shown(secure, context)
        app.timer(LOOK_S, shown.look)
        running.append(asyncio.create_task(server.serve()))

    async def end() -> None:
        server.should_exit = True
        await asyncio.wait(running, timeout=GRACE_S + 1)

    app.on_startup(begin)
    app.on_shutdown(end)


def serve(host: str, port: int, secure: SecureSettings | None = None) -> None:
    """Serve what was routed until a signal comes."""
    if secure is not None:
        _beside(host, port, secure)
    ui.run(
        host=host,
        port=port if secure is None else secure.port,
        ssl_certfile=secure and secure.cert,
        ssl_keyfile=secure and secure.key,
        title="hallfleet",
        favicon=STATIC / "hall.svg",
        language="zh-CN",
        show=False,
        reconnect_timeout=20,  # a busy machine answers late; an open page is not thrown away for that
        reload=False,
        tailwind=False,
        show_welcome_message=False,
        timeout_graceful_shutdown=GRACE_S,
    )
