"""One hall for all the staff's pages: its people, and a fresh browser for each visitor."""

import json

import pytest

from ..house import open_page, running_hall  # noqa: TID252 - tests are no package


@pytest.fixture(scope="package")
def hall(tmp_path_factory):
    with running_hall(tmp_path_factory.mktemp("staff")) as hall:
        yield hall


@pytest.fixture(scope="module")
def opened(hall, chromium):
    """The virtual hall's page, drawn and up: whoever needs a citizen's hand uses it; others need no second page."""
    page = open_page(hall, chromium)
    yield page
    page.close()


@pytest.fixture(scope="package")
def passwords(hall):
    return json.loads((hall.folder / "demo-people.json").read_text())


@pytest.fixture
def visitor(hall, chromium):
    """A fresh browser without cookies; afterwards: nothing was asked of anybody else."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, locale="zh-CN")
    page = context.new_page()
    page.set_default_timeout(60_000)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    yield page
    context.close()
    assert [url for url in asked if not url.startswith((hall.url, "data:", "blob:", "ws:"))] == []
