"""``hall flash``: from a blank card to one that a device can be switched on with; what must be refused is refused before anything is lost."""

import hashlib
import io
import json
import lzma
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import msgspec
import pytest
from PIL import Image

from deploy.card import command, writing
from deploy.card.image_file import check_sum, chunks, size
from deploy.card.label import label as label_of
from deploy.card.label_printer import put_out
from deploy.card.media import look
from deploy.card.writing import Pace
from deploy.wheel import sha256
from deploy.wheelhouse import verify
from devices.window_sign.settings import SignSettings
from hall.errors import Fault, Refused
from hall.invitation import Invitation
from hall.messages.common import MemberKind
from hall.plan import HallPlan, MemberPlan
from hall.settings import load
from hub.trust.command import expect
from hub.trust.register import Register, Standing
from hub.trust.service import prepare
from hub.trust.settings import read
from sim.twin.paper import PaperPrinter
from tests.deploy.card.cards import CARDS
from tests.deploy.wheels import release
from tests.edges.test_printer_paper import codes, words

MB = 1024 * 1024
SCRIPT = b"#!/bin/sh\nexit 0\n"
SECRET = "correct horse battery"
BEGINS = 2048 * 512


@pytest.fixture(scope="session")
def box(tmp_path_factory):
    """A hall box's desk: settings, authority, nobody expected yet."""
    folder = tmp_path_factory.mktemp("box")
    shutil.copy(Path(__file__).parents[3] / "deploy/hall.example.yaml", folder / "hall.yaml")
    settings = folder / "enrolment.yaml"
    settings.write_text("plan: hall.yaml\ndesks: ['https://192.168.8.2:8443']\n")
    own, hall = read(settings)
    prepare(own, hall.id)
    return settings


@pytest.fixture
def desk(box, tmp_path):
    """The same with a register of its own."""
    own = tmp_path / "enrolment.yaml"
    told = {
        "plan": str(box.parent / "hall.yaml"),
        "authority": str(box.parent / "authority"),
        "desks": ["https://192.168.8.2:8443"],
    }
    own.write_text(json.dumps(told))
    (tmp_path / "register").mkdir()
    return own


@pytest.fixture
def standing(desk):
    def now():
        register = Register(desk.parent / "register/register.db")
        try:
            return {entry.name: entry.standing for entry in register.entries()}
        finally:
            register.close()

    return now


@pytest.fixture(scope="session")
def wheels(tmp_path_factory):
    return release(tmp_path_factory.mktemp("wheels") / "sign", "sign")


def fat(file, card="trixie", megabytes=40):
    """An image laid out as a Raspberry Pi's: a partition table, and a FAT partition with a boot partition's files."""
    sectors = megabytes * MB // 512 - 2048
    entry = bytes(4) + b"\x0c" + bytes(3) + (2048).to_bytes(4, "little") + sectors.to_bytes(4, "little")
    with file.open("wb") as stream:
        stream.write(bytes(446) + entry + bytes(48) + b"\x55\xaa")
        stream.truncate(megabytes * MB)
    drive = f"{file}@@{BEGINS}"
    subprocess.run(["mformat", "-i", drive, "-F", "-T", str(sectors), "::"], check=True)
    for name, content in CARDS[card].items():
        if "/" in name:
            subprocess.run(["mmd", "-i", drive, "::/hall"], check=True)
        subprocess.run(["mcopy", "-i", drive, "-", f"::/{name}"], input=content, check=True)
    return file


def on(card, name):
    done = subprocess.run(
        ["mcopy", "-i", f"{card}@@{BEGINS}", f"::/{name}", "-"], capture_output=True, check=False
    )
    return done.stdout if done.returncode == 0 else None


@pytest.fixture(scope="session")
def image(tmp_path_factory):
    """The image as it is published: packed, with its sum beside it."""
    folder = tmp_path_factory.mktemp("image")
    plain = fat(folder / "os.img")
    packed = folder / "os.img.xz"
    packed.write_bytes(lzma.compress(plain.read_bytes(), preset=0))
    sha = hashlib.sha256(packed.read_bytes()).hexdigest()
    (folder / "os.img.xz.sha256").write_text(f"{sha}  os.img.xz\n")
    return packed


@pytest.fixture
def card(tmp_path):
    """A blank card with something old on it."""
    file = tmp_path / "card"
    with file.open("wb") as stream:
        stream.write(b"\xaa" * MB)
        stream.truncate(44 * MB)
    return file


