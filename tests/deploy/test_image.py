"""A golden image: laid out as a Raspberry Pi's card, the same to the last byte when it is made again, and with a list of its parts."""

import hashlib
import json
import os
import re
import subprocess
import time

import pytest

from deploy.card.boot import first_fat
from deploy.card.formats import Format, detect
from deploy.image import disk
from deploy.image.build import build, must_start
from deploy.image.recipe import INITRAMFS, PACKAGES, Recipe
from deploy.image.sbom import sbom
from hall.errors import Fault, Refused
from tests.deploy.wheels import release

EPOCH = 1_764_288_000
STATUS = """\
Package: python3
Status: install ok installed
Architecture: amd64
Source: python3-defaults
Version: 3.11.2-1+b1
Description: interactive high-level object-oriented language

Package: libssl3
Status: install ok installed
Architecture: amd64
Source: openssl (3.0.17-1)
Version: 1:3.0.17-1~deb12u2

Package: left-behind
Status: deinstall ok config-files
Architecture: all
Version: 1
"""


@pytest.fixture
def recipe():
    return Recipe(architecture="amd64", epoch=EPOCH)


class TestWhatIsInIt:
    def test_it_is_known_as_the_golden_image_with_its_python_and_its_packages(self, recipe):
        found = detect(recipe.boot_files())
        assert (found.format, found.python) == (Format.GOLDEN, "3.11")
        assert found.debs == recipe.packages
        assert "python3-spidev" in found.debs

    def test_every_package_has_its_reason(self):
        assert all(reason.strip() for reason in PACKAGES.values())

    @pytest.mark.parametrize("wrong", [{"suite": "bullseye"}, {"architecture": "armhf"}])
    def test_what_was_never_thought_of_is_not_made(self, wrong):
        with pytest.raises(Refused, match=r"bookworm and trixie, for arm64 and amd64"):
            Recipe(epoch=EPOCH, **wrong)

    def test_its_own_unit_runs_what_the_card_brings_once(self, recipe):
        unit = recipe.files()["etc/systemd/system/hall-first-boot.service"]
        assert "ConditionPathExists=/boot/firmware/hall/enrol.json" in unit
        assert "ExecStart=/bin/sh /boot/firmware/hall/first-boot" in unit
        assert any("hall-first-boot.service" in hook and "ln -sfn" in hook for hook in recipe.hooks())

    def test_nothing_in_it_fetches_and_nobody_can_log_in(self, recipe):
        assert not {"openssh-server", "sudo", "avahi-daemon", "cloud-init"} & {*recipe.packages}
        assert any("apt-daily.timer" in hook and "/dev/null" in hook for hook in recipe.hooks())
        # Debian locks an account until somebody gives it a password, and nothing here does
        made = "\n".join((*recipe.hooks(), *map(str, recipe.files().values())))
        assert re.findall(r"chpasswd|\bpasswd |--password|useradd.* -p |autologin", made) == []

    def test_a_pis_first_root_is_made_once_with_it_and_anew_whenever_something_in_it_changes(self, tmp_path):
        pi = Recipe(epoch=EPOCH)
        setting = tmp_path / INITRAMFS
        setting.parent.mkdir(parents=True)
        setting.write_text(pi.files()[INITRAMFS])
        assert "update_initramfs=no" in setting.read_text()
        hook = next(hook for hook in pi.hooks() if INITRAMFS in hook)
        subprocess.run(["sh", "-ec", hook, "hook", tmp_path], check=True)
        assert "update_initramfs=yes" in setting.read_text()

    @pytest.mark.parametrize("lacking", ["cmdline.txt", "config.txt", "vmlinuz", "initrd"])
    def test_a_card_that_no_pi_would_start_from_is_not_made(self, tmp_path, lacking):
        pi = Recipe(epoch=EPOCH)
        for name in ("cmdline.txt", "config.txt", "vmlinuz-6.1", "initrd.img-6.1"):
            (tmp_path / name).touch()
        must_start(pi, tmp_path)
        for file in tmp_path.glob(f"{lacking}*"):
            file.unlink()
        with pytest.raises(Fault, match=f"lacks {lacking}"):
            must_start(pi, tmp_path)

    def test_who_is_not_root_is_told_so(self, recipe, tmp_path, monkeypatch):
        monkeypatch.setattr(os, "geteuid", lambda: 1000)
        with pytest.raises(Refused, match="as root"):
            build(recipe, tmp_path / "image")


