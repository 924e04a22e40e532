"""The demo hall behind certificates (``--secure``): its authority, its enrolment desk, and a card for each device.

What a technician does with a card, :class:`Secure` does in a folder: the invitation is written by the same code, and each device's
process first becomes a member as a Pi does when it is switched on (:mod:`sim.joined`).
"""

from __future__ import annotations

import json
import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

import yaml
from cryptography import x509

from hall.invitation import FILE
from hall.keys import key_of
from hall.messages.common import MemberKind
from hall.plan import HallPlan
from hall.tls import BrokerSettings, TlsSettings
from hall.topics import HUB
from hub.broker import Door
from hub.settings import COMMANDS
from hub.trust.authority import Certificate
from hub.trust.command import invitation
from hub.trust.desk import fingerprint
from hub.trust.gate import Gate
from hub.trust.register import Machine, Register, Standing
from hub.trust.service import identity, prepare
from hub.trust.settings import TrustSettings, read
from sim.supervisor import HALL_FILE

#: Consoles that the demo brings along; they live on the hall box, so nobody carries a card to them.
CONSOLES = ("console-web", "console-page", "console-demo", COMMANDS)


class Secure:
    """Everything that makes one running hall a closed one; files in ``trust/`` below its folder."""

    def __init__(self, folder: Path, plan: HallPlan, *, desk_port: int, broker_port: int) -> None:
        """Nothing is written yet."""
        self._hall, self._plan = folder, plan
        self.folder = folder / "trust"
        self._desk_port, self._broker_port = desk_port, broker_port
        self.settings_file = self.folder / "enrolment.yaml"

    @property
    def door(self) -> Door:
        """What the broker reads."""
        door = self.folder / "door"
        return Door(
            ca=door / "ca.pem",
            cert=door / "server.pem",
            key=door / "server.key",
            revoked=door / "revoked.pem",
            access=door / "access",
        )

    def broker(self, member: str) -> BrokerSettings:
        """How a member finds the broker and shows who it is."""
        place = self._place(member)
        files = {name: str(place / name) for name in ("cert.pem", "key.pem")}
        ca = place / "ca.pem" if member in self._at_home else place.parent / "ca.pem"
        tls = TlsSettings(ca=str(ca), cert=files["cert.pem"], key=files["key.pem"])
        return BrokerSettings(port=self._broker_port, tls=tls)

    def prepare(self) -> None:
        """Authority, identities of those on the hall box, and a card for each device that has none yet."""
        self.folder.mkdir(parents=True, exist_ok=True)
        python = [sys.executable, "-m", "sim.secure", str(self._hall)]
        own = {
            "plan": "../settings/hall.yaml",
            "port": self._desk_port,
            "broker_port": self._broker_port,
            "reload": python,
        }
        self.settings_file.write_text(yaml.safe_dump(own), encoding="utf-8")
        settings, plan = read(self.settings_file)
        authority = prepare(settings, plan.id)
        for name in self._at_home:
            identity(settings, plan.id, name, self._place(name))
        register = Register(Path(settings.register))
        try:
            for name in CONSOLES:
                self._register_console(register, name)
            for name, member in self._plan.members.items():
                if not (self._place(name) / "cert.pem").exists():
                    self._make_card(register, settings, plan, name, member.kind)
            Gate(
                authority,
                register,
                Path(settings.door),
                reload=lambda: None,
                host="127.0.0.1",
                port=self._broker_port,
            ).keep(datetime.now(UTC))
        finally:
            register.close()

    def device(self, member: str, kind: MemberKind, settings: Path) -> list[str]:
        """Starts a device: its program, once it is a member."""
        card, folder = self.card(member), self._place(member).parent
        return [sys.executable, "-m", "sim.joined", str(card), str(folder), kind.value, str(settings)]

    def card(self, member: str) -> Path:
        """The invitation's file."""
        return self.folder / "cards" / member / FILE

    @property
    def _at_home(self) -> tuple[str, ...]:
        return (HUB, *CONSOLES)

    def _place(self, member: str) -> Path:
        """Where key and certificate lie."""
        place = self.folder / "identities" / member
        return place if member in self._at_home else place / "current"

    def _make_card(
        self, register: Register, settings: TrustSettings, plan: HallPlan, name: str, kind: MemberKind
    ) -> None:
        now = datetime.now(UTC)
        standing = {entry.name: entry.standing for entry in register.entries()}.get(name)
        if standing in {None, Standing.EXPECTED, Standing.RETIRED}:
            token = register.expect(name, kind, now=now, actor="demo")
        else:
            token = register.replace(name, now=now, actor="demo")
        card = self.card(name)
        card.parent.mkdir(parents=True, exist_ok=True)
        card.write_bytes(invitation(settings, plan, name, kind, token))

    def _register_console(self, register: Register, name: str) -> None:
        """So that the access list names it; its certificate it has already."""
        if any(
            entry.name == name and entry.standing is not Standing.EXPECTED for entry in register.entries()
        ):
            return
        now = datetime.now(UTC)
        token = register.expect(name, MemberKind.CONSOLE, now=now, actor="demo")
        key = fingerprint(key_of(self._place(name) / "key.pem").public_key())
        chain = (self._place(name) / "cert.pem").read_bytes()
        made = _read(chain)
        register.enrol(token, key, Machine(model="demo"), now, lambda _: Certificate(chain, *made))
        register.confirm(name, now=now, actor="demo")


def broker(folder: Path, port: int, member: str) -> BrokerSettings:
    """How a console of the hall in `folder` finds its broker: with certificates where there are some."""
    place = folder / "trust" / "identities" / member
    if not (place / "cert.pem").exists():
        return BrokerSettings(port=port)
    files = {name: str(place / f"{name}.pem") for name in ("ca", "cert", "key")}
    return BrokerSettings(port=port, tls=TlsSettings(**files))


def enrolment(folder: Path) -> str:
    """The desk's settings file of the hall in `folder`; empty where there is none."""
    file = folder / "trust" / "enrolment.yaml"
    return str(file) if file.exists() else ""


def _read(chain: bytes) -> tuple[int, datetime]:
    leaf = x509.load_pem_x509_certificates(chain)[0]
    return leaf.serial_number, leaf.not_valid_after_utc


def main() -> None:
    """``python -m sim.secure FOLDER``: the broker of the hall in FOLDER reads its files again."""
    pid = json.loads((Path(sys.argv[1]) / HALL_FILE).read_text(encoding="utf-8")).get("broker")
    if pid is not None:
        os.kill(int(pid), signal.SIGHUP)


if __name__ == "__main__":
    main()
