"""The doctor tells what is the matter with a machine, in words, and what to do; it changes nothing."""

import os
import re
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from devices.call_speaker.settings import SpeakerSettings
from devices.doctor import bus, computer, printer, program, sound, wiring
from devices.doctor.__main__ import look, run
from devices.doctor.finding import Level
from devices.doctor.machine import Machine
from devices.rating_pad.settings import PadSettings
from devices.ticket_dispenser.settings import PrinterSettings
from devices.window_sign.settings import SignSettings
from hall.messages.common import Level as AlertLevel
from hall.messages.common import MemberKind, MemberState
from hall.messages.presence import Alert, Beat
from hall.text import Text
from hall.tls import BrokerSettings
from hall.troubles import TROUBLES
from hub.broker import Broker
from sim.twin.paper import PaperPrinter
from sim.twin.wire import WireLoop
from sim.twin.wire_paper import PrinterServer

SOMEBODY, GPIO = 1234, 997
CARDS = " 0 [Headphones     ]: bcm2835_headpho - bcm2835 Headphones\n 1 [Device         ]: USB-Audio - USB Audio Device\n"
WHO = {"hall": "demo", "state_dir": "/var/lib/hall"}


@contextmanager
def on_the_network(twin):
    """The paper model behind a real port; yields the port."""
    loop = WireLoop()
    server = PrinterServer(loop, twin)
    thread = threading.Thread(target=loop.run)
    thread.start()
    try:
        yield server.port
    finally:
        loop.call_soon(server.close)
        loop.call_soon(loop.stop)
        thread.join(5)
        loop.close()


@pytest.fixture
def pi(tmp_path):
    """A Raspberry Pi's files, as far as anybody looks at them, seen by somebody who is in no group."""

    def put(name, said=""):
        file = tmp_path / name.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(said)
        return file

    put("/proc/device-tree/model", "Raspberry Pi 4 Model B Rev 1.5\0")
    put("/sys/class/thermal/thermal_zone0/temp", "48312\n")
    put("/sys/devices/platform/soc/soc:firmware/get_throttled", "0\n")
    put("/proc/asound/cards", CARDS)
    for device in ("/dev/gpiochip0", "/dev/spidev0.0"):
        put(device).chmod(0o666)
    machine = Machine(tmp_path, uid=SOMEBODY, gids=[SOMEBODY])
    machine.put = put
    return machine


def codes(findings):
    return {finding.code: finding.level for finding in findings}


def computer_of(pi, *, kept=True, year=2026):
    now = datetime(year, 11, 28, tzinfo=UTC)
    return codes(computer.look(pi, pi.root, clock_ok=lambda: kept, now=lambda: now))


class TestTheComputer:
    def test_a_healthy_one_has_nothing_but_good_news(self, pi):
        assert set(computer_of(pi).values()) == {Level.OK}
        assert set(computer_of(pi)) == {"computer", "clock", "disk", "heat", "power"}

    def test_a_clock_that_forgot_the_time_is_a_fault_and_one_that_nobody_keeps_a_warning(self, pi):
        assert computer_of(pi, year=1970)["clock-lost"] is Level.FAULT
        assert computer_of(pi, kept=False)["clock-not-kept"] is Level.WARNING

    @pytest.mark.parametrize(
        ("millidegrees", "code"), [("74999", "heat"), ("75000", "warm"), ("82000", "hot")]
    )
    def test_heat_has_two_limits(self, pi, millidegrees, code):
        pi.put("/sys/class/thermal/thermal_zone0/temp", millidegrees)
        assert code in computer_of(pi)

    @pytest.mark.parametrize(
        ("bits", "code"), [("0", "power"), ("50000", "power-was-low"), ("50005", "power-low")]
    )
    def test_a_weak_supply_is_told_now_and_afterwards(self, pi, bits, code):
        pi.put("/sys/devices/platform/soc/soc:firmware/get_throttled", bits)
        assert code in computer_of(pi)


