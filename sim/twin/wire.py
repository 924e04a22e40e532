"""How the world talks to programs beside it: one loop on real time, sockets that never make it wait.

The world is one thread: :class:`WireLoop` is the :class:`hall.clock.Scheduler` of its models and also tells when a socket
has something to read. Whoever does not read what the world sends is dropped, never waited for.
"""

from __future__ import annotations

import heapq
import logging
import selectors
import socket
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from hall.clock import Seconds, Timer

log = logging.getLogger(__name__)

LONGEST_SOCKET_PATH = 107
"""Bytes of a unix socket's path that Linux takes."""
LONGEST_LINE = 1 << 20
"""Bytes of one JSON line; more is not ours."""


class _Due:
    __slots__ = ("call", "order", "when")

    def __init__(self, when: Seconds, order: int, call: Callable[[], None] | None) -> None:
        self.when, self.order, self.call = when, order, call

    def __lt__(self, other: _Due) -> bool:
        return (self.when, self.order) < (other.when, other.order)

    def cancel(self) -> None:
        """Do not call; harmless when the call was already made."""
        self.call = None


class WireLoop:
    """A scheduler on the machine's clock that also watches sockets and pipes; everything runs in the thread of `run`."""

    def __init__(self, zone: str = "Asia/Shanghai") -> None:
        self._zone = ZoneInfo(zone)
        self._agenda: list[_Due] = []
        self._order = 0
        self._soon: deque[Callable[[], None]] = deque()
        self._selector = selectors.DefaultSelector()
        self._wake_in, self._wake_out = socket.socketpair()
        for end in (self._wake_in, self._wake_out):
            end.settimeout(0)
        self._selector.register(self._wake_out, selectors.EVENT_READ, self._woken)
        self._running = False

    def now(self) -> datetime:
        """Wall-clock time, timezone aware."""
        return datetime.now(self._zone)

    def mono(self) -> Seconds:
        """CLOCK_MONOTONIC, one clock for every process of the machine."""
        return time.monotonic()

    def call_later(self, delay_s: Seconds, call: Callable[[], None]) -> Timer:
        """Make `call` after `delay_s` seconds."""
        self._order += 1
        due = _Due(self.mono() + max(0.0, delay_s), self._order, call)
        heapq.heappush(self._agenda, due)
        return due

    def call_soon(self, call: Callable[[], None]) -> None:
        """Make `call` from the loop; other threads and signal handlers may use this."""
        self._soon.append(call)
        with suppress(BlockingIOError):  # a full pipe wakes the loop too
            self._wake_in.send(b"!")

    def watch(self, source: socket.socket | int, on_readable: Callable[[], None]) -> None:
        """Call `on_readable` while `source` has something to read."""
        self._selector.register(source, selectors.EVENT_READ, on_readable)

    def unwatch(self, source: socket.socket | int) -> None:
        """Stop watching `source`; harmless when it is not watched."""
        with suppress(KeyError, ValueError):
            self._selector.unregister(source)

    def run(self) -> None:
        """Run until `stop`; an error in one call is logged and the rest goes on."""
        self._running = True
        while self._running:
            for key, _ in self._selector.select(self._patience()):
                if key.fd in self._selector.get_map():  # an earlier one of this round may have closed it
                    self._guarded(key.data)
            while self._soon:
                self._guarded(self._soon.popleft())
            while self._agenda and self._agenda[0].when <= self.mono():
                call = heapq.heappop(self._agenda).call
                if call is not None:
                    self._guarded(call)

    def stop(self) -> None:
        """End `run` after the present call."""
        self._running = False

    def close(self) -> None:
        """Free the loop's own descriptors."""
        self._selector.close()
        self._wake_in.close()
        self._wake_out.close()

    def _patience(self) -> Seconds | None:
        while self._agenda and self._agenda[0].call is None:
            heapq.heappop(self._agenda)
        return max(0.0, self._agenda[0].when - self.mono()) if self._agenda else None

    def _woken(self) -> None:
        with suppress(BlockingIOError):
            self._wake_out.recv(4096)

    @staticmethod
    def _guarded(call: Callable[[], None]) -> None:
        try:
            call()
        except Exception:
            log.exception("a part of the world failed; the rest goes on")


def listen_unix(path: Path, kind: socket.SocketKind) -> socket.socket:
    """A listening unix socket at `path`, taking over from whoever held it before.

    :raises ValueError: when the path is longer than Linux takes.
    """
    if len(bytes(path)) > LONGEST_SOCKET_PATH:
        raise ValueError(
            f"socket path is {len(bytes(path))} bytes, Linux takes {LONGEST_SOCKET_PATH}: {path}"
        )
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, kind)
    listener.settimeout(0)
    listener.bind(str(path))
    path.chmod(0o600)
    listener.listen(16)
    return listener


def listen_tcp(port: int, host: str = "127.0.0.1") -> socket.socket:
    """A listening TCP socket on `host`; port 0 takes a free one."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.settimeout(0)
    listener.bind((host, port))
    listener.listen(4)
    return listener


def send_or_drop(peer: socket.socket, data: bytes) -> bool:
    """Send all of `data` without waiting; False when the peer is gone or does not read."""
    try:
        return peer.send(data, socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL) == len(data)
    except OSError:
        return False


class JsonPeer:
    """One connection that speaks JSON lines; the world's side of the control socket."""

    def __init__(
        self, loop: WireLoop, peer: socket.socket, on_message: Callable[[JsonPeer, Any], None]
    ) -> None:
        self._loop, self._peer, self._on_message = loop, peer, on_message
        self._rest = b""
        self.closed = False
        peer.settimeout(0)
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, LONGEST_LINE)
        loop.watch(peer, self._readable)

    def send(self, message: Any) -> None:
        """Send one message; a peer that does not read is dropped."""
        if not self.closed and not send_or_drop(self._peer, msgspec.json.encode(message) + b"\n"):
            log.warning("dropped a control connection that does not read")
            self.close()

    def close(self) -> None:
        """Hang up; may be called twice."""
        if not self.closed:
            self.closed = True
            self._loop.unwatch(self._peer)
            self._peer.close()

    def _readable(self) -> None:
        try:
            data = self._peer.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.close()
            return
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > LONGEST_LINE:
            log.warning("dropped a control connection: a line of more than %d bytes", LONGEST_LINE)
            self.close()
            return
        for line in lines:
            if line.strip() and not self.closed:
                self._one(line)

    def _one(self, line: bytes) -> None:
        try:
            message = msgspec.json.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            log.warning("control: not a JSON line (%s): %.80r", error, line)
            self.send({"id": None, "ok": False, "error": f"not a JSON line: {error}"})
            return
        self._on_message(self, message)
