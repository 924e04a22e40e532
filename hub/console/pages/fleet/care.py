"""One device in somebody's hands.

It says who it is, tests itself, restarts, logs more, hands out its log and bundle; its settings change once it was shown what changes; and
so does how it stands in the register.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

import msgspec
from nicegui import ui

from hall.clock import Seconds
from hall.errors import BadSettings, Fault
from hall.messages import asks
from hall.messages.common import ConfigValue, DeviceOrder, MemberState
from hall.settings import parse
from hub.console.door import rights
from hub.console.door.rights import MemberAct
from hub.console.look.frame import Actor, complain
from hub.console.look.words import label
from hub.console.mirror import bundle_file
from hub.console.mirror.care import Care
from hub.console.mirror.picture import MemberSeen
from hub.console.pages.dialog import Dialog
from hub.console.pages.fleet.standing import StandingDialog
from hub.trust.register import Entry, Standing

T = TypeVar("T")

#: what is had done by a press; to forget everything is no press but the end of a device's service
ORDERS: Final = tuple(order for order in DeviceOrder if order is not DeviceOrder.WIPE)
#: A device has so long to say that it will forget everything, before it is put out anyway.
WIPE_S: Final[Seconds] = 5.0
#: A bundle has so long to come.
BUNDLE_S: Final[Seconds] = 20.0
LOG_LINES: Final = 200
_LOOK_S: Final[Seconds] = 0.1
_THERE = frozenset({MemberState.READY, MemberState.DEGRADED})
#: what can be done to a name that stands so
_ACTS: Final[dict[Standing | None, tuple[MemberAct, ...]]] = {
    None: (MemberAct.EXPECT,),
    Standing.EXPECTED: (MemberAct.EXPECT, MemberAct.RETIRE),
    Standing.ENROLLED: (MemberAct.REPLACE, MemberAct.QUARANTINE, MemberAct.RETIRE),
    Standing.IN_SERVICE: (MemberAct.REPLACE, MemberAct.QUARANTINE, MemberAct.RETIRE),
    Standing.QUARANTINED: (MemberAct.RELEASE, MemberAct.REPLACE, MemberAct.RETIRE),
    Standing.RETIRED: (MemberAct.EXPECT,),
}


class Rights(msgspec.Struct, frozen=True, kw_only=True):
    """What this page offers to somebody."""

    #: have devices do something, and change their settings
    care: bool
    #: confirm who was seen to be what it says
    confirm: bool


def rights_of(actor: Actor) -> Rights:
    """Of whoever has the page open."""
    roles = actor.session.person.roles
    return Rights(
        care=rights.may(roles, "order_device") and rights.may(roles, "configure"),
        confirm=actor.membership is not None and rights.may_with_members(roles, MemberAct.CONFIRM),
    )


class CareDialog(Dialog):
    """For one device at a time."""

    def __init__(self, actor: Actor) -> None:
        """One for the whole page."""
        super().__init__("fleet.care")
        self._actor, self._member = actor, ""
        #: the change that was shown; only that one is sent
        self._shown: str | None = None
        self._standing = StandingDialog(self._act)
        self._may = rights_of(actor).care
        with self.card:
            self._how = ui.label().classes("soft").props('data-test="care-how"')
            if self._may:
                self._draw_orders()
                self._draw_config()
            with ui.element("div").classes("line") as self._acts:
                pass
            self._log = ui.element("pre").classes("log").props('tabindex=0 data-test="log"')
            self._log.props(f'aria-label="{label("fleet.log")}"')
        self.foot("fleet.config.compare")
        self._confirm.set_visibility(self._may)

    def _draw_orders(self) -> None:
        with ui.element("div").classes("line"):
            for order in ORDERS:
                button = ui.button(label(f"fleet.order.{order.value}"), on_click=partial(self._order, order))
                button.props(f'no-caps flat dense data-test="order-{order.value}"')
            log = ui.button(label("fleet.log"), on_click=self._show_log)
            log.props('no-caps flat dense data-test="show-log"')
            take = ui.button(label("fleet.bundle-take"), on_click=self._take_bundle)
            take.props('no-caps flat dense data-test="take-bundle"')

    def _draw_config(self) -> None:
        ui.label(label("fleet.config")).classes("title")
        self._now = ui.label().props('data-test="config-now"')
        self._name = ui.input(label("fleet.config.name")).props('outlined dense data-test="config-name"')
        self._value = ui.input(label("fleet.config.value")).props('outlined dense data-test="config-value"')
        for field in (self._name, self._value):
            field.classes("wide").on_value_change(self._forget)
        self._difference = (
            ui.label().classes("difference").props('role="status" translate=no data-test="config-difference"')
        )
        self.entered(self._value)

    def care_for(self, member: MemberSeen, entry: Entry | None) -> None:
        """Open it for this one."""
        self._member = member.member
        self.title.set_text(label("fleet.care-of", device=member.member))
        state = "unknown" if member.state is None else member.state.value
        how = [label(f"member.{state}")]
        if entry is not None:
            how.append(label(f"standing.{entry.standing.value}"))
            how += [part for part in (entry.machine.model, entry.machine.serial) if part]
        self._how.set_text(" · ".join(how))
        if self._may:
            self._show_config(member)
            self._name.set_value("")
            self._value.set_value("")
            self._forget()
        self._draw_acts(entry)
        self._log.clear()
        self._log.set_visibility(False)
        self.open()

    def follow(self, members: Iterable[MemberSeen]) -> None:
        """While it is open: what its device is set to by now; an answer may come after whoever asked looks again."""
        for member in members:
            if self._may and member.member == self._member:
                self._show_config(member)

    def _show_config(self, member: MemberSeen) -> None:
        now = " · ".join(f"{name}={value}" for name, value in member.config)
        self._now.set_text(now or label("fleet.config.none"))

    def _draw_acts(self, entry: Entry | None) -> None:
        self._acts.clear()
        if self._actor.membership is None:
            return
        roles = self._actor.session.person.roles
        with self._acts:
            for act in _ACTS[None if entry is None else entry.standing]:
                if rights.may_with_members(roles, act):
                    button = ui.button(
                        label(f"fleet.act.{act.value}"),
                        on_click=partial(self._standing.ask, act, self._member),
                    )
                    button.props(f'no-caps outline dense data-test="act-{act.value}"')

    # ---------------------------------------------------------------- settings

    def _forget(self) -> None:
        """What was shown is not what would be sent any more."""
        self._shown = None
        self._difference.set_text("")
        self._difference.set_visibility(False)
        self.word("fleet.config.compare")

    async def confirm(self) -> None:
        """Show what would change; once that was shown, send it."""
        if not self._may:
            self.close()
            return
        name = str(self._name.value or "").strip()
        if not name:
            self.owe("fleet.config.name-owed")
            return
        try:
            value = value_of(str(self._value.value or ""))
        except ValueError:
            self.owe("fleet.config.value-odd")
            return
        self.owe(None)
        shown = self._compare(name, value)
        if shown != self._shown:
            self._shown = shown
            self._difference.set_text(shown)
            self._difference.set_visibility(True)
            self.word("fleet.config.set")
            return
        ask = asks.Configure(
            id=self._actor.backstage.new_id(), actor=self._login, member=self._member, values={name: value}
        )
        await self._do(ask, f"{name}={value}" if value is not None else name)

    def _compare(self, name: str, value: ConfigValue | None) -> str:
        member = self._seen()
        before = dict(member.config) if member is not None else {}
        return difference(before, {name: value})

    # ---------------------------------------------------------------- orders

    async def _order(self, order: DeviceOrder) -> None:
        await self._do(self._ordered(order), label(f"fleet.order.{order.value}"))

    def _ordered(self, order: DeviceOrder) -> asks.OrderDevice:
        return asks.OrderDevice(
            id=self._actor.backstage.new_id(), actor=self._login, member=self._member, order=order
        )

    async def _show_log(self) -> None:
        bundle = await self._bundle()
        if bundle is None:
            return
        try:
            lines = bundle_file.log_of(bundle, LOG_LINES)
        except Fault as fault:
            complain(fault.text)
            return
        self._log.clear()
        with self._log:
            ui.label("\n".join(lines) or "-").props("translate=no")
        self._log.set_visibility(True)

    async def _take_bundle(self) -> None:
        bundle = await self._bundle()
        if bundle is not None:
            ui.download(bundle, f"{self._member}.json.gz")

    async def _bundle(self) -> bytes | None:
        """The device's bundle as it is now; what goes wrong is shown."""
        before = self._care().bundle
        if await self._actor.do(self._ordered(DeviceOrder.BUNDLE)) is None:
            return None
        came = await self._other(lambda care: care.bundle, before, BUNDLE_S)
        if came is None:
            ui.notify(label("fleet.silent"), type="negative", position="top")
            return None
        folder = bundle_file.beside(self._actor.backstage.store)
        try:
            return await asyncio.to_thread(bundle_file.read, folder, came.file)
        except Fault as fault:
            complain(fault.text)
            return None

    async def _do(self, ask: asks.AnyAsk, what: str) -> None:
        if await self._actor.do(ask) is not None:
            ui.notify(label("fleet.told", what=what), type="positive", position="top")
            self.close()

    # ---------------------------------------------------------------- how it stands

    async def _act(self, act: MemberAct, member: str, why: str) -> bool:
        if act is MemberAct.RETIRE:
            await self._wiped()
        done, card = await self._actor.do_with_member(act, member, why)
        if card is not None:
            ui.download(card, "enrol.json")
            ui.notify(
                label("fleet.card-made"), type="positive", position="top", multi_line=True, timeout=15_000
            )
        elif done:
            ui.notify(label("live.done"), type="positive", position="top")
        if done:
            self.close()
        return done

    async def _wiped(self) -> None:
        """A device that is there forgets everything; one that is not is put out all the same."""
        seen = self._seen()
        if seen is None or seen.state not in _THERE:
            return
        before = self._care().answered
        if await self._actor.do(self._ordered(DeviceOrder.WIPE)) is not None:
            await self._other(lambda care: care.answered, before, WIPE_S)

    def _seen(self) -> MemberSeen | None:
        picture = self._actor.backstage.picture
        members = () if picture is None else picture.members
        return next((one for one in members if one.member == self._member), None)

    async def _other(self, of: Callable[[Care], T | None], before: T | None, within_s: Seconds) -> T | None:
        """Another one than `before`, once this device is known to have it; None when it does not come in time."""
        for _ in range(int(within_s / _LOOK_S)):
            now = of(self._care())
            if now is not None and now != before:
                return now
            await asyncio.sleep(_LOOK_S)
        return None

    def _care(self) -> Care:
        seen = self._seen()
        return Care() if seen is None else seen.care

    @property
    def _login(self) -> str:
        return self._actor.session.person.login


