"""What stands outside the hall's staff, over a real hub: mosquitto, the hub's own program and store, and the console's routes in this process."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
import uvicorn
import yaml
from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from hall import wire
from hall.messages import asks
from hall.messages.common import Via
from hall.plan import HallPlan
from hall.settings import load
from hall.tls import BrokerSettings
from hub.broker import LOOPBACK, Broker, wait_until
from hub.console.api.keys import Scope
from hub.console.cases.book import Book
from hub.console.door.office import Office
from hub.console.door.people import Person
from hub.console.door.rights import Role
from hub.console.mirror.backstage import Backstage
from hub.console.outside import routes
from hub.console.rooms import furnish
from hub.console.serving import STATIC

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EXAMPLE = Path("deploy/hall.example.yaml")


class Outside:
    """One hall, and whoever stands outside it."""

    def __init__(self, folder, change=lambda plan: plan):
        self.folder, self.closing = folder, ExitStack()
        with self.closing:
            self._open(folder, change)
            self.closing = self.closing.pop_all()

    def _open(self, folder, change):
        self.socket = self.closing.enter_context(socket.create_server((LOOPBACK, 0)))
        self.url = f"http://{LOOPBACK}:{self.socket.getsockname()[1]}"
        plan = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))
        week = {day: {"open": "09:00", "close": "17:00"} for day in DAYS}
        plan |= {"hours": {"always": True, "week": week}, "public_url": self.url}
        plan["policy"] = plan.get("policy", {}) | {"appointment": {"quotas": {"withdrawal": 50}}}
        (folder / "hall.yaml").write_text(json.dumps(change(plan), ensure_ascii=False), encoding="utf-8")
        self.broker = Broker(folder / "broker")
        self.broker.start()
        self.closing.callback(self.broker.stop)
        own = {
            "plan": "hall.yaml",
            "broker": {"host": LOOPBACK, "port": self.broker.port},
            "store": "hub.db",
            "trust_console_names": True,
        }
        (folder / "hub.yaml").write_text(yaml.safe_dump(own), encoding="utf-8")
        self.start_hub()
        self.closing.callback(self.stop_hub)
        self.plan = load(folder / "hall.yaml", HallPlan)
        self.store = str(folder / "hub.db")
        assert wait_until((folder / "hub.db").exists, 20)
        self.backstage = Backstage(
            self.plan,
            member="console-web",
            broker=BrokerSettings(port=self.broker.port),
            store=self.store,
            card=folder / "card.db",
        )
        self.office = Office(folder / "console.db")
        self.closing.callback(self.office.close)
        self.closing.callback(self.backstage.close)
        self.rooms = furnish(self.backstage, self.office)
        self.cases = self.rooms.cases
        self.app = FastAPI(openapi_url=None)
        self.app.mount("/console", StaticFiles(directory=STATIC))
        self.served = routes(self.app, self.rooms)
        self.closing.callback(self.served.close)
        self.doorman = self.served.doorman
        self.backstage.open()
        assert wait_until(self.is_up, 20)
        self.server = uvicorn.Server(uvicorn.Config(self.app, log_config=None))
        self.serving = threading.Thread(target=self.server.run, args=([self.socket],), daemon=True)
        self.serving.start()
        self.closing.callback(self.stop_serving)
        self.web = self.closing.enter_context(httpx.Client(base_url=self.url, timeout=20))

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
        assert wait_until(lambda: self.backstage.look(lambda r: r.hall.n).result(5) >= last, 30)
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

    def stop_serving(self):
        self.server.should_exit = True
        self.serving.join(10)

    def stop_hub(self):
        self.hub.send_signal(signal.SIGTERM)
        self.hub.wait(10)

    def close(self):
        self.closing.close()


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


#: what somebody with bad intentions would like to be called
NASTY = "<img src=x onerror=document.title='owned'>"


def nasty(plan):
    """The same hall, with names that a page must not believe."""
    text = {"zh": f"甲{NASTY}", "en": f"A{NASTY}"}
    plan |= {"name": text, "foot": text, "hotline": NASTY, "supervision": NASTY}
    service = plan["services"]["withdrawal"]
    service |= {"name": text, "common": [NASTY], "owner": NASTY}
    service["situations"] = {"rent": {"name": text, "need": [NASTY]}}
    plan["lanes"]["priority"] = {"public": text, "groups": [text]}
    for window in plan["windows"]:
        window["zone"] = NASTY
    return plan


class Console:
    """The console's own program, as a hall runs it, with a person for each role."""

    def __init__(self, outside):
        self.hall, folder = outside, outside.folder
        with socket.create_server((LOOPBACK, 0)) as free:
            port = free.getsockname()[1]
        self.url = f"http://{LOOPBACK}:{port}"
        self.passwords = {role: secrets.token_urlsafe(12) for role in Role}
        numbers = {Role.CLERK: "018", Role.REVIEWER: "023"}
        office = Office(folder / "staff.db")
        office.make_all(
            (
                Person(login=role.value, name=NASTY, work_number=numbers.get(role), roles=frozenset({role})),
                password,
            )
            for role, password in self.passwords.items()
        )
        #: the password of somebody who is there to be locked out
        self.locked = secrets.token_urlsafe(12)
        guide = Person(login="locked", name=NASTY, work_number=None, roles=frozenset({Role.GUIDE}))
        office.make_all([(guide, self.locked)])
        office.close()
        own = {
            "plan": "hall.yaml",
            "broker": {"host": LOOPBACK, "port": outside.broker.port},
            "store": "hub.db",
            "people": "staff.db",
            "member": "console-staff",
            "port": port,
        }
        (folder / "staff.yaml").write_text(yaml.safe_dump(own), encoding="utf-8")
        hall = Path(sys.prefix) / "bin" / "hall"
        # the pages' library behaves differently when it sees that it is tested
        plain = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        self.process = subprocess.Popen(
            [hall, "console", "run", "--settings", folder / "staff.yaml"], env=plain
        )
        if not wait_until(self.answers, 60):
            self.close()
            raise RuntimeError("the console does not answer")

    def answers(self):
        try:
            return httpx.get(self.url + "/login", timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    def visitor(self):
        """Somebody at a browser."""
        return httpx.Client(base_url=self.url, timeout=30)

    def log_in(self, role, visitor=None):
        """Somebody who is logged in."""
        visitor = visitor or self.visitor()
        said = {"login": role.value, "password": self.passwords[role]}
        assert visitor.post("/login", data=said).status_code == 303
        return visitor

    def close(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)


@pytest.fixture(scope="package")
def console(tmp_path_factory):
    outside = Outside(tmp_path_factory.mktemp("nasty"), nasty)
    with outside.closing:
        console = Console(outside)
        yield console
        console.close()