@pytest.fixture
def flash(desk, wheels):
    def made(**other):
        usual = {"member": "sign-2", "wheels": wheels, "settings": desk, "script": SCRIPT, "yes": True}
        return command.flash(**(usual | other))

    return made


def folder_card(folder, card="trixie"):
    for name, content in CARDS[card].items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


class TestABlankCard:
    def test_it_gets_the_image_the_invitation_the_settings_and_the_programs(
        self, flash, card, image, desk, standing
    ):
        assert flash(device=card, image=image) == 0
        plain = lzma.decompress(image.read_bytes())
        assert card.read_bytes()[:440] == plain[:440]
        invited = msgspec.json.decode(on(card, "hall/enrol.json"), type=Invitation)
        _, plan = read(desk)
        assert (invited.member, invited.kind, invited.hall) == ("sign-2", MemberKind.SIGN, plan.id)
        assert invited.desks == ("https://192.168.8.2:8443",)
        assert standing() == {"sign-2": Standing.EXPECTED}
        assert on(card, "hall/first-boot") == SCRIPT
        assert json.loads(on(card, "hall/options.json")) == {"ssh": False, "read_only": True}
        assert b"ds=nocloud;i=demo-sign-2-" in on(card, "cmdline.txt")
        assert b"hostname: sign-2" in on(card, "user-data")

    def test_it_brings_whose_releases_the_device_may_install(self, flash, card, image, desk, tmp_path):
        flash(device=card, image=image)
        assert on(card, "hall/releases-root.json") is None
        begun = Path(read(desk)[0].releases) / "metadata" / "1.root.json"
        begun.parent.mkdir(parents=True)
        begun.write_bytes(b"the hall's")
        flash(device=card, image=image, replace=True)
        assert on(card, "hall/releases-root.json") == b"the hall's"
        (tmp_path / "other.json").write_bytes(b"another's")
        flash(device=card, image=image, replace=True, releases_root=tmp_path / "other.json")
        assert on(card, "hall/releases-root.json") == b"another's"

    def test_its_settings_start_the_sign_at_its_window(self, flash, card, image, tmp_path):
        flash(device=card, image=image)
        (tmp_path / "device.yaml").write_bytes(on(card, "hall/device.yaml"))
        settings = load(tmp_path / "device.yaml", SignSettings)
        assert (settings.member, settings.window, settings.kind) == ("sign-2", 2, MemberKind.SIGN)
        assert (settings.broker.host, settings.broker.port) == ("192.168.8.2", 8883)
        assert settings.broker.tls.cert == "/var/lib/hallfleet/identity/current/cert.pem"

    def test_its_programs_are_whole_on_the_card_itself(self, flash, card, image, tmp_path, wheels):
        flash(device=card, image=image)
        subprocess.run(
            ["mcopy", "-s", "-i", f"{card}@@{BEGINS}", "::/hall/wheels", str(tmp_path)], check=True
        )
        assert verify(tmp_path / "wheels") == verify(wheels)

    def test_it_tells_how_far_it_is_and_no_secret(self, flash, card, image, tmp_path, capfd):
        (tmp_path / "password").write_text(SECRET + "\n")
        flash(device=card, image=image, wifi="大厅", wifi_password_file=tmp_path / "password")
        said = "".join(capfd.readouterr())
        token = msgspec.json.decode(on(card, "hall/enrol.json"), type=Invitation).token
        assert len(token) > 20
        assert token not in said
        assert SECRET not in said
        for step in ("checking", "writing ", "reading "):
            assert f"{step} 100 %" in said
        assert SECRET.encode() not in card.read_bytes()

    def test_written_again_it_is_another_writing_and_the_former_card_is_worthless(self, flash, card, image):
        flash(device=card, image=image)
        first = (on(card, "meta-data"), on(card, "hall/enrol.json"))
        flash(device=card, image=image)
        assert first[0] != on(card, "meta-data")
        assert first[1] != on(card, "hall/enrol.json")


