"""Every page that somebody of the staff may open: in both languages, with nothing untranslated and nothing that keeps anybody out."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe

from hub.console.door.rights import MAY_SEE, Role
from hub.console.look.frame import BUILT

from .hands import log_in

pytestmark = [pytest.mark.broker, pytest.mark.processes]

#: each page once, by a role that sees it; whoever sees most comes last, so that every role with a page of its own comes here
SEEN = {page: role for role in (Role.MANAGER, *Role) for page in MAY_SEE[role] if page in BUILT}
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
#: a word of two letters and more; A012, min and the names of files and formats are the same in both
LATIN = re.compile(r"[A-Za-z]{2,}")
SAME = re.compile(r"\b(CSV|XLSX|YAML|PDF|QR|ID|OK|min|kB|p50|p90|[A-Z]{1,2}\d+)\b")


@pytest.mark.parametrize("tongue", TONGUES)
@pytest.mark.parametrize("page", SEEN, ids=lambda page: page.value[1:])
def test_a_page_speaks_one_language_and_lets_everybody_in(hall, opened, visitor, passwords, page, tongue):
    role = SEEN[page].value
    log_in(visitor, hall, role, passwords[role])
    visitor.goto(f"{hall.url}tongue?to={tongue}&back={page.value}")
    visitor.wait_for_selector("main")
    visitor.wait_for_load_state("networkidle")
    assert visitor.url.endswith(page.value)
    assert visitor.evaluate("document.documentElement.lang") == TONGUES[tongue]
    foreign = LATIN if tongue == "zh" else CHINESE
    said = visitor.evaluate(WORDS, TONGUES[tongue])
    assert [text for text in said if foreign.search(SAME.sub("", text))] == []
    found = Axe().run(visitor).response["violations"]
    serious = [
        (wrong["id"], wrong["help"], [node["html"][:160] for node in wrong["nodes"][:3]])
        for wrong in found
        if wrong["impact"] in {"serious", "critical"}
    ]
    assert serious == []
    for width in (390, 1280, 1920):
        visitor.set_viewport_size({"width": width, "height": 800})
        over = visitor.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert over <= 0, f"{over} px beyond a screen of {width}"
