"""What every room of the settings' page works with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hub.console.book.shelf import Shelf
from hub.console.look.frame import Actor
from hub.console.pages.admin.fields import Fields
from hub.console.pages.admin.preview import Preview
from hub.console.plans.editing import Draft


class Desk:
    """One person's edit on one open page."""

    def __init__(
        self,
        *,
        actor: Actor,
        draft: Draft,
        fields: Fields,
        changed: Callable[[], None],
        redraw: Callable[[], None],
        preview: Preview | None,
        shelf: Shelf,
    ) -> None:
        """`changed` looks again at what is wrong, `redraw` draws the open room anew."""
        self.actor, self.draft, self.fields = actor, draft, fields
        self.changed, self.redraw, self.preview = changed, redraw, preview
        #: the situation book
        self.shelf = shelf
        #: what a room remembers while others are open: what was chosen there
        self.chosen: dict[str, Any] = {}
        self._watching: Callable[[], None] | None = None

    def watch(self, look: Callable[[], None] | None) -> None:
        """The open room looks at each change (a preview)."""
        self._watching = look

    def refresh(self) -> None:
        """The draft has changed."""
        if self._watching is not None:
            self._watching()
