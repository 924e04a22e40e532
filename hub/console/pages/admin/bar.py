"""The bar of the settings' page: how much would change, what is wrong, and the way to apply it after it was shown."""

from __future__ import annotations

from nicegui import ui

from hall.messages.asks import DraftPlan, SetPlan
from hall.text import Text
from hub.console.look.soon import READ_S, soon
from hub.console.look.tongue import said
from hub.console.look.words import label
from hub.console.pages.admin.room import Desk
from hub.console.pages.admin.said import value, where
from hub.console.plans.handing_in import asks_for
from hub.console.plans.versions import Difference

#: So many changes are shown one by one.
SHOWN = 60


class Bar:
    """Below every room."""

    def __init__(self, desk: Desk) -> None:
        """Nothing is changed yet."""
        self._desk = desk
        with (
            ui.element("div")
            .classes("bar")
            .props(f'role="region" aria-label="{label("admin.what-changes")}"')
        ):
            self._count = ui.label().props('data-test="changes" aria-live="polite"')
            self._wrong = ui.label().classes("wrong").props('data-test="problems" role="status"')
            self._first = ui.label().classes("first")
            self._review = ui.button(label("admin.review"), on_click=self._open).props(
                'no-caps data-test="review"'
            )
            self._discard = ui.button(label("admin.discard"), on_click=self._forget)
            self._discard.props('no-caps flat data-test="discard"')
        with ui.element("div").classes("bar moved") as self._moved:
            ui.label(label("admin.moved")).props('role="alert"')
            ui.button(label("admin.take-over"), on_click=self._take_over).props(
                'no-caps flat data-test="take-over"'
            )
        self._moved.set_visibility(False)
        self._dialog = ui.dialog().props(f'aria-label="{label("admin.what-changes")}"')
        self._dialog_body: ui.card | None = None

    def show(self, problems: dict[str, Text]) -> None:
        """How much would change, and what is wrong with it."""
        changed = self._desk.draft.changed
        found = self._desk.draft.differences() if changed else []
        self._count.set_text(label("admin.changes", n=len(found)) if found else label("admin.unchanged"))
        self._wrong.set_text(label("admin.problems", n=len(problems)) if problems else "")
        self._wrong.set_visibility(bool(problems))
        key, text = next(iter(problems.items()), ("", Text(zh="", en="")))
        draft = self._desk.draft
        place = where(Difference(key=key, before=None, after=None), draft.form, draft.begun) if key else ""
        self._first.set_text(f"{place}：{said(text)}" if key else "")
        self._first.set_visibility(bool(key))
        self._review.set_enabled(changed and not problems)
        self._discard.set_visibility(changed)

    def moved(self) -> None:
        """Somebody else has changed the settings: theirs are shown, or (with changes of one's own) offered."""
        if not self._desk.draft.changed:
            ui.navigate.reload()
        self._moved.set_visibility(True)

    # ----------------------------------------------------------------

    def _open(self) -> None:
        """What will change, one by one; then it may be applied."""
        draft = self._desk.draft
        found = draft.differences()
        self._dialog.clear()
        with self._dialog, ui.card().classes("dialog changes"):
            ui.label(label("admin.what-changes")).classes("title")
            draw_differences(found, draft.said, draft.begun)
            reason = ui.input(label("admin.reason")).props('outlined dense maxlength=200 data-test="reason"')
            reason.classes("wide")
            with ui.element("div").classes("line"):
                apply = ui.button(label("admin.apply"), on_click=lambda: self._apply(str(reason.value or "")))
                apply.props('no-caps data-test="apply"')
                ui.button(label("cancel"), on_click=self._dialog.close).props("no-caps flat")
        self._dialog.open()

    async def _apply(self, reason: str) -> None:
        self._dialog.close()
        actor, draft = self._desk.actor, self._desk.draft
        orders: list[SetPlan | DraftPlan] = asks_for(
            draft.begun,
            draft.said,
            base=draft.base,
            new_id=actor.backstage.new_id,
            reason=reason.strip(),
            actor=actor.session.person.login,
        )
        for order in orders:
            if await actor.do(order) is None:
                return
        ui.notify(label("admin.applied"), type="positive", position="top")
        soon(ui.navigate.reload, after_s=READ_S)

    def _forget(self) -> None:
        self._desk.draft.discard()
        self._desk.redraw()

    def _take_over(self) -> None:
        """One's own changes go on from what is in force now."""
        actor = self._desk.actor
        picture = actor.backstage.picture
        self._desk.draft.rebase(actor.backstage.plan, 0 if picture is None else picture.board.plan)
        self._moved.set_visibility(False)
        self._desk.redraw()


def draw_differences(found: list[Difference], *forms: dict[str, object]) -> None:
    """A table of what differs."""
    with (
        ui.element("div").classes("scroll"),
        ui.element("table").classes("differences").props("translate=no"),
    ):
        for one in found[:SHOWN]:
            with ui.element("tr"):
                with ui.element("th").props('scope="row"'):
                    ui.label(where(one, *forms))
                with ui.element("td").classes("before"):
                    ui.label(value(one.before))
                with ui.element("td").classes("after"):
                    ui.label(value(one.after))
        if len(found) > SHOWN:
            with ui.element("tr"), ui.element("th"):
                ui.label(f"+ {len(found) - SHOWN}")
