"""Which release runs: the last good one, or the one on trial; whatever is lost, torn or made up, something runs."""

import ast
import json
import os
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.updates import boot_select as boot
from devices.updates.boot_select import State
from tests.updates import faults, machine

HERE = Path(boot.__file__)


@pytest.fixture
def place(tmp_path):
    return machine.made(tmp_path, "1.0", "1.1", current="1.0")


def started(place):
    """One start of the program."""
    return boot.choose(place)


class TestTrial:
    def test_a_release_on_trial_has_three_starts_and_then_the_good_one_runs_again(self, place):
        boot.begin_trial(place, "1.1")
        tried = []
        for _ in range(5):
            tried.append(started(place))
            boot.ended(place, "exit-code")
        assert tried == ["1.1", "1.1", "1.1", "1.0", "1.0"]
        assert boot.read(place) == State(good="1.0", bad="1.1", reason="crashed", trials=1)

    def test_one_that_proves_itself_is_the_good_one_from_then_on(self, place):
        boot.begin_trial(place, "1.1")
        started(place)
        assert boot.make_good(place, "1.1")
        assert [started(place) for _ in range(9)] == ["1.1"] * 9
        assert boot.read(place).good == "1.1"

    def test_nothing_but_the_release_that_runs_and_is_on_trial_is_made_good(self, place):
        assert not boot.make_good(place, "1.0")
        boot.begin_trial(place, "1.1")
        assert not boot.make_good(place, "1.1")  # it has not been started
        started(place)
        assert not boot.make_good(place, "1.0")

    def test_one_that_is_given_up_ends_at_the_next_start_with_its_reason(self, place):
        boot.begin_trial(place, "1.1")
        started(place)
        assert boot.give_up(place, "self-test")
        boot.ended(place, "timeout")  # how the stop itself went says nothing
        assert started(place) == "1.0"
        assert (boot.read(place).bad, boot.read(place).reason) == ("1.1", "self-test")

    def test_an_end_that_was_asked_for_is_no_failure(self, place):
        boot.begin_trial(place, "1.1")
        started(place)
        boot.ended(place, "success")
        assert boot.read(place).reason is None

    def test_what_cannot_run_is_not_tried(self, place):
        machine.break_(place, "1.1")
        with pytest.raises(ValueError, match=r"1\.1"):
            boot.begin_trial(place, "1.1")
        assert started(place) == "1.0"

    def test_one_that_is_held_begins_with_the_start_that_the_program_makes_way_for(self, place):
        boot.begin_trial(place, "1.1", held=True)
        assert [started(place) for _ in range(5)] == ["1.0"] * 5  # crashes, or the power, in opening hours
        machine.prove(place, "1.1", way=True)
        assert [started(place) for _ in range(4)] == ["1.1", "1.1", "1.1", "1.0"]

    def test_a_word_for_another_release_makes_no_way(self, place):
        boot.begin_trial(place, "1.1", held=True)
        machine.prove(place, "1.0", way=True)
        assert started(place) == "1.0"

    def test_one_that_is_held_is_better_than_nothing(self, place):
        boot.begin_trial(place, "1.1", held=True)
        machine.gone(place, "1.0")
        assert started(place) == "1.1"

    def test_one_that_is_held_has_no_watcher_yet(self, place, tmp_path, monkeypatch):
        asked = tmp_path / "systemctl"
        asked.write_text(f'#!/bin/sh\necho "$@" >>{tmp_path}/asked\n')
        asked.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
        where = ["--home", str(place.home), "--boot", str(place.boot), "--proof", str(place.proof)]
        boot.begin_trial(place, "1.1", held=True)
        assert boot.main(["choose", *where, "--watcher", "trial.service"]) == 0
        assert not (tmp_path / "asked").exists()
        machine.prove(place, "1.1", way=True)
        assert boot.main(["choose", *where, "--watcher", "trial.service"]) == 0
        assert "start trial.service" in (tmp_path / "asked").read_text()

    def test_the_same_release_may_be_tried_again_and_that_is_counted(self, place):
        for _ in range(2):
            boot.begin_trial(place, "1.1", 1)
            started(place)
            started(place)
        assert boot.read(place).trials == 2


class TestWatch:
    def test_a_proof_makes_it_good(self, place):
        boot.begin_trial(place, "1.1")
        started(place)
        machine.prove(place, "1.1", good=True)
        assert boot.watch(place, [], look_s=0) == "good"
        assert boot.read(place).good == "1.1"

    def test_a_proof_of_another_release_is_none(self, place):
        boot.begin_trial(place, "1.1")
        started(place)
        machine.prove(place, "1.0", good=True)
        assert boot.watch(place, [], deadline_s=-1, look_s=0) == "too-late"

    def test_what_is_missing_when_the_time_is_over_is_the_reason(self, place):
        boot.begin_trial(place, "1.1")
        started(place)
        machine.prove(place, "1.1", good=False, missing="broker")
        assert boot.watch(place, [], deadline_s=-1, look_s=0) == "no-broker"
        assert started(place) == "1.0"
        assert boot.read(place).reason == "no-broker"

    def test_what_the_program_itself_finds_ends_the_trial_at_once(self, place, tmp_path):
        boot.begin_trial(place, "1.1")
        started(place)
        machine.prove(place, "1.1", failed="printer-offline")
        told = tmp_path / "restarted"
        assert boot.watch(place, ["touch", str(told)], look_s=0) == "printer-offline"
        assert told.exists()

    def test_a_former_trials_proof_is_gone_at_the_next_start(self, place):
        machine.prove(place, "1.1", failed="printer-offline")
        boot.begin_trial(place, "1.1")
        started(place)
        assert boot.read_proof(place, "1.1") == {}

    @pytest.mark.parametrize(
        "what", [b"", b"[1]", b"{", b"\xff\xfe", b'{"version":"1.1","good":1}', b"[" * 4000]
    )
    def test_a_proof_that_cannot_be_read_proves_nothing(self, place, what):
        boot.begin_trial(place, "1.1")
        started(place)
        place.proof.write_bytes(what)
        assert boot.watch(place, [], deadline_s=-1, look_s=0) == "too-late"

    def test_a_proof_is_never_read_through_a_link_or_from_a_pipe(self, place, tmp_path):
        boot.begin_trial(place, "1.1")
        started(place)
        (tmp_path / "elsewhere").write_text('{"version": "1.1", "good": true}')
        place.proof.symlink_to(tmp_path / "elsewhere")
        assert boot.read_proof(place, "1.1") == {}
        place.proof.unlink()
        os.mkfifo(place.proof)
        assert boot.read_proof(place, "1.1") == {}


