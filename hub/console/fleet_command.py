"""``hall fleet …``: the hall's devices from the hub's machine, in tables for people and as JSON for programs.

What is shown is what the devices' page shows; what is done is asked of the hub as that page asks it, or done to the register.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from hall.cli_call import spoken
from hall.errors import Fault, Refused
from hall.files import write_whole
from hall.messages import asks
from hall.messages.common import DEVICE_KINDS, ConfigValue, DeviceOrder, MemberState
from hall.text import Text
from hub.console.look.tongue import Tongue, speaking
from hub.console.look.words import WORDS
from hub.console.look.words.entry import fill
from hub.console.membership.readiness import Readiness, days_left, readiness, shared
from hub.console.membership.room import NO_REGISTER
from hub.console.mirror import bundle_file
from hub.console.mirror.backstage import Backstage
from hub.console.mirror.care import Care
from hub.console.mirror.picture import MemberSeen, Picture, RollOutSeen
from hub.console.pages.fleet.care import WIPE_S, difference, health
from hub.console.plans import devices
from hub.console.plans.command import backstage_of, put, waited
from hub.domain.rollouts import WAIT_S
from hub.settings import HubSettings, read
from hub.trust import command as members
from hub.trust.reached import gone, hosts
from hub.trust.register import Entry, Register
from hub.trust.settings import read as read_trust

#: What devices say is on the bus at once; so long it is waited for those that are silent, and for a first beat.
HEARD_S, BEAT_S = 1.5, 7.0
_THERE = frozenset({MemberState.READY, MemberState.DEGRADED, MemberState.UPDATING})
NO_DEVICE = Text(zh="本厅没有登记这台设备", en="this hall has no such device")


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A device as these commands know it; what nobody knows is left out."""

    member: str
    kind: str
    window: int | None
    state: str
    standing: str | None
    certificate_days: int | None
    model: str
    version: str
    alerts: tuple[str, ...]
    troubles: tuple[Text, ...]
    last_seen: datetime | None
    health: dict[str, Any] | None
    config: dict[str, ConfigValue]


def show_all(*, settings: Path, member: str, json: bool) -> int:
    """Every device, those that need somebody first."""
    with _looking(settings, member) as (own, backstage):
        picture = _picture(backstage)
        standing = _standing(own)
        found = [_seen(one, standing, picture.at) for one in _devices(picture)]
        zone = ZoneInfo(backstage.plan.timezone)
    if json:
        print(msgspec.json.encode(found).decode())
        return 0
    head = ("device", "kind", "window", "state", "standing", "cert days", "version", "alerts", "last seen")
    rows = [
        (
            one.member,
            one.kind,
            str(one.window or "-"),
            one.state,
            one.standing or "-",
            "-" if one.certificate_days is None else str(one.certificate_days),
            one.version or "-",
            ",".join(one.alerts) or "-",
            "-" if one.last_seen is None else f"{one.last_seen.astimezone(zone):%m-%d %H:%M:%S}",
        )
        for one in sorted(found, key=lambda one: (one.state == "ready", not one.alerts, one.member))
    ]
    print("\n".join(table([head, *rows])))
    return 0


def show(*, settings: Path, device: str, member: str, json: bool) -> int:
    """One device, with all that is known of it."""
    with _looking(settings, member) as (own, backstage):
        _one(_picture(backstage), device)
        waited(lambda: _care(backstage, device).health is not None, BEAT_S)
        picture = _picture(backstage)
        seen = msgspec.structs.replace(_one(picture, device), care=_care(backstage, device))
        found = _seen(seen, _standing(own), picture.at)
        acts = _acts(own, device)
    if json:
        print(msgspec.json.encode({**msgspec.to_builtins(found), "acts": acts}).decode())
        return 0
    said = {
        "device": found.member,
        "kind": found.kind,
        "window": found.window,
        "state": found.state,
        "standing": found.standing,
        "certificate days": found.certificate_days,
        "model": found.model,
        "version": found.version,
        "last seen": found.last_seen,
        "health": _health(seen),
        "settings": ", ".join(f"{name}={value}" for name, value in found.config.items()),
    }
    print("\n".join(table([(name, str(value)) for name, value in said.items() if value not in {None, ""}])))
    for text in found.troubles:
        print(f"! {spoken(text)}")
    for line in acts[:10]:
        print(line)
    return 0


