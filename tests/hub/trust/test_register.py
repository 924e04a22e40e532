"""A token makes one member, once; and whoever is out is out."""

import contextlib
import threading
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from hall.errors import Refused
from hall.messages.common import MemberKind
from hub.trust.authority import Certificate
from hub.trust.register import GRACE, Machine, Register, Standing

NOW = datetime(2026, 5, 6, 8, 0, tzinfo=UTC)
PI = Machine(model="Raspberry Pi 4", serial="100000001234", mac="dc:a6:32:00:00:01")


class Signer:
    """Signs with a running number instead of a key."""

    def __init__(self, now=NOW):
        self.now, self.serial = now, 0
        self.lock = threading.Lock()

    def __call__(self, name):
        with self.lock:
            self.serial += 1
        return Certificate(f"{name} {self.serial}".encode(), self.serial, self.now + timedelta(days=90))


@pytest.fixture
def sign():
    return Signer()


@pytest.fixture
def register(tmp_path):
    made = Register(tmp_path / "register.db")
    yield made
    made.close()


def expect(register, name="pad-3", now=NOW):
    return register.expect(name, MemberKind.PAD, now=now, actor="technician")


def standing(register, name="pad-3"):
    return next(entry.standing for entry in register.entries() if entry.name == name)


def test_whoever_is_expected_becomes_a_member_and_goes_into_service(register, sign):
    token = expect(register)
    assert standing(register) is Standing.EXPECTED
    assert register.closed() == ["pad-3"]
    name, made = register.enrol(token, "key-1", PI, NOW, sign)
    assert (name, made.chain) == ("pad-3", b"pad-3 1")
    assert standing(register) is Standing.ENROLLED
    assert register.closed() == []
    register.confirm("pad-3", now=NOW, actor="technician")
    register.confirm("pad-3", now=NOW, actor="technician")
    entry = register.entries()[0]
    assert (entry.standing, entry.machine, entry.until) == (Standing.IN_SERVICE, PI, NOW + timedelta(days=90))
    assert [act.what.split(":")[0] for act in register.acts("pad-3")] == ["confirmed", "enrolled", "expected"]


def test_the_token_itself_is_kept_nowhere(register, tmp_path, sign):
    token = expect(register)
    register.enrol(token, "key-1", PI, NOW, sign)
    register.close()
    for file in tmp_path.iterdir():
        assert token.encode() not in file.read_bytes()


