"""``hall device speaker --settings FILE``: the speaker as a program. ``python -m devices.call_speaker --build-bank``: its bank."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from devices.agent.run import Parts
from devices.agent.run import run as run_device
from devices.call_speaker.agent import SpeakerAgent
from devices.call_speaker.announcer import Sound
from devices.call_speaker.hardware import AlsaSound, EspeakNg
from devices.call_speaker.phrases import spoken
from devices.call_speaker.settings import SpeakerSettings
from devices.call_speaker.voice import Bank, Cache, Engine, HallVoice, Voice, build_bank
from hall.errors import HallError
from hall.messages.common import MemberKind
from hall.settings import load
from hall.words import phrases, say
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
    bank = Bank(Path(settings.bank) if settings.bank else None)
    cache = Cache(settings.cache, settings.cache_mb * 1_000_000)

    def voice_at(chars_per_min: int) -> Voice:
        return HallVoice(bank, cache, engine or EspeakNg(chars_per_min, pitch=settings.pitch))

    return SpeakerAgent(
        hall=settings.hall,
        member=settings.member,
        **parts.for_agent(),
        voice_at=voice_at,
        sound=sound or AlsaSound(settings.device),
        renderer=renderer or ThreadWorker(parts.scheduler, f"{settings.member}-voice"),
        player=parts.worker,
        chars_per_min=settings.chars_per_min,
        volume_db=settings.volume_db,
        one=settings.one,
    )


def run(settings: Path) -> int:
    """The speaker from its settings file until a signal ends it; the exit code."""
    return run_device(settings, SpeakerSettings, MemberKind.SPEAKER, build)


def bank_sentences(windows: int, one: str = "幺") -> Iterator[str]:
    """What a bank is worth having of: the sentences without a number, and those that name one of the `windows`."""
    for key, phrase in phrases().items():
        if phrase.surface != "voice":
            continue
        if "{" not in phrase.zh:
            yield spoken(phrase.zh, one=one)
        elif set(_fields(phrase.zh)) == {"window"}:
            for window in range(1, windows + 1):
                yield spoken(say(key, window=window).zh, one=one)


def _fields(sentence: str) -> list[str]:
    return [part.partition("}")[0] for part in sentence.split("{")[1:]]


def main(argv: list[str] | None = None) -> int:
    """The program's own command line; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m devices.call_speaker", description=__doc__)
    parser.add_argument("--settings", type=Path, required=True, metavar="FILE", help="the YAML settings file")
    parser.add_argument(
        "--build-bank", action="store_true", help="render the fixed sentences into the settings' `bank`"
    )
    parser.add_argument(
        "--windows", type=int, default=12, metavar="N", help="sentences for windows 1 to N (12)"
    )
    given = parser.parse_args(argv)
    try:
        if not given.build_bank:
            return run(given.settings)
        settings = load(given.settings, SpeakerSettings)
        if settings.bank is None:
            parser.error("the settings name no `bank` folder")
        engine = EspeakNg(settings.chars_per_min, pitch=settings.pitch)
        made = build_bank(Path(settings.bank), bank_sentences(given.windows, settings.one), engine)
    except (HallError, OSError) as error:
        print(f"call_speaker: {error}", file=sys.stderr)
        return 1
    print(f"{settings.bank}: {made} sentences made")
    return 0


if __name__ == "__main__":
    sys.exit(main())
