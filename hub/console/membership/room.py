"""The register of members as the console reads and changes it.

Rules:

* The console changes the register's file and nothing else: keys, access list and revocations are the desk's, which looks at the register
  and does what follows (decision 22). So whoever is put out here is out within five seconds, and this program can sign nothing.
* An invitation is handed over once, as a file for the card. It is on no page and in no log.
* The file may be locked for moments: one thread of its own works with it, the pages' loop never waits for a disk.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Final, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from hall.errors import Fault, Refused
from hall.messages.common import MemberKind
from hall.plan import HallPlan
from hall.text import Text
from hub.console.door.rights import MemberAct
from hub.console.membership.label import Label, check
from hub.trust.command import invitation
from hub.trust.reached import gone, hosts
from hub.trust.register import Act, Entry, Register
from hub.trust.settings import TrustSettings, read

T = TypeVar("T")
log = logging.getLogger(__name__)

#: How often the pages look at the register, seconds.
LOOK_S: Final = 1.0
NO_REGISTER = Refused(
    "no-register",
    Text(
        zh="对不起，本厅没有启用设备证书，请在主机上用hall hub install启用",
        en="Sorry, this hall uses no certificates; switch them on at the hub with hall hub install",
    ),
)
NOT_IN_HALL = Refused(
    "unknown-member",
    Text(
        zh="对不起，本厅设置中没有这个名称，请先在设置页登记",
        en="Sorry, the hall's settings do not know this name; please register it on the settings page first",
    ),
)
UNUSABLE = Text(
    zh="登记册暂时不能使用，请稍后再试",
    en="the register cannot be used just now; please try again in a moment",
)


class Membership:
    """The register, for pages."""

    def __init__(self, settings: Path, ca: Path, plan: Callable[[], HallPlan]) -> None:
        """`settings` is the desk's file, `ca` the hall's authority as this console believes it. Raises ``BadSettings``, ``Fault``."""
        self._own: TrustSettings = read(settings)[0]
        self._plan = plan
        try:
            self._ca = ca.read_text(encoding="ascii")
            root = x509.load_pem_x509_certificate(self._ca.encode())
        except (OSError, ValueError) as error:
            raise Fault(
                "no-authority",
                Text(
                    zh=f"找不到本厅证书机构 {ca}",
                    en=f"the hall's authority is not in {ca}: install the hall box first",
                ),
            ) from error
        #: SHA-256 of the authority, hex: what labels show of it
        self.fingerprint = root.fingerprint(hashes.SHA256()).hex()
        #: every name, as it stood at the last look
        self.seen: Mapping[str, Entry] = MappingProxyType({})
        #: where devices look for this machine, and it is not there
        self.moved: tuple[str, ...] = ()
        #: grows with every change of these that was seen
        self.serial = 0
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="register")
        self._register: Register | None = None

    def close(self) -> None:
        """Let go of the file; may be called twice."""
        self._thread.shutdown()
        if self._register is not None:
            self._register.close()

    async def look(self) -> None:
        """See how everybody stands; a register that cannot be read is looked at again."""
        moved = gone(hosts(self._own.desks))
        try:
            entries = await self._do(lambda register: register.entries())
        except Fault as fault:
            log.warning("the register is not read: %s", fault.text.en)
            return
        seen = {entry.name: entry for entry in entries}
        if seen != self.seen or moved != self.moved:
            self.seen, self.moved = MappingProxyType(seen), moved
            self.serial += 1

    async def acts(self, member: str) -> list[Act]:
        """What was done to a name, the latest first. Raises ``Fault``."""
        return await self._do(lambda register: register.acts(member))

    def find(self, label: Label) -> Entry:
        """Whose label this is. Refuses ``other-hall``, ``other-authority``, ``unknown-member``."""
        check(label, hall=self._plan().id, fingerprint=self.fingerprint)
        entry = self.seen.get(label.member)
        if entry is None:
            raise NOT_IN_HALL
        return entry

    async def do(self, act: MemberAct, member: str, *, by: str, why: str = "") -> bytes | None:
        """Change the register in somebody's name; for a new box the invitation that goes onto its card.

        Refuses as :class:`hub.trust.register.Register`, and ``unknown-member``; Fault when the file cannot be used.
        """
        now = datetime.now(UTC)

        def change(register: Register) -> tuple[str, MemberKind] | None:
            match act:
                case MemberAct.EXPECT:
                    kind = self._kind(member)
                    return register.expect(member, kind, now=now, actor=by), kind
                case MemberAct.REPLACE:
                    token = register.replace(member, now=now, actor=by)
                    return token, next(each.kind for each in register.entries() if each.name == member)
                case MemberAct.CONFIRM:
                    register.confirm(member, now=now, actor=by)
                case MemberAct.QUARANTINE:
                    register.quarantine(member, now=now, actor=by, why=why or "on the console")
                case MemberAct.RELEASE:
                    register.release(member, now=now, actor=by)
                case MemberAct.RETIRE:
                    register.retire(member, now=now, actor=by)
            return None

        invited = await self._do(change)
        await self.look()
        if invited is None:
            return None
        token, kind = invited
        return invitation(self._own, self._plan(), member, kind, token, ca=self._ca)

    def _kind(self, member: str) -> MemberKind:
        registered = self._plan().members.get(member)
        if registered is None:
            raise NOT_IN_HALL
        return registered.kind

    async def _do(self, call: Callable[[Register], T]) -> T:
        def work() -> T:
            try:
                if self._register is None:
                    self._register = Register(Path(self._own.register))
                return call(self._register)
            except sqlite3.Error as error:
                raise Fault("register-unusable", UNUSABLE) from error

        return await asyncio.get_running_loop().run_in_executor(self._thread, work)
