"""``python -m sim.twin.proxy --plan FILE``: one process that holds every cable between members and broker, and can break each.

A listening loopback port per member forwards to the broker. Bytes are cut into MQTT packets by their fixed header, so that what
is lost, doubled or overtaken is always a whole packet and the stream stays valid. See :mod:`sim.twin.links` for the faults.

Rules:

* What is no MQTT is passed on as it is.
* Whatever ends one side of a connection ends the other.
* One event loop, no threads; a plan and a seed decide everything that is left to chance.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import random
import sys
from pathlib import Path

import msgspec

from sim.twin.links import SOUND, BreakOff, LinkFaults, LinkSeen, LinksPlan, Look, Reply, Request, SetFaults

log = logging.getLogger(__name__)

HOST = "127.0.0.1"
PUBLISH, PUBACK = 3, 4
DUP = 0x08
#: an overtaken packet waits no longer for one that overtakes it
HELD_S = 0.1
#: packets that wait in one direction before its sender is made to wait
QUEUE = 500
_CHUNK = 65536


class Cutter:
    """Cuts a byte stream into MQTT packets; what cannot be MQTT comes out as it came in."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._raw = False

    def feed(self, data: bytes) -> list[bytes]:
        """The packets that are whole now, in order."""
        if self._raw:
            return [data]
        self._rest += data
        packets = []
        while (length := self._length()) is not None:
            if length < 0:
                self._raw = True
                packets.append(bytes(self._rest))
                self._rest.clear()
                break
            if len(self._rest) < length:
                break
            packets.append(bytes(self._rest[:length]))
            del self._rest[:length]
        return packets

    def _length(self) -> int | None:
        """Bytes of the packet that begins here; None when its header is not whole, -1 when it is none."""
        size = 0
        for place in range(1, 5):
            if len(self._rest) <= place:
                return None
            size |= (self._rest[place] & 0x7F) << 7 * (place - 1)
            if not self._rest[place] & 0x80:
                return 1 + place + size
        return -1


class Published(msgspec.Struct, frozen=True):
    """What a fault must know of a PUBLISH packet."""

    topic: bytes
    qos: int
    #: packet id, 0 without
    mid: int


def published(packet: bytes) -> Published | None:
    """The packet as a PUBLISH; None when it is another, or not well made."""
    if not packet or packet[0] >> 4 != PUBLISH:
        return None
    at = 2
    while at < 5 and packet[at - 1] & 0x80:
        at += 1
    qos, size = packet[0] >> 1 & 3, int.from_bytes(packet[at : at + 2], "big")
    topic, behind = packet[at + 2 : at + 2 + size], at + 2 + size
    if len(packet) < behind + (2 if qos else 0):
        return None
    return Published(topic, qos, int.from_bytes(packet[behind : behind + 2], "big") if qos else 0)


