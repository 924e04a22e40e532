"""Takes down what comes from bus and world, and gives the present picture as :class:`sim.page.seen.Seen`. One thread only."""

from __future__ import annotations

import contextlib
from collections import deque
from datetime import datetime
from typing import TypeVar

import msgspec

from hall.errors import Malformed
from hall.link import Packet
from hall.messages import commands, facts
from hall.messages.commands import Result
from hall.messages.presence import Beat
from hall.plan import HallPlan
from hall.topics import HUB, HUB_LIMIT, Address, Topics
from hall.wire import decode
from sim.hall_view import HallView
from sim.page.seen import Call, FactLine, MessageLine, Paper, Parked, ProcessSeen, Seen, VisitorsSeen
from sim.page.sentences import sentence
from sim.twin.faults import FaultSeen
from sim.twin.world_talk import Look, SlipEvent, SoundEvent

T = TypeVar("T")

FACTS, MESSAGES, PAPERS, CALLS = 120, 250, 24, 24
#: a payload longer than that is shown cut off
SHOWN_BYTES = 600


class _Kind(msgspec.Struct):
    type: str = ""


class Notebook:
    """The page's own replica of the hall; everything in it comes again from bus and world when it is lost."""

    def __init__(self, plan: HallPlan) -> None:
        """Empty."""
        self.plan = plan
        self.view = HallView(plan.id)
        self.changed = True
        self._topics = Topics(plan.id)
        self._serial = 0
        self._facts: deque[FactLine] = deque(maxlen=FACTS)
        self._messages: deque[MessageLine] = deque(maxlen=MESSAGES)
        self._papers: deque[Paper] = deque(maxlen=PAPERS)
        self._calls: deque[Call] = deque(maxlen=CALLS)
        self._open_calls: dict[str, tuple[int, int]] = {}
        self._heard: int | None = None
        self._seen = Seen()

    # --- the bus ------------------------------------------------------------------------------------------------------

    def on_packet(self, packet: Packet, at: datetime) -> facts.AnyFact | None:
        """A message; the fact if it was a new one."""
        address = self._topics.parse(packet.topic)
        if address is None:
            return None
        self._note(address, packet, at)
        fact = self.view.on_packet(packet)
        if fact is not None:
            self._take_fact(fact)
        with contextlib.suppress(Malformed):  # shown as it came; it means nothing to us
            self._take(address, packet, at)
        return fact

    def _note(self, address: Address, packet: Packet, at: datetime) -> None:
        self._serial += 1
        try:
            kind = msgspec.json.decode(packet.payload, type=_Kind).type
        except msgspec.MsgspecError:
            kind = ""
        line = MessageLine(
            serial=self._serial,
            at=at,
            topic=packet.topic[len(self._topics.root) + 1 :],
            member=address.member,
            kind=kind or address.leaf.name,
            payload=packet.payload[:SHOWN_BYTES].decode("utf-8", "replace"),
            size=len(packet.payload),
        )
        self._messages.appendleft(line)
        traffic = self._seen.traffic
        self._set(traffic={**traffic, address.member: traffic.get(address.member, 0) + len(packet.payload)})

    def _take(self, address: Address, packet: Packet, at: datetime) -> None:
        match address.leaf.name:
            case "up/beat":
                beat = decode(Beat, packet.payload)
                self._set(beats={**self._seen.beats, address.member: beat})
            case "down/command":
                command: commands.AnyCommand = decode(commands.AnyCommand, packet.payload, HUB_LIMIT)
                if isinstance(command, commands.Announce) and command.id not in self._open_calls:
                    self._serial += 1
                    call = Call(serial=self._serial, at=at, member=address.member, text=command.text)
                    self._open_calls[command.id] = (call.serial, command.rank)
                    self._calls.appendleft(call)
            case "up/result":
                result = decode(Result, packet.payload)
                found = self._open_calls.get(result.id)
                if found is not None:
                    self._amend(found[0], ended=result.code)
            case _:
                pass

    def _take_fact(self, fact: facts.AnyFact) -> None:
        line = FactLine(n=fact.n, at=fact.at, kind=type(fact).__name__, text=sentence(fact, self.plan))
        self._facts.appendleft(line)
        parked = self._seen.parked
        match fact:
            case facts.TicketParked():
                self._set(
                    parked=(*parked, Parked(ticket=fact.ticket, number=fact.number, window=fact.window))
                )
            case facts.TicketFact() if any(one.ticket == fact.ticket for one in parked):
                self._set(parked=tuple(one for one in parked if one.ticket != fact.ticket))
            case facts.DayOpened():
                self._set(parked=())
            case _:
                pass

    # --- the world ----------------------------------------------------------------------------------------------------

    def on_slip(self, event: SlipEvent) -> None:
        """A paper came out."""
        self._papers.appendleft(Paper(member=event.member, slip=event.slip))
        self.changed = True

    def on_sound(self, event: SoundEvent) -> None:
        """A loudspeaker began, or ended: it says the most urgent of the open calls, oldest first."""
        if event.phase == "start":
            waiting = [
                (rank, serial)
                for call in self._calls
                if call.ended is None and call.member == event.member
                for serial, rank in self._open_calls.values()
                if serial == call.serial
            ]
            self._heard = min(waiting)[1] if waiting else None
            if self._heard is not None:
                self._amend(self._heard, playing=True)
            return
        if self._heard is not None and event.sound is not None:
            name = event.sound.wav.rpartition("/")[2]
            for call in self._calls:
                if call.serial == self._heard:
                    self._amend(call.serial, playing=False, sounds=(*call.sounds, name))
                    break
        self._heard = None

    def on_looks(self, looks: dict[str, Look], faults: dict[str, tuple[FaultSeen, ...]]) -> None:
        """Somebody looked at members."""
        known = self._seen
        fresh = {member: look for member, look in looks.items() if known.looks.get(member) != look}
        if fresh:
            self._set(looks={**known.looks, **fresh})
        found = {member: seen for member, seen in faults.items() if known.faults.get(member) != seen}
        if found:
            self._set(faults={**known.faults, **found})

    def on_world(self, *, there: bool) -> None:
        """The world answers, or does not."""
        if self._seen.world != there:
            self._set(world=there)

    # --- the machine --------------------------------------------------------------------------------------------------

    def on_processes(self, processes: dict[str, ProcessSeen]) -> None:
        """Who lives now."""
        if processes != self._seen.processes:
            self._set(processes=processes)

    def on_cables(self, cables: dict[str, str]) -> None:
        """What is wrong with whose cable."""
        if cables != self._seen.cables:
            self._set(cables=cables)

    def on_visitors(self, visitors: VisitorsSeen | None) -> None:
        """Whether a crowd comes by itself."""
        self._set(visitors=visitors)

    def on_bus(self, *, there: bool) -> None:
        """The broker is reached, or not."""
        if self._seen.bus != there:
            self._set(bus=there)

    # --- the picture --------------------------------------------------------------------------------------------------

    def look(self) -> Seen:
        """The present picture."""
        view, seen = self.view, self._seen
        if self.changed:
            self.changed = False
            self._seen = msgspec.structs.replace(
                seen,
                fresh=seen.bus and view.fresh,
                board=view.board,
                counts=dict(view.counts) if view.counts != seen.counts else seen.counts,
                states=dict(view.states) if view.states != seen.states else seen.states,
                alerts=dict(view.alerts) if view.alerts != seen.alerts else seen.alerts,
                facts=_same(seen.facts, self._facts),
                messages=_same(seen.messages, self._messages),
                papers=_same(seen.papers, self._papers),
                calls=_same(seen.calls, self._calls),
            )
        return self._seen

    def hub_is_there(self) -> bool:
        """Whether the hub says that it works."""
        return self.view.fresh and HUB in self.view.states

    def _amend(self, serial: int, **parts: object) -> None:
        for place, call in enumerate(self._calls):
            if call.serial == serial:
                self._calls[place] = msgspec.structs.replace(call, **parts)
        self.changed = True

    def _set(self, **parts: object) -> None:
        self._seen = msgspec.structs.replace(self._seen, **parts)
        self.changed = True


def _same(old: tuple[T, ...], new: deque[T]) -> tuple[T, ...]:
    """The old tuple itself when nothing is new."""
    if len(old) == len(new) and all(a is b for a, b in zip(old, new, strict=True)):
        return old
    return tuple(new)
