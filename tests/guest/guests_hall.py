"""The hall that a guest comes into: hub, desk and broker of real processes on this side of the cable, and a technician who writes cards."""

from __future__ import annotations

import gzip
import os
import socket
import socketserver
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from deploy import wheelhouse
from deploy.card import cloud_init, device
from deploy.card.files import Options, first_boot, hall_files
from deploy.card.formats import Format, Found
from deploy.card.plan import CardPlan
from devices.rating_pad.settings import PadSettings
from hall.invitation import FILE, Invitation
from hall.messages.common import MemberKind, MemberState
from hall.plan import MemberPlan
from hall.settings import load
from hub.trust.authority import Authority
from sim.layout import demo_plan, pad_pins
from sim.stage import RunningStage
from sim.twin.world_plan import MemberPlan as Hands
from sim.twin.world_plan import WorldPlan

from .machine import HOST, Card, until
from .wheels import PLATFORM, PYTHON

BROKER, DESK = 8883, 8443
#: who comes in, one per test: a name can be given away once
PADS = tuple(f"pad-{number}" for number in range(11, 40))
#: the one that comes on another kind of machine
SPEAKER = "speaker-9"
PROGRAM = str(Path(sys.prefix) / "bin" / "hall")


class Forward:
    """A port of the cable's side that leads to one of this machine's loopback, and can be closed for a while."""

    def __init__(self, port: int, to: int) -> None:
        """Open."""
        self._port, self._to = port, to
        self._server: socketserver.ThreadingTCPServer | None = None
        self.open()

    def open(self) -> None:
        """Whoever dials gets through."""
        to = self._to

        class Carry(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                with socket.create_connection(("127.0.0.1", to)) as other:
                    back = threading.Thread(target=_pump, args=(other, self.request), daemon=True)
                    back.start()
                    _pump(self.request, other)
                    back.join()

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True
            block_on_close = False

            def handle_error(self, *_: object) -> None:
                """A guest whose plug is pulled is no error."""

        self._server = Server((HOST, self._port), Carry)
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        ).start()

    def close(self) -> None:
        """Nobody is there."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


def _pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            sink.sendall(data)
    except OSError:
        pass
    finally:
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue


class GuestsHall:
    """The hall, up; a device of it is a guest."""

    def __init__(self, folder: Path) -> None:
        """Starts everybody."""
        plan = demo_plan(always_open=True)
        self._names = iter(PADS)
        guests = {name: MemberPlan(kind=MemberKind.PAD, window=3) for name in PADS}
        guests[SPEAKER] = MemberPlan(kind=MemberKind.SPEAKER)
        plan = msgspec.structs.replace(plan, members={})
        self.folder = folder
        self.stage = RunningStage(
            folder / "hall", plan=plan, guests=guests, console="console-demo", secure=True
        )
        self.stage.start()
        secure = self.stage.hall.secure
        assert secure is not None
        self._desk_settings = secure.settings_file
        self.plan = msgspec.structs.replace(plan, members=plan.members | guests)
        self.broker = Forward(BROKER, self.stage.hall.mqtt_port)
        self.desk = Forward(DESK, load(secure.settings_file, dict)["port"])
        mirror = Path(os.environ["HALL_GUEST_WHEELS"])
        self.wheels = folder / "wheels"
        wheelhouse.build(MemberKind.PAD, self.wheels, python=PYTHON, platform=PLATFORM, mirror=mirror)
        self._twins: list[subprocess.Popen[bytes]] = []

    def close(self) -> None:
        """Everybody stops."""
        for twin in self._twins:
            twin.terminate()
            twin.wait(20)
        self.broker.close()
        self.desk.close()
        self.stage.stop()

    # ------------------------------------------------------------------------------------------------- a technician
    def next_pad(self) -> str:
        """A name that nobody had yet."""
        return next(self._names)

    def invitation(self, name: str, verb: str = "expect") -> Invitation:
        """A fresh one, as `hall member expect` writes it onto a card."""
        folder = self.folder / f"invited-{name}"
        folder.mkdir(exist_ok=True)
        # fmt: off
        subprocess.run(
            [PROGRAM, "member", verb, name, "--card", folder, "--settings", self._desk_settings],
            check=True, capture_output=True, timeout=60,
        )
        # fmt: on
        found = msgspec.json.decode((folder / FILE).read_bytes(), type=Invitation)
        return msgspec.structs.replace(found, desks=(f"https://{HOST}:{DESK}",))

    def card(
        self,
        card: Card,
        invitation: Invitation,
        *,
        options: Options | None = None,
        releases_root: bytes | None = None,
    ) -> None:
        """What `hall flash` writes onto a card that holds Raspberry Pi OS trixie."""
        settings = self._settings(invitation)
        plan = CardPlan(
            hall=invitation.hall,
            member=invitation.member,
            timezone=self.plan.timezone,
            stamp=invitation.stamp,
            once="0badcafe",
        )
        found = Found(
            format=Format.TRIXIE, cmdline=b"console=tty1 root=/dev/mmcblk0p2\n", config=b"", python=PYTHON
        )
        made = cloud_init.files(plan, found)
        made |= hall_files(
            invitation, device.as_yaml(settings), options or Options(), first_boot(), releases_root
        )
        staging = card.image.with_suffix(".staging")
        for name, content in made.items():
            file = staging / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        (staging / "hall" / "wheels").mkdir(exist_ok=True)
        for wheel in self.wheels.iterdir():
            (staging / "hall" / "wheels" / wheel.name).write_bytes(wheel.read_bytes())
        card.copy(staging)

    def use_up(self, invitation: Invitation) -> None:
        """Another box becomes a member with it first."""
        folder = self.folder / f"thief-{invitation.member}"
        folder.mkdir()
        card = folder / FILE
        card.write_bytes(msgspec.json.encode(invitation))
        enrol = [PROGRAM, "identity", "enrol", "--card", card, "--folder", folder / "identity"]
        subprocess.run(enrol, check=True, capture_output=True, timeout=60)

    def another_authority(self) -> str:
        """One that calls itself as this hall's does, and is not."""
        made = Authority.found(self.folder / "another", self.plan.id, datetime.now(UTC))
        return (made.folder / "root.pem").read_text()

    # --------------------------------------------------------------------------------------------------- the twin
    def hands(self, name: str) -> tuple[Path, str]:
        """Keys and lamps for a guest that has no header: the folder with the world's sockets, and the unit's drop-in."""
        folder = self.folder / f"twin-{name}"
        sockets = Path(f"/run/hall-guest/{name}")
        sockets.mkdir(parents=True, exist_ok=True)
        sockets.chmod(0o777)
        keys, lamps = pad_pins(self._settings(self._any_invitation(name)))
        hands = Hands(member=name, kind="pad", keys=keys, lamps=lamps)
        plan = WorldPlan(folder=str(folder), members=(hands,), sockets=str(sockets))
        folder.mkdir()
        file = folder / "world.json"
        file.write_bytes(msgspec.json.encode(plan))
        with (folder / "log").open("wb") as log:
            words = [sys.executable, "-m", "sim.twin.world", "--plan", str(file)]
            self._twins.append(subprocess.Popen(words, stdout=log, stderr=log))
        gpio = plan.socket(name, "gpio")
        until(gpio.exists, within_s=30)
        for each in sockets.iterdir():
            each.chmod(0o777)
        drop_in = "[Service]\n" + "".join(
            f"Environment={key}={value}\n"
            for key, value in plan.environment(name, {}).items()
            if key in {"GPIOZERO_PIN_FACTORY", "HALL_TWIN_GPIO"}
        )
        return sockets, drop_in

    def _settings(self, invitation: Invitation) -> PadSettings:
        """A pad's; a guest has no SPI bus for a small display."""
        found = device.settings_of(invitation, self.plan, broker=(HOST, BROKER))
        assert isinstance(found, PadSettings)
        return msgspec.structs.replace(found, display=None)

    def _any_invitation(self, name: str) -> Invitation:
        return Invitation(
            hall=self.plan.id,
            member=name,
            kind=MemberKind.PAD,
            desks=(f"https://{HOST}:{DESK}",),
            ca="-",
            stamp=datetime.now(UTC),
        )

    # ---------------------------------------------------------------------------------------------------- what is seen
    def standing(self, name: str) -> str:
        """How the register has it."""
        done = subprocess.run(
            [PROGRAM, "member", "list", "--json", "--settings", self._desk_settings],
            check=True,
            capture_output=True,
            timeout=60,
        )
        found = msgspec.json.decode(done.stdout)
        return next((str(each["standing"]) for each in found if each["name"] == name), "")

    def bundle(self, name: str) -> str:
        """Its support bundle, as `hall fleet bundle` fetches it for a technician."""
        done = self._fleet("bundle", name)
        return gzip.decompress(Path(done.strip()).read_bytes()).decode()

    def locate(self, name: str) -> None:
        """It shows and says who it is, asked as a technician asks."""
        self._fleet("locate", name)

    def _fleet(self, *words: str) -> str:
        settings = self.folder / "hall" / "settings" / "hub.yaml"
        line = [PROGRAM, "fleet", *words, "--settings", settings]
        return subprocess.run(line, check=True, capture_output=True, text=True, timeout=60).stdout

    def ready(self, name: str, within_s: float) -> bool:
        """Whether the hub hears from it that it is ready, in that time."""
        return self.stage.run_until(
            lambda: self.stage.console.view.states.get(name) is MemberState.READY, within_s
        )

    def gone(self, name: str, within_s: float) -> bool:
        """Whether the hub hears no more of it, in that time."""
        return self.stage.run_until(
            lambda: self.stage.console.view.states.get(name) is not MemberState.READY, within_s
        )
