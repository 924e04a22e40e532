"""The technician's papers say what the programs do: pins, alert codes, currents, and every page as it would be made now."""

import ast
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from deploy.technician.__main__ import main
from deploy.technician.board import HEADER, MODELS, physical
from deploy.technician.papers import boxes, fault_table, pages, supply_a
from deploy.technician.wiring import BOXES, wires
from devices.call_key.settings import CallKeyPins
from devices.rating_pad.settings import DisplaySettings, PadPins, PadSettings
from devices.window_sign.settings import PanelSettings, SignSettings
from hall.messages.common import DEVICE_KINDS, MemberKind
from hall.settings import parse
from hall.troubles import TROUBLES
from hall.words_lint import lint
from sim.layout import Layout, demo_plan

HOME = Path(__file__).parents[2]
PAPERS = HOME / "docs" / "technician"
KINDS = sorted(kind.value for kind in DEVICE_KINDS)


def drawn(kind, model):
    """Every pin of a picture that has a wire: place on the header → GPIO number or supply, as it is written there."""
    svg = ET.fromstring((PAPERS / "wiring" / f"{kind}-{model.key}.svg").read_text(encoding="utf-8"))
    said = [node.text for node in svg.iter("{http://www.w3.org/2000/svg}text")]
    return said, len(list(svg.iter("{http://www.w3.org/2000/svg}line"))) - 1


def test_the_pages_are_what_would_be_made_now():
    there = {str(p.relative_to(PAPERS)): p.read_text("utf-8") for p in PAPERS.rglob("*") if p.is_file()}
    made = dict(pages())
    assert there.keys() == made.keys()
    assert [name for name in made if made[name] != there[name]] == [], "run `make papers`"
    assert main(["--check", str(PAPERS)]) == 0


def test_every_kind_of_device_has_its_page_and_a_picture_for_every_model():
    assert sorted(boxes()) == sorted(BOXES) == KINDS
    for kind in KINDS:
        for model in MODELS:
            said, lines = drawn(kind, model)
            assert lines == len(wires(BOXES[kind]))
            assert any(model.name in text for text in said)


def test_the_header_is_that_of_every_raspberry_pi_with_forty_pins():
    assert len(HEADER) == 40
    assert sorted(pin for pin in HEADER if isinstance(pin, int)) == list(range(28))
    assert [n + 1 for n, pin in enumerate(HEADER) if pin == "GND"] == [6, 9, 14, 20, 25, 30, 34, 39]
    assert [n + 1 for n, pin in enumerate(HEADER) if pin == "5V"] == [2, 4]
    assert [n + 1 for n, pin in enumerate(HEADER) if pin == "3V3"] == [1, 17]
    assert {bcm: physical(bcm) for bcm in (2, 14, 17, 8, 10, 11, 26, 21)} == {
        2: 3,
        14: 8,
        17: 11,
        8: 24,
        10: 19,
        11: 23,
        26: 37,
        21: 40,
    }


