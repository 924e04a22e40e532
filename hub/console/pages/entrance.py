"""The door: first run, login, logout, a changed password. Plain forms, no script.

Rules:

* The session's cookie is HttpOnly and SameSite=Strict, and where the page came over TLS Secure and this host's own. Forms carry the
  session's own token.
* The first administrator is made with a code from a file that only the program's own user can read, so that whoever reaches the page
  first owns nothing.
"""

from __future__ import annotations

import hmac
import secrets
from pathlib import Path
from typing import Final

from fastapi import FastAPI, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from hall.errors import Refused
from hall.text import Text
from hub.console.door.office import Office
from hub.console.door.rights import MAY_SEE, Page, Role
from hub.console.door.sessions import LONGEST_S, Session
from hub.console.door.visitors import address, cookie, secure, session_of, token_of
from hub.console.look.html import field, form, mistake, page, word
from hub.console.look.words import WORDS

#: Pages in the order in which somebody is led to the first they may see.
_FIRST: Final = (Page.CLERK, Page.GUIDE, Page.LIVE, Page.CASES, Page.REPORTS, Page.ADMIN, Page.FLEET)


def setup_code(file: Path) -> str:
    """The code for the first run, made once and readable by the program's own user alone."""
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_hex(4), encoding="ascii")
    return file.read_text(encoding="ascii").strip()


def forget_code(file: Path) -> None:
    """The code opens nothing any more."""
    file.unlink(missing_ok=True)


def home(roles: frozenset[Role]) -> str:
    """Where somebody with these roles begins."""
    seen = {page for role in roles for page in MAY_SEE[role]}
    return next((page.value for page in _FIRST if page in seen), "/board")


def routes(app: FastAPI, office: Office, code_file: Path) -> None:
    """The door's pages."""

    @app.get("/login")
    async def login_page(request: Request) -> Response:
        if await office.first_run():
            setup_code(code_file)
            return RedirectResponse("/first", status_code=303)
        session = await session_of(office, request)
        return (
            _login(None) if session is None else RedirectResponse(home(session.person.roles), status_code=303)
        )

    @app.post("/login")
    async def log_in(request: Request) -> Response:
        said = await request.form()
        try:
            token = await office.log_in(
                str(said.get("login", "")), str(said.get("password", "")), address(request)
            )
        except Refused as no:
            return _login(no.text, status=403)
        session = await office.session(token)
        assert session is not None
        where = "/password" if session.person.must_change else home(session.person.roles)
        response = RedirectResponse(where, status_code=303)
        response.set_cookie(
            cookie(request),
            token,
            max_age=int(LONGEST_S),
            httponly=True,
            samesite="strict",
            secure=secure(request),
        )
        return response

    @app.post("/logout")
    async def log_out(request: Request) -> Response:
        session, token = await session_of(office, request), token_of(request)
        said = await request.form()
        if session is None or token is None:
            return RedirectResponse("/login", status_code=303)
        if not _same(str(said.get("csrf", "")), session.csrf):
            return _forbidden()
        await office.log_out(token, session)
        response = RedirectResponse("/login", status_code=303)
        response.delete_cookie(cookie(request), secure=secure(request), httponly=True, samesite="strict")
        return response

    @app.get("/password")
    async def password_page(request: Request) -> Response:
        session = await session_of(office, request)
        return RedirectResponse("/login", status_code=303) if session is None else _password(session, None)

    @app.post("/password")
    async def change_password(request: Request) -> Response:
        session = await session_of(office, request)
        said = await request.form()
        if session is None:
            return RedirectResponse("/login", status_code=303)
        if not _same(str(said.get("csrf", "")), session.csrf):
            return _forbidden()
        try:
            await office.change_password(session, str(said.get("old", "")), str(said.get("new", "")))
        except Refused as no:
            return _password(session, no.text, status=403)
        return RedirectResponse("/login", status_code=303)

    @app.get("/first")
    async def first_page() -> Response:
        return _first(None) if await office.first_run() else RedirectResponse("/login", status_code=303)

    @app.post("/first")
    async def first(request: Request) -> Response:
        said = {key: str(value) for key, value in (await request.form()).items()}
        if not _same(said.get("code", "").strip().lower(), setup_code(code_file)):
            return _first(WORDS["wrong-code"], status=403)
        try:
            await office.make_first(said.get("login", ""), said.get("name", ""), said.get("new", ""))
        except Refused as no:
            return _first(no.text, status=403)
        forget_code(code_file)
        return RedirectResponse("/login", status_code=303)


def _login(no: Text | None, status: int = 200) -> Response:
    fields = (
        field("login", "login", complete="username"),
        field("password", "password", kind="password", complete="current-password"),
    )
    body = f"<h1>{word('log-in')}</h1>", mistake(no), form("/login", "log-in", *fields)
    return HTMLResponse(page(WORDS["log-in"], *body), status_code=status)


def _password(session: Session, no: Text | None, status: int = 200) -> Response:
    fields = (
        field("old", "old-password", kind="password", complete="current-password"),
        field("new", "new-password", kind="password", complete="new-password"),
    )
    hint = f"<p>{word('change-first')}</p>" if session.person.must_change else ""
    hidden = [("csrf", session.csrf)]
    body = (
        f"<h1>{word('change-password')}</h1>",
        hint,
        mistake(no),
        form("/password", "confirm", *fields, hidden=hidden),
    )
    return HTMLResponse(page(WORDS["change-password"], *body), status_code=status)


def _first(no: Text | None, status: int = 200) -> Response:
    fields = (
        field("code", "setup-code"),
        field("login", "login", complete="username"),
        field("name", "name", complete="name"),
        field("new", "new-password", kind="password", complete="new-password"),
    )
    hint = f"<p>{word('setup-code-help')}</p>"
    body = f"<h1>{word('first-run')}</h1>", hint, mistake(no), form("/first", "create", *fields)
    return HTMLResponse(page(WORDS["first-run"], *body), status_code=status)


def _forbidden() -> Response:
    return HTMLResponse(page(WORDS["log-in"], mistake(WORDS["no-page"])), status_code=403)


def _same(said: str, right: str) -> bool:
    return hmac.compare_digest(said.encode(), right.encode())
