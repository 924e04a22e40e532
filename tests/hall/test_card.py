"""A member's memory: on the disk when it says so, never a crash loop."""

import os
import signal
import subprocess
import sys

import pytest

from hall.card import Card
from hall.errors import Fault
from hall.messages.answers import Receipt


def test_values_come_back_as_they_were_put(tmp_path):
    card = Card(tmp_path / "deep" / "card")
    card.put("a", {"n": 1, "list": [1, "二", None, True, 0.5]})
    card.put("a", {"n": 2})
    card.put("b", Receipt(outbox="x", upto=3))
    card.close()
    again = Card(tmp_path / "deep" / "card")
    assert again.get("a") == {"n": 2}
    assert again.get("b") == {"outbox": "x", "upto": 3}
    assert again.get("c", "none") == "none"
    again.delete("a")
    again.delete("a")
    assert again.get("a") is None
    again.close()
    again.close()


def test_what_put_returned_from_survives_a_kill(tmp_path):
    program = (
        "import sys; from hall.card import Card; c = Card(__import__('pathlib').Path(sys.argv[1]));\n"
        "n = 0\n"
        "while True: n += 1; c.put('n', n); print(n, flush=True)\n"
    )
    child = subprocess.Popen([sys.executable, "-c", program, str(tmp_path / "card")], stdout=subprocess.PIPE)
    said = [int(child.stdout.readline()) for _ in range(50)]
    os.kill(child.pid, signal.SIGKILL)
    rest, _ = child.communicate()
    whole = [line for line in rest.decode().split("\n")[:-1] if line]
    last = int(whole[-1]) if whole else said[-1]
    card = Card(tmp_path / "card")
    assert card.get("n") >= last
    assert card.quarantined is None
    card.close()


def test_a_transaction_is_all_or_nothing_and_may_be_nested():
    card = Card(":memory:")
    with card.transaction():
        card.put("a", 1)
        with card.transaction():
            card.put("b", 2)

    def interrupted():
        with card.transaction():
            card.put("a", 10)
            with card.transaction():
                card.put("b", 20)
            raise KeyError

    with pytest.raises(KeyError):
        interrupted()
    assert (card.get("a"), card.get("b")) == (1, 2)
    card.put("a", 3)
    assert card.get("a") == 3
    card.close()


@pytest.mark.parametrize(
    "rubbish",
    [b"this is not a database at all", os.urandom(9000), b"SQLite format 3\0" + b"\xff" * 5000],
    ids=["words", "noise", "a head and nothing behind it"],
)
def test_an_unreadable_file_is_moved_aside_and_a_new_one_begun(tmp_path, rubbish):
    path = tmp_path / "card"
    path.write_bytes(rubbish)
    card = Card(path)
    assert card.quarantined.read_bytes() == rubbish
    card.put("a", 1)
    card.close()
    path.write_bytes(rubbish)
    again = Card(path)
    assert again.quarantined.name == "card.broken-2"
    again.close()


def test_a_file_with_a_hole_in_the_middle_is_moved_aside(tmp_path):
    path = tmp_path / "card"
    card = Card(path)
    for n in range(2000):
        card.put(f"key-{n}", "x" * 50)
    card.close()
    data = bytearray(path.read_bytes())
    data[4096:20480] = os.urandom(16384)
    path.write_bytes(data)
    card = Card(path)
    assert card.quarantined is not None
    assert card.get("key-1") is None
    card.close()


def test_a_file_of_a_newer_program_is_not_misread(tmp_path):
    card = Card(tmp_path / "card")
    card.write("PRAGMA user_version = 99")
    card.close()
    card = Card(tmp_path / "card")
    assert card.quarantined is not None
    card.close()


def test_a_full_disk_is_a_fault_with_a_sentence_and_reading_goes_on(tmp_path):
    card = Card(tmp_path / "card")
    card.put("kept", "yes")
    pages = card.row("PRAGMA page_count")[0]
    card.row(f"PRAGMA max_page_count = {pages + 1}")
    with pytest.raises(Fault, match="full") as caught:
        card.put("large", "x" * 20_000)
    assert caught.value.code == "card-full"

    def two():
        with card.transaction():
            card.put("kept", "no")
            card.put("more", "x" * 20_000)

    with pytest.raises(Fault):
        two()
    assert card.get("kept") == "yes"
    card.row("PRAGMA max_page_count = 100000")
    card.put("later", 1)
    assert card.get("later") == 1
    card.close()


def test_a_place_that_cannot_hold_a_file_is_a_fault(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(Fault) as caught:
        Card(tmp_path / "file" / "card")
    assert caught.value.code == "card-unusable"


def test_where_no_file_can_be_the_best_card_is_one_in_memory_that_says_why(tmp_path):
    (tmp_path / "file").write_text("")
    card = Card.best(tmp_path / "file" / "card")
    card.put("a", 1)
    assert card.get("a") == 1
    assert card.trouble.code == "card-unusable"
    card.close()
    good = Card.best(tmp_path / "card")
    assert good.trouble is None
    good.close()


def test_the_file_says_it_waits_for_the_disk(tmp_path):
    card = Card(tmp_path / "card")
    assert card.row("PRAGMA journal_mode") == ("wal",)
    assert card.row("PRAGMA synchronous") == (2,)  # FULL
    card.close()
