"""A bad rating, from the pad to the closing words: the duty officer is told at once, and nothing closes before its steps."""

import pytest

from .hands import TONGUES, at, come_in, judge

pytestmark = [pytest.mark.broker, pytest.mark.processes]

STEPS = ("heard", "apologised", "cause-found", "remedied", "satisfied")


def press_a_face(page, window, grade):
    """A citizen is served at this window and presses a face; the number."""
    page.wait_for_function(f"document.querySelector('[data-test=state-{window}]').innerText.length > 0")
    if page.locator(at(f"sit-{window}")).is_visible():
        page.click(at(f"sit-{window}"))
    page.wait_for_selector(f"#window-{window} .chip.ok")
    page.click(at("key-withdrawal"))
    page.wait_for_function(
        "w => /[1-9]/.test(document.querySelector(w).innerText)", arg=at("waiting-withdrawal")
    )
    page.click(at(f"next-{window}"))
    page.wait_for_selector(f"{at(f'start-{window}')}:visible")
    number = page.inner_text(at(f"number-{window}"))
    page.click(at(f"start-{window}"))
    page.click(at(f"finish-{window}"))
    page.wait_for_function(f"document.querySelectorAll('#window-{window} .face.lit').length === 4")
    page.click(at(f"face-{window}-{grade}"))
    page.click(at(f"leave-{window}"))
    return number


def test_the_duty_officer_is_told_at_once_and_sees_the_case_through(hall, page, visitor, passwords, chromium):
    come_in(visitor, hall, "duty-officer", passwords["duty-officer"])
    visitor.goto(hall.url + "live")
    visitor.wait_for_selector("main.live")
    number = press_a_face(page, 3, 1)
    visitor.wait_for_selector(f"{at('bell')} >> text={number}", timeout=60_000)
    bell = visitor.inner_text(at("bell"))
    assert "3号窗口" in bell
    assert not any(grade in bell for grade in ("不满意", "差评", "评价"))
    visitor.click("text=打开工单")
    visitor.wait_for_selector(at("case"))
    visitor.click(at("case-spoke"))
    visitor.wait_for_function("b => !document.querySelector(b).checkVisibility()", arg=at("bell"))
    visitor.wait_for_function("f => document.querySelector(f).innerText === '1'", arg=at("figure-spoken"))
    page.wait_for_selector(
        f"text={number} 离开前已当面沟通", state="attached"
    )  # the hall knows: the lamp goes out
    visitor.click(at("case-accept"))
    visitor.wait_for_selector(at("case-close"))
    assert visitor.is_disabled(at("case-close"))
    for step in STEPS:
        visitor.click(at(f"tick-{step}"))
        visitor.wait_for_selector(at(f"untick-{step}"))
    assert visitor.is_disabled(at("case-close"))
    visitor.click(at("write-result"))
    visitor.fill(f".q-dialog {at('text')}", "已当面致歉，材料一次补齐")
    visitor.click(at("confirm"))
    visitor.wait_for_selector("text=步骤已齐，可以办结")
    visitor.click(at("case-close"))
    visitor.fill(f".q-dialog {at('text')}", "谢谢您的意见")
    visitor.click(at("confirm"))
    visitor.wait_for_selector(at("case-reopen"))
    assert "谢谢您的意见" in visitor.inner_text(at("history"))


