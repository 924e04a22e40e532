"""The page put together, its routes, and who may reach it."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from nicegui import app, ui
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, Response

from devices.ticket_dispenser.preview import png
from hall.messages.common import MemberKind
from hub.console import app as console
from hub.console import serving
from hub.console.demo import accounts, start_page
from hub.console.door.office import Office
from hub.console.mirror.backstage import Backstage
from sim.page.below import Bus, Facts
from sim.page.bridge import Bridge
from sim.page.door import Door, Speaker
from sim.page.drawer import Devices, Drawer, draw_dots
from sim.page.fates import Fates
from sim.page.floor import Alerts, Lines
from sim.page.head import Head, Visitors
from sim.page.papers import Papers, code_picture, paper_file, scan
from sim.page.parts import Doing, Part
from sim.page.seen import Seen
from sim.page.tour import Tour
from sim.page.windows import Window
from sim.secure import broker, enrolment

log = logging.getLogger(__name__)

STATIC = Path(__file__).with_name("static")
TICK_S = 0.1
LOOPBACK = "127.0.0.1"


class HallPage:
    """One open page."""

    def __init__(self, bridge: Bridge) -> None:
        """Draw everything; afterwards only what changes."""
        self._bridge = bridge
        self._seen: Seen | None = None
        self._dots: dict[str, tuple[str, ...]] = {}
        doing = Doing(bridge)
        members = bridge.plan.members
        parts: list[Part] = []

        ui.colors(primary="#0d5c63")
        ui.add_head_html(
            '<link rel="stylesheet" href="/static/hall.css"><script src="/static/hall.js"></script>'
        )
        tour = Tour(doing)
        with ui.element("div").classes("top"):
            parts += [Head(doing, tour.start), Alerts(doing)]
        with ui.element("main").classes("hall"):
            with ui.element("div").classes("side"):
                parts += [Door(doing, name) for name, m in members.items() if m.kind is MemberKind.DISPENSER]
                parts += [Speaker(name) for name, m in members.items() if m.kind is MemberKind.SPEAKER]
            with ui.element("div").classes("main"):
                with ui.element("div").classes("windows"):
                    parts += [Window(doing, window.window) for window in bridge.plan.windows]
                parts += [Lines(), Visitors(doing)]
        parts += self._below(doing)
        drawer, papers = Drawer(doing), Papers(doing)
        self._parts: list[Part] = [*parts, drawer, papers, tour]
        ui.on("open-member", lambda event: drawer.open(str(event.args)[:40]))
        ui.on("open-paper", lambda event: papers.open(_number(event.args)))
        ui.timer(TICK_S, self._tick)

    @staticmethod
    def _below(doing: Doing) -> list[Part]:
        parts: list[Part] = []
        with ui.element("section").classes("below"):
            with ui.tabs().props("align=left inline-label no-caps outside-arrows mobile-arrows") as tabs:
                names = (
                    ("facts", "发生的事\nFacts"),
                    ("bus", "总线消息\nBus"),
                    ("faults", "故障\nFaults"),
                    ("devices", "设备\nDevices"),
                )
                for name, label in names:
                    ui.tab(name, label).props(f'data-test="tab-{name}"')
            with ui.tab_panels(tabs, value="facts", animated=False).props("keep-alive"):
                with ui.tab_panel("facts"):
                    parts.append(Facts())
                for name, built in (("bus", Bus), ("faults", Fates), ("devices", Devices)):
                    with ui.tab_panel(name):
                        parts.append(built(doing))
        return parts

    def _tick(self) -> None:
        seen = self._bridge.seen
        for part in self._parts:
            try:
                part.show(seen)
            except Exception:
                log.exception("a part of the page could not be drawn")
        if seen is self._seen:
            return
        self._seen = seen
        for member, look in seen.looks.items():
            if look.panel is not None and self._dots.get(member) != look.panel.rows:
                self._dots[member] = look.panel.rows
                draw_dots(member, look.panel.rows)


def _number(value: Any) -> int:
    text = str(value)[:12]
    return int(text) if text.isascii() and text.isdigit() else 0


def routes(bridge: Bridge) -> None:
    """The page, papers and sounds."""

    @ui.page("/", title=f"{bridge.plan.name.zh} · {bridge.plan.name.en}")
    def index() -> None:
        HallPage(bridge)

    @app.get("/papers/{number:int}.png")
    def paper(number: int) -> Response:
        file = paper_file(bridge.folder, number)
        return _missing() if file is None else FileResponse(file)

    @app.get("/papers/{number:int}/code.png")
    def code(number: int) -> Response:
        file = paper_file(bridge.folder, number)
        found = scan(file) if file is not None else None
        if file is None or found is None or found.box is None:
            return _missing()
        return Response(code_picture(file, found.box), media_type="image/png")

    @app.get("/sounds/{name}")
    def sound(name: str) -> Response:
        file = bridge.folder / "world" / "sounds" / Path(name).name
        return FileResponse(file) if file.suffix == ".wav" and file.is_file() else _missing()


def _missing() -> Response:
    return PlainTextResponse("没有这个 no such thing", status_code=404)


def run(folder: Path, *, mqtt_port: int, port: int, host: str = LOOPBACK) -> None:
    """Serve the page of the hall in `folder` until a signal comes."""
    bridge = Bridge(folder, mqtt_port)
    routes(bridge)
    app.add_static_files("/static", STATIC, max_cache_age=0)
    app.on_startup(bridge.open)
    app.on_shutdown(bridge.close)
    _consoles(bridge, folder, mqtt_port)
    serving.guard(host)
    serving.serve(host, port)


def _consoles(bridge: Bridge, folder: Path, mqtt_port: int) -> None:
    """The staff's pages beside the virtual hall, with one account per role."""
    people = accounts(bridge.plan, folder / "demo-people.json")
    backstage = Backstage(
        bridge.plan,
        member="console-web",
        broker=broker(folder, mqtt_port, "console-web"),
        store=str(folder / "hub.db"),
        card=folder / "cards" / "console-web.db",
    )
    office = Office(folder / "console.db")
    office.make_all(people)
    membership = console.membership_of(enrolment(folder), broker(folder, mqtt_port, "console-web"), backstage)
    console.routes(backstage, office, folder / "setup-code", png, membership=membership)

    @app.get("/start")
    def start() -> Response:
        return HTMLResponse(start_page(bridge.plan, people))

    app.on_startup(backstage.open)
    app.on_shutdown(backstage.close)
    app.on_shutdown(office.close)
