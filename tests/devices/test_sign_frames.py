"""What people can read on a sign in every state and at every width, and when the dots change."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops

from devices.parts.bitmap_font import font
from devices.window_sign.frames import FPS, Show, all_lit, blank, centred, large
from devices.window_sign.wording import BLANK, Line, Script, offline, recovering, who_am_i, wording
from hall.messages.wants import Display
from hall.text import Text

WIDTHS = (64, 96, 128, 160, 192)


def want(mode: str, **fields) -> Display:
    services = tuple(Text(zh=name, en=name) for name in fields.pop("services", ()))
    return Display(rev="1", mode=mode, window=fields.pop("window", 3), services=services, **fields)


STATES = {
    "idle": want("idle", services=["提取"], clerk="018"),
    "idle of many": want(
        "idle", services=["咨询查询打印", "提取", "还款结清解押", "个人账户"], heart=True, extended=True
    ),
    "idle of a review window": want("idle", services=["复核", "贷款申请"], review=True, window=12),
    "called": want("called", number="A012", round=1),
    "called again": want("called", number="A012", round=2),
    "called with a long number": want("called", number="B9001", round=1, window=128),
    "serving": want("serving", number="A012", extended=True),
    "rate": want("rate"),
    "thanks": want("thanks"),
    "paused": want("paused", others=(2, 4, 6, 11, 112), until="10:30"),
    "paused alone": want("paused"),
    "lunch": want("lunch", until="13:00", others=(2,)),
    "closed": want("closed", opens="9:00"),
    "closed for longer": want("closed"),
    "closed window": want("closed-window", others=(1, 2)),
    "fault": want("fault", others=(4,)),
    "long fault": want("fault-long"),
    "carry": want("carry", number="A012"),
    "notice": want("notice", notice=Text(zh="6月30日年度结息，17:00后停办，7月1日恢复", en="x")),
    "evacuate": want("evacuate"),
    "idle with a greeting": want(
        "idle",
        services=["提取"],
        clerk="018",
        greeting=Text(zh="祝您节日快乐，办事顺利", en="Season's greetings"),
    ),
    "unknown": want("dance"),
}


def same(one: Image.Image, other: Image.Image) -> bool:
    return one.size == other.size and ImageChops.logical_xor(one, other).getbbox() is None


def readable(script: Script, width: int) -> list[str]:
    """The texts of a show's still pages, found again by drawing every candidate that could stand there."""
    show = Show(script, width)
    texts = {line.text for line in script.pages if isinstance(line, Line)}
    return [text for text in texts if any(same(page.picture, centred(text, width)) for page in show.loop)]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("state", STATES)
def test_every_picture_of_every_state_is_exactly_the_panel_and_never_empty_for_long(state, width):
    show = Show(wording(STATES[state]), width)
    dark, elapsed = 0.0, 0.0
    while elapsed < 40.0:
        frame = show.frame_at(elapsed)
        assert frame.size == (width, 16)
        assert frame.mode == "1"
        step = show.next_change(elapsed) or 40.0
        dark = 0.0 if frame.getbbox() else dark + step
        assert dark < 0.5
        elapsed += step


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("state", STATES)
def test_no_text_is_cut_it_stands_whole_or_passes_whole(state, width):
    for page in Show(wording(STATES[state]), width).loop:
        if page.picture.width > width:  # scrolls: every column comes into view before the page ends
            moving = page.seconds - 2 * 1.2
            assert int(moving * FPS + 1e-6) * 2 >= page.picture.width - width


@pytest.mark.parametrize("width", WIDTHS)
def test_the_number_stands_on_the_first_frame_of_a_call_alone_and_as_large_as_fits(width):
    first = Show(wording(STATES["called"]), width).frame_at(0.0)
    left, top, right, bottom = first.getbbox()
    assert (right - left, bottom - top) == (46, 16)
    assert same(first, large("A012", width))


