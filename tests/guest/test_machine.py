"""The guest is what other tests believe it to be: a Debian that starts whole, on its own cable, with a plug that can be pulled."""

from .machine import until

CLOUD = {
    "meta-data": "instance-id: guest-1\ndsmode: local\n",
    "user-data": "#cloud-config\nhostname: pad-9\nruncmd:\n- [sh, -c, 'cat /boot/firmware/hall/greeting > /root/greeting']\n",
    "network-config": "network: {version: 2, ethernets: {eth0: {dhcp4: true, optional: true}}}\n",
}


def write_cloud_files(card):
    for name, text in CLOUD.items():
        card.write(name, text)


def test_it_starts_whole_from_a_card_and_gets_an_address(guest, card):
    write_cloud_files(card)
    card.write("hall/greeting", "from the card\n")
    guest.boot(card)
    assert guest.run("systemctl --failed --plain --no-legend") == ""
    assert guest.state() == "running"
    assert until(lambda: guest.address).startswith("10.77.0.")
    assert guest.run("hostname").strip() == "pad-9"
    assert guest.run("cat /root/greeting") == "from the card\n"
    guest.run("echo back > /boot/firmware/hall/answer")
    guest.poweroff()
    assert card.read("hall/answer") == "back\n"


def test_a_power_cut_keeps_what_was_written_through_and_nothing_else(guest, card):
    write_cloud_files(card)
    card.write("hall/greeting", "")
    guest.boot(card)
    # Debian's own cloud-init does not survive a cut in its first seconds: what it keeps is not written through
    guest.run("echo kept > /root/kept && sync && echo lost > /root/lost")
    guest.power_cut()
    guest.boot(card)
    assert guest.run("cat /root/kept") == "kept\n"
    assert guest.run("cat /root/lost 2>/dev/null", check=False) == ""
    assert guest.wait_for_systemd() == "running"
