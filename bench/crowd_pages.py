"""Light visitors of the staff's pages: each logs in, opens a page, and hears what is drawn, as a browser does, without drawing.

A page of NiceGUI is HTML, then messages over one socket.io connection. What these visitors read is the real page's real traffic;
what they leave out is the browser's own work.
"""

from __future__ import annotations

import ast
import asyncio
import json
import re
import uuid
from typing import Any
from urllib.parse import urlencode

import aiohttp
import socketio

from bench.measure import now

_QUERY = re.compile(r"query: (\{.*?\}),\n", re.DOTALL)
_ACK_S = 1.0


def _as_browsers_write(query: dict[str, Any]) -> dict[str, str]:
    return {
        name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in query.items()
    }


class Visitor:
    """One open page."""

    def __init__(self, url: str, path: str) -> None:
        """`url` is the console's, without a slash at its end."""
        self._url, self._path = url, path
        # as in a browser, the socket has a connection to itself: one that served the page before it is closed by the web server when
        # its time for another request is over, a few seconds later, with the socket on it
        self._session = aiohttp.ClientSession(
            cookie_jar=aiohttp.CookieJar(unsafe=True), connector=aiohttp.TCPConnector(force_close=True)
        )
        self._socket = socketio.AsyncClient(reconnection=False, http_session=self._session)
        self._query: dict[str, Any] = {}
        self._acks: asyncio.Task[None] | None = None
        #: (when, text) of everything that was drawn since :meth:`forget`
        self.drawn: list[tuple[float, str]] = []
        self._news = asyncio.Event()

    async def open(self, login: str = "", password: str = "") -> None:
        """Log in (where a login is given), get the page, and connect."""
        if login:
            async with self._session.post(
                self._url + "/login",
                data={"login": login, "password": password},
                headers={"Origin": self._url},
                allow_redirects=False,
            ) as answer:
                if answer.status != 303:
                    raise RuntimeError(f"{login} was not let in: {answer.status}")
        async with self._session.get(self._url + self._path) as answer:
            page = await answer.text()
        found = _QUERY.search(page)
        if found is None:
            raise RuntimeError(f"{self._path} is no page: {page[:200]}")
        self._query = ast.literal_eval(found[1]) | {
            "document_id": str(uuid.uuid4()),
            "tab_id": str(uuid.uuid4()),
            "old_tab_id": None,
        }
        self._socket.on("*", self._hear)
        await self._socket.connect(
            f"{self._url}?{urlencode(_as_browsers_write(self._query))}",
            socketio_path="/_nicegui_ws/socket.io",
            transports=["websocket"],
        )
        if not self._query.get("implicit_handshake"):
            await self._socket.emit("handshake", self._query)
        self._acks = asyncio.create_task(self._acknowledge())

    async def _hear(self, _event: str, *data: Any) -> None:
        self.drawn.append((now(), json.dumps(data, ensure_ascii=False)))
        self._query["next_message_id"] = self._query.get("next_message_id", 0) + 1
        self._news.set()

    async def _acknowledge(self) -> None:
        while True:
            await asyncio.sleep(_ACK_S)
            said = {name: self._query[name] for name in ("client_id", "next_message_id")}
            await self._socket.emit("ack", said)

    def forget(self) -> None:
        """What was drawn so far counts no more."""
        self.drawn.clear()

    async def sees(self, text: str, patience_s: float) -> float | None:
        """When `text` was drawn first since :meth:`forget`; None when it is not within `patience_s`."""
        try:
            async with asyncio.timeout(patience_s):
                while True:
                    for at, said in self.drawn:
                        if text in said:
                            return at
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            return None

    async def close(self) -> None:
        """Close the page."""
        if self._acks is not None:
            self._acks.cancel()
        await self._socket.disconnect()
        await self._session.close()
