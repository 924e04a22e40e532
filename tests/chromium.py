"""Debian's own browser, gone after each module: its driver keeps an event loop, beside which nothing else may run one."""

import os
import shutil
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect, sync_playwright

#: as long as a page waits for an element: playwright's own five seconds are a speed limit
expect.set_options(timeout=60_000)


@contextmanager
def browser():
    """One, until it is no longer needed."""
    program = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if program is None:
        pytest.fail(
            "there is no chromium on this machine; scripts/setup installs it (apt-get install chromium)"
        )
    with sync_playwright() as driver:
        # a test runs as root in many a container, where chromium's own sandbox cannot
        flags = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]
        started = driver.chromium.launch(executable_path=program, args=flags)
        yield started
        started.close()


@pytest.fixture(scope="module")
def chromium():
    with browser() as started:
        yield started