def test_of_a_hundred_at_once_with_one_token_exactly_one_wins(tmp_path, register, sign):
    token = expect(register)
    start, won, lost = threading.Barrier(20), [], []

    def ask(first):
        own = Register(tmp_path / "register.db")
        start.wait()
        for nth in range(first, first + 5):
            try:
                won.append(own.enrol(token, f"key-{nth}", PI, NOW, sign))
            except Refused as no:
                lost.append(no.code)
        own.close()

    askers = [threading.Thread(target=ask, args=(nth * 5,)) for nth in range(20)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join(60)
    assert len(won) == 1
    assert lost == ["token-refused"] * 99
    assert sign.serial == 1


def test_a_device_whose_power_failed_gets_the_same_certificate_again(register, sign):
    token = expect(register)
    first = register.enrol(token, "key-1", PI, NOW, sign)
    assert register.enrol(token, "key-1", PI, NOW + timedelta(hours=1), sign) == first
    assert sign.serial == 1
    with pytest.raises(Refused, match="token-refused"):
        register.enrol(token, "key-2", PI, NOW, sign)


@pytest.mark.parametrize("late", [timedelta(days=3), timedelta(days=400)])
def test_a_token_runs_out(register, sign, late):
    token = expect(register)
    with pytest.raises(Refused, match="token-refused"):
        register.enrol(token, "key-1", PI, NOW + late, sign)


@pytest.mark.parametrize("token", ["", "0" * 40, "' OR 1=1 --", "护士", "x" * 10_000])
def test_no_other_token_opens_anything(register, sign, token):
    expect(register)
    with pytest.raises(Refused, match="token-refused"):
        register.enrol(token, "key-1", PI, NOW, sign)
    assert sign.serial == 0


def test_expecting_again_makes_the_former_token_worthless(register, sign):
    old = expect(register)
    new = expect(register)
    with pytest.raises(Refused, match="token-refused"):
        register.enrol(old, "key-1", PI, NOW, sign)
    assert register.enrol(new, "key-1", PI, NOW, sign)[0] == "pad-3"


def test_a_name_in_use_is_not_given_away_by_accident(register, sign):
    register.enrol(expect(register), "key-1", PI, NOW, sign)
    with pytest.raises(Refused, match="replace it instead"):
        expect(register)


@pytest.mark.parametrize("name", ["hub", "Pad", "a/b", "+", "", "pad 3", "../x"])
def test_no_name_that_could_be_another_is_expected(register, name):
    with pytest.raises(Refused, match="bad-name"):
        expect(register, name)


def test_replacing_is_one_act_the_old_box_is_out_and_the_new_one_expected(register, sign):
    _, old = register.enrol(expect(register), "key-1", PI, NOW, sign)
    token = register.replace("pad-3", now=NOW, actor="technician")
    assert [each.serial for each in register.revoked()] == [old.serial]
    assert register.closed() == ["pad-3"]
    with pytest.raises(Refused, match="not-a-member"):
        register.renew(old.serial, "key-1", NOW, sign)
    _, new = register.enrol(token, "key-2", PI, NOW, sign)
    assert new.serial != old.serial
    assert register.closed() == []
    assert [each.serial for each in register.revoked()] == [old.serial]


def test_retired_is_out_for_good_until_expected_anew(register, sign):
    token = expect(register)
    _, made = register.enrol(token, "key-1", PI, NOW, sign)
    register.retire("pad-3", now=NOW, actor="manager")
    assert register.closed() == ["pad-3"]
    assert [each.serial for each in register.revoked()] == [made.serial]
    for ask in (
        lambda: register.enrol(token, "key-1", PI, NOW, sign),
        lambda: register.renew(made.serial, "k", NOW, sign),
    ):
        with pytest.raises(Refused):
            ask()
    assert register.enrol(expect(register), "key-9", PI, NOW, sign)[0] == "pad-3"


def test_a_quarantined_name_may_do_nothing_and_is_released_whole(register, sign):
    _, made = register.enrol(expect(register), "key-1", PI, NOW, sign)
    register.quarantine("pad-3", now=NOW, actor="hub", why="two boots take turns")
    assert register.closed() == ["pad-3"]
    assert [each.serial for each in register.revoked()] == [made.serial]
    with pytest.raises(Refused, match="not-a-member"):
        register.renew(made.serial, "key-1", NOW, sign)
    register.release("pad-3", now=NOW, actor="technician")
    assert (register.closed(), register.revoked()) == ([], [])
    with pytest.raises(Refused, match="wrong-standing"):
        register.release("pad-3", now=NOW, actor="technician")


def test_only_a_name_that_somebody_holds_is_quarantined(register, sign):
    token = expect(register)
    with pytest.raises(Refused, match="wrong-standing"):
        register.quarantine("pad-3", now=NOW, actor="hub", why="two boots")
    register.enrol(token, "key-1", PI, NOW, sign)
    register.quarantine("pad-3", now=NOW, actor="hub", why="two boots")
    register.quarantine("pad-3", now=NOW, actor="hub", why="two boots")
    register.release("pad-3", now=NOW, actor="technician")


def test_a_certificate_is_renewed_and_the_one_before_last_is_void(register, sign):
    _, first = register.enrol(expect(register), "key-1", PI, NOW, sign)
    _, second = register.renew(first.serial, "key-2", NOW, sign)
    assert register.revoked() == []  # the power may fail before the second one is on the card
    _, third = register.renew(second.serial, "key-3", NOW, sign)
    assert {each.serial for each in register.revoked()} == {first.serial}
    assert third.serial not in {first.serial, second.serial}


def test_a_device_from_the_cupboard_comes_back_within_the_grace_and_not_after(register, sign):
    _, made = register.enrol(expect(register), "key-1", PI, NOW, sign)
    over = made.until + GRACE
    with pytest.raises(Refused, match="not-a-member"):
        register.renew(made.serial, "key-1", over, sign)
    assert register.renew(made.serial, "key-1", over - timedelta(seconds=1), sign)[0] == "pad-3"


def test_a_change_by_another_is_noticed(tmp_path, register):
    before = register.version()
    other = Register(tmp_path / "register.db")
    expect(other)
    other.close()
    assert register.version() != before


class AnyOrder(RuleBasedStateMachine):
    """Whatever people and devices do in whatever order, a name has at most one key that counts."""

    @initialize()
    def begin(self):
        from pathlib import Path
        from tempfile import mkdtemp

        self.register = Register(Path(mkdtemp(prefix="hall-register-")) / "r.db")
        self.sign, self.now = Signer(), NOW
        self.tokens, self.serials = [], []

    @rule(kind=st.sampled_from(["expect", "replace", "retire", "quarantine", "release", "confirm"]))
    def people(self, kind):
        try:
            match kind:
                case "expect":
                    self.tokens.append(expect(self.register, now=self.now))
                case "replace":
                    self.tokens.append(self.register.replace("pad-3", now=self.now, actor="t"))
                case "quarantine":
                    self.register.quarantine("pad-3", now=self.now, actor="t", why="x")
                case other:
                    getattr(self.register, other)("pad-3", now=self.now, actor="t")
        except Refused:
            pass

    @precondition(lambda self: self.tokens)
    @rule(key=st.integers(1, 3), data=st.data())
    def device(self, key, data):
        token = data.draw(st.sampled_from(self.tokens))
        try:
            self.serials.append(self.register.enrol(token, f"key-{key}", PI, self.now, self.sign)[1].serial)
        except Refused:
            return
        # only the last token that was given out may ever have worked
        assert token == self.tokens[-1]

    @precondition(lambda self: self.serials)
    @rule(data=st.data())
    def renewal(self, data):
        serial = data.draw(st.sampled_from(self.serials))
        with contextlib.suppress(Refused):
            self.serials.append(self.register.renew(serial, f"key-{serial}", self.now, self.sign)[1].serial)

    @rule(hours=st.integers(1, 40))
    def time_passes(self, hours):
        self.now += timedelta(hours=hours)

    @invariant()
    def whoever_is_out_is_out_whole(self):
        if not hasattr(self, "register") or not self.register.entries():
            return
        entry = self.register.entries()[0]
        counting = set(range(1, self.sign.serial + 1)) - {r.serial for r in self.register.revoked()}
        if entry.name in self.register.closed():
            assert not counting
        else:
            assert (
                1 <= len(counting) <= 2
            )  # the present one, and the one before until the present one is on the card

    def teardown(self):
        if hasattr(self, "register"):
            self.register.close()


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
