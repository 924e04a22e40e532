"""A golden image for 64-bit ARM, a card that `hall flash` wrote from it, a machine whose clock forgot: a speaker of the hall. ``make guest-arm64``"""

import os
import time
import wave
from array import array
from pathlib import Path

import msgspec
import pytest

from deploy.card.cloud_init import text
from deploy.card.command import flash

from .emulated import Emulated
from .guests_hall import SPEAKER
from .machine import until

pytestmark = [
    pytest.mark.timeout(3600),
    pytest.mark.lengthy("a whole machine is emulated, to its last instruction"),
]
#: an emulated processor that shares two real ones with others
PATIENCE_S = 1800.0


@pytest.fixture(scope="module")
def speaker(hall, tmp_path_factory):
    """Switched on for the first time, and ready."""
    folder = tmp_path_factory.mktemp("arm64")
    image = Path(os.environ["HALL_GUEST_ARM64"])
    (folder / "enrol.json").write_bytes(msgspec.json.encode(hall.invitation(SPEAKER)))
    (folder / "hall.yaml").write_bytes(text(msgspec.to_builtins(hall.plan)))
    medium = folder / "medium"
    with medium.open("wb") as stream:
        stream.truncate(image.stat().st_size)
    written = flash(
        member=SPEAKER, device=medium, image=image, yes=True, invitation=folder / "enrol.json",
        hall=folder / "hall.yaml", wheels=Path(os.environ["HALL_GUEST_ARM64_WHEELS"]),
    )  # fmt: skip
    assert written == 0
    machine = Emulated(folder, medium)
    machine.boot()
    try:
        assert hall.ready(SPEAKER, PATIENCE_S), machine.story()
        machine.took_s = time.monotonic() - machine.switched_on
        print(f"\npower-on to ready, with installing, emulated: {machine.took_s:.0f} s")
        yield machine
    finally:
        machine.off()


def test_it_comes_into_the_hall_by_itself_with_a_clock_that_forgot(hall, speaker):
    assert hall.standing(SPEAKER) == "enrolled"


def test_asked_who_it_is_it_is_heard_through_the_kernels_own_sound(hall, speaker):
    before = speaker.sound.stat().st_size
    hall.locate(SPEAKER)
    until(lambda: speaker.sound.stat().st_size > before + 100_000, within_s=120)
    speaker.off()
    with wave.open(str(speaker.sound)) as heard:
        assert heard.getsampwidth() == 2
        samples = array("h", heard.readframes(heard.getnframes()))
    assert max(map(abs, samples)) > 3000, "louder than a whisper"


def test_the_card_says_what_became_of_it(speaker):
    speaker.off()
    assert "a member of the hall" in speaker.boot_partition().read("hall/status.txt")
