"""Every fault of a panel that the twin can switch, under the sign's real program: what is said of it, and that it ends by itself."""

import msgspec
import pytest

from devices.window_sign.frames import centred
from devices.window_sign.settings import PanelSettings
from hall.messages.presence import Alert
from hall.troubles import TROUBLES
from sim.twin.faults import FAULTS
from sim.twin.world_plan import MemberPlan, PanelPlan
from sim.twin.world_twin import MemberTwin
from tests.devices.test_sign_agent import SETTINGS, Wall

CHAIN = PanelSettings(wired_back=True)
STRIP = PanelSettings(kind="ws2812", width=64)
#: which alert a fault is to raise; none where the wire cannot tell (the README's table)
SAID = {
    "module-dead": None,
    "module-corrupt": None,
    "module-cut": "panel-chain",
    "panel-noise": "panel-chain",
    "panel-off": "panel-chain",
}
ON_CHAINS = [name for name, fault in FAULTS.items() if fault.hand in {"panel", "chain"}]
ON_STRIPS = [name for name, fault in FAULTS.items() if fault.hand == "panel"]
CASES = [*((CHAIN, name) for name in ON_CHAINS), *((STRIP, name) for name in ON_STRIPS)]


def hung(panel):
    """A sign on a panel of the twin, showing a sentence."""
    plan = PanelPlan(width=panel.width, kind=panel.kind, wired_back=panel.wired_back)
    wall = Wall(panel.width)
    twin = MemberTwin(MemberPlan(member="sign-3", kind="sign", panel=plan), wall.time)
    wall.chain = wall.wire.chain = twin.panel
    wall.start(settings=msgspec.structs.replace(SETTINGS, panel=panel))
    wall.show("closed")
    assert wall.shows("已下班", centred)
    return wall, twin


@pytest.mark.parametrize(("panel", "name"), CASES)
def test_a_fault_is_said_where_the_wire_can_tell_and_the_picture_returns_without_a_hand_on_the_program(
    panel, name
):
    wall, twin = hung(panel)
    twin.fault(name)
    wall.time.run_for(20)
    alerts = [alert for alert in ("panel", "panel-chain") if wall.hub.last(f"$alert/{alert}", Alert)]
    said = SAID[name] if panel is CHAIN else None
    assert alerts == ([said] if said else [])
    twin.heal(name)
    wall.time.run_for(12)
    assert wall.shows("已下班", centred)
    assert wall.hub.last("$alert/panel-chain", Alert) is None
    assert not [fault for fault in twin.faults() if fault.active]


def test_every_fault_of_a_panel_is_judged_here():
    assert set(SAID) == set(ON_CHAINS)


@pytest.mark.parametrize("code", ["panel-fault", "panel-chain"])
def test_people_and_technicians_are_each_told_a_sentence(code):
    assert TROUBLES[code].citizen.zh.startswith("对不起")
    assert TROUBLES[code].do.zh.startswith("请")
