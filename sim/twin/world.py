"""The world of a running hall: a process that holds every pin, panel, printer and loudspeaker the agents reach.

``python -m sim.twin.world --plan FILE`` with a `sim.twin.world_plan.WorldPlan` as JSON. It is the wall and the desk: a killed agent
leaves its panel lit and its paper hanging. Its control socket (`sim.twin.world_talk`, `WorldClient`) presses keys, switches
faults and looks. One thread; whoever does not read is dropped, never waited for. SIGTERM and SIGINT end it cleanly; the
next world takes the same sockets and ports, its panels dark until the signs write again.
"""

from __future__ import annotations

import argparse
import logging
import signal
import socket
import sys
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from sim.twin.faults import NoSuchHand
from sim.twin.paper import Slip
from sim.twin.reader import TypingReader
from sim.twin.sound import Sound, SpeakerFifo
from sim.twin.wire import JsonPeer, WireLoop, listen_unix
from sim.twin.wire_gpio import BoardServer
from sim.twin.wire_paper import PrinterServer
from sim.twin.wire_spi import ChainServer
from sim.twin.world_client import WorldClient, WorldError
from sim.twin.world_plan import MemberPlan, PanelPlan, PrinterPlan, WorldPlan, read_plan
from sim.twin.world_talk import (
    Event,
    Events,
    FaultEvent,
    Free,
    Heal,
    Hold,
    LampEvent,
    ListFaults,
    ListMembers,
    Look,
    LookAt,
    PanelEvent,
    PanelSeen,
    Press,
    PrinterSeen,
    Release,
    Replay,
    Request,
    Scan,
    SlipEvent,
    SlipSeen,
    SoundEvent,
    SoundSeen,
    SpeakerSeen,
    Stick,
    SwitchFault,
)
from sim.twin.world_twin import MemberTwin

__all__ = [
    "MemberPlan", "PanelPlan", "PrinterPlan", "World", "WorldClient", "WorldError", "WorldPlan", "main", "read_plan",
]  # fmt: skip

log = logging.getLogger(__name__)

KEPT = 1000
"""How many papers and sounds stay in the folder."""