class TestThePinsAreTheProgramsOwn:
    def pins(self, kind, *kinds):
        return {HEADER[wire.pin - 1] for wire in wires(BOXES[kind]) if wire.kind in kinds}

    def test_of_the_pad(self):
        pins = PadPins()
        assert self.pins("pad", "key") == set(pins.keys)
        assert self.pins("pad", "lamp") == {*pins.lamps, pins.beeper}

    def test_of_the_call_key(self):
        pins = CallKeyPins()
        assert self.pins("call-key", "key") == {pins.next, pins.recall, pins.pause}
        assert self.pins("call-key", "bus") == {10, 11, 8}

    def test_of_the_sign_whose_bus_is_spi0(self):
        assert self.pins("sign", "bus", "key", "lamp") == {10, 11, 8}

    def test_of_the_dispenser_which_is_wired_as_in_the_demo(self, tmp_path):
        demo = Layout(demo_plan(always_open=True), tmp_path).settings("dispenser-1")
        keys = {key.pin for key in demo.keys} | {demo.green.pin}
        lamps = {key.lamp for key in demo.keys} | {demo.green.lamp, demo.alarm_lamp, demo.desk_lamp} - {None}
        assert self.pins("dispenser", "key") == keys
        assert self.pins("dispenser", "lamp") >= lamps

    def test_of_the_dispensers_own_page_whose_settings_are_an_example_to_copy(self):
        page = (HOME / "devices" / "ticket_dispenser" / "README.md").read_text(encoding="utf-8")
        said = parse(page.partition("```yaml\n")[2].partition("```")[0], "README.md")
        keys = {key["pin"] for key in said["keys"]} | {said["green"]["pin"]}
        lamps = {key["lamp"] for key in said["keys"]} | {
            said["green"]["lamp"],
            said["alarm_lamp"],
            said["desk_lamp"],
        }
        assert keys <= self.pins("dispenser", "key")
        assert lamps <= self.pins("dispenser", "lamp")
        for row, kind in (("key 1 … 6", "key"), ("lamp 1 … 6", "lamp"), ("desk lamp", "lamp")):
            pins = re.search(rf"^\| {row} \| ([0-9, ]+) \|", page, re.MULTILINE)
            assert {int(pin) for pin in pins[1].split(",")} <= self.pins("dispenser", kind)

    def test_and_each_is_used_once_and_no_signal_lies_on_a_supply(self):
        for kind in KINDS:
            found = wires(BOXES[kind])
            assert len({wire.pin for wire in found}) == len(found)
            for wire in found:
                what = HEADER[wire.pin - 1]
                assert {"ground": what == "GND", "power": what == "5V"}.get(wire.kind, isinstance(what, int))


def test_what_hangs_on_a_pi_is_less_than_its_supply_gives():
    for kind, box in boxes().items():
        most = sum(part.currents[1] for part in box.parts if part.rail == "pi")
        for model in MODELS:
            assert (model.most_ma + most) / 1000 <= model.supply_a, (kind, model.name)
    assert supply_a(10_181) == 13.0
    assert supply_a(800) == 1.0


def codes(page):
    return re.findall(r"^\| `([a-z-]+)` \|", page, re.MULTILINE)


def test_the_fault_table_has_every_alert_once_and_each_page_those_of_its_device():
    assert codes(fault_table()) == list(TROUBLES)
    for kind in KINDS:
        page = (PAPERS / f"{kind}.md").read_text(encoding="utf-8")
        assert codes(page) == [code for code, t in TROUBLES.items() if MemberKind(kind) in t.devices]


def words(folder):
    """Every text that stands in the programs of a folder."""
    for file in (HOME / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def test_no_alert_stands_in_the_table_that_no_program_raises():
    said = {*words("devices"), *words("hall"), *words("hub")}
    assert [code for code in TROUBLES if code not in said] == []


def test_what_is_printed_keeps_the_rules_of_public_words():
    for box in boxes().values():
        for text in (box.name, *box.notes, *box.build, *box.accept, *(p.what for p in box.parts)):
            assert list(lint(text.zh)) == []
            assert text.zh
            assert text.en
            assert not re.search(r"[\u4e00-\u9fff]", text.en.replace("补打", "").replace("恢复中", ""))


@pytest.mark.parametrize("kind", KINDS)
def test_a_checklist_has_something_to_build_and_something_to_try(kind):
    assert len(boxes()[kind].build) >= 2
    assert len(boxes()[kind].accept) >= 4


def test_a_pad_with_a_small_display_and_a_panel_of_lights_are_drawn_without_a_pin_taken_twice():
    pad = PadSettings(hall="demo", member="pad-1", state_dir="/x", window=1, display=DisplaySettings())
    assert {10, 11, 8} < {HEADER[wire.pin - 1] for wire in wires(pad)}
    sign = SignSettings(
        hall="demo", member="sign-1", state_dir="/x", window=1, panel=PanelSettings(kind="ws2812", width=64)
    )
    assert {HEADER[wire.pin - 1] for wire in wires(sign)} == {10, "GND"}
