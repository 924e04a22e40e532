"""One device in a technician's hands: have it say who it is, test itself, restart, log more, hand out its bundle; change its settings."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from zoneinfo import ZoneInfo

from nicegui import ui

from hall.errors import BadSettings
from hall.messages import asks
from hall.messages.common import ConfigValue, DeviceOrder
from hall.settings import parse
from hub.console.look.frame import Actor
from hub.console.look.words import label
from hub.console.mirror.care import Care
from hub.console.mirror.picture import MemberSeen
from hub.console.pages.dialog import Dialog


class CareDialog(Dialog):
    """For one device at a time."""

    def __init__(self, actor: Actor) -> None:
        """One for the whole page."""
        super().__init__("fleet.care")
        self._actor, self._member = actor, ""
        with self.card:
            with ui.element("div").classes("line"):
                for order in DeviceOrder:
                    button = ui.button(
                        label(f"fleet.order.{order.value}"), on_click=partial(self._order, order)
                    )
                    button.props(f'no-caps flat dense data-test="order-{order.value}"')
            ui.label(label("fleet.config")).classes("title")
            self._now = ui.label().props('data-test="config-now"')
            self._name = ui.input(label("fleet.config.name")).props('outlined dense data-test="config-name"')
            self._value = ui.input(label("fleet.config.value")).props(
                'outlined dense data-test="config-value"'
            )
            for field in (self._name, self._value):
                field.classes("wide")
        self.entered(self._value)
        self.foot("fleet.config.set")

    def care_for(self, member: MemberSeen) -> None:
        """Open it for this one."""
        self._member = member.member
        self.title.set_text(label("fleet.care-of", device=member.member))
        now = "，".join(f"{name}={value}" for name, value in member.config)
        self._now.set_text(now or label("fleet.config.none"))
        self._name.set_value("")
        self._value.set_value("")
        self.open()

    async def confirm(self) -> None:
        """Send a setting."""
        name = str(self._name.value or "").strip()
        if not name:
            self.owe("fleet.config.name-owed")
            return
        try:
            value = value_of(str(self._value.value or ""))
        except ValueError:
            self.owe("fleet.config.value-odd")
            return
        ask = asks.Configure(
            id=self._actor.backstage.new_id(), actor=self._login, member=self._member, values={name: value}
        )
        await self._do(ask)

    async def _order(self, order: DeviceOrder) -> None:
        ask = asks.OrderDevice(
            id=self._actor.backstage.new_id(), actor=self._login, member=self._member, order=order
        )
        await self._do(ask)

    async def _do(self, ask: asks.AnyAsk) -> None:
        if await self._actor.do(ask) is not None:
            ui.notify(label("live.done"), type="positive", position="top")
            self.close()

    @property
    def _login(self) -> str:
        return self._actor.session.person.login


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
