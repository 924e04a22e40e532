"""From a wheel to a rollout with the commands a person types: keys, root, add, sign, publish, stick, rollout, halt, status."""

from datetime import UTC, datetime

import pytest

from deploy import wheelhouse
from deploy.release import command as desk
from deploy.release import keys
from hall.errors import Refused
from hall.messages.common import MemberKind
from hub.releases import command as hub
from hub.releases import rollout
from hub.releases.book import Book
from hub.settings import read
from tests.updates.desk import Machine, release

KINDS = (MemberKind.DISPENSER, MemberKind.SIGN, MemberKind.PAD, MemberKind.SPEAKER)
PLAN = """\
id: demo
name: {zh: 大厅, en: Hall}
timezone: Asia/Shanghai
hotline: "12329"
supervision: "0000-0000000"
hours: {always: true}
services:
  loan: {letter: A, name: {zh: 贷款, en: Loan}, target_min: 12}
windows: [{window: 1, serves: [loan]}]
members:
  dispenser-1: {kind: dispenser}
  sign-1: {kind: sign, window: 1}
  pad-1: {kind: pad, window: 1}
  speaker-1: {kind: speaker}
"""


@pytest.fixture
def people(tmp_path, monkeypatch):
    monkeypatch.setenv(desk.PASSPHRASE, "open sesame")
    for name in ("root1", "root2", "root3", "targets1", "targets2", "targets3"):
        desk.make_key(file=tmp_path / name, plain=False)
    desk.make_key(file=tmp_path / "desk", plain=True)
    return tmp_path


@pytest.fixture
def signed(people, monkeypatch):
    """A repository with 1.0 for every kind, as the people of the ceremony make it."""
    monkeypatch.setattr(wheelhouse, "verify", lambda folder: None)  # these tiny wheels are no role's closure
    repository = people / "releases"
    desk.root(
        repository=repository,
        roots=[people / f"root{n}.pub" for n in (1, 2, 3)],
        targets=[people / f"targets{n}.pub" for n in (1, 2, 3)],
        desk=people / "desk.pub",
    )
    for n in (1, 2):
        desk.sign(repository=repository, key=people / f"root{n}")
    desk.add(
        repository=repository, folders=[release(people / f"made-{kind.value}", "1.0", kind) for kind in KINDS]
    )
    for n in (1, 3):
        desk.sign(repository=repository, key=people / f"targets{n}")
    desk.publish(repository=repository, key=people / "desk", to=[people / "stick"])
    desk.bring(repository=people / "stick", to=[people / "mirror"])
    return people


@pytest.fixture
def box(tmp_path):
    (tmp_path / "box").mkdir()
    (tmp_path / "box" / "hall.yaml").write_text(PLAN)
    (tmp_path / "box" / "hub.yaml").write_text("plan: hall.yaml\n")
    return tmp_path / "box" / "hub.yaml"


def start(box, mirror, **other):
    asked = {
        "version": "1.0",
        "sources": ("https://box:8443/releases",),
        "now": False,
        "again": False,
    } | other
    return hub.start(settings=box, mirror=mirror, **asked)


def test_a_key_is_its_owners_alone(people):
    assert (people / "root1").stat().st_mode & 0o777 == 0o600
    with pytest.raises(Refused):
        keys.signer(people / "root1", b"wrong")
    (people / "root1").chmod(0o644)
    with pytest.raises(Refused, match="chmod 600"):
        keys.signer(people / "root1", b"open sesame")
    with pytest.raises(Refused, match="there already"):
        desk.make_key(file=people / "root1", plain=True)


def test_a_machine_takes_what_came_over_the_stick(signed, tmp_path):
    first_root = (signed / "releases" / "releases-root.json").read_bytes()
    machine = Machine(tmp_path / "machine", f"file://{signed / 'mirror'}", first_root)
    assert machine.fetch("1.0").release.version == "1.0"


def test_from_rollout_to_halt_in_words(signed, box, capsys):
    assert start(box, signed / "mirror") == 0
    hub.status(settings=box, mirror=signed / "mirror", as_json=False)
    assert "not chosen yet" in capsys.readouterr().out
    book = Book(box.parent / "rollouts.json")
    kinds = {name: member.kind.value for name, member in read(box)[1].members.items()}
    book.revise(lambda of: rollout.chosen(of, kinds, set(kinds)))  # as the hub does
    assert book.current.canaries == (
        "dispenser-1",
        "pad-1",
        "sign-1",
        "speaker-1",
    )
    with pytest.raises(Refused, match="halt it first"):
        start(box, signed / "mirror")
    hub.halt(settings=box, why="the sign at window 1 is dark")
    capsys.readouterr()
    hub.status(settings=box, mirror=signed / "mirror", as_json=False)
    said = capsys.readouterr().out
    assert "1.0  dispenser, pad, sign, speaker" in said
    assert "counts 89 more days" in said
    assert "HALTED" in said
    assert "the sign at window 1 is dark" in said
    assert "canary  waits" in said


def test_a_rollout_that_nobody_could_follow_is_not_begun(signed, box):
    with pytest.raises(Refused, match="--source"):
        start(box, signed / "mirror", sources=())
    assert Book(box.parent / "rollouts.json").current is None


def test_what_the_mirror_does_not_have_is_not_rolled_out(signed, box):
    with pytest.raises(Refused, match=r"has no 1\.1"):
        start(box, signed / "mirror", version="1.1")


def test_an_expired_mirror_says_so(signed):
    later = datetime(2099, 1, 1, tzinfo=UTC)
    assert "EXPIRED" in hub.fresh(signed / "mirror", later)[-1]


def test_an_empty_mirror_says_so(tmp_path):
    assert "empty" in hub.fresh(tmp_path, datetime.now(UTC))[-1]
