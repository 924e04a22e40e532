"""A release goes through a hall canaries first, stops where it does harm, and never goes on by itself."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.releases import rollout
from hub.releases.book import Book, Pages
from hub.releases.rollout import Outcome, Rollout

AT = datetime(2026, 5, 6, 20, 0, tzinfo=UTC)
KINDS = {f"pad-{n}": "pad" for n in range(1, 101)} | {
    "sign-1": "sign",
    "sign-2": "sign",
    "dispenser-1": "dispenser",
}
CANARIES = ("dispenser-1", "pad-1", "sign-1")


def begun(there=frozenset(KINDS)):
    return rollout.chosen(Rollout(version="1.1", begun=AT, actor="li"), KINDS, there)


def after(said, start=None):
    now = start or begun()
    for member, phase in said:
        now = rollout.heard(now, member, phase, None)
    return now


def asked(of):
    return {member for member in KINDS if rollout.wanted(of, member)}


CANARIES_GOOD = [(member, "good") for member in CANARIES]


def test_first_one_of_each_kind_and_no_other():
    assert asked(begun()) == {*CANARIES}


def test_a_device_that_is_away_is_no_canary_when_another_of_its_kind_is_there():
    assert begun(frozenset(KINDS) - {"pad-1"}).canaries == ("dispenser-1", "pad-10", "sign-1")


def test_canaries_are_chosen_once():
    chosen = begun()
    assert rollout.chosen(chosen, KINDS, frozenset()) is chosen


def test_before_they_are_chosen_nobody_is_asked_and_nothing_is_done():
    fresh = Rollout(version="1.1", begun=AT, actor="li")
    assert asked(fresh) == set()
    assert not rollout.done(fresh)


def test_all_when_every_canary_has_proved_it():
    assert asked(after(CANARIES_GOOD[:-1])) == {*CANARIES}
    assert asked(after(CANARIES_GOOD)) == {*KINDS}


@pytest.mark.parametrize("phase", ["waiting", "installing", "trial"])
def test_a_canary_that_is_at_it_or_away_is_no_success(phase):
    assert asked(after([*CANARIES_GOOD[:-1], (CANARIES[-1], phase)])) == {*CANARIES}


def test_a_canary_that_is_away_before_it_has_begun_gives_its_place_to_one_that_is_there():
    there = frozenset(KINDS) - {"pad-1", "dispenser-1"}
    minded = rollout.minded(begun(), KINDS, there, AT)
    assert minded.canaries == ("dispenser-1", "pad-10", "sign-1")
    assert asked(minded) == {*minded.canaries}


def test_a_canary_that_has_begun_keeps_its_place_while_it_starts_again():
    working = after([("pad-1", "trial")])
    assert rollout.minded(working, KINDS, frozenset(KINDS) - {"pad-1"}, AT) == working


def test_a_device_that_failed_stands_in_for_nobody():
    failed = msgspec.structs.replace(
        begun(), outcomes={member: Outcome.BAD for member in KINDS if member != "pad-1"}
    )
    assert rollout.minded(failed, KINDS, frozenset(KINDS) - {"pad-1"}, AT).canaries == CANARIES


def test_a_canary_that_has_begun_and_is_silent_halts_it():
    begun_at = AT + timedelta(hours=1)
    silent = rollout.heard(begun(), "pad-1", "installing", None, begun_at)
    assert rollout.minded(silent, KINDS, frozenset(KINDS), begun_at + rollout.SILENT).halted is None
    late = rollout.minded(silent, KINDS, frozenset(KINDS), begun_at + rollout.SILENT + timedelta(seconds=1))
    assert late.halted == "canary pad-1 has said nothing for 2 h since: installing"
    assert asked(late) == set()


def test_no_rollout_waits_for_ever_for_a_canary_that_never_comes():
    nearly = after(CANARIES_GOOD[:-1])
    gone = frozenset(KINDS) - {"sign-1", "sign-2"}
    assert rollout.minded(nearly, KINDS, gone, AT + rollout.LONGEST).halted is None
    late = rollout.minded(nearly, KINDS, gone, AT + rollout.LONGEST + timedelta(seconds=1))
    assert late.halted == "canary sign-1 has not proved it within 14 days"


def test_once_the_canaries_have_proved_it_those_that_are_away_halt_nothing():
    good = after(CANARIES_GOOD)
    assert rollout.minded(good, KINDS, frozenset(), AT + 2 * rollout.LONGEST) is good


@pytest.mark.parametrize("phase", ["refused", "failed", "rolled-back"])
def test_a_canary_that_failed_halts_it(phase):
    halted = after([("sign-1", phase)])
    assert halted.halted == f"canary sign-1 {phase}"
    assert asked(halted) == set()


def test_one_in_fifty_may_fail_and_no_more():
    two = after([*CANARIES_GOOD, ("pad-50", "failed"), ("pad-51", "rolled-back")])
    assert two.halted is None
    three = after([("pad-52", "failed")], two)
    assert three.halted == "3 of 100 failed, pad-50 failed"


def test_who_has_it_keeps_it_when_it_is_halted():
    halted = rollout.halted(after(CANARIES_GOOD), "li: odd colours")
    assert asked(halted) == {*CANARIES}


def test_nothing_resumes_a_halted_rollout():
    halted = after([("sign-1", "failed")])
    assert after([("sign-1", "good"), *CANARIES_GOOD, ("pad-2", "good")], halted).halted == halted.halted
    assert rollout.halted(halted, "another").halted == halted.halted


def test_a_device_that_failed_is_not_asked_again():
    assert "pad-50" not in asked(after([*CANARIES_GOOD, ("pad-50", "failed")]))


@given(
    st.lists(
        st.tuples(
            st.sampled_from(sorted(KINDS)),
            st.sampled_from(["waiting", "installing", "trial", "good", "failed", "refused", "rolled-back"]),
        ),
        max_size=60,
    )
)
def test_whatever_devices_say(said):
    now = begun()
    for member, phase in said:
        before, now = now, rollout.heard(now, member, phase, "x")
        if before.halted:
            assert now.halted == before.halted
            assert asked(now) <= {each for each, outcome in now.outcomes.items() if outcome is Outcome.GOOD}
        if not {*CANARIES} <= {each for each, outcome in now.outcomes.items() if outcome is Outcome.GOOD}:
            assert asked(now) <= {*CANARIES} | {e for e, o in now.outcomes.items() if o is Outcome.GOOD}


class TestTheBook:
    def test_what_one_writes_the_other_reads(self, tmp_path):
        one, other = Book(tmp_path / "rollouts.json"), Book(tmp_path / "rollouts.json")
        assert other.current is None
        one.change(
            lambda pages: Pages(rollouts=[*pages.rollouts, begun()], sources=("https://box:8443/releases",))
        )
        assert other.current == begun()
        other.revise(lambda of: rollout.heard(of, "pad-1", "good", None))
        assert one.current is not None
        assert one.current.outcomes["pad-1"] is Outcome.GOOD

    @pytest.mark.parametrize("what", [b"", b"{", b"[]", b'{"rollouts": [{"version": 1}]}'])
    def test_one_that_cannot_be_read_is_no_rollout(self, tmp_path, what):
        (tmp_path / "rollouts.json").write_bytes(what)
        assert Book(tmp_path / "rollouts.json").current is None

    def test_one_that_cannot_be_read_is_said_once(self, tmp_path, caplog):
        (tmp_path / "rollouts.json").write_bytes(b"{")
        book = Book(tmp_path / "rollouts.json")
        assert [book.current for _ in range(9)] == [None] * 9
        assert len(caplog.records) == 1

    def test_without_a_file_it_is_kept_until_the_end_of_the_program_and_nothing_is_written(
        self, tmp_path, monkeypatch
    ):
        monkeypatch.chdir(tmp_path)
        book = Book(None)
        book.change(lambda pages: Pages(rollouts=[*pages.rollouts, begun()], sources=pages.sources))
        book.revise(lambda of: rollout.heard(of, "pad-1", "good", None))
        assert book.current is not None
        assert book.current.outcomes["pad-1"] is Outcome.GOOD
        assert not list(tmp_path.iterdir())
