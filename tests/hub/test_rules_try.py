"""``hall rules try``: what it prints, and what it says about a file that is wrong."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from hall import cli

HALL = """
services: [{id: w, letter: A, target_min: 10}]
windows: [{window: 1, services: [w]}]
arrivals: [{at: 09:00, name: 王五, service: w}, {at: "09:01:30", name: P, service: w, lane: priority}]
"""


@pytest.fixture
def tried(tmp_path, capfd, monkeypatch):
    """Runs the command on a scenario; gives the exit code, the lines, and what it complains about."""
    monkeypatch.setenv("LC_ALL", "C")

    def run(text):
        file = tmp_path / "scenario.yaml"
        file.write_text(text, encoding="utf-8")
        code = cli.call(cli.RULES_TRY, file=file)
        said = capfd.readouterr()
        return code, said.out.splitlines(), said.err.replace(str(file), "FILE")

    return run


def test_one_line_per_act_with_its_keys_in_order(tried):
    code, lines, _ = tried(
        HALL
        + """
acts:
  - {at: 09:31, window: 1, do: finish}
  - {at: 09:30, window: 1, do: call_next}
  - {at: 09:32, do: estimate, service: w, lane: normal}
  - {at: 09:33, window: 1, do: recall}
  - {at: 09:34, do: cancel, name: P}
"""
    )
    assert code == 0
    assert lines == [
        '{"at":"09:30:00","window":1,"do":"call_next","name":"王五"}',
        '{"at":"09:31:00","window":1,"do":"finish","name":"王五"}',
        '{"at":"09:32:00","do":"estimate","service":"w","lane":"normal","wait_min_s":null,"wait_max_s":null,"ahead":1}',
        '{"at":"09:33:00","window":1,"do":"recall","name":null,"code":"not-called"}',
        '{"at":"09:34:00","do":"cancel","name":"P"}',
    ]


def test_people_come_before_acts_of_the_same_moment(tried):
    _, lines, _ = tried(HALL + "acts: [{at: 09:00, window: 1, do: call_next}]")
    assert json.loads(lines[0])["name"] == "王五"


def test_a_policy_changes_in_the_middle_of_the_day(tried):
    _, lines, _ = tried(
        HALL
        + """
acts:
  - {at: 09:02, do: set_policy, policy: {weights: {priority: 1}}}
  - {at: 09:02, do: set_policy, policy: {weights: {priority: 1}, streak_cap: 2}}
  - {at: 09:02, do: set_profile, window: 1, serves: [w], heart: true}
  - {at: 09:03, window: 1, do: call_next}
