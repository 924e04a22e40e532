"""``hall enrolment run``: the desk as a process, and the hall box's own identity.

Rules:

* It alone reads the authority's keys. The hub, the console and the command line change the register, and the gate here does what follows.
* It looks at the register every :data:`LOOK_S`: whoever is out is out within five seconds.
* The hall box's certificate is renewed at a start when less than half of its life is left.
"""

from __future__ import annotations

import logging
import signal
import subprocess
import threading
from datetime import UTC, datetime
from pathlib import Path

import uvicorn
from cryptography import x509

from hall import logs
from hall.clock import Seconds
from hall.files import write_whole
from hall.keys import key_of, request
from hall.tls import TlsSettings
from hub.trust.authority import SERVER_LIVES, Authority
from hub.trust.desk import Desk, application
from hub.trust.gate import Gate
from hub.trust.register import Register
from hub.trust.settings import TrustSettings, read

log = logging.getLogger(__name__)

LOOK_S: Seconds = 0.3
#: Devices asking at once; more are told to come back.
AT_ONCE = 64


def run(settings: Path) -> int:
    """Run the desk of the settings file until SIGINT or SIGTERM; the exit code."""
    own, plan = read(settings)
    logs.setup("enrolment", own.log)
    authority = prepare(own, plan.id)
    register, looked_at = Register(Path(own.register)), Register(Path(own.register))
    gate = Gate(
        authority,
        looked_at,
        Path(own.door),
        reload=lambda: _reload(own.reload),
        host=own.broker_host,
        port=own.broker_port,
    )
    gate.keep(_now())
    ended = threading.Event()
    watch = threading.Thread(target=_watch, args=(gate, ended), name="gate", daemon=True)
    watch.start()
    desk = Desk(authority, register, _now, lambda: gate.keep(_now()))
    door = Path(own.door)
    server = uvicorn.Server(
        uvicorn.Config(
            application(desk),
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
        server.run()
        return 0 if server.started else 1
    finally:
        ended.set()
        watch.join(5)
        register.close()
        looked_at.close()


def prepare(own: TrustSettings, hall: str) -> Authority:
    """Authority, the hall box's certificate and the broker's files, whatever of them is missing or old."""
    authority = Authority.found(Path(own.authority), hall, _now())
    door = Path(own.door)
    door.mkdir(parents=True, exist_ok=True)
    write_whole(door / "ca.pem", (authority.folder / "chain.pem").read_bytes(), mode=0o644)
    if not _fresh(door / "server.pem"):
        key = key_of(door / "server.key")
        write_whole(door / "server.pem", authority.issue_server(key, _now()).chain, mode=0o644)
    return authority


def identity(own: TrustSettings, hall: str, name: str, folder: Path) -> TlsSettings:
    """Key and certificate of a member that lives on the hall box itself, the hub before all."""
    authority = prepare(own, hall)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_whole(folder / "ca.pem", (authority.folder / "root.pem").read_bytes(), mode=0o644)
    key = key_of(folder / "key.pem")
    if not _fresh(folder / "cert.pem"):
        made = authority.issue_member(request(key, name), name, _now(), SERVER_LIVES)
        write_whole(folder / "cert.pem", made.chain, mode=0o644)
    return TlsSettings(ca=str(folder / "ca.pem"), cert=str(folder / "cert.pem"), key=str(folder / "key.pem"))


def _watch(gate: Gate, ended: threading.Event) -> None:
    while not ended.wait(LOOK_S):
        try:
            gate.keep(_now())
        except Exception:
            log.exception("the broker's files could not be kept; trying again")


def _reload(command: tuple[str, ...]) -> None:
    if command:
        done = subprocess.run(command, check=False, timeout=10, capture_output=True)
        if done.returncode:
            log.error("the broker was not told: %s", done.stderr.decode(errors="replace").strip()[:300])


def _fresh(file: Path) -> bool:
    """Whether this certificate has more than half of its life before it."""
    try:
        kept = x509.load_pem_x509_certificates(file.read_bytes())[0]
    except (FileNotFoundError, ValueError):
        return False
    half = kept.not_valid_before_utc + (kept.not_valid_after_utc - kept.not_valid_before_utc) / 2
    return _now() < half


def _now() -> datetime:
    return datetime.now(UTC)
