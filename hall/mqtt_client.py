"""paho's client, moved by our own loop.

Rules:

* Only connecting waits (names, routes, a handshake), and may be done in a thread; from :meth:`DrivenClient.begin` on everything
  happens in the loop, and nothing waits.
* Whoever publishes also writes, at once and as far as the socket takes it: an answer leaves before everything else that its
  commit calls for. What the socket did not take is written when it has room again.
* Everything that is there is read before any of it is dealt with: what came together is dealt with together.
* Acknowledgements leave with the first word that follows from what was read, in one segment, and by themselves when none does: on
  their own they would leave first, and wake the broker before there is anything for it to carry.
* Used through paho's calls for external loops.
"""

from __future__ import annotations

import contextlib
import logging
import select
import socket
from collections.abc import Callable
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from hall.clock import Loop, Seconds, Timer

log = logging.getLogger(__name__)

#: How often the loop asks whether the other end is still there.
LOOK_S: Seconds = 1.0
#: Packets read in one go at most; then others have their turn.
READS = 256
_OK = MQTTErrorCode.MQTT_ERR_SUCCESS


class DrivenClient(paho.Client):
    """One connection's client."""

    def __init__(self, scheduler: Loop, ended: Callable[[str], None], **named: Any) -> None:
        """`ended` hears once why the connection ended, whoever noticed; it may be called while paho holds its locks. Else as paho's."""
        super().__init__(CallbackAPIVersion.VERSION2, **named)
        self._scheduler, self._ended = scheduler, ended
        self._looking: Timer | None = None
        self._room = False
        #: something was read that is not acknowledged yet
        self._owing = False
        self._there = select.poll()
        self.on_disconnect = lambda _c, _u, _f, reason, _p: ended(str(reason))
        # with this set paho leaves all writing to us
        self.on_socket_register_write = _nothing

    def begin(self) -> None:
        """There is a connection: say hello; the loop moves it from here on."""
        sock: Any = self.socket()
        self.on_socket_close = lambda *_: self._scheduler.unwatch(sock)
        self._there.register(sock, select.POLLIN)
        self._scheduler.watch(sock, self._move)
        self._look()

    def write_now(self) -> None:
        """Write what the socket takes of what was published, and have the loop tell when there is room for the rest."""
        if self._owing:
            self._owing = False
            self._cork(1)
            self.loop_write()
            self._cork(0)
        else:
            self.loop_write()
        if self.want_write() is not self._room:
            self._room = not self._room
            sock: Any = self.socket()
            if sock is not None:
                self._scheduler.watch(sock, self._move, room=self._room)

    def _cork(self, shut: int) -> None:
        """What is written while it is shut leaves together when it is opened."""
        sock: Any = self.socket()
        if sock is not None:
            with contextlib.suppress(OSError):  # the end of the connection is noticed by who reads and writes
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, shut)

    def settle(self, done: Callable[[], bool], within_s: Seconds) -> None:
        """Read and write until `done()`, the end of the connection, or for so long: for a loop that is about to end."""
        until = self._scheduler.mono() + within_s
        while (sock := self.socket()) is not None and not done():
            left = until - self._scheduler.mono()
            if left <= 0:
                return
            readable, _, _ = select.select([sock], [sock] if self.want_write() else [], [], left)
            if readable:
                self._read()
            self.loop_write()

    def release(self) -> None:
        """Close what is still open, and let go of the callbacks; may be called twice."""
        if self._looking is not None:
            self._looking.cancel()
        # or client and link keep each other alive
        self.on_connect = self.on_subscribe = self.on_message = self.on_disconnect = None
        sock: Any = self.socket()
        if sock is not None:
            self._scheduler.unwatch(sock)
            with contextlib.suppress(OSError):
                sock.close()

    def _move(self) -> None:
        """The socket is ready. Whatever happens in paho ends here as a lost connection."""
        try:
            self._read()
            if self._room:
                self.write_now()
            elif not self._owing and self.want_write():
                self._owing = True
                self._scheduler.call_soon(self._after_that)
        except Exception as error:
            log.exception("the connection failed")
            self._ended(f"{type(error).__name__}: {error}")

    def _after_that(self) -> None:
        """What was read is dealt with, and what that calls for stands in the line before us."""
        self._scheduler.call_soon(self._acknowledge)

    def _acknowledge(self) -> None:
        """Nobody had anything to say."""
        if self._owing:
            self.write_now()

    def _read(self) -> None:
        """Every packet that is there; paho makes the calls they are for, and notes what is to be acknowledged."""
        sock: Any = self.socket()
        for _ in range(READS):
            if sock is None or self.loop_read() != _OK or self.socket() is not sock:
                return
            # bytes that TLS has decrypted already are seen by no poll
            if not self._there.poll(0) and not getattr(sock, "pending", int)():
                return

    def _look(self) -> None:
        """Keep the connection alive, or see that it is not."""
        self._looking = self._scheduler.call_later(LOOK_S, self._look)
        self.loop_misc()
        self.write_now()


def _nothing(_client: paho.Client, _userdata: Any, _sock: Any) -> None:
    """Nobody needs to be told: see :meth:`DrivenClient.write_now`."""