def logs(*, settings: Path, device: str, lines: int, member: str) -> int:
    """The end of a device's log, fetched now."""
    with _looking(settings, member) as (own, backstage):
        file = devices.fetched(backstage, device, member)
        bundle = bundle_file.read(own.bundles, file)
    print("\n".join(bundle_file.log_of(bundle, lines)))
    return 0


def bundle(*, settings: Path, device: str, out: Path | None, member: str) -> int:
    """A device's support bundle, fetched now; `out` is a folder to copy it to."""
    with _looking(settings, member) as (own, backstage):
        file = devices.fetched(backstage, device, member)
        data = bundle_file.read(own.bundles, file)
    bundle_file.log_of(data, 1)  # whole, or said so now
    place = (own.bundles if out is None else out) / Path(file).name
    if out is not None:
        write_whole(place, data)
    print(place)
    return 0


def compare(*, settings: Path, device: str, values: Sequence[str], member: str) -> int:
    """What a change of settings would change, and nothing else."""
    wanted = dict(map(devices.pair, values))
    with _looking(settings, member) as (_, backstage):
        print(difference(dict(_one(_picture(backstage), device).config), wanted))
    return 0


def roll_out(
    *, settings: Path, kind: str, values: Sequence[str], first: str, prove: int, member: str, dry: bool
) -> int:
    """Settings for all devices of a kind, `first` before the others; follows it to its end: 0 when everybody has them."""
    wanted = dict(map(devices.pair, values))
    if not wanted:
        raise Refused("no-pair", devices.NO_PAIR)
    with _looking(settings, member) as (_, backstage):
        of_kind = [one for one in _devices(_picture(backstage)) if one.kind == kind]
        names = [one.member for one in of_kind]
        if not names or (first and first not in names):
            raise Refused("unknown-device", NO_DEVICE)
        order = sorted(names, key=lambda name: (name != (first or names[0]), names.index(name)))
        before = {one.member: dict(one.config) for one in of_kind}
        for name in order:
            print(f"{name}: {difference(before[name], wanted)}")
        if dry:
            return 0
        ask = asks.RollOut(
            id=backstage.new_id(), actor=member, members=tuple(order), values=wanted, prove_s=prove
        )
        last = _picture(backstage).rollout
        put(backstage, ask)
        return _followed(backstage, prove, after=0 if last is None else last.n)


def stop_roll_out(*, settings: Path, member: str) -> int:
    """Stop the roll-out that stands: everybody has what was before."""
    with _looking(settings, member) as (_, backstage):
        seen = _picture(backstage).rollout
        number = 0 if seen is None else seen.n
        put(backstage, asks.StopRollOut(id=backstage.new_id(), actor=member, rollout=number))
    print("stopped")
    return 0


def replace(*, settings: Path, device: str, card: Path) -> int:
    """Another box takes the name over: a new card, the old certificate counts no more, its session is cut."""
    return members.replace(settings=_trust(read(settings)[0]), name=device, card=card)


def quarantine(*, settings: Path, device: str, why: str) -> int:
    """Nothing of this name counts until it is released or replaced."""
    return members.quarantine(settings=_trust(read(settings)[0]), name=device, why=why)


def act(*, settings: Path, device: str, what: str) -> int:
    """Release or confirm."""
    return members.act(settings=_trust(read(settings)[0]), what=what, name=device)


def retire(*, settings: Path, device: str, member: str) -> int:
    """A device that is there forgets who it is; in any case it is out."""
    own, _ = read(settings)
    trust = _trust(own)
    try:
        devices.tell(settings, device, DeviceOrder.WIPE, "info", 1, member, within_s=WIPE_S)
    except Refused as no:
        print(f"{device}: {no.text.en}")
    return members.act(settings=trust, what="retire", name=device)


def morning(*, settings: Path, member: str, json: bool) -> int:
    """Whether the hall can open; 0 when nothing is missing, else 1."""
    with _looking(settings, member) as (own, backstage):
        picture = _picture(backstage)
        found = readiness(
            picture.members, _standing(own), at=picture.at, opens=picture.hours.opens, moved=_moved(own)
        )
        zone = ZoneInfo(backstage.plan.timezone)
    print(msgspec.json.encode(found).decode() if json else "\n".join(_report(found, zone)))
    return 0 if found.all_well else 1


