"""What is wrong with the Pi itself is seen by a program that looks at its machine, and gone when it is mended."""

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from devices.agent.conditions import CLOCK_S, CODES, Conditions
from sim.twin.faults import FAULTS
from sim.twin.machine import FILES, Machine
from sim.twin.world_plan import MemberPlan, WorldPlan

ROOT = Path(__file__).parents[2]
#: the twin's fault → the alert that an agent raises for it
RAISES = {
    "hot": "over-temperature",
    "weak": "undervoltage",
    "disk": "disk-low",
    "memory": "memory-low",
    "clock": "clock-unsynced",
}
LOOK = """
import sys, msgspec
from pathlib import Path
from devices.agent.health import machine
print(msgspec.json.encode(machine(Path("/"))()).decode())
"""


def alerts(*looks):
    """What the last of these looks, each long after the one before, raises."""
    conditions = Conditions()
    for n, vitals in enumerate(looks):
        found = conditions.look(vitals, n * (CLOCK_S + 1))
    return found


def test_every_fault_of_the_machine_is_an_alert_and_every_such_alert_a_fault():
    assert RAISES.keys() == FILES.keys()
    assert set(RAISES.values()) == set(CODES)
    assert len([fault for fault in FAULTS.values() if fault.hand == "machine"]) == len(FILES)


@pytest.mark.parametrize("name", FILES)
def test_in_a_simulated_day_an_agent_sees_it_and_sees_it_mended(name):
    machine = Machine()
    machine.break_(name)
    assert alerts(machine.vitals(), machine.vitals()) == {RAISES[name]}
    machine.mend(name)
    assert alerts(machine.vitals(), machine.vitals()) == frozenset()


def seen_by_a_process(plan):
    environment = {**os.environ, **plan.environment("pad-1")}
    said = subprocess.run(
        [sys.executable, "-c", LOOK], env=environment, cwd=ROOT, check=True, capture_output=True, timeout=60
    ).stdout
    return msgspec.json.decode(said)


def test_a_process_sees_it_where_the_kernel_would_speak_and_else_the_real_machine(tmp_path):
    plan = WorldPlan(folder=str(tmp_path), members=(MemberPlan(member="pad-1", kind="pad", keys={"1": 5}),))
    machine = Machine(plan.socket("pad-1", "machine"))
    usual = seen_by_a_process(plan)
    assert usual["clock_ok"] is True  # whoever keeps the clock of this machine
    for name in FILES:
        machine.break_(name)
    found = seen_by_a_process(plan)
    wrong = Machine()
    for name in FILES:
        wrong.break_(name)
    said = wrong.vitals()
    for field in ("temperature_c", "throttled", "memory_free_mb", "disk_free_mb", "clock_ok"):
        assert found[field] == getattr(said, field), field
    for name in FILES:
        machine.mend(name)
    again = seen_by_a_process(plan)
    for field in ("temperature_c", "throttled", "clock_ok"):
        assert again[field] == usual[field]


def test_the_next_world_finds_a_machine_with_nothing_wrong(tmp_path):
    Machine(tmp_path).break_("hot")
    assert list(tmp_path.iterdir())
    Machine(tmp_path)
    assert not list(tmp_path.iterdir())
