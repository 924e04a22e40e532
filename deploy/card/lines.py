"""The two files that every Raspberry Pi reads before anything else: ``cmdline.txt``, one line, and ``config.txt``."""

from __future__ import annotations

from collections.abc import Iterable

from deploy.card.plan import CardPlan
from hall.errors import Refused
from hall.text import Text

CMDLINE = "cmdline.txt"
#: Raspberry Pi's kernels count nobody's memory unless they are told to: without it the units' `MemoryMax` holds nobody
MEMORY = "cgroup_enable=memory"
CONFIG = "config.txt"
_BEGINS, _ENDS = "# hallfleet begins", "# hallfleet ends"


def words(cmdline: bytes) -> list[str]:
    """The kernel's arguments; ``Refused`` when the file is not one line: the firmware would read the first alone."""
    text = cmdline.decode("utf-8", errors="replace").strip("\r\n \t\0")
    if not text or "\n" in text or "\r" in text:
        raise Refused(
            "bad-cmdline",
            Text(
                zh=f"存储卡的 {CMDLINE} 应恰好为一行，请重新写入系统镜像",
                en=f"the card's {CMDLINE} is not exactly one line: write its image again",
            ),
        )
    return text.split()


def kept(cmdline: bytes, plan: CardPlan, *starts: str) -> list[str]:
    """The arguments as this role wants them, without those that begin with `starts`."""
    country = "cfg80211.ieee80211_regdom="
    replaced = {each.partition("=")[0] + "=" for each in plan.arguments} | {country, *starts}
    if plan.serial:
        replaced.add("console=serial")
    added = [*plan.arguments, *([] if plan.wifi is None else [country + plan.wifi.country])]
    there = [each for each in words(cmdline) if not each.startswith(tuple(replaced)) and each != MEMORY]
    return [*there, MEMORY, *added]


def one_line(arguments: Iterable[str]) -> bytes:
    """The file again."""
    return (" ".join(arguments) + "\n").encode()


def config(old: bytes, lines: Iterable[str]) -> bytes:
    """``config.txt`` with our own lines at its end, in place of those of a former writing."""
    kept, ours = [], False
    for line in old.decode("utf-8", errors="surrogateescape").splitlines():
        if line == _BEGINS:
            ours = True
        if not ours:
            kept.append(line)
        if line == _ENDS:
            ours = False
    while kept and not kept[-1].strip():
        kept.pop()
    wanted = tuple(lines)
    if wanted:
        kept += ["", _BEGINS, "[all]", *wanted, _ENDS]
    return ("\n".join(kept) + "\n").encode("utf-8", errors="surrogateescape")
