"""An administrator changes the hall's settings while it runs: shown first, applied everywhere, taken back; and makes a colleague."""

import re

import pytest
from PIL import Image
from playwright.sync_api import expect

from .hands import TONGUES, at, come_in, judge, log_in

pytestmark = [pytest.mark.broker, pytest.mark.processes]

ROOMS = (
    "services",
    "windows",
    "staff",
    "members",
    "hours",
    "texts",
    "book",
    "policy",
    "users",
    "keys",
    "history",
    "file",
)
#: what a room shows once it has read what it shows
READY = {"users": ".person", "texts": f"{at('preview')}[src]"}


@pytest.fixture
def admin(hall, visitor, passwords):
    come_in(visitor, hall, "admin", passwords["admin"])
    visitor.goto(hall.url + "admin")
    visitor.wait_for_selector("main.admin")
    return visitor


def field(page, key):
    """The field that writes this key."""
    return page.locator(f'input[data-test="{key}"], textarea[data-test="{key}"]')


def fill(page, key, text):
    field(page, key).fill(text)


def apply(page, reason):
    page.click(at("review"))
    page.fill(at("reason"), reason)
    page.click(at("apply"))
    page.wait_for_selector(at("changes"))
    page.wait_for_function(
        "() => document.querySelector('[data-test=changes]')?.textContent?.includes('没有改动')"
    )


@pytest.mark.long
@pytest.mark.parametrize("tongue", TONGUES)
def test_every_room_speaks_one_language_and_lets_everybody_in(hall, admin, tongue):
    admin.goto(f"{hall.url}tongue?to={tongue}&back=/admin")
    admin.wait_for_selector("main.admin")
    for room in ROOMS:
        admin.click(at(f"room-{room}"))
        admin.wait_for_selector(f"{at(f'room-{room}')}[aria-current=page]")
        admin.wait_for_selector(READY.get(room, ".admin .room .card"))
        admin.wait_for_function(  # the browser's own bar, while something is still being loaded
            "() => [...document.querySelectorAll('.q-loading-bar')].every(bar => bar.style.opacity === '0')"
        )
        judge(admin, tongue)


def test_a_new_name_is_shown_first_applied_everywhere_and_taken_back(hall, admin):
    fill(admin, "services.withdrawal.name.zh", "")
    admin.wait_for_selector(f"{at('problems')}:has-text('1')")
    admin.wait_for_selector(".q-field__messages:has-text('文字，不能为空')")
    assert admin.locator(at("review")).is_disabled()
    fill(admin, "services.withdrawal.name.zh", "公积金提取")
    admin.wait_for_selector(f"{at('changes')}:has-text('1')")
    admin.click(at("review"))
    row = admin.locator(".differences tr").first
    assert re.sub(r"\s+", " ", row.inner_text()) == "业务 · 公积金提取 · 名称 · 中文 提取 公积金提取"
    admin.keyboard.press("Escape")
    apply(admin, "更清楚")
    guide = admin.context.browser.new_context().new_page()
    guide.goto(hall.url + "board")
    guide.wait_for_selector("text=公积金提取")
    guide.context.close()
    admin.click(at("room-history"))
    admin.wait_for_selector("text=更清楚")
    admin.click(at("undo"))
    apply(admin, "改回")
    admin.click(at("room-services"))
    expect(field(admin, "services.withdrawal.name.zh")).to_have_value("提取")


def choose(page, key, option):
    """One more of a drop-down's choices."""
    page.click(at(key) if key[0].isalpha() and "." not in key else f'[data-test="{key}"]')
    page.click(f".q-menu >> text={option}")
    page.keyboard.press("Escape")
    page.wait_for_selector(".q-menu", state="detached")


