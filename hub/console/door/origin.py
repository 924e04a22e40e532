"""Pages of other sites, open in the same browser, have no business in this hall."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send


class SameOrigin:
    """Pages of other sites, open in the same browser, have no business in this hall."""

    def __init__(self, inner: ASGIApp) -> None:
        """Wraps `inner`."""
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse what another site's page asks for."""
        if scope["type"] in {"http", "websocket"}:
            headers = Headers(scope=scope)
            origin = headers.get("origin")
            if origin is not None and urlsplit(origin).netloc != headers.get("host"):
                refuse = PlainTextResponse("another site", status_code=403)
                if scope["type"] == "http":
                    await refuse(scope, receive, send)
                else:
                    await send({"type": "websocket.close", "code": 1008})
                return
        await self._inner(scope, receive, send)
