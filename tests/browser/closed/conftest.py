"""One hall behind certificates with its pages, and its technician with a browser."""

import json
from contextlib import contextmanager

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from ..house import running_hall  # noqa: TID252 - tests are no package
from ..staff.hands import at, log_in  # noqa: TID252


@pytest.fixture(scope="package")
def hall(tmp_path_factory):
    with running_hall(tmp_path_factory.mktemp("closed"), "--secure") as hall:
        yield hall


@pytest.fixture(scope="package")
def passwords(hall):
    return json.loads((hall.folder / "demo-people.json").read_text())


@pytest.fixture(scope="package")
def label(hall):
    """What stands on the label of a device."""
    root = x509.load_pem_x509_certificate((hall.folder / "trust" / "authority" / "root.pem").read_bytes())
    authority = root.fingerprint(hashes.SHA256()).hex()[:16]
    return lambda member, name="demo", by=authority: f"HF1:{name}:{member}:{by}"


@pytest.fixture(scope="package")
def logged_in(hall, chromium, passwords):
    """What a browser keeps of the technician's having logged in."""
    context = chromium.new_context()
    page = context.new_page()
    page.set_default_timeout(60_000)
    log_in(page, hall, "technician", passwords["technician"])
    page.wait_for_url("**/fleet")
    yield context.storage_state()
    context.close()


@contextmanager
def fleet(hall, browser, logged_in):
    """The devices' page, in a browser of its own."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 800}, locale="zh-CN", storage_state=logged_in
    )
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(hall.url + "fleet")
    page.wait_for_selector(at("place-sign-2"))
    try:
        yield page
    finally:
        context.close()


@pytest.fixture
def technician(hall, chromium, logged_in):
    with fleet(hall, chromium, logged_in) as page:
        yield page
