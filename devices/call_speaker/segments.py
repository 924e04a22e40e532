"""A sentence that calls a number, cut into parts that a bank can hold: 请诶, 零幺二号, 到三号窗口办理.

Rules, pure:

* The cut is made on the sentence as said: what leads up to and includes the letter, the figures with 号, and the rest up to the next
  letter or the end. So 26 letters, 1,000 numbers and a tail for each window say every call there is.
* Where a bank has a letter and its number as one part (:func:`paired`), that is taken.
* A number is one part, never single figures put side by side: people (and the recogniser, see docs/voice.md) misunderstand those.
* A pause that stands between two parts is silence between them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from devices.call_speaker.phrases import DIGITS, LETTERS
from hall.clock import Seconds

#: between a letter and its number, where the tongue does not stop; between parts that a comma divides; the same, said slowly
JOIN_S: Seconds = 0.03
COMMA_S: Seconds = 0.28
SLOW_JOIN_S: Seconds = 0.3
SLOW_COMMA_S: Seconds = 0.8

_NAMES = "|".join(sorted(LETTERS.values(), key=len, reverse=True))
_NUMBER = re.compile(rf"(?P<letter>{_NAMES})(?P<number>[{DIGITS}幺]{{3,4}}号)")


class Segment(NamedTuple):
    """A part of a sentence, and whether a pause follows it."""

    said: str
    comma: bool


def split(said: str) -> tuple[Segment, ...]:
    """The parts in order; empty where the sentence calls no number and is one part by itself."""
    return tuple(_parts(said)) if _NUMBER.search(said) else ()


def paired(parts: tuple[Segment, ...]) -> tuple[Segment, ...]:
    """The same with each number joined to what leads up to it: understood better, and worth having for the numbers of a day."""
    joined: list[Segment] = []
    for part in parts:
        if joined and part.said.endswith("号") and not joined[-1].comma:
            joined[-1] = Segment(joined[-1].said + part.said, part.comma)
        else:
            joined.append(part)
    return tuple(joined)


def _parts(said: str) -> Iterator[Segment]:
    at = 0
    for found in _NUMBER.finditer(said):
        yield _segment(said[at : found.start("number")])
        comma = said[found.end() : found.end() + 1] == "，"
        yield Segment(found["number"], comma)
        at = found.end() + comma
    if rest := said[at:]:
        yield _segment(rest)


def _segment(said: str) -> Segment:
    return Segment(said, said.endswith("，"))


def pause_s(segment: Segment, *, slow: bool) -> Seconds:
    """How long it is quiet after it, inside a sentence."""
    if segment.comma:
        return SLOW_COMMA_S if slow else COMMA_S
    return SLOW_JOIN_S if slow else JOIN_S
