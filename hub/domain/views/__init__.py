"""What can be asked about the hall: pure questions, answered for one moment.

A view that the clock alone will change says when: the second half of its answer is that moment, or None. ``rev`` of every want is
left empty for whoever tells it.
"""

from hub.domain.views.board import ahead, board, waiting
from hub.domain.views.counter import counter
from hub.domain.views.lamp import lamp
from hub.domain.views.papers import numbers, services, services_change
from hub.domain.views.signs import display, rating

__all__ = [
    "ahead",
    "board",
    "counter",
    "display",
    "lamp",
    "numbers",
    "rating",
    "services",
    "services_change",
    "waiting",
]