def test_lunch_a_day_s_services_lanes_staff_and_devices_are_changed_applied_and_taken_back(admin):
    admin.click(at("room-hours"))
    if admin.locator(at("more-mon")).count() == 0:
        admin.click(at("day-mon"))
    admin.click(at("more-mon"))
    admin.click(at("lunch-mon"))
    field(admin, "hours.week.mon.lunch.from").fill("08:00")
    admin.wait_for_selector(at("problems"))
    assert admin.locator(at("review")).is_disabled()
    field(admin, "hours.week.mon.lunch.from").fill("12:10")
    admin.wait_for_selector(at("problems"), state="hidden")
    admin.click(at("room-windows"))
    admin.wait_for_selector(at("lane-priority"))
    groups = admin.locator(f"{at('lane-priority')} .group").count()
    admin.click(at("add-group-priority"))
    admin.wait_for_selector(at("problems"))
    fill(admin, f"lanes.priority.groups[{groups}].zh", "献血者")
    fill(admin, f"lanes.priority.groups[{groups}].en", "Blood donors")
    admin.wait_for_selector(at("problems"), state="hidden")
    admin.click(at("room-staff"))
    admin.fill(at("new-staff"), "052")
    admin.click(at("add-staff"))
    admin.wait_for_selector(at("staff-052"))
    choose(admin, "cover-052", "006")
    choose(admin, "reserve", "052")
    choose(admin, "roster-6", "052")
    admin.click(at("room-members"))
    admin.fill(at("new-member"), "sign-9")
    choose(admin, "new-member-kind", "窗口屏")
    admin.click(at("add-member"))
    admin.wait_for_selector(".q-field__messages:has-text('窗口号')")
    choose(admin, "members.sign-9.window", "6号窗口")
    admin.wait_for_selector(at("problems"), state="hidden")
    admin.click(at("review"))
    admin.wait_for_selector(".differences >> text=献血者")
    told = admin.inner_text(".differences")
    for words in ("每周", "052 (B岗 006)", "机动人员", "排班", "sign-9"):
        assert words in told, words
    admin.keyboard.press("Escape")
    apply(admin, "午间和人员")
    admin.click(at("room-members"))
    admin.wait_for_selector(at("member-sign-9"))
    admin.click(at("room-history"))
    admin.wait_for_selector("text=午间和人员")
    admin.click(at("undo"))
    apply(admin, "改回午间和人员")
    admin.click(at("room-staff"))
    admin.wait_for_selector(at("staff-006"))
    assert admin.locator(at("staff-052")).count() == 0


@pytest.mark.long
def test_a_vague_word_is_found_while_it_is_typed_and_can_be_discarded(admin):
    admin.click(at("room-texts"))
    fill(admin, "foot.zh", "也许再来")
    admin.wait_for_selector("text=含糊")
    assert admin.locator(at("review")).is_disabled()
    admin.click(at("discard"))
    expect(field(admin, "foot.zh")).to_have_value("谢谢，祝您办事顺利")


def test_the_ticket_is_seen_as_it_will_be_printed(admin):
    admin.click(at("room-texts"))
    preview = admin.wait_for_selector(f"{at('preview')}[src^='data:image/png']")
    before = preview.get_attribute("src")
    fill(admin, "foot.zh", "祝您节日快乐")
    admin.wait_for_function(
        "before => document.querySelector('[data-test=preview]').src !== before", arg=before
    )
    assert admin.evaluate("document.querySelector('[data-test=preview]').naturalWidth") == 576
    _choose(admin, "preview-paper", "58毫米")
    _choose(admin, "preview-variant", "大字")
    admin.wait_for_function("document.querySelector('[data-test=preview]').naturalWidth == 384")


def test_what_a_hall_need_not_post_is_there_in_both_languages_or_not_at_all(admin):
    admin.click(at("room-texts"))
    fill(admin, "fees.zh", "")
    admin.wait_for_selector(".q-field__messages:has-text('文字，不能为空')")
    assert admin.locator(at("review")).is_disabled()
    fill(admin, "fees.en", "")
    admin.wait_for_selector(at("problems"), state="hidden")
    admin.click(at("review"))
    admin.wait_for_selector(".differences >> text=收费说明")
    admin.keyboard.press("Escape")


def _choose(page, test, option):
    page.locator(f".q-select:has({at(test)}), .q-select{at(test)}").first.click()
    page.locator(".q-menu .q-item", has_text=option).click()


@pytest.mark.long
def test_the_policy_is_said_in_words_before_it_is_switched(admin):
    admin.click(at("room-policy"))
    admin.locator(f"input{at('policy-recall_limit')}").fill("5")
    admin.wait_for_selector("text=每次叫号最多重呼5次")
    admin.click(at("try"))
    admin.wait_for_selector(at("tried"), timeout=60_000)
    admin.click(at("policy-review"))
    admin.click(at("policy-apply"))
    admin.wait_for_selector("text=已生效")