def test_what_is_told_at_the_desk_gets_a_number_and_passes_on_when_the_next_one_accepts(
    hall, visitor, passwords, chromium
):
    come_in(visitor, hall, "case-handler", passwords["case-handler"])
    visitor.goto(hall.url + "cases")
    visitor.click(at("cases-new"))
    visitor.fill(at("about"), "等候区座位不够")
    visitor.fill(at("words"), "我母亲站了四十分钟")
    visitor.fill(at("phone"), "138 1234 5678")
    visitor.click(at("confirm"))
    visitor.wait_for_selector("text=/已登记，编号[0-9]{4}-[0-9]{4}-[0-9]{3}，回执正在打印/")
    assert "13812345678" not in visitor.content()
    visitor.click(at("case-read-contact"))
    assert "13812345678" in visitor.inner_text(at("case-read-contact-shown"))
    visitor.click(at("case-pass-on"))
    visitor.click(at("to"))
    visitor.click(".q-menu >> text=刘强")
    visitor.click(at("confirm"))
    visitor.wait_for_selector("text=待刘强接收")
    assert "值班长" in visitor.inner_text(at("owner"))
    reference = visitor.url.split("case=")[1]
    other = chromium.new_context(locale="zh-CN").new_page()
    come_in(other, hall, "duty-officer", passwords["duty-officer"])
    other.goto(f"{hall.url}cases?case={reference}")
    other.click(at("case-accept"))
    visitor.wait_for_function("o => document.querySelector(o).innerText.includes('刘强')", arg=at("owner"))
    other.context.close()


@pytest.mark.long
@pytest.mark.parametrize("tongue", TONGUES)
def test_a_case_with_its_history_speaks_one_language_and_lets_everybody_in(hall, visitor, passwords, tongue):
    come_in(visitor, hall, "manager", passwords["manager"])
    visitor.goto(f"{hall.url}tongue?to={tongue}&back=/cases")
    visitor.click(at("cases-new"))
    visitor.fill(at("about"), "等候区座位不够")
    visitor.click(at("confirm"))
    visitor.wait_for_selector(at("history"))
    visitor.click(at("tick-heard"))
    visitor.wait_for_selector(at("untick-heard"))
    visitor.click(at("case-call-back"))
    visitor.click(f".q-dialog {at('confirm')}")
    visitor.wait_for_selector(f"{at('history')} li:nth-child(3)")
    visitor.wait_for_selector(".q-notification", state="detached")
    visitor.wait_for_selector(".q-dialog", state="detached")
    judge(visitor, tongue)


@pytest.mark.long
def test_an_auditor_reads_and_exports_and_changes_nothing(hall, visitor, passwords):
    come_in(visitor, hall, "auditor", passwords["auditor"])
    visitor.goto(hall.url + "cases")
    visitor.click(".case-filters >> text=全部")
    visitor.wait_for_selector(".case-row")
    visitor.click(at("figures"))
    visitor.keyboard.press("j")
    visitor.wait_for_selector(at("history"))
    for act in ("cases-new", "case-accept", "case-note", "case-read-contact", "case-reopen"):
        assert visitor.locator(at(act)).count() == 0
    with visitor.expect_download() as downloading:
        visitor.click(at("cases-export"))
    written = downloading.value.path().read_text("utf-8-sig")
    assert "编号 case" in written.splitlines()[0]
    assert "13812345678" not in written


@pytest.mark.long
def test_a_clerks_own_error_begins_with_the_apology_and_they_see_no_others_case(hall, visitor, passwords):
    come_in(visitor, hall, "clerk", passwords["clerk"])
    visitor.goto(hall.url + "cases")
    visitor.wait_for_selector(at("cases"))
    assert visitor.locator(".case-row").count() == 0
    assert visitor.locator(at("figures")).inner_text() == ""
    visitor.click(at("case-error"))
    visitor.fill(at("about"), "少收一份材料")
    visitor.click(at("confirm"))
    visitor.wait_for_selector("text=请先向群众致歉")
    visitor.click(at("apologised"))
    visitor.click(at("confirm"))
    visitor.wait_for_selector(".case-row")
    visitor.click(".case-row")
    visitor.wait_for_selector(at("untick-apologised"))
    visitor.click(at("tick-corrected"))
    visitor.wait_for_selector("text=/办结前还差：培训并记录/")
    assert "待值班长接收" in visitor.inner_text(at("owner"))


@pytest.mark.long
def test_a_role_without_cases_gets_neither_page_nor_file(hall, visitor, passwords):
    come_in(visitor, hall, "technician", passwords["technician"])
    for path in ("cases", "cases/cases.csv", "cases/histories.csv"):
        visitor.goto(hall.url + path)
        assert visitor.url.endswith("/forbidden")
