"""The guide's pages: each text with its tables, out of troubles, parts and the sentences that a card's ``status.txt`` can hold."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from importlib.resources import files
from typing import Final

import msgspec

from deploy.technician.boxes import Box, boxes
from devices.waiting.plight import TABLE
from hall.messages.common import MemberKind
from hall.shipped import shipped
from hall.text import Text
from hall.troubles import TROUBLES
from hall.words import say as word

#: one spare for so many of a part that a box has in large numbers
EACH: Final = 8
#: language → the page's name
PAGES: Final = {"en": "guide.md", "zh-CN": "guide.zh-CN.md"}
_SAID = re.compile(
    r'^\s*(?:.*\|\| )?(?:tell|give_up) "([^"$]*(?:\$\w+[^"$]*)*)" (?:\\\n\s*)?"([^"]*)"', re.MULTILINE
)


class Line(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the card says, from where it begins to say it, and what to do."""

    begins: Text
    do: Text


class Words(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What stands in both languages beside each other, so that neither page has more than the other."""

    take: tuple[Text, ...]
    spare: tuple[Text, ...]
    updates: tuple[Text, ...]
    status: tuple[Line, ...]
    plights: tuple[Text, ...]


def words() -> Words:
    """``words.yaml``."""
    raw = shipped(_file("words.yaml"))
    return msgspec.convert(raw, Words)


def pages() -> Iterator[tuple[str, str]]:
    """Both pages, as (name, content)."""
    for language, name in PAGES.items():
        say = _chinese if language == "zh-CN" else _english
        text = _file(f"{language}.md")
        for place, table in (
            ("devices", _devices(say)),
            ("take", _ticks(words().take, say)),
            ("status", _status(say)),
            ("plights", _plights(say)),
            ("faults", _faults(say)),
            ("spares", _spares(say)),
            ("updates", "\n".join(f"{n}. {say(step)}" for n, step in enumerate(words().updates, 1))),
        ):
            text = text.replace(f"{{{place}}}", table.rstrip())
        mark = "<!-- made by `make papers` out of deploy/technician/guide -->"
        title, rest = text.split("\n", 1)
        yield name, f"{title}\n\n{mark}\n{rest}"


def first_boot_says() -> list[Text]:
    """Every sentence that the first start itself can write onto the card."""
    script = files("deploy.appliance.first_boot").joinpath("first-boot").read_text(encoding="utf-8")
    return [Text(zh=zh, en=en) for zh, en in _SAID.findall(script) if "$1" not in zh]


def _file(name: str) -> str:
    return files("deploy.technician.guide").joinpath(name).read_text(encoding="utf-8")


def _english(text: Text) -> str:
    return text.en


def _chinese(text: Text) -> str:
    return text.zh


Say = Callable[[Text], str]


def _devices(say: Say) -> str:
    return " · ".join(f"[{say(box.name)}]({kind}.md)" for kind, box in boxes().items())


def _table(head: tuple[Text, ...], rows: Iterator[tuple[str, ...]], say: Say) -> str:
    lines = ["| " + " | ".join(say(cell) for cell in head) + " |", "|---" * len(head) + "|"]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def _ticks(items: tuple[Text, ...], say: Say) -> str:
    head = (Text(zh="☐", en="☐"), Text(zh="带上", en="take"))
    return _table(head, (("☐", say(item)) for item in items), say)


def _status(say: Say) -> str:
    head = (Text(zh="卡上写着", en="it says"), Text(zh="怎样处理", en="what to do"))
    return _table(head, ((f"{say(line.begins)} …", say(line.do)) for line in words().status), say)


def _plights(say: Say) -> str:
    head = (
        Text(zh="闪几次", en="blinks"),
        Text(zh="数码管", en="digits"),
        Text(zh="窗口屏", en="sign"),
        Text(zh="怎样处理", en="what to do"),
    )
    kinds = sorted({kind.blinks: kind for kind in TABLE.values()}.items())
    rows = zip(kinds, words().plights, strict=True)
    return _table(
        head,
        (
            (str(n), f"`Err {n}`", f"{word(kind.word).zh} {word(kind.word).en}", say(do))
            for (n, kind), do in rows
        ),
        say,
    )


def _faults(say: Say) -> str:
    head = (Text(zh="代码", en="code"), Text(zh="现象", en="what it says"), Text(zh="处理", en="what to do"))
    kinds = {MemberKind(kind) for kind in boxes()}
    # what every kind raises, and what the hub says of any of them
    everybody = [
        code for code, t in TROUBLES.items() if kinds <= set(t.devices) or not kinds & set(t.devices)
    ]

    def rows(codes: list[str]) -> Iterator[tuple[str, ...]]:
        for code in codes:
            trouble = TROUBLES[code]
            yield f"`{code}`", cell(say(trouble.text)), cell(say(trouble.do))

    parts = [f"### {say(Text(zh='每种设备', en='Every device'))}", _table(head, rows(everybody), say)]
    for kind, box in boxes().items():
        own = [
            code for code, t in TROUBLES.items() if MemberKind(kind) in t.devices and code not in everybody
        ]
        parts += [f"### {say(box.name)}", _table(head, rows(own), say)]
    return "\n\n".join(parts)


def cell(text: str) -> str:
    """As it stands in a table: a pipe in a command is no column, and what only the alert knows (which key) is left open."""
    return re.sub(r"\{\w+\}", "…", text).replace("|", "\\|")


def _spares(say: Say) -> str:
    head = (
        Text(zh="备件", en="part"),
        Text(zh="数量", en="n"),
        Text(zh="用于", en="for"),
        Text(zh="也可用", en="instead"),
    )

    def rows() -> Iterator[tuple[str, ...]]:
        for general in words().spare:
            yield say(general), "1", say(Text(zh="每种设备", en="every device")), ""
        merged: dict[str, tuple[int, list[Box], Text]] = {}
        for box in boxes().values():
            for part in box.parts:
                n, where, other = merged.get(say(part.what), (0, [], part.other))
                merged[say(part.what)] = (n + part.n, [*where, box], other)
        for what, (n, where, other) in merged.items():
            yield (
                what,
                str(-(-n // EACH)),
                say(Text(zh="、", en=", ")).join(say(box.name) for box in where),
                say(other),
            )

    return _table(head, rows(), say)