@pytest.mark.long
def test_a_colleague_is_made_with_a_password_that_is_shown_once_and_must_be_changed(hall, admin, chromium):
    admin.click(at("room-users"))
    admin.fill(f"input{at('new-login')}", "newcomer")
    admin.fill(f"input{at('new-name')}", "新同事")
    admin.click(at("new-roles"))
    admin.click(".q-menu .q-item:has-text('引导员')")
    admin.keyboard.press("Escape")
    admin.click(at("make-person"))
    secret = admin.inner_text(at("secret"))
    admin.click(at("secret-seen"))
    context = chromium.new_context(locale="zh-CN")
    colleague = context.new_page()
    log_in(colleague, hall, "newcomer", secret)
    colleague.wait_for_url("**/password")
    context.close()
    admin.locator(at("person-admin")).locator("text=停用").click()
    admin.locator(at("person-admin")).locator(at("save")).click()
    admin.wait_for_selector("text=这是最后一位系统管理员")


@pytest.mark.long
def test_settings_leave_as_a_file_and_come_back_as_one(admin, tmp_path):
    admin.click(at("room-file"))
    with admin.expect_download() as waiting:
        admin.click(at("export"))
    file = tmp_path / "hall.yaml"
    waiting.value.save_as(file)
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace('hotline: "12329"', 'hotline: "12345"'), encoding="utf-8")
    with admin.expect_file_chooser() as chooser:
        admin.click(at("import"))
    chooser.value.set_files(file)
    admin.wait_for_selector(f"{at('changes')}:has-text('有1处改动')")
    file.write_text("id: [", encoding="utf-8")
    with admin.expect_file_chooser() as chooser:
        admin.click(at("import"))
    chooser.value.set_files(file)
    admin.wait_for_selector(".q-notification:has-text('hall.yaml')")


@pytest.mark.long
def test_a_program_s_key_is_shown_once_and_can_be_revoked(admin):
    admin.click(at("room-keys"))
    admin.fill(f"input{at('key-name')}", "取号小程序")
    admin.click(at("key-scopes"))
    admin.click(".q-menu .q-item:has-text('看业务和等候')")
    admin.keyboard.press("Escape")
    admin.click(at("make-key"))
    assert admin.inner_text(at("key-secret")).startswith("hallkey_")
    admin.click(at("key-seen"))
    admin.click(at("revoke"))
    admin.wait_for_selector(".admin .persons .wrong")


def test_the_situation_book_is_edited_linted_saved_and_read_at_the_counter(hall, admin, chromium, passwords):
    admin.click(at("room-book"))
    admin.wait_for_selector(at("book-situation"))
    admin.fill(at("book-name-zh"), "普通业务也许")
    admin.wait_for_selector(f"{at('book-wrong')} >> text=也许")
    assert admin.locator(at("book-save")).is_disabled()
    admin.fill(at("book-name-zh"), "日常业务")
    admin.fill(at("book-reason"), "说法统一")
    admin.wait_for_selector(f"{at('book-save')}:not([disabled])")
    admin.click(at("book-save"))
    admin.wait_for_selector(at("edition-1"))
    assert "说法统一" in admin.inner_text(at("edition-1"))
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, locale="zh-CN")
    clerk = context.new_page()
    come_in(clerk, hall, "reviewer", passwords["reviewer"])
    clerk.goto(hall.url + "clerk")
    clerk.wait_for_selector(at("sit-6"))
    clerk.click(at("sit-6"))
    clerk.wait_for_selector(at("next"))
    clerk.keyboard.press("w")
    clerk.wait_for_selector(".q-menu >> text=日常业务")
    clerk.keyboard.press("Escape")
    clerk.click(at("leave"))
    clerk.wait_for_selector(at("sit-6"))
    context.close()


def test_the_ticket_gets_a_picture_and_another_order_and_is_seen_with_both(admin, tmp_path):
    Image.new("1", (160, 48), 0).save(tmp_path / "logo.png")
    admin.click(at("room-texts"))
    admin.wait_for_selector(f"{at('preview')}[src^='data:image/png']")

    def after(act):
        before = admin.get_attribute(at("preview"), "src")
        act()
        admin.wait_for_function(
            "before => document.querySelector('[data-test=preview]').src !== before", arg=before
        )

    def leave_out(part):
        _choose(admin, '"ticket.parts"', part)  # chosen once more: gone
        admin.keyboard.press("Escape")

    after(lambda: admin.set_input_files("input[type=file]", tmp_path / "logo.png"))
    expect(admin.locator(at("logo"))).to_have_count(1)
    after(lambda: leave_out("二维码"))
    after(lambda: admin.click(at("logo-remove")))
    expect(admin.locator(at("logo"))).to_have_count(0)
