"""What may be written over, and what never: told from the kernel's own tables, laid out here as files."""

import pytest

from deploy.card.media import LARGEST, Medium, describe, judge, look
from hall.errors import Refused

GB = 10**9


class Machine:
    """``/sys`` and ``/proc`` of a machine with one disk of its own and whatever is plugged in."""

    def __init__(self, root):
        self.root = root
        (root / "proc/self").mkdir(parents=True)
        (root / "proc/swaps").write_text("Filename Type Size Used Priority\n/dev/sda3 partition 1 0 -2\n")
        self.mounts = ["22 1 8:1 / / rw - ext4 /dev/sda1 rw"]

    def disk(self, name, number, parts=(), bus="pci0/ata1", **said):
        own = self.root / f"sys/devices/{bus}/block/{name}"
        facts = {
            "size": str(32 * GB // 512),
            "ro": "0",
            "removable": "0",
            "device/model": "Card Reader",
        } | said
        for file, text in facts.items():
            (own / file).parent.mkdir(parents=True, exist_ok=True)
            (own / file).write_text(f"{text}\n")
        link = self.root / "sys/dev/block"
        link.mkdir(parents=True, exist_ok=True)
        (link / number).symlink_to(own)
        major, _, minor = number.partition(":")
        for n in parts:
            part = own / f"{name}{n}"
            part.mkdir()
            for file, text in {
                "partition": str(n),
                "dev": f"{major}:{int(minor) + n}",
                "size": "1000",
                "ro": "0",
            }.items():
                (part / file).write_text(f"{text}\n")
            (link / f"{major}:{int(minor) + n}").symlink_to(part)

    def seen(self, name, number):
        (self.root / "proc/self/mountinfo").write_text("\n".join(self.mounts) + "\n")
        return describe(f"/dev/{name}", number, self.root)


@pytest.fixture
def machine(tmp_path):
    made = Machine(tmp_path)
    made.disk("sda", "8:0", parts=(1, 2, 3))
    return made


def why_not(medium, needed=GB):
    with pytest.raises(Refused) as no:
        judge(medium, needed)
    assert medium.path in no.value.text.en
    assert medium.path in no.value.text.zh
    return no.value.code


class TestACardMayBeWritten:
    @pytest.mark.parametrize(
        "card",
        [
            {"name": "sdb", "number": "8:16", "removable": "1"},
            {"name": "sdb", "number": "8:16", "bus": "pci0/usb1/1-2"},
            {"name": "mmcblk0", "number": "179:0", "bus": "platform/mmc0", "device/type": "SD"},
            {"name": "loop3", "number": "7:3", "bus": "virtual"},
        ],
    )
    def test_in_whatever_reader_it_is(self, machine, card):
        machine.disk(**card, parts=(1, 2))
        medium = machine.seen(card["name"], card["number"])
        judge(medium, GB)
        assert medium.size == 32 * GB // 512 * 512
        assert medium.model == "Card Reader"

    def test_a_file_stands_for_one(self, tmp_path):
        file = tmp_path / "card.img"
        file.write_bytes(b"\0" * 1000)
        judge(look(file), 1000)


class TestNeverWritten:
    def test_the_machines_own_disk(self, machine):
        assert why_not(machine.seen("sda", "8:0")) == "system-disk"

    def test_a_disk_with_the_machines_swap_alone(self, machine):
        machine.mounts = []
        assert why_not(machine.seen("sda", "8:0")) == "system-disk"

    def test_a_part_of_a_card(self, machine):
        machine.disk("sdb", "8:16", parts=(1,), removable="1")
        assert why_not(machine.seen("sdb1", "8:17")) == "partition"

    def test_a_card_that_somebody_looks_at(self, machine):
        machine.disk("sdb", "8:16", parts=(1, 2), removable="1")
        machine.mounts.append("40 22 8:17 / /media/tech/boot\\040fs rw - vfat /dev/sdb1 rw")
        medium = machine.seen("sdb", "8:16")
        assert (why_not(medium), medium.used_at) == ("mounted", ("/media/tech/boot fs",))

    def test_a_disk_that_others_are_made_of(self, machine):
        machine.disk("sdb", "8:16", parts=(1,), removable="1", **{"holders/dm-0/x": ""})
        assert why_not(machine.seen("sdb", "8:16")) == "held"

    def test_a_disk_that_stays_in(self, machine):
        machine.disk("nvme0n1", "259:0", bus="pci0/nvme0")
        assert why_not(machine.seen("nvme0n1", "259:0")) == "not-removable"

    def test_a_memory_that_is_soldered_on(self, machine):
        machine.disk("mmcblk1", "179:8", bus="platform/mmc1", **{"device/type": "MMC"})
        assert why_not(machine.seen("mmcblk1", "179:8")) == "not-removable"

    def test_a_card_whose_switch_is_on_lock(self, machine):
        machine.disk("sdb", "8:16", removable="1", ro="1")
        assert why_not(machine.seen("sdb", "8:16")) == "read-only"

    def test_a_disk_in_a_usb_case(self, machine):
        machine.disk("sdb", "8:16", bus="pci0/usb1/1-2", size=str(LARGEST // 512 + 1))
        assert why_not(machine.seen("sdb", "8:16")) == "too-large"

    def test_a_card_that_is_too_small(self, machine):
        machine.disk("sdb", "8:16", removable="1")
        assert why_not(machine.seen("sdb", "8:16"), 33 * GB) == "too-small"

    def test_a_device_of_which_nothing_is_known(self, machine):
        assert why_not(machine.seen("sdz", "65:144")) == "not-removable"

    def test_what_holds_no_data(self, tmp_path):
        for path in (tmp_path / "away", tmp_path, "/dev/null"):
            with pytest.raises(Refused) as no:
                look(type(tmp_path)(path))
            assert no.value.code == "no-medium"

    def test_no_fact_alone_makes_a_card(self):
        assert why_not(Medium(path="/dev/x", size=32 * GB)) == "not-removable"
