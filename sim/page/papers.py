"""Papers: looked at closely, and scanned as a phone would."""

from __future__ import annotations

import asyncio
import io
import logging
import subprocess
from pathlib import Path

import msgspec
from nicegui import ui
from PIL import Image

from sim.page import qr
from sim.page.parts import Doing, button, esc, raw
from sim.page.seen import Paper, Seen
from sim.people import eyes

log = logging.getLogger(__name__)

MARGIN = 12


class Scan(msgspec.Struct, frozen=True, kw_only=True):
    """What a reader found on a paper: the text of its code, and where it stands (left, top, right, bottom)."""

    text: str
    box: tuple[int, int, int, int] | None = None


def scan(png: Path) -> Scan | None:
    """Read the QR code on a picture with zbar; None when there is none, or no reader on this machine."""
    try:
        with Image.open(png) as paper:
            found, place = eyes.codes(paper), qr.find(paper)
        return Scan(text=found[0], box=place) if found else None
    except (OSError, subprocess.TimeoutExpired) as error:
        log.info("nothing read", extra={"why": str(error)})
        return None


def code_picture(png: Path, box: tuple[int, int, int, int]) -> bytes:
    """The code cut out of the paper, as PNG."""
    left, top, right, bottom = box
    with Image.open(png) as paper:
        out = io.BytesIO()
        paper.crop((max(0, left - MARGIN), max(0, top - MARGIN), right + MARGIN, bottom + MARGIN)).save(
            out, "PNG"
        )
    return out.getvalue()


class Papers:
    """The paper in one's hand."""

    def __init__(self, doing: Doing) -> None:
        """Draws into the page; closed."""
        self._doing = doing
        self._papers: tuple[Paper, ...] = ()
        self._dialog = ui.dialog()
        with self._dialog, ui.card().classes("hand"), ui.element("div").classes("paper-view"):
            self._slip = raw()
            with ui.element("div").style("display:flex;flex-direction:column;gap:12px"):
                self._about = raw()
                self._scan = raw().props('data-test="scanned"')
                button("放下", "Put it down", self._dialog.close, test="paper-close")

    def show(self, seen: Seen) -> None:
        """See :class:`sim.page.parts.Part`."""
        self._papers = seen.papers

    async def open(self, number: int) -> None:
        """Pick up the paper of that number."""
        found = next((paper for paper in self._papers if paper.slip.number == number), None)
        file = paper_file(self._doing.bridge.folder, number)
        if file is None:
            return
        length = f"{found.slip.length_mm:.0f} mm" if found else ""
        self._slip.set_content(f'<img class="slip" src="/papers/{number}.png" alt="号票 ticket">')
        self._about.set_content(f'<h2 class="title">纸票 #{number} <small>Paper {length}</small></h2>')
        self._scan.set_content("<small>正在扫描 scanning…</small>")
        self._dialog.open()
        result = await asyncio.to_thread(scan, file)
        if result is None:
            self._scan.set_content("<small>这张纸上没有读到二维码 No QR code was read on this paper</small>")
            return
        picture = (
            f'<img class="qr" src="/papers/{number}/code.png" alt="二维码 QR code">' if result.box else ""
        )
        self._scan.set_content(
            f"{picture}<h3>扫出来的文字 <small>What a phone reads</small></h3>"
            f'<div class="decoded" data-test="decoded">{esc(result.text)}</div>'
        )


def paper_file(folder: Path, number: int) -> Path | None:
    """The picture of a paper; None when there is none."""
    return next(iter(sorted((folder / "world" / "papers").glob(f"{number:04d}-*.png"))), None)
