"""The situation book as the pages use it (M13): read from YAML, checked, and asked which situation it is.

Rules:

* A book has a version, a date and an owner. The one shipped is ``book.yaml`` beside this file; a hall names its own in the console's
  settings (``book:``), and a mistake in it stops the console with file, key and what was expected.
* What stands in the hall's public sentences (``hall/words.yaml``) is named by its key (``say``) and never written again.
* A moment that the machine knows by itself has exactly one situation; all others are chosen by the clerk.
* Every sentence is polite, names no fuzzy word and none that the standards forbid, and is written in GB2312 (M14): see
  :func:`problems`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from string import Formatter
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from hall.errors import BadSettings
from hall.messages.common import Day, Key, Line, Outcome
from hall.settings import convert, parse, read
from hall.text import Text
from hall.words import phrases

SHIPPED: Final = Path(__file__).with_name("book.yaml")

#: never said to a citizen, whatever the situation
BANNED: Final = (
    "不知道", "不管", "你错了", "明白吗", "没办法", "急什么", "不归我管", "自己看", "不行就投诉",
)  # fmt: skip
#: vague words: what is so is said, or who knows it
FUZZY: Final = ("可能", "也许", "大概", "好像", "应该是", "差不多", "估计", "尽量")
#: one of these makes a sentence polite
POLITE: Final = ("您", "请", "谢谢", "对不起", "再见", "您好", "请坐", "请慢走", "谅解", "抱歉")


#: what a page fills in
KNOWN: Final = frozenset({"minutes", "x", "list", "alternative", "window", "n", "date"})


class Kind(Enum):
    """What a situation is about: the headings of the book."""

    ROUTINE = "routine"
    ENDING = "ending"
    UPSET = "upset"
    CARE = "care"
    FAULT = "fault"
    PHONE = "phone"


class Moment(Enum):
    """What the machine knows by itself."""

    OPEN = "open"
    APPOINTMENT = "appointment"
    #: back with a missing-papers slip
    RETURNED = "returned"
    REVIEW = "review"
    #: only the papers are here
    CARRIED = "carried"
    EXTENDED = "extended"
    #: the target has passed
    PROGRESS = "progress"
    DONE = "done"
    ADVICE = "advice"
    MATERIAL_MISSING = "material-missing"
    NOT_ALLOWED = "not-allowed"
    PROXY_REFUSED = "proxy-refused"
    ONWARD = "onward"
    WITHDRAWN = "withdrawn"
    TO_REVIEW = "to-review"
    CARRY = "carry"
    TO_DESK = "to-desk"


class Machine(Enum):
    """What the machine does with a situation."""

    NOTHING = "nothing"
    #: asks for a rating
    RATING = "rating"
    #: prints a slip
    SLIP = "slip"
    #: opens a case
    CASE = "case"
    #: sends the ticket on
    TRANSFER = "transfer"
    #: promises service after closing
    EXTENSION = "extension"
    #: calls the duty officer
    HELP = "help"
    #: prints or tells the first date for the next time
    DATE = "date"
    #: pauses the window
    PAUSE = "pause"


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base: an unknown key is a mistake, never ignored."""


class Words(_Part, frozen=True, kw_only=True):
    """One sentence: a key of the hall's public sentences, or both languages."""

    say: str | None = None
    zh: str | None = None
    en: str | None = None


class Situation(_Part, frozen=True, kw_only=True):
    """What to say and do in one situation."""

    name: Text
    kind: Kind
    when: Moment | None = None
    opening: Words
    steps: tuple[Text, ...]
    closing: Words
    #: what must not be said here, beside what is never said
    never: tuple[Text, ...] = ()
    does: Machine = Machine.NOTHING


class Book(_Part, frozen=True, kw_only=True):
    """All situations, in the order in which they are listed."""

    version: Line
    dated: Day
    owner: Annotated[str, Meta(min_length=1, max_length=80)]
    situations: dict[Key, Situation]

    def at(self, moment: Moment) -> Situation:
        """The situation of a moment that the machine knows."""
        return next(found for found in self.situations.values() if found.when is moment)

    def of(self, kind: Kind) -> dict[str, Situation]:
        """The situations under one heading."""
        return {key: found for key, found in self.situations.items() if found.kind is kind}


def ending(outcome: Outcome) -> Moment:
    """The moment in which a service ends so."""
    return Moment(outcome.value)


def load(path: Path | str | None = None) -> Book:
    """The book at `path`, the shipped one without. Raises ``BadSettings``."""
    file = str(path or SHIPPED)
    book: Book = convert(parse(read(file), file), Book, file)
    for key, expected in problems(book):
        raise BadSettings(file, key, expected)
    return book


def spoken(words: Words, **fields: object) -> Text:
    """A sentence with what is known filled in; what is not known yet stays a gap (……)."""
    text = _text(words)
    return Text(zh=_filled(text.zh, fields), en=_filled(text.en, fields))


