"""The hall that is broken: small enough that every process is hit often, with every kind of device and rule in it."""

from __future__ import annotations

import msgspec

from hall.messages.common import MemberKind
from hall.plan import HallPlan, LanePlan, MemberPlan, ServicePlan, WindowPlan
from hall.policy import USUAL
from hall.text import Text
from sim.layout import demo_plan

WINDOWS = (1, 2, 3)
DISPENSER, SPEAKER = "dispenser-1", "speaker-1"
#: a window whose clerk has three keys and eight digits, and no computer
KEY_WINDOW, CALL_KEY = 4, "call-key-4"
#: service of tickets taken at the guide desk: a letter of its own, so that every other letter was pressed by a finger
DESK, DESK_LETTER = "desk", "H"


def chaos_plan() -> HallPlan:
    """Three windows with a console and one with a call key, six keys, a guide desk; every window serves everything, so nobody waits for the one that is down."""
    hall = demo_plan(always_open=True)
    pressed = {key: service for key, service in hall.services.items() if service.button}
    desk = ServicePlan(
        letter=DESK_LETTER, name=Text(zh="引导台", en="Guide desk"), target_min=5, button=False
    )
    services = {**pressed, DESK: desk}
    members = {
        DISPENSER: MemberPlan(kind=MemberKind.DISPENSER),
        SPEAKER: MemberPlan(kind=MemberKind.SPEAKER),
        CALL_KEY: MemberPlan(kind=MemberKind.CALL_KEY, window=KEY_WINDOW),
    }
    for window in WINDOWS:
        members[f"sign-{window}"] = MemberPlan(kind=MemberKind.SIGN, window=window)
        members[f"pad-{window}"] = MemberPlan(kind=MemberKind.PAD, window=window)
    return msgspec.structs.replace(
        hall,
        services=services,
        windows=tuple(WindowPlan(window=window, serves=tuple(services)) for window in (*WINDOWS, KEY_WINDOW)),
        lanes={"normal": LanePlan(), "priority": LanePlan()},
        policy=msgspec.structs.replace(USUAL, weights={"priority": 1}),
        members=members,
    )