class Cable:
    """One member's way to the broker, over all its connections."""

    def __init__(self, member: str, broker_port: int, chance: random.Random) -> None:
        self.member, self.broker_port, self.chance = member, broker_port, chance
        self.faults = SOUND
        self.moving = asyncio.Event()
        self.moving.set()
        self.connections: set[Connection] = set()
        self.packets = self.lost = self.doubled = self.overtaken = self.broken_off = 0

    def set(self, faults: LinkFaults) -> None:
        """This is wrong from now on."""
        self.faults = faults
        if faults.cut:
            self.moving.clear()
        else:
            self.moving.set()
        if not faults.lose:
            for connection in [c for c in self.connections if c.holes]:
                self._break(connection)

    def break_off(self) -> None:
        """End all connections."""
        for connection in list(self.connections):
            self._break(connection)

    def _break(self, connection: Connection) -> None:
        self.broken_off += 1
        connection.abort()

    def seen(self) -> LinkSeen:
        """How it is."""
        return LinkSeen(
            faults=self.faults,
            connections=len(self.connections),
            packets=self.packets,
            lost=self.lost,
            doubled=self.doubled,
            overtaken=self.overtaken,
            broken_off=self.broken_off,
        )

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, from its beginning to its end."""
        connection = Connection(self, reader, writer)
        self.connections.add(connection)
        try:
            await connection.run()
        finally:
            self.connections.discard(connection)


class Connection:
    """One TCP connection of a member, and the one to the broker that belongs to it."""

    def __init__(self, cable: Cable, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.cable = cable
        self._reader, self._writer = reader, writer
        self._broker: asyncio.StreamWriter | None = None
        self._over = asyncio.Event()
        #: something was lost in it
        self.holes = False

    def abort(self) -> None:
        """Both ends see a broken connection."""
        self._over.set()

    async def run(self) -> None:
        """Move packets until either end hangs up, or it is broken off."""
        tasks: list[asyncio.Task[None]] = [asyncio.create_task(self._carry())]
        over = asyncio.create_task(self._over.wait())
        try:
            await asyncio.wait([*tasks, over], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (*tasks, over):
                task.cancel()
            await asyncio.gather(*tasks, over, return_exceptions=True)
            for writer in (self._writer, self._broker):
                if writer is None:
                    continue
                if self._over.is_set():
                    writer.transport.abort()
                else:  # what was said before the goodbye still arrives
                    writer.close()

    async def _carry(self) -> None:
        await self.cable.moving.wait()
        try:
            reader, self._broker = await asyncio.open_connection(HOST, self.cable.broker_port)
        except OSError:
            return
        up, down = Way(self, self._broker), Way(self, self._writer)
        up.back, down.back = down, up
        readers = [asyncio.create_task(way) for way in (up.read(self._reader), down.read(reader))]
        writers = [asyncio.create_task(way) for way in (up.write(), down.write())]
        try:
            await asyncio.wait(writers, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in (*readers, *writers):
                way.cancel()
            await asyncio.gather(*readers, *writers, return_exceptions=True)


class Way:
    """One direction of one connection."""

    back: Way

    def __init__(self, connection: Connection, writer: asyncio.StreamWriter) -> None:
        self._connection, self._cable, self._writer = connection, connection.cable, writer
        self._queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(QUEUE)
        self._loop = asyncio.get_running_loop()
        self._held: tuple[bytes, bytes] | None = None
        self._held_timer: asyncio.TimerHandle | None = None
        #: packet ids that were doubled: the second acknowledgement, which goes the other way, is nobody's
        self._doubled: dict[int, int] = {}

    async def read(self, reader: asyncio.StreamReader) -> None:
        """Take bytes in, until the sender hangs up."""
        cutter = Cutter()
        with contextlib.suppress(OSError):
            while data := await reader.read(_CHUNK):
                for packet in cutter.feed(data):
                    self._cable.packets += 1
                    for one in self._through(packet):
                        await self._queue.put((self._due(), one))
                await self._cable.moving.wait()
        self._let_go()
        await self._queue.put((self._due(), b""))

    async def write(self) -> None:
        """Give bytes out at their time, until the last."""
        while True:
            due, packet = await self._queue.get()
            wait = due - self._loop.time()
            if wait > 0:
                await asyncio.sleep(wait)
            await self._cable.moving.wait()
            if not packet:
                return
            self._writer.write(packet)
            await self._writer.drain()
            speed = self._cable.faults.bytes_per_s
            if speed is not None:
                await asyncio.sleep(len(packet) / speed)

    def inject(self, packet: bytes) -> None:
        """Say something to this way's receiver that the other side did not say."""
        with contextlib.suppress(asyncio.QueueFull):
            self._queue.put_nowait((self._due(), packet))

    def _due(self) -> float:
        return self._loop.time() + self._cable.faults.latency_s

    def _through(self, packet: bytes) -> list[bytes]:
        """What becomes of one packet, in the order in which it goes on."""
        faults, chance = self._cable.faults, self._cable.chance
        message = published(packet)
        if message is None:
            return self._other(packet)
        if faults.lose and message.qos < 2 and chance.random() < faults.lose:
            self._cable.lost += 1
            self._connection.holes = True
            if message.qos:
                self.back.inject(bytes((PUBACK << 4, 2)) + message.mid.to_bytes(2, "big"))
            return []
        here = [packet]
        if faults.duplicate and message.qos == 1 and chance.random() < faults.duplicate:
            self._cable.doubled += 1
            self._doubled[message.mid] = self._doubled.get(message.mid, 0) + 1
            here.append(bytes((packet[0] | DUP,)) + packet[1:])
        if self._held is not None:
            topic, waiting = self._held
            self._held = None
            self._cable.overtaken += topic != message.topic
            return [waiting, *here] if topic == message.topic else [*here, waiting]
        if faults.reorder and len(here) == 1 and chance.random() < faults.reorder:
            self._held = message.topic, packet
            self._held_timer = self._loop.call_later(HELD_S, self._let_go)
            return []
        return here

    def _other(self, packet: bytes) -> list[bytes]:
        """A packet that is no PUBLISH overtakes none; the second acknowledgement of a doubled one ends here."""
        if packet[0] >> 4 != PUBACK:
            self._let_go()
        elif len(packet) >= 4:
            mid = int.from_bytes(packet[2:4], "big")
            twice = self.back._doubled  # noqa: SLF001 - the same class, the other direction
            # the first goes on, the second does not; a mid is free for another packet only after the first
            if twice.get(mid, 0) < 0:
                twice[mid] += 1
                return []
            if mid in twice:
                twice[mid] = -twice[mid]
        return [packet]

    def _let_go(self) -> None:
        if self._held is not None:
            self.inject(self._held[1])
            self._held = None


