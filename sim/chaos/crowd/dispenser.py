"""A ticket dispenser without keys or paper: people come by themselves, and a paper is a line in the book.

It keeps the contract's promises: nobody waits longer than two seconds for a number while there are lent ones, an ask that a kill
left open is withdrawn, what the hub orders is printed once, and a second paper is a second copy.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from typing import Any

from sim.chaos.crowd.member import Member
from sim.chaos.crowd.part import Part, compact

SILENCE_S = 2.0
#: people in line per window of the part, and nobody else comes
FULL = 3


class Dispenser(Member):
    """One dispenser."""

    kind = "dispenser"
    leaves = ("down/answer", "down/receipt", "down/command", "down/want/numbers")

    def __init__(self, part: Part) -> None:
        super().__init__(part, part.plan.dispenser)
        self._numbers: dict[str, Any] = json.loads(self.book.noted("numbers", "{}"))
        self._ahead = 0

    async def work(self) -> None:
        """People come, until nobody else does."""
        with self.book.change():
            for ask in self.book.open_asks(self.name):  # nobody holds a paper for it
                self.give_up(ask["id"])
                self.tell("ask_withdrawn", id=ask["id"])
        self.send()
        while not self.part.resting:
            await self._take()
            full = self._ahead >= FULL * len(self.part.plan.windows)
            await asyncio.sleep(0.8 if full else self.part.chance.uniform(0.02, 0.15))

    async def _take(self) -> None:
        lane = "priority" if self.part.happens(0.1) else "normal"
        ask = {"id": str(uuid.uuid4()), "type": "take_ticket", "service": self.part.plan.service}
        ask |= {"lane": lane, "via": "dispenser", "token": uuid.uuid4().hex}
        with self.book.change():
            self.book.ask(self.name, ask)
        answer = self.answer_to(ask)
        done, _ = await asyncio.wait([answer], timeout=SILENCE_S)
        if not done and not self._give_lent(ask):
            await answer
        self._ahead = 0
        if answer.done() and answer.result()["ok"]:
            self._ahead = int(answer.result()["facts"][0]["ahead"])

    def on_answer(self, said: dict[str, Any]) -> None:
        """The number is here: print it."""
        if said["ok"]:
            fact = said["facts"][0]
            self._print(fact, fact["at"][:10], 1)

    def _print(self, fact: dict[str, Any], day: str, copy: int) -> None:
        self.book.paper(self.name, fact, day, copy)
        self.tell("printed", ticket=fact["ticket"], copy=copy)

    # --- without the hub

    def _give_lent(self, ask: dict[str, Any]) -> bool:
        """A lent number for this person; False when there is none."""
        day = self._numbers.get("day", "")
        with self.book.change():
            number = self._next_lent(day)
            if number is None:
                return False
            self.give_up(ask["id"])
            fact = {"ticket": ask["id"], "number": number, "lane": ask["lane"], "service": ask["service"]}
            self.tell("issued_offline", **fact, day=day, token=ask["token"])
            self._print(fact, day, 1)
        self.send()
        return True

    def _next_lent(self, day: str) -> str | None:
        letter = self.part.plan.letter
        for block in self._numbers.get("blocks", ()) if day else ():
            for n in range(block["from"], block["to"] + 1) if block["letter"] == letter else ():
                number = f"{letter}{n:03d}"
                if self.book.give(day, number):
                    return number
        return None

    # --- what the hub says

    def on_word(self, leaf: str, said: dict[str, Any]) -> None:
        """Numbers are lent, or something is to be printed."""
        if leaf == "down/want/numbers" and said:
            with self.book.change():
                self.book.note("numbers", json.dumps(said))
            self._numbers = said
            self.on_rebirth()
        elif leaf == "down/command":
            self._on_command(said)

    def on_rebirth(self) -> None:
        """Which numbers it holds."""
        if self._numbers:
            self.say("up/have/numbers", compact({"rev": self._numbers["rev"]}))

    def _on_command(self, command: dict[str, Any]) -> None:
        if command["type"] not in {"print", "reprint"}:
            return
        fact = command["issued"]
        with self.book.change():
            if self.book.do_once(self.name, command["id"]):
                self._print(
                    fact, fact["at"][:10], command.get("copy", 2 if command["type"] == "reprint" else 1)
                )
        self.send()
        self.say("up/result", compact({"id": command["id"], "phase": "done"}))


class Speaker(Member):
    """A loudspeaker that is done at once: so many calls a second no real one could speak."""

    kind = "speaker"
    leaves = ("down/command",)

    def on_word(self, leaf: str, said: dict[str, Any]) -> None:
        """A sentence is to be spoken."""
        if leaf == "down/command":
            with self.book.change():
                self.book.do_once(self.name, said["id"])
            self.say("up/result", compact({"id": said["id"], "phase": "done"}))