def difference(before: dict[str, ConfigValue], change: dict[str, ConfigValue | None]) -> str:
    """What would change, a setting a line: ``brightness: 8 → 9``; ``-`` is as in the device's own file."""
    lines = []
    for name, value in change.items():
        old = before.get(name)
        lines.append(f"{name}: {_written(old)} → {_written(value)}" + ("  =" if old == value else ""))
    return "\n".join(lines)


def _written(value: ConfigValue | None) -> str:
    return "-" if value is None else msgspec.json.encode(value).decode()


def value_of(written: str) -> ConfigValue | None:
    """What somebody wrote, by the rules of settings files; ValueError when it is no single value."""
    try:
        value = parse(written)
    except BadSettings as error:
        raise ValueError(written) from error
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise ValueError(written)


def health(care: Care) -> Iterator[str]:
    """The machine in a few words, nothing where nothing is known."""
    now = care.health
    if now is None:
        return
    for word, n in (("fleet.heat", now.celsius), ("fleet.memory", now.memory), ("fleet.disk", now.disk)):
        if n is not None:
            yield label(word, n=n)
    if not now.clock_ok:
        yield label("fleet.clock-wrong")
    if now.weak or now.was_weak:
        yield label("fleet.weak" if now.weak else "fleet.was-weak")
    if now.slow:
        yield label("fleet.slow")
    if now.outbox:
        yield label("fleet.outbox", n=now.outbox)


def report(care: Care, zone: ZoneInfo) -> Iterator[str]:
    """What it was told last, how that ended, what its test found, and where its bundle lies."""
    if care.ordered is not None:
        what = label(f"fleet.order.{care.ordered.order.value}")
        if care.answered is None:
            yield label("fleet.asked", what=what, at=f"{care.ordered.at.astimezone(zone):%H:%M}")
        else:
            word = "fleet.phase.done" if care.answered.phase == "done" else "fleet.phase.not"
            at = f"{care.answered.at.astimezone(zone):%H:%M}"
            yield label(word, what=what, at=at, code=care.answered.code)
    if care.tested is not None:
        at = f"{care.tested.at.astimezone(zone):%H:%M}"
        yield label("fleet.tested", at=at) + " " + " · ".join(findings(care.tested.results))
    if care.bundle is not None:
        yield label("fleet.bundle", file=care.bundle.file)


def findings(results: dict[str, object]) -> Iterator[str]:
    """A test's findings one by one, in a few characters each."""
    for part, found in sorted(results.items()):
        said = "/".join(map(str, found)) if isinstance(found, list | tuple) else str(found)
        yield f"{part}: {said or '-'}"[:60]