def test_a_call_stands_for_two_seconds_flashes_three_times_lets_the_sentence_pass_and_alternates_then():
    show = Show(wording(STATES["called"]), 128)
    number = show.frame_at(0)
    assert all(same(show.frame_at(t / 10), number) for t in range(20))
    moments = [show.frame_at(2.0 + t / 100).getbbox() is None for t in range(240)]
    assert sum(1 for before, after in itertools.pairwise(moments) if after and not before) + moments[0] == 3
    assert same(show.frame_at(7.0), centred("请A012到3号窗口", 128))
    assert same(show.frame_at(9.9), centred("A012 请到本窗口", 128))
    assert same(show.frame_at(12.9), centred("A012 请到3号窗口", 128))
    assert same(show.frame_at(15.9), centred("A012 请到本窗口", 128))


@pytest.mark.parametrize("width", WIDTHS)
def test_the_sentence_of_a_call_passes_whole_from_right_to_left_once(width):
    page = Show(wording(STATES["called"]), width).intro[-1]
    sentence = font().draw("请A012到3号窗口")
    begin = page.picture.crop((width, 0, width + sentence.width, 16))
    assert same(begin, sentence)
    columns, moment = [], 0.0
    while moment < page.seconds - 1e-6:
        columns.append(page.place(moment, width)[0])
        moment += 1 / FPS
    assert columns == sorted(columns)
    assert columns[0] == 0
    assert columns[-1] >= width + sentence.width - 4
    rests = max(columns.count(column) for column in columns)
    assert (rests > FPS) is (sentence.width <= width)


def test_a_second_call_flashes_again_and_says_that_it_is_asking_again():
    script = wording(STATES["called again"])
    assert script.flash == "A012"
    assert script != wording(want("called", number="A012", round=3))
    assert "A012 再次请您" in readable(script, 128)


def test_the_same_state_told_again_is_the_same_script():
    assert wording(want("called", number="A012", round=1)) == wording(want("called", number="A012", round=1))


@pytest.mark.parametrize(
    ("state", "line"),
    [
        ("serving", "正在办理 A012"),
        ("rate", "请您评价 谢谢"),
        ("thanks", "谢谢 请慢走"),
        ("paused", "暂停服务 请稍候"),
        ("paused", "10:30恢复 请稍候"),
        ("paused alone", "请到引导台问询"),
        ("lunch", "午休 13:00开始"),
        ("closed", "已下班 9:00办理"),
        ("closed for longer", "已下班"),
        ("closed window", "本窗口今日不开"),
        ("fault", "设备故障 请稍候"),
        ("long fault", "暂停办理 请谅解"),
        ("carry", "材料复核中"),
        ("evacuate", "请有序撤离"),
        ("idle", "工号018 您好"),
        ("idle of many", "爱心窗口 优先"),
        ("idle of many", "延时服务中"),
        ("idle of a review window", "复核窗口"),
    ],
)
def test_each_state_says_its_sentence(state, line):
    assert line in readable(wording(STATES[state]), 128)


def shown(state: str, width: int) -> list[Image.Image]:
    return [page.picture for page in Show(wording(STATES[state]), width).loop]


def stands(state: str, width: int, text: str) -> bool:
    return any(same(picture, centred(text, width)) for picture in shown(state, width))


def test_a_paused_window_leads_people_to_the_open_ones_as_many_on_a_page_as_fit():
    assert stands("paused", 128, "请到2号4号窗口")
    assert stands("paused", 128, "请到6号11号窗口")
    assert stands("paused", 128, "请到112号窗口")
    assert stands("paused", 64, "请到2号")
    assert stands("paused", 64, "请到11号")


def test_a_window_never_sends_people_to_itself():
    script = wording(want("paused", others=(3, 3)))
    assert "请到引导台问询" in readable(script, 128)


def test_an_idle_window_shows_whole_service_names_with_its_number():
    assert stands("idle", 128, "3号窗口 提取")
    assert stands("idle of many", 128, "3号 还款结清解押")
    assert stands("idle of many", 192, "3号窗口 还款结清解押")
    assert stands("idle of a review window", 192, "12号窗口 复核 贷款申请")
    assert stands("idle", 64, "3号 提取")


def test_a_narrow_sign_shows_the_words_one_by_one():
    assert stands("paused", 64, "暂停服务")
    assert stands("paused", 64, "请稍候")
    assert stands("called", 64, "A012")
    assert stands("called", 64, "请到3号")
    assert stands("evacuate", 64, "请撤离")


