"""The console put together: its routes, its door, and what runs it."""

from __future__ import annotations

import time
from importlib import import_module
from pathlib import Path

from nicegui import app, ui
from starlette.responses import HTMLResponse, RedirectResponse, Response

from hall import logs
from hall.tls import BrokerSettings
from hub.console import outside
from hub.console.book.reading import load
from hub.console.book.shelf import Shelf
from hub.console.cases.room import LOOK_S
from hub.console.cases.settings import USUAL, CaseSettings
from hub.console.cases.settings import read as case_settings
from hub.console.door.office import Office
from hub.console.door.people import People
from hub.console.door.rights import Page
from hub.console.door.store import ConsoleStore
from hub.console.look import tongue
from hub.console.look.frame import OPENING_S, opened
from hub.console.look.html import mistake, page, word
from hub.console.look.words import WORDS
from hub.console.membership.mornings import LOOK_S as LOOK_FOR_MORNING_S
from hub.console.membership.room import LOOK_S as MEMBERS_LOOK_S
from hub.console.membership.room import Membership
from hub.console.mirror.backstage import Backstage
from hub.console.pages import entrance
from hub.console.pages.admin.page import AdminPage
from hub.console.pages.admin.preview import Preview
from hub.console.pages.board.page import BoardPage
from hub.console.pages.cases.routes import routes as case_routes
from hub.console.pages.clerk.page import ClerkPage
from hub.console.pages.fleet.page import FleetPage
from hub.console.pages.guide.page import GuidePage
from hub.console.pages.inspection import InspectionPage
from hub.console.pages.live.page import LivePage
from hub.console.pages.reports.page import ReportPage
from hub.console.rooms import furnish
from hub.console.serving import STATIC, guard, parts, serve, watched
from hub.console.settings import read
from hub.console.slips.printing import LOOK_S as LOOK_FOR_PAPERS_S
from hub.console.slips.printing import Papers

#: How often it is looked who is on duty, seconds.
DUTY_S = 5.0


def routes(
    backstage: Backstage,
    office: Office,
    code_file: Path,
    preview: Preview | None = None,
    book: str = "",
    cases: CaseSettings = USUAL,
    membership: Membership | None = None,
) -> None:
    """Every page of the console but `/`. Raises ``BadSettings``.

    `preview` draws a ticket as a dispenser prints it, where its program is here; `book` is the hall's own situation book,
    `cases` what it has set about cases, `membership` the register of members, where there is one.
    """
    shelf = Shelf(office, load(book or None), backstage.now)
    app.add_static_files("/console", STATIC, max_cache_age=3600)
    entrance.routes(app, office, code_file)
    rooms = furnish(backstage, office, cases, membership)
    if membership is not None:
        app.timer(MEMBERS_LOOK_S, membership.look)
        app.on_shutdown(membership.close)
    app.timer(LOOK_S, rooms.cases.look)
    app.on_shutdown(outside.routes(app, rooms).close)

    @app.get("/forbidden")
    def forbidden() -> Response:
        back = f'<p><a href="/login">{word("start-page")}</a></p>'
        return HTMLResponse(page(WORDS["no-page"], mistake(WORDS["no-page"]), back), status_code=403)

    @app.get("/tongue")
    def change(to: str = "", back: str = "") -> Response:
        """Change the language of the staff's pages, and go back to one of them."""
        known = {page.value for page in Page}
        response = RedirectResponse(back if back in known else "/login", status_code=303)
        response.set_cookie(
            tongue.COOKIE, tongue.read(to).value, max_age=365 * 86400, samesite="strict", httponly=True
        )
        return response

    @ui.page("/board", title="大屏 Hall board", response_timeout=OPENING_S)
    def board() -> None:
        BoardPage(backstage)

    opened(rooms, Page.CLERK, "窗口 Window", lambda actor: ClerkPage(actor, shelf.book))
    opened(rooms, Page.GUIDE, "引导台 Guide desk", GuidePage)
    papers = Papers(rooms)
    app.timer(LOOK_FOR_PAPERS_S, papers.look)
    app.timer(LOOK_FOR_MORNING_S, lambda: rooms.mornings.look(backstage.picture, backstage.now()))
    opened(rooms, Page.LIVE, "实时 Live", lambda actor: LivePage(actor, papers))
    opened(rooms, Page.REPORTS, "报表 Reports", ReportPage)
    opened(rooms, Page.INSPECTION, "督察 Inspection", InspectionPage)
    opened(rooms, Page.ADMIN, "设置 Settings", lambda actor: AdminPage(actor, preview, shelf), renews=False)
    opened(rooms, Page.FLEET, "设备 Devices", FleetPage)
    case_routes(rooms)

    async def duty() -> None:
        backstage.duty = await office.on_duty()

    app.timer(DUTY_S, duty)


def run(settings: Path, preview: str = "") -> int:
    """``hall console run``: serve the console of the settings file until SIGINT or SIGTERM; the exit code.

    `preview` names the function that draws a ticket, as module:function; it is used where its program is installed.
    """
    own, plan = read(settings)
    logs.setup(own.member, own.log)
    cases = case_settings(own.cases, str(settings))
    people = Path(own.people)
    backstage = Backstage(
        plan,
        member=own.member,
        broker=own.broker,
        store=own.store,
        card=people.with_name("console-card.db"),
    )
    office = Office(people)
    membership = membership_of(own.enrolment, own.broker, backstage)
    routes(backstage, office, people.with_name("setup-code"), _found(preview), own.book, cases, membership)

    @app.get("/")
    def start() -> Response:
        return RedirectResponse("/login", status_code=303)

    app.on_startup(backstage.open)
    app.on_shutdown(backstage.close)
    app.on_shutdown(office.close)
    guard(own.host, plan.public_url, own.secure)
    watched(parts(backstage, office))
    serve(own.host, own.port, own.secure)
    return 0


def membership_of(enrolment: str, broker: BrokerSettings, backstage: Backstage) -> Membership | None:
    """The register, where the desk's settings are named and this console has a certificate; None elsewhere."""
    if not enrolment or broker.tls is None:
        return None
    return Membership(Path(enrolment), Path(broker.tls.ca), lambda: backstage.plan)


def _found(preview: str) -> Preview | None:
    module, _, function = preview.partition(":")
    try:
        found: Preview = getattr(import_module(module), function)
    except (ImportError, ValueError):  # no dispenser's program on this machine
        return None
    return found


def nobody_yet(file: Path) -> bool:
    """Whether this console's store knows nobody who may log in."""
    store = ConsoleStore(file)
    try:
        return People(store, now=time.time).empty()
    finally:
        store.close()


def code(settings: Path, *, if_needed: bool = False) -> int:
    """``hall console code``: print the code for the first run, with `if_needed` only before it; the exit code."""
    own, _ = read(settings)
    if if_needed and not nobody_yet(Path(own.people)):
        return 0
    print(entrance.setup_code(Path(own.people).with_name("setup-code")))  # noqa: T201 - the command's answer
    return 0
