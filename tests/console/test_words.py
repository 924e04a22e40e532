"""The consoles' words: both languages, characters every screen of the hall has, polite, and none that nobody shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hall.messages.common import DeviceOrder, MemberKind, MemberState
from hub.console.api.keys import Scope
from hub.console.cases.kinds import Channel, Kind, Section, Source, Step
from hub.console.door.rights import MemberAct
from hub.console.look.words import WORDS
from hub.trust.register import Standing

SOURCES = "\n".join(
    file.read_text() for file in Path("hub/console").rglob("*.py") if file.parent.name != "words"
)
#: keys made from a value: f"state.{…}"
MADE = (
    "admin.variant.",
    "aid.",
    "deed.",
    "escort.",
    "remedy.",
    "trail.",
    "case.",
    "day.",
    "does.",
    "fleet.act",
    "fleet.at.",
    "fleet.order.",
    "fleet.releases.",
    "fleet.rolled-out.",
    "fleet.scan-not.",
    "fleet.step.",
    "standing.",
    "grade.",
    "kind.",
    "life.",
    "moment.",
    "phone.weekday.",
    "book.",
    "member.",
    "notice.",
    "onward.",
    "order.",
    "outcome.",
    "owes.",
    "page.",
    "pause.",
    "phone.grade.",
    "phone.reason.",
    "policy.",
    "promise.",
    "range.",
    "record.",
    "room.",
    "scope.",
    "set.",
    "state.",
    "verdict.",
)

#: keys made from the values of an enumeration; a scan confirms in a dialog of its own, and the hub is no device
OF_VALUES = [
    ("case.channel", Channel),
    ("case.kind", Kind),
    ("case.section", Section),
    ("case.source", Source),
    ("case.step", Step),
    ("fleet.act", set(MemberAct) - {MemberAct.CONFIRM}),
    ("fleet.act-does", set(MemberAct) - {MemberAct.CONFIRM}),
    ("fleet.order", DeviceOrder),
    ("kind", set(MemberKind) - {MemberKind.HUB}),
    ("member", MemberState),
    ("scope", Scope),
    ("standing", Standing),
]


@pytest.mark.parametrize("key", WORDS)
def test_each_is_whole_in_both_languages(key):
    text = WORDS[key]
    assert text.zh.strip()
    assert text.en.strip()
    assert re.search("[\u4e00-\u9fff]", text.zh)
    assert not re.search("[\u4e00-\u9fff]", text.en)
    text.zh.encode("gb2312")
    assert "你" not in text.zh
    fields = {name.removesuffix("_en") for name in re.findall(r"\{(\w+)\}", text.en)}
    assert fields <= set(re.findall(r"\{(\w+)\}", text.zh))


@pytest.mark.parametrize(("prefix", "values"), OF_VALUES, ids=[prefix for prefix, _ in OF_VALUES])
def test_every_value_that_a_page_names_has_its_word(prefix, values):
    assert [value.value for value in values if f"{prefix}.{value.value}" not in WORDS] == []


def test_none_is_kept_that_nobody_shows():
    unused = [
        key
        for key in WORDS
        if not key.startswith(MADE) and not re.search(rf"[\"']{re.escape(key)}[\"']", SOURCES)
    ]
    assert unused == []
