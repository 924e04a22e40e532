"""Switches for everything that can break: the hardware below the drivers, and the programs."""

from __future__ import annotations

from collections.abc import Callable

from nicegui import ui
from nicegui.element import Element

from sim.page.names import PROGRAMS, hand, title
from sim.page.parts import Doing, button, esc, raw
from sim.page.seen import Seen
from sim.twin.faults import FAULTS, FaultName, FaultSeen, possible
from sim.twin.links import SWITCH_WORDS
from sim.twin.world_plan import MemberPlan


class Program:
    """Kill and freeze one program."""

    def __init__(self, doing: Doing, name: str) -> None:
        """Draws into the container that is open."""
        self._doing, self._name = doing, name
        self._frozen = False
        button("杀掉", "Kill", lambda: self._signal("kill"), "danger", f"kill-{name}")
        self._freeze = button("冻结", "Freeze", self._toggle, "danger", f"freeze-{name}")

    def _toggle(self) -> None:
        self._signal("thaw" if self._frozen else "freeze")

    def _signal(self, action: str) -> None:
        self._doing.world(lambda: self._doing.bridge.signal(self._name, action))

    def show(self, seen: Seen) -> None:
        """See :class:`sim.page.parts.Part`."""
        process = seen.processes.get(self._name)
        frozen = process is not None and process.frozen
        if frozen != self._frozen:
            self._frozen = frozen
            self._freeze.classes(add="on") if frozen else self._freeze.classes(remove="on")


class Hardware:
    """The faults that one member's hands can have."""

    def __init__(self, doing: Doing, member: str, *, choose: bool = False) -> None:
        """Draws into the container that is open; with `choose` one may say which key or module, else it is the first."""
        self._doing, self._member = doing, member
        self._active: dict[str, tuple[str, ...] | None] = {}
        self._buttons: dict[str, Element] = {}
        self._places: dict[str, ui.select] = {}
        plan = doing.bridge.members[member]
        for name in possible(plan):
            words = FAULTS[name]
            if words.hand == "machine" and not choose:
                continue  # every device has them: they are in the drawer of each, not fifteen times in the list
            if choose and words.local and words.hand not in self._places:
                self._places[words.hand] = _places(doing, plan, words)
            self._buttons[name] = button(
                words.zh, words.en, self._switch(name), "", f"fault-{member}-{name}"
            ).props("aria-pressed=false")

    def _switch(self, name: str) -> Callable[[], None]:
        def act() -> None:
            on = self._active.get(name) is None
            chosen = self._places.get(FAULTS[name].hand) if FAULTS[name].local else None
            where = str(chosen.value) if on and chosen is not None else None
            self._doing.world(lambda: self._doing.bridge.fault(self._member, name, on=on, where=where))

        return act

    def show(self, seen: Seen) -> None:
        """See :class:`sim.page.parts.Part`."""
        faults: tuple[FaultSeen, ...] = seen.faults.get(self._member, ())
        for fault in faults:
            made, now = self._buttons.get(fault.name), fault.where if fault.active else None
            if made is not None and self._active.get(fault.name) != now:
                self._active[fault.name] = now
                made.props(f'aria-pressed={str(fault.active).lower()} title="{esc(", ".join(fault.where))}"')
                made.classes(add="on") if fault.active else made.classes(remove="on")


class CodeReader:
    """A code to be held before one member's reader."""

    def __init__(self, doing: Doing, member: str) -> None:
        """Draws into the container that is open."""
        self._doing, self._member = doing, member
        self._code = ui.input("预约码 code").props(f'dense outlined maxlength=16 data-test="code-{member}"')
        button("扫码", "Scan", self._scan, "", f"scan-{member}")

    def _scan(self) -> None:
        code = str(self._code.value or "").strip()
        if code:
            self._doing.world(lambda: self._doing.bridge.scan(self._member, code))

    def show(self, seen: Seen) -> None:
        """See :class:`sim.page.parts.Part`; what is typed is nobody else's."""


class Cable:
    """What can be wrong with one member's cable; one thing at a time."""

    def __init__(self, doing: Doing, member: str) -> None:
        """Draws into the container that is open."""
        self._doing, self._member, self._wrong = doing, member, ""
        self._buttons = {
            name: button(words.zh, words.en, self._switch(name), "", f"cable-{member}-{name}")
            for name, words in SWITCH_WORDS.items()
        }

    def _switch(self, name: str) -> Callable[[], None]:
        def act() -> None:
            wanted = "" if self._wrong == name else name
            self._doing.world(lambda: self._doing.bridge.cable(self._member, wanted))

        return act

    def show(self, seen: Seen) -> None:
        """See :class:`sim.page.parts.Part`."""
        wrong = seen.cables.get(self._member, "")
        if wrong != self._wrong:
            self._wrong = wrong
            for name, made in self._buttons.items():
                made.classes(add="on") if name == wrong else made.classes(remove="on")


def _places(doing: Doing, plan: MemberPlan, fault: FaultName) -> ui.select:
    """Asks which key, or which module counted from the left, is to break."""
    places = fault.choices(plan)
    if fault.hand == "keys":
        label, test = "哪个按键 Which key", "key"
        words = {key: hand(key, doing.bridge.plan) for key in places}
        choices = {key: f"{found.zh} {found.en}" for key, found in words.items()}
    else:
        label, test = "哪个模块 Which module", "module"
        choices = {n: f"第 {int(n) + 1} 块 module {int(n) + 1}" for n in places}
    return (
        ui.select(choices, value=next(iter(choices)), label=label)
        .props(f'dense outlined options-dense data-test="which-{test}"')
        .classes("which")
    )


class Fates:
    """All switches."""

    def __init__(self, doing: Doing) -> None:
        """Draws into the container that is open."""
        self._parts: list[Program | Hardware | Cable] = []
        bridge = doing.bridge
        with ui.element("div").classes("filters"):
            button("全部修好", "Repair everything", bridge.heal_all, "first", "heal-all")
            raw(
                "<small>坏了以后，大厅会自己恢复；看看屏、纸、广播和上面的提示怎么说。 After a fault the hall heals by itself; watch what signs, paper, voice and the notes above say.</small>"
            )
        with ui.element("div").classes("switches"):
            ports = bridge.links_plan.ports if bridge.links_plan is not None else {}
            programs = [name for name in PROGRAMS if name != "links" or ports]
            for name in (*programs, *bridge.members):
                plan = bridge.members.get(name)
                words = title(name, plan)
                with ui.element("section"):
                    with ui.element("div").classes("whose"):
                        raw(f"{esc(words.zh)} <small>{esc(words.en)}</small>", tag="h3")
                        self._parts.append(Program(doing, name))
                    if plan is not None:
                        with ui.element("div").classes("row"):
                            self._parts.append(Hardware(doing, name))
                    if name in ports:
                        with ui.element("div").classes("row"):
                            self._parts.append(Cable(doing, name))

    def show(self, seen: Seen) -> None:
        """See :class:`sim.page.parts.Part`."""
        for part in self._parts:
            part.show(seen)