def spoken_without(words: Words, unknown: str, **fields: object) -> Text:
    """The same, without the clause that would need what nobody knows yet: nothing is told that is not so."""
    text = _text(words)
    return Text(
        zh=_filled(_cut(text.zh, unknown, "，。；？"), fields),
        en=_filled(_cut(text.en, unknown, ",.;?"), fields),
    )


def _cut(text: str, name: str, marks: str) -> str:
    kept = [clause for clause in re.findall(f"[^{marks}]+[{marks}]?", text) if "{" + name + "}" not in clause]
    whole = "".join(kept).strip()
    stop = "。" if "。" in marks else "."
    return whole if not whole or whole[-1] in f"{stop}？?" else whole[:-1] + stop


def fields_of(words: Words) -> frozenset[str]:
    """What a sentence has to be filled with."""
    text = _text(words)
    return frozenset(name for part in (text.zh, text.en) for _, name, _, _ in Formatter().parse(part) if name)


def problems(book: Book) -> Iterator[tuple[str, Text]]:
    """Every mistake as (key, what was expected)."""
    for moment in Moment:
        found = [key for key, situation in book.situations.items() if situation.when is moment]
        if len(found) != 1:
            yield (
                "situations",
                Text(
                    zh=f"“{moment.value}”这一时刻要有一个场景，现有{len(found)}个",
                    en=f"exactly one situation with when: {moment.value}, not {len(found)}",
                ),
            )
    for key, situation in book.situations.items():
        at = f"situations.{key}"
        if not situation.steps:
            yield f"{at}.steps", Text(zh="至少一个步骤", en="at least one step")
        for name in ("opening", "closing"):
            yield from _sentence(f"{at}.{name}", getattr(situation, name))
        for i, text in enumerate((situation.name, *situation.steps)):
            yield from _wording(f"{at}.name" if i == 0 else f"{at}.steps[{i - 1}]", text)
        for i, text in enumerate(situation.never):
            if not text.zh.strip() or not text.en.strip():
                yield f"{at}.never[{i}]", Text(zh="中文和英文都要有", en="both languages")


def _sentence(at: str, words: Words) -> Iterator[tuple[str, Text]]:
    written = words.zh is not None and words.en is not None
    if (words.say is None) is not written or (words.say is not None and (words.zh or words.en)):
        yield (
            at,
            Text(
                zh="大厅用语的编号，或者中文和英文",
                en="either say: a key of the hall's sentences, or zh and en",
            ),
        )
    elif words.say is not None and words.say not in phrases():
        yield f"{at}.say", Text(zh="大厅用语的编号", en="a key of the hall's sentences")
    else:
        text = _text(words)
        yield from _gaps(at, text)
        yield from _wording(at, text)
        if words.say is None and not any(word in text.zh for word in POLITE):
            yield (
                at,
                Text(
                    zh=f"礼貌用语，如{'、'.join(POLITE)}",
                    en=f"one of the polite words {'、'.join(POLITE)}",
                ),
            )


def _gaps(at: str, text: Text) -> Iterator[tuple[str, Text]]:
    """What is filled in is something that the page knows."""
    try:
        named = {name for part in (text.zh, text.en) for _, name, _, _ in Formatter().parse(part) if name}
    except ValueError:
        yield at, Text(zh="成对的大括号", en="braces in pairs")
        return
    if not named <= KNOWN:
        odd = ", ".join(sorted(named - KNOWN))
        known = ", ".join(sorted(KNOWN))
        yield at, Text(zh=f"只填{known}，没有{odd}", en=f"gaps that are known ({known}), found {odd}")


def _wording(at: str, text: Text) -> Iterator[tuple[str, Text]]:
    """What every text a citizen may hear or a clerk reads out keeps to."""
    if not text.zh.strip() or not text.en.strip():
        yield at, Text(zh="中文和英文都要有", en="both languages")
    if "你" in text.zh:
        yield at, Text(zh="称“您”", en="您 instead of 你")
    for word in (*BANNED, *FUZZY):
        if word in text.zh:
            yield at, Text(zh=f"别的说法，“{word}”不对公众说", en=f"other words than {word}")
    try:
        text.zh.encode("gb2312")
    except UnicodeEncodeError as error:
        odd = text.zh[error.start : error.end]
        yield (
            at,
            Text(zh=f"GB2312里的字，屏和打印机没有“{odd}”", en=f"characters of GB2312 instead of {odd}"),
        )
    if re.search("[\u4e00-\u9fff]", text.en):
        yield at, Text(zh="英文里不写汉字", en="English without Chinese characters")


def _text(words: Words) -> Text:
    if words.say is None:
        return Text(zh=words.zh or "", en=words.en or "")
    phrase = phrases()[words.say]
    return Text(zh=phrase.zh, en=phrase.en)


def _filled(text: str, fields: dict[str, object]) -> str:
    parts = []
    for literal, name, _, _ in Formatter().parse(text):
        parts.append(literal)
        if name:
            parts.append(str(fields.get(name) or "……"))
    return "".join(parts)
