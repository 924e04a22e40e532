"""The plug pulled at each step, a hall that is away, a card that is wrong, full, or cannot be written."""

import time

import msgspec
import pytest

from .machine import until

STEPS = ("accounts", "folders", "release", "settings", "finish")


def status(pad):
    return pad.run("cat /boot/firmware/hall/status.txt 2>/dev/null", check=False)


def waiting(pad):
    """Whether it says at the pad itself that it is no member."""
    return pad.run("systemctl is-active hall-waiting", check=False).strip()


def pausing(hall, card, invitation, step):
    """The card, whose script waits for its plug to be pulled when it comes to this step for the first time."""
    hall.card(card, invitation)
    text = card.read("hall/first-boot")
    once = f'[ "$1" != "{step}" ] || [ -e "$card/cut" ]'
    held = f'step() {{ say "step: $1"; {once} || {{ : >"$card/cut"; sync; sleep 600; }}; }}'
    changed = text.replace('step() { say "step: $1"; }', held)
    assert changed != text
    card.write("hall/first-boot", changed)


@pytest.mark.long
@pytest.mark.parametrize("step", STEPS)
def test_a_plug_pulled_at_a_step_costs_a_start_and_nothing_else(hall, pad, card, step):
    pausing(hall, card, hall.invitation(pad.name), step)
    pad.boot(card, wait=False)
    until(lambda: pad.run("ls /boot/firmware/hall/cut 2>/dev/null", check=False), within_s=120, every_s=0.3)
    pad.power_cut()
    pad.boot(card, wait=False)
    assert hall.ready(pad.name, 150), pad.story()
    assert hall.standing(pad.name) == "enrolled"
    pad.wait_for_systemd()
    assert pad.run("systemctl list-units --failed --plain --no-legend 'hall-*'") == ""


@pytest.mark.long
@pytest.mark.parametrize("after_s", [1.0, 3.0, 6.0, 9.0])
def test_a_plug_pulled_at_any_moment_of_installing_costs_a_start(hall, pad, card, after_s):
    """Wherever it hits, in the middle of pip, of compiling, of the rename. `after_s` says when; nothing is waited for."""
    hall.card(card, hall.invitation(pad.name))
    pad.boot(card, wait=False)
    until(
        lambda: "step: release" in pad.run("journalctl -b -u hall-card --no-pager", check=False), within_s=120
    )
    time.sleep(after_s)
    pad.power_cut()
    pad.boot(card, wait=False)
    assert hall.ready(pad.name, 150), pad.story()


@pytest.mark.long
def test_a_plug_pulled_while_the_certificate_comes_burns_no_card(hall, pad, card):
    """The desk has burned the token, and the device has not yet the answer: the same key is answered again."""
    hall.card(card, hall.invitation(pad.name))
    hall.desk.close()
    pad.boot(card, wait=False)
    until(
        lambda: pad.run("ls /var/lib/hallfleet/identity/next/key.pem 2>/dev/null", check=False), within_s=120
    )
    hall.desk.open()
    until(lambda: hall.standing(pad.name) == "enrolled", within_s=90, every_s=0.05)
    pad.power_cut()
    pad.boot(card, wait=False)
    assert hall.ready(pad.name, 120), pad.story()


def test_a_hall_box_that_is_away_is_waited_for_and_the_card_says_so(hall, pad, card):
    hall.card(card, hall.invitation(pad.name))
    hall.desk.close()
    try:
        pad.boot(card, wait=False)
        until(lambda: "联系不到厅内主机" in status(pad), within_s=120, every_s=0.5)
        until(lambda: waiting(pad) == "active", within_s=20)
    finally:
        hall.desk.open()
    assert hall.ready(pad.name, 90), pad.story()
    # it has let go of the lamps, and nobody restarts it
    until(lambda: waiting(pad) == "inactive", within_s=20)