class TestTheWires:
    SIGN = SignSettings(member="sign-3", window=3, **WHO)
    PAD = PadSettings(member="pad-3", window=3, **WHO)

    def test_what_is_there_and_may_be_used_is_fine(self, pi):
        assert codes([*wiring.look(pi, self.SIGN), *wiring.look(pi, self.PAD)]) == {
            "panel-bus": Level.OK,
            "pins": Level.OK,
        }

    def test_a_bus_that_was_not_switched_on_names_the_line_to_write(self, pi):
        pi.path("/dev/spidev0.0").unlink()
        (found,) = wiring.look(pi, self.SIGN)
        assert found.code == "panel-bus-missing"
        assert "dtparam=spi=on" in found.do.zh
        assert "dtparam=spi=on" in found.do.en

    def test_pins_of_a_group_one_is_not_in_name_the_group(self, pi):
        chip = pi.path("/dev/gpiochip0")
        chip.chmod(0o660)
        os.chown(chip, -1, GPIO) if os.geteuid() == 0 else None
        (found,) = wiring.look(pi, self.PAD)
        assert found.code == "pins-forbidden"
        assert f"usermod -aG {pi.group_of('/dev/gpiochip0')}" in found.do.en
        member = Machine(pi.root, uid=SOMEBODY, gids=[chip.stat().st_gid])
        assert codes(wiring.look(member, self.PAD)) == {"pins": Level.OK}

    def test_nothing_is_asked_of_a_speaker(self, pi):
        assert list(wiring.look(pi, SpeakerSettings(member="speaker-1", **WHO))) == []


class TestThePrinter:
    def look(self, pi, settings):
        from devices.ticket_dispenser.printer_lines import printer_line

        return list(printer.look(pi, settings, printer_line))

    def test_one_that_is_not_plugged_in_is_missing(self, pi):
        (found,) = self.look(pi, PrinterSettings(kind="lp"))
        assert (found.code, found.level) == ("printer-missing", Level.FAULT)

    def test_one_that_is_known_by_what_it_is_is_missed_by_that_name(self, pi):
        (found,) = self.look(pi, PrinterSettings(kind="lp", usb="0416:5011"))
        assert found.code == "printer-missing"
        assert "0416:5011" in found.text.zh

    @pytest.mark.parametrize(
        ("broken", "code"),
        [(None, "printer"), ("out", "paper-out"), ("cover", "cover-open"), ("jam", "cutter-jammed")],
    )
    def test_a_real_line_to_it_says_how_it_is(self, pi, broken, code):
        twin = PaperPrinter(576)
        with on_the_network(twin) as port:
            match broken:
                case "out":
                    twin.paper_left = 0.0
                case "cover":
                    twin.cover_open = True
                case "jam":
                    twin.jammed = True
                case _:
                    pass
            settings = PrinterSettings(kind="network", host="127.0.0.1", port=port, timeout_s=1.0)
            assert [found.code for found in self.look(pi, settings)] == [code]

    def test_one_that_the_devices_own_program_has_in_hand_is_not_asked_a_second_time(self, pi, tmp_path):
        file = tmp_path / "device.yaml"
        file.write_text(
            "hall: demo\nmember: dispenser-1\nstate_dir: /tmp\nbroker: {host: 127.0.0.1, port: 9}\n"
            "keys: [{pin: 5, service: withdrawal}]\nprinter: {kind: network, host: 127.0.0.1, port: 9, timeout_s: 0.1}\n"
        )
        command = ["/opt/hall/bin/python", "-I", "-m", "devices", "dispenser", str(file)]
        pi.put("/proc/77/cmdline", "\0".join([*command, ""]))
        found = codes(look(pi, file, None, None))
        assert found["printer-in-use"] is Level.OK
        assert "printer-offline" not in found
        pi.put("/proc/77/cmdline", "\0".join(["hall", "update", "follow", "--settings", str(file), ""]))
        assert codes(look(pi, file, None, None))["printer-offline"] is Level.FAULT


