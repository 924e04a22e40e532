"""The ticket in large print: the number over a third of the paper, four lines, and nothing about why."""

from datetime import datetime
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest
from PIL import Image, ImageChops

from devices.ticket_dispenser import preview, slip
from devices.ticket_dispenser.blocks import Code, Gap, Line, Number
from devices.ticket_dispenser.raster import Press
from devices.ticket_dispenser.typeface import Typeface
from hall.messages.common import Via
from hall.messages.facts import TicketIssued
from hall.messages.wants import Service, Services
from hall.plan import HallPlan
from hall.settings import load
from hall.text import Text

AT = datetime(2026, 11, 23, 10, 2, tzinfo=ZoneInfo("Asia/Shanghai"))
EXAMPLE = load(Path(__file__).parents[2] / "deploy" / "hall.example.yaml", HallPlan)
SERVICES = tuple(
    Service(id=key, letter=plan.letter, name=plan.name, common=plan.common)
    for key, plan in EXAMPLE.services.items()
)
HALL = Services(
    rev="1", hall="demo", name=Text(zh="示例大厅", en="Hall"), services=SERVICES, public_url="http://x"
)


def made(*, copy=1, **changes):
    facts = {
        "n": 5, "at": AT, "ticket": "t", "number": "A012", "service": "withdrawal", "lane": "priority",
        "via": Via.DISPENSER, "ahead": 3, "wait_min_s": 600, "wait_max_s": 900, "windows": (2, 3), "large_print": True,
    }  # fmt: skip
    return slip.ticket(HALL, TicketIssued(**{**facts, **changes}), at=AT, token="0" * 32, copy=copy)


def lines(paper):
    return [block.zh for block in paper.blocks if isinstance(block, Line)]


def test_it_has_four_lines_and_the_number():
    paper = made()
    assert lines(paper) == ["提取 优先 10:02", "您前面还有3人", "约10至15分钟", "有事请找引导台"]
    assert {type(block) for block in paper.blocks} == {Gap, Number, Line}


@pytest.mark.parametrize("width", [576, 384])
@pytest.mark.parametrize("service", [service.id for service in SERVICES])
@pytest.mark.parametrize("copy", [1, 2])
def test_the_number_takes_over_a_third_of_the_paper_of_every_service(width, service, copy):
    paper = made(service=service, copy=copy)
    press = Press(width, Typeface(None))
    number = next(block for block in paper.blocks if isinstance(block, Number))
    left, top, right, bottom = ImageChops.invert(press.block(number).convert("L")).getbbox()
    assert (bottom - top) * 3 > press.draw(paper).height
    assert (right - left) * 4 > width * 3


@pytest.mark.parametrize("width", [576, 384])
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"ahead": 0},
        {"ahead": 120, "wait_min_s": 6000, "wait_max_s": 7200},
        {"windows": ()},
        {"wait_min_s": None},
        {"offline": True},
    ],
)
def test_every_line_stands_in_one_row(width, changes):
    press, paper = Press(width, Typeface(None)), made(**changes)
    heights = {press.block(block).height for block in paper.blocks if isinstance(block, Line)}
    assert len(heights) == 1


def test_a_promise_is_printed_only_when_it_is_true():
    assert lines(made(ahead=0))[1] == "您是下一位"
    assert lines(made(windows=()))[2] == "暂无窗口请稍候"
    assert lines(made(wait_min_s=None))[2] == "时间请看大屏"
    assert lines(made(offline=True))[1:3] == ["请留意叫号", "断网，本号有效"]


def test_a_normal_ticket_in_large_print_says_no_lane():
    assert lines(made(lane="normal"))[0] == "提取 10:02"


def test_a_copy_is_marked_and_there_is_no_code():
    paper = made(copy=2)
    assert lines(paper)[0] == "提取 优先 补打"
    assert not any(isinstance(block, Code) for block in paper.blocks)


def test_the_console_shows_it_as_it_is_printed():
    facts = TicketIssued(
        n=5, at=AT, ticket="t", number="A012", service="withdrawal", lane="normal", via=Via.DISPENSER, ahead=3,
        wait_min_s=600, wait_max_s=900, windows=(2,),
    )  # fmt: skip
    asked = msgspec.structs.replace(facts, large_print=True)
    with Image.open(BytesIO(preview.png(HALL, facts, AT, 384, "large-print"))) as shown:
        printed = Press(384).draw(slip.ticket(HALL, asked, at=AT))
        assert ImageChops.difference(shown.convert("L"), printed.convert("L")).getbbox() is None
