"""What a run left behind, read as a stranger would.

The journal's rows, the dispenser's card, the people's record, the papers by their QR codes and the panels by their dots. Imports
nothing of hub, devices or the hall's language: only files and public text.
"""

from __future__ import annotations

import gzip
import json
import re
import sqlite3
import subprocess
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from PIL import Image

#: the font's glyphs are data, as on the wall: what a person knows who can read
GLYPHS = Path(__file__).parents[2] / "devices" / "parts" / "hall16.hex.gz"
HEIGHT = 16
BESIDE_THE_NUMBER = (440, 230, 672, 420)
#: more ink in a row than any stroke of a number has, and more such rows than a frame has
BOX_RUN = re.compile(rb"[\x00-\x60]{110,}")
BOX_ROWS = 10
PATIENCE_S = 60


@dataclass(frozen=True)
class Row:
    """One line of the journal."""

    n: int
    body: str
    cause: str
    ask: str | None
    #: the hall's open day
    day: str | None

    @property
    def fact(self) -> dict[str, Any]:
        """The fact as it was told."""
        told: dict[str, Any] = json.loads(self.body)
        return told


@dataclass
class Paper:
    """One paper, and the (number, day) of each ticket whose code is on it: what hangs from the printer may be two people's."""

    name: str
    tickets: list[tuple[str, str]]
    marked: Callable[[], bool] = lambda: False


@dataclass
class Evidence:
    """Everything that is judged."""

    rows: list[Row] = field(default_factory=list)
    withdrawn: set[str] = field(default_factory=set)
    #: tickets whose paper still waits on the dispenser's card
    waiting_papers: set[str] = field(default_factory=set)
    papers: list[Paper] = field(default_factory=list)
    record: list[dict[str, Any]] = field(default_factory=list)
    rest: dict[str, Any] = field(default_factory=dict)

    def noted(self, what: str) -> list[dict[str, Any]]:
        """The record's lines of one kind."""
        return [line for line in self.record if line["what"] == what]


def read(folder: Path) -> Evidence:
    """The evidence of a run in `folder`. Needs ``zbarimg``; FileNotFoundError names what is missing."""
    store = folder / "store" / "hub.db"
    rows, withdrawn = _journal(store if store.exists() else folder / "hub.db")
    rest = json.loads((folder / "evidence" / "rest.json").read_text(encoding="utf-8"))
    record = (folder / "evidence" / "record.jsonl").read_text(encoding="utf-8").splitlines()
    return Evidence(
        rows=rows,
        withdrawn=withdrawn,
        waiting_papers=_jobs(folder / "cards" / f"{rest['dispenser']}.card"),
        papers=_papers(sorted((folder / "evidence" / "papers").glob("*.png"))),
        record=[json.loads(line) for line in record],
        rest=rest,
    )


def _journal(store: Path) -> tuple[list[Row], set[str]]:
    with sqlite3.connect(f"file:{store}?mode=ro", uri=True) as journal:
        rows = [
            Row(n, body.decode(), cause, ask, day)
            for n, body, cause, ask, day in journal.execute(
                "select n, body, cause, ask, day from facts order by n"
            )
        ]
        withdrawn = {ask for (ask,) in journal.execute("select ask from withdrawn")}
    journal.close()
    return rows, withdrawn


def _jobs(card: Path) -> set[str]:
    with sqlite3.connect(f"file:{card}?mode=ro", uri=True) as memory:
        jobs = memory.execute("select value from card where key glob 'job/*'").fetchall()
    memory.close()
    return {json.loads(job)["issued"]["ticket"] for (job,) in jobs}


def _papers(pictures: Iterable[Path]) -> list[Paper]:
    with ThreadPoolExecutor(2) as readers:
        return list(readers.map(_paper, pictures))


def _paper(picture: Path) -> Paper:
    command = ["zbarimg", "-q", "--raw", "-Sdisable", "-Sqrcode.enable", str(picture)]
    said = subprocess.run(
        command, capture_output=True, check=False, timeout=PATIENCE_S, encoding="utf-8"
    ).stdout
    # a code says: hall, number, day and time of day
    words = [line.split() for line in said.splitlines()]
    tickets = [(line[-3], line[-2]) for line in words if len(line) >= 4]
    return Paper(picture.name, tickets, lambda: _is_marked(picture))


def _is_marked(picture: Path) -> bool:
    """Whether a filled black box stands beside the number, as 补打 has and nothing else there (优先 has a thin frame)."""
    with Image.open(picture) as paper:
        grey = paper.convert("L").crop(BESIDE_THE_NUMBER)
    pixels = grey.tobytes()
    rows = [pixels[start : start + grey.width] for start in range(0, len(pixels), grey.width)]
    return sum(bool(BOX_RUN.search(row)) for row in rows) >= BOX_ROWS


@cache
def glyphs(font: Path = GLYPHS) -> dict[tuple[str, ...], str]:
    """Each glyph of the font, rows of # and ., and its character; of look-alikes the commoner one."""
    known: dict[tuple[str, ...], str] = {}
    for line in gzip.decompress(font.read_bytes()).decode().split():
        code, _, rows = line.partition(":")
        step = len(rows) // HEIGHT
        dots = tuple(
            f"{int(rows[y * step : (y + 1) * step], 16):0{step * 4}b}".replace("1", "#").replace("0", ".")
            for y in range(HEIGHT)
        )
        known.setdefault(dots, chr(int(code, 16)))
    return known


class PanelReader:
    """Reads rows of # and . by the font's own glyphs, wherever on the panel the text begins."""

    def __init__(self, font: Path = GLYPHS) -> None:
        self._known = glyphs(font)

    def text(self, rows: list[str]) -> str:
        """What is written there; "" where nothing can be read."""
        return max((self._from(rows, begin) for begin in range(8)), key=_readable) if rows else ""

    def _from(self, rows: list[str], begin: int) -> str:
        said, x, width = "", begin, len(rows[0])
        while x < width:
            for size in (16, 8):
                char = self._known.get(tuple(row[x : x + size] for row in rows))
                if char is not None and (size == 8 or char.strip()):
                    said, x = said + char, x + size
                    break
            else:
                said, x = said + "?", x + 8
        return said.strip()


def _readable(text: str) -> int:
    return sum(1 if char not in "? " else -1 if char == "?" else 0 for char in text)
