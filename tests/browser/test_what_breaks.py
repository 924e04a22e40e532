"""What breaks says so to citizens and technicians, and heals by itself, before one's eyes."""

import http.client
import os
import re
import signal
import socket
from contextlib import suppress
from pathlib import Path

import pytest

from hall.troubles import TROUBLES
from sim.people import eyes

from .test_walk import at, rows, sit, take, until

OUT = TROUBLES["paper-out"].text

pytestmark = [pytest.mark.broker, pytest.mark.processes]


@pytest.fixture(autouse=True)
def mended(request):
    """Whatever a test leaves broken is repaired, so that the next one speaks for itself."""
    page = request.getfixturevalue("page") if "page" in request.fixturenames else None
    yield
    if page is None:
        return
    page.click(at("tab-faults"))
    page.click(at("heal-all"))


def page_of(hall):
    """The pid of the page's own program, None while there is none."""
    marks = (b"sim.page\0", os.fsencode(hall.folder) + b"\0")
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            if entry.name.isdigit() and all(mark in (entry / "cmdline").read_bytes() for mark in marks):
                return int(entry.name)
    return None


def test_without_paper_the_number_is_shown_and_printed_when_a_roll_is_in(page):
    page.click(at("tab-faults"))
    page.click(at("fault-dispenser-1-paper-out"))
    page.wait_for_selector(f"{at('fault-dispenser-1-paper-out')}.on")
    page.click(at("key-loan"))
    page.wait_for_selector(f"{at('alerts')} .alert:has-text('{OUT.zh}'):has-text('{OUT.en}')")
    page.wait_for_selector(".lampline.lit")
    until(
        page,
        lambda: re.fullmatch(r"[A-F]\d{3,4}", eyes.panel_text(rows(page, "dispenser-1"))),
        "the number on the display",
    )
    before = (
        page.locator(at("paper")).get_attribute("data-paper") if page.locator(at("paper")).count() else ""
    )
    page.click(at("fault-dispenser-1-paper-out"))
    page.wait_for_function(
        "before => +document.querySelector('[data-test=paper]')?.dataset.paper > +before", arg=before
    )
    page.wait_for_function(
        f"() => !(document.querySelector('[data-test=alerts]')?.innerText ?? '').includes('{OUT.zh}')"
    )


def test_a_killed_hub_is_back_and_a_frozen_one_is_named(page):
    page.click(at("tab-faults"))
    page.click(at("freeze-hub"))
    page.wait_for_selector(f"{at('state')} .bad:has-text('恢复中')")
    page.wait_for_selector(f"{at('alerts')} .alert:has-text('已冻结：大厅主机')")
    take(page, "employer")  # from the lent block
    page.click(at("kill-hub"))
    page.wait_for_selector(f"{at('state')} .ok")
    page.click(at("tab-devices"))
    page.wait_for_selector(f"{at('device-hub')}:has-text('第 2 次启动')")
    page.wait_for_function(
        "() => !(document.querySelector('[data-test=alerts]')?.innerText ?? '').includes('已冻结')"
    )
    take(page, "settlement")


def test_a_cable_is_cut_and_mended(page):
    page.click(at("tab-faults"))
    page.click(at("cable-pad-6-cut"))
    page.wait_for_selector(f"{at('cable-pad-6-cut')}.on")
    page.click(at("tab-devices"))
    page.wait_for_selector(f"{at('device-pad-6')} .bad", timeout=60_000)
    page.click(at("tab-faults"))
    page.click(at("heal-all"))
    page.wait_for_selector(f"{at('cable-pad-6-cut')}:not(.on)")
    page.click(at("tab-devices"))
    page.wait_for_selector(f"{at('device-pad-6')} .ok", timeout=60_000)


@pytest.mark.long
def test_a_dead_module_is_dark_on_the_sign_and_comes_back(page):
    sit(page, 5)
    until(page, lambda: "#" in "".join(row[:8] for row in rows(page, "sign-5")), "the first module lit")
    page.click(at("tab-faults"))
    page.click(at("fault-sign-5-module-dead"))
    page.wait_for_selector(f"{at('fault-sign-5-module-dead')}.on")
    until(page, lambda: "#" not in "".join(row[:8] for row in rows(page, "sign-5")[:8]), "the module dark")
    page.click(at("heal-all"))
    page.wait_for_selector(f"{at('fault-sign-5-module-dead')}:not(.on)")
    until(page, lambda: "#" in "".join(row[:8] for row in rows(page, "sign-5")[:8]), "the module lit again")


