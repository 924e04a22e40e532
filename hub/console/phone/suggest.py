"""``/suggest``: anybody tells the hall something, with a number to ring or without; it becomes a case.

Rules:

* The form carries a stamp that this program made a moment ago for nobody in particular: a page of another site, and a program that
  never opened the form, have none. One that is too old is replaced, and what was written stays.
* An address may send a few, and then one every few minutes.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from typing import Final

from fastapi import FastAPI, Request
from starlette.responses import Response

from hall.errors import HallError, Refused
from hall.text import Text
from hub.console.door.bodies import TooMuch, form_of
from hub.console.door.limits import Limits, Rate
from hub.console.door.visitors import address
from hub.console.look.words import WORDS
from hub.console.mirror.backstage import Backstage
from hub.console.phone import draw
from hub.console.phone.after import After
from hub.console.phone.routes import ADDRESS, LOOK_S, PHONE, answer, refuse, written
from hub.console.phone.seen import Posted, posted

SENDING: Final = Rate(burst=10, per_s=1 / 120)
#: How long somebody may write, seconds.
STAMP_S: Final = 2 * 3600


class Stamps:
    """Proofs that a form was opened here not long ago."""

    def __init__(self, now: Callable[[], float]) -> None:
        """`now` counts seconds and never goes back."""
        self._secret, self._now = secrets.token_bytes(32), now

    def new(self) -> str:
        """A fresh one."""
        return self._made(str(int(self._now())))

    def good(self, stamp: str) -> bool:
        """Whether it was made here and is not too old."""
        at, _, _ = stamp.partition(".")
        if not hmac.compare_digest(self._made(at).encode(), stamp.encode()):
            return False
        return self._now() - int(at) <= STAMP_S

    def _made(self, at: str) -> str:
        return f"{at}.{hmac.new(self._secret, at.encode(), hashlib.sha256).hexdigest()}"


def routes(
    app: FastAPI, backstage: Backstage, after: After, *, now: Callable[[], float] = time.monotonic
) -> None:
    """The suggestion page's routes."""
    looking, sending, stamps = Limits(ADDRESS, now=now), Limits(SENDING, now=now), Stamps(now)

    async def wall() -> Posted:
        look = backstage.look(lambda replica: posted(replica.hall, replica.scheduler.now()))
        return await asyncio.wait_for(asyncio.wrap_future(look), LOOK_S)

    async def form(no: Text | None = None, words: str = "", status: int = 200) -> Response:
        return answer(draw.suggest_page(stamps.new(), await wall(), no=no, words=words), status)

    async def take(request: Request) -> Response:
        said = await form_of(request)
        words, phone = written(said.get("words", [""])[0]), said.get("phone", [""])[0].strip()
        if not stamps.good(said.get("stamp", [""])[0]):
            return await form(WORDS["phone.once-more"], words, 403)
        if not words:
            return await form(WORDS["phone.write"], status=422)
        if phone and not PHONE.match(phone):
            return await form(WORDS["phone.bad-number"], words, 422)
        wait_s = sending.knock(address(request)).wait_s
        if wait_s:
            return await form(draw.told("phone.busy", seconds=wait_s), words, 429)
        try:
            reference = await after.idea(words, phone)
        except Refused as no:
            return await form(no.text, words, 422)
        return answer(draw.noted_page(None, await wall(), reference=reference, call=bool(phone)))

    @app.get("/suggest")
    @app.post("/suggest")
    async def suggest(request: Request) -> Response:
        wait_s = looking.knock(address(request)).wait_s
        if wait_s:
            return refuse(draw.told("phone.busy", seconds=wait_s), 429, Retry_After=str(wait_s))
        try:
            return await (form() if request.method == "GET" else take(request))
        except TooMuch:
            return refuse(WORDS["phone.too-much"], 413)
        except (HallError, TimeoutError):
            return refuse(WORDS["phone.fault"], 503)
