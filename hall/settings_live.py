"""What a change of settings in the running hall has to satisfy beyond what a file has: for whatever it touches.

Rules:

* Everything that a settings file must satisfy (:func:`hall.settings_plan.problems`), whatever was touched.
* A service with lists of papers says their version, date and owner (M38); enquiry, supervision and complaint numbers are not blank (M11).
* Public texts that are new or changed keep the rules of public words (M14).
* What the machines are built around stays as it was at the start: the hall's id and its time zone.
* All of it fits one message of the hub.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from hall.plan import HallPlan, ServicePlan
from hall.settings_form import form_of
from hall.settings_plan import printed_texts, problems
from hall.text import Text
from hall.words_lint import lint

#: Most bytes of a hall's settings as JSON, so that they fit one message of the hub with whatever surrounds them.
MOST_BYTES: Final = 56_000


def live_problems(old: HallPlan, new: HallPlan) -> Iterator[tuple[str, Text]]:
    """Every mistake of a change from `old` to `new` as (key, what was expected there)."""
    yield from problems(new)
    yield from _fixed(old, new)
    yield from _numbers(new)
    for key, service in new.services.items():
        if service != old.services.get(key):
            yield from checklist(key, service)
    before = set(public_texts(old).values())
    for key, text in public_texts(new).items():
        if text not in before:
            for expected in lint(text.zh):
                yield f"{key}.zh", expected
    size = len(msgspec.json.encode(form_of(new)))
    if size > MOST_BYTES:
        yield (
            "(file)",
            Text(
                zh=f"最多{MOST_BYTES}字节，现为{size}，请缩短材料清单",
                en=f"at most {MOST_BYTES} bytes, found {size}: please shorten the lists",
            ),
        )


def _fixed(old: HallPlan, new: HallPlan) -> Iterator[tuple[str, Text]]:
    for key in ("id", "timezone"):
        was = getattr(old, key)
        if getattr(new, key) != was:
            yield (
                key,
                Text(
                    zh=f"{was}，开放时不能改，请停机后换新的存储",
                    en=f"{was}: it cannot change while the hall runs; please stop the hub and begin a new store",
                ),
            )


def _numbers(new: HallPlan) -> Iterator[tuple[str, Text]]:
    for key in ("hotline", "supervision", "complaints"):
        number = getattr(new, key)
        if number is not None and not number.strip():
            yield key, Text(zh="电话号码，不能为空", en="a phone number")


def checklist(key: str, service: ServicePlan) -> Iterator[tuple[str, Text]]:
    """What a service's lists of papers lack (M38)."""
    if not (service.common or any(situation.need for situation in service.situations.values())):
        return
    expected = {
        "version": Text(zh="材料清单的版本", en="the version of the lists of papers"),
        "dated": Text(zh="材料清单的日期", en="the date of the lists of papers"),
        "owner": Text(zh="材料清单由谁负责", en="who owns the lists of papers"),
    }
    for name, text in expected.items():
        if not (getattr(service, name) or "").strip():
            yield f"services.{key}.{name}", text


def public_texts(plan: HallPlan) -> dict[str, Text]:
    """Every text of the settings that the public reads or hears, by key."""
    return printed_texts(plan) | {f"lanes.{lane}.public": entry.public for lane, entry in plan.lanes.items()}
