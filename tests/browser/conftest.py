"""One running hall with its page, and Debian's own chromium to look at it. Nothing but this machine may be asked for anything."""

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

HALL = Path(sys.prefix) / "bin" / "hall"
PATIENCE_MS = 12_000


class Hall:
    """A hall with a page, as processes; `url` is where, `folder` keeps its files."""

    def __init__(self, folder):
        self.folder = folder
        self.process = subprocess.Popen(
            [HALL, "demo", "--headless", "--web-port", "0", "--seconds", "170", "--state", folder],
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


@pytest.fixture(scope="package")
def hall(tmp_path_factory):
    running = Hall(tmp_path_factory.mktemp("page"))
    yield running
    running.close()


@pytest.fixture(scope="package")
def chromium():
    program = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if program is None:
        pytest.fail(
            "there is no chromium on this machine; scripts/setup installs it (apt-get install chromium)"
        )
    with sync_playwright() as driver:
        # a test runs as root in many a container, where chromium's own sandbox cannot
        flags = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]
        browser = driver.chromium.launch(executable_path=program, args=flags)
        yield browser
        browser.close()


@pytest.fixture
def page(hall, chromium):
    """The hall's page, open and drawn; afterwards: no error in its console, and nothing asked of anybody else."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN")
    opened = context.new_page()
    opened.set_default_timeout(PATIENCE_MS)
    asked, errors = [], []
    opened.on("request", lambda request: asked.append(request.url))
    opened.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.errors = errors
    # the hall itself may take a moment to be up; the first goto is asked again until the page answers
    for _ in range(200):
        try:
            opened.goto(hall.url)
            break
        except Exception as error:
            if "ERR_CONNECTION_REFUSED" not in str(error):
                raise
            opened.wait_for_timeout(100)
    errors.clear()
    opened.wait_for_selector("[data-test=waiting-loan]")
    opened.wait_for_selector("[data-test=state] .ok")
    yield opened
    context.close()
    foreign = [url for url in asked if not url.startswith((hall.url, "data:", "blob:"))]
    assert foreign == []
    assert errors == []
