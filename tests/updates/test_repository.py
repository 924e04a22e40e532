"""What a machine installs was meant for it by its signers, and is the newest they have said: every attack that TUF names is refused."""

import datetime as dt
import json
import shutil

import pytest
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import Metadata, MetaFile, Root, TargetFile

from hall.errors import Fault, Refused
from hall.messages.common import MemberKind
from hall.releases import Listed
from tests.updates import desk as desk_
from tests.updates.clock import at
from tests.updates.desk import DAY, Desk, Machine


@pytest.fixture(scope="module")
def founded(tmp_path_factory):
    made = Desk(tmp_path_factory.mktemp("desk"))
    made.release("1.0")
    return made


@pytest.fixture
def desk(founded, tmp_path):
    return founded.copied(tmp_path / "desk")


@pytest.fixture
def machine(desk, tmp_path):
    return Machine.of(desk, tmp_path / "machine")


def edit(desk, role, change, *signers, version=None):
    """Somebody with these keys writes his own metadata into the mirror."""
    file = desk.metadata / f"{role}.json"
    said = Metadata.from_file(str(file))
    change(said.signed)
    said.signatures.clear()
    for each in signers:
        said.sign(each, append=True)
    said.to_file(str(file))
    if role != "timestamp":
        said.to_file(str(desk.metadata / f"{version or said.signed.version}.{role}.json"))


def resealed(desk, signer):
    """The desk's key says that this is all there is."""
    snapshot_version = Metadata.from_file(str(desk.metadata / "snapshot.json")).signed.version

    def later(signed):
        signed.version += 1
        signed.snapshot_meta = MetaFile(version=snapshot_version)

    edit(desk, "timestamp", later, signer)


def refused(machine, code, **asked):
    with pytest.raises(Refused) as no:
        machine.fetch(**asked)
    assert no.value.code == code, no.value
    return no.value


class TestWhatIsSigned:
    def test_comes_whole(self, machine):
        manifest = machine.fetch()
        assert manifest.wheels == ("hallfleet-1.0-py3-none-any.whl", "needed-1.0-py3-none-any.whl")
        assert (machine.folder / "work" / manifest.wheels[0]).exists()

    def test_a_newer_release_is_there_too_and_a_former_stays(self, desk, machine):
        desk.release("1.1")
        assert machine.fetch("1.1").serial > machine.fetch("1.0").serial

    def test_it_travels_by_stick(self, desk, machine, tmp_path):
        desk.ledger.copy_to(tmp_path / "stick")
        machine.mirror = f"file://{tmp_path / 'stick'}"
        assert machine.fetch().release.version == "1.0"
        assert desk.ledger.copy_to(tmp_path / "stick") == 0