class TestTheSound:
    def test_the_card_of_the_settings_must_be_there(self, pi):
        there = SpeakerSettings(member="speaker-1", device="plughw:CARD=Device,DEV=0", **WHO)
        assert codes(sound.look(pi, there)) == {"sound": Level.OK}
        away = SpeakerSettings(member="speaker-1", device="plughw:CARD=Box,DEV=0", **WHO)
        (found,) = sound.look(pi, away)
        assert found.code == "sound-other"
        assert "Headphones, Device" in found.text.en

    def test_without_any_card_it_says_how_to_get_one(self, pi):
        pi.put("/proc/asound/cards", "--- no soundcards ---\n")
        (found,) = sound.look(pi, SpeakerSettings(member="speaker-1", **WHO))
        assert found.code == "sound-missing"


class TestTheProgram:
    def test_settings_that_are_wrong_are_quoted_with_the_place(self, tmp_path):
        file = tmp_path / "pad-1.yaml"
        file.write_text("hall: demo\nmember: pad-1\nstate_dir: /tmp\nwindow: many\n")
        own, (found,) = program.read(file)
        assert own is None
        assert found.code == "settings-wrong"
        assert "window" in found.text.en

    def test_settings_that_are_right_say_whose_they_are(self, tmp_path):
        file = tmp_path / "pad-1.yaml"
        file.write_text("hall: demo\nmember: pad-1\nstate_dir: /tmp\nwindow: 3\n")
        own, (found,) = program.read(file)
        assert isinstance(own, PadSettings)
        assert found.level is Level.OK

    def test_a_speaker_without_its_programs_names_the_packages(self, pi):
        found = {f.do.en for f in program.look(pi, MemberKind.SPEAKER) if f.level is Level.FAULT}
        assert found == {"install it: apt-get install alsa-utils", "install it: apt-get install espeak-ng"}


class TestTheBus:
    BROKER = BrokerSettings(port=1)

    def test_a_broker_that_is_away_is_one_fault_and_no_guess_beyond(self):
        heard = bus.listen(self.BROKER, "demo")
        found = codes(bus.look(self.BROKER, heard, member="pad-3", expected=()))
        assert found == {"broker-away": Level.FAULT}

    def test_a_device_that_is_expected_and_silent_is_a_fault_and_an_alert_keeps_its_words(self):
        alert = Alert(
            level=AlertLevel.WARNING,
            code="paper-low",
            text=Text(zh="打印纸快用完了", en="the paper roll is nearly used up"),
            since=datetime(2026, 11, 28, tzinfo=UTC),
        )
        heard = bus.Heard(
            board=True,
            states={"hub": MemberState.READY, "dispenser-1": MemberState.DEGRADED, "pad-1": MemberState.LOST},
            alerts={("dispenser-1", "paper"): alert},
        )
        found = list(bus.look(self.BROKER, heard, member=None, expected=("dispenser-1", "pad-1", "sign-1")))
        assert [(f.code, f.text.en) for f in found if f.level is not Level.OK] == [
            ("paper-low", "dispenser-1: the paper roll is nearly used up"),
            ("device-away", "pad-1 is not at work"),
            ("device-away", "sign-1 is not at work"),
        ]

    def test_what_to_do_about_an_alert_is_what_its_table_says(self):
        alert = Alert(
            level=AlertLevel.FAULT,
            code="panel-fault",
            text=TROUBLES["panel-fault"].text,
            since=datetime(2026, 11, 28, tzinfo=UTC),
        )
        heard = bus.Heard(states={"sign-1": MemberState.DEGRADED}, alerts={("sign-1", "panel"): alert})
        (found,) = [
            f for f in bus.look(self.BROKER, heard, member="sign-1", expected=()) if "sign-1" in f.text.zh
        ]
        assert (found.code, found.level, found.do) == ("panel-fault", Level.FAULT, TROUBLES["panel-fault"].do)

    def test_a_device_that_says_it_works_and_does_not_beat_stands_still_and_one_that_beats_says_how_it_fares(
        self,
    ):
        beat = Beat(
            epoch=1, outbox=0, uptime_s=9, temperature_c=51.2, rss_mb=30.0, disk_free_mb=900.0, clock_ok=True,
            memory_free_mb=300.0,
        )  # fmt: skip
        states = {"hub": MemberState.READY, "pad-1": MemberState.READY, "pad-2": MemberState.READY}
        heard = bus.Heard(board=True, states=states, beats={"pad-1": beat})
        found = list(bus.look(self.BROKER, heard, member=None, expected=("pad-1", "pad-2")))
        assert ("device-silent", Level.FAULT) in [(f.code, f.level) for f in found]
        assert "51 °C, 300 MB of memory free" in next(f.text.en for f in found if f.code == "device")

    def test_a_hub_that_keeps_no_board_does_not_work(self):
        heard = bus.Heard(states={"hub": MemberState.READY})
        assert codes(bus.look(self.BROKER, heard, member=None, expected=()))["hub-away"] is Level.FAULT

    @pytest.mark.broker
    def test_it_hears_a_real_broker(self, tmp_path):
        broker = Broker(tmp_path / "broker")
        broker.start()
        try:
            where = BrokerSettings(port=broker.port)
            heard = bus.listen(where, "demo")
            assert heard.trouble == ""
            assert codes(bus.look(where, heard, member=None, expected=())) == {
                "broker": Level.OK,
                "hub-away": Level.FAULT,
            }
        finally:
            broker.stop()


