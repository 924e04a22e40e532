"""``python -m devices.waiting KIND SETTINGS.yaml STATUS``: says at the device why it is no member yet, until a signal ends it."""

from __future__ import annotations

import logging
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from devices.waiting.faces import Blinking, LampFace, PaperFace, SignFace, VoiceFace
from devices.waiting.plight import Plight
from devices.waiting.waiting import Face, Waiting
from hall import logs
from hall.clock import Scheduler
from hall.inbox import Inbox
from hall.messages.common import MemberKind
from hall.notify import Notifier, Watchdog
from hall.settings import load
from hall.words import say
from hall.worker import ThreadWorker, Worker, working

log = logging.getLogger(__name__)

#: each kind's room, and its settings in it; only the one that is asked for is loaded
ROOMS = {
    MemberKind.DISPENSER: ("ticket_dispenser", "DispenserSettings"),
    MemberKind.SIGN: ("window_sign", "SignSettings"),
    MemberKind.PAD: ("rating_pad", "PadSettings"),
    MemberKind.SPEAKER: ("call_speaker", "SpeakerSettings"),
    MemberKind.CALL_KEY: ("call_key", "CallKeySettings"),
}


def settings_kind(kind: MemberKind) -> Any:
    """The settings' type of a kind of device."""
    room, name = ROOMS[kind]
    return getattr(import_module(f"devices.{room}.settings"), name)


def face_of(
    kind: MemberKind,
    settings: Any,
    scheduler: Scheduler,
    worker: Worker,
    *,
    pin_factory: Any = None,
    spi: Any = None,
    line: Any = None,
    speak: Any = None,
) -> Face:
    """The face of a device, on its real hands unless others are given."""
    match kind:
        case MemberKind.SIGN:
            return _sign(settings, scheduler, spi)
        case MemberKind.DISPENSER:
            return _dispenser(settings, scheduler, worker, pin_factory, spi, line)
        case MemberKind.PAD:
            from devices.rating_pad.hardware import small_display  # noqa: PLC0415 - each kind has its own drivers installed

            blinking = Blinking(settings.pins.lamps, scheduler, pin_factory=pin_factory)
            return LampFace(blinking, small_display(settings.display, spi=spi))
        case MemberKind.CALL_KEY:
            from devices.parts.digits import DigitDisplay  # noqa: PLC0415 - as above

            digits = settings.digits
            return LampFace(
                None,
                DigitDisplay(
                    port=digits.port, device=digits.device, brightness=digits.brightness, spi_driver=spi
                ),
            )
        case _:
            return _speaker(settings, scheduler, worker, speak)


def _sign(settings: Any, scheduler: Scheduler, spi: Any) -> Face:
    from devices.window_sign.frames import Show  # noqa: PLC0415 - each kind has its own drivers installed
    from devices.window_sign.hardware import led_panel  # noqa: PLC0415
    from devices.window_sign.screen import Screen  # noqa: PLC0415
    from devices.window_sign.wording import Line, Script  # noqa: PLC0415

    def screen() -> Screen:
        return Screen(led_panel(settings.panel, spi=spi), scheduler, animate=True, on_health=lambda: None)

    return SignFace(
        screen, lambda lines: Show(Script(tuple(Line(each) for each in lines)), settings.panel.width)
    )


def _dispenser(
    settings: Any, scheduler: Scheduler, worker: Worker, pin_factory: Any, spi: Any, line: Any
) -> Face:
    from devices.ticket_dispenser.blocks import Gap, Line, Rule, Size, Slip  # noqa: PLC0415 - as above
    from devices.ticket_dispenser.hardware import NumberDisplay  # noqa: PLC0415
    from devices.ticket_dispenser.printer import Printer  # noqa: PLC0415
    from devices.ticket_dispenser.printer_lines import printer_line  # noqa: PLC0415

    lamps = [key.lamp for key in settings.keys if key.lamp is not None]
    if settings.alarm_lamp is not None:
        lamps = [settings.alarm_lamp]
    printer = Printer(settings.printer, line or (lambda: printer_line(settings.printer)))

    def paper(plight: Plight) -> None:
        words = say(plight.kind.word)
        printer.print(
            Slip(
                (
                    Gap(8),
                    Line(settings.member, size=Size.HEAD, centred=True, bold=True),
                    Line(words.zh, words.en, Size.STRONG, centred=True),
                    Rule(),
                    Line(plight.sentence.zh, plight.sentence.en, Size.BODY, bold=True),
                    Rule(),
                )
            )
        )

    display = NumberDisplay(settings.display, spi) if settings.display is not None else None
    blinking = Blinking(lamps, scheduler, pin_factory=pin_factory)
    return PaperFace(blinking, display, paper, scheduler, worker, printer.close)


def _speaker(settings: Any, scheduler: Scheduler, worker: Worker, speak: Any) -> Face:
    from devices.call_speaker.hardware import AlsaSound, EspeakNg  # noqa: PLC0415 - as above

    sound, voice = AlsaSound(settings.device), EspeakNg(settings.chars_per_min, pitch=settings.pitch)

    def aloud(sentence: str) -> None:
        sound.play(voice.render(sentence), volume_db=settings.volume_db)

    return VoiceFace(speak or aloud, scheduler, worker, sound.close)


def run(kind: MemberKind, file: Path, status: Path) -> int:
    """Until a signal ends it."""
    settings = load(file, settings_kind(kind))
    logs.setup(settings.member, settings.log_level)
    inbox = Inbox(ZoneInfo(settings.timezone))
    inbox.stop_on_signals()
    worker = ThreadWorker(inbox, "waiting")
    waiting = Waiting(status, face_of(kind, settings, inbox, worker), inbox)
    watchdog = Watchdog(Notifier(os.environ), inbox, workers=working, status=lambda: "no member yet")
    try:
        waiting.open()
        watchdog.start()
        return inbox.run()
    finally:
        watchdog.stop()
        waiting.close()
        worker.close()


def main(argv: list[str]) -> int:
    """The command."""
    match argv:
        case [kind, file, status] if kind in {each.value for each in ROOMS}:
            return run(MemberKind(kind), Path(file), Path(status))
        case _:
            print("usage: python -m devices.waiting KIND SETTINGS.yaml STATUS", file=sys.stderr)
            return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