class TestAttacks:
    def test_arbitrary_software_with_another_content(self, desk, machine):
        wheel = next((desk.ledger.targets / "wheels").glob("*hallfleet*"))
        wheel.write_bytes(b"x" * wheel.stat().st_size)
        refused(machine, "not-authentic")

    def test_arbitrary_software_that_nobody_signed(self, machine):
        refused(machine, "no-such-release", version="6.6")

    def test_arbitrary_software_signed_by_a_stranger(self, desk, machine):
        stranger = CryptoSigner.generate_ed25519()
        edit(desk, "targets", lambda targets: targets.targets.clear(), stranger, stranger)
        refused(machine, "not-authentic")

    def test_the_desks_own_key_signs_no_software(self, desk, machine):
        def more(targets):
            targets.version += 1
            targets.targets["wheels/evil.whl"] = TargetFile.from_data("wheels/evil.whl", b"evil")

        edit(desk, "targets", more, desk.desk)

        def seen(snapshot):
            snapshot.version += 1
            snapshot.meta["targets.json"].version += 1

        edit(desk, "snapshot", seen, desk.desk)
        resealed(desk, desk.desk)
        refused(machine, "not-authentic")

    def test_one_of_the_targets_keys_is_not_enough(self, desk, machine):
        edit(desk, "targets", lambda targets: None, desk.targets[0])
        refused(machine, "not-authentic")

    def test_one_key_twice_is_one_key(self, desk, machine):
        file = desk.metadata / "targets.json"
        said = json.loads(file.read_text())
        said["signatures"] = [said["signatures"][0], said["signatures"][0]]
        for each in (file, desk.metadata / "1.targets.json"):
            each.write_text(json.dumps(said))
        refused(machine, "not-authentic")

    def test_one_of_the_root_keys_makes_no_root(self, desk, machine):
        desk.root[1:] = [CryptoSigner.generate_ed25519() for _ in range(2)]
        machine.fetch()
        desk.rotate(*desk.root)  # by two new ones that the old root does not know, and one that it does
        with pytest.raises(Refused, match="signatures"):
            desk.publish()  # our own desk does not even hand it out
        shutil.copy(desk.ledger.staged / "root.json", desk.metadata / "2.root.json")
        refused(machine, "not-authentic")

    def test_endless_data(self, desk, machine):
        for name in ("timestamp.json", "1.snapshot.json", "1.targets.json"):
            fresh = Machine(machine.folder / name, machine.mirror, machine.first_root)
            kept = (desk.metadata / name).read_bytes()
            (desk.metadata / name).write_bytes(kept + b" " * 6_000_000)
            refused(fresh, "not-authentic")
            (desk.metadata / name).write_bytes(kept)
        wheel = next((desk.ledger.targets / "wheels").glob("*hallfleet*"))
        wheel.write_bytes(wheel.read_bytes() + b"more")
        refused(machine, "not-authentic")

    def test_rollback_of_the_timestamp(self, desk, machine, tmp_path):
        shutil.copytree(desk.metadata, tmp_path / "old")
        desk.release("1.1")
        machine.fetch("1.1")
        shutil.copy(tmp_path / "old" / "timestamp.json", desk.metadata / "timestamp.json")
        refused(machine, "not-authentic", version="1.1")

    def test_rollback_of_the_snapshot(self, desk, machine):
        desk.release("1.1")
        machine.fetch("1.1")

        def back(timestamp):
            timestamp.version += 1
            timestamp.snapshot_meta = MetaFile(version=1)

        edit(desk, "timestamp", back, desk.desk)
        refused(machine, "not-authentic", version="1.1")

    def test_rollback_of_the_targets(self, desk, machine):
        desk.release("1.1")
        machine.fetch("1.1")

        def back(snapshot):
            snapshot.version += 1
            snapshot.meta["targets.json"].version = 1

        edit(desk, "snapshot", back, desk.desk)
        resealed(desk, desk.desk)
        refused(machine, "not-authentic", version="1.0")

    def test_an_old_release_that_is_still_signed(self, desk, machine):
        """The hub chooses; below what runs here it may not choose."""
        desk.release("1.1")
        runs = machine.fetch("1.1").serial
        refused(machine, "older-release", version="1.0", floor=runs)

    def test_an_old_release_comes_back_when_it_is_signed_anew(self, desk, machine):
        desk.release("1.1")
        runs = machine.fetch("1.1").serial
        desk.add(next(desk.folder.glob("made-1.0*")))
        assert machine.fetch("1.0", floor=runs).release.version == "1.0"

    def test_indefinite_freeze(self, machine, monkeypatch):
        at(monkeypatch, dt.datetime.now(dt.UTC) + 91 * DAY)
        refused(machine, "expired")

    def test_89_days_without_the_desk_are_no_freeze(self, machine, monkeypatch):
        at(monkeypatch, dt.datetime.now(dt.UTC) + 89 * DAY)
        assert machine.fetch().release.version == "1.0"

    def test_a_freeze_that_began_before_the_machine_looked_for_the_first_time(self, desk, machine):
        desk.now -= 91 * DAY
        desk.publish()
        refused(machine, "expired")

    def test_a_clock_that_nobody_keeps_judges_nothing(self, machine):
        machine.clock = False
        refused(machine, "clock-not-ok")

    def test_mix_and_match(self, desk, machine, tmp_path):
        """An old targets file under today's snapshot."""
        shutil.copytree(desk.metadata, tmp_path / "old")
        desk.release("1.1")
        shutil.copy(tmp_path / "old" / "1.targets.json", desk.metadata / "2.targets.json")
        refused(machine, "not-authentic", version="1.1")

    def test_wrong_software_for_this_kind(self, desk, machine):
        desk.release("1.0", MemberKind.SIGN)
        refused(machine, "no-such-release", kind="dispenser")
        # a signer's mistake, or a mirror that gives one file for another name
        pads = Listed(version="1.0", **desk_.PAD).name
        signs = Listed(version="1.0", **(desk_.PAD | {"kind": "sign"})).name

        def swapped(targets):
            targets.targets[pads] = TargetFile.from_dict(targets.targets[signs].to_dict(), pads)

        edit(desk, "targets", swapped, *desk.targets[:2])
        machine.folder = machine.folder / "another"
        folder = desk.ledger.targets / "manifests"
        sign = next((folder / "sign" / "1.0").iterdir())
        shutil.copy(sign, folder / "pad" / "1.0" / sign.name)
        assert "sign" in str(refused(machine, "wrong-machine"))

    def test_another_python_or_another_processor(self, machine):
        refused(machine, "no-such-release", python="3.13")
        refused(machine, "no-such-release", platform="aarch64")

    def test_extraneous_dependencies(self, desk, machine):
        """A file that was added to the mirror is in no list and never asked for."""
        (desk.ledger.targets / "wheels" / "extra.whl").write_bytes(b"")
        assert "extra.whl" not in machine.fetch().wheels

    def test_a_mirror_that_is_away_or_incomplete(self, desk, machine):
        machine.fetch()
        next((desk.ledger.targets / "wheels").glob("*hallfleet*")).unlink()
        with pytest.raises(Fault) as away:
            machine.fetch()
        assert away.value.code == "mirror-away"

    def test_nonsense_instead_of_metadata(self, desk, machine):
        for nonsense in (b"", b"{", b"[" * 10_000, b"\xff" * 100, b'{"signed": {}, "signatures": []}'):
            (desk.metadata / "timestamp.json").write_bytes(nonsense)
            refused(machine, "not-authentic")

    def test_a_first_root_that_is_none(self, machine):
        machine.first_root = b"{}"
        refused(machine, "not-authentic")


