"""Who is behind a request: where it came from, and whose session its cookie names."""

from __future__ import annotations

from typing import Final

from fastapi import Request

from hub.console.door.office import Office
from hub.console.door.sessions import Session

COOKIE: Final = "hall-session"


def address(request: Request) -> str:
    """Where a request came from."""
    return request.client.host if request.client is not None else "unknown"


async def session_of(office: Office, request: Request) -> Session | None:
    """Who asks; None when nobody is logged in."""
    return await office.session(request.cookies.get(COOKIE))
