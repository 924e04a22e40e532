"""A technician looks after a device from its care dialog, and people see on a phone when it is quiet."""

import pytest
from playwright.sync_api import expect

from .hands import at, come_in, judge, whole

pytestmark = [pytest.mark.broker, pytest.mark.processes]


@pytest.fixture
def technician(hall, visitor, passwords):
    come_in(visitor, hall, "technician", passwords["technician"])
    visitor.goto(hall.url + "fleet")
    visitor.wait_for_selector(at("care-sign-3"))
    return visitor


def set_to(page, value):
    """Brightness in the open dialog: shown first, sent by the second yes."""
    page.fill(at("config-name"), "brightness")
    page.fill(at("config-value"), value)
    page.press(at("config-value"), "Enter")
    expect(page.locator(at("config-difference"))).to_contain_text("brightness")
    page.press(at("config-value"), "Enter")
    page.wait_for_selector(at("config-name"), state="hidden")


def test_a_setting_is_shown_before_it_is_sent_and_stands_in_the_dialog_afterwards(technician):
    technician.click(at("care-sign-3"))
    technician.wait_for_selector(at("care-how"))
    whole(technician)
    judge(technician, "zh")
    set_to(technician, "9")
    technician.wait_for_function("() => !document.querySelector('.q-dialog__backdrop')")
    technician.click(at("care-sign-3"))
    expect(technician.locator(at("config-now"))).to_contain_text("brightness=9")
    set_to(technician, "")
    technician.wait_for_function("() => !document.querySelector('.q-dialog__backdrop')")
    technician.click(at("care-sign-3"))
    expect(technician.locator(at("config-now"))).not_to_contain_text("brightness")


@pytest.mark.parametrize("path", ["busy", "book"])
def test_the_pages_about_coming_at_a_quiet_hour_fit_a_phone_in_both_languages(hall, visitor, path):
    visitor.set_viewport_size({"width": 390, "height": 800})
    visitor.goto(hall.url + path)
    said = visitor.inner_text("body")
    assert any("\u4e00" <= char <= "\u9fff" for char in said)
    assert any("a" <= char <= "z" for char in said)
    assert visitor.evaluate("document.documentElement.scrollWidth") <= 390
