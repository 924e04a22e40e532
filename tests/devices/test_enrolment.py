"""A card with a token becomes a member, whenever the power fails, and whoever answers."""

import json
import os
import random
import stat
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from devices.enrolment import invitation as invitation_module
from devices.enrolment.identity import Identity
from devices.enrolment.joining import LAST_S, join, renew
from hall.errors import BadSettings, Fault, HallError, Refused
from hall.invitation import Invitation
from hall.keys import key_of, request
from hall.messages.common import MemberKind

NOW = datetime(2026, 5, 6, 8, 0, tzinfo=UTC)
MACHINE = {"model": "Raspberry Pi 4", "serial": "1234", "mac": ""}


class PowerCut(BaseException):
    """The plug was pulled."""


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    from hub.trust.authority import Authority

    return Authority.found(tmp_path_factory.mktemp("hall") / "authority", "demo", NOW)


class TestDesk:
    """The real desk without the wire."""

    __test__ = False

    def __init__(self, authority, folder):
        from hub.trust.desk import Desk
        from hub.trust.register import Register

        self.register = Register(folder / "register.db")
        self.now = NOW
        self._desk = Desk(authority, self.register, lambda: self.now)
        self.away = 0
        self.asked = []

    def ask(self, what, fields):
        self.asked.append(what)
        if self.away:
            self.away -= 1
            raise OSError("nobody there")
        return getattr(self._desk, what)(json.dumps(fields).encode())


@pytest.fixture
def desk(authority, tmp_path):
    made = TestDesk(authority, tmp_path)
    yield made
    made.register.close()


class Pi:
    """A card in a Pi."""

    def __init__(self, folder, desk, authority, token=None):
        self.card, self.folder, self.desk = folder / "boot" / "enrol.json", folder / "identity", desk
        self.card.parent.mkdir()
        self.waits = []
        self.token = token or desk.register.expect("pad-3", MemberKind.PAD, now=NOW, actor="technician")
        root = (authority.folder / "root.pem").read_text()
        self.invitation = Invitation(
            hall="demo",
            member="pad-3",
            kind=MemberKind.PAD,
            desks=("https://192.0.2.1:8443",),
            ca=root,
            stamp=NOW,
            token=self.token,
        )
        self.card.write_bytes(msgspec.json.encode(self.invitation))

    def start(self):
        return join(
            self.card,
            self.folder,
            desk=lambda *_: self.desk,
            machine=MACHINE,
            wait=self.waits.append,
            chance=random.Random(7),
        )

    @property
    def identity(self):
        return Identity(self.folder, "pad-3", self.invitation.ca.encode())


@pytest.fixture
def pi(tmp_path, desk, authority):
    return Pi(tmp_path, desk, authority)


def test_a_fresh_card_becomes_a_member(pi, desk):
    files = pi.start()
    assert pi.identity.certificate is not None
    key = stat.S_IMODE((pi.folder / "current" / "key.pem").stat().st_mode)
    assert key == 0o600
    assert files.cert == str(pi.folder / "current" / "cert.pem")
    entry = desk.register.entries()[0]
    assert (entry.standing.value, entry.machine.serial) == ("enrolled", "1234")


def test_the_token_is_off_the_card_and_nowhere_else_on_it(pi):
    pi.start()
    for file in [*pi.card.parent.iterdir(), *(f for f in pi.folder.rglob("*") if f.is_file())]:
        assert pi.token.encode() not in file.read_bytes()


def test_starting_again_asks_nobody(pi, desk):
    pi.start()
    before = pi.identity.certificate
    pi.start()
    assert desk.asked == ["enrol"]
    assert pi.identity.certificate == before


def steps(monkeypatch, cut_at):
    """Pull the plug at the n-th thing that is done to the card; how many there were is counted."""
    done = [0]

    def plug(real):
        def call(*args, **named):
            done[0] += 1
            if done[0] == cut_at:
                raise PowerCut
            answer = real(*args, **named)
            done[0] += 1
            if done[0] == cut_at:
                raise PowerCut
            return answer

        return call

    for name in ("fsync", "replace", "rename", "symlink", "unlink"):
        monkeypatch.setattr(os, name, plug(getattr(os, name)))
    monkeypatch.setattr(TestDesk, "ask", plug(TestDesk.ask))
    return done