class TestACardThatImagerWrote:
    @pytest.mark.parametrize("system", ["trixie", "preseed", "golden"])
    def test_its_mounted_boot_partition_is_enough(self, flash, tmp_path, system):
        boot = folder_card(tmp_path / "boot", system)
        flash(boot_dir=boot)
        assert json.loads((boot / "hall/enrol.json").read_bytes())["member"] == "sign-2"
        assert verify(boot / "hall/wheels").version == "0.1.0"
        assert (boot / "config.txt").read_bytes().endswith(b"dtparam=spi=on\n# hallfleet ends\n")

    def test_wheels_for_another_python_are_refused_and_no_token_is_spent(self, flash, tmp_path, standing):
        boot = folder_card(tmp_path / "boot", "bookworm")
        with pytest.raises(Refused, match=r"Python 3\.11, and these wheels are for Python 3\.13"):
            flash(boot_dir=boot)
        assert standing() == {}

    def test_wheels_of_another_kind_are_refused(self, flash, tmp_path, standing):
        pad = release(tmp_path / "pad", "pad")
        with pytest.raises(Refused, match="for pad, not for a sign"):
            flash(boot_dir=folder_card(tmp_path / "boot"), wheels=pad)
        assert standing() == {}

    def test_a_card_that_is_not_known_stays_as_it_is(self, flash, tmp_path, standing):
        boot = folder_card(tmp_path / "boot")
        (boot / "meta-data").unlink()
        before = {file.name: file.read_bytes() for file in boot.iterdir()}
        with pytest.raises(Refused, match="not sure"):
            flash(boot_dir=boot)
        assert {file.name: file.read_bytes() for file in boot.iterdir()} == before
        assert standing() == {}

    def test_a_reader_that_cannot_be_written_to_any_more_is_told_as_the_cards(self, flash, tmp_path):
        boot = folder_card(tmp_path / "boot")
        (boot / "hall").write_bytes(b"in the folder's place")
        with pytest.raises(Fault, match="this card is not ready"):
            flash(boot_dir=boot)

    def test_wheels_of_a_former_writing_do_not_stay(self, flash, tmp_path):
        boot = folder_card(tmp_path / "boot")
        (boot / "hall/wheels").mkdir(parents=True)
        (boot / "hall/wheels/old-1.0-py3-none-any.whl").write_bytes(b"")
        flash(boot_dir=boot)
        assert verify(boot / "hall/wheels")


class TestAwayFromTheHall:
    def test_an_invitation_made_earlier_and_the_halls_settings_are_enough(self, flash, desk, tmp_path, box):
        expect(settings=desk, name="sign-2", card=tmp_path)
        boot = folder_card(tmp_path / "boot")
        flash(settings=None, invitation=tmp_path / "enrol.json", hall=box.parent / "hall.yaml", boot_dir=boot)
        made = json.loads((boot / "hall/enrol.json").read_bytes())
        assert made == json.loads((tmp_path / "enrol.json").read_bytes())

    def test_who_asks_for_the_former_box_to_be_put_out_is_sent_to_the_hall_box(self, flash, tmp_path, box):
        boot = folder_card(tmp_path / "boot")
        invited = {"settings": None, "invitation": tmp_path / "enrol.json", "hall": box.parent / "hall.yaml"}
        with pytest.raises(Refused, match="hall member replace sign-2"):
            flash(boot_dir=boot, replace=True, **invited)

    @pytest.mark.parametrize(
        ("change", "code"),
        [({"member": "sign-3"}, "other-member"), ({"token": ""}, "used-invitation"), ({"desks": ["https://127.0.0.1:1"]}, "desk-on-loopback")],
    )  # fmt: skip
    def test_an_invitation_that_invites_nobody_here_is_refused(
        self, flash, desk, tmp_path, box, change, code
    ):
        expect(settings=desk, name="sign-2", card=tmp_path)
        file = tmp_path / "enrol.json"
        file.write_text(json.dumps(json.loads(file.read_bytes()) | change))
        with pytest.raises(Refused) as no:
            flash(
                settings=None,
                invitation=file,
                hall=box.parent / "hall.yaml",
                boot_dir=folder_card(tmp_path / "boot"),
            )
        assert no.value.code == code


