"""The live page: a manager runs the hall from it; whoever only looks is offered nothing to do. The board: what people see of that."""

import json
import os
import signal

import pytest

from .hands import at, come_in

pytestmark = [pytest.mark.broker, pytest.mark.processes]

#: what stands out of the screen, or does not fit its place
CUT = """[...document.querySelectorAll('header > *, main li > *, .news > *, .promise *, footer > *')].filter(e => {
  const r = e.getBoundingClientRect()
  return r.width && (r.left < 0 || r.right > innerWidth + 1 || r.bottom > innerHeight + 1)
}).map(e => e.innerText)"""


def live(visitor, hall, passwords, role="manager"):
    come_in(visitor, hall, role, passwords[role])
    visitor.goto(hall.url + "live")
    visitor.wait_for_selector(at("day"))
    return visitor


@pytest.fixture
def board(visitor, hall):
    """A television in the hall."""
    page = visitor.context.new_page()
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.goto(hall.url + "board")
    page.wait_for_selector(".promise .measured")
    yield page
    page.close()


def shows(page, where, words, timeout=60_000):
    page.wait_for_function(
        "([w, t]) => document.querySelector(w)?.innerText.includes(t)", arg=[where, words], timeout=timeout
    )


def test_a_manager_opens_a_window_moves_its_clerk_and_closes_it(hall, visitor, passwords):
    page = live(visitor, hall, passwords)

    def change(window):
        page.click(at(f"change-{window}"))
        page.wait_for_selector(at("window-dialog"))

    def clerk(number):
        page.click(f"{at('window-dialog')} {at('clerk')}")
        page.click(f".q-menu >> text=/^{number}/")

    change(6)
    clerk("031")
    page.click(at("open"))
    shows(page, at("window-6"), "031")
    change(5)
    clerk("031")
    page.click(at("open"))
    shows(page, at("window-5"), "031")
    shows(page, at("window-6"), "未上岗")
    change(5)
    page.click(at("close"))
    shows(page, at("window-5"), "未上岗")


def test_a_notice_goes_to_the_board_and_bad_words_go_nowhere(hall, visitor, passwords, board):
    page = live(visitor, hall, passwords)
    assert page.locator(at("tell-extended")).is_disabled(), "it is not true"
    page.click(at("tell-text"))
    page.fill(at("text-zh"), "材料可能不够")
    page.fill(at("text-en"), "x")
    page.click(f"{at('own-dialog')} {at('confirm')}")
    page.wait_for_selector("text=这段文字不能公布")
    page.fill(at("text-zh"), "下午三点停电检修，请提前办理")
    page.fill(at("text-en"), "Power maintenance at three; please come earlier")
    page.click(f"{at('own-dialog')} {at('confirm')}")
    shows(page, at("notices"), "停电检修")
    shows(board, at("news"), "Power maintenance")
    page.click(at("withdraw"))
    board.wait_for_function("w => !document.querySelector(w).innerText", arg=at("news"))


@pytest.mark.long
def test_everybody_is_sent_out_only_after_a_second_yes_and_called_back_in(hall, visitor, passwords, board):
    page = live(visitor, hall, passwords)
    page.click(at("tell-evacuate"))
    page.wait_for_selector(at("leave-now"))
    assert page.locator(at("leave-now")).is_disabled()
    page.click(at("leave-sure"))
    page.click(at("leave-now"))
    shows(board, at("evacuate"), "从最近的出口有序离开")
    page.click(at("withdraw"))
    board.wait_for_function("w => !document.querySelector(w).innerText", arg=at("evacuate"))


@pytest.mark.long
def test_the_day_slip_comes_out_of_the_halls_dispenser(hall, visitor, passwords):
    papers = hall.folder / "world" / "papers"
    before = set(papers.glob("*.png"))
    page = live(visitor, hall, passwords)
    page.click(at("day-slip"))
    for _ in range(300):
        if set(papers.glob("*.png")) - before:
            break
        page.wait_for_timeout(100)
    assert set(papers.glob("*.png")) - before


@pytest.mark.long
def test_who_only_looks_is_offered_nothing_to_do(hall, visitor, passwords):
    page = live(visitor, hall, passwords, "inspector")
    assert page.locator("main.live button").all_inner_texts() == []
    assert "时限30分钟" in page.inner_text(at("lines"))


def test_an_open_page_and_board_find_a_killed_hub_again(hall, visitor, passwords, board):
    page = live(visitor, hall, passwords)
    hub = json.loads((hall.folder / "processes.json").read_text())["hub"]
    os.kill(hub, signal.SIGSTOP)  # a hub that is only killed is back before anybody has looked
    board.wait_for_selector(".stale", state="visible", timeout=60_000)
    page.wait_for_selector(".away", state="visible")
    os.kill(hub, signal.SIGKILL)
    board.wait_for_selector(".stale", state="hidden", timeout=60_000)
    page.wait_for_selector(".away", state="hidden", timeout=60_000)
    page.click(at("tell-child"))
    shows(page, at("notices"), "照看好身边的小朋友")
    shows(board, at("news"), "照看好身边的小朋友")
    page.click(at("withdraw"))


@pytest.mark.long
@pytest.mark.parametrize("size", [(1920, 1080), (1280, 720), (3840, 2160), (1080, 1920)])
def test_nothing_on_the_board_is_cut_off_or_scrolls(hall, board, size):
    width, height = size
    board.set_viewport_size({"width": width, "height": height})
    board.wait_for_timeout(500)
    assert board.evaluate(CUT) == []
    bars = board.evaluate(
        "[document.documentElement.scrollHeight - innerHeight, document.documentElement.scrollWidth - innerWidth]"
    )
    assert max(bars) <= 0
    smallest = board.evaluate("parseFloat(getComputedStyle(document.querySelector('.lines .zh')).fontSize)")
    assert smallest >= min(size) / 35, "about 28 mm on a television of one metre: read at ten metres"
