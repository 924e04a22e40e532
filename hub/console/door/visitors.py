"""Who is behind a request: where it came from, and whose session its cookie names."""

from __future__ import annotations

from typing import Final

from fastapi import Request

from hub.console.door.office import Office
from hub.console.door.sessions import Session

COOKIE: Final = "hall-session"
#: Over TLS: a browser takes a cookie of such a name from a secure page alone, so nobody can give it one by way of a plain page.
SECURE_COOKIE: Final = "__Host-hall-session"


def secure(request: Request) -> bool:
    """Whether it came over TLS."""
    return request.url.scheme == "https"


def cookie(request: Request) -> str:
    """What the session's cookie is called here."""
    return SECURE_COOKIE if secure(request) else COOKIE


def token_of(request: Request) -> str | None:
    """What the session's cookie holds."""
    return request.cookies.get(cookie(request))


def address(request: Request) -> str:
    """Where a request came from."""
    return request.client.host if request.client is not None else "unknown"


async def session_of(office: Office, request: Request) -> Session | None:
    """Who asks; None when nobody is logged in."""
    return await office.session(token_of(request))
