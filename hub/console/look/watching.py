"""An open page looks again and again, from when it has reached its reader until it is gone."""

from __future__ import annotations

from collections.abc import Callable

from nicegui import Client, context

from hub.console.mirror.pulse import Pulse


def watching(pulse: Pulse, look: Callable[[], None], *, first: bool = False) -> None:
    """Call `look` with every beat and tick of `pulse`, in the container that is open now; with `first` before other pages."""
    client, slot = context.client, context.slot
    reached = False

    def again() -> bool:
        nonlocal reached
        if client.id not in Client.instances:
            return False
        reached = reached or client.has_socket_connection
        if reached:
            with slot:
                look()
        return True

    pulse.watch(again, first=first)
