"""The table of troubles: every code that a device raises stands in it, and every sentence in it keeps the rules of public words."""

import ast
import re
from pathlib import Path
from string import Formatter

import pytest

from devices.parts.bitmap_font import font
from hall.errors import Fault
from hall.messages.common import DEVICE_KINDS, Level, MemberKind
from hall.text import Text
from hall.troubles import TROUBLES, fault
from hall.words_lint import lint

HOME = Path(__file__).parents[2]
#: what the code of each kind of device may raise, by its folder; what all share stands in `agent`
FOLDERS = {
    "ticket_dispenser": MemberKind.DISPENSER,
    "window_sign": MemberKind.SIGN,
    "rating_pad": MemberKind.PAD,
    "call_speaker": MemberKind.SPEAKER,
    "call_key": MemberKind.CALL_KEY,
}


def texts(code):
    row = TROUBLES[code]
    return [row.text, row.do, *([row.citizen] if row.citizen else [])]


def fields(text):
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def literals(folder, *calls):
    """First arguments of these calls in a folder's files, where they are written out."""
    for file in sorted((HOME / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            first = node.args[0]
            if name in calls and isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value


@pytest.mark.parametrize("code", list(TROUBLES))
class TestEveryRow:
    def test_its_code_can_be_an_alert_and_somebody_raises_it(self, code):
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", code)
        assert len(code) <= 48
        assert TROUBLES[code].code == code
        assert TROUBLES[code].devices

    def test_both_languages_say_it_with_the_same_fields(self, code):
        for text in texts(code):
            assert text.zh.strip() == text.zh != ""
            assert text.en.strip() == text.en != ""
            assert not re.search(r"[\u4e00-\u9fff]", text.en)
            assert fields(text.en) == fields(text.zh)

    def test_its_chinese_keeps_the_rules_of_public_words(self, code):
        for text in texts(code):
            assert list(lint(text.zh)) == []
            assert text.zh.encode("gb2312")
            assert font().missing(re.sub(r"{\w+}", "", text.zh) + text.en) == ""

    def test_whoever_comes_is_told_what_to_do_and_people_are_told_sorry(self, code):
        row = TROUBLES[code]
        assert row.do.zh.startswith("请")
        assert row.citizen is None or row.citizen.zh.startswith("对不起")


@pytest.mark.parametrize(("folder", "kind"), FOLDERS.items())
def test_what_a_device_raises_stands_in_the_table_as_its_own(folder, kind):
    raised = {*literals(f"devices/{folder}", "trouble", "fault", "sound_fault")} - {"sound-stopped"}
    assert {code for code in raised if kind not in TROUBLES[code].devices} == set()


def test_what_all_devices_share_is_raised_by_all():
    raised = {*literals("devices/agent", "trouble", "fault"), *literals("hall", "trouble", "fault")}
    assert {code for code in raised if TROUBLES[code].devices != DEVICE_KINDS} == set()


def test_an_unknown_code_is_a_mistake_that_shows_at_once():
    with pytest.raises(KeyError):
        fault("printer-on-fire")


def test_a_sentence_takes_a_name_in_both_languages():
    said = TROUBLES["key-stuck"].said(key=Text(zh="提取", en="withdrawal"))
    assert (said.zh, said.en) == (
        "按键卡住：提取，其他按键照常",
        "the key withdrawal is stuck; the others work",
    )
    with pytest.raises(KeyError):
        TROUBLES["key-stuck"].said()


def test_a_fault_of_the_table_says_what_the_machine_said():
    error = fault("panel-fault", "[Errno 5] Input/output error")
    assert isinstance(error, Fault)
    assert (error.code, error.text.zh) == ("panel-fault", TROUBLES["panel-fault"].text.zh)
    assert error.text.en.endswith("[Errno 5] Input/output error")
    assert TROUBLES["panel-fault"].level is Level.FAULT
