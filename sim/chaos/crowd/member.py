"""A member of the hall by its public contract alone: is there, asks until answered, tells until receipted.

Rules:

* Connected again a moment after every end, under an epoch that was stored first; ``$state`` is retained and the last will.
* An ask is repeated each second under its id until it is answered or given up, also after a kill.
* An event stands in the book before it is sent, is sent again every five seconds, at most fifty at a time, until its receipt.
"""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from datetime import datetime
from typing import Any

from sim.chaos.crowd.part import Part, compact
from sim.twin.light import LightClient

HOST = "127.0.0.1"
CONNECT_S = 10.0
LOOK_S = 0.25
REPEAT_S = 1.0
RESEND_S = 5.0
BEAT_S = 5.0
IN_FLIGHT = 50


class Member:
    """One member; `kind` is what the hall has registered it as."""

    kind = "console"
    leaves: tuple[str, ...] = ("down/answer",)

    def __init__(self, part: Part, name: str) -> None:
        """Not connected before :meth:`live`."""
        self.part, self.book, self.name = part, part.book, name
        self._client: LightClient | None = None
        self._gone = asyncio.Event()
        self._asked: dict[str, tuple[bytes, asyncio.Future[dict[str, Any]], float]] = {}
        with self.book.change():
            self.outbox = self.book.outbox(name, str(uuid.uuid4()))
        self._last = self.book.last_event(self.outbox)
        self._held = self.book.unreceipted(self.outbox)
        self._flying: dict[int, float] = {}
        self._beat = 0.0

    # --- being there

    async def live(self) -> None:
        """Connect, for ever."""
        repeating = asyncio.create_task(self._repeat())
        try:
            while True:
                await self._connect()
                await asyncio.sleep(self.part.chance.uniform(0.05, 0.4))
        finally:
            repeating.cancel()

    async def _connect(self) -> None:
        with self.book.change():
            epoch = int(self.book.noted(f"epoch/{self.name}", "0")) + 1
            self.book.note(f"epoch/{self.name}", str(epoch))
        self._gone.clear()
        client = LightClient(self._heard, self._gone.set)
        will = self.part.topic(self.name, "$state"), self._state("lost", epoch)
        filters = [self.part.topic(self.name, leaf) for leaf in self.leaves]
        filters.append(self.part.topic("hub", "rebirth"))
        try:
            async with asyncio.timeout(CONNECT_S):
                await client.connect(HOST, self.part.plan.port, self.name, filters, will=will)
        except OSError:  # also a TimeoutError
            client.close()
            return
        self._client, self._epoch = client, epoch
        self._say_who()
        self.on_rebirth()
        self._flying.clear()
        self._asked = {ask: (body, waits, 0.0) for ask, (body, waits, _) in self._asked.items()}
        self._again()
        await self._gone.wait()
        self._client = None

    def _state(self, state: str, epoch: int) -> bytes:
        return compact({"state": state, "epoch": epoch, "boot": self.part.boot, "kind": self.kind})

    def _say_who(self) -> None:
        described = {"kind": self.kind, "model": "crowd", "serial": self.name, "version": "1"}
        self.say("$state", self._state("ready", self._epoch), retain=True)
        self.say("$desc", compact(described), retain=True)

    def say(self, leaf: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> bool:
        """Publish, if there is a broker."""
        if self._client is None:
            return False
        self._client.publish(self.part.topic(self.name, leaf), payload, qos=qos, retain=retain)
        return True

    async def _repeat(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            self._again()

    def _again(self) -> None:
        """Say whatever is due."""
        now = time.monotonic()
        for ask, (body, waits, said) in self._asked.items():
            if now - said >= REPEAT_S and self.say("up/ask", body):
                self._asked[ask] = body, waits, now
        self._send(now)
        if self.kind != "console" and now - self._beat >= BEAT_S:
            self._beat = now
            beat = {"epoch": getattr(self, "_epoch", 0), "outbox": len(self._held), "uptime_s": int(now)}
            beat |= {"temperature_c": None, "rss_mb": None, "disk_free_mb": None, "clock_ok": True}
            self.say("up/beat", compact(beat), qos=0)

    # --- what is heard

    def _heard(self, topic: str, payload: bytes) -> None:
        leaf = topic.split("/", 4)[4]
        if leaf == "rebirth":
            self._say_who()
            self.on_rebirth()
            return
        said = json.loads(payload) if payload else {}
        match leaf:
            case "down/answer":
                self._on_answer(said, payload)
            case "down/receipt":
                self._on_receipt(said)
            case _:
                self.on_word(leaf, said)

    def on_rebirth(self) -> None:
        """The hub wants to know everything again."""

    def on_word(self, leaf: str, said: dict[str, Any]) -> None:
        """The hub says something that is no answer and no receipt."""

    # --- asking

    async def ask(self, kind: str, **fields: Any) -> dict[str, Any]:
        """Ask, and wait for the answer however long it takes."""
        body = {"id": str(uuid.uuid4()), "type": kind, **fields}
        with self.book.change():
            self.book.ask(self.name, body)
        return await self.answer_to(body)

    def answer_to(self, body: dict[str, Any]) -> asyncio.Future[dict[str, Any]]:
        """The answer to an ask that stands in the book; asked now, and again until it comes."""
        waits: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        said = compact(body)
        self._asked[body["id"]] = said, waits, time.monotonic() if self.say("up/ask", said) else 0.0
        return waits

    def give_up(self, ask: str) -> None:
        """Wait no longer for this answer; inside a change of the book."""
        self.book.give_up(ask)
        self._asked.pop(ask, None)

    def _on_answer(self, said: dict[str, Any], payload: bytes) -> None:
        with self.book.change():
            if self.book.answer(said["id"], payload.decode(), ok=said["ok"]):
                self.on_answer(said)
        _, waits, _ = self._asked.pop(said["id"], (b"", None, 0.0))
        if waits is not None and not waits.done():
            waits.set_result(said)
        self._again()

    def on_answer(self, said: dict[str, Any]) -> None:
        """An answer is here for the first time; inside a change of the book."""

    # --- telling

    def tell(self, kind: str, **fields: Any) -> None:
        """An event happened; inside a change of the book. Whoever calls says :meth:`send` after it."""
        self._last += 1
        place = {"outbox": self.outbox, "seq": self._last, "boot": self.part.boot, "clock_ok": True}
        moment = {"mono_ms": int(time.monotonic() * 1000), "at": datetime.now().astimezone().isoformat()}
        event = {**place, **moment, "type": kind, **fields}
        self.book.add_event(self.outbox, event)
        self._held[self._last] = event

    def send(self) -> None:
        """What was told goes out."""
        self._send(time.monotonic())

    def _send(self, now: float) -> None:
        if not self._held or self._client is None:
            return
        first = next(iter(self._held))
        for seq, event in self._held.items():
            if seq >= first + IN_FLIGHT:
                break
            if now - self._flying.get(seq, -RESEND_S) >= RESEND_S:
                self._flying[seq] = now
                self.say("up/event", compact({**event, "first": first}))

    def _on_receipt(self, said: dict[str, Any]) -> None:
        if said["outbox"] != self.outbox:
            return
        settled = [seq for seq in self._held if seq <= said["upto"]]
        if settled:
            with self.book.change():
                self.book.receipt(self.outbox, said["upto"])
            for seq in settled:
                del self._held[seq]
                self._flying.pop(seq, None)
            self._send(time.monotonic())
