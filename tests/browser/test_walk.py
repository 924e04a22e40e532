"""What a person does in the hall's page, and sees: the real programs, the real bus, a real browser."""

import re
from urllib.request import urlopen

import pytest

from sim.people import eyes

pytestmark = [pytest.mark.broker, pytest.mark.processes]


def at(name):
    return f"[data-test={name}]"


def rows(page, member):
    """The canvas as rows of # and ., read back from what was drawn."""
    drawn = page.evaluate(
        """id => { const c = document.getElementById(id), s = 8, p = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
        const out = []; for (let y = 4; y < c.height; y += s) { let row = '';
        for (let x = 4; x < c.width; x += s) row += p[(y * c.width + x) * 4] > 128 ? '#' : '.'; out.push(row); } return out; }""",
        f"dots-{member}",
    )
    return list(drawn)


#: keeps every picture of a canvas that stands still for a moment; gives those since it was last asked
STOOD = """id => { const all = (window.stood ??= {});
    if (!all[id]) {
        const kept = (all[id] = []); let last = '', times = 0;
        setInterval(() => { const c = document.getElementById(id); if (!c || !c.width) return;
            const s = 8, p = c.getContext('2d').getImageData(0, 0, c.width, c.height).data, out = [];
            for (let y = 4; y < c.height; y += s) { let row = '';
                for (let x = 4; x < c.width; x += s) row += p[(y * c.width + x) * 4] > 128 ? '#' : '.'; out.push(row); }
            const now = out.join('\\n'); times = now === last ? times + 1 : 0; last = now;
            if (times === 3) kept.push(out); }, 60);
    }
    return all[id].splice(0); }"""


def stood(page, member):
    """What stood still on a canvas since the last look: a reader of pictures is slower than a sign that flashes and scrolls."""
    return page.evaluate(STOOD, f"dots-{member}")


def until(page, true, what, within_s=60):
    """Look again and again, as people do, until it is so."""
    for _ in range(within_s * 20):
        if found := true():
            return found
        page.wait_for_timeout(50)
    raise AssertionError(f"{what}: not within {within_s} s")


def sit(page, window):
    page.wait_for_function(f"document.querySelector('[data-test=state-{window}]').innerText.length > 0")
    if page.locator(at(f"sit-{window}")).is_visible():
        page.click(at(f"sit-{window}"))
    page.wait_for_selector(f"#window-{window} .chip.ok")


def take(page, service="withdrawal"):
    """Press a key and take the paper; its number in the world."""
    before = paper_there(page)
    page.click(at(f"key-{service}"))
    page.wait_for_function(NEXT_PAPER, arg=before)
    return int(paper_there(page))


NEXT_PAPER = "before => { const p = document.querySelector('[data-test=paper]'); return p && p.dataset.paper !== before }"


def paper_there(page):
    """The number in the world of the paper that lies there; nothing before the first."""
    paper = page.locator(at("paper"))
    return paper.get_attribute("data-paper") if paper.count() else ""


def serve(page, window):
    """Call, and start; the number called."""
    page.click(at(f"next-{window}"))
    number = page.inner_text(at(f"number-{window}"))
    page.click(at(f"start-{window}"))
    page.wait_for_selector(f"{at(f'finish-{window}')}:visible")
    return number


def test_a_press_brings_paper_that_is_picked_up_and_scanned(page, hall):
    paper = take(page)
    page.click(at("paper"))
    decoded = page.inner_text(at("decoded"))
    (file,) = (hall.folder / "world" / "papers").glob(f"{paper:04d}-*.png")
    assert re.fullmatch(re.escape(hall.url) + "t/[0-9a-f]{32}", decoded)
    with urlopen(decoded, timeout=20) as seen:  # what a phone shows that follows the code
        assert re.search(r"A\d{3}", seen.read().decode())
    assert page.locator(".paper-view img.slip").evaluate("image => image.naturalWidth") > 400
    page.wait_for_function("document.querySelector('.paper-view img.qr')?.naturalWidth > 80")
    assert file.stat().st_size > 1000
    page.click(at("paper-close"))


def test_a_call_is_on_the_sign_and_in_the_loudspeakers_words_and_sound(page):
    sit(page, 2)
    take(page)
    stood(page, "sign-2")
    page.click(at("next-2"))
    number = page.inner_text(at("number-2"))
    until(page, lambda: eyes.finds(stood(page, "sign-2"), number), f"{number} on the sign")
    page.wait_for_selector(f".call:has-text('{number}'):has-text('2号窗口')")
    page.click(".call button[data-wav]", timeout=60_000)  # whatever was said last: the recording of it
    page.wait_for_function("hall.player.duration > 2 && hall.player.currentTime > 0")
    page.click(at("start-2"))
    page.click(at("finish-2"))


def test_finishing_lights_four_faces_and_a_press_is_thanked(page):
    sit(page, 3)
    take(page)
    number = serve(page, 3)
    page.click(at("finish-3"))
    page.wait_for_function("document.querySelectorAll('#window-3 .face.lit').length === 4")
    stood(page, "sign-3")
    page.click(at("face-3-4"))
    page.wait_for_selector(f"{at('facts')} tr:has-text('{number}'):has-text('非常满意')")
    until(page, lambda: eyes.finds(stood(page, "sign-3"), "谢谢 请慢走"), "thanks on the sign")
    page.wait_for_function("document.querySelectorAll('#window-3 .face.lit').length === 0")


