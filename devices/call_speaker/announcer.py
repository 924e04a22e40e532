"""What is said when: one sentence at a time, the right one next, nothing stale.

Rules:

* One sound at a time, with a rest between. Next is the lowest rank (0 evacuation, 1 call, 2 recall, 3 notice), then the oldest.
* A newer call for a ticket replaces one that still waits and takes its place in the line; a sentence that already waits is not
  queued twice. The replaced one ends ``expired``/``superseded``.
* What is not begun within `expires_s` − `age_s` seconds of the monotonic clock ends ``expired``/``too-late``, at that moment.
* Evacuation (rank 0) cuts short what is being said and clears what waits (``expired``/``evacuation``): nobody is called to a
  window of a hall that is being left. It has no chime, and shorter pauses.
* ``done`` is told when the last sample has sounded. What is said and in which tongues is :mod:`.script`'s; a tongue without a voice is
  left out. Without any voice the chime sounds alone: ``done``/``chime-only``, and the alert ``voice-missing`` stands until a
  sentence could be rendered again.
* The loudness of each is asked for when it begins, so that the evening is quieter from its minute on (:mod:`.volume`).
* When the sound device fails, this and all waiting calls end ``failed`` with its code, so that the hub knows at once; the alert
  ``sound`` stands, and the device is tried again every few seconds until it plays.
* Sentences are rendered while another is being played; neither happens in the loop. What the voice can do later (its card) it does when
  a sound has ended.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import Protocol

from devices.call_speaker.phrases import characters, spoken
from devices.call_speaker.readings import pinyin, unread
from devices.call_speaker.script import EVACUATION, Manner, script
from devices.call_speaker.sound import Clip, announcement, resampled
from devices.call_speaker.voice import Saying, Tongue, Voice
from hall.clock import Scheduler, Seconds, Timer
from hall.errors import Fault, HallError
from hall.messages.commands import Announce
from hall.troubles import fault as trouble_fault
from hall.worker import Worker

log = logging.getLogger(__name__)

CALLS = (1, 2)
SOUND_ALERT = "sound"
VOICE_ALERT = "voice"
RETRY_S: Seconds = 3.0
REST_S: Seconds = 0.5
EVACUATION_PAUSE_S: Seconds = 0.4
LONGEST = 120
MOST_TIMES = 9
_PLAIN = Manner()


class Sound(Protocol):
    """The loudspeaker. `play` and `probe` are slow and run in a worker; they raise Fault."""

    def play(self, clip: Clip, cut: Callable[[], bool], volume_db: float) -> None:
        """Return when the last sample has sounded; Fault ``sound-stopped`` when `cut` became true and :meth:`stop` was called."""

    def probe(self) -> None:
        """Return when the device takes sound."""

    def stop(self) -> None:
        """Cut short what is being played; callable from the loop."""

    def close(self) -> None:
        """Stop, and give the device back; may be called twice."""


class Desk(Protocol):
    """Whom the announcer tells how things went: the device program."""

    def finish(self, command_id: str, phase: str, code: str = "ok") -> None:
        """A command ended."""

    def begin(self, command_id: str) -> None:
        """A command is about to be heard; remembered across restarts."""

    def trouble(self, code: str, alert_id: str | None = None, *, why: str = "") -> None:
        """Something is broken: its code in the table of troubles."""

    def clear(self, alert_id: str) -> None:
        """It works again; harmless when it was never broken."""


class Waiting:
    """One announcement in the line."""

    def __init__(self, command: Announce, said: str, order: int) -> None:
        """`order` is its place among those of its rank."""
        self.command, self.said, self.order, self.rank = command, said, order, command.rank
        self.rendered = False
        self.clips: tuple[Clip, ...] = ()
        self.timer: Timer | None = None
        #: it is not said, or not to its end
        self.cut = False

    @property
    def about(self) -> tuple[str, str]:
        """What a newer announcement must be about to replace this one."""
        if self.command.rank in CALLS and self.command.number and self.command.phrase.startswith("voice."):
            return "ticket", self.command.number  # disp.nopaper names a ticket too, and takes no call's place
        return "sentence", self.said


class Announcer:
    """The line of announcements in front of one loudspeaker."""

    def __init__(
        self,
        *,
        scheduler: Scheduler,
        voice: Voice,
        sound: Sound,
        renderer: Worker,
        player: Worker,
        desk: Desk,
        manner: Manner = _PLAIN,
        volume: Callable[[int], float] = lambda _rank: 0.0,
    ) -> None:
        """`volume` gives the dB (at most 0, on top of the amplifier's own knob) of a rank at this moment."""
        self._scheduler, self._desk = scheduler, desk
        self._voice, self._sound = voice, sound
        self._renderer, self._player = renderer, player
        self._manner, self._volume = manner, volume
        self._waiting: list[Waiting] = []
        self._playing: Waiting | None = None
        self._resting = False
        self._broken: Fault | None = None
        self._arrived = 0
        self._closed = False

    @property
    def waiting(self) -> tuple[str, ...]:
        """Ids of what waits, next first."""
        return tuple(entry.command.id for entry in sorted(self._waiting, key=_place))

    @property
    def playing(self) -> str | None:
        """Id of what is being said."""
        return self._playing.command.id if self._playing else None

    def start(self) -> None:
        """Find out whether the device plays, before the first call needs it."""
        self._probe()

    def speak_with(self, voice: Voice, manner: Manner) -> None:
        """Another voice and manner from the next announcement on."""
        self._voice, self._manner = voice, manner

    def take(self, command: Announce) -> None:
        """Put an announcement in the line; its end is told to the desk, whatever it is."""
        said = spoken(command.text.zh, one=self._manner.one)
        code = _refusal(command, said)
        if code:
            self._desk.finish(command.id, "rejected", code)
            return
        if self._broken:
            self._desk.finish(command.id, "failed", self._broken.code)
            return
        self._arrived += 1
        entry = Waiting(command, said, self._arrived)
        if command.rank == EVACUATION:
            self._clear_the_floor()
        self._replace(entry)
        self._waiting.append(entry)
        left = command.expires_s - command.age_s
        entry.timer = self._scheduler.call_later(left, partial(self._on_too_late, entry))
        sayings = script(command, self._manner)
        self._renderer.submit(
            partial(_render, self._voice, sayings, lambda: entry.cut), partial(self._on_rendered, entry)
        )

    def close(self) -> None:
        """Say no more; may be called twice."""
        self._closed = True
        if self._playing:
            self._playing.cut = True
        for entry in self._waiting:
            _stop(entry.timer)
        self._waiting.clear()
        self._sound.stop()

    def _replace(self, entry: Waiting) -> None:
        older = next((other for other in self._waiting if other.about == entry.about), None)
        if older is not None:
            entry.order, entry.rank = older.order, min(older.rank, entry.rank)
            self._drop(older, "superseded")

    def _clear_the_floor(self) -> None:
        for other in [other for other in self._waiting if other.rank != EVACUATION]:
            self._drop(other, "evacuation")
        if self._playing and self._playing.rank != EVACUATION:
            self._playing.cut = True
            self._sound.stop()

    def _drop(self, entry: Waiting, code: str) -> None:
        """It will not be said: too late, or something newer stands in its place."""
        if entry in self._waiting:
            self._waiting.remove(entry)
            _stop(entry.timer)
            entry.cut = True
            self._desk.finish(entry.command.id, "expired", code)

    def _on_too_late(self, entry: Waiting) -> None:
        self._drop(entry, "too-late")
        self._next()

    def _on_rendered(self, entry: Waiting, result: tuple[Clip, ...] | BaseException) -> None:
        entry.rendered = True
        if isinstance(result, BaseException):
            log.warning("no voice", extra={"id": entry.command.id, "why": str(result)})
            self._desk.trouble("voice-missing", VOICE_ALERT, why=str(result)[:200])
        elif result:  # nothing was rendered of one that was dropped
            entry.clips = result
            self._desk.clear(VOICE_ALERT)
        self._next()

    def _next(self) -> None:
        """Begin what is next, when nothing sounds and its sentence is ready."""
        if self._playing or self._closed or not self._waiting:
            return
        entry = min(self._waiting, key=_place)
        if not entry.rendered or (self._resting and entry.rank != EVACUATION):
            return
        self._waiting.remove(entry)
        _stop(entry.timer)
        self._playing = entry
        self._desk.begin(entry.command.id)
        self._player.submit(
            partial(self._play, entry, self._volume(entry.rank)), partial(self._on_played, entry)
        )

    def _play(self, entry: Waiting, volume_db: float) -> None:
        """In the worker: put the announcement together and let it sound."""
        if entry.rank == EVACUATION:
            clip = announcement(entry.clips, chimed=False, between_s=EVACUATION_PAUSE_S)
        else:
            clip = announcement(entry.clips)
        self._sound.play(clip, lambda: entry.cut, volume_db)

    def _on_played(self, entry: Waiting, result: BaseException | None) -> None:
        self._playing = None
        self._renderer.submit(self._voice.settle, _settled)
        if isinstance(result, Fault) and result.code == "sound-stopped":
            self._desk.finish(entry.command.id, "expired", "evacuation")
        elif isinstance(result, BaseException):
            fault = _fault(result)
            self._desk.finish(entry.command.id, "failed", fault.code)
            self._on_broken(fault)
        else:
            self._desk.finish(entry.command.id, "done", "ok" if entry.clips else "chime-only")
            self._resting = True
            self._scheduler.call_later(REST_S, self._on_rested)
        self._next()

    def _on_rested(self) -> None:
        self._resting = False
        self._next()

    def _on_broken(self, fault: Fault) -> None:
        """The device does not play: say so, let go of what waits, and try again."""
        if self._broken is None or self._broken.code != fault.code:
            log.error("sound device fails", extra={"code": fault.code, "why": fault.text.en})
            self._desk.trouble(fault.code, SOUND_ALERT, why=fault.text.en)
        self._broken = fault
        for entry in self._waiting:
            _stop(entry.timer)
            self._desk.finish(entry.command.id, "failed", fault.code)
        self._waiting.clear()
        self._scheduler.call_later(RETRY_S, self._probe)

    def _probe(self) -> None:
        if not self._closed:
            self._player.submit(self._sound.probe, self._on_probed)

    def _on_probed(self, result: BaseException | None) -> None:
        if isinstance(result, BaseException):
            self._on_broken(_fault(result))
            return
        if self._broken:
            log.info("sound device plays again")
        self._broken = None
        self._desk.clear(SOUND_ALERT)


def _render(voice: Voice, sayings: tuple[Saying, ...], cut: Callable[[], bool]) -> tuple[Clip, ...]:
    """In the worker: every sentence once, at the first one's rate. Without an English voice there is no English.

    Nothing for one that was dropped meanwhile: whoever comes behind it may be an evacuation.
    """
    if cut():
        return ()
    clips: dict[Saying, Clip] = {}
    for saying in dict.fromkeys(sayings):
        try:
            clips[saying] = voice.say(saying)
        except HallError as error:
            if saying.tongue is not Tongue.ENGLISH:
                raise
            log.warning("no English voice", extra={"why": str(error)})
    rate = clips[sayings[0]].rate
    return tuple(resampled(clips[saying], rate) for saying in sayings if saying in clips)


def _settled(result: BaseException | None) -> None:
    """What was not put away is rendered anew one day; whoever is called next hears it all the same."""
    if result is not None:
        log.warning("voice not settled", extra={"why": repr(result)})


def _place(entry: Waiting) -> tuple[int, int]:
    return entry.rank, entry.order


def _stop(timer: Timer | None) -> None:
    if timer is not None:
        timer.cancel()


def _fault(error: BaseException) -> Fault:
    """Whatever a hand raised, as a fault with a code."""
    if isinstance(error, Fault):
        return error
    return trouble_fault("sound-failed", f"{error!r}"[:200])


def _refusal(command: Announce, said: str) -> str | None:
    """Why this announcement cannot be made, as a code."""
    if not pinyin(said):
        return "nothing-to-say"
    if characters(said) > LONGEST:
        return "too-long"
    if not 1 <= command.times <= MOST_TIMES:
        return "bad-times"
    if unread(said):
        log.warning("characters left out", extra={"id": command.id, "characters": unread(said)})
    return None
