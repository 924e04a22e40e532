#!/usr/bin/env python3
"""The pictures of docs/walkthrough.md: ``scripts/walkthrough.py`` runs a hall, walks through its page in chromium, and takes them."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image
from playwright.sync_api import Error, Page, sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator

TARGET = Path(__file__).parent.parent / "docs" / "pictures"
HALL = Path(sys.prefix) / "bin" / "hall"
#: how long the crowd fills the hall before its picture
CROWD_MS = 25_000


@contextmanager
def hall(folder: Path) -> Iterator[str]:
    """A hall with a page; where the page is."""
    command = [str(HALL), "demo", "--headless", "--web-port", "0", "--seconds", "300", "--state", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if found := re.search(r"page (http://\S+)", line):
                yield found[1]
                return
        raise SystemExit("the hall did not come up")
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def take(page: Page, name: str) -> None:
    """One picture of what the browser shows."""
    page.wait_for_timeout(700)
    file = TARGET / f"walk-{name}.png"
    page.screenshot(path=file)
    Image.open(file).convert("RGB").save(file, optimize=True)


def tour_to(page: Page, step: int) -> None:
    """Next, until the tour stands at `step` and has shown its result."""
    while True:
        at = int(page.get_attribute(".tour [data-step]", "data-step") or 0)
        page.wait_for_selector("[data-test=tour-next][aria-disabled=false]", timeout=30_000)
        if at >= step:
            return
        page.click("[data-test=tour-next]")
        page.wait_for_selector(f"[data-step='{at + 1}']")


def walk(page: Page) -> None:
    """The walk of docs/walkthrough.md."""
    page.wait_for_selector("[data-test=waiting-loan]")
    page.wait_for_selector("[data-test=state] .ok")
    page.click("[data-test=tour]")
    tour_to(page, 2)
    page.wait_for_timeout(2500)
    take(page, "call")
    tour_to(page, 4)
    take(page, "rating")
    tour_to(page, 6)
    take(page, "paper-out")
    tour_to(page, 8)
    take(page, "hub-gone")
    page.click("[data-test=tour-next]")
    tour_to(page, 9)
    page.click("[data-test=tour-end]")
    page.click("[data-test=paper]")
    page.wait_for_selector("[data-test=decoded]")
    page.wait_for_function("document.querySelector('.hand img.qr')?.naturalWidth > 0")
    take(page, "ticket")
    page.click("[data-test=paper-close]")
    for _ in range(8):
        page.locator("[data-test=rate]").press("ArrowRight")
    page.click("[data-test=visitors]")
    page.wait_for_timeout(CROWD_MS)
    page.evaluate("scrollTo(0, 0)")
    take(page, "hall")
    page.set_viewport_size({"width": 1024, "height": 768})
    take(page, "tablet")
    page.set_viewport_size({"width": 400, "height": 800})
    take(page, "phone")
    page.set_viewport_size({"width": 1440, "height": 900})
    for tab in ("bus", "faults", "devices"):
        page.click(f"[data-test=tab-{tab}]")
        page.evaluate("scrollTo(0, document.querySelector('.below').offsetTop - 80)")
        if tab != "devices":
            take(page, tab)
    page.click("[data-test=device-sign-2]")
    page.wait_for_selector(".drawer pre")
    take(page, "device")


def main() -> None:
    """Take all pictures anew."""
    program = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if program is None:
        raise SystemExit("chromium is needed (apt-get install chromium)")
    TARGET.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, hall(Path(folder)) as url, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1440, "height": 900}, locale="zh-CN")
        for _ in range(300):  # its program may still be starting
            with suppress(Error):
                page.goto(url)
                break
            page.wait_for_timeout(100)
        walk(page)
        browser.close()


if __name__ == "__main__":
    main()
