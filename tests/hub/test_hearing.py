"""At which speakers a sentence is said: a call near its window, notices and an order to leave everywhere, and nobody called into silence."""

import pytest

from hall.messages.common import MemberKind
from hall.plan import MemberPlan, WindowPlan


@pytest.fixture
def zoned(make_rig):
    """Windows 1 and 2 in the east, 3 in the west; a speaker for each zone, one for window 2 alone, one for the whole hall."""
    rig = make_rig(
        windows=(
            WindowPlan(window=1, serves=("withdrawal", "loan"), zone="东区"),
            WindowPlan(window=2, serves=("withdrawal",), zone="东区"),
            WindowPlan(window=3, serves=("loan",), zone="西区"),
        ),
        members={
            "console-1": MemberPlan(kind=MemberKind.CONSOLE),
            "dispenser-1": MemberPlan(kind=MemberKind.DISPENSER),
            "speaker-1": MemberPlan(kind=MemberKind.SPEAKER, zones=("东区",)),
            "speaker-2": MemberPlan(kind=MemberKind.SPEAKER, zones=("西区",)),
            "speaker-3": MemberPlan(kind=MemberKind.SPEAKER, window=2),
            "speaker-4": MemberPlan(kind=MemberKind.SPEAKER),
        },
    )
    rig.start_hub()
    speakers = [rig.member(f"speaker-{n}") for n in (1, 2, 3, 4)]
    return rig, rig.member("console-1"), rig.member("dispenser-1"), speakers


def announced(speakers, phrase):
    """Numbers of the speakers that were told to say it."""
    return [
        n
        for n, speaker in enumerate(speakers, 1)
        if any(
            c["type"] == "announce" and c["phrase"].startswith(phrase) for c in speaker.got("/down/command")
        )
    ]


def called(zoned, window, service):
    _, console, dispenser, speakers = zoned
    console.ask("sit", window=window, clerk="011")
    dispenser.take(service, id_=f"t{window}")
    console.ask("call_next", window=window)
    return announced(speakers, "voice.call")


@pytest.mark.parametrize(
    ("window", "service", "heard"),
    [(1, "withdrawal", [1, 4]), (2, "withdrawal", [1, 3, 4]), (3, "loan", [2, 4])],
)
def test_a_call_is_said_in_its_window_s_zone_and_by_whoever_serves_the_whole_hall(
    zoned, window, service, heard
):
    assert called(zoned, window, service) == heard


def test_notices_and_an_order_to_leave_are_said_everywhere(zoned):
    _, console, _, speakers = zoned
    console.ask("broadcast", kind="child")
    assert announced(speakers, "voice.child") == [1, 2, 3, 4]
    console.ask("broadcast", kind="evacuate", confirmed=True)
    assert announced(speakers, "voice.evacuate") == [1, 2, 3, 4]


@pytest.mark.parametrize("after_s", [5, 25], ids=["its first sentence", "a later one"])
@pytest.mark.parametrize("kind", ["child", "evacuate"])
def test_who_hears_again_after_a_notice_was_withdrawn_does_not_say_it(zoned, kind, after_s):
    rig, console, _, speakers = zoned
    rig.broker.cut("speaker-1")
    rig.settle()
    given = console.ask("broadcast", kind=kind, confirmed=True)["facts"][0]
    rig.run_for(after_s)
    assert console.ask("withdraw_notice", notice=given["notice"])["ok"]
    rig.broker.mend("speaker-1")
    rig.run_for(3)
    assert announced(speakers, f"voice.{kind}") == [2, 3, 4]


def test_where_no_speaker_of_the_zone_works_the_whole_hall_s_say_it(zoned):
    rig = zoned[0]
    rig.broker.cut("speaker-2")
    rig.broker.cut("speaker-4")
    rig.settle()
    assert called(zoned, 3, "loan") == [1, 3]


def test_a_silent_hall_s_speakers_are_told_nevertheless(zoned):
    rig = zoned[0]
    for n in (1, 2, 3, 4):
        rig.broker.cut(f"speaker-{n}")
    rig.settle()
    called(zoned, 3, "loan")
    for n in (1, 2, 3, 4):
        rig.broker.mend(f"speaker-{n}")
    rig.run_for(3)
    assert announced(zoned[3], "voice.call") == [2, 4]
