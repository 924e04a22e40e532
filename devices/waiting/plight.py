"""Why a device is no member yet, as `hall identity enrol` says it: three lines, Chinese, English, code. Pure.

Rules:

* A lamp blinks as often as the plight's number, then rests: :data:`TABLE` is what docs/first-boot.md prints.
* Who is told to wait is shown at once and printed late: a hall box that is switched on after its devices costs no paper.
* A code that this release does not know is told by its sentence, and blinks as a refusal.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from hall.clock import Seconds
from hall.text import Text
from hall.words import say

#: nothing to say any more
MEMBER = "member"
AWAY = "desk-away"
WRONG_BOX = "wrong-box"
CLOCK = "clock-wrong"


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """One sort of plight: how it looks where there is no room for a sentence."""

    #: how often a lamp blinks between two rests, and what stands behind ``Err`` on digits
    blinks: int
    #: of the hall's words, for a sign
    word: str
    #: how long it must stand before paper is spent on it
    paper_after_s: Seconds = 0.0


_AWAY = Kind(blinks=1, word="sign.join.away", paper_after_s=60.0)
_WRONG_BOX = Kind(blinks=2, word="sign.join.wrong")
_CLOCK = Kind(blinks=3, word="sign.join.clock")
_REFUSED = Kind(blinks=4, word="sign.join.refused")
_CARD = Kind(blinks=5, word="sign.join.card")

TABLE: Mapping[str, Kind] = {
    AWAY: _AWAY,
    WRONG_BOX: _WRONG_BOX,
    CLOCK: _CLOCK,
    "token-refused": _REFUSED,
    "not-a-member": _REFUSED,
    "refused": _REFUSED,
    "no-invitation": _CARD,
    "bad-settings": _CARD,
    "wrong-certificate": _CARD,
}


class Plight(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be said now."""

    code: str
    text: Text

    @property
    def sentence(self) -> Text:
        """The whole of it, as every refusal begins."""
        sorry = say("polite.sorry")
        return Text(zh=f"{sorry.zh}，{self.text.zh}", en=f"{sorry.en}: {self.text.en}")

    @property
    def kind(self) -> Kind:
        """How it looks."""
        return TABLE.get(self.code, _REFUSED)


def read(said: str) -> Plight | None:
    """The plight of a status file's text; None when there is none, or half a one."""
    lines = said.splitlines()
    if len(lines) < 3 or lines[2] == MEMBER:
        return None
    return Plight(code=lines[2], text=Text(zh=lines[0], en=lines[1]))
