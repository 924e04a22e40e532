"""Whoever walks the rows of a page by keys sees where they are, and keeps their place while the rows are drawn anew, and gets it back from a dialog."""

import pytest

from .hands import at, come_in, live, whole

pytestmark = [pytest.mark.broker, pytest.mark.processes]

#: the rows as the hall's next word draws them: the same, in new elements
ANEW = "() => { const rows = document.querySelector('[data-test=devices]'); rows.innerHTML = rows.innerHTML }"
HAS = "name => document.activeElement.dataset.test === name"


def test_the_focus_is_seen_stays_on_its_button_while_rows_are_drawn_anew_and_comes_back_from_a_dialog(
    hall, visitor, passwords
):
    come_in(visitor, hall, "technician", passwords["technician"])
    visitor.goto(f"{hall.url}fleet")
    live(visitor)
    visitor.focus(at("begin-roll-out"))  # a button of the library's: its ring is ours
    assert visitor.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    visitor.focus(at("care-sign-2"))
    visitor.evaluate(ANEW)
    visitor.wait_for_function(HAS, arg="care-sign-2")
    visitor.keyboard.press("Enter")
    whole(visitor)
    visitor.evaluate(ANEW)
    visitor.keyboard.press("Escape")
    visitor.wait_for_function(HAS, arg="care-sign-2")
    visitor.wait_for_selector(".q-dialog__backdrop", state="detached")
    visitor.mouse.click(2, 300)  # beside everything: now nobody holds a place
    visitor.evaluate(ANEW)
    visitor.wait_for_timeout(200)
    assert visitor.evaluate("document.activeElement.closest('[data-sheet]')") is None