class TestItsParts:
    def test_every_installed_package_and_every_wheel_is_listed_where_others_find_it(self, recipe, tmp_path):
        made = json.loads(sbom(recipe, STATUS, release(tmp_path / "wheels", "sign")))
        assert made["spdxVersion"] == "SPDX-2.3"
        found = {each["name"]: each for each in made["packages"]}
        assert set(found) == {"python3", "libssl3", "hallfleet"}
        places = {name: each["externalRefs"][0]["referenceLocator"] for name, each in found.items()}
        assert places["libssl3"] == "pkg:deb/debian/libssl3@1%3A3.0.17-1~deb12u2?arch=amd64&distro=bookworm"
        assert places["hallfleet"] == "pkg:pypi/hallfleet@0.1.0"
        assert found["libssl3"]["sourceInfo"].endswith("openssl")
        (wheel,) = (tmp_path / "wheels").glob("*.whl")
        assert (
            found["hallfleet"]["checksums"][0]["checksumValue"]
            == hashlib.sha256(wheel.read_bytes()).hexdigest()
        )

    def test_the_list_has_what_spdx_asks_for(self, recipe):
        made = json.loads(sbom(recipe, STATUS, None))
        assert made["creationInfo"]["created"] == "2025-11-28T00:00:00Z"
        ids = [each["SPDXID"] for each in made["packages"]]
        assert len(set(ids)) == len(ids)
        assert [each["relatedSpdxElement"] for each in made["relationships"]] == ids
        for each in made["packages"]:
            assert {"name", "SPDXID", "downloadLocation", "versionInfo"} <= set(each)

    def test_the_same_image_has_the_same_list(self, recipe):
        turned = "\n\n".join(reversed(STATUS.strip().split("\n\n"))) + "\n"
        assert sbom(recipe, STATUS, None) == sbom(recipe, turned, None)


class TestItsLayout:
    @pytest.fixture
    def make(self, tmp_path, recipe):
        def made(name):
            work = tmp_path / name
            tree, boot = work / "tree", work / "boot"
            for place, content in recipe.files().items():
                (tree / place).parent.mkdir(parents=True, exist_ok=True)
                (tree / place).write_text(content)
            (tree / "bin").symlink_to("usr/bin")
            for place, content in recipe.boot_files().items():
                (boot / place).parent.mkdir(parents=True, exist_ok=True)
                (boot / place).write_bytes(content)
            disk.fat(work / "fat", boot, epoch=EPOCH, number=0x48414C4C, megabytes=40)
            disk.ext4(work / "ext4", tree, epoch=EPOCH, seed="test", free_mb=16)
            disk.put_together(work / "image", work / "fat", work / "ext4", disk=0x48414C4C)
            return work / "image"

        return made

    def test_made_again_at_another_time_it_is_the_same_to_the_last_byte(self, make):
        first = make("one")
        begun = time.time()
        while int(time.time()) == int(begun):  # file systems count in seconds
            time.sleep(0.05)
        second = make("two")
        assert hashlib.sha256(first.read_bytes()).digest() == hashlib.sha256(second.read_bytes()).digest()

    def test_it_has_a_raspberry_pis_boot_partition_and_a_clean_root(self, make, recipe):
        image = make("one")
        begins = first_fat(image)
        shown = subprocess.run(
            ["mcopy", "-i", f"{image}@@{begins}", "::/hall/image.json", "-"], capture_output=True, check=True
        )
        assert shown.stdout == recipe.says
        entry = image.read_bytes()[462:478]
        assert entry[4] == 0x83
        root = image.with_name("root")
        with image.open("rb") as stream:
            stream.seek(int.from_bytes(entry[8:12], "little") * 512)
            root.write_bytes(stream.read())
        subprocess.run(["e2fsck", "-fn", str(root)], check=True, capture_output=True, env=disk.environment(0))
        said = subprocess.run(
            ["debugfs", "-R", "cat /etc/hostname", str(root)], capture_output=True, check=True
        )
        assert said.stdout == b"hall\n"


def test_a_tools_own_words_are_told_while_it_works_and_its_last_ones_when_it_fails():
    heard = []
    slowly = 'for n in 1 2; do echo "I: step $n" >&2; done; exit ${CODE:-0}'
    own = disk.environment(0)
    disk.run(["sh", "-c", slowly], own, tell=heard.append)
    assert [line.rsplit("  ", 1)[1] for line in heard] == ["step 1", "step 2"]
    with pytest.raises(Fault) as caught:
        disk.run(["sh", "-c", slowly], own | {"CODE": "3"}, tell=heard.append)
    assert "step 2" in caught.value.text.en


@pytest.mark.image
@pytest.mark.lengthy("a whole system is made, and made again")
@pytest.mark.timeout(3000)
def test_a_whole_image_made_twice_is_the_same(recipe, tmp_path):
    first = build(recipe, tmp_path / "one.img")
    assert build(recipe, tmp_path / "two.img") == first
    assert (tmp_path / "one.img.spdx.json").read_bytes() == (tmp_path / "two.img.spdx.json").read_bytes()
    listed = json.loads((tmp_path / "one.img.spdx.json").read_bytes())
    assert {*recipe.packages} <= {each["name"] for each in listed["packages"]}
