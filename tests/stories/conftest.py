"""Halls of other shapes, and what several stories ask of a hall."""

import msgspec
import pytest

from hall.messages.common import MemberKind
from hall.plan import MemberPlan, WindowPlan
from sim.layout import demo_plan
from sim.people.cast import Cast

ROOT = "hall/1/demo"


@pytest.fixture
def cast(simulated_hall) -> Cast:
    """The people of the example hall in this process."""
    return Cast(simulated_hall)


@pytest.fixture
def quiet_hall(new_simulated_hall):
    """The example hall without loudspeakers: stories that are not about sound are three times as quick."""
    return new_simulated_hall(quiet=True)


@pytest.fixture
def quiet(quiet_hall) -> Cast:
    """The people of the hall without loudspeakers."""
    return Cast(quiet_hall)


@pytest.fixture
def eight_windows():
    """The example hall with eight windows that all serve withdrawals."""
    plan = demo_plan(always_open=True)
    windows = tuple(WindowPlan(window=n, serves=("withdrawal", "account", "enquiry")) for n in range(1, 9))
    members = {"dispenser-1": MemberPlan(kind=MemberKind.DISPENSER)}
    for n in range(1, 9):
        members[f"sign-{n}"] = MemberPlan(kind=MemberKind.SIGN, window=n)
        members[f"pad-{n}"] = MemberPlan(kind=MemberKind.PAD, window=n)
    return msgspec.structs.replace(plan, windows=windows, members=members)


@pytest.fixture
def eight_dispensers():
    """The example hall with eight dispensers and no other device."""
    plan = demo_plan(always_open=True)
    members = {f"dispenser-{n}": MemberPlan(kind=MemberKind.DISPENSER) for n in range(1, 9)}
    return msgspec.structs.replace(plan, members=members)


@pytest.fixture
def said():
    """The payloads that reached the broker on a topic of the example hall, in order."""

    def payloads(hall, topic):
        return [packet.payload for packet in hall.broker.log if packet.topic == f"{ROOT}/{topic}"]

    return payloads


@pytest.fixture
def wall():
    """The different pictures of a window's sign during some seconds, in order."""

    def pages(hall, window, seconds=12.0):
        seen = {}
        for _ in range(int(seconds / 0.8)):
            hall.agents[f"sign-{window}"].look()
            rows = tuple(hall.dots(f"sign-{window}"))
            if any("#" in row for row in rows):
                seen.setdefault(rows)
            hall.run_for(0.8)
        return list(seen)

    return pages
