"""What a page does by itself a moment later."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

from nicegui import ui

#: The page has reached its reader then: what reads a store keeps nobody waiting for the rest.
SOON_S: Final = 0.05
#: So long somebody reads that it was done before the page draws itself anew.
READ_S: Final = 0.8


def soon(call: Callable[[], Awaitable[Any] | Any], *, after_s: float = SOON_S) -> None:
    """Once, in the container that is open; not when the page has gone."""
    ui.timer(after_s, call, once=True)