class TestRefusedBeforeAnythingIsLost:
    @pytest.fixture(autouse=True)
    def untouched(self, card, standing):
        before = card.read_bytes()
        yield
        assert card.read_bytes() == before
        assert standing() == {}

    def test_an_image_that_is_not_the_published_one(self, flash, card, image):
        with pytest.raises(Refused, match="not the image that was published"):
            flash(device=card, image=image, sha256="0" * 64)

    def test_an_image_of_which_nobody_says_what_it_should_be(self, flash, card, tmp_path):
        with pytest.raises(Refused, match="nobody says which SHA-256"):
            flash(device=card, image=fat(tmp_path / "bare.img"))

    def test_an_image_that_was_cut_short(self, flash, card, image, tmp_path):
        short = tmp_path / "short.img.xz"
        short.write_bytes(image.read_bytes()[:-40])
        with pytest.raises(Refused, match="broken"):
            flash(device=card, image=short, sha256=hashlib.sha256(short.read_bytes()).hexdigest())

    def test_a_card_that_is_too_small(self, flash, card, tmp_path):
        large = fat(tmp_path / "large.img", megabytes=45)
        with pytest.raises(Refused, match="the image needs"):
            flash(device=card, image=large, sha256=hashlib.sha256(large.read_bytes()).hexdigest())

    def test_a_person_who_did_not_type_the_cards_name(self, flash, card, image, monkeypatch, capsys):
        for typed in ("yes\n", ""):
            monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
            with pytest.raises(Refused, match="nothing was written"):
                flash(device=card, image=image, yes=False)
        assert "EVERYTHING ON IT WILL BE LOST" in capsys.readouterr().out

    def test_wheels_that_are_damaged(self, flash, card, image, tmp_path):
        spoiled = release(tmp_path / "spoiled", "sign")
        next(spoiled.glob("*.whl")).write_bytes(b"nothing")
        with pytest.raises(Refused, match=r"hallfleet-0\.1\.0"):
            flash(device=card, image=image, wheels=spoiled)

    def test_wheels_of_another_kind(self, flash, card, image, tmp_path):
        with pytest.raises(Refused, match="for pad, not for a sign"):
            flash(device=card, image=image, wheels=release(tmp_path / "pad", "pad"))

    def test_a_computer_without_the_tools_for_a_boot_partition(
        self, flash, card, image, tmp_path, monkeypatch
    ):
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(Refused, match="apt-get install mtools"):
            flash(device=card, image=image)

    @pytest.mark.parametrize(
        ("asked", "why"),
        [
            ({"label": Path("label.svg")}, "a .png or a .pdf"),
            ({"printer": "printer:91o0"}, "no printer's place"),
            ({"gateway": "192.168.8.1"}, "give --address too"),
            ({"dns": ("192.168.8.2",)}, "give --address too"),
            ({"wifi_open": True}, "give --wifi too"),
            ({"wifi_password_file": Path("password")}, "give --wifi too"),
        ],
    )
    def test_what_could_not_be_done_or_would_be_passed_over(self, flash, card, image, asked, why):
        with pytest.raises(Refused, match=why):
            flash(device=card, image=image, **asked)

    @pytest.mark.parametrize(
        "wrong", [{"member": "sign-99"}, {"address": "192.168.8.21"}, {"settings": None}, {"image": None}]
    )
    def test_a_device_an_address_or_a_place_that_is_none(self, flash, card, image, wrong):
        with pytest.raises(Refused):
            flash(**({"device": card, "image": image} | wrong))

    def test_a_desk_that_only_this_machine_can_reach(self, flash, card, image, desk):
        desk.write_text(json.dumps(json.loads(desk.read_text()) | {"desks": []}))
        with pytest.raises(Refused, match="devices cannot reach the desk"):
            flash(device=card, image=image)