def test_a_power_cut_at_any_step_is_gone_on_from(tmp_path, authority, monkeypatch):
    with monkeypatch.context() as watching:
        (tmp_path / "count").mkdir()
        desk = TestDesk(authority, tmp_path / "count")
        done = steps(watching, None)
        Pi(tmp_path / "count", desk, authority).start()
        desk.register.close()
    assert done[0] > 15
    for cut_at in range(1, done[0] + 1):
        folder = tmp_path / str(cut_at)
        folder.mkdir()
        desk = TestDesk(authority, folder)
        pi = Pi(folder, desk, authority)
        with monkeypatch.context() as plugged:
            steps(plugged, cut_at)
            with pytest.raises(PowerCut):
                pi.start()
        pi.start()
        assert pi.identity.certificate is not None, cut_at
        assert [entry.standing.value for entry in desk.register.entries()] == ["enrolled"], cut_at
        assert pi.token.encode() not in pi.card.read_bytes(), cut_at
        pi.start()
        desk.register.close()


def test_a_power_cut_at_any_step_of_a_renewal_is_gone_on_from(tmp_path, authority, monkeypatch):
    def member_of(folder):
        folder.mkdir()
        desk = TestDesk(authority, folder)
        pi = Pi(folder, desk, authority)
        pi.start()
        desk.now = NOW + timedelta(days=70)
        return pi, desk

    def renewed(pi, desk):
        return renew(pi.card, pi.folder, desk.now, desk=lambda *_: desk)

    pi, desk = member_of(tmp_path / "count")
    with monkeypatch.context() as watching:
        done = steps(watching, None)
        assert renewed(pi, desk)
    desk.register.close()
    assert done[0] > 10
    for cut_at in range(1, done[0] + 1):
        pi, desk = member_of(tmp_path / str(cut_at))
        with monkeypatch.context() as plugged:
            steps(plugged, cut_at)
            with pytest.raises(PowerCut):
                renewed(pi, desk)
        renewed(pi, desk)
        assert not pi.identity.due(desk.now), cut_at
        counts = {each.serial for each in desk.register.revoked()}
        assert pi.identity.certificate.serial_number not in counts, cut_at
        pi.start()
        assert desk.asked.count("enrol") == 1, cut_at
        desk.register.close()


def test_a_new_card_makes_a_device_that_was_somebody_a_member_anew(pi, desk):
    pi.start()
    old = pi.identity.certificate
    token = desk.register.replace("pad-3", now=NOW, actor="technician")
    pi.card.write_bytes(msgspec.json.encode(msgspec.structs.replace(pi.invitation, token=token)))
    pi.start()
    assert pi.identity.certificate.serial_number != old.serial_number
    assert [entry.standing.value for entry in desk.register.entries()] == ["enrolled"]
    assert token.encode() not in pi.card.read_bytes()
    pi.start()
    assert desk.asked == ["enrol", "enrol"]


def test_a_token_that_is_refused_takes_nothing_from_a_member(pi):
    pi.start()
    before = pi.identity.certificate
    pi.card.write_bytes(msgspec.json.encode(msgspec.structs.replace(pi.invitation, token="0" * 40)))
    pi.start()
    assert pi.identity.certificate == before


def test_a_used_token_on_a_card_that_cannot_be_written_is_known_also_after_a_renewal(pi, desk):
    pi.start()
    pi.card.write_bytes(msgspec.json.encode(pi.invitation))
    desk.now = NOW + timedelta(days=70)
    assert renew(pi.card, pi.folder, desk.now, desk=lambda *_: desk)
    pi.start()
    assert desk.asked == ["enrol", "renew"]


def test_a_hall_box_that_is_away_is_waited_for_spread_out_and_never_given_up(pi, desk):
    desk.away = 40
    pi.start()
    assert len(pi.waits) == 40
    assert max(pi.waits) <= LAST_S
    assert len(set(pi.waits)) == 40
    assert pi.identity.certificate is not None


@pytest.mark.parametrize("token", ["0" * 40, "", "x" * 200])
def test_a_desk_that_says_no_is_not_asked_again(pi, desk, token):
    pi.card.write_bytes(msgspec.json.encode(msgspec.structs.replace(pi.invitation, token=token)))
    with pytest.raises(Refused, match="token-refused"):
        pi.start()
    assert desk.asked == ["enrol"]
    assert pi.identity.certificate is None


