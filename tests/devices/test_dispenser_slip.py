"""What slips say, how lines break, what bytes they become: everything about paper that needs no printer."""

import base64
from datetime import datetime
from io import BytesIO
from itertools import pairwise
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from devices.ticket_dispenser import slip
from devices.ticket_dispenser.blocks import Banner, Code, Line, Number, Rule, Ticks
from devices.ticket_dispenser.raster import Press
from devices.ticket_dispenser.typeface import Typeface, wrap
from devices.ticket_dispenser.variants import Variant, varied
from hall import plan_ticket
from hall.messages.common import Via
from hall.messages.facts import TicketIssued
from hall.messages.wants import Service, Services, Situation, TicketDesign
from hall.plan_ticket import TICKET_PARTS, TicketPlan
from hall.text import Text

AT = datetime(2026, 11, 22, 10, 2, tzinfo=ZoneInfo("Asia/Shanghai"))
TOKEN = "0123456789abcdef0123456789abcdef"
RENT = Situation(id="rent", name=Text(zh="租房", en="rent"), need=("无房证明", "租赁合同"))
BUY = Situation(id="buy", name=Text(zh="购房", en="purchase"), need=("购房合同",))
WITHDRAWAL = Service(
    id="withdrawal",
    letter="A",
    name=Text(zh="提取", en="Withdrawal"),
    common=("本人身份证", "银行卡"),
    situations=(RENT, BUY),
    online=True,
    version="2026-01",
    handling_min=12,
    zone="一楼东区",
    zone_en="ground floor, east",
)
ENQUIRY = Service(
    id="enquiry",
    letter="F",
    name=Text(zh="咨询", en="Enquiry"),
    station=("职工缴存证明", "贷款结清证明"),
)
HALL = Services(
    rev="1",
    hall="demo",
    name=Text(zh="示例大厅", en="Example Hall"),
    services=(WITHDRAWAL, ENQUIRY),
    opens="9:00",
    closes="17:00",
    public_url="http://hall.example",
    hotline="12329",
    supervision="0000-0000000",
    wait_limit_s=1200,
)


def issued(**changes):
    facts = {
        "n": 5, "at": AT, "ticket": "t", "number": "A012", "service": "withdrawal", "lane": "normal",
        "via": Via.DISPENSER, "ahead": 3, "wait_min_s": 600, "wait_max_s": 900, "windows": (2, 3, 4), "now": "A009",
    }  # fmt: skip
    return TicketIssued(**{**facts, **changes})


def ticket(hall=HALL, *, token=TOKEN, copy=1, **changes):
    return slip.ticket(hall, issued(**changes), at=AT, token=token, copy=copy)


def said(made):
    return "\n".join(made.texts)


def code(made):
    return next(block.data for block in made.blocks if isinstance(block, Code))


def items(made):
    return [item for block in made.blocks if isinstance(block, Ticks) for item in block.items]


