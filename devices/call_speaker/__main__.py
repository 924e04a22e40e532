"""``hall device speaker --settings FILE``: the speaker as a program."""

from __future__ import annotations

import sys
from pathlib import Path

from devices.agent.run import Parts
from devices.agent.run import run as run_device
from devices.call_speaker.agent import SpeakerAgent
from devices.call_speaker.announcer import Sound
from devices.call_speaker.hardware import AlsaSound, EspeakNg, EspeakNgEnglish
from devices.call_speaker.settings import SLOWER, SpeakerSettings
from devices.call_speaker.voice import Banks, Cache, Engine, HallVoice, Voice
from hall.messages.common import MemberKind
from hall.worker import ThreadWorker, Worker


def build(
    settings: SpeakerSettings,
    parts: Parts,
    *,
    sound: Sound | None = None,
    engine: Engine | None = None,
    renderer: Worker | None = None,
) -> SpeakerAgent:
    """The program with its real hands, unless others are given; `parts.worker` plays, `renderer` (a thread of its own) renders."""
    banks = Banks.at(_folder(settings.bank), _folder(settings.dialect))
    cache = Cache(settings.cache, settings.cache_mb * 1_000_000)

    def voice_at(chars_per_min: int) -> Voice:
        return HallVoice(
            banks,
            cache,
            engine or EspeakNg(chars_per_min, pitch=settings.pitch),
            slow=engine or EspeakNg(round(chars_per_min * SLOWER), pitch=settings.pitch),
            english=engine or EspeakNgEnglish(pitch=settings.pitch),
        )

    return SpeakerAgent(
        settings=settings,
        **parts.for_agent(),
        voice_at=voice_at,
        sound=sound or AlsaSound(settings.device),
        renderer=renderer or ThreadWorker(parts.scheduler, f"{settings.member}-voice"),
        player=parts.worker,
    )


def run(settings: Path) -> int:
    """The speaker from its settings file until a signal ends it; the exit code."""
    return run_device(settings, SpeakerSettings, MemberKind.SPEAKER, build)


def _folder(named: str | None) -> Path | None:
    return None if named is None else Path(named)


def main(argv: list[str]) -> int:
    """``python -m devices.call_speaker FILE``."""
    if len(argv) != 1:
        print("usage: python -m devices.call_speaker SETTINGS.yaml", file=sys.stderr)
        return 2
    return run(Path(argv[0]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
