"""Fingers, eyes, ears and the hand at the cables: blocking clients, each in a thread of its own.

They put what they learn into the loop and keep nothing. A world or a proxy that is away is asked again until it is back.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable

from hall.clock import Scheduler, Seconds
from sim.page.notebook import Notebook
from sim.twin.faults import FaultSeen
from sim.twin.links import SOUND, SWITCHES, LinkFaults, LinksClient, LinksError, LinksPlan
from sim.twin.world_client import WorldClient, WorldError
from sim.twin.world_plan import WorldPlan
from sim.twin.world_talk import Event, FaultEvent, LampEvent, Look, PanelEvent, SlipEvent, SoundEvent

log = logging.getLogger(__name__)

EYES_S: Seconds = 0.08
#: everything is looked at again, whether or not somebody said that it changed
ALL_S: Seconds = 2.0


class Senses:
    """What a person has in the world: fingers, eyes, ears, and a hand at the cables."""

    def __init__(
        self, world: WorldPlan, links: LinksPlan | None, scheduler: Scheduler, notebook: Notebook
    ) -> None:
        """News go into `notebook`, in the scheduler's loop. Nothing is connected yet."""
        self._world, self._links = world, links
        self._scheduler, self._notebook = scheduler, notebook
        self._members = [member.member for member in world.members]
        self._jobs: queue.SimpleQueue[Callable[[WorldClient], None] | None] = queue.SimpleQueue()
        self._cables: queue.SimpleQueue[tuple[str, LinkFaults] | None] = queue.SimpleQueue()
        self._stale: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        #: whose faults are to be looked at next
        self._faulty: frozenset[str] = frozenset()
        self._stop_listening: Callable[[], None] = lambda: None
        self._threads: list[threading.Thread] = []

    def open(self) -> None:
        """Begin; returns at once."""
        for name, work in (
            ("fingers", self._press),
            ("eyes", self._watch),
            ("ears", self._listen),
            ("cables", self._mend),
        ):
            thread = threading.Thread(target=work, name=f"page-{name}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def close(self) -> None:
        """End; may be called twice."""
        self._stop_listening()
        self._jobs.put(None)
        self._cables.put(None)
        self._stale.put(None)
        for thread in self._threads:
            thread.join(1.5)

    def do(self, job: Callable[[WorldClient], None]) -> None:
        """Let the fingers do something; in order."""
        self._jobs.put(job)

    def look_again(self, member: str) -> None:
        """Something was done to a member: look what became of it, faults included."""
        self._faulty |= {member}
        self._stale.put(member)

    def cable(self, member: str, name: str) -> None:
        """Break a cable like that; an empty name mends it."""
        self._cables.put((member, SWITCHES[name]() if name else SOUND))

    # --- each in its own thread -----------------------------------------------------------------------------------------

    def _press(self) -> None:
        with WorldClient(self._world.control, timeout_s=3.0) as world:
            while (job := self._jobs.get()) is not None:
                try:
                    job(world)
                except (WorldError, OSError) as error:
                    log.info("the world did not take it", extra={"why": str(error)})

    def _mend(self) -> None:
        """Hold the cables: break and mend them, and look at them now and then."""
        if self._links is None:
            return
        names = {fault(): name for name, fault in SWITCHES.items()}
        with LinksClient(self._links.control, timeout_s=1.0) as links:
            while True:
                try:
                    job = self._cables.get(timeout=ALL_S / 2)
                    if job is None:
                        return
                    links.set(*job)
                except queue.Empty:
                    pass
                except LinksError as error:
                    log.info("the cables did not take it", extra={"why": str(error)})
                try:
                    wrong = {member: names.get(seen.faults, "") for member, seen in links.look().items()}
                except LinksError:
                    continue  # their process is being started again
                self._scheduler.call_soon(lambda wrong=wrong: self._notebook.on_cables(wrong))  # type: ignore[misc]

    def _watch(self) -> None:
        """Look at whoever changed, a dozen times a second at most, and at everybody now and then."""
        with WorldClient(self._world.control, timeout_s=1.0) as world:
            stale: set[str] = set()
            next_look = everybody_at = 0.0
            while True:
                wait = (next_look if stale else everybody_at) - self._scheduler.mono()
                try:
                    name = self._stale.get(timeout=max(0.001, wait))
                    if name is None:
                        return
                    stale.add(name)
                except queue.Empty:
                    pass
                now = self._scheduler.mono()
                everybody = now >= everybody_at
                if everybody:
                    stale, everybody_at = set(self._members), now + ALL_S
                if stale and now >= next_look:
                    next_look = now + EYES_S
                    if self._look(world, stale, faults=everybody):
                        stale = set()

    def _look(self, world: WorldClient, members: set[str], *, faults: bool) -> bool:
        looks: dict[str, Look] = {}
        found: dict[str, tuple[FaultSeen, ...]] = {}
        try:
            for member in sorted(members):
                looks[member] = world.look(member)
                if faults or member in self._faulty:
                    found[member] = tuple(world.faults(member))
        except (WorldError, OSError):
            self._scheduler.call_soon(lambda: self._notebook.on_world(there=False))
            return False
        self._faulty -= found.keys()
        self._scheduler.call_soon(lambda: self._looked(looks, found))
        return True

    def _looked(self, looks: dict[str, Look], faults: dict[str, tuple[FaultSeen, ...]]) -> None:
        self._notebook.on_world(there=True)
        self._notebook.on_looks(looks, faults)

    def _listen(self) -> None:
        with WorldClient(self._world.control, timeout_s=30.0) as world:
            self._stop_listening = world.listen(self._hear)

    def _hear(self, event: Event) -> None:
        match event:
            case PanelEvent() | LampEvent():
                self._stale.put(event.member)
            case FaultEvent():
                self._faulty = self._faulty | {event.member}
                self._stale.put(event.member)
            case _:
                self._stale.put(event.member)
                self._scheduler.call_soon(lambda: self._on_world(event))

    def _on_world(self, event: Event) -> None:
        match event:
            case SlipEvent():
                self._notebook.on_slip(event)
            case SoundEvent():
                self._notebook.on_sound(event)
            case _:
                pass
