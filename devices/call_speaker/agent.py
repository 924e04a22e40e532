"""The speaker's program: announcements from the hub into the line, and how they ended back to the hub.

Rules beyond the line's own (:mod:`devices.call_speaker.announcer`):

* A call is heard once, across repetitions and restarts: what was begun is noted on the card before it sounds. A call that
  still waited when the program ended is taken again; one that had begun ends ``failed``/``interrupted``.
* When the hub is away nothing of our own is said: a hall is told by its signs, and by people.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from functools import partial
from typing import Any

from devices.agent.agent import Agent
from devices.call_speaker.announcer import Announcer, Sound
from devices.call_speaker.phrases import spoken
from devices.call_speaker.settings import SpeakerConfig
from devices.call_speaker.sound import Clip
from devices.call_speaker.voice import Voice
from hall.errors import Fault, HallError
from hall.messages.commands import Announce, AnyCommand, Identify, RunSelfTest
from hall.messages.common import MemberKind
from hall.messages.events import SelfTest
from hall.text import Text
from hall.words import say
from hall.worker import Worker

log = logging.getLogger(__name__)

BEGUN = "speaking"
IDENTIFY_EXPIRES_S = 30.0


class SpeakerAgent(Agent):
    """Speaks what the hub tells it to, one sentence at a time."""

    config_kind = SpeakerConfig

    def __init__(
        self,
        *,
        voice_at: Callable[[int], Voice],
        sound: Sound,
        renderer: Worker,
        player: Worker,
        chars_per_min: int = 155,
        volume_db: float = 0.0,
        one: str = "幺",
        **member: Any,
    ) -> None:
        """`voice_at` gives the voice for a pace in characters a minute; `renderer` and `player` are two different workers."""
        super().__init__(kind=MemberKind.SPEAKER, **member)
        self._voice_at, self._sound = voice_at, sound
        self._renderer, self._player = renderer, player
        self._usual = (chars_per_min, volume_db)
        self._pace = chars_per_min
        self._voice = voice_at(chars_per_min)
        self.line = Announcer(
            scheduler=self.scheduler,
            voice=self._voice,
            sound=sound,
            renderer=renderer,
            player=player,
            desk=self,
            one=one,
            volume_db=volume_db,
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
                self._test_voice(command)
            case _:
                super().on_command(command)

    def begin(self, command_id: str) -> None:
        """See :class:`devices.call_speaker.announcer.Desk`."""
        try:
            self.card.put(BEGUN, command_id)
        except Fault as error:  # a full card must not silence the hall; a restart may then say it twice
            log.error("not noted as begun", extra={"id": command_id, "code": error.code})

    def again(self, command: AnyCommand) -> bool:
        """See :class:`Agent`: what only waited is said, what had begun is not said again."""
        if isinstance(command, Announce | Identify):
            return bool(self.card.get(BEGUN) != command.id)
        return super().again(command)

    def _who_i_am(self, command: Identify) -> Announce:
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

    def configure(self, config: SpeakerConfig) -> None:
        """See :class:`Agent`."""
        pace = self._usual[0] if config.chars_per_min is None else config.chars_per_min
        if pace != self._pace:
            self._pace, self._voice = pace, self._voice_at(pace)
            self.line.speak_with(self._voice)
        self.line.volume_db = self._usual[1] if config.volume_db is None else config.volume_db

    def _test_voice(self, command: RunSelfTest) -> None:
        """Render a sentence, then open the device; neither makes a sound."""
        said = spoken(say("voice.open").zh)
        self._renderer.submit(partial(self._voice.say, said), partial(self._test_sound, command))

    def _test_sound(self, command: RunSelfTest, voice: Clip | BaseException) -> None:
        self._player.submit(self._sound.probe, partial(self._tested, command, voice))

    def _tested(self, command: RunSelfTest, voice: Clip | BaseException, sound: BaseException | None) -> None:
        found = {"voice": _outcome(voice), "sound": _outcome(sound)}
        self.say(SelfTest, results={**self.self_test(), **found})
        broken = [code for code in found.values() if code != "ok"]
        self.finish(command.id, "failed" if broken else "done", broken[0] if broken else "ok")


def _outcome(result: object) -> str:
    """What a hand gave, as a code."""
    if isinstance(result, HallError):
        return result.code
    return "error" if isinstance(result, BaseException) else "ok"
