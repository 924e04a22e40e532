"""What every answer of the console says to browsers, and how much it reads.

Rules:

* No page of the console is shown inside another's, guessed to be something else, or named to other sites. A page that says more of this
  itself is left alone.
* No page may use what a phone has beside its screen; the devices' page (:data:`SCANS`) may use the camera, to read a label.
* A form has an end (:data:`FORM_BYTES`); what the pages' own library sends and receives has its own.
"""

from __future__ import annotations

from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: No form outside the pages' own library is longer.
FORM_BYTES: Final = 64 * 1024
_LIBRARY: Final = "/_nicegui"
_HEADERS: Final = {
    "Content-Security-Policy": "frame-ancestors 'none'; base-uri 'self'; object-src 'none'; form-action 'self'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


#: The page that reads labels by camera.
SCANS: Final = "/fleet"
_SCANNING: Final = "camera=(self), microphone=(), geolocation=()"


class Armour:
    """Around everything."""

    def __init__(self, inner: ASGIApp) -> None:
        """Wraps `inner`."""
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read no more than anybody means, and say what browsers should know."""
        if scope["type"] != "http" or scope["path"].startswith(_LIBRARY):
            await self._inner(scope, receive, send)
            return

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if scope["path"] == SCANS:
                    headers.setdefault("Permissions-Policy", _SCANNING)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        said = Headers(scope=scope).get("content-length", "")
        if said.isdecimal() and int(said[:12]) > FORM_BYTES:
            await PlainTextResponse("too long", status_code=413)(scope, receive, marked)
            return
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > FORM_BYTES:
                raise HTTPException(413)
            return message

        await self._inner(scope, counted, marked)
