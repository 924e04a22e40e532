"""The table of ``docs/tickets.md``, drawn from the hall's own table of lives: ``scripts/lives_page.py`` (``--check`` only compares)."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from hub.domain.lives import AT_WINDOW, TABLE, Deed, Standing

PAGE = Path(__file__).parent.parent / "docs" / "tickets.md"
BEGIN, END = "<!-- begin:lives -->", "<!-- end:lives -->"


def table() -> str:
    """A row for each deed, a column for each standing."""
    columns = list(Standing)
    rows = [
        "| deed | " + " | ".join(stands.value for stands in columns) + " |",
        "|---" * (len(columns) + 1) + "|",
    ]
    for deed in Deed:
        name = f"`{deed.value}`" + ("" if deed not in AT_WINDOW else " *")
        rows.append(f"| {name} | " + " | ".join(_cell(stands, deed) for stands in columns) + " |")
    return "\n".join(rows)


def _cell(stands: Standing, deed: Deed) -> str:
    answer = TABLE[stands][deed]
    if isinstance(answer, str):
        return f"`{answer}`"
    return "(noted)" if answer is stands and deed is not Deed.RECALL else f"→ **{answer.value}**"


def main() -> int:
    """Write the page, or with ``--check`` only say whether it is up to date."""
    old = PAGE.read_text(encoding="utf-8")
    pattern = re.escape(BEGIN) + ".*?" + re.escape(END)
    new = re.sub(pattern, lambda _: f"{BEGIN}\n{table()}\n{END}", old, flags=re.DOTALL)
    if "--check" in sys.argv[1:]:
        return 0 if new == old else 1
    PAGE.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
