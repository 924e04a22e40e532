"""Whether the hall can open: what is ready, what is missing, and what to do about it."""

from datetime import UTC, datetime, timedelta

import pytest

from hall.messages.common import MemberKind, MemberState
from hall.text import Text
from hall.troubles import TROUBLES
from hub.console.membership.readiness import days_left, readiness, shared
from hub.console.mirror.picture import MemberSeen
from hub.trust.register import Entry, Machine, Standing

AT = datetime(2026, 11, 23, 0, 50, tzinfo=UTC)
OPENS = AT + timedelta(minutes=10)


def device(name, state=MemberState.READY, *codes):
    texts = tuple(TROUBLES[code].text for code in codes)
    return MemberSeen(
        member=name, kind=name.split("-")[0], window=None, state=state, troubles=texts, codes=codes
    )


def entry(name, standing=Standing.IN_SERVICE, days=60):
    kind = MemberKind(name.split("-")[0])
    until = None if days is None else AT + timedelta(days=days, hours=1)
    return {name: Entry(name=name, kind=kind, standing=standing, since=AT, machine=Machine(), until=until)}


def found(*members, standing=None):
    return readiness(members, standing or {}, at=AT, opens=OPENS)


def test_a_hall_where_everybody_is_well_is_ready_and_consoles_are_no_devices():
    report = found(device("pad-1"), device("sign-1"), device("console-web"), standing=entry("pad-1"))
    assert report.all_well
    assert report.ready == ("pad-1", "sign-1")


@pytest.mark.parametrize(
    ("state", "says"),
    [(MemberState.LOST, "没有应答"), (MemberState.DISCONNECTED, "已关机"), (None, "从未上线"), (MemberState.UPDATING, "正在更新")],
)  # fmt: skip
def test_who_is_not_there_stops_the_opening_and_it_says_what_to_do(state, says):
    (need,) = found(device("pad-1", state)).needs
    assert (need.member, need.text.zh, need.stops) == ("pad-1", says, True)
    assert need.do.zh.startswith("请")


def test_somebody_who_waits_for_an_escort_keeps_no_hall_from_opening():
    report = found(device("dispenser-1", MemberState.READY, "escort-wanted"))
    assert report.all_well
    assert report.ready == ("dispenser-1",)


def test_each_trouble_stands_with_its_own_remedy_behind_what_stops():
    report = found(
        device("dispenser-1", MemberState.DEGRADED, "paper-out", "paper-low"), device("sign-1", None)
    )
    assert [need.member for need in report.needs] == ["sign-1", "dispenser-1", "dispenser-1"]
    assert [need.do for need in report.needs[1:]] == [TROUBLES["paper-out"].do, TROUBLES["paper-low"].do]
    assert report.ready == ()


def test_who_limps_and_does_not_say_why_is_to_be_tested():
    (need,) = found(device("sign-1", MemberState.DEGRADED)).needs
    assert "自检" in need.do.zh


@pytest.mark.parametrize("standing", [each for each in Standing if each is not Standing.IN_SERVICE])
def test_a_standing_that_needs_somebody_is_said_once_whether_the_device_is_there_or_not(standing):
    for state in (MemberState.READY, MemberState.LOST):
        report = found(device("pad-1", state), standing=entry("pad-1", standing))
        (need,) = report.needs
        assert need.stops is (state is MemberState.LOST)
        assert need.do.zh.startswith("请")


@pytest.mark.parametrize(("days", "told"), [(14, False), (13, True), (0, True), (-3, True), (None, False)])
def test_a_certificate_that_runs_out_soon_is_told(days, told):
    report = found(device("pad-1"), standing=entry("pad-1", days=days))
    assert bool(report.needs) is told
    left = days_left(entry("pad-1", days=days)["pad-1"], AT)
    assert left == (None if days is None else max(0, days))


def test_the_report_is_due_from_ten_minutes_before_the_opening_until_it():
    for minutes, due in ((-1, False), (0, True), (9, True), (10, False)):
        report = readiness((), {}, at=AT + timedelta(minutes=minutes), opens=OPENS)
        assert report.due is due
    assert not readiness((), {}, at=AT, opens=None).due


def test_the_same_thing_of_many_devices_is_said_once_with_all_their_names():
    report = found(
        device("pad-1", MemberState.LOST),
        device("sign-1", MemberState.DEGRADED),
        device("pad-2", MemberState.LOST),
    )
    assert [[need.member for need in needs] for needs in shared(report.needs)] == [
        ["pad-1", "pad-2"],
        ["sign-1"],
    ]


def test_a_hall_box_that_is_not_where_its_devices_look_stands_first_and_is_no_device():
    lost = device("pad-1", MemberState.LOST)
    report = readiness([lost, device("sign-1")], {}, at=AT, opens=OPENS, moved=["10.0.0.5"])
    box, pad = report.needs
    assert (box.member, box.kind, box.stops, pad.member) == ("hub", "hub", True, "pad-1")
    assert "10.0.0.5" in box.text.zh
    assert "hall hub install --address" in box.do.zh
    assert (report.devices, report.ready) == (2, ("sign-1",))
    for text in (box.text, box.do):
        text.zh.encode("gb2312")
        assert text.en


def test_every_sentence_is_one_that_screens_and_printers_of_the_hall_can_show():
    everybody = [
        device(f"pad-{n}", state, "over-temperature") for n, state in enumerate((*MemberState, None))
    ]
    standing = {}
    for n, one in enumerate(Standing):
        standing |= entry(f"pad-{n}", one, days=3)
    for need in found(*everybody, standing=standing).needs:
        for text in (need.text, need.do):
            assert isinstance(text, Text)
            text.zh.encode("gb2312")
            assert "你" not in text.zh
            assert text.en