@pytest.mark.long
def test_the_very_key_one_chooses_is_stuck_and_repaired(page):
    page.click(at("tab-devices"))
    page.click(at("device-pad-1"))
    page.click(f".drawer {at('which-key')}")
    page.click(".q-menu .q-item:has-text('一般 Fair')")
    page.click(f".drawer {at('fault-pad-1-key-stuck')}")
    page.wait_for_selector(".drawer .pin.down:has-text('一般 Fair')")
    assert page.locator(".drawer .pin.down").count() == 1
    page.click(f".drawer {at('fault-pad-1-key-stuck')}")
    page.wait_for_selector(".drawer .pin.down", state="detached")
    page.click(at("drawer-close"))


@pytest.mark.long
def test_broker_and_world_die_and_the_page_goes_on(page, hall):
    page.click(at("tab-faults"))
    page.click(at("kill-broker"))
    page.click(at("kill-world"))
    page.click(at("tab-devices"))
    for name in ("broker", "world"):
        page.wait_for_selector(f"{at(f'device-{name}')}:has-text('次启动')")
    page.wait_for_selector(f"{at('state')} .ok")
    papers = hall.folder / "world" / "papers"
    before = len(list(papers.glob("*.png")))

    def pressed_again():  # a press is lost while the dispenser looks for its pins in the new world
        page.click(at("key-enquiry"))
        page.wait_for_timeout(3000)
        return len(list(papers.glob("*.png"))) > before

    until(page, pressed_again, "a paper", within_s=1)


@pytest.mark.long
def test_the_tour_goes_from_welcome_to_the_bad_rating_by_next_alone(page):
    page.click(at("tour"))
    for step in range(13):
        page.wait_for_selector(f"[data-step='{step}']")
        page.wait_for_selector(f"{at('tour-next')}[data-shown=true]", timeout=60_000)
        page.click(at("tour-next"))
    page.wait_for_selector(at("tour-card"), state="hidden")
    page.wait_for_selector(f"{at('facts')} tr:has-text('不满意')")


@pytest.mark.long
def test_a_killed_page_comes_back_in_the_open_browser_and_so_does_the_board(page, hall, chromium):
    board = chromium.new_page()
    board.goto(hall.url + "board")
    board.wait_for_selector(".promise .measured")
    board.evaluate("window.before = true")
    old = page_of(hall)
    os.kill(old, signal.SIGKILL)
    until(page, lambda: page_of(hall) not in {None, old}, "the page's process again")
    page.evaluate("window.before = true")
    page.wait_for_function("() => !window.before", timeout=60_000)
    page.wait_for_selector(f"{at('state')} .ok")
    board.wait_for_function("() => !window.before", timeout=60_000)
    board.wait_for_selector(".stale", state="hidden", timeout=60_000)
    board.close()
    page.errors.clear()  # the browser says so when a server is gone; nothing else was wrong until here


@pytest.mark.long
def test_without_lan_the_page_is_for_this_machine_alone(hall):
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", int(hall.url.rsplit(":", 1)[1].strip("/"))), timeout=10)


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/", {"Host": "evil.example"}, 400),
        ("/", {"Origin": "http://evil.example"}, 403),
        ("/papers/99999999999.png", {}, 404),
        ("/papers/-1.png", {}, 404),
        ("/papers/..%2f..%2fworld.json", {}, 404),
        ("/sounds/..%2f..%2fworld.json", {}, 404),
        ("/sounds/%00.wav", {}, 404),
        ("/static/..%2fapp.py", {}, 404),
    ],
)
def test_what_is_not_the_pages_business_is_refused(hall, path, headers, status):
    connection = http.client.HTTPConnection(
        "127.0.0.1", int(hall.url.rsplit(":", 1)[1].strip("/")), timeout=10
    )
    connection.request("GET", path, headers=headers)
    assert connection.getresponse().status == status
    connection.close()
