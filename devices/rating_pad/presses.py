"""Which presses are an answer: everything fingers, sleeves and children do to four keys, each with its rule.

| what happens | what it is |
|---|---|
| a key pressed before the lamps go on, or after they went out | nothing |
| a key held while the lamps go on | no answer; released and pressed anew it is |
| one key, twice or bouncing | one answer: the first |
| a second key 60 ms or later after the first | the first answered |
| two keys or all of them within 60 ms | no answer; the pad asks again once every key is open |
| a press within the last 60 ms before the next question | an answer to the question it was pressed for |
| keys that were pressed within half a second before the lamps went on (hammering) | no answer until they were left alone for half a second |
| twenty presses within ten seconds | a storm: an alert, and no answer before three seconds of quiet; over after ten |
| a key closed for thirty seconds | stuck: an event, an alert until it opens; the others go on working |

Nothing here says which key it was to anybody but the one who takes the answer.
"""

from __future__ import annotations

from collections import deque
from typing import Protocol

from hall.clock import Scheduler, Seconds, Timer

CHORD: Seconds = 0.06
STUCK: Seconds = 30.0
#: how long keys that were hammered have to be left alone, by day and in a storm
QUIET: Seconds = 0.5
QUIET_IN_STORM: Seconds = 3.0
#: so many presses in so long are a storm, and so long without one ends it
STORM = 20
STORM_WITHIN: Seconds = 10.0


class Judge(Protocol):
    """Who hears what the presses were."""

    def on_answer(self, key: str) -> None:
        """One key, alone, while it was asked."""

    def on_muddle(self) -> None:
        """Several keys at once: ask again."""

    def on_stuck(self, key: str) -> None:
        """A key does not open."""

    def on_open(self, key: str) -> None:
        """A key is open, stuck or not before."""

    def on_storm(self, *, raging: bool) -> None:
        """Somebody hammers the keys, or stopped."""


class Presses:
    """See the module. Told by the keys, moved by the scheduler; :meth:`begin` and :meth:`end` say when it is asked."""

    def __init__(self, scheduler: Scheduler, judge: Judge) -> None:
        self._scheduler, self._judge = scheduler, judge
        self._asking = False
        #: a press that is an answer unless another key comes
        self._pending: str | None = None
        self._chord: Timer | None = None
        #: several keys at once: no press counts before all are open again
        self._muddled = False
        #: hammered when the lamps went on: no press counts before it was quiet
        self._hushed = False
        #: keys that are closed, with the timers of those that may still open, and the stuck ones
        self._closed: dict[str, Timer] = {}
        self._stuck: set[str] = set()
        self._recent: deque[Seconds] = deque(maxlen=STORM)
        self._storm: Timer | None = None

    def begin(self) -> None:
        """The lamps go on."""
        self._asking = True
        self._hushed = self._storm is not None or self._quiet_for() < QUIET

    def end(self) -> None:
        """The lamps go out."""
        self._asking = False
        self._forget()

    def found_closed(self, key: str) -> None:
        """A key was closed already when the program looked first."""
        self._watch(key)

    def press(self, key: str) -> None:
        """A key went down."""
        self._watch(key)
        quiet = self._quiet_for()
        self._count()
        if (
            not self._asking or self._muddled or key == self._pending
        ):  # a worn contact lets go and closes again
            return
        if self._hushed and quiet < (QUIET if self._storm is None else QUIET_IN_STORM):
            return
        self._hushed = False
        if self._pending is None:
            self._pending = key
            self._chord = self._scheduler.call_later(CHORD, self.settle)
            return
        self._forget()
        self._muddled = True
        self._judge.on_muddle()

    def release(self, key: str) -> None:
        """A key came up."""
        timer = self._closed.pop(key, None)
        if timer is not None:
            timer.cancel()
        self._stuck.discard(key)
        self._judge.on_open(key)
        self._clear_up()

    def settle(self) -> None:
        """A press that stands alone counts now."""
        key = self._pending
        self._forget()
        if key is not None and self._asking:
            self._judge.on_answer(key)

    def close(self) -> None:
        """No timer is left; may be called twice."""
        self._forget()
        for timer in self._closed.values():
            timer.cancel()
        self._closed.clear()
        if self._storm is not None:
            self._storm.cancel()
            self._storm = None

    # --- inside

    def _quiet_for(self) -> Seconds:
        return self._scheduler.mono() - self._recent[-1] if self._recent else float("inf")

    def _count(self) -> None:
        now = self._scheduler.mono()
        self._recent.append(now)
        raging = self._storm is not None
        if not raging and (len(self._recent) < STORM or now - self._recent[0] > STORM_WITHIN):
            return
        if self._storm is not None:
            self._storm.cancel()
        self._storm = self._scheduler.call_later(STORM_WITHIN, self._calm)
        self._hushed = True
        if not raging:
            self._judge.on_storm(raging=True)

    def _calm(self) -> None:
        self._storm = None
        self._judge.on_storm(raging=False)

    def _watch(self, key: str) -> None:
        """Wait for a closed key to open, or to be stuck."""
        if key not in self._closed:
            self._closed[key] = self._scheduler.call_later(STUCK, lambda: self._is_stuck(key))

    def _is_stuck(self, key: str) -> None:
        self._stuck.add(key)
        self._judge.on_stuck(key)
        self._clear_up()

    def _clear_up(self) -> None:
        if not self._closed.keys() - self._stuck:
            self._muddled = False

    def _forget(self) -> None:
        self._pending = None
        if self._chord is not None:
            self._chord.cancel()
            self._chord = None
