"""``hall member …``: the register, from the hall box's command line."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from hall.errors import Fault, Refused
from hall.files import write_whole
from hall.invitation import FILE, Invitation
from hall.messages.common import MemberKind
from hall.plan import HallPlan
from hall.text import Text
from hub.trust.authority import Authority
from hub.trust.register import Entry, Register, Standing
from hub.trust.settings import TrustSettings, read

CONSOLE_PREFIX = "console-"
_NEXT = {
    Standing.EXPECTED: "put its card into the device and switch it on",
    Standing.ENROLLED: "see that the device says who it is, then: hall member confirm {name}",
    Standing.IN_SERVICE: "",
    Standing.QUARANTINED: "find the second box with this name, then: hall member replace or release {name}",
    Standing.RETIRED: "",
}


def expect(*, settings: Path, name: str, card: Path) -> int:
    """Write the invitation for a new device onto its card; what a former card of that name had is worthless."""
    return _invite(settings, name, card, replacing=False)


def replace(*, settings: Path, name: str, card: Path) -> int:
    """The same for another box under that name; the former one is out at once."""
    return _invite(settings, name, card, replacing=True)


def act(*, settings: Path, what: str, name: str) -> int:
    """confirm, retire or release."""
    with _open(settings) as (_, _, register):
        getattr(register, what)(name, now=_now(), actor=_actor())
        standing = next(entry.standing for entry in register.entries() if entry.name == name)
    print(f"{name}: {standing.value}")
    return 0


def quarantine(*, settings: Path, name: str, why: str) -> int:
    """Nothing of this name counts until somebody says which box is the right one."""
    with _open(settings) as (_, _, register):
        register.quarantine(name, now=_now(), actor=_actor(), why=why)
    print(f"{name}: quarantined")
    return 0


def take_root(*, settings: Path, to: Path) -> int:
    """Move the root's key onto a stick; signing goes on without it."""
    own, plan = read(settings)
    key = Authority(Path(own.authority), plan.id).take_away_root(to)
    print(
        f"{key}: the root's key is here now, and nowhere on this machine; keep the stick where the hall's seals are"
    )
    return 0


def show(*, settings: Path, json: bool) -> int:
    """Every name, where it stands, and what to do next."""
    with _open(settings) as (_, plan, register):
        entries = register.entries()
    if json:
        print(msgspec.json.encode(entries).decode())
        return 0
    known = {entry.name for entry in entries}
    for entry in entries:
        print(_line(entry))
    for name, member in plan.members.items():
        if name not in known:
            print(
                f"{name:<16} {member.kind.value:<10} not expected yet   -> hall member expect {name} --card DIR"
            )
    return 0


def history(*, settings: Path, name: str) -> int:
    """What was done to a name, the latest first."""
    with _open(settings) as (_, _, register):
        acts = register.acts(name)
    for each in acts:
        print(f"{each.at.astimezone():%Y-%m-%d %H:%M:%S}  {each.actor:<16} {each.what}")
    return 0


def invitation(
    own: TrustSettings, plan: HallPlan, name: str, kind: MemberKind, token: str, *, ca: str = ""
) -> bytes:
    """What goes onto the card; `ca` is the hall's authority where the writer may not look into its folder."""
    invited = Invitation(
        hall=plan.id,
        member=name,
        kind=kind,
        desks=own.desks or (f"https://{own.host}:{own.port}",),
        ca=ca or (Path(own.authority) / "root.pem").read_text(encoding="ascii"),
        stamp=_now(),
        token=token,
    )
    return msgspec.json.format(msgspec.json.encode(invited))


def _invite(settings: Path, name: str, card: Path, *, replacing: bool) -> int:
    if not card.is_dir():
        raise Fault(
            "no-card", Text(zh=f"找不到存储卡目录 {card}", en=f"{card} is no folder: mount the card first")
        )
    with _open(settings) as (own, plan, register):
        kind = _kind(plan, name)
        now, actor = _now(), _actor()
        if replacing:
            token = register.replace(name, now=now, actor=actor)
        else:
            token = register.expect(name, kind, now=now, actor=actor)
        write_whole(card / FILE, invitation(own, plan, name, kind, token))
    print(f"{card / FILE}: {name} ({kind.value}) is expected for three days")
    return 0


def _kind(plan: HallPlan, name: str) -> MemberKind:
    registered = plan.members.get(name)
    if registered is not None:
        return registered.kind
    if name.startswith(CONSOLE_PREFIX):
        return MemberKind.CONSOLE
    raise Refused(
        "unknown-member",
        Text(
            zh=f"本厅设置中没有 {name}，请先在设置里登记",
            en=f"{name} is not in the hall's settings: register it there first (members)",
        ),
    )


def _line(entry: Entry) -> str:
    until = "" if entry.until is None else f" until {entry.until:%Y-%m-%d}"
    step = _NEXT[entry.standing].format(name=entry.name)
    said = f"{entry.name:<16} {entry.kind.value:<10} {entry.standing.value}{until}"
    return f"{said}   -> {step}" if step else said


@contextmanager
def _open(settings: Path) -> Iterator[tuple[TrustSettings, HallPlan, Register]]:
    own, plan = read(settings)
    register = Register(Path(own.register))
    try:
        yield own, plan, register
    finally:
        register.close()


def _actor() -> str:
    return getpass.getuser()


def _now() -> datetime:
    return datetime.now(UTC)
