"""One run: a hall comes up, people use it while everything breaks, everything is healed, and the hall must come to rest.

What is left behind in the folder is all the checker gets: the hub's store, the dispenser's card, ``evidence/record.jsonl`` (what the
people did), ``evidence/papers`` (pictures of every paper) and ``evidence/rest.json`` (what the bus and the panels said at the end).
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import time
from collections.abc import Collection
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import msgspec

from hall.clock import Seconds
from hall.link import Packet
from hall.messages import asks, facts
from hall.messages.common import MemberState, Via
from sim.chaos.disk import SmallDisk, may_mount
from sim.chaos.guests import Guests
from sim.chaos.key_clerk import KeyClerk
from sim.chaos.monkey import (
    CLOCKED,
    CLOCKED_BESIDE_MANY,
    FAKETIME,
    PART_OF_A_CROWD,
    TARGETS,
    Monkey,
    clock_environment,
    troubles,
)
from sim.chaos.people import Asking, Citizens, Clerk, Pads
from sim.chaos.plan import CALL_KEY, DESK, DISPENSER, WINDOWS, chaos_plan
from sim.chaos.record import Record
from sim.running import BROKER, HUB
from sim.stage import RunningStage
from sim.twin.links import LinksClient
from sim.twin.world_client import WorldError
from sim.twin.world_talk import Event, SlipEvent

#: so many people served and thanked after the last healing show that the hall works again, within so long
SERVED = 4
SERVED_WITHIN_S: Seconds = 90.0
#: how long the hall may take to come to rest when nothing breaks any more
REST_WITHIN_S: Seconds = 90.0
#: nothing new for so long is rest
QUIET_S: Seconds = 1.0
#: what the journal of a crowd may take of the small disk, a window and a second
CROWD_MB = 0.003
#: somebody puts a new roll into the dispenser this often: one lasts for about five hundred papers
ROLL_S: Seconds = 300.0
#: longer than the second after an answer in which a press does not count
BETWEEN_PRESSES_S: Seconds = 1.5
RETAINED = {"$state"} | {
    f"{way}/{part}" for way in ("down/want", "up/have") for part in ("display", "rating", "counter")
}
#: long enough for a call's number, its sentence passing, and every page of a sign's loop after that
WATCH_S: Seconds = 18.0
LOOK_S: Seconds = 0.1


class Ran(msgspec.Struct, kw_only=True):
    """What a run was."""

    seed: int
    seconds: float
    up_s: float
    #: from the last healing until people were served and thanked again, and from then until all was at rest
    served_s: float
    rest_s: float
    #: by kind, kills also by target
    troubles: dict[str, int]
    kills: dict[str, int]
    #: what could not be broken on this machine, a sentence each
    left_out: list[str]
    #: what people did: presses, faces, thanks, asks, answers
    people: dict[str, int]
    #: why the hall did not come to rest, if it did not
    unrest: str = ""


def run(folder: Path, *, seconds: Seconds, seed: int, kills: int, crowd: int = 0) -> Ran:
    """Everything, with a crowd at so many more windows; `folder` is empty. TimeoutError when the hall does not even come up."""
    evidence = folder / "evidence"
    (evidence / "papers").mkdir(parents=True)
    left_out = []
    with ExitStack() as stack:
        record = Record(evidence / "record.jsonl")
        stack.callback(record.close)
        disk, store = None, folder / "hub.db"
        if may_mount():
            disk = stack.enter_context(
                SmallDisk(folder / "disk", int(48 + seconds * (0.04 + crowd * CROWD_MB)))
            )
            store = disk.folder / "hub.db"
            stack.callback(lambda: shutil.copytree(store.parent, folder / "store", dirs_exist_ok=True))
        else:
            left_out.append("disk full: only root may mount the small disk that is filled")
        guests = Guests(crowd, folder, chaos_plan(), seed)
        clocked = CLOCKED if guests.few else CLOCKED_BESIDE_MANY
        clocks = {member: folder / f"{member}.clock" for member in clocked} if FAKETIME.exists() else {}
        if not clocks:
            left_out.append("clock jumps: libfaketime is not installed (apt-get install libfaketime)")
        elif not guests.few:
            left_out.append("jumps of the hub's clock: libfaketime would slow a busy hub down to a fifth")
        for file in clocks.values():
            file.write_text("+0\n", encoding="ascii")
        stage = RunningStage(
            folder,
            plan=guests.join(chaos_plan()),
            guests=guests.members,
            cables=guests.names,
            links=True,
            store=store,
            environments={member: clock_environment(file) for member, file in clocks.items()},
        )
        stack.callback(stage.stop)
        show = _Show(stage, guests, evidence, store, record, seed)
        own = {name: often for name, often in TARGETS.items() if name in (BROKER, HUB, *stage.plan.members)}
        targets = own | dict.fromkeys(guests.names, PART_OF_A_CROWD)
        began = time.monotonic()
        stage.start()
        up_s = time.monotonic() - began
        with LinksClient(stage.hall.links_control) as links:
            monkey = Monkey(
                stage.inbox,
                stage.hall.supervisor,
                links,
                record,
                is_up=show.is_up,
                disk=disk,
                clocks=clocks,
                seed=seed,
                targets=targets,
            )
            show.begin()
            planned = troubles(
                seed, seconds, kills, disk=disk is not None, clocks=tuple(clocks), targets=targets
            )
            monkey.begin(planned)
            stage.run_for(seconds)
            monkey.end()
        began = time.monotonic()
        unrest = show.is_served_again()
        served_s = time.monotonic() - began
        began = time.monotonic()
        unrest = show.come_to_rest() or unrest
        rest_s = time.monotonic() - began
        show.last_scene(unrest)
        return Ran(
            seed=seed,
            seconds=seconds,
            up_s=round(up_s, 1),
            served_s=round(served_s, 1),
            rest_s=round(rest_s, 1),
            troubles=monkey.done,
            kills=_killed(evidence / "record.jsonl"),
            left_out=left_out,
            people=dict(sorted(record.counts.items())),
            unrest=unrest,
        )


class _Show:
    """The people of a run, and what is kept of what they leave."""

    def __init__(
        self, stage: RunningStage, guests: Guests, evidence: Path, store: Path, record: Record, seed: int
    ) -> None:
        self._stage, self._evidence, self._record = stage, evidence, record
        self._guests, self._papers = guests, Unprinted(store, guests.letters)
        inbox, world = stage.inbox, stage.world
        self._asking = Asking(stage.console, record)
        self._pads = Pads()
        keys = {key: service for key, service in stage.plan.services.items() if key not in guests.services}
        letters = {key: service.letter for key, service in keys.items() if service.button}
        self._citizens = Citizens(
            inbox, self._asking, world, record, letters=letters, seed=seed, others=guests.services
        )
        self._clerks = [
            Clerk(
                inbox,
                self._asking,
                world,
                self._pads,
                record,
                window=window,
                work_number=f"01{window}",
                seed=seed,
            )
            for window in WINDOWS
        ]
        self._key_clerk = KeyClerk(inbox, self._asking, world, record, dots=stage.dots, seed=seed)
        #: what is retained on the bus, as everybody reads it
        self._retained: dict[str, Any] = {}
        stage.watchers.append(self._on_packet)
        stage.console.on_fact.append(lambda fact, _body: self._on_fact(fact))
        self._last_fact = 0.0
        self._asked_store = 0.0

    def begin(self) -> None:
        """Everybody comes."""
        stop = self._stage.world.listen(
            lambda event: self._stage.inbox.call_soon(lambda: self._on_event(event))
        )
        self._stop_listening = stop
        for clerk in self._clerks:
            clerk.begin()
        self._key_clerk.begin()
        self._citizens.begin()
        self._guests.begin(self._stage.hall)
        self._stage.inbox.call_later(ROLL_S, self._change_roll)

    def _change_roll(self) -> None:
        self._stage.inbox.call_later(ROLL_S, self._change_roll)
        try:
            self._stage.world.heal(DISPENSER)
        except WorldError as error:
            self._record.note("no-world", error=str(error))

    def _on_event(self, event: Event) -> None:
        self._pads.on_event(event, self._stage.inbox.mono())
        if isinstance(event, SlipEvent):
            self._keep(Path(event.slip.png))

    def _keep(self, paper: Path) -> None:
        kept = self._evidence / "papers" / paper.name
        if not kept.exists():
            os.link(paper, kept)  # the world's folder keeps the newest only

    def _on_packet(self, packet: Packet) -> None:
        _, _, _, member, leaf = packet.topic.split("/", 4)
        if leaf in RETAINED:
            before = self._retained.get(f"{member}/{leaf}")
            self._retained[f"{member}/{leaf}"] = said = json.loads(packet.payload) if packet.payload else None
            if leaf == "$state" and said and said["state"] == "ready" and said != before:
                self._record.note("up", member=member)

    def is_up(self, name: str) -> bool:
        """Whether a process works again since it was killed last; a broker does when the hub is back on it."""
        states = self._stage.console.view.states
        state = states.get(HUB if name == BROKER else self._guests.face(name))
        return state is MemberState.READY and self._stage.console.link.connected

    def _on_fact(self, fact: facts.AnyFact) -> None:
        self._last_fact = self._stage.inbox.mono()
        self._citizens.on_fact(fact)

    # --- the end

    def is_served_again(self) -> str:
        """Nothing is broken any more and people still come: some of them are served, and rate it; why not, if not."""
        before = self._record.counts.get("thanks", 0)
        served = self._stage.run_until(
            lambda: self._record.counts.get("thanks", 0) >= before + SERVED, SERVED_WITHIN_S
        )
        return "" if served else "nobody is served any more"

    def come_to_rest(self) -> str:
        """Nobody else comes, the clerks finish, papers come out; why that did not happen, if it did not."""
        stage = self._stage
        self._citizens.end()
        self._guests.rest()
        for clerk in self._clerks:
            clerk.rest()
        self._key_clerk.rest()
        if stage.run_until(lambda: not self._restless(), REST_WITHIN_S):
            return ""
        self._asked_store = 0.0
        return self._restless()

    def _restless(self) -> str:
        if missing := self._stage.missing():
            return f"not ready: {', '.join(missing)}"
        if lost := [m for m in self._guests.members if not self.is_up(m)]:
            return f"not ready: {', '.join(lost)}"
        if self._asking.open:
            return f"asks without an answer: {self._asking.open}"
        if busy := [clerk.window for clerk in self._clerks if not clerk.idle]:
            return f"clerks still at work: {busy}"
        if not self._key_clerk.idle:
            return "the clerk with the call key still at work"
        if self._stage.inbox.mono() - self._last_fact < QUIET_S:
            return "facts are still told"
        if self._stage.inbox.mono() - self._asked_store < QUIET_S / 2:
            return "not asked yet"
        self._asked_store = self._stage.inbox.mono()
        if restless := self._guests.restless():
            return restless
        if waiting := self._papers.numbers():
            return f"no paper yet: {', '.join(waiting)}"
        return ""

    def last_scene(self, unrest: str) -> None:
        """Window 1 calls, window 2 serves, window 3 pauses, the call key calls; then everything that can be seen is written down."""
        one, two, three = WINDOWS
        stage, ask, new_id = self._stage, self._asking.ask, self._asking.new_id
        for _ in ("window 1", "window 2", "the call key"):
            ask(asks.TakeTicket(id=new_id(), service=DESK, lane="priority", via=Via.DESK))
        self._answered()
        for window in (one, two):
            ask(asks.CallNext(id=new_id(), window=window))
        self._answered()
        ask(asks.Start(id=new_id(), window=two))
        ask(asks.Pause(id=new_id(), window=three, reason="生理"))
        self._answered()
        unrest = self._call_by_key() or unrest
        stage.run_until(lambda: not self._unshown() and not self._papers.numbers(), 20.0)
        unshown = self._unshown()
        seen: dict[str, list[list[str]]] = {f"sign-{window}": [] for window in WINDOWS}
        end = stage.inbox.mono() + WATCH_S

        def look() -> bool:
            for sign, pictures in seen.items():
                dots = stage.dots(sign)
                if dots not in pictures:
                    pictures.append(dots)
            return stage.inbox.mono() > end

        stage.run_until(look, WATCH_S + 10)
        self._stop_listening()
        for paper in sorted((stage.folder / "world" / "papers").glob("*.png")):
            self._keep(paper)
        rest = {
            "members": ["hub", *stage.plan.members, *self._guests.members],
            "crowd_letters": self._guests.letters,
            "dispenser": DISPENSER,
            "desk_letters": [stage.plan.services[DESK].letter],
            "retained": self._retained,
            "lamps": {f"pad-{window}": stage.lamps(f"pad-{window}") for window in WINDOWS},
            "unrest": unrest,
            "unshown": unshown,
            "panels": seen,
            "call_keys": [CALL_KEY],
            "digits": {CALL_KEY: stage.dots(CALL_KEY)},
            "open_asks": self._asking.open,
        }
        (self._evidence / "rest.json").write_text(json.dumps(rest, ensure_ascii=False), encoding="utf-8")

    def _call_by_key(self) -> str:
        """One press on the call key calls somebody, when nothing is broken any more; why not, if not."""

        def state() -> str | None:
            want = self._retained.get(f"{CALL_KEY}/down/want/counter") or {}
            found: str | None = want.get("state")
            return found

        if state() == "paused":
            self._press_key("pause")
        self._press_key("next")
        called = self._stage.run_until(lambda: state() == "called", 10.0)
        return "" if called else f"the call key called nobody, its window is {state()}"

    def _press_key(self, finger: str) -> None:
        looked: list[bool] = []
        self._key_clerk.press(finger, lambda: looked.append(True))
        self._stage.run_until(lambda: bool(looked), 15.0)
        self._stage.run_for(BETWEEN_PRESSES_S)

    def _answered(self) -> None:
        self._stage.run_until(lambda: not self._asking.open, 15.0)

    def _unshown(self) -> list[str]:
        """Signs and call keys that have not said they show what they should."""
        rev = {key: value.get("rev") for key, value in self._retained.items() if value and "rev" in value}
        parts = dict.fromkeys((f"sign-{window}" for window in WINDOWS), "display") | {CALL_KEY: "counter"}
        return [
            member
            for member, part in parts.items()
            if rev.get(f"{member}/up/have/{part}") != rev.get(f"{member}/down/want/{part}")
        ]


class Unprinted:
    """Tickets that are not void and not printed, as the hub's store has it; the crowd's dispensers print at once.

    One that the desk ordered need not be printed any more when it was told that it does not come out.
    """

    def __init__(self, store: Path, others: Collection[str]) -> None:
        """`others` are letters of the crowd's tickets."""
        self._store, self._others = store, others
        self._upto = 0
        #: each ticket without a paper
        self._tickets: dict[str, dict[str, Any]] = {}

    def numbers(self) -> list[str]:
        """Their numbers, now."""
        with sqlite3.connect(f"file:{self._store}?mode=ro", uri=True, timeout=2) as journal:
            new = journal.execute(
                "select n, type, body from facts where n > ? and type in "
                "('TicketIssued', 'TicketPrinted', 'PrintFailed', 'TicketCancelled', 'TicketLeft') order by n",
                (self._upto,),
            ).fetchall()
            withdrawn = {ask for (ask,) in journal.execute("select ask from withdrawn")}
        journal.close()
        for n, kind, body in new:
            self._upto, fact = n, json.loads(body)
            ticket = fact["ticket"]
            if kind == "TicketIssued":
                if fact["number"][0] not in self._others:
                    self._tickets[ticket] = fact
            elif kind != "PrintFailed" or self._tickets.get(ticket, {}).get("via") != "dispenser":
                self._tickets.pop(ticket, None)
        # who took an ask back holds no paper, unless a lent number was given instead
        holding = self._tickets.items()
        return sorted(t["number"] for ticket, t in holding if t.get("offline") or ticket not in withdrawn)


def _killed(record: Path) -> dict[str, int]:
    kills: dict[str, int] = {}
    for line in record.read_text(encoding="utf-8").splitlines():
        said = json.loads(line)
        if said["what"] == "fault" and said["kind"] == "kill":
            kills[said["target"]] = kills.get(said["target"], 0) + 1
    return dict(sorted(kills.items()))
