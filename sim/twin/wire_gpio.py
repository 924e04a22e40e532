"""The world's end of the wires: one `Board` served to agent processes over a unix SEQPACKET socket.

Messages are small JSON arrays. From the program: ``["claim"|"drive", pin, function, pull, value, frequency]``; to the
program: ``["level", pin, bool]`` as answer to a claim and ``["edges", pin, [[mono_s, bool], …]]``, a whole burst at once.
The world never waits: a program that does not read is dropped and connects again.
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import msgspec

from sim.twin.wire import WireLoop, listen_unix, send_or_drop
from sim.twin.wire_board import Board, Edge

log = logging.getLogger(__name__)

Pin = Annotated[int, msgspec.Meta(ge=0, le=27)]
Duty = Annotated[float, msgspec.Meta(ge=0, le=1)]
Order = tuple[str, Pin, str, str, Duty, float | None]


class BoardServer:
    """Serves `board` at the unix socket `path`."""

    def __init__(self, loop: WireLoop, board: Board, path: Path) -> None:
        self._loop, self._board, self._path = loop, board, path
        self._listener = listen_unix(path, socket.SOCK_SEQPACKET)
        self._programs: list[_Program] = []
        loop.watch(self._listener, self._accept)

    def close(self) -> None:
        """Hang up on everybody and remove the socket; may be called twice."""
        self._loop.unwatch(self._listener)
        self._listener.close()
        for program in list(self._programs):
            program.close()
        self._path.unlink(missing_ok=True)

    def _accept(self) -> None:
        peer, _ = self._listener.accept()
        self._programs.append(_Program(self._loop, self._board, peer, self._programs.remove))


class _Program:
    """One connected program and the inputs it listens to."""

    def __init__(
        self, loop: WireLoop, board: Board, peer: socket.socket, gone: Callable[[_Program], None]
    ) -> None:
        self._loop, self._board, self._peer, self._gone = loop, board, peer, gone
        self._stops: dict[int, Callable[[], None]] = {}
        self._closed = False
        peer.settimeout(0)
        loop.watch(peer, self._readable)

    def close(self) -> None:
        """Hang up; outputs keep their last value. May be called twice."""
        if self._closed:
            return
        self._closed = True
        for stop in self._stops.values():
            stop()
        self._loop.unwatch(self._peer)
        self._peer.close()
        self._gone(self)

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
        try:
            verb, pin, function, pull, value, frequency = msgspec.json.decode(data, type=Order)
            if (
                verb not in {"claim", "drive"}
                or function not in {"input", "output"}
                or pull not in {"up", "down", "floating"}
            ):
                raise msgspec.ValidationError(f"unknown order {verb} {function} {pull}")
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            log.warning("pins: not an order (%s): %.80r", error, data)
            return
        if verb == "claim":
            level = self._board.claim(pin, function=function, pull=pull)
            if pin not in self._stops:
                self._stops[pin] = self._board.watch(pin, lambda edges: self._edges(pin, edges))
            self._send(["level", pin, level])
        if function == "output":
            self._board.drive(pin, value, frequency)

    def _edges(self, pin: int, edges: Sequence[Edge]) -> None:
        self._send(["edges", pin, list(edges)])

    def _send(self, message: list[object]) -> None:
        if not send_or_drop(self._peer, msgspec.json.encode(message)):
            log.warning("dropped a program that does not read its pins")
            self._loop.call_soon(self.close)
