"""What stands outside the hall's staff, over a real hub: mosquitto, the hub's own program and store, and the console's routes in this process."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import pytest
import uvicorn
import yaml
from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from playwright.sync_api import sync_playwright

from hall import wire
from hall.messages import asks
from hall.messages.common import Via
from hall.plan import HallPlan
from hall.settings import load
from hub.broker import LOOPBACK, Broker, wait_until
from hub.console.api.keys import Scope
from hub.console.app import STATIC, keep_cases
from hub.console.cases.book import Book
from hub.console.door.office import Office
from hub.console.mirror.backstage import Backstage
from hub.console.outside import routes

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EXAMPLE = Path("deploy/hall.example.yaml")


class Outside:
    """One hall, and whoever stands outside it."""

    def __init__(self, folder):
        self.folder = folder
        self.socket = socket.create_server((LOOPBACK, 0))
        self.url = f"http://{LOOPBACK}:{self.socket.getsockname()[1]}"
        plan = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))
        week = {day: {"open": "09:00", "close": "17:00"} for day in DAYS}
        plan |= {"hours": {"always": True, "week": week}, "public_url": self.url}
        plan["policy"] = plan.get("policy", {}) | {"appointment": {"quotas": {"withdrawal": 50}}}
        (folder / "hall.yaml").write_text(
            yaml.safe_dump(plan, allow_unicode=True, sort_keys=False), encoding="utf-8"
        )
        self.broker = Broker(folder / "broker")
        self.broker.start()
        own = {
            "plan": "hall.yaml",
            "broker": {"host": LOOPBACK, "port": self.broker.port},
            "store": "hub.db",
            "trust_console_names": True,
        }
        (folder / "hub.yaml").write_text(yaml.safe_dump(own), encoding="utf-8")
        self.start_hub()
        self.plan = load(folder / "hall.yaml", HallPlan)
        self.store = str(folder / "hub.db")
        assert wait_until((folder / "hub.db").exists, 20)
        self.backstage = Backstage(
            self.plan,
            member="console-web",
            host=LOOPBACK,
            port=self.broker.port,
            store=self.store,
            card=folder / "card.db",
        )
        self.office = Office(folder / "console.db")
        self.cases = keep_cases(self.backstage, self.office)
        self.app = FastAPI(openapi_url=None)
        self.app.mount("/console", StaticFiles(directory=STATIC))
        self.served = routes(self.app, self.backstage, self.office, self.cases)
        self.doorman = self.served.doorman
        self.backstage.open()
        assert wait_until(self.is_up, 20)
        self.server = uvicorn.Server(uvicorn.Config(self.app, log_config=None))
        self.serving = threading.Thread(target=self.server.run, args=([self.socket],), daemon=True)
        self.serving.start()
        self.web = httpx.Client(base_url=self.url, follow_redirects=False, timeout=20)

    def is_up(self):
        picture = self.backstage.picture
        return picture is not None and picture.hub is True and picture.board.open

    def start_hub(self):
        self.hub = subprocess.Popen([sys.executable, "-m", "hub", "--settings", self.folder / "hub.yaml"])

    def kill_hub(self):
        self.hub.send_signal(signal.SIGKILL)
        self.hub.wait()
        assert wait_until(lambda: self.backstage.picture.hub is False, 10)

    def ask(self, kind, **fields):
        """Ask as the console, and wait until its own picture has it; the fact the ask is named for."""
        said = self.backstage.ask(kind(id=self.backstage.new_id(), **fields)).result(10)
        assert said.ok, said
        facts = [wire.decode_fact(fact) for fact in said.facts]
        last = max(fact.n for fact in facts)
        assert wait_until(lambda: self.backstage.look(lambda r: r.hall.n).result(5) >= last, 5)
        return facts[0]

    def take(self, service="withdrawal", lane="normal", situation=None):
        """A ticket and the address of its page."""
        token = secrets.token_hex(16)
        issued = self.ask(
            asks.TakeTicket, service=service, lane=lane, via=Via.DESK, situation=situation, token=token
        )
        return issued, f"/t/{token}"

    def empty(self):
        """Nobody waits and nobody sits."""
        board = self.backstage.look(lambda r: r.hall.state).result(5)
        for ticket in [t for t in board.tickets.values() if t.life.value in {"waiting", "missed", "called"}]:
            self.ask(asks.Cancel, ticket=ticket.id)
        for window, seat in [(w.number, w.clerk) for w in board.windows.values()]:
            if seat is not None:
                if board.windows[window].ticket is not None:
                    self.ask(asks.Finish, window=window, outcome="done")
                self.ask(asks.Leave, window=window)

    def key(self, *scopes, per_min=6000):
        """A client with a key that opens these."""
        _, secret = self.office.submit(
            lambda _: self.doorman.keys.make("test", [Scope(scope) for scope in scopes], per_min=per_min)
        ).result(5)
        headers = {"Authorization": f"Bearer {secret}"}
        return httpx.Client(base_url=self.url + "/api/v1", headers=headers, timeout=20)

    def kept_in(self, name):
        """Every byte of a store; read by another program, for closing a file here would drop SQLite's locks on it."""
        return subprocess.run(
            ["cat", *self.folder.glob(f"{name}*")], capture_output=True, check=True, timeout=20
        ).stdout

    def case(self, reference):
        """A case, and what its person told of themselves."""
        case = self.cases.seen.cases[reference]
        return case, self.office.submit(lambda store: Book(store).personal(case)).result(5)

    def close(self):
        self.web.close()
        self.server.should_exit = True
        self.serving.join(10)
        self.backstage.close()
        self.served.close()
        self.office.close()
        self.hub.send_signal(signal.SIGTERM)
        self.hub.wait(10)
        self.broker.stop()


@pytest.fixture(scope="package")
def chromium():
    program = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if program is None:
        pytest.fail(
            "there is no chromium on this machine; scripts/setup installs it (apt-get install chromium)"
        )
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def outside(tmp_path_factory):
    outside = Outside(tmp_path_factory.mktemp("outside"))
    yield outside
    outside.close()


@pytest.fixture
def hall(outside):
    """The hall, empty."""
    outside.empty()
    return outside
