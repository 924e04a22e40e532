"""What people are handed and shown, read by machines that know nothing of this house: zbar and tesseract."""

import re
from datetime import datetime
from difflib import SequenceMatcher
from zoneinfo import ZoneInfo

import pytest

from hall.messages import asks, facts
from hall.messages.common import Outcome
from sim.layout import demo_plan
from sim.people import eyes


def like(read, expected):
    """Whether one line of what was read is this sentence, up to the mistakes of a reader."""
    wanted = _plain(expected)
    return any(
        SequenceMatcher(None, line[start : start + len(wanted)], wanted).ratio() > 0.8
        for line in _plain(read).splitlines()
        for start in range(max(1, len(line) - len(wanted) + 1))
    )


def _plain(text):
    """Without spaces, and with one kind of punctuation: readers mix them."""
    return text.replace(" ", "").translate(str.maketrans("，：。；（）", ",:.;()"))


def test_a_ticket_says_everything_a_person_needs(quiet_hall, quiet):
    for window in (2, 3):
        quiet.sits(window)
    for minutes in (3, 3, 4, 4, 5):  # so that the hall knows how long a withdrawal takes
        quiet.helps("withdrawal", lane="normal")
        quiet.serves(2, seconds=60 * minutes)
    for window in (2, 3):
        quiet.helps("withdrawal", lane="normal")
        quiet.calls(window)
    for _ in range(2):
        quiet.helps("withdrawal", lane="normal")
    issued = quiet.takes("withdrawal")
    paper = quiet_hall.papers()[-1].image
    read = eyes.text(paper)
    assert issued.ahead == 2
    assert eyes.number(paper) == issued.number == "A010"
    assert eyes.codes(paper) == [f"示例市住房公积金服务大厅 A010 {issued.at:%Y-%m-%d %H:%M}"]
    for line in (
        "示例市住房公积金服务大厅",
        "Example City Housing Fund Hall",
        "业务：提取",
        f"{issued.at:%Y-%m-%d}",
        "本人身份证",
        "本人一类银行卡",
        "清单版本：2026-01",
        "监督电话0000-0000000",
        "谢谢，祝您办事顺利",
    ):
        assert like(read, line), f"{line!r} is not in {read}"
    assert "12329" in read
    assert issued.wait_max_s >= issued.wait_min_s > 60
    assert like(read, f"大约等候{issued.wait_min_s // 60}至{-(-issued.wait_max_s // 60)}分钟")
    assert re.search("办理约需[45]分钟", read)
    assert like(read, "可办窗口：2、3号")
    assert issued.now == "A007"
    assert "现在叫到" in read


def test_a_person_with_priority_reads_priority_and_never_why(quiet_hall, quiet):
    quiet_hall.press_green()
    quiet_hall.run_for(1.5)
    quiet_hall.press("enquiry")
    quiet.wait_for(facts.TicketPrinted)
    read = eyes.text(quiet_hall.papers()[-1].image)
    assert "优先" in read
    for word in ("老", "残", "孕", "病", "军"):
        assert word not in read


def test_pressing_again_prints_the_papers_of_the_chosen_situation_and_no_second_number(quiet_hall, quiet):
    quiet.takes("withdrawal")
    quiet_hall.press("withdrawal")  # the first situation: rent
    quiet_hall.run_for(6)
    assert len(quiet.told(facts.TicketIssued)) == 1
    assert len(quiet_hall.papers()) == 2
    read = eyes.text(quiet_hall.papers()[-1].image)
    assert like(read, "租赁合同及发票")
    assert like(read, "婚姻状况材料")


def test_a_long_press_prints_the_whole_list_and_takes_no_number(quiet_hall, quiet):
    quiet_hall.twin("dispenser-1").press("settlement", 2.5)
    quiet.until(lambda: len(quiet_hall.papers()) == 1, "the list is printed")
    quiet_hall.run_for(5)
    assert not quiet.told(facts.TicketIssued)
    read = eyes.text(quiet_hall.papers()[0].image)
    assert like(read, "借款人身份证")
    assert like(read, "部分提前还款")


def test_the_sign_says_each_state_of_a_visit(quiet_hall, quiet, wall):
    said = {}
    said["closed"] = wall(quiet_hall, 1, 6)
    quiet.sits(1, "018")
    said["idle"] = wall(quiet_hall, 1, 20)
    quiet.takes("enquiry")
    quiet.calls(1)
    said["called"] = wall(quiet_hall, 1, 18)
    quiet.starts(1)
    said["serving"] = wall(quiet_hall, 1, 4)
    quiet.finishes(1, Outcome.DONE)
    said["rate"] = wall(quiet_hall, 1, 4)
    quiet.rates(1, 3)
    quiet_hall.run_for(1)
    said["thanks"] = wall(quiet_hall, 1, 3)
    quiet.does(asks.Pause(id=quiet_hall.new_id(), window=1, reason="设备故障"))
    said["fault"] = wall(quiet_hall, 1, 8)
    for state, sentence in (
        ("closed", "本窗口今日不开"),
        ("idle", "爱心窗口优先"),
        ("idle", "工号018您好"),
        ("called", "F001"),
        ("called", "F001请到本窗口"),
        ("called", "F001请到1号窗口"),
        ("serving", "正在办理F001"),
        ("rate", "请您评价谢谢"),
        ("thanks", "谢谢请慢走"),
        ("fault", "设备故障请稍候"),
        ("fault", "请到引导台问询"),
    ):
        assert eyes.finds(said[state], sentence), f"{state}: {sentence}"


@pytest.mark.parametrize(("start", "said"), [("08:00", "已下班9:00办理"), ("16:59:30", "已下班9:00办理")])
def test_a_closed_hall_says_when_it_opens_and_gives_no_number(new_simulated_hall, wall, start, said):
    at = datetime.fromisoformat(f"2026-03-02T{start}").replace(tzinfo=ZoneInfo("Asia/Shanghai"))
    hall = new_simulated_hall(plan=demo_plan(always_open=False), start=at, quiet=True)
    hall.run_for(60)
    assert eyes.finds(wall(hall, 2, 4), said)
    hall.press("withdrawal")
    hall.run_for(10)
    assert not [fact for fact in hall.facts if isinstance(fact, facts.TicketIssued)]
    (notice,) = hall.papers()
    assert "9:00" in eyes.text(notice.image)
