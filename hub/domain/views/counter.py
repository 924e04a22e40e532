"""What the call key at a window shows its clerk."""

from __future__ import annotations

from hall.messages.wants import Counter
from hub.domain.hall import Hall
from hub.domain.views.board import window_state


def counter(hall: Hall, number: int) -> Counter:
    """The window's state, the number in hand, and how many people it could call now."""
    s = hall.state
    window = s.windows[number]
    return Counter(
        rev="",
        window=number,
        state=window_state(s, window),
        number=None if window.ticket is None else window.ticket.number,
        waiting=len(window.own) + sum(s.in_lines.get(service, 0) for service in s.pool(number)),
    )
