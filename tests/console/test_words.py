"""The consoles' words: both languages, characters every screen of the hall has, polite, and none that nobody shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hub.console.look.words import WORDS

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


def test_none_is_kept_that_nobody_shows():
    unused = [
        key
        for key in WORDS
        if not key.startswith(MADE) and not re.search(rf"[\"']{re.escape(key)}[\"']", SOURCES)
    ]
    assert unused == []
