"""paho's client, driven by a thread that reads and written to by whoever has something to say.

Rules:

* Whoever publishes also writes, at once and as far as the socket takes it; the driving thread writes only what is left. Left to
  that thread a packet waits until the loop lets go of the interpreter: an answer would leave after everything else that its
  commit calls for, not before.
* Packets leave whole and in order, whichever thread writes.
* Used through paho's calls for external loops; its own ``loop()`` would wake the thread for every packet.
"""

from __future__ import annotations

import contextlib
import select
import socket
import threading
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import MQTTErrorCode

#: How often keepalive is looked at, seconds.
LOOK_S = 1.0
_OK = MQTTErrorCode.MQTT_ERR_SUCCESS


class DrivenClient(paho.Client):
    """One connection's client: :meth:`drive` in its thread, everything else in the loop's."""

    def __init__(self, *details: Any, **named: Any) -> None:
        """As paho's."""
        self._writing = threading.RLock()
        self._woken, self._waker = socket.socketpair()
        for end in (self._woken, self._waker):
            end.settimeout(0)
        super().__init__(*details, **named)
        # with this set paho leaves all writing to us
        self.on_socket_register_write = _nothing

    def loop_write(self) -> MQTTErrorCode:
        """See paho; one thread at a time."""
        with self._writing:
            return super().loop_write()

    def write_now(self) -> None:
        """Write what the socket takes of what was published; the thread does the rest, and sees an end."""
        self.loop_write()
        if self.want_write() or self.socket() is None:
            with contextlib.suppress(OSError):
                self._waker.send(b"w")

    def drive(self) -> None:
        """Read, write and keep alive until the connection ends."""
        # the writer may close a dead connection while we wait for it
        with contextlib.suppress(OSError, ValueError):
            self._drive(self.socket())

    def _drive(self, sock: Any) -> None:
        while sock is not None and sock is self._socket_now():
            # bytes that TLS has decrypted already wake no select
            ready = getattr(sock, "pending", int)() > 0
            writes = [sock] if self.want_write() else []
            readable, _, _ = select.select([sock, self._woken], writes, [], 0 if ready else LOOK_S)
            if self._woken in readable:
                with contextlib.suppress(BlockingIOError):
                    self._woken.recv(4096)
            if (ready or sock in readable) and self.loop_read() != _OK:
                return
            if self.want_write() and self.loop_write() != _OK:
                return
            if self.loop_misc() != _OK:
                return

    def _socket_now(self) -> Any:
        return self.socket()

    def release(self) -> None:
        """Close what is still open, and let go of the callbacks; only in the thread that drives, when it is done."""
        sock = self.socket()
        for end in (sock, self._woken, self._waker):
            if end is not None:
                with contextlib.suppress(OSError):
                    end.close()
        # or client and link keep each other alive
        self.on_connect = self.on_subscribe = self.on_message = self.on_disconnect = None


def _nothing(_client: paho.Client, _userdata: Any, _sock: Any) -> None:
    """Nobody needs to be told: see :meth:`DrivenClient.write_now`."""