"""
    )
    said = [json.loads(line) for line in lines]
    assert [line.get("code") for line in said] == ["bad-policy", None, None, None]
    assert said[-1]["name"] == "P"


def test_a_range_comes_from_handling_times_of_the_day(tried):
    people = "".join(f"  - {{at: 09:00:{n:02d}, name: p{n}, service: w}}\n" for n in range(8))
    acts = "".join(
        f"  - {{at: 09:{10 * n:02d}, window: 1, do: call_next}}\n  - {{at: 09:{10 * n + 9:02d}, window: 1, do: finish}}\n"
        for n in range(1, 6)
    )
    _, lines, _ = tried(
        HALL.split("arrivals", maxsplit=1)[0]
        + f"arrivals:\n{people}acts:\n{acts}  - {{at: 10:00, do: estimate, service: w}}\n"
    )
    said = json.loads(lines[-1])
    assert said["ahead"] == 3
    assert 0 < said["wait_min_s"] <= said["wait_max_s"]


def test_a_policy_no_hall_would_take_is_tried_with_a_warning(tried):
    code, lines, warned = tried("policy: {weights: {priority: 1}}" + HALL + "acts: []")
    assert (code, lines) == (0, [])
    assert "policy.starvation_min" in warned


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("", "FILE: expected keys with values"),
        ("services: [", "FILE: line"),
        ("windows: []", "FILE: services: expected a value"),
        (HALL + "extra: 1", "FILE: extra: expected no such key"),
        (HALL + "policy: {ordr: strict}", "FILE: policy.ordr: expected no such key"),
        (
            HALL + "policy: {order: fair}",
            "FILE: policy.order: expected one of strict, weighted, weight-wait, found 'fair'",
        ),
        (
            HALL + "policy: {appointment: {due_before_s: soon}}",
            "FILE: policy.appointment.due_before_s: expected a whole number",
        ),
        (HALL + "policy: [strict]", "FILE: policy: expected keys with values"),
        (HALL + "policy: {quotas: {x: {per_day: 1}}}", "FILE: policy.quotas.x"),
        (HALL.replace("at: 09:00", "at: 9:00"), "FILE: arrivals[0].at: expected"),
        (
            HALL.replace("name: P,", "name: 王五,"),
            "FILE: arrivals[1].name: expected a name of its own ('王五' stands twice)",
        ),
        (
            HALL.replace("name: P, service: w", "name: P, service: x"),
            "FILE: arrivals[1].service: expected a service",
        ),
        (
            HALL.replace("lane: priority", 'slot: "09:20"'),
            "FILE: arrivals[1].slot: expected lane: appointment",
        ),
        (
            HALL.replace("services: [w]", "services: [x]"),
            "FILE: windows[0].services[0]: expected a service of this hall",
        ),
        (
            HALL.replace("services: [w]", "services: []"),
            "FILE: windows[0].services: expected at least one service",
        ),
        (HALL.replace("target_min: 10", "target_min: 0"), "FILE: services[0].target_min: expected"),
        (
            HALL.replace("{id: w,", "{id: w, name: {zh: 龘, en: x},"),
            "FILE: services[0].name.zh: expected characters",
        ),
        (HALL + "acts: [{at: 09:30, window: 1, do: fly}]", "FILE: acts[0].do: expected one of accept,"),
        (HALL + "acts: [{at: 09:30, window: 1}]", "FILE: acts[0].do: expected one of accept,"),
        (
            HALL + "acts: [{window: 1, do: call_next}]",
            "FILE: acts[0].at: expected a time, HH:MM or HH:MM:SS (it is missing)",
        ),
        (
            HALL + "acts: [{at: 25:00, window: 1, do: call_next}]",
            "FILE: acts[0].at: expected a time, HH:MM or HH:MM:SS, found '25:00'",
        ),
        (
            HALL + "acts: [{at: 09:30, do: call_next}]",
            "FILE: acts[0].window: expected a value (it is missing)",
        ),
        (
            HALL + "acts: [{at: 09:30, do: cancel, window: one, name: P}]",
            "FILE: acts[0].window: expected a window's number, found 'one'",
        ),
        (
            HALL + "acts: [{at: 09:30, window: 1, do: call_next, to: w}]",
            "FILE: acts[0].to: expected no such key",
        ),
        (
            HALL + "acts: [{at: 09:30, window: 1, do: call_next, name: P}]",
            "FILE: acts[0].name: expected no such key",
        ),
        (
            HALL + "acts: [{at: 09:30, do: cancel}]",
            "FILE: acts[0].name: expected the name of an arrival (it is missing)",
        ),
        (
            HALL + "acts: [{at: 09:30, do: cancel, name: Q}]",
            "FILE: acts[0].name: expected the name of an arrival, found 'Q'",
        ),
        (
            HALL + "acts: [{at: 09:30, window: 1, do: finish, outcome: well}]",
            "FILE: acts[0].outcome: expected one of done,",
        ),
        (
            HALL + "acts: [{at: 09:30, do: set_policy, policy: {cap: 1}}]",
            "FILE: acts[0].policy.cap: expected no such key",
        ),
        (
            HALL + "acts: [{at: 09:30, do: set_policy}]",
            "FILE: acts[0].policy: expected a value (it is missing)",
        ),
        (
            HALL + "acts: [{at: 09:30, do: estimate, service: x}]",
            "FILE: acts[0].service: expected a service of this scenario, found 'x'",
        ),
        (
            HALL + "acts: [{at: 09:30, do: estimate, service: w, lane: 1}]",
            "FILE: acts[0].lane: expected a lane, found 1",
        ),
        (
            HALL + "acts: [{at: 09:30, do: estimate, service: w, for: P}]",
            "FILE: acts[0].for: expected no such key",
        ),
        (HALL + "acts: [{at: 09:30, window: 1, do: pause, until: soon}]", "FILE: acts[0].until: expected"),
    ],
)
def test_a_file_that_is_wrong_is_one_line_that_names_file_key_and_what_was_expected(tried, text, where):
    code, lines, said = tried(text)
    assert (code, lines) == (1, [])
    assert len(said.splitlines()) == 1
    assert where in said


def test_the_example_of_the_documentation_runs(capfd):
    example = Path(__file__).parents[2] / "deploy" / "scenario.example.yaml"
    assert cli.call(cli.RULES_TRY, file=example) == 0
    said = capfd.readouterr()
    names = [json.loads(line).get("name") for line in said.out.splitlines()]
    assert names == [None, "王奶奶", "赵爷爷", "张三", "周女士", "孙阿姨", "李四"]
    assert said.err == ""


def test_what_the_documentation_says_of_the_orders_is_so(tried):
    people = "".join(
        f"  - {{at: 09:00:0{n}, name: {name}, service: w, lane: {lane}}}\n"
        for n, (name, lane) in enumerate(
            [
                ("张三", "normal"),
                ("李四", "normal"),
                ("王", "priority"),
                ("赵", "priority"),
                ("孙", "priority"),
            ]
        )
    )
    acts = "".join(f"  - {{at: 09:1{n}, window: 1, do: call_next, finish: done}}\n" for n in range(5))
    for policy in (
        "{weights: {priority: 1}, streak_cap: 2}",
        "{order: weighted, weights: {priority: 2, normal: 1}}",
    ):
        _, lines, _ = tried(
            HALL.split("arrivals", maxsplit=1)[0] + f"policy: {policy}\narrivals:\n{people}acts:\n{acts}"
        )
        assert [json.loads(line)["name"] for line in lines] == ["王", "赵", "张三", "孙", "李四"]


def test_a_file_that_is_not_there_is_one_line(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "hall.cli", "rules", "try", str(tmp_path / "none.yaml")],
        capture_output=True,
        check=False,
        encoding="utf-8",
    )
    assert done.returncode == 1
    assert "a file that can be read" in done.stderr