class TestSomethingAlwaysRuns:
    def test_without_a_state_what_the_link_points_at_runs(self, place):
        assert started(place) == "1.0"

    def test_a_state_lost_in_a_trial_brings_the_good_one_back(self, place):
        boot.begin_trial(place, "1.1")
        started(place)
        place.state.write_bytes(b"\0" * 100)
        assert started(place) == "1.0"

    def test_without_the_good_one_another_that_is_there_runs(self, place):
        boot.begin_trial(place, "1.1", 1)
        started(place)
        machine.gone(place, "1.0")
        machine.release(place, "0.9")
        assert started(place) == "0.9"

    def test_a_release_that_failed_is_better_than_nothing(self, place):
        boot.begin_trial(place, "1.1", 1)
        started(place)
        machine.gone(place, "1.0")
        assert started(place) == "1.1"

    def test_a_release_on_trial_that_was_torn_ends_its_trial(self, place):
        boot.begin_trial(place, "1.1")
        started(place)
        machine.break_(place, "1.1")
        assert started(place) == "1.0"
        assert boot.read(place).reason == "not-complete"

    def test_a_trial_that_cannot_be_counted_is_not_begun(self, place):
        boot.begin_trial(place, "1.1")
        place.state.with_name("state.json.partial").mkdir()  # nothing can be written over it
        assert [started(place) for _ in range(5)] == ["1.0"] * 5

    def test_with_nothing_there_it_says_so(self, tmp_path):
        assert started(machine.made(tmp_path)) is None

    @given(
        state=st.one_of(
            st.binary(max_size=40),
            st.fixed_dictionaries(
                {},
                optional={
                    name: st.one_of(
                        st.none(),
                        st.booleans(),
                        st.integers(),
                        st.floats(),
                        st.sampled_from(["1.0", "1.1", "2", "", "..", "/", ".hidden", "a/b"]),
                        st.lists(st.integers(), max_size=2),
                    )
                    for name in ("good", "trial", "attempts_left", "held", "reason", "bad", "trials")
                },
            ).map(lambda made: json.dumps(made).encode()),
        ),
        link=st.sampled_from(["1.0", "1.1", None, "releases/9", "../..", "/etc"]),
    )
    def test_whatever_stands_in_the_state_and_the_link(self, tmp_path_factory, state, link):
        place = machine.made(tmp_path_factory.mktemp("machine"), "1.0", "1.1")
        place.boot.mkdir()
        place.state.write_bytes(state)
        if link in {"1.0", "1.1"}:
            boot.point(place.link, link)
        elif link is not None:
            place.link.symlink_to(link)
        runs = [started(place) for _ in range(12)]
        assert set(runs) <= {"1.0", "1.1"}
        assert boot.current(place) == runs[-1]
        assert len(set(runs[9:])) == 1  # no trial is longer than its starts, and then it stays


class TestCutOff:
    """The power goes, or the disk says no, at every step there is."""

    def journey(self, place):
        boot.begin_trial(place, "1.1")
        started(place)
        boot.ended(place, "exit-code")
        started(place)
        boot.make_good(place, "1.1")

    @pytest.mark.parametrize("how", ["kill", "error"])
    def test_what_runs_next_is_the_good_one_or_a_counted_trial(self, tmp_path, how):
        whole = machine.made(tmp_path / "whole", "1.0", "1.1", current="1.0")
        steps = faults.every(lambda: self.journey(whole), tmp_path / "whole")
        assert steps > 30
        for stop in range(1, steps + 1):
            folder = tmp_path / str(stop)
            place = machine.made(folder, "1.0", "1.1", current="1.0")
            faults.run(lambda place=place: self.journey(place), folder, stop=stop, how=how)
            runs = [started(place) for _ in range(boot.ATTEMPTS + 2)]
            assert boot.runnable(place, runs[0])
            proved = boot.read(place).good == "1.1"
            assert runs[-1] == ("1.1" if proved else "1.0"), (stop, runs)


class TestStandsAlone:
    def test_it_needs_nothing_but_pythons_own_library(self):
        imported = {
            name.split(".")[0]
            for node in ast.walk(ast.parse(HERE.read_text()))
            for name in (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
        }
        assert imported <= set(sys.stdlib_module_names)

    def test_it_is_a_command(self, place, capsys):
        where = ["--home", str(place.home), "--boot", str(place.boot), "--proof", str(place.proof)]
        assert boot.main(["choose", *where]) == 0
        boot.begin_trial(place, "1.1")
        assert boot.main(["choose", *where]) == 0
        capsys.readouterr()
        assert boot.main(["show", *where]) == 0
        assert json.loads(capsys.readouterr().out)["attempts_left"] == 2
