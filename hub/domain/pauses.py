"""What a pause is to those who wait, whatever words its clerk or its hall has for it. Pure.

Rules:

* A reason is never shown or said in public: people learn one of three things, a fault, the clerk's meal, or a pause.
* It is a fault, or a meal, where its words say so (打印机故障, 去吃午饭, printer fault); whatever it is called else is a pause.
"""

from __future__ import annotations

import re
from typing import Final

_FAULT: Final = re.compile(r"故障|死机|\bfault|\bbroken", re.IGNORECASE)
_MEAL: Final = re.compile(r"午休|午餐|午饭|\blunch", re.IGNORECASE)


def is_fault(reason: str | None) -> bool:
    """Whether the clerk's terminal, or what stands at it, does not work."""
    return reason is not None and _FAULT.search(reason) is not None


def is_meal(reason: str | None) -> bool:
    """Whether the clerk eats; a fault at noon is a fault."""
    return reason is not None and not is_fault(reason) and _MEAL.search(reason) is not None
