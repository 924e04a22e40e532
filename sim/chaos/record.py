"""What the harness itself did and saw, line by line, on disk as it happens: evidence for the checker beside journal and papers.

Each line is a JSON object with ``what`` and ``t`` (this machine's true time, seconds since 1970):
``press`` (letter), ``face`` (window, grade, ticket, step), ``thanks`` (window, ticket, step), ``ask`` (id, type),
``answer`` (id, ok, code, facts), ``fault`` (kind, target, begins, ends …), ``end`` (everything at rest).
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any


class Record:
    """One run's record."""

    def __init__(self, file: Path) -> None:
        """`file` is begun anew."""
        self._lines = file.open("w", encoding="utf-8", buffering=1)
        self.counts: dict[str, int] = {}

    def note(self, what: str, **more: Any) -> None:
        """One line."""
        self.counts[what] = self.counts.get(what, 0) + 1
        line = {"what": what, "t": round(time.time(), 3), **more}
        self._lines.write(json.dumps(line, ensure_ascii=False) + "\n")

    def close(self) -> None:
        """No more lines; may be called twice."""
        self._lines.close()
