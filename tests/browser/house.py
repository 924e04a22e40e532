"""A hall with its page as processes, Debian's own chromium, and the page opened in it."""

import re
import signal
import subprocess
import sys
from contextlib import contextmanager, suppress
from pathlib import Path

from playwright.sync_api import Error

HALL = Path(sys.prefix) / "bin" / "hall"
#: browser, page, hall and everybody else share a machine: long enough for all of them at once
PATIENCE_MS = 30_000


class Hall:
    """A hall with a page, as processes; `url` is where, `folder` keeps its files."""

    def __init__(self, folder):
        self.folder = folder
        self.process = subprocess.Popen(
            [HALL, "demo", "--headless", "--web-port", "0", "--seconds", "1800", "--state", folder],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for line in self.process.stdout:
            if found := re.search(r"page (http://127\.0\.0\.1:\d+/)", line):
                self.url = found[1]
                return
        raise RuntimeError("the hall ended before it said where its page is")

    def close(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)
        self.process.stdout.close()


@contextmanager
def running_hall(folder):
    """One hall, closed again."""
    hall = Hall(folder)
    try:
        yield hall
    finally:
        hall.close()


def open_page(hall, chromium):
    """The hall's page in a browser, drawn and up; `asked` and `errors` remember what it did."""
    page = chromium.new_page(viewport={"width": 1440, "height": 900}, locale="zh-CN")
    page.set_default_timeout(PATIENCE_MS)
    for _ in range(300):  # the page's program may still be starting
        with suppress(Error):
            page.goto(hall.url)
            break
        page.wait_for_timeout(100)
    page.asked, page.errors = [], []
    page.on("request", lambda request: page.asked.append(request.url))
    page.on("console", lambda said: page.errors.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.reload()  # now with everything watched
    page.wait_for_selector("[data-test=waiting-loan]")
    page.click("[data-test=tab-devices]")
    page.wait_for_function("() => document.querySelectorAll('.device .ok').length >= 18", timeout=60_000)
    return page
