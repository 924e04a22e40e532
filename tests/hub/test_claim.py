"""One store, one hub: a second one is told so in a sentence, and the first does not notice."""

from __future__ import annotations

import subprocess
import sys

import pytest

from hall.errors import Fault
from hub.store.journal import Journal

pytestmark = pytest.mark.both_stores


@pytest.fixture
def second(where):
    """The store as a second hub opens it."""
    journal = Journal(where)
    yield journal
    journal.close()


def test_a_second_hub_on_the_same_store_is_refused_in_plain_words(rig, dispenser, second):
    with pytest.raises(Fault) as fault:
        second.own()
    assert fault.value.code == "store-taken"
    assert "another hub" in fault.value.text.en
    assert "另一台叫号主机" in fault.value.text.zh
    assert dispenser.take()["ok"]


def test_a_hub_that_ended_leaves_the_store_to_the_next(rig, second):
    rig.kill_hub()
    second.own()
    with pytest.raises(Fault):
        rig.start_hub()
    second.close()
    rig.start_hub()
    assert rig.member("dispenser-1").take()["ok"]


def test_whoever_only_looks_needs_no_claim(rig, dispenser, second):
    dispenser.take(id_="t1")
    assert second.recall(["t1"])["t1"].member == "dispenser-1"


def test_a_claim_ends_with_its_process_however_that_ends(where, second):
    hold = "import sys, time; from hub.store.journal import Journal; j = Journal(sys.argv[1]); j.own(); print(1, flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", hold, where], stdout=subprocess.PIPE) as other:
        other.stdout.readline()
        with pytest.raises(Fault):
            second.own()
        other.kill()
    second.own()
    second.check()


def test_the_claim_is_taken_again_with_a_new_connection(rig, second):
    rig.store._let_go()
    rig.store.check()
    with pytest.raises(Fault):
        second.own()
