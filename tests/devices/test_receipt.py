"""The receipt of a case on paper: its number, whom to ask, and a call only where one is promised."""

from datetime import datetime
from zoneinfo import ZoneInfo

from devices.ticket_dispenser import ending
from devices.ticket_dispenser.blocks import Line
from hall.messages.commands import CaseReceipt
from tests.devices.a_ticket import HALL

AT = datetime(2026, 11, 23, 15, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


def lines(**fields):
    made = ending.receipt(HALL, CaseReceipt(case="2026-1123-003", **fields), at=AT)
    return [(block.zh, block.en) for block in made.blocks if isinstance(block, Line)]


def test_it_tells_number_day_and_until_when_one_is_called():
    said = lines(call_by="2026-12-04")
    assert ("受理回执", "Receipt") in said
    assert ("编号2026-1123-003（2026-11-23）", "Reference 2026-1123-003 (2026-11-23)") in said
    assert ("已登记，我们会在12月4日前给您回电", "Registered; we will call you by 4 December") in said
    assert any("12329" in zh for zh, _ in said)


def test_no_call_is_promised_where_none_is_owed():
    assert not any("回电" in zh for zh, _ in lines())
