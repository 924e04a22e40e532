"""The services of the box: enabled, running, and with the files as they are now.

Rules:

* A service that was started before its files were changed has not read them: that is a difference, and it is started again.
* They are started in the order in which they need each other, and each is waited for: the first that does not come says so by name.
* A port that somebody else holds is named before anything is started.
* In a tree nothing runs; ours are only set to start by themselves.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from deploy.appliance.box.layout import CHRONY, ETC, FIREWALL, MOSQUITTO, OPT, UNITS
from deploy.appliance.box.machine import Machine
from deploy.appliance.box.units import PARTS
from hall.errors import Fault
from hall.text import Text

#: A Pi that starts all of this for the first time takes a minute.
PATIENCE_S = 120.0


@dataclass(frozen=True)
class Service:
    """A unit that runs on the box."""

    unit: str
    #: what it has read when it runs
    reads: tuple[str, ...] = ()
    #: the ports that it answers at
    ports: tuple[int, ...] = ()
    #: whether it is ours alone; Debian's are only stopped
    ours: bool = True


def services(broker: int, desk: int, console: tuple[int, ...]) -> tuple[Service, ...]:
    """In the order in which they start; their ports."""
    hall, trust, release = f"{ETC}/hall.yaml", f"{ETC}/enrolment.yaml", f"{OPT}/current"
    return (
        Service("hall-firewall.service", (FIREWALL, f"{UNITS}/hall-firewall.service")),
        Service("chrony.service", (CHRONY, f"{UNITS}/chrony.service.d/hall.conf"), ours=False),
        Service("hall-bell.socket", (f"{UNITS}/hall-bell.socket",)),
        Service("hall-enrolment.service", (trust, hall, release, f"{UNITS}/hall-enrolment.service"), (desk,)),
        Service(
            "mosquitto.service", (MOSQUITTO, f"{UNITS}/mosquitto.service.d/hall.conf"), (broker,), ours=False
        ),
        Service("hall-broker-watch.service", (release, f"{UNITS}/hall-broker-watch.service")),
        Service("hall-hub.service", (f"{ETC}/hub.yaml", hall, release, f"{UNITS}/hall-hub.service")),
        Service(
            "hall-console.service",
            # the desk's too: the console writes cards, which say where the box is
            (f"{ETC}/console.yaml", trust, hall, release, f"{UNITS}/hall-console.service"),
            console,
        ),
        *(Service(f"hall-backup@{part}.timer", (f"{UNITS}/hall-backup@.timer",)) for part in PARTS),
    )


@dataclass
class Services:
    """All of them, one step."""

    machine: Machine
    units: tuple[Service, ...]
    sleep: Callable[[float], object] = time.sleep

    name = Text(zh="服务", en="services")

    def look(self) -> list[Text]:
        """See :class:`deploy.appliance.box.steps.Step`."""
        if not self.machine.live:
            return [_not_enabled(unit) for unit, link in self._links() if not link.is_symlink()]
        return [text for service in self.units for text in self._different(service)]

    def do(self) -> None:
        """See :class:`deploy.appliance.box.steps.Step`."""
        if not self.machine.live:
            for unit, link in self._links():
                link.parent.mkdir(parents=True, exist_ok=True)
                link.unlink(missing_ok=True)
                link.symlink_to(f"{UNITS}/{_file_of(unit)}")
            return
        self.machine.run("systemctl", "daemon-reload")
        for service in self.units:
            if not self._different(service):
                continue
            if not self._active(service):
                for port in service.ports:
                    need(port, service.unit)
            self.machine.run("systemctl", "enable", "--quiet", service.unit)
            self.machine.says("systemctl", "reset-failed", service.unit)
            self.machine.run("systemctl", "restart", "--no-block", service.unit)
            self._wait(service)

    def undo(self) -> None:
        """See :class:`deploy.appliance.box.steps.Step`."""
        if not self.machine.live:
            for _, link in self._links():
                link.unlink(missing_ok=True)
            return
        for service in reversed(self.units):
            # chrony goes on keeping this machine's own time
            if service.ours or service.unit == "mosquitto.service":
                self.machine.says("systemctl", "disable", "--now", "--quiet", service.unit)

    def _links(self) -> Iterator[tuple[str, Path]]:
        """What starts ours by themselves: unit, and the link that says so."""
        for service in self.units:
            if service.ours:
                target = _TARGETS[service.unit.rpartition(".")[2]]
                yield service.unit, self.machine.at(f"{UNITS}/{target}.target.wants/{service.unit}")

    def _different(self, service: Service) -> list[Text]:
        unit = service.unit
        found = []
        if self.machine.says("systemctl", "is-enabled", unit) != "enabled":
            found.append(_not_enabled(unit))
        if not self._active(service):
            found.append(Text(zh=f"{unit} 没有运行", en=f"{unit} does not run"))
        elif late := self._unread(service):
            found.append(
                Text(zh=f"{unit} 启动之后 {late} 又改动过", en=f"{late} was changed after {unit} was started")
            )
        return found

    def _active(self, service: Service) -> bool:
        return self.machine.says("systemctl", "is-active", service.unit) == "active"

    def _unread(self, service: Service) -> str:
        """The first of its files that is newer than its start."""
        said = self.machine.says(
            "systemctl", "show", "--timestamp=unix", "--value", "-p", "InactiveExitTimestamp", service.unit
        )
        if not said.startswith("@"):
            return ""
        # systemd says whole seconds: what was written in the second of the start was written before it
        started = int(said[1:]) + 1
        for path in service.reads:
            file = self.machine.at(path)
            try:
                if file.lstat().st_mtime > started:
                    return path
            except FileNotFoundError:
                continue
        return ""

    def _wait(self, service: Service) -> None:
        end = time.monotonic() + PATIENCE_S
        while not (self._active(service) and all(map(_answers, service.ports))):
            if (
                time.monotonic() > end
                or self.machine.says("systemctl", "is-failed", service.unit) == "failed"
            ):
                raise Fault(
                    "not-started",
                    Text(
                        zh=f"{service.unit} 未能启动，原因请看 journalctl -u {service.unit}，改好后再运行 hall hub install",
                        en=f"{service.unit} did not start: journalctl -u {service.unit} says why; then run hall hub install again",
                    ),
                )
            self.sleep(0.2)


#: what pulls a unit of this kind in
_TARGETS = {"service": "multi-user", "socket": "sockets", "timer": "timers"}


def _file_of(unit: str) -> str:
    """The file of a unit that may be an instance of a template."""
    name, at, rest = unit.partition("@")
    return f"{name}@.{rest.rpartition('.')[2]}" if at else unit


def _not_enabled(unit: str) -> Text:
    return Text(zh=f"{unit} 没有设为自动启动", en=f"{unit} does not start by itself")


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1.0).close()
    except OSError:
        return False
    return True


def need(port: int, unit: str) -> None:
    """Fault ``port-taken`` when a program that is not ours answers there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("0.0.0.0", port))  # noqa: S104 - only to see whether it is free
        except OSError as error:
            raise Fault(
                "port-taken",
                Text(
                    zh=f"端口 {port} 已被其他程序占用，{unit} 需要它；用 ss -ltnp 查出占用者并停止，再运行 hall hub install",
                    en=f"port {port}, which {unit} needs, is taken by another program: `ss -ltnp` names it; stop it and run "
                    "hall hub install again",
                ),
            ) from error


@dataclass
class OneClock:
    """Only one program sets this machine's clock."""

    machine: Machine

    name = Text(zh="时钟", en="one clock")

    def look(self) -> list[Text]:
        """See :class:`deploy.appliance.box.steps.Step`."""
        if self.machine.live and self.machine.says("systemctl", "is-enabled", _OTHER) == "enabled":
            return [Text(zh=f"{_OTHER} 与 chrony 争用时钟", en=f"{_OTHER} sets the clock beside chrony")]
        return []

    def do(self) -> None:
        """See :class:`deploy.appliance.box.steps.Step`."""
        if self.machine.live:
            self.machine.says("systemctl", "disable", "--now", "--quiet", _OTHER)

    def undo(self) -> None:
        """Chrony stays, and two were one too many."""


_OTHER = "systemd-timesyncd.service"
