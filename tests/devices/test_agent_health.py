"""A device says how its machine fares: figures in its beats, troubles as alerts, and no flicker at the edge."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.agent.conditions import CLOCK_S, CODES, POWER_S, Conditions
from devices.agent.health import SLOWED, UNDERVOLTAGE, WARM, Vitals, machine, throttled
from hall.troubles import TROUBLES

FINE = Vitals(temperature_c=50.0, rss_mb=30.0, disk_free_mb=4000.0, memory_free_mb=300.0, throttled=0)


def seen(*looks):
    """The troubles after each look, 5 s apart."""
    conditions = Conditions()
    return [set(conditions.look(vitals, now * 5.0)) for now, vitals in enumerate(looks)]


@pytest.mark.parametrize("code", CODES)
def test_every_condition_is_a_trouble_of_the_table(code):
    assert TROUBLES[code].level.value == "warning"


def test_a_machine_that_is_well_or_tells_nothing_has_no_trouble():
    assert seen(FINE, Vitals(), FINE) == [set(), set(), set()]


@pytest.mark.parametrize(
    ("code", "bad", "edge"),
    [
        ("over-temperature", Vitals(temperature_c=81.0), Vitals(temperature_c=78.0)),
        ("disk-low", Vitals(disk_free_mb=150.0), Vitals(disk_free_mb=250.0)),
        ("memory-low", Vitals(memory_free_mb=20.0), Vitals(memory_free_mb=50.0)),
    ],
)
def test_a_trouble_begins_at_one_figure_and_ends_at_a_better_one(code, bad, edge):
    assert seen(edge, bad, edge, FINE, edge) == [set(), {code}, {code}, set(), set()]


@pytest.mark.parametrize("bit", [SLOWED, WARM])
def test_a_pi_that_slows_down_for_heat_is_too_hot_whatever_its_sensor_says(bit):
    assert seen(Vitals(temperature_c=70.0, throttled=bit), FINE) == [{"over-temperature"}, set()]


def test_power_that_was_too_weak_for_a_moment_stays_said_for_a_while():
    conditions = Conditions()
    assert conditions.look(Vitals(throttled=UNDERVOLTAGE), 0.0) == {"undervoltage"}
    # what was once is in the upper half for ever
    later = Vitals(throttled=UNDERVOLTAGE << 16)
    assert conditions.look(later, POWER_S - 1) == {"undervoltage"}
    assert conditions.look(later, POWER_S + 1) == set()


def test_a_clock_has_some_minutes_to_be_put_right():
    conditions, wrong = Conditions(), Vitals(clock_ok=False)
    assert conditions.look(wrong, 0.0) == set()
    assert conditions.look(wrong, CLOCK_S - 1) == set()
    assert conditions.look(wrong, CLOCK_S) == {"clock-unsynced"}
    assert conditions.look(FINE, CLOCK_S + 1) == set()


@given(
    st.lists(
        st.builds(
            Vitals,
            temperature_c=st.none() | st.floats(-40, 120),
            disk_free_mb=st.none() | st.floats(0, 1e6),
            memory_free_mb=st.none() | st.floats(0, 1e5),
            clock_ok=st.booleans(),
            throttled=st.none() | st.integers(0, 0xFFFFF),
        ),
        max_size=20,
    )
)
def test_whatever_was_seen_before_a_machine_that_is_well_for_long_enough_has_no_trouble(looks):
    conditions = Conditions()
    for now, vitals in enumerate(looks):
        assert conditions.look(vitals, now * 5.0) <= set(CODES)
    conditions.look(FINE, 1000.0)
    assert conditions.look(FINE, 1000.0 + POWER_S) == set()


def test_this_machine_tells_its_memory_and_the_firmware_its_power(tmp_path):
    assert machine(tmp_path)().memory_free_mb > 1
    file = tmp_path / "get_throttled"
    assert throttled(file) is None
    file.write_text("50005\n")
    assert throttled(file) == 0x50005
    file.write_text("nothing")
    assert throttled(file) is None
