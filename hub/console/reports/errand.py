"""A page's errand to the worker: the process, how far it is, and its end.

Rules:

* At most :data:`AT_ONCE` reports are made at a time; whoever comes next waits for its turn.
* A worker whose page was closed, or whose reader has changed their mind, is ended; nothing of it stays.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import msgspec

from hall.errors import Fault, Refused
from hall.text import Text
from hub.console.reports.figures import Report
from hub.console.reports.worker import Job, Said

AT_ONCE: Final = 2
#: A whole report, or a year of ratings, is one line.
_LINE_BYTES: Final = 256 * 1024 * 1024

_turn = asyncio.Semaphore(AT_ONCE)
_decoder = msgspec.json.Decoder(Said)

#: What hears how far it is.
Tell = Callable[[int, int], None]


class Errand:
    """One thing asked of a worker."""

    def __init__(self) -> None:
        """Nothing runs yet."""
        self._process: asyncio.subprocess.Process | None = None
        self._cancelled = False

    async def report(self, job: Job, tell: Tell) -> Report | None:
        """The report; None when it was cancelled. Raises ``Fault``; refuses what the worker refuses."""
        said = await self._run(job, tell)
        return None if said is None else said.report

    async def ratings(self, job: Job, tell: Tell) -> str | None:
        """The ratings as CSV; else as :meth:`report`."""
        said = await self._run(job, tell)
        return None if said is None else said.csv

    def cancel(self) -> None:
        """Nobody waits for it any more; may be called at any time."""
        self._cancelled = True
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.kill()

    async def _run(self, job: Job, tell: Tell) -> Said | None:
        async with _turn:
            if self._cancelled:
                return None
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "hub.console.reports.worker",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                limit=_LINE_BYTES,
            )
            try:
                return await self._hear(self._process, job, tell)
            finally:
                self.cancel()
                await self._process.wait()

    async def _hear(self, process: asyncio.subprocess.Process, job: Job, tell: Tell) -> Said | None:
        assert process.stdin is not None
        assert process.stdout is not None
        with suppress(BrokenPipeError, ConnectionResetError):
            process.stdin.write(msgspec.json.encode(job))
            await process.stdin.drain()
            process.stdin.close()
        while line := await process.stdout.readline():
            said = _decoder.decode(line)
            if said.refused is not None:
                raise Refused("report-refused", said.refused)
            if said.report is not None or said.csv is not None:
                return said
            tell(said.done, said.of)
        if self._cancelled:
            return None
        raise Fault("report-ended", _ENDED)


_ENDED = Text(
    zh="对不起，报表没有算完，请再试一次；还不行请找技术员",
    en="Sorry, the report was not finished; please try again, and ask the technician if it stays so",
)
