"""Where a card's invitation comes from: the hall box's register, asked at the last moment, or a file that was made there earlier."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from hall.errors import BadSettings, Refused
from hall.invitation import Invitation
from hall.plan import HallPlan
from hall.settings import load
from hall.text import Text
from hub.trust.command import invitation
from hub.trust.register import Register
from hub.trust.settings import read

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """The hall, what is known of the device before it has a token, and how it gets one."""

    plan: HallPlan
    #: without a token
    invitation: Invitation
    #: where the bus is
    broker: tuple[str, int] | None
    #: the invitation with its token; whatever card of this name was made before is worthless from then on
    token: Callable[[], Invitation]


def from_register(settings: Path, member: str, *, replace: bool) -> Source:
    """The hall box's own register, by the enrolment desk's settings file; `replace` puts the former box of that name out."""
    own, plan = read(settings)
    found = plan.members.get(member)
    if found is None:
        raise _unknown(member)
    without = _decoded(invitation(own, plan, member, found.kind, ""), str(settings))

    def asked() -> Invitation:
        register = Register(Path(own.register))
        try:
            now, actor = datetime.now(UTC), getpass.getuser()
            if replace:
                token = register.replace(member, now=now, actor=actor)
            else:
                token = register.expect(member, found.kind, now=now, actor=actor)
        finally:
            register.close()
        return _decoded(invitation(own, plan, member, found.kind, token), str(settings))

    host = _reachable(without)
    return Source(plan=plan, invitation=without, broker=(host, own.broker_port), token=asked)


def from_file(file: Path, hall: Path, member: str) -> Source:
    """An invitation that ``hall member expect`` wrote, and the hall's settings, away from the hall box."""
    try:
        found = _decoded(file.read_bytes(), str(file))
    except OSError as error:
        raise BadSettings(str(file), "(file)", f"a file that can be read: {error.strerror}") from error
    if found.member != member:
        raise Refused(
            "other-member",
            Text(
                zh=f"{file} 是 {found.member} 的邀请，不是 {member} 的",
                en=f"{file} invites {found.member} and not {member}",
            ),
        )
    if not found.token:
        raise Refused(
            "used-invitation",
            Text(
                zh=f"{file} 的邀请已经用过，请在大厅主机上重新生成",
                en=f"the invitation {file} was used already: make a new one on the hall box",
            ),
        )
    plan = load(hall, HallPlan)
    if member not in plan.members:
        raise _unknown(member)
    _reachable(found)
    without = msgspec.structs.replace(found, token="")
    return Source(plan=plan, invitation=without, broker=None, token=lambda: found)


def _decoded(data: bytes, file: str) -> Invitation:
    try:
        return msgspec.json.decode(data, type=Invitation)
    except msgspec.MsgspecError as error:
        raise BadSettings(file, "(file)", f"an invitation ({type(error).__name__})") from error


def _reachable(found: Invitation) -> str:
    host = urlsplit(found.desks[0]).hostname or ""
    if host in _LOOPBACK or not host:
        raise Refused(
            "desk-on-loopback",
            Text(
                zh=f"登记台地址 {found.desks[0]} 只在本机有效，请在登记台设置中写明 desks",
                en=f"devices cannot reach the desk at {found.desks[0]}: write its address in the hall as `desks` into the desk's settings",
            ),
        )
    return host


def _unknown(member: str) -> Refused:
    return Refused(
        "unknown-member",
        Text(
            zh=f"本厅设置中没有 {member}，请先在设置里登记",
            en=f"{member} is not in the hall's settings: register it there first (members)",
        ),
    )
