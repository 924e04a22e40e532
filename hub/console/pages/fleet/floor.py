"""The hall from above: every device at its place, by what it is and how it fares.

Rules: a place is what the settings know of it (its window, else the entrance for dispensers and the hall for the others). State is a sign and
a word as well as a colour; a press opens the device.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Final

from hall.messages.common import MemberKind, MemberState
from hub.console.look.sheet import Sheet, button, tag, text
from hub.console.look.words import label
from hub.console.mirror.picture import MemberSeen

#: seen by who cannot tell colours apart
SIGNS: Final = {
    MemberState.READY: "●",
    MemberState.DEGRADED: "▲",
    MemberState.UPDATING: "↻",
    MemberState.DISCONNECTED: "○",
    MemberState.LOST: "×",
    None: "×",
}


class Floor:
    """The map."""

    def __init__(self, on_press: Callable[[str], Awaitable[None]]) -> None:
        """`on_press` hears the device's name."""
        self._sheet = Sheet(
            "section",
            classes="card floor",
            props=f'data-test="floor" aria-label="{label("fleet.map")}"',
            on_press=on_press,
        )

    def show(self, members: Iterable[MemberSeen], windows: Iterable[int]) -> None:
        """Draw them."""
        places: dict[str, list[str]] = {}
        standing = list(members)
        for member in standing:
            if member.window is None:
                places.setdefault(_place(member), []).append(_chip(member))
        rooms = [_room(label(f"fleet.at.{place}"), chips) for place, chips in sorted(places.items())]
        for window in windows:
            chips = [_chip(member) for member in standing if member.window == window]
            rooms.append(_room(label("window-n", n=window), chips))
        self._sheet.show(
            tag("h2", text(label("fleet.map"))),
            tag("p", text(label("fleet.map-legend")), cls="soft"),
            tag("div", *rooms, cls="rooms"),
        )


def _place(member: MemberSeen) -> str:
    return "entrance" if member.kind == MemberKind.DISPENSER.value else "hall"


def _room(name: str, chips: list[str]) -> str:
    return tag("div", tag("h3", text(name)), *chips, cls="room")


def _chip(member: MemberSeen) -> str:
    state = "unknown" if member.state is None else member.state.value
    what = label(f"kind.{member.kind}")
    spoken = f"{member.member} {what} {label(f'member.{state}')}"
    trouble = "!" if member.troubles else ""
    return button(
        f"{SIGNS[member.state]} {what}{trouble}",
        member.member,
        aria_label=spoken,
        title=spoken,
        data_test=f"place-{member.member}",
        data_state=state,
    )
