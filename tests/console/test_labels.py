"""A device's label: read as scanners type it, and believed only when it is of this hall and this authority."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hall.errors import Refused
from hub.console.membership.label import Label, check, read, written

CA = "4dc16bc573c806cd" + "0" * 48
OURS = "HF1:demo:pad-3:4dc16bc573c806cd"


def code(call):
    with pytest.raises(Refused) as refused:
        call()
    return refused.value.code


def test_a_label_says_hall_member_and_the_beginning_of_the_authoritys_fingerprint():
    assert written("demo", "pad-3", CA) == OURS


@pytest.mark.parametrize(
    "typed",
    [
        OURS,
        OURS.lower(),
        OURS.upper(),
        f"  {OURS}\n",
        "ＨＦ１：ｄｅｍｏ：ｐａｄ－３：４ｄｃ１６ｂｃ５７３ｃ８０６ｃｄ",
    ],
)
def test_a_scanner_types_with_the_keyboards_language_and_shift_key(typed):
    assert read(typed) == Label(member="pad-3", hall="demo", fingerprint="4dc16bc573c806cd")


def test_a_name_typed_by_hand_is_taken_as_it_is():
    assert read("pad-3") == Label(member="pad-3")
    assert not read("pad-3").scanned
    check(read("pad-3"), hall="demo", fingerprint=CA)


@pytest.mark.parametrize(
    "odd",
    ["", "HF1:", "HF1:demo:pad-3", "HF1:demo:pad-3:4dc1", f"{OURS}0", "HF2" + OURS[3:], "https://example.org", "pad 3",
     "HF1:demo:../x:4dc16bc573c806cd", "HF1:demo:-:4dc16bc573c806cd", "<script>", "a" * 200],
)  # fmt: skip
def test_what_is_no_label_is_refused(odd):
    assert code(lambda: read(odd)) == "no-label"


@given(st.text(max_size=60))
def test_whatever_is_scanned_is_a_label_a_name_or_refused(typed):
    try:
        label = read(typed)
    except Refused:
        return
    assert set(label.member) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")


def test_a_label_of_this_hall_is_believed_and_of_another_hall_or_authority_is_not():
    check(read(OURS), hall="demo", fingerprint=CA)
    assert code(lambda: check(read(OURS), hall="other", fingerprint=CA)) == "other-hall"
    assert code(lambda: check(read(OURS), hall="demo", fingerprint="f" * 64)) == "other-authority"
