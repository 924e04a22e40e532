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
from functools import cache, partial
from pathlib import Path
from sys import intern
from typing import Any

from PIL import Image

#: the font's glyphs are data, as on the wall: what a person knows who can read
GLYPHS = Path(__file__).parents[2] / "devices" / "parts" / "hall16.hex.gz"
HEIGHT = 16
#: from where the columns beside a number begin
BESIDE_THE_NUMBER = 440
#: bare paper, then more ink in a row than any stroke of a number has; and more such rows than a frame has
BOX_RUN = re.compile(rb"[\x90-\xff]{10}[\x00-\x60]{110,}")
BOX_ROWS = 10
PATIENCE_S = 60


#: facts that are read at a time
PAGE = 5000


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the journal."""

    n: int
    body: str
    cause: str
    ask: str | None
    #: the hall's open day
    day: str | None
    #: who asked or told, for what this follows from
    member: str = ""

    @property
    def fact(self) -> dict[str, Any]:
        """The fact as it was told."""
        told: dict[str, Any] = json.loads(self.body)
        return told


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody of the crowd asked, and the whole message that answered it; None without."""

    id: str
    type: str
    answer: str | None
    #: the asker took it back, or gave a lent number instead
    given_up: bool = False


@dataclass(frozen=True, slots=True)
class Sent:
    """What a device of the crowd kept in its outbox, as it was sent."""

    member: str
    outbox: str
    seq: int
    body: str


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
    #: of the crowd: all it asked, a second answer that contradicts the first, all it sent
    asked: list[Asked] = field(default_factory=list)
    contradicted: list[tuple[str, str]] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    #: what became of each event the hub dealt with, by outbox and seq
    settled: dict[tuple[str, int], str] = field(default_factory=dict)

    def noted(self, what: str) -> list[dict[str, Any]]:
        """The record's lines of one kind."""
        return [line for line in self.record if line["what"] == what]


def read(folder: Path) -> Evidence:
    """The evidence of a run in `folder`. Needs ``zbarimg``; FileNotFoundError names what is missing."""
    store = folder / "store" / "hub.db"
    evidence = Evidence()
    _journal(store if store.exists() else folder / "hub.db", evidence)
    rest = json.loads((folder / "evidence" / "rest.json").read_text(encoding="utf-8"))
    record = (folder / "evidence" / "record.jsonl").read_text(encoding="utf-8").splitlines()
    evidence.waiting_papers = _jobs(folder / "cards" / f"{rest['dispenser']}.card")
    evidence.papers = _papers(sorted((folder / "evidence" / "papers").glob("*.png")))
    evidence.record = [json.loads(line) for line in record]
    evidence.rest = rest
    for book in sorted((folder / "crowd").glob("*.db")):
        _book(book, evidence)
    return evidence


def _journal(store: Path, into: Evidence) -> None:
    with sqlite3.connect(f"file:{store}?mode=ro", uri=True) as journal:
        facts = journal.execute("select n, body, cause, ask, day, member from facts order by n")
        into.rows = [
            Row(n, body.decode(), cause, ask, intern(day or ""), intern(member))
            for n, body, cause, ask, day, member in facts
        ]
        into.withdrawn = {ask for (ask,) in journal.execute("select ask from withdrawn")}
        events = journal.execute("select outbox, seq, outcome from events")
        into.settled = {(intern(outbox), seq): intern(outcome) for outbox, seq, outcome in events}
    journal.close()


def _book(file: Path, into: Evidence) -> None:
    """What one part of the crowd wrote down."""
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as book:
        for ask, body, answer, given_up in book.execute("select id, body, answer, given_up from asks"):
            into.asked.append(Asked(ask, intern(json.loads(body)["type"]), answer, bool(given_up)))
        into.contradicted += book.execute("select id, answer from contradictions")
        for member, outbox, seq, body in book.execute(
            "select member, outbox, seq, body from events join outboxes using (outbox) order by outbox, seq"
        ):
            into.sent.append(Sent(intern(member), intern(outbox), seq, body))
        for ticket, step, window, grade, t in book.execute(
            "select ticket, step, window, grade, t from faces"
        ):
            pressed = {"t": t, "window": window, "ticket": ticket, "step": step}
            # it stands in the outbox with the press, so nobody has to ask whether the person was thanked
            into.record += [{"what": "face", "grade": grade, **pressed}, {"what": "thanks", **pressed}]
        for n, member, number, day, copy in book.execute(
            "select rowid, member, number, day, copy from papers"
        ):
            into.papers.append(Paper(f"{member}/{n}", [(number, day)], partial(_copy, copy)))
    book.close()


def _copy(copy: int) -> bool:
    """A dispenser of the crowd writes no 补打, but which copy it is."""
    return copy > 1


def told(rows: list[Row]) -> list[dict[str, Any]]:
    """The facts of these rows. Many at a time: so their keys are the same strings, a third of the memory of one by one."""
    facts: list[dict[str, Any]] = []
    for begin in range(0, len(rows), PAGE):
        facts += json.loads(f"[{','.join(row.body for row in rows[begin : begin + PAGE])}]")
    return facts


def _jobs(card: Path) -> set[str]:
    """The dispenser's own tickets that wait there; what others ordered is not printed because it stands on the card."""
    with sqlite3.connect(f"file:{card}?mode=ro", uri=True) as memory:
        jobs = memory.execute("select value from card where key glob 'job/*'").fetchall()
    memory.close()
    waiting = [json.loads(job) for (job,) in jobs]
    return {job["issued"]["ticket"] for job in waiting if not job["command"]}


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
    return Paper(picture.name, tickets, lambda: is_marked(picture))


def is_marked(picture: Path) -> bool:
    """Whether a filled black box stands beside the number, as 补打 has and nothing else there.

    优先 has a thin frame; the banner that the network is down begins left of there. What a killed dispenser began to print may stand
    above the number, so it is looked for in the whole length of the paper.
    """
    with Image.open(picture) as paper:
        grey = paper.convert("L").crop((BESIDE_THE_NUMBER, 0, paper.width, paper.height))
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
