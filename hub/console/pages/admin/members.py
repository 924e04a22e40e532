"""The hall's devices: what each is and where it stands. A device that is not registered is not heard."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from nicegui import ui

from hall.messages.common import MemberKind
from hub.console.look.frame import complain
from hub.console.look.words import WORDS, label
from hub.console.pages.admin.fields import act, heading
from hub.console.pages.admin.room import Desk
from hub.console.pages.admin.services import is_id
from hub.console.plans.editing import Path

#: the hub is nobody's device
_KINDS: Final = tuple(kind.value for kind in MemberKind if kind is not MemberKind.HUB)


def draw(desk: Desk) -> None:
    """Every device in a line, and a new one."""
    desk.watch(None)
    kinds = {kind: label(f"kind.{kind}") for kind in _KINDS}
    numbers = [w.get("window") for w in desk.draft.get(("windows",), [])]
    windows: dict[Any, str] = {number: label("window-n", n=number) for number in numbers}
    with ui.element("div").classes("card"):
        heading("set.members")
        ui.label(label("admin.members-help"))
        for name in desk.draft.get(("members",), {}):
            _member(desk, ("members", name), kinds, windows)
        _new(desk, kinds)


def _member(desk: Desk, path: Path, kinds: dict[str, str], windows: dict[Any, str]) -> None:
    def stand() -> None:
        where: Path = (*path, "window")
        desk.draft.drop(where) if field.value is None else desk.draft.put(where, field.value)
        desk.changed()

    before = desk.draft.get((*path, "window"))
    options = windows | ({} if before is None else {before: label("window-n", n=before)})
    with ui.element("div").classes("entry fields").props(f'data-test="member-{path[-1]}"'):
        ui.label(str(path[-1])).classes("title").props("translate=no")
        desk.fields.one((*path, "kind"), label("set.kind"), kinds).classes("short")
        field = ui.select(options, label=label("set.window"), value=before, clearable=True, on_change=stand)
        field.props(f'outlined dense data-test="members.{path[-1]}.window"').classes("short")
        desk.fields.at((*path, "window"), field)
        act("admin.remove", partial(_remove, desk, path), test=f"remove-{path[-1]}")


def _remove(desk: Desk, path: Path) -> None:
    desk.draft.drop(path)
    desk.redraw()


def _new(desk: Desk, kinds: dict[str, str]) -> None:
    with ui.element("div").classes("fields new"):
        name = ui.input(label("admin.member-name")).props("outlined dense maxlength=40 translate=no")
        name.props(f'hint="{label("admin.id-help")}" data-test="new-member"')
        kind = ui.select(kinds, label=label("set.kind"), value=_KINDS[0]).props("outlined dense")
        kind.classes("short").props('data-test="new-member-kind"')

        def add() -> None:
            key = str(name.value or "").strip()
            if not is_id(key) or key in desk.draft.get(("members",), {}):
                complain(WORDS["admin.id-taken"])
                return
            desk.draft.put(("members", key), {"kind": kind.value})
            desk.redraw()

        act("admin.add", add, test="add-member")
