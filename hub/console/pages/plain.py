"""The door for whoever comes without TLS, where the pages have it; and the page from which a computer gets their certificate.

Rules:

* Without TLS come those who cannot be asked to install anything: visitors' phones, which a code on paper leads here, and boards. Which of
  them may, the settings say. Nobody logs in there, and no key of a program is read.
* Whoever opens another page is sent to the same one over TLS. Whatever was sent along already is thrown away and not passed on.
* The certificate itself is fetched without TLS: there is no other way before it is there. So its fingerprint is compared with what
  stands on the hall box, and the page says so first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from fastapi import FastAPI, Request
from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from hall.text import Text
from hub.console.look.html import mistake, page, word
from hub.console.look.words import WORDS
from hub.console.settings import Plain
from hub.trust.pages import fingerprint

FILE: Final = "/ca/hall.crt"
#: What everybody may open without TLS: the way to the certificate, and what pages are drawn with.
_ALWAYS: Final = ("/ca", "/console", "/favicon.ico")
#: What belongs to each kind of visitor: its pages, and what they fetch.
_OPEN: Final[Mapping[Plain, tuple[str, ...]]] = {
    Plain.PHONES: ("/t", "/book", "/busy", "/suggest"),
    Plain.BOARDS: ("/board", "/_nicegui", "/_nicegui_ws"),
}
#: Programs are not sent on: their key went over the network already, and somebody should hear of it.
_PROGRAMS: Final = ("/api", "/metrics")
_STEPS: Final = ("cert.windows", "cert.chromium", "cert.firefox", "cert.tablet")
_SAFE: Final = frozenset({"GET", "HEAD"})


class PlainDoor:
    """Around everything, where pages have TLS."""

    def __init__(self, inner: ASGIApp, port: int, plain: Iterable[Plain]) -> None:
        """`port` is that of the pages over TLS, `plain` who may come without."""
        self._inner, self._port = inner, port
        self._open = (*_ALWAYS, *(path for each in plain for path in _OPEN[each]))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let in, or send on."""
        secure = scope["type"] == "lifespan" or scope["scheme"] in {"https", "wss"}
        if secure or _below(scope["path"], self._open):
            await self._inner(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await self._answer(scope)(scope, receive, send)

    def _answer(self, scope: Scope) -> Response:
        host = _host(Headers(scope=scope).get("host", ""))
        if not host:
            return PlainTextResponse("no such host", status_code=400)
        there = f"https://{host}:{self._port}"
        if scope["path"] == "/":
            return HTMLResponse(_entrance(there))
        if scope["method"] not in _SAFE or _below(scope["path"], _PROGRAMS):
            return HTMLResponse(_entrance(there, WORDS["cert.not-here"]), status_code=403)
        query = scope["query_string"].decode("latin-1")
        path = scope["raw_path"].decode("latin-1") + (f"?{query}" if query else "")
        # not for ever: the settings may change
        return RedirectResponse(f"{there}{path}", status_code=307, headers={"Cache-Control": "no-store"})


def routes(app: FastAPI, ca: Path, port: int) -> None:
    """The page of the certificate `ca`, and the certificate; pages over TLS are at `port`."""

    @app.get("/ca")
    def certificate(request: Request) -> Response:
        believed = x509.load_pem_x509_certificate(ca.read_bytes())
        host = _host(request.headers.get("host", ""))
        steps = "".join(f"<li>{word(step)}</li>" for step in _STEPS)
        body = (
            f"<h1>{word('cert.title')}</h1><p>{word('cert.why')}</p><p>{word('cert.visitors')}</p>",
            f"<p><strong>{word('cert.compare')}</strong></p>",
            f"<p>{word('cert.print')}<br><code>{fingerprint(believed)}</code></p>",
            f"<p>{word('cert.limits')}</p>",
            f'<p><a href="{FILE}" download>{word("cert.get")}</a></p><ul>{steps}</ul>',
            f'<p><a href="https://{escape(host)}:{port}/">{word("cert.enter")}</a></p>',
        )
        return HTMLResponse(page(WORDS["cert.title"], *body))

    @app.get(FILE)
    def file() -> Response:
        believed = x509.load_pem_x509_certificate(ca.read_bytes())
        return Response(
            believed.public_bytes(serialization.Encoding.DER), media_type="application/x-x509-ca-cert"
        )


def _entrance(there: str, no: Text | None = None) -> str:
    return page(
        WORDS["cert.enter"],
        f"<h1>{word('cert.staff')}</h1>",
        mistake(no),
        f'<p><a href="{escape(there)}/">{word("cert.enter")}</a></p>',
        f'<p><a href="/ca">{word("cert.here")}</a></p>',
        f'<p><a href="/board">{word("page.board")}</a></p>',
    )


def _below(path: str, some: Iterable[str]) -> bool:
    return any(path == each or path.startswith(f"{each}/") for each in some)


def _host(said: str) -> str:
    """The name under which this machine was reached, as it stands in a URL; empty when that is none."""
    try:
        name = urlsplit(f"//{said}").hostname or ""
    except ValueError:
        return ""
    # a name and perhaps a port: nothing else that a URL may have before its path
    if not all(letter.isascii() and (letter.isalnum() or letter in ".-:_[]") for letter in said):
        return ""
    return f"[{name}]" if ":" in name else name
