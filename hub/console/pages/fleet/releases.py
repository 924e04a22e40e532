"""Which release goes through the hall, how far it is and why it halted, and how the hall box's own last update ended; nothing when none was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from hub.console.look.sheet import Sheet, tag, text
from hub.console.look.tongue import said
from hub.console.look.words import label
from hub.releases import rollout
from hub.releases import turn as turns
from hub.releases.book import Book
from hub.releases.rollout import Outcome, Rollout
from hub.releases.turn import Stage, Turn
from hub.store.engine import store_file
from hub.store.heads import heads_file


def book_of(store: str) -> Book | None:
    """The rollouts of the hub that has this store; None where that is no file."""
    file = store_file(store)
    heads = None if file is None else heads_file(file)
    return None if heads is None else Book(heads.parent / "rollouts.json")


class Releases:
    """A card on the devices' page."""

    def __init__(self, store: str, box: Path = turns.FILE) -> None:
        """`store` is the hub's, `box` where the hall box says how its update is."""
        self._book, self._box = book_of(store), box
        self._sheet = Sheet(
            "section",
            classes="releases",
            props=f'data-test="releases" aria-label="{label("fleet.releases")}"',
        )

    def show(self) -> None:
        """As it is now."""
        current = None if self._book is None else self._book.current
        try:
            turn = turns.read(self._box)
        except OSError:  # it is looked at again in a minute
            turn = None
        lines = [*_rollout(current), *_turn(turn)]
        self._sheet.show(*([tag("h2", text(label("fleet.releases"))), *lines] if lines else ()))


def _rollout(current: Rollout | None) -> Iterator[str]:
    if current is None:
        return
    counted = Counter(current.outcomes.values())
    numbers = {outcome.value: counted[outcome] for outcome in Outcome}
    state = "halted" if current.halted else "done" if rollout.done(current) else "going"
    line = label(f"fleet.releases.{state}", version=current.version, **numbers)
    yield tag("p", text(line), cls="bad" if current.halted else "good" if state == "done" else "")
    if current.halted:
        yield tag("p", text(current.halted), translate="no")
    elif state == "going" and current.canaries:
        yield tag("p", text(label("fleet.releases.canaries", names=" ".join(current.canaries))), cls="soft")


def _turn(turn: Turn | None) -> Iterator[str]:
    if turn is not None:
        yield tag("p", text(said(turns.told(turn))), cls="bad" if turn.stage is Stage.FAILED else "soft")
