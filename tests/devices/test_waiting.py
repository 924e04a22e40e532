"""What a device says as long as it is no member: on paper, sign, lamps, digits and aloud, each on the twin's wires."""

import random
import socket
import ssl
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from gpiozero import DigitalOutputDevice

from devices.call_key.settings import CallKeySettings
from devices.call_speaker.settings import SpeakerSettings
from devices.doctor.program import SETTINGS as SETTINGS_OF
from devices.enrolment import command
from devices.enrolment.joining import https, join
from devices.rating_pad.settings import DisplaySettings, PadPins, PadSettings
from devices.waiting.__main__ import ROOMS, face_of, main, settings_kind
from devices.waiting.plight import TABLE, read
from devices.waiting.waiting import Waiting
from devices.window_sign.frames import centred
from devices.window_sign.settings import PanelSettings, SignSettings
from hall.clock import VirtualScheduler
from hall.errors import Fault
from hall.invitation import Invitation
from hall.keys import make_key
from hall.messages.common import DEVICE_KINDS, MemberKind
from hall.text import Text
from hall.words import say
from hall.worker import InlineWorker
from hub.trust.authority import Authority
from hub.trust.register import NO_MEMBER, NO_TOKEN
from sim.twin import segments
from sim.twin.paper import PaperPrinter
from sim.twin.pins import Board, BoardFactory
from sim.twin.spi import Max7219Chain
from sim.twin.spi_bus import ChainSpi
from tests.devices.a_dispenser import LAMP
from tests.devices.a_dispenser import SETTINGS as DISPENSER

NOW = datetime.now(UTC)
WHO = {"hall": "demo", "state_dir": "/nowhere"}
AWAY = Fault("desk-away", Text(zh="暂时联系不到厅内主机", en="the hall box cannot be reached yet"))


class Box:
    """A device that is no member, on its wires."""

    def __init__(self, folder, kind, settings, *, panel=None, speak=None):
        self.time = VirtualScheduler(datetime(2026, 11, 28, 9, tzinfo=ZoneInfo("Asia/Shanghai")))
        self.folder = folder
        self.board, self.paper, self.panel = Board(self.time), PaperPrinter(576), panel
        self.factory = BoardFactory(self.board)
        self.face = face_of(
            kind,
            settings,
            self.time,
            InlineWorker(self.time, lambda: 0.0),
            pin_factory=self.factory,
            spi=None if panel is None else ChainSpi(panel),
            line=self.paper.port,
            speak=speak,
        )
        self.waiting = Waiting(folder / command.STATUS, self.face, self.time)
        self.waiting.open()

    def hears(self, text, code):
        """As the enrolment says it."""
        with pytest.MonkeyPatch.context() as env:
            env.setenv("RUNTIME_DIRECTORY", str(self.folder))
            command.tell(text, code)
        self.time.run_for(0.6)

    def refused(self):
        self.hears(NO_TOKEN.text, NO_TOKEN.code)

    def blinks(self, pin, seconds=20.0):
        """How often the lamp lights between two rests, each time that it was seen whole."""
        groups, lit, dark = [0], bool(self.board.value(pin)), 0.0
        for _ in range(int(seconds / 0.05)):
            self.time.run_for(0.05)
            now = bool(self.board.value(pin))
            dark = 0.0 if now else dark + 0.05
            groups[-1] += now and not lit
            if abs(dark - 1.0) < 0.01:
                groups.append(0)
            lit = now
        return groups[1:-1]

    def reads(self, text):
        picture = centred(text, self.panel.width)
        return self.panel.dots() == [
            [bool(picture.getpixel((x, y))) for x in range(self.panel.width)] for y in range(16)
        ]


@pytest.fixture
def box(tmp_path):
    made = []

    def new(kind, settings, **parts):
        made.append(Box(tmp_path, kind, settings, **parts))
        return made[-1]

    yield new
    for each in made:
        each.waiting.close()
        each.factory.close()


@pytest.fixture
def dispenser(box):
    return box(MemberKind.DISPENSER, DISPENSER, panel=Max7219Chain(64))


@pytest.fixture
def pad(box):
    return box(
        MemberKind.PAD,
        PadSettings(member="pad-3", window=3, display=DisplaySettings(), **WHO),
        panel=Max7219Chain(8, 8, "generic"),
    )


