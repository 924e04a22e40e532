"""A whole hall as real processes: mosquitto, hub, world and one process per device, kept alive by a supervisor.

The in-process counterpart is :mod:`sim.simulated`; both have the same verbs for people.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import IO

import msgspec

from hall.clock import Scheduler
from hall.errors import Fault
from hall.plan import HallPlan, MemberPlan
from hall.text import Text
from hall.tls import BrokerSettings
from hub.broker import Broker
from sim.layout import Layout, demo_plan
from sim.ports import Ports
from sim.secure import Secure
from sim.supervisor import Supervisor
from sim.twin.links import LinksPlan

BROKER, HUB, WORLD, LINKS, PAGE, DESK = "broker", "hub", "world", "links", "page", "enrolment"
_LOOPBACK, _EVERYWHERE = "127.0.0.1", "0.0.0.0"  # noqa: S104 - only when the person asked for --lan
#: 107 bytes without the folder made inside and the longest member's socket in it
LONGEST_TEMP = 107 - len("/hall-12345678/") - 32 - len(".control")
_HALL = Path(sys.prefix) / "bin" / "hall"


class RunningHall:
    """The processes of one hall. Made and stopped on the main thread: the kernel ends them when that is gone."""

    def __init__(
        self,
        folder: Path,
        scheduler: Scheduler,
        *,
        mqtt_port: int | None = None,
        plan: HallPlan | None = None,
        links: bool = False,
        store: Path | None = None,
        environments: Mapping[str, Mapping[str, str]] | None = None,
        web_port: int | None = None,
        lan: bool = False,
        guests: Mapping[str, MemberPlan] | None = None,
        cables: Collection[str] = (),
        secure: bool = False,
        reader: bool = False,
    ) -> None:
        """`folder` keeps settings, store, cards, papers and logs; nothing is started yet.

        With `links` hub and devices reach the broker through :mod:`sim.twin.proxy`, whose cables a :class:`sim.twin.links.LinksClient` at
        :attr:`links_control` can break. `store` puts the hub's file elsewhere; `environments` adds variables to a member's process.
        `guests` are registered beside the plan's members and played by somebody else; `cables` are more cables, by name.

        `web_port` is the port of the hall's page (0: any free one; None: no page), open to the network only with `lan`.

        With `reader` dispensers have a code reader, which the world holds too.

        With `secure` the broker asks for certificates, and every device enrols at a desk before its program starts; cables cannot be broken
        then: nobody can look into them.

        Raises Fault ``broker-port-taken`` or ``web-port-taken`` when somebody listens there, ``folder-in-use`` when another hall
        lives in `folder`: two hubs would write one journal.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder.resolve()
        self._ports = Ports()
        self.mqtt_port = self._port(mqtt_port or 0, "broker", "--mqtt-port")
        self.web_port = None if web_port is None else self._port(web_port, "web", "--web-port")
        self._lan = lan
        try:
            self._lock = _alone(self.folder)
        except Fault:
            self._ports.close()
            raise
        if secure and links:
            raise ValueError("a secure hall has no cables that can be broken")
        self._sockets = Path(tempfile.mkdtemp(prefix="hall-", dir=_short()))
        plan = plan or demo_plan(always_open=True)
        if self.url is not None and not plan.public_url:
            plan = msgspec.structs.replace(
                plan, public_url=self.url
            )  # so that the code on a ticket opens its page
        members = (HUB, *plan.members, *cables) if links else ()
        self.links = LinksPlan(
            broker_port=self.mqtt_port,
            ports={member: self._ports.take() for member in members},
            control=str(self._sockets / "links.control"),
        )
        self._environments = environments or {}
        self.secure = (
            Secure(self.folder, plan, desk_port=self._ports.take(), broker_port=self.mqtt_port)
            if secure
            else None
        )
        self.layout = Layout(
            plan,
            self.folder,
            broker_port=self.mqtt_port,
            printer_port=self._ports.take(),
            sockets=self._sockets,
            links=self.links.ports,
            store=store,
            guests=guests,
            broker=None if self.secure is None else self.secure.broker,
            reader=reader,
            enrolment=None if self.secure is None else self.secure.settings_file,
        )
        self.supervisor = Supervisor(self.folder, scheduler)

    def start(self) -> None:
        """Start everybody in order: broker, world, hub, devices."""
        self.layout.write()
        world = self.layout.world()
        door = None
        if self.secure is not None:
            self.secure.prepare()
            door = self.secure.door
        self.supervisor.add(BROKER, Broker(self.folder / "broker", port=self.mqtt_port, door=door).prepare())
        python = [sys.executable, "-m"]
        if self.secure is not None:
            desk = self._program("enrolment", "run", "--settings", str(self.secure.settings_file))
            self.supervisor.add(DESK, desk, aide=True)
        if self.links.ports:
            (self.folder / "links.json").write_bytes(msgspec.json.encode(self.links))
            self.supervisor.add(
                LINKS, [*python, "sim.twin.proxy", "--plan", str(self.folder / "links.json")], aide=True
            )
        self.supervisor.add(WORLD, [*python, "sim.twin.world", "--plan", str(self.folder / "world.json")])
        hub = self._program("hub", "--settings", str(self.layout.settings_file(HUB)))
        self.supervisor.add(HUB, hub, {**os.environ, **self._environments.get(HUB, {})})
        for member, found in self.layout.plan.members.items():
            file = self.layout.settings_file(member)
            environment = {**os.environ, **world.environment(member), **self._environments.get(member, {})}
            command = self._program("device", found.kind.value, "--settings", str(file))
            if self.secure is not None:
                command = self.secure.device(member, found.kind, file)
            self.supervisor.add(member, command, environment)
        if self.web_port is not None:
            host = _EVERYWHERE if self._lan else _LOOPBACK
            where = ["--folder", str(self.folder), "--mqtt-port", str(self.mqtt_port)]
            page = [*python, "sim.page", *where, "--host", host, "--port", str(self.web_port)]
            self.supervisor.add(PAGE, page, aide=True)

    def broker(self, console: str) -> BrokerSettings:
        """How a console of ours reaches the broker."""
        return BrokerSettings(port=self.mqtt_port) if self.secure is None else self.secure.broker(console)

    def stop(self) -> None:
        """Stop everybody; may be called twice."""
        self.supervisor.stop()
        shutil.rmtree(self._sockets, ignore_errors=True)
        self._ports.close()
        self._lock.close()

    def _port(self, wanted: int, whose: str, option: str) -> int:
        try:
            return self._ports.take(wanted)
        except OSError as error:
            self._ports.close()
            if error.errno != errno.EADDRINUSE:
                raise
            raise Fault(
                f"{whose}-port-taken",
                Text(
                    zh=f"端口 {wanted} 已被占用，请另选一个",
                    en=f"port {wanted} is taken by another program: choose another one with {option}",
                ),
            ) from error

    @property
    def url(self) -> str | None:
        """Where the hall's page is, for a browser on this machine (with `lan`: on any, under this machine's name)."""
        if self.web_port is None:
            return None
        return f"http://{socket.gethostname() if self._lan else _LOOPBACK}:{self.web_port}/"

    @property
    def control(self) -> Path:
        """The world's control socket, for :class:`sim.twin.world_client.WorldClient`."""
        return self.layout.world().control

    @property
    def links_control(self) -> Path:
        """The cables' control socket, for :class:`sim.twin.links.LinksClient`; only of a hall with `links`."""
        return Path(self.links.control)

    @staticmethod
    def _program(*arguments: str) -> list[str]:
        return [sys.executable, str(_HALL), *arguments]


def _short() -> str:
    """Where sockets can be: their names have room for 107 bytes only, whatever folders the person chose."""
    chosen = tempfile.gettempdir()
    return chosen if len(os.fsencode(chosen)) <= LONGEST_TEMP else "/tmp"  # noqa: S108 - a folder made there is ours alone


def _alone(folder: Path) -> IO[bytes]:
    """The folder's lock, held until it is closed or this process ends, however that comes about."""
    lock = (folder / "lock").open("ab")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.close()
        raise Fault(
            "folder-in-use",
            Text(
                zh=f"另一个大厅正在使用 {folder}，请另选一个文件夹",
                en=f"another hall is running in {folder}: stop it, or choose another folder with --state",
            ),
        ) from error
    return lock
