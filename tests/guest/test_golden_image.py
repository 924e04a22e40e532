"""A golden image, a card that `hall flash` wrote from it, a machine that was never switched on: a device of the hall. ``make image-boot``"""

import os
import shutil
from pathlib import Path

import msgspec
import pytest

from deploy.card.boot import first_fat
from deploy.card.cloud_init import text
from deploy.card.command import flash

from .conftest import with_hands
from .machine import Card, Guest, until

pytestmark = pytest.mark.image


@pytest.fixture(scope="module")
def card_folder(tmp_path_factory):
    """Where the card is made."""
    return tmp_path_factory.mktemp("golden")


@pytest.fixture(scope="module")
def pad(hall, card_folder):
    """A pad with the card that was written for it, switched on and ready."""
    golden, name = Path(os.environ["HALL_GUEST_GOLDEN"]), hall.next_pad()
    (card_folder / "enrol.json").write_bytes(msgspec.json.encode(hall.invitation(name)))
    (card_folder / "hall.yaml").write_bytes(text(msgspec.to_builtins(hall.plan)))
    medium = card_folder / "medium"
    with medium.open("wb") as stream:
        stream.truncate(golden.stat().st_size)
    asked = {
        "invitation": card_folder / "enrol.json",
        "hall": card_folder / "hall.yaml",
        "wheels": hall.wheels,
    }
    assert flash(member=name, device=medium, image=golden, yes=True, **asked) == 0
    card, base = Card(card_folder), card_folder / "root.ext4"
    with medium.open("rb") as stream:
        begins = first_fat(medium)
        stream.seek(446 + 12)
        length = int.from_bytes(stream.read(4), "little") * 512
        stream.seek(begins)
        card.image.write_bytes(stream.read(length))
        with base.open("wb") as root:
            shutil.copyfileobj(stream, root)
    guest = with_hands(hall, Guest(card_folder / name, base, name))
    guest.root_label = "hallroot"
    guest.boot(card, wait=False)
    assert hall.ready(name, 240), guest.story()
    guest.wait_for_systemd()
    yield guest
    guest.close()


def test_it_comes_into_the_hall_by_itself(hall, pad):
    assert hall.standing(pad.name) == "enrolled"
    assert pad.run("systemctl --failed --plain --no-legend") == ""


def test_it_is_called_as_the_card_says_and_lives_in_the_halls_zone(hall, pad):
    assert pad.run("cat /etc/hostname").strip() == pad.name
    assert pad.run("readlink /etc/localtime").strip().endswith(hall.plan.timezone)


def test_the_card_says_what_became_of_it(pad):
    until(lambda: "a member of the hall" in pad.run("cat /boot/firmware/hall/status.txt"), within_s=30)


def test_its_root_is_mounted_as_its_fstab_says(pad):
    assert "noatime" in pad.run("findmnt -n -o OPTIONS /").strip().split(",")


def test_nothing_listens_on_it(pad):
    assert pad.run("ss -Hltun 'sport != :68 and sport != :546'").strip() == ""