class TestATicket:
    def test_it_tells_everything_once(self):
        text = said(ticket())
        for line in (
            "示例大厅",
            "您好，欢迎您来办事",
            "A012",
            "业务：提取",
            "取号时间：2026-11-22 10:02",
            "您前面还有3人",
            "大约等候10至15分钟",
            "可办窗口：2、3、4号（一楼东区）",
            "现在叫到：A009",
            "办理约需12分钟",
            "请备齐以下材料，一次办成",
            "清单版本：2026-01",
            "缺材料请先问引导台，不必空等",
            "这项业务手机也能办，扫码可看",
            "叫号未到请找引导台，当天有效",
            "咨询12329 监督电话0000-0000000",
            "谢谢，祝您办事顺利",
        ):
            assert line in text, line

    def test_a_booked_time_stands_on_it_and_whether_it_was_kept(self):
        slot = {"slot": AT.replace(hour=10, minute=30), "slot_until": AT.replace(hour=11, minute=0)}
        kept = said(ticket(lane="appointment", **slot))
        assert "预约 10:30至11:00" in kept
        assert "已转普通排队" not in kept
        late = said(ticket(late=True, **slot))
        assert "超过预约时间，已转普通排队" in late
        assert "预约 10:30" in said(ticket(lane="appointment", slot=AT.replace(hour=10, minute=30)))

    def test_who_comes_back_with_a_slip_reads_that_nobody_queues_twice(self):
        back = said(ticket(slip="s", window=3, windows=(3,), ahead=0, wait_min_s=None, wait_max_s=None))
        assert "不用重新排队，请留意3号窗口叫号" in back
        assert "等候" not in back
        assert "您前面还有" not in back
        front = said(ticket(slip="s", ahead=1))
        assert "您已排到前面" in front
        assert "您前面还有1人" in front

    def test_a_chosen_situation_brings_its_whole_list(self):
        made = ticket(situation="rent")
        assert "业务：提取（租房）" in said(made)
        assert items(made) == ["本人身份证", "银行卡", "无房证明", "租赁合同"]
        assert "长按" not in said(made)

    def test_papers_are_named_in_english_where_the_hall_says_how(self):
        hall = msgspec.structs.replace(HALL, papers_en={"本人身份证": "identity card", "租赁合同": "lease"})
        made = ticket(hall, situation="rent")
        ticks = [block for block in made.blocks if isinstance(block, Ticks)]
        assert [en for block in ticks for en in block.en] == ["identity card", "", "", "lease"]
        english = varied(made, Variant.ENGLISH)
        assert items(english) == ["identity card", "银行卡", "无房证明", "lease"]
        assert items(varied(made, Variant.LARGE)) == items(made)
        assert "identity card" not in said(varied(made, Variant.LARGE))

    def test_without_a_choice_it_lists_the_common_papers_and_says_where_the_rest_is(self):
        made = ticket()
        assert items(made) == ["本人身份证", "银行卡"]
        assert "各情形另需材料：扫码可看，长按本键可打印" in said(made)
        assert "各情形另需材料：长按本键可打印清单" in said(ticket(token=None))

    def test_a_service_without_papers_asks_for_none(self):
        made = ticket(service="enquiry", number="F001")
        assert items(made) == []
        assert "材料" not in said(made).replace("扫码看排队和材料", "")
        assert "证明可到自助区打印，全天开放" in said(made)
        assert "这些证明不用排队：职工缴存证明、贷款结清证明" in said(made)

    def test_the_next_person_reads_so(self):
        text = said(ticket(ahead=0))
        assert "您是下一位" in text
        assert "前面" not in text

    @pytest.mark.parametrize(
        ("low", "high", "words"),
        [
            (600, 900, "10至15"),
            (0, 30, "1至2"),
            (61, 119, "1至2"),
            (600, 600, "10至11"),
            (659, 661, "10至12"),
        ],
    )
    def test_a_wait_is_a_range_rounded_outwards(self, low, high, words):
        assert f"大约等候{words}分钟" in said(ticket(wait_min_s=low, wait_max_s=high))

    def test_an_unknown_wait_promises_nothing(self):
        text = said(ticket(wait_min_s=None, wait_max_s=None))
        assert "等候时间请看大屏" in text
        assert "大约" not in text

    def test_with_no_window_open_it_says_so(self):
        text = said(ticket(windows=()))
        assert "暂无窗口" in text
        assert "大约" not in text
        assert "可办窗口" not in text

    def test_a_wait_over_the_limit_is_told(self):
        assert "等候较久，引导台可帮您改办法" in said(ticket(wait_max_s=1201))
        assert "等候较久" not in said(ticket(wait_max_s=1200))

    @pytest.mark.parametrize(
        ("lane", "mark"), [("priority", "优先"), ("appointment", "预约"), ("disabled", "优先")]
    )
    def test_a_lane_is_named_and_never_its_reason(self, lane, mark):
        made = ticket(lane=lane)
        [number] = [block for block in made.blocks if isinstance(block, Number)]
        assert [m.zh for m in number.marks] == [mark]
        assert "disabled" not in said(made)

    def test_the_normal_lane_has_no_mark(self):
        assert "优先" not in said(ticket())

    def test_a_copy_is_marked_beside_the_number(self):
        [number] = [block for block in ticket(copy=2).blocks if isinstance(block, Number)]
        assert [(m.zh, m.loud) for m in number.marks] == [("补打", True)]
        assert "补打" not in said(ticket())

    def test_offline_it_is_valid_and_has_neither_estimate_nor_link(self):
        made = ticket(offline=True, number="A9001", ahead=0, windows=(), wait_min_s=None, wait_max_s=None)
        assert any(
            isinstance(block, Banner) and block.zh == "网络中断，本号照常有效" for block in made.blocks
        )
        text = said(made)
        for word in ("前面", "下一位", "大约", "窗口", "扫码看", "http"):
            assert word not in text, word
        assert code(made) == "示例大厅 A9001 2026-11-22 10:02"
        assert "这项业务手机也能办，可问引导台" in text

    def test_the_code_leads_to_the_phone_page_when_there_is_one(self):
        assert code(ticket()) == f"http://hall.example/t/{TOKEN}"
        plain = msgspec.structs.replace(HALL, public_url="")
        assert code(ticket(plain)) == "示例大厅 A012 2026-11-22 10:02"
        assert code(ticket(token=None)) == "示例大厅 A012 2026-11-22 10:02"

    def test_a_service_nobody_knows_any_more_still_prints(self):
        assert "业务：old" in said(ticket(service="old", situation="gone"))

    def test_fees_steps_and_where_to_complain_stand_on_it_where_the_hall_posts_them(self):
        steps = msgspec.structs.replace(
            WITHDRAWAL, process=Text(zh="取号、受理、办结", en="number, papers, done")
        )
        posted = msgspec.structs.replace(
            HALL,
            services=(steps, ENQUIRY),
            complaints="0000-0000001",
            fees=Text(zh="各项业务均不收费", en="no service costs anything"),
        )
        lines = {(block.zh, block.en) for block in ticket(posted).blocks if isinstance(block, Line)}
        for line in (
            ("流程：取号、受理、办结", "Steps: number, papers, done"),
            ("投诉电话0000-0000001", "Complaints 0000-0000001"),
            ("收费：各项业务均不收费", "Fees: no service costs anything"),
        ):
            assert line in lines

    def test_what_the_hall_does_not_post_is_not_spoken_of(self):
        text = said(ticket())
        assert not any(word in text for word in ("流程", "投诉", "收费"))

    def test_everything_is_said_in_english_too(self):
        for block in ticket(situation="rent").blocks:
            if isinstance(block, Line):
                assert block.en or block.zh[0].isdigit(), block.zh

    def test_the_zone_is_told_in_english_where_the_hall_wrote_it(self):
        windows = next(b for b in ticket().blocks if isinstance(b, Line) and "可办窗口" in b.zh)
        assert windows.en == "Windows 2, 3, 4 (ground floor, east)"

    @pytest.mark.parametrize(("width", "longest_mm"), [(576, 180), (384, 215)])
    def test_paper_is_money(self, width, longest_mm):
        made = ticket(situation="rent", wait_max_s=1500)
        assert Press(width).draw(made).height / 8 <= longest_mm


