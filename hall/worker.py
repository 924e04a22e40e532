"""Slow work beside the loop: printing, sound. Jobs are done one after the other, in order."""

from __future__ import annotations

import logging
import queue
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol, TypeVar

from hall.clock import Scheduler, Seconds

T = TypeVar("T")
log = logging.getLogger(__name__)


class Worker(Protocol):
    """Does jobs that take long, one at a time."""

    def submit(self, job: Callable[[], T], done: Callable[[T | BaseException], None]) -> None:
        """Do `job` after those already waiting; `done` gets its result, or the exception it raised, from the loop."""

    def close(self) -> None:
        """Take no more; what waits is dropped, what runs may end. May be called twice."""


#: workers of this process that are not closed
_WORKING: weakref.WeakSet[ThreadWorker] = weakref.WeakSet()


def working() -> list[ThreadWorker]:
    """Every worker of this process that takes jobs: whoever watches over it looks at all of them."""
    return list(_WORKING)


class ThreadWorker:
    """A worker with one thread of its own, for real processes."""

    def __init__(self, scheduler: Scheduler, name: str) -> None:
        """`name` is the thread's, for whoever looks at the process."""
        self._scheduler = scheduler
        self._jobs: queue.SimpleQueue[tuple[Callable[[], Any], Callable[[Any], None]] | None]
        self._jobs = queue.SimpleQueue()
        self._closed = False
        self.name = name
        #: when the job being done began, by the monotonic clock
        self._began: Seconds | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()
        _WORKING.add(self)

    def well(self, within_s: Seconds) -> bool:
        """Whether its thread lives, and is not longer at one job than `within_s`."""
        began = self._began
        return self._thread.is_alive() and (began is None or time.monotonic() - began <= within_s)

    def submit(self, job: Callable[[], T], done: Callable[[T | BaseException], None]) -> None:
        """See :class:`Worker`."""
        if not self._closed:
            self._jobs.put((job, done))

    def close(self, wait_s: Seconds = 1.0) -> None:
        """See :class:`Worker`; waits at most `wait_s` for the job being done."""
        if not self._closed:
            self._closed = True
            _WORKING.discard(self)
            self._jobs.put(None)
        self._thread.join(wait_s)

    def _run(self) -> None:
        while (entry := self._jobs.get()) is not None:
            if self._closed:
                return
            job, done = entry
            result: Any
            self._began = time.monotonic()
            try:
                result = job()
            except BaseException as error:  # noqa: BLE001 - handed to the loop, whatever it is: the thread must live on
                result = error
            self._began = None
            self._scheduler.call_soon(partial(self._tell, done, result))

    def _tell(self, done: Callable[[Any], None], result: Any) -> None:
        if not self._closed:
            done(result)


class InlineWorker:
    """A worker for simulated days: the job is done at once, and has taken `took()` seconds of the scheduler's time."""

    def __init__(self, scheduler: Scheduler, took: Callable[[], Seconds]) -> None:
        """`took` is asked after each job how long it would have needed."""
        self._scheduler = scheduler
        self._took = took
        self._waiting: deque[tuple[Callable[[], Any], Callable[[Any], None]]] = deque()
        self._busy = False
        self._closed = False

    def submit(self, job: Callable[[], T], done: Callable[[T | BaseException], None]) -> None:
        """See :class:`Worker`; begins now when nothing is being done."""
        if self._closed:
            return
        self._waiting.append((job, done))
        if not self._busy:
            self._next()

    def close(self) -> None:
        """See :class:`Worker`."""
        self._closed = True
        self._waiting.clear()

    def _next(self) -> None:
        if not self._waiting:
            return
        self._busy = True
        job, done = self._waiting.popleft()
        result: Any
        try:
            result = job()
        except Exception as error:  # noqa: BLE001 - handed to the loop, as in a real process
            result = error
        self._scheduler.call_later(self._took(), partial(self._tell, done, result))

    def _tell(self, done: Callable[[Any], None], result: Any) -> None:
        self._busy = False
        if self._closed:
            return
        try:
            done(result)
        finally:
            if not self._busy:
                self._next()
