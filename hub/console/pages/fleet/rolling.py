"""Other settings for several devices, from the page: what would change is shown first, one device goes first, and how it stands is seen."""

from __future__ import annotations

from collections.abc import Iterator

from nicegui import ui

from hall.messages import asks
from hall.messages.common import DEVICE_KINDS
from hub.console.look.frame import Actor
from hub.console.look.sheet import Sheet, button, tag, text
from hub.console.look.words import label
from hub.console.mirror.picture import MemberSeen, Picture, RollOutSeen
from hub.console.pages.dialog import Dialog
from hub.console.pages.fleet.care import difference, value_of

_STOP = "stop"


class RollOuts:
    """The one that stands, or how the last of today ended."""

    def __init__(self, actor: Actor, *, may: bool) -> None:
        """`may`: this person can stop it."""
        self._actor, self._may = actor, may
        self._seen: RollOutSeen | None = None
        self._sheet = Sheet(
            "section", props='data-test="roll-out" aria-live="polite"', on_press=self._pressed
        )

    def show(self, picture: Picture) -> None:
        """Draw it; nothing where there was none today."""
        self._seen = seen = picture.rollout
        self._sheet.show(*([] if seen is None else [tag("div", *self._lines(seen), cls="card")]))

    def _lines(self, seen: RollOutSeen) -> Iterator[str]:
        yield tag("h2", text(label("fleet.roll-out")))
        yield tag("p", text(_outcome(seen)), cls="bad" if seen.outcome == "halted" else "")
        if seen.missing:
            yield tag("p", text(label("fleet.roll-out.missing", devices=", ".join(seen.missing))))
        if seen.outcome is None:
            yield tag("p", text(difference({}, seen.values)), translate="no")
            yield tag("ul", *(_step(name, said) for name, said in seen.members), cls="rows")
            if self._may:
                yield button(label("fleet.roll-out.stop"), _STOP, data_test="stop-roll-out")

    async def _pressed(self, name: str) -> None:
        if name == _STOP and self._seen is not None:
            login = self._actor.session.person.login
            ask = asks.StopRollOut(id=self._actor.backstage.new_id(), actor=login, rollout=self._seen.n)
            if await self._actor.do(ask) is not None:
                ui.notify(label("live.done"), type="positive", position="top")


def _outcome(seen: RollOutSeen) -> str:
    if seen.outcome is None:
        word = "fleet.roll-out.all" if seen.widened else "fleet.roll-out.first"
        return label(word, device=seen.members[0][0], seconds=seen.prove_s)
    return label(f"fleet.rolled-out.{seen.outcome}", device=seen.member or "", code=seen.code or "")


def _step(name: str, said: str) -> str:
    known = said if said in {"waits", "told", "ok"} else "refused"
    words = label(f"fleet.step.{known}", code=said)
    return tag("li", tag("span", text(name), translate="no"), tag("span", text(words), cls="time"))


class RollOutDialog(Dialog):
    """Which devices, what, and who goes first."""

    def __init__(self, actor: Actor) -> None:
        """One for the whole page."""
        super().__init__("fleet.roll-out")
        self._actor = actor
        self._shown: str | None = None
        with self.card:
            ui.label(label("fleet.roll-out.how")).classes("words")
            self._kind = ui.select({}, label=label("fleet.kind"), on_change=self._choose)
            self._kind.props('outlined dense autofocus data-test="roll-kind"').classes("wide")
            self._first = ui.select([], label=label("fleet.roll-out.goes-first"), on_change=self._forget)
            self._first.props('outlined dense data-test="roll-first" translate=no').classes("wide")
            self._name = ui.input(label("fleet.config.name")).props('outlined dense data-test="roll-name"')
            self._value = ui.input(label("fleet.config.value")).props('outlined dense data-test="roll-value"')
            self._prove = ui.number(label("fleet.roll-out.prove"), value=60, min=10, max=86_400, precision=0)
            self._prove.props('outlined dense data-test="roll-prove"').classes("wide")
            for field in (self._name, self._value):
                field.classes("wide").on_value_change(self._forget)
            self._difference = ui.label().classes("difference")
            self._difference.props('role="status" translate=no data-test="roll-difference"')
        self.entered(self._value)
        self.foot("fleet.config.compare")

    def begin(self) -> None:
        """Ask."""
        kinds = [kind.value for kind in DEVICE_KINDS]
        there = {m.kind for m in self._members()}
        self._kind.set_options({kind: label(f"kind.{kind}") for kind in sorted(kinds) if kind in there})
        self._kind.set_value(None)
        self._name.set_value("")
        self._value.set_value("")
        self._choose()
        self.open()

    async def confirm(self) -> None:
        """Show what would change; once that was shown, begin."""
        name, first = str(self._name.value or "").strip(), self._first.value
        if not name or not first:
            self.owe("fleet.roll-out.owed")
            return
        try:
            value = value_of(str(self._value.value or ""))
        except ValueError:
            self.owe("fleet.config.value-odd")
            return
        self.owe(None)
        members = [first, *(m.member for m in self._of_kind() if m.member != first)]
        config = {m.member: dict(m.config) for m in self._of_kind()}
        shown = "\n".join(f"{member}  {difference(config[member], {name: value})}" for member in members)
        if shown != self._shown:
            self._shown = shown
            self._difference.set_text(shown)
            self._difference.set_visibility(True)
            self.word("fleet.roll-out.begin")
            return
        ask = asks.RollOut(
            id=self._actor.backstage.new_id(),
            actor=self._actor.session.person.login,
            members=tuple(members),
            values={name: value},
            prove_s=int(self._prove.value or 60),
        )
        if await self._actor.do(ask) is not None:
            ui.notify(label("live.done"), type="positive", position="top")
            self.close()

    def _choose(self) -> None:
        names = [m.member for m in self._of_kind()]
        self._first.set_options(names, value=names[0] if names else None)
        self._forget()

    def _forget(self) -> None:
        self._shown = None
        self._difference.set_visibility(False)
        self.word("fleet.config.compare")

    def _of_kind(self) -> list[MemberSeen]:
        return [m for m in self._members() if m.kind == self._kind.value]

    def _members(self) -> tuple[MemberSeen, ...]:
        picture = self._actor.backstage.picture
        return () if picture is None else picture.members
