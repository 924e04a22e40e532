"""What the broker reads of the register, and that it reads it at once.

Rules:

* Two files: who may say what, and which certificates count no more. They are written when they differ, and the broker is told.
* The broker reads the access list as its owner or through the folder's group, as it reads its key; nobody else does.
* Whoever is out is also put out: a connection that stands would be mute, and would speak again the moment its name is somebody's anew.
  So the gate comes in once under that name, with a certificate of a few minutes; the broker ends the other one for it, and says its
  last will: everybody hears that it is lost. It cannot come back: its certificate is on the list.
"""

from __future__ import annotations

import logging
import queue
import ssl
import threading
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from hall.files import write_whole
from hall.keys import key_of, request
from hall.messages.common import MemberKind
from hall.tls import TlsSettings, context
from hub.trust.access import access_list
from hub.trust.authority import Authority
from hub.trust.register import Register

log = logging.getLogger(__name__)

EVICTION_S = 5.0


class Gate:
    """Keeps the broker's files as the register says."""

    def __init__(
        self,
        authority: Authority,
        register: Register,
        folder: Path,
        *,
        reload: Callable[[], object],
        host: str,
        port: int,
        consoles: Iterable[str] = (),
    ) -> None:
        """`folder` gets ``access`` and ``revoked.pem``; `reload` has the broker at `host`:`port` read them.

        `consoles` are those that live on the hall box, and stand in no register.
        """
        self._home = frozenset(consoles)
        self._authority, self._register, self._folder = authority, register, folder
        self._reload, self._host, self._port = reload, host, port
        self._one = threading.Lock()
        self._shut: set[str] = set()
        self._listed: tuple[str, frozenset[int]] | None = None

    def keep(self, now: datetime) -> bool:
        """Look at the register, and do what follows; whether anything did. The first call always writes. Any thread."""
        with self._one:
            return self._keep(now)

    def _keep(self, now: datetime) -> bool:
        entries = self._register.entries()
        shut = set(self._register.closed())
        consoles = self._home.union(entry.name for entry in entries if entry.kind is MemberKind.CONSOLE)
        revoked = self._register.revoked()
        access = access_list(self._authority.hall, consoles=consoles, revoked=shut)
        listed = (access, frozenset(each.serial for each in revoked))
        if listed == self._listed:
            return False
        first, out = self._listed is None, sorted(shut - self._shut)
        write_whole(self._folder / "revoked.pem", self._authority.revocations(revoked, now), mode=0o644)
        if out and not first:
            self._reload()
            for name in out:
                self._put_out(name, now)
        write_whole(self._folder / "access", access.encode(), mode=0o640)
        self._reload()
        self._listed, self._shut = listed, shut
        return True

    def _put_out(self, name: str, now: datetime) -> None:
        """End whatever connection stands under this name."""
        try:
            with TemporaryDirectory() as folder:
                own = context(self._pass(name, Path(folder), now), self._authority.hall)
                assert own is not None
                self._come_in(name, own)
        except (OSError, queue.Empty, ValueError) as error:
            # the broker is away: then nobody stands there either, and whoever comes meets the new files
            log.warning("%s could not be put out: %s", name, error)

    def _pass(self, name: str, folder: Path, now: datetime) -> TlsSettings:
        key = key_of(folder / "key.pem")
        signed = self._authority.issue_member(request(key, name), name, now, timedelta(minutes=5))
        write_whole(folder / "cert.pem", signed.chain, mode=0o600)
        root = self._authority.folder / "root.pem"
        return TlsSettings(ca=str(root), cert=str(folder / "cert.pem"), key=str(folder / "key.pem"))

    def _come_in(self, name: str, own: ssl.SSLContext) -> None:
        client = paho.Client(CallbackAPIVersion.VERSION2, name, reconnect_on_failure=False)
        client.tls_set_context(own)
        client.connect_timeout = EVICTION_S
        said: queue.Queue[str] = queue.Queue()
        client.on_connect = lambda _c, _u, _f, reason, _p: said.put(str(reason))
        client.connect(self._host, self._port, keepalive=10)
        client.loop_start()
        try:
            log.info("%s put out: %s", name, said.get(timeout=EVICTION_S))
        finally:
            client.disconnect()
            client.loop_stop()
            client.on_connect = None
