"""What a real key did, played again at its pin: every edge of the contact, at its own time, instead of the model's bounce.

The file is what ``gpiomon`` of libgpiod writes on a Pi while somebody presses (``gpiomon --chip gpiochip0 5 6 13 > keys.txt``; version 1:
``gpiomon gpiochip0 5 6 13``). Nothing of ours has to run there, and no debouncing is in it::

    123.456789012	falling	gpiochip0 5
    event: FALLING EDGE offset: 5 timestamp: [     123.456789012]

A falling edge closes the contact, a rising one opens it. The first edge is the beginning of time.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from hall.clock import Seconds

_NEW = re.compile(r"\s*(?P<at>\d+\.\d+)\s+(?P<edge>rising|falling)\s+\S+\s+(?P<pin>\d+)\b")
_OLD = re.compile(
    r"\s*event:\s+(?P<edge>RISING|FALLING) EDGE offset:\s+(?P<pin>\d+) timestamp: \[\s*(?P<at>\d+\.\d+)\]"
)


class RecordedEdge(NamedTuple):
    """A contact at BCM `pin` closed or opened, so many seconds after the recording's first edge."""

    after: Seconds
    pin: int
    closed: bool


def read(path: Path) -> tuple[RecordedEdge, ...]:
    """The edges in the file, in their order.

    :raises ValueError: names the line that gpiomon did not write, or says that there is none.
    """
    found: list[tuple[Seconds, int, bool]] = []
    for n, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
        if not line.strip():
            continue
        edge = _NEW.match(line) or _OLD.match(line)
        if edge is None:
            raise ValueError(f"{path}: line {n} is no edge as gpiomon writes it: {line[:60]!r}")
        found.append((float(edge["at"]), int(edge["pin"]), edge["edge"].lower() == "falling"))
    if not found:
        raise ValueError(f"{path}: there is no edge in it")
    begin = found[0][0]
    return tuple(RecordedEdge(at - begin, pin, closed) for at, pin, closed in found)