def test_a_notice_scrolls_from_its_beginning_to_its_end():
    show = Show(wording(STATES["notice"]), 128)
    text = font().draw("6月30日年度结息，17:00后停办，7月1日恢复")
    assert same(show.frame_at(0.0), text.crop((0, 0, 128, 16)))
    end = show.loop[0].seconds - 0.1
    assert same(show.frame_at(end), text.crop((text.width - 128, 0, text.width, 16)))
    moved = show.frame_at(1.2 + 10 / FPS)
    assert same(moved, text.crop((20, 0, 148, 16)))


def test_moving_text_asks_for_thirty_frames_a_second_and_still_text_for_none():
    notice = Show(wording(STATES["notice"]), 128)
    assert notice.next_change(2.0) == pytest.approx(1 / FPS, abs=0.034)
    assert Show(wording(STATES["rate"]), 128).next_change(0.0) is None
    assert Show(wording(STATES["paused"]), 128).next_change(1.0) == pytest.approx(2.0)


def test_every_announced_change_shows_another_picture_at_that_time():
    show = Show(wording(STATES["notice"]), 128)
    elapsed, frames = 0.0, 0
    while elapsed < show.loop[0].seconds - 1.3:
        before = show.frame_at(elapsed)
        elapsed += show.next_change(elapsed)
        assert not same(before, show.frame_at(elapsed + 1e-4))
        frames += 1
    assert frames > 60


@pytest.mark.parametrize(
    ("state", "trouble"),
    [
        (want("dance"), "mode-unknown"),
        (want("called"), "number-missing"),
        (want("serving"), "number-missing"),
        (want("notice"), "notice-missing"),
    ],
)
def test_a_state_that_cannot_be_shown_names_the_window_and_says_why(state, trouble):
    script = wording(state)
    assert script.trouble == trouble
    assert same(Show(script, 128).frame_at(0), centred("3号窗口", 128))


def test_no_arrow_is_shown_unless_the_hall_said_where_the_way_out_is():
    assert len(wording(STATES["evacuate"]).pages) == 1
    assert [line.text for line in wording(STATES["evacuate"], "left").pages] == ["请有序撤离", "← ← ←"]


def test_the_pages_without_a_want_say_what_is_true():
    assert readable(offline("A012"), 128) == ["A012 离线叫号"]
    assert readable(recovering(), 128) == ["恢复中 请稍候"]
    assert readable(who_am_i("sign-3", 3), 128) == ["sign-3 3号窗口"]
    assert same(Show(BLANK, 128).frame_at(5), blank(128))
    assert all_lit(64).histogram()[-1] == 64 * 16


LINE = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40)
TEXT = st.builds(Text, zh=LINE, en=LINE)
NUMBER = st.none() | st.from_regex(r"[A-Z][0-9]{3,4}", fullmatch=True)
WINDOW = st.integers(1, 999)
CLOCK = st.none() | st.sampled_from(["9:00", "13:30"])


@given(
    state=st.builds(
        Display,
        rev=st.just("1"),
        mode=st.sampled_from(sorted({want.mode for want in STATES.values()})),
        window=WINDOW,
        services=st.lists(TEXT, max_size=8).map(tuple),
        clerk=st.none() | st.from_regex(r"[0-9A-Za-z]{1,8}", fullmatch=True),
        heart=st.booleans(),
        review=st.booleans(),
        extended=st.booleans(),
        number=NUMBER,
        round=st.integers(0, 9),
        others=st.lists(WINDOW, max_size=30).map(tuple),
        until=CLOCK,
        opens=CLOCK,
        notice=st.none() | TEXT,
    ),
    width=st.sampled_from([64, 128, 192]),
    elapsed=st.floats(0, 1e6),
)
def test_whatever_a_hall_wants_there_is_a_picture_of_the_panels_size_and_a_next_one(state, width, elapsed):
    show = Show(wording(state), width)
    assert show.frame_at(elapsed).size == (width, 16)
    change = show.next_change(elapsed)
    assert change is None or change > 0