class _Shelf:
    """Numbered files in a folder; the oldest go when it is full."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        stems = {p.stem for p in folder.iterdir() if p.stem[:4].isdigit()}
        self._stems = deque(sorted(stems, key=lambda stem: int(stem.split("-")[0])))
        self.count = int(self._stems[-1].split("-")[0]) if self._stems else 0

    def next(self, member: str) -> tuple[int, Path]:
        """The next number, and the path without a suffix."""
        self.count += 1
        self._stems.append(f"{self.count:04d}-{member}")
        while len(self._stems) > KEPT:
            for old in self.folder.glob(f"{self._stems.popleft()}.*"):
                old.unlink(missing_ok=True)
        return self.count, self.folder / self._stems[-1]


class _Place:
    """One member in the world: its twin, its sockets, and what came out of it last."""

    def __init__(self, world: World, plan: MemberPlan) -> None:
        self.world, self.plan = world, plan
        loop, where = world.loop, world.plan.socket
        name = plan.member
        self.speaker = SpeakerFifo(loop, where(name, "fifo"), where(name, "asound")) if plan.speaker else None
        self.reader = TypingReader(where(name, "reader")) if plan.reader else None
        self.twin = twin = MemberTwin(
            plan,
            loop,
            paced=True,
            speaker=self.speaker,
            reader=self.reader,
            machine=where(name, "machine"),
        )
        self.last_slip: SlipSeen | None = None
        self.last_sound: SoundSeen | None = None
        self.printer_server: PrinterServer | None = None
        self._servers: list[BoardServer | ChainServer | PrinterServer | SpeakerFifo] = []
        if self.speaker is not None:
            self._servers.append(self.speaker)
            self.speaker.on_start(self._sound_began)
            self.speaker.on_sound(self._sound_ended)
        if plan.keys or plan.lamps:
            self._servers.append(BoardServer(loop, twin.board, where(name, "gpio")))
            twin.on_lamp(lambda lamp, value: world.tell(LampEvent(member=name, lamp=lamp, value=value)))
        if twin.panel is not None:
            panel = twin.panel
            self._servers.append(ChainServer(loop, panel, where(name, "spi")))
            panel.on_change(lambda: world.tell(PanelEvent(member=name, frames=panel.frames)))
        if twin.printer is not None and plan.printer is not None:
            self.printer_server = PrinterServer(loop, twin.printer, plan.printer.port)
            self._servers.append(self.printer_server)
            twin.printer.on_slip(self._slip)

    def close(self) -> None:
        """Close this member's sockets."""
        for server in reversed(self._servers):
            server.close()
        if self.reader is not None:
            self.reader.unplug()

    def look(self, *, png: bool) -> Look:
        """Everything one sees of this member."""
        twin = self.twin
        panel = printer = speaker = None
        if twin.panel is not None:
            rows = tuple(twin.panel.text().split("\n"))
            panel = PanelSeen(rows=rows, frames=twin.panel.frames, png=self._draw() if png else None)
        if twin.printer is not None and self.printer_server is not None:
            printer = PrinterSeen(
                port=self.printer_server.port,
                paper_left_mm=twin.printer.paper_left,
                offline=twin.printer.offline or twin.printer.gone,
                waiting_bytes=twin.printer.waiting,
                unknown_commands=len(twin.printer.unknown),
                last=self.last_slip,
            )
        if self.speaker is not None:
            speaker = SpeakerSeen(playing=self.speaker.playing, last=self.last_sound)
        return Look(
            member=self.plan.member,
            kind=self.plan.kind,
            lamps=twin.lamps(),
            pressed=twin.pressed(),
            panel=panel,
            printer=printer,
            speaker=speaker,
        )

    def _draw(self) -> str:
        assert self.twin.panel is not None
        path = self.world.panels / f"{self.plan.member}.png"
        new = path.with_suffix(".new")
        self.twin.panel.picture().save(new, "PNG")
        new.replace(path)
        return str(path)

    def _slip(self, slip: Slip) -> None:
        number, path = self.world.papers.next(self.plan.member)
        png, escpos = path.with_suffix(".png"), path.with_suffix(".escpos")
        escpos.write_bytes(slip.raw)
        png.write_bytes(slip.png())
        self.last_slip = SlipSeen(
            number=number,
            png=str(png),
            escpos=str(escpos),
            at=_stamp(slip.at),
            cut=slip.cut,
            length_mm=slip.length,
            text=slip.text,
            codes=tuple(code.decode("utf-8", "replace") for code in slip.codes),
        )
        self.world.tell(SlipEvent(member=self.plan.member, slip=self.last_slip))

    def _sound_began(self, at: datetime) -> None:
        self.world.tell(SoundEvent(member=self.plan.member, phase="start", at=_stamp(at)))

    def _sound_ended(self, sound: Sound) -> None:
        number, path = self.world.sounds.next(self.plan.member)
        wav = path.with_suffix(".wav")
        sound.save(wav)
        at = _stamp(sound.at)
        self.last_sound = SoundSeen(number=number, wav=str(wav), seconds=sound.seconds, at=at)
        self.world.tell(SoundEvent(member=self.plan.member, phase="end", at=at, sound=self.last_sound))


