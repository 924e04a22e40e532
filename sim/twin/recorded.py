"""A real printer's answers, played again: the paper stays the model's, what it says is what the printer in the recording said.

Rules:

* A question gets what the recording's printer answered to the next question of that kind, as long after the question as it did then.
* Before the recording's first question of a kind, and after its last, the printer says nothing: a recording is not made up.
* Without a scheduler answers come at once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from hall.clock import Seconds


class Recording:
    """What one printer said, from a file that a dispenser wrote (`printer.record`)."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self._answers: dict[str, deque[list[tuple[Seconds, bytes]]]] = {}
        asked: tuple[str, Seconds, list[tuple[Seconds, bytes]]] | None = None
        for row in rows:
            if "asked" in row:
                asked = (row["asked"], row["s"], [])
                self._answers.setdefault(_kind(row["asked"]), deque()).append(asked[2])
            elif "said" in row and asked is not None:
                asked[2].append((row["s"] - asked[1], bytes.fromhex(row["said"])))

    @classmethod
    def read(cls, path: Path) -> Recording:
        """The recording in the file `path`.

        :raises ValueError: names the line that is not of a recording.
        """
        rows = []
        for n, line in enumerate(path.read_bytes().splitlines(), start=1):
            try:
                row = msgspec.json.decode(line, type=dict[str, Any])
                float(row["s"])
            except (msgspec.DecodeError, KeyError, TypeError, ValueError) as error:
                raise ValueError(f"{path}: line {n} is not of a recording: {error}") from error
            rows.append(row)
        return cls(rows)

    def answers(self, question: bytes) -> Iterator[tuple[Seconds, bytes]]:
        """What is said to this question, each after so many seconds; nothing when the recording has no more."""
        waiting = self._answers.get(_kind(question.hex()))
        yield from waiting.popleft() if waiting else ()

    @property
    def left(self) -> int:
        """How many questions of any kind it still answers."""
        return sum(len(waiting) for waiting in self._answers.values())


def _kind(question: str) -> str:
    """Barriers are one kind, whatever they ask for."""
    return question if question.startswith("1004") else "barrier"