class TestKeysChange:
    def test_a_root_by_the_old_keys_and_the_new_ones_is_followed(self, desk, machine):
        machine.fetch()
        old = desk.root[:2]
        desk.root = [CryptoSigner.generate_ed25519() for _ in range(3)]
        desk.rotate(*old, *desk.root[:2])
        desk.publish()
        assert machine.fetch().release.version == "1.0"

    def test_a_machine_that_slept_through_several_follows_all_of_them(self, desk, machine):
        for _ in range(4):
            old = desk.root[:2]
            desk.root = [CryptoSigner.generate_ed25519() for _ in range(3)]
            desk.rotate(*old, *desk.root[:2])
            desk.publish()
        assert machine.fetch().release.version == "1.0"

    def test_a_stolen_targets_key_is_put_out_by_the_next_root(self, desk, machine):
        machine.fetch()
        stolen = desk.targets[:2]
        desk.targets = [desk.targets[2], *(CryptoSigner.generate_ed25519() for _ in range(2))]
        desk.rotate()
        with pytest.raises(Refused):
            desk.publish()  # what they had signed has to be signed anew
        desk.add(next(desk.folder.glob("made-1.0*")))
        assert machine.fetch().release.version == "1.0"
        edit(desk, "targets", lambda targets: None, *stolen)
        (machine.folder / "trusted" / "targets.json").unlink()
        refused(machine, "not-authentic")

    def test_after_fast_forward_the_desks_new_key_starts_again(self, desk, machine):
        """A thief of the desk's key used up the version numbers."""

        def far(signed):
            signed.version = 2**31

        edit(desk, "snapshot", far, desk.desk)
        resealed(desk, desk.desk)
        edit(desk, "timestamp", far, desk.desk)
        machine.fetch()
        desk.desk = CryptoSigner.generate_ed25519()
        desk.rotate()
        for role in ("snapshot", "timestamp"):
            (desk.metadata / f"{role}.json").unlink()
        desk.publish()
        assert machine.fetch().release.version == "1.0"
        seen = Metadata.from_file(str(machine.folder / "trusted" / "timestamp.json"))
        assert seen.signed.version == 1

    def test_a_root_may_not_leave_out_a_number(self, desk, machine):
        machine.fetch()
        root = Metadata.from_file(str(desk.metadata / "root.json"))
        assert isinstance(root.signed, Root)
        root.signed.version = 3
        root.signatures.clear()
        for each in desk.root[:2]:
            root.sign(each, append=True)
        root.to_file(str(desk.metadata / "2.root.json"))
        refused(machine, "not-authentic")


class TestTheDesk:
    def test_hands_nothing_out_below_its_threshold(self, desk):
        desk.ledger.add(desk_.release(desk.folder / "more", "1.1"), desk.now)
        assert desk.ledger.lacking() == {"targets": 2}
        desk.ledger.sign(desk.targets[0])
        assert desk.ledger.lacking() == {"targets": 1}
        with pytest.raises(Refused, match="signatures"):
            desk.publish()
        desk.ledger.sign(desk.targets[2])
        desk.publish()
        assert desk.ledger.lacking() == {}

    def test_a_change_after_a_signature_needs_all_of_them_again(self, desk):
        desk.ledger.add(desk_.release(desk.folder / "more", "1.1"), desk.now)
        desk.ledger.sign(desk.targets[0])
        desk.ledger.add(desk_.release(desk.folder / "again", "1.2"), desk.now)
        assert desk.ledger.lacking() == {"targets": 2}

    def test_a_wheel_keeps_its_name_and_its_content(self, desk):
        changed = desk_.release(desk.folder / "changed", "1.0", **{"hallpad.py": "other"})
        with pytest.raises(Refused, match="raise the version"):
            desk.ledger.add(changed, desk.now)

    def test_a_key_that_is_nobodys_signs_nothing(self, desk):
        desk.ledger.add(desk_.release(desk.folder / "more", "1.1"), desk.now)
        with pytest.raises(Refused, match="waits for this key"):
            desk.ledger.sign(CryptoSigner.generate_ed25519())

    def test_a_release_that_is_withdrawn_is_had_no_more(self, desk, machine):
        desk.release("1.1")
        desk.ledger.withdraw("1.1", desk.now)
        for each in desk.targets[:2]:
            desk.ledger.sign(each)
        desk.publish()
        refused(machine, "no-such-release", version="1.1")

    def test_one_person_is_not_three(self, desk):
        one = desk.root[0].public_key
        with pytest.raises(Refused, match="different keys"):
            desk.ledger.found([one, one, one], [one, one], one, desk.now)