class TestOtherSlips:
    def test_the_list_alone_has_every_situation_and_no_number(self):
        made = slip.materials(HALL, WITHDRAWAL)
        assert items(made) == ["本人身份证", "银行卡", "无房证明", "租赁合同", "购房合同"]
        text = said(made)
        assert "材料清单（不排队）" in text
        assert "租房另需" in text
        assert "购房另需" in text
        assert not [block for block in made.blocks if isinstance(block, Number)]

    def test_a_chosen_situation_alone(self):
        made = slip.chosen(HALL, WITHDRAWAL, BUY, "A012")
        assert items(made) == ["本人身份证", "银行卡", "购房合同"]
        assert "A012 您已取号，请留意叫号。" in said(made)
        assert not [block for block in made.blocks if isinstance(block, Number)], "no second ticket"

    def test_closed_says_when_it_is_open(self):
        assert "现在不在服务时间，请在9:00至17:00来，谢谢" in said(slip.closed(HALL, at=AT))
        unposted = msgspec.structs.replace(HALL, opens="", closes="")
        assert "引导台" in said(slip.closed(unposted, at=AT))

    def test_a_notice_needs_no_catalogue(self):
        assert "对不起" in said(slip.notice(None, Text(zh="对不起", en="Sorry"), at=AT))

    def test_a_failed_self_test_does_not_say_passed(self):
        assert "自检通过 dispenser-1" in said(
            slip.self_test("dispenser-1", {"printer": "ok"}, at=AT, width=576)
        )
        failed = said(slip.self_test("dispenser-1", {"printer": "paper-out"}, at=AT, width=576))
        assert "自检未通过" in failed
        assert "自检通过" not in failed


