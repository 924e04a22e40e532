"""A clerk's console and the pad on the same counter: call, serve, finish, be rated, and the next.

The person at the counter presses a face when the pad asks for *their* step, and is gone when the clerk calls the next: so every
vote of the crowd is cast in time and has to stand in the journal.
"""

from __future__ import annotations

import asyncio
from typing import Any

from sim.chaos.crowd.member import Member
from sim.chaos.crowd.part import Part, compact

#: how a service ends, and what has to be said then
ENDS = {"done": {}, "advice": {}, "onward": {}, "material-missing": {"detail": "缺配偶身份证"}}
ASKED_WITHIN_S = 1.0


class Pad(Member):
    """Four faces."""

    kind = "pad"
    leaves = ("down/receipt", "down/want/rating")

    def __init__(self, part: Part, window: int) -> None:
        super().__init__(part, f"pad-{window}")
        self._window = window
        self._want: dict[str, Any] = {}
        self._asks = asyncio.Event()
        self._person = ""

    def on_word(self, leaf: str, said: dict[str, Any]) -> None:
        """What the pad is to ask."""
        if leaf == "down/want/rating" and said:
            self._want = said
            self.on_rebirth()
            if said.get("ticket") == self._person:
                self._asks.set()

    def on_rebirth(self) -> None:
        """What it asks."""
        if self._want:
            self.say("up/have/rating", compact({"rev": self._want["rev"]}))

    async def rate(self, ticket: str, step: int) -> None:
        """The person who had `ticket` waits a moment for the pad to ask, presses, and goes."""
        self._person = ticket
        self._asks.clear()
        if self._want.get("ticket") != ticket:
            try:
                await asyncio.wait_for(self._asks.wait(), ASKED_WITHIN_S)
            except TimeoutError:
                self._person = ""
                return
        await asyncio.sleep(self.part.chance.uniform(0.02, 0.1))
        if (self._want.get("ticket"), self._want.get("step")) == (ticket, step):
            vote = {"ticket": ticket, "window": self._window, "step": step}
            vote["grade"] = self.part.chance.randint(1, 4)
            with self.book.change():
                if self.book.face(vote):
                    self.tell("rated", **vote)
            self.send()
        self._person = ""


class Clerk(Member):
    """One window."""

    def __init__(self, part: Part, window: int, pad: Pad) -> None:
        super().__init__(part, f"console-{window}")
        self._window, self._pad, self._idle = window, pad, f"idle/{window}"
        self._number = f"C{window}"

    async def work(self) -> None:
        """What was asked before a kill, then person after person, until nobody else comes."""
        with self.book.change():
            self.book.note(self._idle, "")
        for ask in self.book.open_asks(self.name):
            await self.answer_to(ask)
        await self._do("sit", clerk=self._number)
        while not self.part.resting:
            await self._next()
        with self.book.change():
            self.book.note(self._idle, "idle")

    async def _do(self, kind: str, **fields: Any) -> dict[str, Any]:
        answer = await self.ask(kind, window=self._window, **fields)
        await self._moment()
        return answer

    async def _moment(self, least: float = 0.01, most: float = 0.06) -> None:
        await asyncio.sleep(self.part.chance.uniform(least, most))

    async def _next(self) -> None:
        if self.part.missed and self.part.happens(0.3):
            ticket = self.part.missed.popleft()
            await self.ask("return_ticket" if self.part.happens(0.8) else "cancel", ticket=ticket)
        answer = await self._do("call_next")
        if answer["ok"]:
            await self._meet(answer["facts"][0])
            return
        match answer["code"]:
            case "window-busy":
                await self._do("finish", outcome="done")
            case "window-paused":
                await self._do("resume")
            case "not-seated":
                await self._do("sit", clerk=self._number)
            case _:
                await self._moment(0.1, 0.4)

    async def _meet(self, called: dict[str, Any]) -> None:
        happens, ticket = self.part.happens, called["ticket"]
        if happens(0.05):
            await self._do("no_show")
            self.part.missed.append(ticket)
            return
        if happens(0.03):
            await self._do("pause", reason="生理")
            await self._do("resume")
            return
        if happens(0.08):
            await self._do("recall")
        await self._do("start")
        if happens(0.7):
            await self._do("accept")
        if happens(0.15):
            await self._do("park")
            await self._do("resume_ticket", ticket=ticket)
        if happens(0.1):
            await self._do("transfer", to=self.part.chance.choice(self.part.plan.services), note="请复核")
            return
        if happens(0.004):
            await self.ask("reprint", ticket=ticket)
        outcome = self.part.chance.choice(list(ENDS))
        answer = await self._do("finish", outcome=outcome, **ENDS[outcome])
        if answer["ok"] and happens(0.9):
            fact = answer["facts"][0]
            await self._pad.rate(fact["ticket"], fact["step"])
        if happens(0.02):
            await self._do("leave")