def test_a_paused_window_says_so_until_it_resumes(page):
    sit(page, 4)
    page.click(at("pause-4"))
    stood(page, "sign-4")
    page.click(at("reason-4-0"))
    page.wait_for_selector("#window-4 .chip.wait")
    until(
        page,
        lambda: any("暂停" in eyes.panel_text(panel) for panel in stood(page, "sign-4")),
        "暂停 on the sign",
    )
    assert not page.locator(at("next-4")).is_visible()
    page.click(at("resume-4"))
    page.wait_for_selector("#window-4 .chip.ok")


def test_a_call_key_calls_for_its_window_and_its_digits_are_read(page):
    digits = page.locator(at("digits-call-key-6"))

    def waiting():  # somebody may wait there since an earlier test
        shown = digits.inner_text().split()
        return int(shown[1]) if len(shown) == 2 and shown[0] == "----" else 0

    sit(page, 6)
    before = waiting()
    take(page, "employer")
    until(page, lambda: waiting() > before, "one more waits")
    page.click(at("call-key-6-next"))
    page.wait_for_selector(at("number-6"))
    number = page.inner_text(at("number-6"))
    until(page, lambda: digits.inner_text().split()[0][1:] == f"{number[1:]}.", "the number called")
    page.click(at("start-6"))
    page.click(at("finish-6"))


def test_a_refusal_is_said_in_the_hubs_own_words(page):
    sit(page, 6)
    for _ in range(5):  # whoever still waits for this window is served first
        page.click(at("next-6"))
        answer = page.wait_for_selector(
            f".q-notification:has-text('现在没有人等候'), {at('start-6')}:visible"
        )
        if "没有人等候" in answer.inner_text():
            return
        page.click(at("start-6"))
        page.click(at("finish-6"))
        page.wait_for_selector("#window-6 .chip.ok")
    raise AssertionError("the line has no end")


def test_the_hall_is_played_by_keyboard(page):
    before = page.locator(at("facts")).locator("tr:has-text('贷款申请')").count()
    paper = paper_there(page)
    page.focus(at("key-loan"))
    page.keyboard.press("Enter", delay=200)
    page.wait_for_function(
        "before => [...document.querySelectorAll('[data-test=facts] tr')].filter(r => r.innerText.includes('贷款申请')).length > before",
        arg=before,
    )
    page.wait_for_function(NEXT_PAPER, arg=paper)


def test_a_long_press_prints_the_list_and_gives_no_number(page):
    issued = page.inner_text(".counts span:first-child b")
    before = paper_there(page)
    page.hover(at("key-account"))
    page.mouse.down()
    page.wait_for_selector(f"{at('key-account')}.down")
    page.wait_for_function(NEXT_PAPER, arg=before)
    page.mouse.up()
    assert page.inner_text(".counts span:first-child b") == issued


def test_visitors_come_by_themselves_and_leave_when_told(page):
    before = int(page.inner_text(".counts span:first-child b"))
    page.click(at("visitors"))
    page.wait_for_selector(f"{at('visitors')}:has-text('不再来人')")
    page.wait_for_function(
        "before => +document.querySelector('.counts b').innerText >= before + 1", arg=before, timeout=60_000
    )
    page.click(at("visitors"))
    page.wait_for_selector(f"{at('visitors')}:has-text('让大家来')")


def test_every_message_scrolls_by_and_is_filtered_and_held(page):
    page.click(at("tab-bus"))
    page.fill(at("bus-member"), "sign-3")
    page.wait_for_function(
        "() => { const r = [...document.querySelectorAll('[data-test=bus] td.topic')]; return r.length && r.every(c => c.innerText.startsWith('sign-3/')) }"
    )
    page.fill(at("bus-member"), "<img src=x onerror=alert(1)>")
    page.wait_for_function("() => document.querySelectorAll('[data-test=bus] td').length === 0")
    page.fill(at("bus-member"), "")
    page.click(at("bus-hold"))


def test_a_device_opens_with_pins_figures_and_log(page):
    page.click(at("tab-devices"))
    page.click(at("device-pad-3"))
    page.wait_for_selector(".drawer .pin:has-text('不满意'):has-text('GPIO')")
    page.wait_for_selector(".drawer dd:has-text('MB')")
    page.wait_for_selector(".drawer pre:has-text('pad-3')")
    page.click(at("drawer-close"))


@pytest.mark.parametrize("width", [1920, 1280, 1024, 390])
def test_nothing_is_cut_off_at_any_size(page, width):
    page.set_viewport_size({"width": width, "height": 800})
    for tab in ("bus", "faults", "devices", "facts"):
        page.evaluate("tab => document.querySelector(`[data-test=tab-${tab}]`).click()", tab)
        page.wait_for_selector(f".q-tab--active{at(f'tab-{tab}')}", state="attached")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, tab
    cut = page.evaluate(
        """() => [...document.querySelectorAll('button.b, button.key, button.face, .chip')].filter(e => e.offsetParent &&
        (e.scrollWidth > e.clientWidth + 1 || e.getBoundingClientRect().right > innerWidth + 1)).map(e => e.innerText)"""
    )
    assert cut == []
    nameless = page.evaluate(
        "() => [...document.querySelectorAll('button')].filter(e => e.offsetParent && !(e.innerText.trim() || e.ariaLabel || e.title)).length"
    )
    assert nameless == 0
