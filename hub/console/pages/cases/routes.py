"""Routes of the cases: the page, and the files for the auditor."""

from __future__ import annotations

from fastapi import Request
from nicegui import app, ui
from starlette.responses import RedirectResponse, Response

from hub.console.cases import export
from hub.console.door.rights import CaseRight, Page, may_with_cases
from hub.console.door.visitors import session_of
from hub.console.look.frame import OPENING_S, Actor, Frame, enter
from hub.console.pages.cases.page import CasesPage, everybody
from hub.console.rooms import Rooms


def routes(rooms: Rooms) -> None:
    """``/cases`` and ``/cases/….csv``."""

    @ui.page(Page.CASES.value, title="工单 Cases", response_timeout=OPENING_S)
    async def cases(request: Request, case: str = "", show: str = "open") -> RedirectResponse | None:
        actor = await enter(rooms, request, Page.CASES)
        if not isinstance(actor, Actor):
            return actor
        people = await everybody(actor)
        frame = Frame(actor, Page.CASES)
        frame.run(CasesPage(actor, people, chosen=case or None, show=show))
        return None

    @app.get("/cases/{what}.csv")
    async def file(request: Request, what: str) -> Response:
        """Every case, or every entry of their histories."""
        session = await session_of(rooms.office, request)
        if session is None or session.person.must_change:
            return RedirectResponse("/login", status_code=303)
        if not may_with_cases(session.person.roles, CaseRight.EXPORT):
            return RedirectResponse("/forbidden", status_code=303)
        found, at = list(rooms.cases.seen.cases.values()), rooms.cases.now()
        made = {"cases": lambda: export.cases(found, at), "histories": lambda: export.histories(found)}
        if what not in made:
            return Response(status_code=404)
        await rooms.office.note(session, "cases exported", "ok", what)
        named = {"Content-Disposition": f'attachment; filename="{what}-{at:%Y-%m-%d}.csv"'}
        return Response(made[what](), media_type="text/csv; charset=utf-8", headers=named)
