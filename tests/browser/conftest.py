"""One running hall with its page, and Debian's own chromium to look at it. Nothing but this machine may be asked for anything."""

import pytest

from tests.chromium import browser

from .house import open_page, running_hall


@pytest.fixture(scope="package")
def chromium():
    """One browser for all these tests, none of which has an event loop of its own."""
    with browser() as started:
        yield started


@pytest.fixture(scope="package")
def hall(tmp_path_factory):
    with running_hall(tmp_path_factory.mktemp("page")) as hall:
        yield hall


@pytest.fixture(scope="package")
def opened(hall, chromium):
    """The hall's page in a browser, drawn and up; `asked` and `errors` remember what it did."""
    return open_page(hall, chromium)


@pytest.fixture
def page(hall, opened):
    """The open page at 1440×900; afterwards: no error in its console, and nothing asked of anybody else."""
    opened.set_viewport_size({"width": 1440, "height": 900})
    opened.click("[data-test=tab-facts]")
    opened.wait_for_selector("[data-test=state] .ok")
    yield opened
    foreign = [url for url in opened.asked if not url.startswith((hall.url, "data:", "blob:"))]
    errors = list(opened.errors)
    opened.asked.clear()
    opened.errors.clear()
    assert foreign == []
    assert errors == []