CLOSING = set("，。；：、？！）》」』】〕”’％…")
FACE = Typeface(None).at(24)
chinese = st.text(
    st.sampled_from("住房公积金提取材料，。、；：（）《》？！" + "abc 0123456789-:/A"), max_size=60
)


class TestLineBreaking:
    @given(chinese, st.integers(96, 560))
    def test_nothing_is_lost_and_nothing_is_too_wide(self, text, width):
        lines = wrap(FACE, text, width)
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")
        assert all(FACE.width(line) <= width for line in lines)

    @given(
        st.text(st.sampled_from("住房公积金提取材料，。、；："), min_size=1, max_size=60),
        st.integers(128, 560),
    )
    def test_no_line_begins_with_a_closing_mark(self, text, width):
        runs = max(len(run) for run in _runs(text))
        if runs * 32 + 32 <= width:  # more marks in a row than a line holds must break somewhere
            assert not any(line[0] in CLOSING for line in wrap(FACE, text, width)[1:])

    def test_half_width_words_and_short_remarks_stay_whole(self):
        assert wrap(FACE, "监督电话0000-0000000", 224) == ["监督电话", "0000-0000000"]
        assert wrap(FACE, "可办窗口：2、3号（一楼东区）", 368) == ["可办窗口：2、3号", "（一楼东区）"]

    def test_a_last_hanzi_is_not_left_alone(self):
        assert wrap(FACE, "住房公积金提取材", 224) == ["住房公积金提", "取材"]


def _runs(text):
    run = ""
    for char in text + "住":
        if char in CLOSING:
            run += char
        else:
            yield run
            run = ""


class TestDrawing:
    def test_a_block_is_drawn_once(self):
        press = Press(576, Typeface(None))
        press.draw(ticket(number="A012"))
        first = press.block(ticket().blocks[1])
        press.draw(ticket(number="A013"))
        assert press.block(ticket().blocks[1]) is first

    @pytest.mark.parametrize("width", [576, 384])
    @pytest.mark.parametrize("number", ["A001", "W9999"])
    def test_a_number_stays_on_the_paper_with_all_its_marks(self, width, number):
        made = ticket(number=number, lane="priority", copy=3)
        [block] = [block for block in made.blocks if isinstance(block, Number)]
        image = Press(width, Typeface(None)).block(block).convert("L").point([255 - v for v in range(256)])
        left, _, right, _ = image.getbbox()
        assert left >= 8
        assert right <= width - 8

    def test_whatever_the_hall_is_called_it_can_be_drawn(self):
        odd = Text(zh="名" * 500 + "\x1b@\u202e", en="x" * 3000)
        hall = msgspec.structs.replace(HALL, name=odd)
        assert Press(384, Typeface(None)).draw(ticket(hall)).height < 5000


def test_the_minutes_are_those_of_the_chosen_situation_when_they_are_known():
    rent = msgspec.structs.replace(RENT, handling_min=20)
    withdrawal = msgspec.structs.replace(WITHDRAWAL, situations=(rent, BUY))
    hall = msgspec.structs.replace(HALL, services=(withdrawal, ENQUIRY))
    for situation, minutes in (("rent", 20), ("buy", 12), (None, 12)):
        assert f"办理约需{minutes}分钟" in said(ticket(hall, situation=situation))