def test_a_card_that_cannot_be_written_makes_a_member_all_the_same(pi, monkeypatch):
    real = invitation_module.Path.open

    def read_only(file, mode="r", *args, **named):
        if file.parent == pi.card.parent and mode != "rb":
            raise OSError(30, "Read-only file system")
        return real(file, mode, *args, **named)

    monkeypatch.setattr(invitation_module.Path, "open", read_only)
    pi.start()
    assert pi.identity.certificate is not None
    assert pi.token.encode() in pi.card.read_bytes()  # what is left there is worth nothing any more
    pi.start()
    assert pi.desk.asked == ["enrol"]


@pytest.mark.parametrize("text", ["", "{", '{"hall":"demo"}', "\0\0\0", '{"hall":"Demo!"}'])
def test_a_spoiled_card_says_what_to_do(pi, text):
    pi.card.write_text(text)
    with pytest.raises(BadSettings, match="hall flash"):
        pi.start()


def test_an_empty_card_says_what_to_do(pi):
    pi.card.unlink()
    with pytest.raises(Fault, match="write the card anew"):
        pi.start()


def test_what_another_hall_signed_is_not_kept(tmp_path, pi, desk):
    from hub.trust.authority import Authority
    from hub.trust.desk import Desk

    other = Authority.found(tmp_path / "other", "demo", NOW)
    desk._desk = Desk(other, desk.register, lambda: NOW)
    with pytest.raises(Fault, match="wrong-certificate"):
        pi.start()
    assert pi.identity.certificate is None


def test_a_certificate_for_another_name_or_key_is_not_kept(pi, authority):

    mine, stranger = pi.identity.request(), key_of(pi.folder / "stranger.pem")
    for chain in (
        authority.issue_member(mine, "pad-4", NOW).chain,
        authority.issue_member(request(stranger, "pad-3"), "pad-3", NOW).chain,
        b"",
        b"nonsense",
    ):
        with pytest.raises(Fault, match="wrong-certificate"):
            pi.identity.take(chain)
    assert pi.identity.certificate is None


def test_a_certificate_is_renewed_in_time_with_a_new_key_and_not_before(pi, desk):
    pi.start()
    first = pi.identity.certificate
    assert not renew(pi.card, pi.folder, NOW + timedelta(days=20), desk=lambda *_: desk)
    desk.now = NOW + timedelta(days=70)
    assert renew(pi.card, pi.folder, desk.now, desk=lambda *_: desk)
    second = pi.identity.certificate
    assert second.serial_number != first.serial_number
    assert second.public_key() != first.public_key()
    assert second.not_valid_after_utc == NOW + timedelta(days=160)
    assert len([d for d in pi.folder.iterdir() if d.is_dir() and not d.is_symlink()]) == 1
    pi.start()
    assert desk.asked == ["enrol", "renew"]


def test_nobody_renews_with_a_key_that_is_not_theirs(pi, desk, tmp_path):

    pi.start()
    thief = key_of(tmp_path / "thief.pem")
    asked = request(thief, "pad-3").decode()
    serial = str(pi.identity.certificate.serial_number)
    for signature in ("", "AAAA", "!!", pi.identity.signature(b"something else")):
        with pytest.raises(Refused, match="not-a-member"):
            desk.ask("renew", {"serial": serial, "request": asked, "signature": signature})
    for wrong in ("", "1", "-1", "9" * 80, "1; DROP TABLE member"):
        with pytest.raises(Refused, match="not-a-member"):
            desk.ask(
                "renew",
                {"serial": wrong, "request": asked, "signature": pi.identity.signature(asked.encode())},
            )


def test_a_retired_device_is_refused(pi, desk):
    pi.start()
    desk.register.retire("pad-3", now=NOW, actor="manager")
    desk.now = NOW + timedelta(days=70)
    with pytest.raises(Refused, match="not-a-member"):
        renew(pi.card, pi.folder, desk.now, desk=lambda *_: desk)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'{"token":1}', b"\xff", b'{"token":"a","request":"b","more":1}', b"[" * 100_000],
)
def test_the_desk_refuses_nonsense_in_words(desk, body):
    for what in ("enrol", "renew"):
        with pytest.raises(HallError) as no:
            getattr(desk._desk, what)(body)
        assert no.value.code in {"bad-body", "bad-request"}
        assert no.value.text.zh