@pytest.mark.long
def test_a_cable_that_is_not_in_yet_keeps_nothing_back_but_the_enrolment(hall, pad, card):
    hall.card(card, hall.invitation(pad.name))
    pad.boot(card, plugged=False, wait=False)
    until(lambda: "联系不到厅内主机" in status(pad), within_s=120, every_s=0.5)
    pad.plug(into_network=True)
    assert hall.ready(pad.name, 120), pad.story()


def test_a_token_that_was_used_makes_nobody_a_member_and_the_card_says_what_to_do(hall, new_guest, pad, card):
    invitation = hall.invitation(pad.name)
    hall.use_up(invitation)
    hall.card(card, invitation)
    pad.boot(card, wait=False)
    until(lambda: pad.run("systemctl is-failed hall-enrol", check=False).strip() == "failed", within_s=120)
    until(lambda: "登记" in status(pad) and "正在登记" not in status(pad), within_s=20)
    print("\n" + status(pad))
    assert pad.run("systemctl is-active hall-device", check=False).strip() == "inactive"
    assert pad.run("ls /var/lib/hallfleet/identity/current 2>/dev/null", check=False) == ""
    until(lambda: waiting(pad) == "active", within_s=20)
    # its lamps blink: what cannot be shown is a warning
    pad.run("sleep 3")
    assert "cannot be shown" not in pad.run("journalctl -b -u hall-waiting --no-pager")
    assert pad.run("systemctl show hall-waiting -p NRestarts --value").strip() == "0"


@pytest.mark.long
def test_a_box_of_another_hall_gets_no_token(hall, pad, card):
    """The card believes an authority that is not this hall's: whoever answers is not who it should be."""
    invitation = hall.invitation(pad.name)
    hall.card(card, msgspec.structs.replace(invitation, ca=hall.another_authority()))
    pad.boot(card, wait=False)
    until(lambda: "不是本厅主机" in status(pad), within_s=120, every_s=0.5)
    assert hall.standing(pad.name) == "expected"
    assert invitation.token not in pad.run("journalctl -b --no-pager")


@pytest.mark.long
def test_a_full_card_takes_part_all_the_same(hall, pad, card):
    hall.card(card, hall.invitation(pad.name))
    card.fill()
    pad.boot(card, wait=False)
    assert hall.ready(pad.name, 120), pad.story()


@pytest.mark.long
def test_a_card_that_cannot_be_written_takes_part_all_the_same(hall, pad, card):
    hall.card(card, hall.invitation(pad.name))
    card.read_only = True
    pad.boot(card, wait=False)
    assert hall.ready(pad.name, 120), pad.story()
    assert hall.standing(pad.name) == "enrolled"


@pytest.mark.long
def test_a_card_whose_wheels_are_damaged_says_so_and_installs_nothing(hall, pad, card):
    hall.card(card, hall.invitation(pad.name))
    wheel = next(each.name for each in hall.wheels.iterdir() if each.name.startswith("paho"))
    card.write(f"hall/wheels/{wheel}", b"PK" + bytes(40_000))
    pad.boot(card, wait=False)
    until(lambda: "请重新制卡" in status(pad), within_s=120, every_s=0.5)
    assert pad.run("ls /opt/hallfleet/releases") == ""


@pytest.mark.long
def test_a_day_costs_the_card_little(hall, pad, card):
    """A minute of an idle device in service, told for a day; what its file system writes, journal included."""
    hall.card(card, hall.invitation(pad.name))
    pad.boot(card, wait=False)
    assert hall.ready(pad.name, 120), pad.story()
    pad.wait_for_systemd()
    hall.stage.run_for(20)
    pad.run("sync")
    before = pad.written()
    pad.run(
        "dd if=/dev/urandom of=/var/lib/hallfleet/probe bs=1M count=1 conv=fsync 2>/dev/null; rm /var/lib/hallfleet/probe; sync"
    )
    assert pad.written() - before >= 1_000_000  # the counter counts
    before, seconds = pad.written(), 60.0
    hall.stage.run_for(seconds)
    pad.run("sync")
    day = (pad.written() - before) * 86_400 / seconds / 1e6
    print(f"\nwritten in a day: {day:.1f} MB")
    assert day < 50
