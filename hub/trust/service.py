"""``hall enrolment run``: the desk as a process, and the hall box's own identity.

Rules:

* It alone reads the authority's keys. The hub, the console and the command line change the register, and the gate here does what follows.
* It looks at the register all the time: whoever is out is out within five seconds.
* The service manager's watchdog is fed from the loop that answers devices, while the threads that decide and the one that looks are well.
* The hall box's certificate is renewed at a start when less than half of its life is left.
* It may be another account's broker that has to be told: then there is a bell, a socket whose other end does nothing else.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import uvicorn
from starlette.concurrency import run_in_threadpool

from hall import logs
from hall.clock import Seconds
from hall.errors import Refused
from hall.files import write_whole
from hall.keys import key_of, request
from hall.loop_watchdog import LoopWatchdog
from hall.notify import Notifier
from hall.text import Text
from hall.tls import TlsSettings
from hub.trust.at_home import PAGES, AtHome, ask, fresh
from hub.trust.authority import SERVER_LIVES, Authority
from hub.trust.desk import Desk, application
from hub.trust.gate import Gate
from hub.trust.register import Register
from hub.trust.settings import TrustSettings, read
from hub.trust.watch import Watch

log = logging.getLogger(__name__)

#: Devices asking at once; more are told to come back.
AT_ONCE = 64
#: The bell's other end sends a signal and is done.
BELL_S: Seconds = 5.0


def run(settings: Path) -> int:
    """Run the desk of the settings file until SIGINT or SIGTERM; the exit code."""
    own, plan = read(settings)
    logs.setup("enrolment", own.log)
    authority = prepare(own, plan.id)
    register, looked_at = Register(Path(own.register)), Register(Path(own.register))
    home = AtHome(authority, own.home, Path(own.issued), own.pages)
    gate = _gate(own, authority, looked_at, home, lambda: _tell_broker(own))
    gate.keep(_now())
    watch = Watch(lambda: (home.look(_now()), gate.keep(_now())))
    watch.start()
    desk = Desk(authority, register, _now, lambda: gate.keep(_now()))
    door = Path(own.door)
    server = uvicorn.Server(
        uvicorn.Config(
            application(desk, Path(own.releases)),
            host=own.host,
            port=own.port,
            ssl_certfile=door / "server.pem",
            ssl_keyfile=door / "server.key",
            limit_concurrency=AT_ONCE,
            timeout_keep_alive=5,
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="off",
        )
    )
    # uvicorn hands a signal on when it is done with it, and we are not
    signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        asyncio.run(_serve(server, watch))
        return 0 if server.started else 1
    finally:
        watch.stop()
        register.close()
        looked_at.close()


def prepare(own: TrustSettings, hall: str) -> Authority:
    """Authority, the hall box's certificate and the broker's files, whatever of them is missing or old."""
    authority = Authority.found(Path(own.authority), hall, _now())
    door = Path(own.door)
    door.mkdir(parents=True, exist_ok=True)
    write_whole(door / "ca.pem", (authority.folder / "chain.pem").read_bytes(), mode=0o644)
    key = key_of(door / "server.key")
    if own.door_group:
        (door / "server.key").chmod(0o640)
    if not fresh(door / "server.pem", _now()):
        write_whole(door / "server.pem", authority.issue_server(key, _now()).chain, mode=0o644)
    return authority


def identity(own: TrustSettings, hall: str, name: str, folder: Path) -> TlsSettings:
    """Key and certificate of a member that lives on the hall box itself, the hub before all."""
    authority = prepare(own, hall)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_whole(folder / "ca.pem", (authority.folder / "root.pem").read_bytes(), mode=0o644)
    key = key_of(folder / "key.pem")
    if not fresh(folder / "cert.pem", _now()):
        made = authority.issue_member(request(key, name), name, _now(), SERVER_LIVES)
        write_whole(folder / "cert.pem", made.chain, mode=0o644)
    return TlsSettings(ca=str(folder / "ca.pem"), cert=str(folder / "cert.pem"), key=str(folder / "key.pem"))


def be_ready(settings: Path) -> int:
    """``hall enrolment prepare``: what the broker needs to start is there, and the desk may run; the exit code."""
    own, plan = read(settings)
    logs.setup("enrolment", own.log)
    authority = prepare(own, plan.id)
    register = Register(Path(own.register))
    try:
        home = AtHome(authority, own.home, Path(own.issued), own.pages)
        home.look(_now())
        _gate(own, authority, register, home, lambda: None).keep(_now())
    finally:
        register.close()
    return 0


def at_home(settings: Path, name: str, key: Path) -> int:
    """``hall enrolment at-home``: this member of the hall box has a key of its own and the certificate for it; the exit code."""
    own, _ = read(settings)
    logs.setup(name, own.log)
    if name not in own.home:
        raise Refused(
            "not-at-home",
            Text(
                zh=f"{settings} 的 home 里没有 {name}，请先写上它放申请的文件",
                en=f"{settings} has no {name} under home: write there where it puts its request",
            ),
        )
    issued = Path(own.issued)
    ask(name, key, Path(own.home[name]), issued / f"{name}.pem")
    if own.pages is not None and own.pages.member == name:
        ask(PAGES, key.with_name(f"{PAGES}.key"), Path(own.pages.request), issued / f"{PAGES}.pem")
    return 0


def _gate(
    own: TrustSettings, authority: Authority, register: Register, home: AtHome, reload: Callable[[], object]
) -> Gate:
    return Gate(
        authority,
        register,
        Path(own.door),
        reload=reload,
        host=own.broker_host,
        port=own.broker_port,
        consoles=home.consoles,
    )


async def _serve(server: uvicorn.Server, watch: Watch) -> None:
    """Answer until a signal comes, and feed the service manager's watchdog."""
    parts = {"gate": watch.answer, "threads": lambda: run_in_threadpool(lambda: None)}
    fed = asyncio.create_task(LoopWatchdog(Notifier(os.environ), parts).run(started=lambda: server.started))
    try:
        await server.serve()
    finally:
        fed.cancel()
        await asyncio.wait([fed])


def _tell_broker(own: TrustSettings) -> None:
    if own.bell:
        _ring(own.bell)
    if own.reload:
        done = subprocess.run(own.reload, check=False, timeout=10, capture_output=True)
        if done.returncode:
            log.error("the broker was not told: %s", done.stderr.decode(errors="replace").strip()[:300])


def _ring(bell: str) -> None:
    """Connect, and wait until the other end is done."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.settimeout(BELL_S)
            line.connect(bell)
            while line.recv(64):
                pass
    except OSError as error:
        log.error("the broker was not told: %s: %s", bell, error)


def _now() -> datetime:
    return datetime.now(UTC)