class TestWhatItSays:
    def test_nothing_configured_is_no_error(self, capsys):
        assert run(settings=None, hall=None, broker=None, json=True) in {0, 1}
        said = msgspec.json.decode(capsys.readouterr().out)
        seen = {finding["code"] for finding in said["findings"]}
        assert {"not-configured", "bus-not-asked"} <= seen
        # whatever could be looked at is listed, also where nobody needs it
        for check in (
            "clock",
            "disk",
            "heat",
            "power",
            "pins",
            "panel-bus",
            "printer",
            "sound",
            "driver",
            "certificate",
        ):
            assert [code for code in seen if code.startswith(check)], check
        for finding in said["findings"]:
            assert set(finding) == {"code", "level", "text", "do"}
            assert finding["level"] in {"ok", "warning", "fault"}
            for part in ("text", "do"):
                assert re.search("[\u4e00-\u9fff]", finding[part]["zh"])
                assert not re.search("[\u4e00-\u9fff]", finding[part]["en"])
                finding[part]["zh"].replace("℃", "").encode("gb2312")

    def test_a_fault_is_exit_code_1_with_what_to_do_under_it(self, capsys, monkeypatch, tmp_path):
        monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
        assert run(settings=tmp_path / "none.yaml", hall=None, broker=None, json=False) == 1
        lines = capsys.readouterr().out.splitlines()
        at = next(n for n, line in enumerate(lines) if line.startswith("✗"))
        assert "none.yaml" in lines[at]
        assert lines[at + 1].startswith("    → 请")

    def test_every_code_is_explained_on_the_page_and_nothing_else_is(self):
        sources = "".join(file.read_text() for file in Path("devices/doctor").glob("*.py"))
        made = set(re.findall(r"(?:fine|warning|fault)\(\s*\"([a-z-]+)\"", sources))
        made |= {"pins-forbidden", "panel-bus-forbidden"}
        wires = ("pins", "panel-bus", "printer")
        made |= {f"{wire}-{how}" for wire in wires for how in ("unused", "closed")} | {"sound-unused"}
        told = set(re.findall(r"^\| `([a-z-]+)` \|", Path("docs/doctor.md").read_text(), re.MULTILINE))
        assert told == made
