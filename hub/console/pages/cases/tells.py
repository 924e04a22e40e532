"""How the page says things of a case: who, when, and what each row of its history tells."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from hall.text import Text
from hub.console.cases import entries
from hub.console.cases.case import Case
from hub.console.cases.entries import AnyEntry
from hub.console.cases.rules import HUB, PUBLIC, ROLE, Missing, missing
from hub.console.door.rights import NAMES, Role
from hub.console.look.tongue import join, said
from hub.console.look.words import WORDS, label

#: who is called what: names by login
Names = Mapping[str, str]


def when(at: datetime) -> str:
    """A moment, short."""
    return f"{at:%m-%d %H:%M}"


def who(name: str, names: Names) -> str:
    """A person, a role, the system or the public."""
    if name.startswith(ROLE):
        return said(NAMES[Role(name.removeprefix(ROLE))])
    if name in {HUB, PUBLIC}:
        return label(f"case.who.{name}")
    return names.get(name, name)


def place(case: Case) -> str:
    """Window and ticket."""
    window = "" if case.opened.window is None else label("case-window", n=case.opened.window)
    return " ".join(part for part in (case.opened.number or "", window) if part)


def reasons(case: Case) -> str:
    """Why, as the person chose it."""
    return join(WORDS.get(f"phone.reason.{code}", Text(zh=code, en=code)) for code in case.reasons)


def lacks(case: Case) -> str:
    """What is still missing, as one sentence."""
    lacking = missing(case)
    return label("case-missing", what=join(_lacking(lacking))) if lacking else label("case-ready")


def _lacking(lacking: Missing) -> list[Text]:
    steps = [WORDS[f"case.step.{step.value}"] for step in lacking.steps]
    sections = [WORDS[f"case.section.{section.value}"] for section in lacking.sections]
    return [*steps, *sections, *([WORDS["case-call-back"]] if lacking.call_back else [])]


def headline(entry: AnyEntry, names: Names) -> str:
    """What happened."""
    kind = re.sub(r"(?<!^)(?=[A-Z])", "-", type(entry).__name__).lower()
    what = ""
    match entry:
        case entries.Ticked() | entries.Unticked():
            what = label(f"case.step.{entry.step.value}")
        case entries.Recorded():
            valid = None if entry.valid is None else "case-valid" if entry.valid else "case-not-valid"
            section = WORDS[f"case.section.{entry.section.value}"]
            channel = [] if entry.channel is None else [WORDS[f"case.channel.{entry.channel.value}"]]
            what = join([section, *([] if valid is None else [WORDS[valid]]), *channel])
        case entries.Called():
            keys = ["case-reached" if entry.reached else "case-unreached"]
            if entry.satisfied is not None:
                keys.append("case-satisfied" if entry.satisfied else "case-unsatisfied")
            what = join(WORDS[key] for key in keys)
        case entries.Offered():
            what = who(entry.to, names)
        case entries.Reclassified():
            what = label(f"case.kind.{entry.kind.value}")
        case entries.Urged():
            owner = entry.stage is entries.Stage.OWNER
            what = label("case-owner") if owner else said(NAMES[Role(entry.stage.value)])
        case _:
            pass
    return label(f"case.entry.{kind}", what=what)


def detail(entry: AnyEntry) -> str:
    """What was written with it."""
    match entry:
        case entries.Opened():
            return entry.about
        case entries.Noted() | entries.Recorded():
            return entry.text
        case entries.Ticked() | entries.Called() | entries.Offered():
            return entry.note
        case entries.Unticked() | entries.Declined() | entries.Reclassified() | entries.Reopened():
            return entry.why
        case entries.Closed():
            return entry.words
        case _:
            return ""
