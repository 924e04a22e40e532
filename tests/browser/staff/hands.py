"""What every test of the staff's pages does."""

import re

from axe_playwright_python.sync_playwright import Axe

TONGUES = {"zh": "zh-CN", "en": "en-US"}
#: What is said on the page: words that can be seen, and those that only a screen reader says. What is marked as a name or a code
#: (translate="no"), or as being in another language, is left out.
WORDS = """tongue => {
  const said = [], skip = e => e.closest('[translate=no], script, style, .q-icon, [lang]:not(html):not([lang="' + tongue + '"])')
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (texts.nextNode()) {
    const e = texts.currentNode.parentElement
    if (e && !skip(e) && e.checkVisibility({checkOpacity: true, checkVisibilityCSS: true})) said.push(texts.currentNode.data.trim())
  }
  for (const e of document.body.querySelectorAll('[aria-label], [placeholder], [title], [alt]'))
    if (!skip(e)) for (const name of ['aria-label', 'placeholder', 'title', 'alt']) said.push((e.getAttribute(name) || '').trim())
  return said.filter(text => text)
}"""
CHINESE = re.compile("[\u3400-\u9fff]")
#: a word of two letters and more; A012, units, a device's own name, commands and the names of files are the same in both
LATIN = re.compile(r"[A-Za-z]{2,}")
SAME = re.compile(
    r"(?<![A-Za-z])(CSV|XLSX|YAML|PDF|PNG|QR|ID|OK|min|kB|MB|p50|p90|[A-Z]{1,2}\d+|timedatectl|brightness"
    r"|(call-key|dispenser|pad|sign|speaker|console)-\d+)(?![A-Za-z])"
)


#: what axe calls moderate, and who reads with a screen reader looks for first
LANDMARKS = {"landmark-no-duplicate-main", "landmark-main-is-top-level", "landmark-one-main"}


def at(name):
    return f"[data-test={name}]"


def log_in(page, hall, role, password):
    page.goto(hall.url + "login")
    page.fill("#login", role)
    page.fill("#password", password)
    page.click("button[type=submit]")


#: what a browser keeps of somebody's having logged in, by hall and login
SESSIONS = {}


def come_in(page, hall, role, password):
    """Somebody who has logged in to this hall before: every page of it is open, and none is shown yet."""
    who = hall.url, role
    if who not in SESSIONS:
        log_in(page, hall, role, password)
        SESSIONS[who] = [
            cookie for cookie in page.context.cookies() if cookie["name"].endswith("hall-session")
        ]
    page.context.add_cookies(SESSIONS[who])


def live(page):
    """Wait until a page talks with the hall and has its letters: only then it is what somebody reads."""
    page.wait_for_function("() => window.did_handshake && document.fonts.status === 'loaded'")


def whole(page):
    """Wait until a dialog stands there whole: while it comes in its colours are half the page's, and the loading bar has no name."""
    page.wait_for_selector(".q-dialog .dialog")
    page.wait_for_function(
        "() => !document.querySelector('.q-dialog [class*=-enter-active]')"
        " && [...document.querySelectorAll('.q-loading-bar')].every(bar => bar.style.opacity === '0')"
    )


def judge(page, tongue, within=None):
    """What is open now speaks one language, keeps nobody out by how they see or move, and fits its screen.

    `within` names a part of it whose colours are judged: what lies behind a dialog is half the dialog's shade.
    """
    foreign = LATIN if tongue == "zh" else CHINESE
    said = page.evaluate(WORDS, TONGUES[tongue])
    assert [text for text in said if foreign.search(SAME.sub("", text))] == []
    found = Axe().run(page, context=within).response["violations"]
    serious = [
        (wrong["id"], wrong["help"], [node["html"][:160] for node in wrong["nodes"][:3]])
        for wrong in found
        if wrong["impact"] in {"serious", "critical"} or wrong["id"] in LANDMARKS
    ]
    assert serious == [], serious
    for width in (390, 1280, 1920):
        page.set_viewport_size({"width": width, "height": 800})
        over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert over <= 0, f"{over} px beyond a screen of {width}"
