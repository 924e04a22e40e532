"""The technician's page: who needs somebody comes first."""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from hall.clock import VirtualScheduler
from hall.messages.common import DeviceOrder, MemberState
from hall.messages.facts import BundleCame, DeviceAnswered, DeviceOrdered, DeviceTested
from hall.messages.presence import Beat
from hall.messages.wants import PaperLeft
from hall.text import Text
from hub.console.mirror.care import BEATS_S, Nurse
from hub.console.mirror.picture import MemberSeen
from hub.console.pages.fleet.care import health, report, value_of
from hub.console.pages.fleet.table import by_need, paper_left


def device(name, state, *troubles):
    return MemberSeen(member=name, kind="pad", window=None, state=state, troubles=troubles)


def test_who_does_not_answer_comes_first_and_who_works_quietly_last():
    fine, off = device("pad-1", MemberState.READY), device("pad-2", MemberState.DISCONNECTED)
    lost, never = device("pad-3", MemberState.LOST), device("pad-0", None)
    limps = device("pad-4", MemberState.DEGRADED, Text(zh="按键卡住", en="a key is stuck"))
    complains = device("pad-9", MemberState.READY, Text(zh="温度偏高", en="it is hot"))
    ordered = by_need([fine, off, lost, never, limps, complains])
    assert ordered == [never, lost, limps, off, complains, fine]


BEAT = Beat(
    epoch=1, outbox=0, uptime_s=5, temperature_c=61.3, rss_mb=30.0, disk_free_mb=4321.0, clock_ok=True, memory_free_mb=411.0
)  # fmt: skip
AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def test_beats_are_shown_rounded_and_told_on_seldom():
    time, told = VirtualScheduler(AT), []
    nurse = Nurse(time, lambda: told.append(1))
    for degrees in (61.3, 60.9, 61.8, 59.2):
        nurse.on_beat("sign-1", replace(BEAT, temperature_c=degrees))
    assert list(health(nurse.of("sign-1"))) == ["温度60℃", "内存余400MB", "磁盘余4300MB"]
    time.run_for(BEATS_S + 1)
    assert len(told) == 1
    nurse.on_beat("sign-1", replace(BEAT, throttled=0x10005, clock_ok=False, outbox=7))
    assert {"时钟未同步", "供电不足", "过热降速", "7条待报"} <= set(health(nurse.of("sign-1")))
    assert list(health(nurse.of("sign-2"))) == []


def test_what_a_device_was_told_stands_there_with_how_it_ended_and_what_its_test_found():
    nurse, zone = Nurse(VirtualScheduler(AT), lambda: None), ZoneInfo("Asia/Shanghai")
    nurse.on_fact(DeviceOrdered(n=7, at=AT, member="sign-1", order=DeviceOrder.SELF_TEST))
    assert list(report(nurse.of("sign-1"), zone)) == ["自检：已下达（17:00）"]
    nurse.on_fact(DeviceAnswered(n=8, at=AT, member="sign-1", order=6, phase="done", code="ok"))
    assert list(report(nurse.of("sign-1"), zone)) == ["自检：已下达（17:00）"]
    nurse.on_fact(DeviceAnswered(n=9, at=AT, member="sign-1", order=7, phase="failed", code="panel-fault"))
    nurse.on_fact(
        DeviceTested(n=10, at=AT, member="sign-1", results={"panel": "panel-fault", "alerts": ["panel"]})
    )
    nurse.on_fact(BundleCame(n=11, at=AT, member="sign-1", file="sign-1-20261123.json.gz", size=900))
    assert list(report(nurse.of("sign-1"), zone)) == [
        "自检：未完成，panel-fault（17:00）",
        "自检（17:00） alerts: panel · panel: panel-fault",
        "诊断包sign-1-20261123.json.gz已到主机",
    ]


@pytest.mark.parametrize(
    ("written", "value"),
    [("8", 8), ("-6.5", -6.5), ("true", True), ("debug", "debug"), ("", None), ('"8"', "8"), ("幺", "幺")],
)
def test_a_value_is_read_by_the_rules_of_settings_files(written, value):
    assert value_of(written) == value
    assert type(value_of(written)) is type(value)


@pytest.mark.parametrize("written", ["[1]", "{a: 1}", "a: 1", "\x1b[2J", "&x 1"])
def test_what_is_no_single_value_is_none(written):
    with pytest.raises(ValueError, match=re.escape(written)):
        value_of(written)


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (None, []),
        (PaperLeft(left_m=62), ["余纸62米"]),
        (PaperLeft(left_m=62, tickets=430), ["余纸62米，约430张票"]),
    ],
)
def test_what_is_left_on_a_roll_is_shown_as_far_as_it_is_known(left, said):
    dispenser = replace(device("dispenser-1", MemberState.READY), paper=left)
    assert [re.sub(r"<[^>]+>", "", line) for line in paper_left(dispenser)] == said
