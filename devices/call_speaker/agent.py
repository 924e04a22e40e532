"""The speaker's program: announcements from the hub into the line, and how they ended back to the hub.

Rules beyond the line's own (:mod:`devices.call_speaker.announcer`):

* A call is heard once, across repetitions and restarts: what was begun is noted on the card before it sounds. A call that
  still waited when the program ended is taken again; one that had begun ends ``failed``/``interrupted``.
* A self-test is heard like a notice: who it is, through the line, so that it never talks over a call; how that ended is reported.
* When the hub is away nothing of our own is said: a hall is told by its signs, and by people.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import Any

from devices.agent.agent import Agent
from devices.call_speaker.announcer import Announcer, Sound
from devices.call_speaker.script import EVACUATION, Manner
from devices.call_speaker.settings import SpeakerConfig, SpeakerSettings, changed
from devices.call_speaker.voice import Voice
from devices.call_speaker.volume import EVACUATION_DB, volume_at
from hall.errors import Fault
from hall.messages.commands import Announce, AnyCommand, Identify, RunSelfTest
from hall.messages.common import MemberKind
from hall.messages.events import SelfTest
from hall.text import Text
from hall.words import say
from hall.worker import Worker

log = logging.getLogger(__name__)

BEGUN = "speaking"
IDENTIFY_EXPIRES_S = 30.0
#: in place of a command's id, when it introduces itself
INTRODUCTION = "introduction"


class SpeakerAgent(Agent):
    """Speaks what the hub tells it to, one sentence at a time."""

    config_kind = SpeakerConfig

    def __init__(
        self,
        *,
        settings: SpeakerSettings,
        voice_at: Callable[[int], Voice],
        sound: Sound,
        renderer: Worker,
        player: Worker,
        **member: Any,
    ) -> None:
        """`voice_at` gives the voice for a pace in characters a minute; `renderer` and `player` are two different workers."""
        super().__init__(kind=MemberKind.SPEAKER, hall=settings.hall, member=settings.member, **member)
        self._voice_at, self._sound, self._renderer = voice_at, sound, renderer
        self._usual = self._now = settings
        self._voice = voice_at(settings.chars_per_min)
        #: self-tests that are being heard
        self._testing: set[str] = set()
        self.line = Announcer(
            scheduler=self.scheduler,
            voice=self._voice,
            sound=sound,
            renderer=renderer,
            player=player,
            desk=self,
            manner=_manner(settings),
            volume=self._volume,
        )

    def open(self) -> None:
        """See :meth:`Agent.open`; the device is tried before the first call needs it."""
        super().open()
        self.line.start()

    def close(self) -> None:
        """See :meth:`Agent.close`; what is being said ends."""
        self.line.close()
        self._sound.close()
        self._renderer.close()
        super().close()

    def on_command(self, command: AnyCommand) -> None:
        """See :class:`Agent`."""
        match command:
            case Announce():
                self.line.take(command)
            case Identify():
                self.line.take(self._who_i_am(command))
            case RunSelfTest():
                self._testing.add(command.id)
                self.line.take(self._who_i_am(command))
            case _:
                super().on_command(command)

    def introduce(self) -> None:
        """See :class:`Agent`: through the line, so that it talks over no call."""
        self._testing.add(INTRODUCTION)
        self.line.take(self._who_i_am(RunSelfTest(id=INTRODUCTION, expires_s=IDENTIFY_EXPIRES_S)))

    def begin(self, command_id: str) -> None:
        """See :class:`devices.call_speaker.announcer.Desk`."""
        try:
            self.card.put(BEGUN, command_id)
        except Fault as error:  # a full card must not silence the hall; a restart may then say it twice
            log.error("not noted as begun", extra={"id": command_id, "code": error.code})

    def again(self, command: AnyCommand) -> bool:
        """See :class:`Agent`: what only waited is said, what had begun is not said again."""
        if isinstance(command, Announce | Identify | RunSelfTest):
            return bool(self.card.get(BEGUN) != command.id)
        return super().again(command)

    def _who_i_am(self, command: Identify | RunSelfTest) -> Announce:
        number = re.search(r"\d+$", self.member)
        zh = f"{say('polite.hello').zh}，{number[0] if number else ''}号音箱。"
        text = Text(zh=zh if number else say("polite.hello").zh, en=self.member)
        return Announce(
            id=command.id,
            expires_s=min(command.expires_s, IDENTIFY_EXPIRES_S),
            age_s=command.age_s,
            phrase="polite.hello",
            text=text,
            times=1,
            rank=3,
        )

    def finish(self, command_id: str, phase: str, code: str = "ok") -> None:
        """See :class:`Agent`; a self-test that was heard, or could not be, is reported as well."""
        if command_id in self._testing:
            self._testing.discard(command_id)
            found = {"voice": "voice-missing" if code == "chime-only" else "ok", "sound": "ok"}
            if phase != "done":
                found["sound"] = code
            self.say(SelfTest, results={**self.self_test(), **found})
            if command_id == INTRODUCTION:  # nobody asked for it
                return
            if code == "chime-only":
                phase, code = "failed", "voice-missing"
        super().finish(command_id, phase, code)

    def configure(self, config: SpeakerConfig) -> None:
        """See :class:`Agent`."""
        now = changed(self._usual, config)
        if now.chars_per_min != self._now.chars_per_min:
            self._voice = self._voice_at(now.chars_per_min)
        self._now = now
        self.line.speak_with(self._voice, _manner(now))

    def _volume(self, rank: int) -> float:
        """How loud an announcement of this rank is now, by the hall's clock."""
        if rank == EVACUATION:
            return EVACUATION_DB
        now = self._now
        return volume_at(self.scheduler.now().time(), now.volume_db, now.volumes, now.night)


def _manner(settings: SpeakerSettings) -> Manner:
    return Manner(settings.one, settings.english, settings.dialect is not None)
