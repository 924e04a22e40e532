"""Every page that somebody of the staff may open: in both languages, with nothing untranslated and nothing that keeps anybody out."""

import pytest

from hub.console.door.rights import MAY_SEE, Role
from hub.console.look.frame import BUILT

from .hands import TONGUES, judge, log_in

pytestmark = [pytest.mark.broker, pytest.mark.processes]

#: each page once, by a role that sees it; whoever sees most comes last, so that every role with a page of its own comes here
SEEN = {page: role for role in (Role.MANAGER, *Role) for page in MAY_SEE[role] if page in BUILT}


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
    judge(visitor, tongue)
