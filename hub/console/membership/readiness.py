"""Whether the hall's devices are ready to open: what is ready, what is missing, and what to do about each. Pure.

Rules:

* A device is ready when it is on the bus, says nothing is the matter, and nobody has to do anything about its certificate.
* Whatever is missing stands with what to do; what keeps a device from working stands before what only has to be seen to.
* A person who waits at a device is no trouble of the device: whoever rings the green key keeps no hall from opening.
* In a hall without certificates nobody's standing is looked at.
* A hall box that is not where its devices look for it stands first, and is no device: then nobody need walk from one device to the next.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

import msgspec

from hall.messages.common import DEVICE_KINDS, MemberState
from hall.text import Text
from hall.topics import HUB
from hall.troubles import TROUBLES
from hub.console.mirror.picture import MemberSeen
from hub.trust.register import Entry, Standing

#: The report is due so long before the posted opening.
BEFORE: Final = timedelta(minutes=10)
#: A certificate that runs out so soon should have been renewed by itself long before.
ENDS_SOON: Final = timedelta(days=14)

#: what a device says for a person beside it
_OF_PEOPLE: Final = frozenset({"escort-wanted"})
_DEVICES = frozenset(kind.value for kind in DEVICE_KINDS)
_THERE = frozenset({MemberState.READY, MemberState.DEGRADED})
_AWAY: Final = {
    MemberState.LOST: Text(zh="没有应答", en="does not answer"),
    MemberState.DISCONNECTED: Text(zh="已关机", en="is switched off"),
    MemberState.UPDATING: Text(zh="正在更新", en="is being updated"),
    None: Text(zh="从未上线", en="was never there"),
}
#: what to do about one that is not there
LOOK: Final = Text(
    zh="请看电源灯，再看网线；拔插电源一次，两分钟后仍不上线请换备机",
    en="look at its power lamp, then at the network cable; pull the plug once, and take a spare box if it is not there after two minutes",
)
_WAIT: Final = Text(zh="请等它更新完，最多十分钟", en="wait for it, ten minutes at most")
_LIMPS: Final = (
    Text(zh="带故障运行", en="works with a fault"),
    Text(zh="请在设备页按自检，看结果", en="have it test itself on the devices page and see what it finds"),
)
#: a standing that needs somebody, and what to do
_STANDS: Final = {
    Standing.EXPECTED: (
        Text(zh="等待登记", en="waits for its card"),
        Text(zh="请插入写好的存储卡，再开机", en="put its card in and switch it on"),
    ),
    Standing.ENROLLED: (
        Text(zh="已登记，尚未确认", en="enrolled, and nobody has confirmed it"),
        Text(
            zh="请在设备页扫描它的标签，确认投入使用", en="scan its label on the devices page and confirm it"
        ),
    ),
    Standing.QUARANTINED: (
        Text(zh="已隔离", en="is in quarantine"),
        Text(
            zh="请找出多余的那台并断电，再解除隔离；分不清时请更换",
            en="find the box that should not be there and switch it off, then release it; when in doubt replace it",
        ),
    ),
    Standing.RETIRED: (
        Text(zh="已停用", en="is decommissioned"),
        Text(zh="请从设置中删除，或重新登记", en="remove it from the settings, or have it expected again"),
    ),
}
_ENDS: Final = Text(
    zh="请看设备与主机的时钟和网络，必要时更换",
    en="look at its clock and its way to the hub; replace it if need be",
)
_MOVED: Final = Text(
    zh="请看主机网线；请让路由器为主机保留这个地址，做不到时在主机上运行hall hub install --address，再重新制卡",
    en="look at the box's network cable; have the router keep this address for it, or else run hall hub install --address on it and write "
    "the cards anew",
)


class Need(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is missing, and what to do."""

    member: str
    kind: str
    window: int | None
    text: Text
    do: Text
    #: whether the device does not work until that was done
    stops: bool


