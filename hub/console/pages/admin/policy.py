"""The policy: every key with the sentence it means for people; tried on a recorded day before it is switched."""

from __future__ import annotations

from typing import Any

from nicegui import ui

from hall.messages import asks
from hall.policy_words import WORDS as KEYS
from hall.text import Text
from hub.console.look.soon import READ_S, soon
from hub.console.look.tongue import said
from hub.console.look.words import label
from hub.console.pages.admin.bar import draw_differences
from hub.console.pages.admin.fields import heading
from hub.console.pages.admin.room import Desk
from hub.console.pages.admin.trying import Trying
from hub.console.plans.policy_editing import ORDERS, Kind, PolicyDraft, kind_of

#: Parts of the policy that a hall may do without.
_SECTIONS = ("appointment", "alarms")
#: Keys whose sentences quote what the hall has written itself, in whatever language.
_QUOTING = {"pause.reasons", "pause.forbidden_while_waiting", "quotas", "early_stop"}


def draw(desk: Desk) -> None:
    """The sentences with their values, the trial, and a bar of its own."""
    desk.watch(None)
    actor = desk.actor
    draft = desk.chosen.get("policy")
    if draft is None or (not draft.changed and draft.begun != actor.backstage.policy):
        draft = desk.chosen["policy"] = PolicyDraft(actor.backstage.plan, actor.backstage.policy)
    _Room(desk, draft)


class _Room:
    def __init__(self, desk: Desk, draft: PolicyDraft) -> None:
        self._desk, self._draft = desk, draft
        self._sentences: dict[str, ui.label] = {}
        self._wrong: dict[str, Text] = {}
        self._dialog = ui.dialog().props(f'aria-label="{label("admin.what-changes")}"')
        with ui.element("div").classes("card"):
            heading("room.policy")
            with ui.element("div").classes("fields"):
                for section in _SECTIONS:
                    self._section(section)
            for key in KEYS:
                if key.partition(".")[0] not in _SECTIONS or key.partition(".")[0] in draft.form:
                    self._row(key)
            with ui.element("div").classes("line"):
                self._problem = ui.label().classes("wrong").props('role="status" data-test="policy-problem"')
            with ui.element("div").classes("line"):
                self._review = ui.button(label("admin.review"), on_click=self._open)
                self._review.props('no-caps data-test="policy-review"')
        Trying(desk, draft)
        self._show()

    def _section(self, section: str) -> None:
        def change() -> None:
            self._draft.switch(section, on=bool(box.value))
            self._desk.redraw()

        box = ui.checkbox(label(f"policy.{section}"), value=section in self._draft.form, on_change=change)
        box.props(f'data-test="policy-{section}"')

    def _row(self, key: str) -> None:
        with ui.element("div").classes("rule"):
            self._sentences[key] = ui.label().props("translate=no" if key in _QUOTING else "")
            field = _field(key, self._draft)
            field.props(f'data-test="policy-{key}"')

            def write(field: Any = field) -> None:
                value = field.value
                wrong = self._draft.put(key, int(value) if isinstance(value, float) else value)
                self._wrong.pop(key, None)
                if wrong is not None:
                    self._wrong[key] = wrong
                self._show()

            field.on_value_change(write)

    def _show(self) -> None:
        for key, sentence in self._draft.sentences().items():
            if key in self._sentences:
                self._sentences[key].set_text(said(sentence))
        found = next(iter(self._wrong.items()), None) or self._draft.problem()
        self._problem.set_text("" if found is None else f"{_named(found[0])}：{said(found[1])}")
        self._review.set_enabled(found is None and self._draft.changed)

    def _open(self) -> None:
        self._dialog.clear()
        before = dict(PolicyDraft(self._draft.plan, self._draft.begun).sentences())
        after = self._draft.sentences()
        with self._dialog, ui.card().classes("dialog changes"):
            ui.label(label("admin.what-changes")).classes("title")
            with ui.element("table").classes("differences"):
                for key, sentence in after.items():
                    if before.get(key) != sentence:
                        with ui.element("tr"):
                            with ui.element("td").classes("before"):
                                ui.label(said(before[key]))
                            with ui.element("td").classes("after"):
                                ui.label(said(sentence))
            draw_differences(self._draft.differences())
            reason = ui.input(label("admin.reason")).props(
                'outlined dense maxlength=200 data-test="policy-reason"'
            )
            reason.classes("wide")
            with ui.element("div").classes("line"):
                apply = ui.button(label("admin.apply"), on_click=lambda: self._apply(str(reason.value or "")))
                apply.props('no-caps data-test="policy-apply"')
                ui.button(label("cancel"), on_click=self._dialog.close).props("no-caps flat")
        self._dialog.open()

    async def _apply(self, reason: str) -> None:
        self._dialog.close()
        actor, policy = self._desk.actor, self._draft.policy
        if policy is None:
            return
        ask = asks.SetPolicy(
            id=actor.backstage.new_id(),
            actor=actor.session.person.login,
            policy=policy,
            reason=reason.strip(),
        )
        if await actor.do(ask) is not None:
            self._desk.chosen.pop("policy", None)
            ui.notify(label("admin.applied"), type="positive", position="top")
            soon(self._desk.redraw, after_s=READ_S)


def _field(key: str, draft: PolicyDraft) -> Any:
    """The key's own field."""
    value = draft.value(key)
    match kind_of(key):
        case Kind.YES_OR_NO:
            return ui.checkbox(label("admin.value"), value=bool(value))
        case Kind.ORDER:
            named = {order: label(f"order.{order}") for order in ORDERS}
            return ui.select(named, value=value, label=label("admin.value")).props("outlined dense")
        case Kind.NUMBER:
            field = ui.number(label("admin.value"), value=value, precision=0, min=0)
            return field.props("outlined dense debounce=250").classes("short")
        case Kind.YAML:
            written = ui.input(label("admin.value"), value=value)
            return written.props("outlined dense debounce=400 translate=no").classes("wide")


def _named(key: str) -> str:
    """The key as it stands in the file: what the sentence beside it says needs no name."""
    return key