@pytest.mark.parametrize("error", [NO_TOKEN, NO_MEMBER, AWAY], ids=lambda error: error.code)
def test_a_pads_lamps_blink_as_often_as_the_table_says_and_its_digits_say_the_number(pad, error):
    pad.hears(error.text, error.code)
    times = TABLE[error.code].blinks
    found = pad.blinks(12)
    assert found
    assert set(found) == {times}
    assert segments.text(pad.panel.dots()).strip() == segments.as_read(f"Err {times}").strip()


def test_a_sign_says_it_in_four_characters_and_in_english(box):
    settings = SignSettings(member="sign-3", window=3, panel=PanelSettings(width=128), **WHO)
    sign = box(MemberKind.SIGN, settings, panel=Max7219Chain(128))
    sign.refused()
    assert sign.reads("登记被拒")
    sign.time.run_for(3.0)
    assert sign.reads("Refused")
    sign.time.run_for(3.0)
    assert sign.reads("登记被拒")


def test_a_call_key_says_its_number_on_its_digits(box):
    settings = CallKeySettings(member="call-key-6", window=6, **WHO)
    key = box(MemberKind.CALL_KEY, settings, panel=Max7219Chain(8, 8, "generic"))
    key.refused()
    assert segments.text(key.panel.dots()).strip() == segments.as_read("Err 4").strip()


def test_a_dispenser_prints_one_slip_blinks_its_lamp_and_names_it_on_its_display(dispenser):
    dispenser.refused()
    dispenser.time.run_for(120)
    assert dispenser.reads("登记被拒")
    (slip,) = dispenser.paper.slips
    read = "".join(slip.text)
    assert "dispenser-1" in read
    assert f"对不起，{NO_TOKEN.text.zh}"[:16] in read.replace("\n", "")
    assert set(dispenser.blinks(LAMP["alarm"])) == {4}


def test_a_hall_box_that_comes_on_after_its_devices_costs_no_paper(dispenser):
    dispenser.hears(AWAY.text, AWAY.code)
    dispenser.time.run_for(50)
    dispenser.hears(Text(zh="已登记为本厅设备", en="a member of the hall"), command.MEMBER)
    dispenser.time.run_for(120)
    assert dispenser.paper.slips == []
    assert dispenser.panel.lit() == 0
    assert not dispenser.board.value(LAMP["alarm"])


def test_one_that_stays_away_is_told_on_paper_once(dispenser):
    dispenser.hears(AWAY.text, AWAY.code)
    dispenser.time.run_for(600)
    assert len(dispenser.paper.slips) == 1


def test_a_printer_without_paper_prints_it_when_it_has_some(dispenser):
    dispenser.paper.paper_left = 0
    dispenser.refused()
    dispenser.time.run_for(30)
    assert dispenser.paper.slips == []
    dispenser.paper.load_paper()
    dispenser.time.run_for(15)
    assert len(dispenser.paper.slips) == 1


def test_a_lamp_that_does_not_respond_keeps_no_digits_back(pad):
    held = DigitalOutputDevice(PadPins().lamps[0], pin_factory=pad.factory)
    pad.refused()
    times = TABLE[NO_TOKEN.code].blinks
    assert segments.text(pad.panel.dots()).strip() == segments.as_read(f"Err {times}").strip()
    held.close()


def test_a_lamp_that_does_not_respond_keeps_no_paper_back(dispenser):
    held = DigitalOutputDevice(
        LAMP["alarm"], pin_factory=dispenser.factory
    )  # gpiozero gives no pin away twice
    dispenser.hears(AWAY.text, AWAY.code)
    dispenser.time.run_for(90)
    assert len(dispenser.paper.slips) == 1
    assert dispenser.reads(say(TABLE[AWAY.code].word).zh)
    held.close()
    dispenser.time.run_for(12)
    assert set(dispenser.blinks(LAMP["alarm"])) == {1}


def test_a_speaker_says_the_sentence_three_times_and_is_silent_then(box):
    heard = []
    speaker = box(MemberKind.SPEAKER, SpeakerSettings(member="speaker-1", **WHO), speak=heard.append)
    speaker.refused()
    speaker.time.run_for(600)
    assert heard == [f"对不起，{NO_TOKEN.text.zh}"] * 3


