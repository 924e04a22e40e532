"""Every page that somebody of the staff may open: in both languages, with nothing untranslated and nothing that keeps anybody out."""

import pytest

from hub.console.door.rights import MAY_SEE, Page, Role
from hub.console.look.frame import BUILT

from .hands import TONGUES, come_in, judge, live

pytestmark = [pytest.mark.broker, pytest.mark.processes]

#: each page once, by somebody who sees it
SEEN = {
    page: next(role for role in (Role.DUTY_OFFICER, *Role) if page in MAY_SEE[role])
    for page in Page
    if page in BUILT
}


@pytest.mark.parametrize("page", SEEN, ids=lambda page: page.value[1:])
def test_a_page_speaks_one_language_and_lets_everybody_in(hall, visitor, passwords, page):
    role = SEEN[page].value
    come_in(visitor, hall, role, passwords[role])
    for tongue, lang in TONGUES.items():
        visitor.goto(f"{hall.url}tongue?to={tongue}&back={page.value}")
        visitor.wait_for_selector("main")
        live(visitor)
        assert visitor.url.endswith(page.value)
        assert visitor.evaluate("document.documentElement.lang") == lang
        judge(visitor, tongue)


def test_every_page_of_the_table_is_opened_here():
    assert set(SEEN) == set(Page)
