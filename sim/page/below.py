"""Below the hall: facts as sentences, and every message of the bus, with filters."""

from __future__ import annotations

from typing import get_args

from nicegui import ui

from hall.messages import asks, facts
from hall.topics import LEAVES
from sim.page.parts import Doing, button, esc, raw
from sim.page.seen import FactLine, MessageLine, Seen

ROWS = 100
#: what the type filter offers: every ask and fact, and the places where untyped things are said
_KINDS = sorted(
    {kind.__name__ for union in (asks.AnyAsk, facts.AnyFact) for kind in get_args(union)}
    | {leaf.name for leaf in LEAVES}
)


class Facts:
    """What happened, newest first."""

    def __init__(self) -> None:
        """Draws into the container that is open."""
        self._facts: tuple[FactLine, ...] | None = None
        self._wanted = ""
        with ui.element("div").classes("filters"):
            ui.input("筛选 Filter", on_change=lambda event: self._filter(event.value)).props(
                'dense outlined clearable maxlength=60 data-test="fact-filter"'
            )
        self._table = raw().classes("rows").props('data-test="facts" tabindex=0 aria-label="事件 facts"')

    def _filter(self, value: str | None) -> None:
        self._wanted = (value or "").strip().lower()[:60]
        if self._facts is not None:
            self._draw(self._facts)

    def show(self, seen: Seen) -> None:
        """See :class:`sim.page.parts.Part`."""
        if seen.facts is not self._facts:
            self._facts = seen.facts
            self._draw(seen.facts)

    def _draw(self, facts: tuple[FactLine, ...]) -> None:
        rows = [
            f'<tr class="fact"><td class="t">{fact.at:%H:%M:%S}</td><td class="t">#{fact.n}</td>'
            f'<td>{esc(fact.text.zh)}</td><td class="en">{esc(fact.text.en)}</td></tr>'
            for fact in facts
            if self._wanted in f"{fact.kind} {fact.text.zh} {fact.text.en}".lower()
        ]
        self._table.set_content(_table(rows))


class Bus:
    """Every message, newest first; can be held still to be read."""

    def __init__(self, doing: Doing) -> None:
        """Draws into the container that is open."""
        self._messages: tuple[MessageLine, ...] = ()
        self._held = False
        self._wanted = {"member": "", "kind": "", "text": ""}
        self._turn = 0
        with ui.element("div").classes("filters"):
            for key, label in (
                ("member", "成员 Member"),
                ("kind", "类型 Type"),
                ("text", "主题或内容 Topic or text"),
            ):
                ui.input(label, on_change=lambda event, key=key: self._filter(key, event.value)).props(
                    f'dense outlined clearable maxlength=60 list="known-{key}" data-test="bus-{key}"'
                )
            for key, known in (("member", ("hub", *doing.bridge.members)), ("kind", _KINDS)):
                options = "".join(f'<option value="{esc(name)}">' for name in known)
                raw(options, tag="datalist").props(f'id="known-{key}"')
            self._button = button("停住", "Hold still", self._hold, test="bus-hold")
        self._table = (
            raw().classes("rows").props('data-test="bus" tabindex=0 aria-label="总线消息 bus messages"')
        )

    def _filter(self, key: str, value: str | None) -> None:
        self._wanted[key] = (value or "").strip().lower()[:60]
        self._draw()

    def _hold(self) -> None:
        self._held = not self._held
        self._button.classes(add="first") if self._held else self._button.classes(remove="first")

    def show(self, seen: Seen) -> None:
        """See :class:`sim.page.parts.Part`; a few times a second is enough to read."""
        self._turn += 1
        if self._held or seen.messages is self._messages or self._turn % 4:
            return
        self._messages = seen.messages
        self._draw()

    def _draw(self) -> None:
        rows = [_row(line) for line in self._messages if self._matches(line)]
        self._table.set_content(_table(rows))

    def _matches(self, line: MessageLine) -> bool:
        return (
            self._wanted["member"] in line.member
            and self._wanted["kind"] in line.kind.lower()
            and self._wanted["text"] in f"{line.topic} {line.payload}".lower()
        )


def _table(rows: list[str]) -> str:
    if not rows:
        return '<div class="hint">没有可显示的 Nothing to show</div>'
    return f'<table class="list">{"".join(rows[:ROWS])}</table>'


def _row(line: MessageLine) -> str:
    return (
        f'<tr class="message"><td class="t">{line.at:%H:%M:%S}</td><td class="k">{esc(line.kind)}</td>'
        f'<td class="topic"><code>{esc(line.topic)}</code></td><td class="said"><code>{esc(line.payload) or "∅"}</code></td><td class="t size">{line.size} B</td></tr>'
    )