def test_what_helps_the_person_is_noted_on_the_paper():
    assert "已为您登记：轮椅，走东门坡道" in said(ticket(aids="轮椅，走东门坡道"))
    assert "登记" not in said(ticket())


class TestTheHallsDesign:
    def made(self, facts=None, **design):
        hall = msgspec.structs.replace(HALL, design=TicketDesign(**design))
        return ticket(hall, **(facts or {}))

    def test_parts_come_in_the_halls_order_and_no_others(self):
        lines = list(self.made(parts=("service", "number", "foot")).texts)
        assert lines[0].startswith("业务")
        assert lines[1] == "A012"
        assert not any("人" in line for line in lines[:3])

    @settings(deadline=None)
    @given(st.lists(st.sampled_from([*TICKET_PARTS, "unheard-of"]), max_size=10), st.booleans())
    def test_no_design_loses_the_number_or_that_it_is_offline_and_a_copy(self, parts, offline):
        made = self.made({"offline": offline, "copy": 2}, parts=tuple(parts))
        numbers = [block for block in made.blocks if isinstance(block, Number)]
        assert [number.number for number in numbers] == ["A012"]
        assert [mark.zh for mark in numbers[0].marks] == ["补打"]
        assert sum(isinstance(block, Banner) for block in made.blocks) == offline

    def test_no_rule_stands_first_last_or_twice(self):
        for facts in ({}, {"offline": True}):
            blocks = self.made(facts).blocks
            assert not isinstance(blocks[0], Rule)
            assert not isinstance(blocks[-1], Rule)
            assert not any(isinstance(a, Rule) and isinstance(b, Rule) for a, b in pairwise(blocks))

    def test_without_a_code_the_paper_speaks_of_no_scanning(self):
        made = self.made(qr=False)
        assert not any(isinstance(block, Code) for block in made.blocks)
        assert "扫码" not in said(made)

    @pytest.mark.parametrize("logo", ["", "!!", "AAAA", base64.b64encode(b"\x89PNG but not one").decode()])
    def test_a_picture_that_is_none_leaves_the_ticket_as_it_is(self, logo):
        picture = Press(576, Typeface(None)).draw(self.made(logo=logo))
        assert picture.height > 400

    def test_lanes_and_halls_that_want_it_get_large_type(self):
        for facts, design in (
            ({"lane": "priority"}, {"large_lanes": ("priority",)}),
            ({}, {"large": True}),
        ):
            lines = [block for block in self.made(facts, **design).blocks if isinstance(block, Line)]
            assert lines
            assert all(line.size.value >= 40 for line in lines)
        lines = [block for block in self.made(large_lanes=("priority",)).blocks if isinstance(block, Line)]
        assert any(line.size.value < 40 for line in lines)

    def test_english_first_keeps_every_sentence(self):
        usual = ticket()
        english = slip.ticket(HALL, issued(), at=AT, token=TOKEN, usual=Variant.ENGLISH)
        for a, b in zip(usual.blocks, english.blocks, strict=True):
            if isinstance(a, Line):
                assert {a.zh, a.en} == {b.zh, b.en}


class TestADesignInTheSettings:
    def told(self, **ticket):
        return [key for key, _ in plan_ticket.problems(TicketPlan(**ticket), frozenset({"normal"}))]

    def test_what_cannot_be_printed_is_named(self):
        assert self.told() == []
        assert self.told(parts=("head",)) == ["parts"]
        assert self.told(parts=("number", "head", "number")) == ["parts[2]"]
        assert self.told(large_lanes=("vip",)) == ["large_lanes[0]"]
        assert self.told(logo="bm90IGEgcG5n") == ["logo"]

    @pytest.mark.parametrize(("size", "good"), [((576, 160), True), ((577, 8), False), ((8, 161), False)])
    def test_a_picture_goes_on_the_paper(self, size, good):
        out = BytesIO()
        Image.new("1", size, 1).save(out, "PNG")
        assert (self.told(logo=base64.b64encode(out.getvalue()).decode()) == []) is good