class TestTheImage:
    def test_its_size_is_known_without_unpacking_it(self, image, tmp_path):
        assert size(image) == 40 * MB
        several = tmp_path / "several.xz"
        several.write_bytes(lzma.compress(b"a" * 1000) + lzma.compress(b"") + lzma.compress(b"b" * 77777))
        assert size(several) == 78777
        assert b"".join(chunks(several)) == b"a" * 1000 + b"b" * 77777

    def test_what_the_unpacker_would_leave_out_without_a_word_is_missed(self, tmp_path):
        padded = tmp_path / "padded.xz"
        padded.write_bytes(lzma.compress(b"a" * 1000) + bytes(8) + lzma.compress(b"b" * 77))
        assert size(padded) == 1077
        with pytest.raises(Refused, match="77 bytes of it could not be unpacked"):
            list(chunks(padded))

    def test_a_sum_in_capitals_is_the_same_sum(self, image):
        sha = hashlib.sha256(image.read_bytes()).hexdigest()
        assert check_sum(image, sha.upper(), lambda *_: None) == sha

    def test_a_card_that_gives_back_something_else_is_found_out(self, image, card):
        medium = look(card)
        sha, length = writing.write(image, medium, lambda *_: None)
        writing.read_back(medium, sha, length, lambda *_: None)
        with card.open("r+b") as stream:
            stream.seek(20 * MB)
            stream.write(b"x")
        with pytest.raises(Fault, match="take another card"):
            writing.read_back(medium, sha, length, lambda *_: None)

    def test_a_boot_partition_that_is_full_says_so(self, flash, tmp_path, standing):
        full = fat(tmp_path / "full.img", megabytes=40)
        room = 38 * MB
        subprocess.run(
            ["mcopy", "-i", f"{full}@@{BEGINS}", "-", "::/filler"],
            input=bytes(room),
            check=False,
            capture_output=True,
        )
        big = release(tmp_path / "big", "sign")
        card = tmp_path / "card2"
        card.write_bytes(bytes(41 * MB))
        with pytest.raises(Fault, match="not ready"):
            flash(
                device=card,
                image=full,
                sha256=hashlib.sha256(full.read_bytes()).hexdigest(),
                wheels=padded(big),
            )

    def test_an_image_that_can_no_longer_be_read_is_not_the_cards_fault(self):
        # the kernel opens this file and answers every read of its beginning with an error
        unreadable = Path("/proc/self/mem")
        with pytest.raises(Refused, match="the image mem is broken"):
            list(chunks(unreadable))

    def test_in_a_log_its_pace_is_ten_lines(self):
        now, said = [0.0], []
        pace = Pace("writing", said.append, lambda: now[0], live=False)
        for second in range(1, 501):
            now[0] = float(second)
            pace(second * 10**6, 500 * 10**6)
        assert [line.split()[1] for line in said] == [str(share) for share in range(10, 101, 10)]

    def test_its_pace_is_told_once_a_second_with_the_time_left(self):
        now, said = [0.0], []
        pace = Pace("writing", said.append, lambda: now[0])
        for second in range(11):
            now[0] = float(second)
            pace(second * 10**7, 10**8)
            pace(second * 10**7, 10**8)
        assert len(said) == 11
        assert said[4].split() == ["writing", "50", "%", "10.0", "MB/s", "0:05", "left"]


def padded(folder):
    """More than fits on what is left."""
    (file,) = folder.glob("*.whl")
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("big", bytes(3 * MB))
    (folder / "requirements.txt").write_text(f"hallfleet==0.1.0 --hash=sha256:{sha256(file)}\n")
    return folder


class TestTheLabel:
    @pytest.mark.parametrize("member", ["sign-2", "dispenser-1", "call-key-6"])
    def test_a_camera_reads_who_it_is_and_whom_it_believes(self, desk, tmp_path, member):
        command.label(member=member, settings=desk, out=tmp_path / "label.png")
        own, plan = read(desk)
        authority = prepare(own, plan.id)
        with Image.open(tmp_path / "label.png") as drawn:
            assert codes(drawn, tmp_path) == [f"HF1:{plan.id}:{member}:{authority.fingerprint[:16]}"]
            assert drawn.size[0] == 576

    def test_a_console_has_no_box_to_label(self, desk):
        _, plan = read(desk)
        console = MemberPlan(kind=MemberKind.CONSOLE)
        with pytest.raises(Refused, match="for the boxes of devices"):
            label_of(msgspec.structs.replace(plan, members={"console-1": console}), "console-1", "")

    def test_as_a_page_it_is_as_wide_as_on_paper(self, desk, tmp_path):
        command.label(member="sign-2", settings=desk, out=tmp_path / "label.pdf")
        page = (tmp_path / "label.pdf").read_bytes()
        assert page.startswith(b"%PDF-")
        # 576 dots at 203 an inch are 72 mm, 204 points
        assert b"/MediaBox [ 0 0 204." in page

    def test_on_a_ticket_printer_it_is_the_same_label(self, box, tmp_path):
        paper = PaperPrinter(576)
        root = (box.parent / "authority/root.pem").read_text()
        made = label_of(load(box.parent / "hall.yaml", HallPlan), "sign-2", root)
        put_out(made, "/dev/usb/lp0", lambda _: paper.port())
        [printed] = paper.slips
        [read_] = codes(printed.image, tmp_path)
        assert read_.startswith("HF1:demo:sign-2:")

    def test_its_words_are_read_by_a_machine_that_knows_nothing_of_us(self, desk, tmp_path):
        command.label(member="dispenser-1", settings=desk, out=tmp_path / "label.png")
        with Image.open(tmp_path / "label.png") as drawn:
            seen = words(drawn.crop((0, 0, 400, drawn.height))).replace(" ", "")
        for word in (
            "示例市住房公积金服务大厅",
            "dispenser-1",
            "Ticketdispenser",
            "确认设备时用控制台扫描此码",
        ):
            assert word in seen