# ----------------------------------------------------------------


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows in columns; a Chinese character takes two places."""
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    ]


def _width(cell: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in cell)


def _report(found: Readiness, zone: ZoneInfo) -> Iterator[str]:
    if found.opens is not None:
        at = f"{found.opens.astimezone(zone):%Y-%m-%d %H:%M}"
        yield fill(spoken(WORDS["fleet.morning.opens"]), at=at)
    yield fill(spoken(WORDS["fleet.morning.ready"]), total=found.devices, ready=len(found.ready))
    for needs in shared(found.needs):
        who = ", ".join(
            need.member if need.window is None else f"{need.member} ({need.window})" for need in needs
        )
        yield f"{'!' if needs[0].stops else '-'} {who}: {spoken(needs[0].text)}"
        yield f"    -> {spoken(needs[0].do)}"


@contextmanager
def _looking(settings: Path, member: str) -> Iterator[tuple[HubSettings, Backstage]]:
    """The hall, once those who are there have said so."""
    own, plan = read(settings)
    with backstage_of(own, plan, member) as backstage:
        waited(lambda: all(one.state is not None for one in _devices(_picture(backstage))), HEARD_S)
        yield own, backstage


def _care(backstage: Backstage, device: str) -> Care:
    """Of the last beat; pictures tell of beats now and then only."""
    return backstage.look(lambda replica: replica.nurse.of(device)).result(HEARD_S)


def _health(seen: MemberSeen) -> str:
    """The machine in a few words of the terminal's language."""
    with speaking(Tongue(spoken(Text(zh="zh", en="en")))):
        return "; ".join(health(seen.care))


def _picture(backstage: Backstage) -> Picture:
    assert backstage.picture is not None  # whoever opened it waited for the hub
    return backstage.picture


def _devices(picture: Picture) -> list[MemberSeen]:
    kinds = {kind.value for kind in DEVICE_KINDS}
    return [one for one in picture.members if one.kind in kinds]


def _one(picture: Picture, device: str) -> MemberSeen:
    found = next((one for one in _devices(picture) if one.member == device), None)
    if found is None:
        raise Refused("unknown-device", NO_DEVICE)
    return found


def _seen(one: MemberSeen, standing: dict[str, Entry], at: datetime) -> Seen:
    entry = standing.get(one.member)
    return Seen(
        member=one.member,
        kind=one.kind,
        window=one.window,
        state="unknown" if one.state is None else one.state.value,
        standing=None if entry is None else entry.standing.value,
        certificate_days=days_left(entry, at),
        model="" if one.model == "unknown" else one.model,
        version=one.version,
        alerts=one.codes,
        troubles=one.troubles,
        last_seen=at if one.state in _THERE else one.heard,
        health=None if one.care.health is None else msgspec.to_builtins(one.care.health),
        config=dict(one.config),
    )


def _trust(own: HubSettings) -> Path:
    if not own.enrolment:
        raise NO_REGISTER
    return Path(own.enrolment)


@contextmanager
def _register(own: HubSettings) -> Iterator[Register | None]:
    if not own.enrolment:
        yield None
        return
    register = Register(Path(read_trust(Path(own.enrolment))[0].register))
    try:
        yield register
    finally:
        register.close()


def _standing(own: HubSettings) -> dict[str, Entry]:
    with _register(own) as register:
        return {} if register is None else {entry.name: entry for entry in register.entries()}


def _moved(own: HubSettings) -> tuple[str, ...]:
    return gone(hosts(read_trust(Path(own.enrolment))[0].desks)) if own.enrolment else ()


def _acts(own: HubSettings, device: str) -> list[str]:
    with _register(own) as register:
        acts: Iterable[Any] = () if register is None else register.acts(device)
        return [f"{each.at.astimezone():%Y-%m-%d %H:%M:%S}  {each.actor}  {each.what}" for each in acts]


def _followed(backstage: Backstage, prove: int, *, after: int) -> int:
    """Say each step of the roll-out that began after number `after` until it is over."""
    told: list[RollOutSeen] = []

    def over() -> bool:
        seen = _picture(backstage).rollout
        if seen is not None and seen.n > after and seen not in told[-1:]:
            told.append(seen)
            print(_step(seen), flush=True)
        return bool(told) and told[-1].outcome is not None

    # the first one answers and proves itself, then the others; and the hub may be a little late
    if not waited(over, 2 * (WAIT_S + prove) + devices.ANSWER_S):
        raise Fault("silent", devices.SILENT)
    return 0 if told[-1].outcome == "done" else 1


def _step(seen: RollOutSeen) -> str:
    if seen.outcome is None:
        return ", ".join(f"{name} {said}" for name, said in seen.members)
    why = f": {seen.member} {seen.code}" if seen.member else ""
    missing = f"; away: {', '.join(seen.missing)}" if seen.missing else ""
    return f"{seen.outcome}{why}{missing}"
