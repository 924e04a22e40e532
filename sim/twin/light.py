"""A light MQTT 3.1.1 client over asyncio: hundreds of members in one process, where one thread each would be the bottleneck.

It does what a load needs (connect with a will, subscribe, publish and receive with QoS 0 and 1, keepalive) and nothing else.
TCP_NODELAY is asyncio's own habit.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence

Heard = Callable[[str, bytes], None]


def _text(text: str | bytes) -> bytes:
    raw = text.encode() if isinstance(text, str) else text
    return len(raw).to_bytes(2, "big") + raw


def _packet(head: int, body: bytes) -> bytes:
    length, size = bytearray(), len(body)
    while True:
        size, digit = divmod(size, 128)
        length.append(digit | (128 if size else 0))
        if not size:
            return bytes([head]) + bytes(length) + body


class LightClient(asyncio.Protocol):
    """One connection of one member; made by :meth:`connect`."""

    def __init__(self, heard: Heard, lost: Callable[[], None] | None = None) -> None:
        """`heard` gets topic and payload of what comes, `lost` is called when the broker is gone."""
        self._heard, self._lost = heard, lost
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None
        self._mid = 0
        self._waits: dict[int, asyncio.Future[None]] = {}
        self._keepalive: asyncio.TimerHandle | None = None
        self._keepalive_s = 5.0
        self.connected = False

    async def connect(
        self,
        host: str,
        port: int,
        client_id: str,
        filters: Sequence[str],
        *,
        will: tuple[str, bytes] | None = None,
        keepalive_s: int = 5,
    ) -> None:
        """Connect and subscribe; returns when every subscription is granted. OSError when there is no broker."""
        loop = asyncio.get_running_loop()
        self._keepalive_s = float(keepalive_s)
        accepted: asyncio.Future[None] = loop.create_future()
        self._waits[0] = accepted
        await loop.create_connection(lambda: self, host, port)
        flags = 0x02 | (0x04 | 0x08 | 0x20 if will is not None else 0)
        body = _text("MQTT") + bytes([4, flags]) + keepalive_s.to_bytes(2, "big") + _text(client_id)
        if will is not None:
            body += _text(will[0]) + _text(will[1])
        self._write(_packet(0x10, body))
        await accepted
        if filters:
            mid, done = self._number()
            self._write(_packet(0x82, mid + b"".join(_text(topic) + b"\x01" for topic in filters)))
            await done
        self.connected = True
        self._ping()

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> None:
        """Send; with QoS 1 nobody waits for the acknowledgement."""
        mid = self._next() if qos else b""
        self._write(_packet(0x30 | qos << 1 | retain, _text(topic) + mid + payload))

    async def tell(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Send with QoS 1 and return when the broker has it."""
        mid, done = self._number()
        self._write(_packet(0x32 | retain, _text(topic) + mid + payload))
        await done

    def close(self) -> None:
        """A clean goodbye; may be called twice."""
        transport, self._transport = self._transport, None
        self.connected = False
        if self._keepalive is not None:
            self._keepalive.cancel()
        if transport is not None:
            transport.write(b"\xe0\x00")
            transport.close()

    # --- asyncio's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See :class:`asyncio.Protocol`."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """See :class:`asyncio.Protocol`."""
        was_ours = self._transport is not None
        self._transport, self.connected = None, False
        if self._keepalive is not None:
            self._keepalive.cancel()
        for wait in self._waits.values():
            if not wait.done():
                wait.set_exception(exc or ConnectionResetError("the broker hung up"))
                wait.exception()
        if was_ours and self._lost is not None:
            self._lost()

    def data_received(self, data: bytes) -> None:
        """See :class:`asyncio.Protocol`."""
        buffer = self._buffer
        buffer += data
        at = 0
        while len(buffer) - at >= 2:
            size, shift, p = 0, 0, at + 1
            while p < len(buffer) and buffer[p] & 128:
                size |= (buffer[p] & 127) << shift
                shift, p = shift + 7, p + 1
            if p >= len(buffer):
                break
            size |= buffer[p] << shift
            p += 1
            if len(buffer) - p < size:
                break
            self._take(buffer[at], bytes(buffer[p : p + size]))
            at = p + size
        del buffer[:at]

    def _take(self, head: int, body: bytes) -> None:
        kind = head >> 4
        if kind == 3:
            length = int.from_bytes(body[:2], "big")
            topic, rest = body[2 : 2 + length].decode(), body[2 + length :]
            if head & 0x06:
                self._write(b"\x40\x02" + rest[:2])
                rest = rest[2:]
            self._heard(topic, rest)
        elif kind == 2:
            self._done(0, None if body[1] == 0 else ConnectionRefusedError(f"refused: {body[1]}"))
        elif kind == 9:
            refused = any(code & 0x80 for code in body[2:])
            self._done(int.from_bytes(body[:2], "big"), PermissionError("not granted") if refused else None)
        elif kind == 4 and self._waits:
            self._done(int.from_bytes(body[:2], "big"), None)

    def _done(self, mid: int, error: Exception | None) -> None:
        wait = self._waits.pop(mid, None)
        if wait is not None and not wait.done():
            if error is None:
                wait.set_result(None)
            else:
                wait.set_exception(error)

    # --- inside

    def _next(self) -> bytes:
        self._mid = self._mid % 65535 + 1
        return self._mid.to_bytes(2, "big")

    def _number(self) -> tuple[bytes, asyncio.Future[None]]:
        mid = self._next()
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waits[self._mid] = done
        return mid, done

    def _write(self, data: bytes) -> None:
        if self._transport is not None:
            with contextlib.suppress(RuntimeError):
                self._transport.write(data)

    def _ping(self) -> None:
        self._write(b"\xc0\x00")
        self._keepalive = asyncio.get_running_loop().call_later(self._keepalive_s * 0.6, self._ping)