def test_a_speaker_without_a_voice_goes_on(box):
    def mute(_):
        raise Fault("voice-missing", Text(zh="没有语音", en="no voice"))

    speaker = box(MemberKind.SPEAKER, SpeakerSettings(member="speaker-1", **WHO), speak=mute)
    speaker.refused()
    speaker.time.run_for(200)


def test_a_member_is_dark_and_its_hands_are_free(pad):
    pad.refused()
    pad.hears(Text(zh="已登记为本厅设备", en="a member of the hall"), command.MEMBER)
    assert pad.blinks(12) == []
    assert pad.panel.lit() == 0
    DigitalOutputDevice(12, pin_factory=pad.factory).close()


def test_what_is_said_next_takes_the_place_of_what_was_said(pad):
    pad.hears(AWAY.text, AWAY.code)
    pad.refused()
    assert set(pad.blinks(12)) == {4}


def test_every_short_word_fits_on_the_narrowest_sign_and_every_number_has_one_meaning():
    by_blinks = {}
    for kind in TABLE.values():
        assert len(say(kind.word).zh) * 16 <= 64
        by_blinks.setdefault(kind.blinks, set()).add(kind.word)
    assert sorted(by_blinks) == [1, 2, 3, 4, 5]
    assert all(len(words) == 1 for words in by_blinks.values())


def test_a_code_from_a_newer_hall_is_told_by_its_sentence():
    found = read("您好\nhello\nnever-heard-of\n")
    assert (found.text.en, found.kind.blinks) == ("hello", 4)


@pytest.mark.parametrize("text", ["", "您好\n", "您好\nhello\n", "您好\nhello\nmember\n"])
def test_half_a_status_and_a_members_are_no_plight(text):
    assert read(text) is None


def test_each_kind_of_device_has_a_face_and_its_own_settings():
    assert set(ROOMS) == set(DEVICE_KINDS)
    assert {kind: settings_kind(kind) for kind in ROOMS} == SETTINGS_OF


def test_a_wrong_word_is_told_how_it_is_called(capsys):
    assert main(["toaster", "a", "b"]) == 2
    assert "usage:" in capsys.readouterr().err


def told(tmp_path, ca, port):
    """What the enrolment says first when it asks the desk that is there."""
    card, said = tmp_path / "enrol.json", []
    invitation = Invitation(
        hall="demo",
        member="pad-3",
        kind=MemberKind.PAD,
        desks=(f"https://127.0.0.1:{port}",),
        ca=ca,
        stamp=NOW,
        token="once",
    )
    card.write_bytes(msgspec.json.encode(invitation))

    class Enough(Exception):
        pass

    def wait(_):
        raise Enough

    with pytest.raises(Enough):
        join(
            card,
            tmp_path / "identity",
            desk=https,
            machine={},
            wait=wait,
            chance=random.Random(1),
            tell=said.append,
        )
    return [each.code for each in said]


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority.found(tmp_path_factory.mktemp("hall") / "authority", "demo", NOW)


def a_desk(authority, folder, issued):
    """A socket that shows a hall box's certificate from that day, once; its port."""
    key = make_key(folder / "key.pem")
    (folder / "cert.pem").write_bytes(authority.issue_server(key, issued).chain)
    shows = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    shows.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    listening = socket.create_server(("127.0.0.1", 0))
    listening.settimeout(20)

    def answer():
        with listening, suppress(OSError):
            peer, _ = listening.accept()
            with peer, shows.wrap_socket(peer, server_side=True) as tls:
                tls.recv(1)

    threading.Thread(target=answer, daemon=True).start()
    return listening.getsockname()[1]


def test_a_desk_that_does_not_answer_is_told_as_away(tmp_path, authority):
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    assert told(tmp_path, (authority.folder / "root.pem").read_text(), port) == ["desk-away"]


def test_another_halls_box_is_told_as_the_wrong_one(tmp_path, authority):
    another = Authority.found(tmp_path / "another", "demo", NOW)
    port = a_desk(authority, tmp_path, NOW)
    assert told(tmp_path, (another.folder / "root.pem").read_text(), port) == ["wrong-box"]


@pytest.mark.parametrize("days", [-4 * 365, 400], ids=["out of date", "not yet"])
def test_a_clock_that_does_not_agree_with_the_boxes_is_told_as_that(tmp_path, authority, days):
    port = a_desk(authority, tmp_path, NOW + timedelta(days=days))
    assert told(tmp_path, (authority.folder / "root.pem").read_text(), port) == ["clock-wrong"]