class Readiness(msgspec.Struct, frozen=True, kw_only=True):
    """The hall's devices at one moment."""

    at: datetime
    #: the next posted opening; None: none is known
    opens: datetime | None
    ready: tuple[str, ...]
    needs: tuple[Need, ...]

    @property
    def devices(self) -> int:
        """How many the hall has."""
        return len({*self.ready, *(need.member for need in self.needs)} - {HUB})

    @property
    def all_well(self) -> bool:
        """Whether nobody has to do anything."""
        return not self.needs

    @property
    def due(self) -> bool:
        """Whether it is so shortly before the opening that somebody should read this."""
        return self.opens is not None and self.opens - BEFORE <= self.at < self.opens


def readiness(
    members: Iterable[MemberSeen],
    standing: Mapping[str, Entry],
    *,
    at: datetime,
    opens: datetime | None,
    moved: Iterable[str] = (),
) -> Readiness:
    """What is ready and what is not; `standing` is empty in a hall without certificates.

    `moved` are addresses at which devices look for the hall box, and which it does not have.
    """
    devices = [member for member in members if member.kind in _DEVICES]
    needs = [_not_there(address) for address in moved]
    needs += [need for member in devices for need in _needs(member, standing.get(member.member), at)]
    missing = {need.member for need in needs}
    return Readiness(
        at=at,
        opens=opens,
        ready=tuple(member.member for member in devices if member.member not in missing),
        needs=tuple(sorted(needs, key=lambda need: not need.stops)),
    )


def days_left(entry: Entry | None, at: datetime) -> int | None:
    """Whole days for which a certificate still counts; None where there is none."""
    if entry is None or entry.until is None:
        return None
    return max(0, (entry.until - at).days)


def shared(needs: Iterable[Need]) -> list[tuple[Need, ...]]:
    """The same thing missing of several devices, to be said once; in the order of `needs`."""
    found: dict[tuple[Text, Text, bool], list[Need]] = {}
    for need in needs:
        found.setdefault((need.text, need.do, need.stops), []).append(need)
    return [tuple(same) for same in found.values()]


def unwelcome(member: MemberSeen, entry: Entry | None) -> Need | None:
    """What somebody has to do because of how a device stands in the register."""
    stands = None if entry is None else _STANDS.get(entry.standing)
    return None if stands is None else _need(member, *stands, stops=member.state not in _THERE)


def running_out(member: MemberSeen, entry: Entry | None, at: datetime) -> Need | None:
    """That a device's certificate should have been renewed by now."""
    left = days_left(entry, at)
    if left is None or left >= ENDS_SOON.days:
        return None
    text = Text(zh=f"证书还剩{left}天", en=f"its certificate ends in {left} days")
    return _need(member, text, _ENDS, stops=False)


def _needs(member: MemberSeen, entry: Entry | None, at: datetime) -> Iterator[Need]:
    stands = unwelcome(member, entry)
    if stands is not None:
        yield stands
    elif member.state not in _THERE:
        do = _WAIT if member.state is MemberState.UPDATING else LOOK
        yield _need(member, _AWAY[member.state], do, stops=True)
    codes = member.codes or ("",) * len(member.troubles)
    for text, code in zip(member.troubles, codes, strict=True):
        if code in _OF_PEOPLE:
            continue
        trouble = TROUBLES.get(code)
        yield _need(member, text, _LIMPS[1] if trouble is None else trouble.do, stops=False)
    if member.state is MemberState.DEGRADED and not member.troubles:
        yield _need(member, *_LIMPS, stops=False)
    ends = running_out(member, entry, at)
    if stands is None and ends is not None:
        yield ends


def _not_there(address: str) -> Need:
    text = Text(
        zh=f"设备按{address}找主机，主机已不在这个地址",
        en=f"devices look for the hall box at {address}, and it is not there any more",
    )
    return Need(member=HUB, kind=HUB, window=None, text=text, do=_MOVED, stops=True)


def _need(member: MemberSeen, text: Text, do: Text, *, stops: bool) -> Need:
    return Need(member=member.member, kind=member.kind, window=member.window, text=text, do=do, stops=stops)
