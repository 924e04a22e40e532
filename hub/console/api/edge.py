"""The API's outer edge: bodies have an end, answers are kept by nobody and run nowhere."""

from __future__ import annotations

from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: No body of the API is longer.
MOST_BYTES: Final = 16 * 1024
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Edge:
    """Wraps the API."""

    def __init__(self, inner: ASGIApp) -> None:
        """Around `inner`."""
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count what comes in, mark what goes out."""
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        said = Headers(scope=scope).get("content-length", "")
        too_long = said.isdecimal() and int(said[:12]) > MOST_BYTES
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if too_long or read > MOST_BYTES:
                raise HTTPException(413)
            return message

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        await self._inner(scope, counted, marked)
