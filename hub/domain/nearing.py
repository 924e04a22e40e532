"""Whose turn is near, so that the hall can ask them to get ready (where its policy wants that).

Rules:

* With ``near`` in the policy, a first call of a service looks at the next so many people of its normal line: where none of them was asked
  yet and their numbers lie close together and rise, all of them are asked in one sentence, from the first to the last. Who was asked
  is not asked again, so a service speaks once in so many calls.
* At least :data:`GAP_S` lie between two such sentences, whatever the service: a hall that is busy hears its calls and not this.
* A call that is taken back was heard all the same: who was asked stays asked.
* Nobody in another lane is named: an appointment knows its time, and a care group is never spoken of. While people are told to leave
  nobody is asked.
"""

from __future__ import annotations

from typing import Final

from hall.messages.facts import TicketCalled
from hub.domain.moments import SECOND, micros
from hub.domain.notices import evacuation
from hub.domain.state import Nearing, State
from hub.domain.ticket import NORMAL

GAP_S: Final = 120
#: So many numbers of a range for each who is asked: the others went, or wait in another lane.
APART: Final = 2


def on_called(s: State, fact: TicketCalled) -> None:
    """Somebody of a service was called: who comes next may be asked to get ready."""
    many = s.policy.near
    if many is None or fact.round > 1 or fact.back or fact.carry or fact.seated or evacuation(s) is not None:
        return
    now = micros(fact.at)
    if s.nearing is not None and 0 <= now - s.nearing.at_us < GAP_S * SECOND:
        return  # a clock that was set back silences nobody
    numbers = [ticket.number for ticket in s.line(fact.service, NORMAL).people[:many]]
    letters, counts = {number[0] for number in numbers}, [int(number[1:]) for number in numbers]
    if len(numbers) < many or len(letters) > 1 or counts != sorted(counts):
        return
    letter, first, last = letters.pop(), counts[0], counts[-1]
    if first > s.asked_near.get(letter, 0) and last - first < many * APART:
        s.nearing = Nearing(n=fact.n, at_us=now, first=numbers[0], last=numbers[-1])
        s.asked_near[letter] = last