class World:
    """All members' hands behind their sockets, on one loop; `run` until `stop`."""

    def __init__(self, plan: WorldPlan) -> None:
        """Opens every socket, the control socket last: when that answers, everything is there."""
        self.plan, self.loop = plan, WireLoop(plan.zone)
        folder = Path(plan.folder).resolve()
        self.papers, self.sounds = _Shelf(folder / "papers"), _Shelf(folder / "sounds")
        self.panels = folder / "panels"
        self.panels.mkdir(exist_ok=True)
        plan.control.parent.mkdir(parents=True, exist_ok=True)
        self._listeners: list[JsonPeer] = []
        self._places: dict[str, _Place] = {}
        self._control: socket.socket | None = None
        try:
            for member in plan.members:
                self._places[member.member] = _Place(self, member)
            self._control = listen_unix(plan.control, socket.SOCK_STREAM)
            self.loop.watch(self._control, self._accept)
        except BaseException:
            self.close()
            raise

    def run(self) -> None:
        """Serve until `stop`."""
        log.info("the world holds %d members; control at %s", len(self._places), self.plan.control)
        self.loop.run()

    def stop(self) -> None:
        """End `run`; may be called from a signal handler or another thread."""
        self.loop.call_soon(self.loop.stop)

    def close(self) -> None:
        """Close everything; may be called twice."""
        if self._control is not None:
            self.loop.unwatch(self._control)
            self._control.close()
            self._control = None
            self.plan.control.unlink(missing_ok=True)
        for place in self._places.values():
            place.close()
        self._places.clear()
        for listener in self._listeners:
            listener.close()
        self.loop.close()

    def tell(self, event: Event) -> None:
        """Send `event` to everybody who listens."""
        self._listeners = [listener for listener in self._listeners if not listener.closed]
        for listener in self._listeners:
            listener.send(event)

    def _accept(self) -> None:
        assert self._control is not None
        peer, _ = self._control.accept()
        JsonPeer(self.loop, peer, self._request)

    def _request(self, peer: JsonPeer, message: Any) -> None:
        number = message.get("id") if isinstance(message, dict) else None
        try:
            result = self._do(peer, msgspec.convert(message, Request))
        except (msgspec.ValidationError, NoSuchHand) as error:
            log.warning("control: %s", error)
            peer.send({"id": number, "ok": False, "error": str(error)})
        else:
            peer.send({"id": number, "ok": True, "result": result})

    def _do(self, peer: JsonPeer, request: Request) -> Any:
        if isinstance(request, Events):
            self._listeners.append(peer)
            return None
        if isinstance(request, ListMembers):
            return self.plan.members
        place = self._places.get(request.member)
        if place is None:
            raise NoSuchHand(f"there is no member {request.member!r}")
        twin = place.twin
        match request:
            case Press():
                twin.press(request.key, request.seconds)
            case Hold():
                twin.hold(request.key)
            case Release():
                twin.release(request.key)
            case Stick():
                self._changing_faults(place, lambda: twin.fault("key-stuck", request.key))
            case Free():
                self._changing_faults(place, lambda: twin.free(request.key))
            case SwitchFault():
                self._changing_faults(place, lambda: twin.fault(request.fault, request.where))
            case Heal():
                self._changing_faults(place, lambda: twin.heal(request.fault))
            case Scan():
                twin.scan(request.code)
            case Replay():
                return twin.replay(Path(request.file))
            case ListFaults():
                return twin.faults()
            case LookAt():
                return place.look(png=request.png)
        return None

    def _changing_faults(self, place: _Place, change: Callable[[], None]) -> None:
        before = {fault.name: fault.active for fault in place.twin.faults()}
        change()
        for fault in place.twin.faults():
            if fault.active != before[fault.name]:
                self.tell(FaultEvent(member=place.plan.member, fault=fault.name, active=fault.active))


def _stamp(at: datetime | None) -> str:
    return at.isoformat() if at is not None else ""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the world described by a plan until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m sim.twin.world", description=main.__doc__)
    parser.add_argument("--plan", required=True, type=Path, help="JSON file: see sim/twin/world_plan.py")
    arguments = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        world = World(read_plan(arguments.plan))
    except (OSError, ValueError) as error:
        sys.stderr.write(f"world: {error}\n")
        return 2
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: world.stop())
    try:
        world.run()
    finally:
        world.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
