"""A hall with its page as processes, Debian's own chromium, and the page opened in it."""

import re
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.request import urlopen

HALL = Path(sys.prefix) / "bin" / "hall"
#: browser, page, hall and everybody else share a machine: long enough for all of them at once
PATIENCE_MS = 60_000


class Hall:
    """A hall with a page, as processes; `url` is where, `mqtt_port` is its bus, `folder` keeps its files."""

    def __init__(self, folder, *more):
        self.folder = folder
        self.process = subprocess.Popen(
            [HALL, "demo", "--headless", "--web-port", "0", "--seconds", "1800", "--state", folder, *more],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for line in self.process.stdout:
            if found := re.search(r"MQTT 127\.0\.0\.1:(\d+),.* page (http://127\.0\.0\.1:\d+/)", line):
                self.mqtt_port, self.url = int(found[1]), found[2]
                self._answers()
                # what it says meanwhile is read: a hall whose words nobody takes stands still once the pipe is full
                self._reader = threading.Thread(target=self._listen, daemon=True)
                self._reader.start()
                return
        raise RuntimeError("the hall ended before it said where its page is")

    def _answers(self):
        """Everybody is ready by now; only the page's program may still be starting."""
        until = time.monotonic() + 60
        while time.monotonic() < until:
            with suppress(OSError), urlopen(self.url + "start", timeout=10):
                return
            time.sleep(0.02)
        raise RuntimeError("the page does not answer")

    def _listen(self):
        for _ in self.process.stdout:
            pass

    def close(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)
        self._reader.join(10)
        self.process.stdout.close()


@contextmanager
def running_hall(folder, *more):
    """One hall, closed again; `more` options of the demo."""
    hall = Hall(folder, *more)
    try:
        yield hall
    finally:
        hall.close()


def open_page(hall, chromium):
    """The hall's page in a browser, drawn and up; `asked` and `errors` remember what it did."""
    page = chromium.new_page(viewport={"width": 1440, "height": 900}, locale="zh-CN")
    page.set_default_timeout(PATIENCE_MS)
    page.asked, page.errors = [], []
    page.on("request", lambda request: page.asked.append(request.url))
    page.on("console", lambda said: page.errors.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.goto(hall.url)
    page.wait_for_selector("[data-test=waiting-loan]")
    page.click("[data-test=tab-devices]")
    page.wait_for_function("() => document.querySelectorAll('.device .ok').length >= 18", timeout=60_000)
    return page
