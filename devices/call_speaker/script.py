"""What is said for one announcement, in order: how often, in which tongues, and where slowly.

Rules, pure:

* Mandarin first, as often as the announcement asks. English after it, once, where the speaker is set to; an order to leave is said in
  both each time, for whoever understands only the second must not wait for three of the first.
* From the time it is to be slow (large print) it is slow, and in the dialect of the place where the speaker has a pack of one.
* A sentence without English words of its own, or with none that a voice can say, is said in Mandarin alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from devices.call_speaker import phrases_en
from devices.call_speaker.phrases import spoken
from devices.call_speaker.voice import Saying, Tongue
from hall.messages.commands import Announce

EVACUATION = 0


class Manner(NamedTuple):
    """How this speaker speaks."""

    #: how 1 is said in called numbers
    one: str = "幺"
    #: English after Mandarin
    english: bool = False
    #: it has a pack of the place's dialect
    dialect: bool = False


def script(command: Announce, manner: Manner) -> tuple[Saying, ...]:
    """Every sentence of an announcement."""
    return tuple(_sayings(command, manner))


def _sayings(command: Announce, manner: Manner) -> Iterator[Saying]:
    said = spoken(command.text.zh, one=manner.one)
    english = phrases_en.spoken(command.text.en) if manner.english else ""
    for turn in range(1, command.times + 1):
        slow = 0 < command.slow_from <= turn
        tongue = Tongue.DIALECT if slow and manner.dialect else Tongue.MANDARIN
        yield Saying(said, tongue, slow)
        if english and (turn == command.times or command.rank == EVACUATION):
            yield Saying(english, Tongue.ENGLISH)
