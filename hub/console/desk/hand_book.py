"""The pre-printed number book, as the guide desk types it in: what was typed becomes the entries that the hall is asked for.

Rules:

* Numbers are typed with or without their letter; those who were served as numbers and runs of them, ``8001-8012, 8015``.
* The hall takes :data:`~hub.domain.by_hand.MOST` numbers at once: a longer run becomes several entries one after the other, each with
  its part of the time, so that everybody comes when they would have come in one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

import msgspec

from hall.messages.common import FIRST_BY_HAND, LAST_BY_HAND, Span
from hub.domain.by_hand import MOST
from hub.domain.numbers import number

_ONE = re.compile(r"[A-Z]?([0-9]{4})")
_TO = re.compile(r"\s*[-–—~～至到]\s*")
_AND = re.compile(r"[\s,;，；、]+")


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry that the hall takes at once."""

    first: str
    last: str
    served: tuple[Span, ...]
    began: datetime
    ended: datetime


def count_of(typed: str, letter: str) -> int | None:
    """The count of one typed number of this letter; None when it is no number of the book."""
    found = _ONE.fullmatch(typed.strip().upper())
    if found is None or found[0][:1] not in {letter, *"0123456789"}:
        return None
    count = int(found[1])
    return count if FIRST_BY_HAND <= count <= LAST_BY_HAND else None


def counts_of(typed: str, letter: str) -> set[int] | None:
    """The counts of several numbers and runs; None when something of it cannot be read."""
    counts: set[int] = set()
    for part in _AND.split(_TO.sub("-", typed.strip())):
        if not part:
            continue
        ends = [count_of(end, letter) for end in part.split("-")]
        if len(ends) > 2 or None in ends:
            return None
        first, last = ends[0], ends[-1]
        assert first is not None
        assert last is not None
        if last < first:
            return None
        counts.update(range(first, last + 1))
    return counts


def time_of(typed: str, day: datetime) -> datetime | None:
    """A clock time of the hall's day, ``9:05``; None when it is none."""
    found = re.fullmatch(r"([0-9]{1,2})[:：]([0-9]{2})", typed.strip())
    if found is None or int(found[1]) > 23 or int(found[2]) > 59:
        return None
    return day.replace(hour=int(found[1]), minute=int(found[2]), second=0, microsecond=0)


def entries(
    letter: str, first: int, last: int, served: set[int], *, began: datetime, ended: datetime
) -> Iterator[Entry]:
    """The whole run, in pieces that the hall takes."""
    step = (ended - began) / max(1, last - first)
    for start in range(first, last + 1, MOST):
        end = min(last, start + MOST - 1)
        yield Entry(
            first=number(letter, start),
            last=number(letter, end),
            served=tuple(_spans(letter, sorted(n for n in served if start <= n <= end))),
            began=min(ended, began + step * (start - first)),
            ended=min(ended, began + step * (end - first)),
        )


def _spans(letter: str, counts: list[int]) -> Iterator[Span]:
    """Counts in order as runs."""
    begin = 0
    for i, count in enumerate(counts):
        if i + 1 == len(counts) or counts[i + 1] != count + 1:
            yield Span(first=number(letter, counts[begin]), last=number(letter, count))
            begin = i + 1