class Proxy:
    """All cables, and the control socket."""

    def __init__(self, plan: LinksPlan) -> None:
        """Nothing listens yet."""
        self.plan = plan
        self.cables = {
            member: Cable(member, plan.broker_port, random.Random(f"link {member} {plan.seed}"))
            for member in plan.ports
        }

    async def run(self) -> None:
        """Serve until cancelled."""
        servers = [
            await asyncio.start_server(self.cables[member].serve, HOST, port)
            for member, port in self.plan.ports.items()
        ]
        control = await asyncio.start_unix_server(self._control, self.plan.control)
        log.info("links open: %d", len(servers))
        async with contextlib.AsyncExitStack() as stack:
            for server in (*servers, control):
                await stack.enter_async_context(server)
            await asyncio.Event().wait()

    async def _control(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while line := await reader.readline():
                writer.write(msgspec.json.encode(self._answer(line)) + b"\n")
                await writer.drain()
        writer.close()

    def _answer(self, line: bytes) -> Reply:
        try:
            request = msgspec.json.decode(line, type=Request)
            match request:
                case SetFaults():
                    self.cables[request.member].set(request.faults)
                case BreakOff():
                    self.cables[request.member].break_off()
                case Look():
                    return Reply(ok=True, result={name: cable.seen() for name, cable in self.cables.items()})
        except KeyError as error:
            return Reply(ok=False, error=f"no cable of {error}")
        except msgspec.MsgspecError as error:
            return Reply(ok=False, error=str(error))
        return Reply(ok=True)


def main(argv: list[str] | None = None) -> int:
    """Entry of ``python -m sim.twin.proxy``."""
    parser = argparse.ArgumentParser(prog="sim.twin.proxy", description=__doc__)
    parser.add_argument("--plan", type=Path, required=True)
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    plan = msgspec.json.decode(parser.parse_args(argv).plan.read_bytes(), type=LinksPlan)
    Path(plan.control).unlink(missing_ok=True)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(Proxy(plan).run())
    return 0


if __name__ == "__main__":
    sys.exit(main())
