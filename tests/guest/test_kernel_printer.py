"""A printer on USB as Linux sees one: its kernel's usblp, its /dev/usb/lp0, plugged in and out. The other end is the twin's paper, as a gadget."""

import json

import pytest

from . import kernel

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    """What became of it all, in one machine."""
    said = kernel.run("tests.guest.kernel_printer", tmp_path_factory.mktemp("kernel"))
    lines = said.splitlines()
    assert all(line.startswith("{") for line in lines), said
    return {key: value for line in lines for key, value in json.loads(line).items()}


def test_the_kernel_finds_the_printer_and_its_file_is_found_by_vendor_and_product(seen):
    assert (seen["node"], seen["driver"]) == (True, "usblp")
    assert seen["condition"] == "None", "it is well"


def test_a_slip_arrives_through_usblp_to_the_last_dot(seen):
    assert (seen["printed"], seen["same dots"], seen["not understood"]) == ("None", True, 0)


def test_it_says_that_its_paper_is_out_and_prints_again_with_a_new_roll(seen):
    assert (seen["paper out"], seen["paper back"]) == ("paper-out", "None")


def test_pulled_out_it_is_offline_and_plugged_in_again_it_prints_by_itself(seen):
    assert (seen["before"], seen["vanished"], seen["unplugged"]) == (
        "printer-offline",
        True,
        "printer-offline",
    )
    assert (seen["returned"], seen["printed again"], seen["slips"]) == (True, "None", 3)
