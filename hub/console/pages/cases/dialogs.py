"""What the page of cases asks before some acts: a sentence, a section, a call, who takes it, another kind."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from nicegui import context, ui

from hub.console.cases import acts
from hub.console.cases.kinds import Channel, Kind, Section
from hub.console.look.words import label

#: does it; True when it was done
Do = Callable[[acts.AnyAct], Coroutine[Any, Any, bool]]


class Asking:
    """A dialog that is made when it is opened and gone when it is closed."""

    def __init__(self, title: str) -> None:
        """`title` is said to a screen reader too."""
        with context.client.content:  # not in what is drawn anew when somebody else changes the case
            self.dialog = ui.dialog().props(f'aria-label="{title}"')
        self.dialog.on("hide", self.dialog.delete)
        with self.dialog:
            self.card = ui.card().classes("dialog")
        with self.card:
            ui.label(title).classes("title")

    @contextmanager
    def body(self) -> Iterator[None]:
        """What is asked."""
        with self.card:
            yield

    def open(self, confirm: Callable[[], Coroutine[Any, Any, bool]], button: str = "confirm") -> None:
        """Ask; the dialog closes once `confirm` is done."""

        async def done() -> None:
            if await confirm():
                self.dialog.close()

        with self.card, ui.element("div").classes("line"):
            ui.button(label(button), on_click=done).props('no-caps data-test="confirm"')
            ui.button(label("cancel"), on_click=self.dialog.close).props("no-caps flat")
        self.dialog.open()


def long_text(name: str, test: str = "text") -> ui.textarea:
    """A box for some sentences."""
    box = ui.textarea(label(name)).props(f'outlined autogrow maxlength=2000 data-test="{test}"')
    return box.classes("wide")


def ask_words(title: str, name: str, do: Do, act: Callable[[str], acts.AnyAct]) -> None:
    """A sentence that an act needs."""
    asking = Asking(label(title))
    with asking.body():
        box = long_text(name)
    asking.open(lambda: do(act(str(box.value or ""))), title)


def ask_section(section: Section, before: str, do: Do) -> None:
    """A section of the record; of a finding also whether it is valid, of a channel which."""
    asking = Asking(label(f"case.section.{section.value}"))
    with asking.body():
        valid = None
        if section is Section.FINDING:
            named = {"yes": label("case-valid"), "no": label("case-not-valid")}
            valid = ui.radio(named).props('inline data-test="valid"')
        way = None
        if section is Section.CHANNEL:
            ways = {channel.value: label(f"case.channel.{channel.value}") for channel in Channel}
            way = ui.radio(ways).props('data-test="channel"')
        box = long_text("case-text")
        box.set_value(before)

    async def write() -> bool:
        said = None if valid is None or valid.value is None else valid.value == "yes"
        channel = None if way is None or way.value is None else Channel(way.value)
        text = str(box.value or "")
        return await do(acts.Record(section=section, text=text, valid=said, channel=channel))

    asking.open(write)


def ask_call(do: Do) -> None:
    """How the call went."""
    asking = Asking(label("case-call-back"))
    with asking.body():
        named = {"yes": label("case-reached"), "no": label("case-unreached")}
        reached = ui.radio(named, value="yes").props('inline data-test="reached"')
        how = {"yes": label("case-satisfied"), "no": label("case-unsatisfied")}
        satisfied = ui.radio(how).props('inline data-test="satisfied"')
        satisfied.bind_visibility_from(reached, "value", value="yes")
        box = long_text("note")

    async def write() -> bool:
        content = None if satisfied.value is None else satisfied.value == "yes"
        call = acts.Call(reached=reached.value == "yes", satisfied=content, note=str(box.value or ""))
        return await do(call)

    asking.open(write)


def ask_offer(people: Mapping[str, str], do: Do) -> None:
    """Who shall take it: people and roles by the name that the case uses."""
    asking = Asking(label("case-pass-on"))
    with asking.body():
        to = ui.select(dict(people), label=label("case-to")).props('outlined translate=no data-test="to"')
        to.classes("wide")
        box = long_text("note")

    async def offer() -> bool:
        return await do(acts.Offer(to=str(to.value or ""), note=str(box.value or "")))

    asking.open(offer)


def ask_kind(now: Kind, do: Do) -> None:
    """What it really is."""
    asking = Asking(label("case-reclassify"))
    others = [kind for kind in Kind if kind not in {now, Kind.FAULT_CALLBACK}]
    with asking.body():
        named = {kind.value: label(f"case.kind.{kind.value}") for kind in others}
        kind = ui.select(named, value=others[0].value, label=label("cases-kind")).props("outlined")
        kind.classes("wide").props('data-test="new-kind"')
        box = long_text("case-why")

    async def change() -> bool:
        return await do(acts.Reclassify(kind=Kind(str(kind.value)), why=str(box.value or "")))

    asking.open(change)
