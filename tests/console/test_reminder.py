"""A reminder in the phone's own calendar: what the file says, when it rings, and what it never holds (RFC 5545)."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from hall.text import Text
from hub.console.phone.booking import Booked, booked_page
from hub.console.phone.reminder import Slot, of_appointment, of_return

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 20, 8, 0, tzinfo=ZONE)
HALL, SERVICE = Text(zh="示例大厅", en="Example Hall"), Text(zh="提取", en="Withdrawal")
SLOT = Slot(
    datetime(2026, 11, 23, 10, 0, tzinfo=ZONE),
    datetime(2026, 11, 23, 10, 30, tzinfo=ZONE),
    timedelta(minutes=15),
)


def lines(calendar):
    """The file's lines as a calendar reads them: pieces put together again."""
    assert calendar.endswith("\r\n")
    return calendar.removesuffix("\r\n").replace("\r\n ", "").split("\r\n")


def booked(*, secret="f" * 32, service=SERVICE, note="预约码：123456"):
    return of_appointment(secret, HALL, service, SLOT, note, NOW)


class TestABookedTime:
    def test_it_stands_at_its_time_and_rings_while_one_can_set_out_and_when_the_hall_reminds(self):
        said = lines(booked())
        assert {"DTSTART:20261123T020000Z", "DTEND:20261123T023000Z", "DTSTAMP:20261120T000000Z"} <= set(said)
        assert [line for line in said if line.startswith("TRIGGER")] == ["TRIGGER:-PT75M", "TRIGGER:-PT15M"]

    def test_today_is_said_by_the_alarm_alone(self):
        said = lines(booked())
        speaking = [
            i for i, line in enumerate(said) if "您约了今天10:00办理提取，请提前15分钟到并带齐材料" in line
        ]
        assert [said[i - 1][:7] for i in speaking] == ["TRIGGER", "TRIGGER"]

    def test_the_code_is_in_it_and_what_opens_the_page_is_not(self):
        calendar = booked(secret="0123456789abcdef0123456789abcdef")
        assert "DESCRIPTION:预约码：123456" in lines(calendar)
        assert "0123456789abcdef" not in calendar

    def test_the_same_time_asked_for_twice_is_one_entry(self):
        first, second = lines(booked()), lines(booked())
        other = lines(booked(secret="e" * 32))
        assert [line for line in first if line.startswith("UID")] == [
            x for x in second if x.startswith("UID")
        ]
        assert [line for line in first if line.startswith("UID")] != [x for x in other if x.startswith("UID")]

    def test_the_page_says_it_too_from_the_halls_reminder_on(self):
        def page(*, near, stands=True):
            kept = Booked(code="123456", service=SERVICE, slot=SLOT, near=near, stands=stands)
            return booked_page(HALL, "f" * 32, kept, None)

        assert "您约了今天10:00办理提取" in page(near=True)
        assert "您约了今天" not in page(near=False) + page(near=True, stands=False)


def test_the_first_day_on_which_one_may_come_again_rings_that_morning():
    said = lines(of_return("ticket", HALL, SERVICE, date(2027, 11, 23), ZONE, NOW))
    assert "DTSTART;VALUE=DATE:20271123" in said
    assert "TRIGGER;VALUE=DATE-TIME:20271123T010000Z" in said
    assert "DESCRIPTION:您好，您已可以再次办理提取 Hello\\, Withdrawal is possible again" in said


@given(st.text(max_size=120), st.text(max_size=120))
def test_whatever_a_service_is_called_the_file_keeps_its_form(zh, en):
    calendar = booked(service=Text(zh=zh, en=en), note=zh)
    assert all(len(line.encode()) <= 75 for line in calendar.encode().decode().split("\r\n"))
    names = [line.partition(":")[0].partition(";")[0] for line in lines(calendar)]
    usual = [line.partition(":")[0].partition(";")[0] for line in lines(booked())]
    assert [name for name in names if name != "DESCRIPTION"] == [x for x in usual if x != "DESCRIPTION"]
