"""The sound: whether there is a card, and whether it is the one that the settings name."""

from __future__ import annotations

from collections.abc import Iterator

from devices.agent.settings import AgentSettings
from devices.call_speaker.settings import SpeakerSettings
from devices.doctor.finding import Finding, fault, fine
from devices.doctor.machine import Machine


def look(machine: Machine, own: AgentSettings | None) -> Iterator[Finding]:
    """Nothing is played."""
    if not isinstance(own, SpeakerSettings):
        return
    cards = machine.read("/proc/asound/cards")
    if not cards or "no soundcards" in cards:
        yield fault(
            "sound-missing",
            ("没有声卡", "there is no sound card"),
            (
                "请插上USB声卡；用板上声音请在 config.txt 写 dtparam=audio=on",
                "plug in a USB sound card; for the board's own put dtparam=audio=on into config.txt",
            ),
        )
        return
    names = [line.partition("[")[2].partition("]")[0].strip() for line in cards.splitlines() if "[" in line]
    wanted = own.device.partition("CARD=")[2].partition(",")[0]
    if wanted and wanted not in names:
        yield fault(
            "sound-other",
            (
                f"没有声卡 {wanted}，只有 {'、'.join(names)}",
                f"there is no card {wanted}, only {', '.join(names)}",
            ),
            ("请改配置里的 device，见 aplay -L", "change `device` in the settings; see aplay -L"),
        )
        return
    yield fine("sound", f"声卡：{'、'.join(names)}", f"sound card: {', '.join(names)}")
