"""Talks to the world: presses keys, switches faults, looks; for the demo, the page and tests.

Calls block for a reply (milliseconds) and survive a restart of the world. `listen` calls back from a thread of its own:
hand over to your scheduler with ``call_soon``.
"""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self, TypeVar

import msgspec

from hall.clock import Seconds
from sim.twin.faults import FaultSeen
from sim.twin.world_plan import MemberPlan
from sim.twin.world_talk import (
    Event,
    Events,
    Free,
    Heal,
    Hold,
    ListFaults,
    ListMembers,
    Look,
    LookAt,
    Press,
    Release,
    Replay,
    Request,
    Scan,
    SlipSeen,
    SoundSeen,
    Stick,
    SwitchFault,
)

log = logging.getLogger(__name__)

RETRY: Seconds = 0.05

E = TypeVar("E", bound=Event)
T = TypeVar("T")


class WorldError(RuntimeError):
    """The world refused, with its reason, or does not answer."""


class _Reply(msgspec.Struct):
    ok: bool
    id: int | None = None
    result: Any = None
    error: str = ""


class _Lines:
    """One connection that reads JSON lines with a deadline."""

    def __init__(self, path: Path, deadline: Seconds) -> None:
        while True:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                self._socket.connect(str(path))
            except OSError as error:
                self._socket.close()
                if time.monotonic() > deadline:
                    raise WorldError(f"no world at {path}: {error}") from error
                time.sleep(RETRY)
            else:
                break
        self._rest = b""
        self._ready: deque[bytes] = deque()

    def send(self, request: Request) -> None:
        """Send one request."""
        self._socket.settimeout(5)
        self._socket.sendall(msgspec.json.encode(request) + b"\n")

    def receive(self, deadline: Seconds | None) -> bytes:
        """The next line; raises TimeoutError at the deadline, ConnectionError when the world is gone."""
        while not self._ready:
            self._socket.settimeout(None if deadline is None else max(0.001, deadline - time.monotonic()))
            data = self._socket.recv(65536)
            if not data:
                raise ConnectionError("the world closed the connection")
            *lines, self._rest = (self._rest + data).split(b"\n")
            self._ready.extend(lines)
        return self._ready.popleft()

    def close(self) -> None:
        """Hang up; wakes a reader in another thread."""
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            log.debug("the world had hung up already")
        self._socket.close()


class WorldClient:
    """One user of the world's control socket; not to be shared between threads."""

    def __init__(self, control: Path | str, timeout_s: Seconds = 5.0) -> None:
        """`control` is `WorldPlan.control`; a call waits up to `timeout_s` for a world and its reply."""
        self._path, self._timeout = Path(control), timeout_s
        self._lines: _Lines | None = None
        self._count = 0

    # -- fingers -----------------------------------------------------------------------------------------------------

    def press(self, member: str, key: str, seconds: Seconds = 0.15) -> None:
        """Press a key for `seconds`; returns at once."""
        self._reply(Press(member=member, key=key, seconds=seconds))

    def hold(self, member: str, key: str) -> None:
        """Put a finger on a key and leave it there."""
        self._reply(Hold(member=member, key=key))

    def release(self, member: str, key: str) -> None:
        """Take the finger off a key."""
        self._reply(Release(member=member, key=key))

    def stick(self, member: str, key: str) -> None:
        """Jam a key."""
        self._reply(Stick(member=member, key=key))

    def free(self, member: str, key: str) -> None:
        """Make a key sound again."""
        self._reply(Free(member=member, key=key))

    def scan(self, member: str, code: str) -> None:
        """Show a code to the member's reader."""
        self._reply(Scan(member=member, code=code))

    # -- faults ------------------------------------------------------------------------------------------------------

    def fault(self, member: str, fault: str, where: str | None = None) -> None:
        """Switch a fault on; `where` is a key's name or a module's number."""
        self._reply(SwitchFault(member=member, fault=fault, where=where))

    def heal(self, member: str, fault: str | None = None) -> None:
        """Repair one fault, or everything."""
        self._reply(Heal(member=member, fault=fault))

    def faults(self, member: str) -> list[FaultSeen]:
        """Which faults the member can have, and has."""
        return self._ask(ListFaults(member=member), list[FaultSeen])

    def replay(self, member: str, file: Path) -> Seconds:
        """Play what real keys did, from a file of ``gpiomon``; returns at once, with how many seconds it takes."""
        return self._ask(Replay(member=member, file=str(file.resolve())), float)

    # -- eyes --------------------------------------------------------------------------------------------------------

    def members(self) -> list[MemberPlan]:
        """Who is there, with what hands."""
        return self._ask(ListMembers(), list[MemberPlan])

    def look(self, member: str, *, png: bool = False) -> Look:
        """Everything one sees of a member; with `png` its panel is drawn into a file too."""
        return self._ask(LookAt(member=member, png=png), Look)

    def dots(self, member: str) -> list[str]:
        """The panel as rows of # and ., empty without one."""
        panel = self.look(member).panel
        return list(panel.rows) if panel is not None else []

    def panel_png(self, member: str) -> Path:
        """A photo of the panel, drawn now.

        :raises WorldError: when the member has no panel.
        """
        panel = self.look(member, png=True).panel
        if panel is None or panel.png is None:
            raise WorldError(f"{member} has no panel")
        return Path(panel.png)

    def lamps(self, member: str) -> dict[str, float]:
        """How bright each lamp is, 0 … 1."""
        return self.look(member).lamps

    def last_slip(self, member: str) -> SlipSeen | None:
        """The last paper that came out."""
        printer = self.look(member).printer
        return printer.last if printer is not None else None

    def last_sound(self, member: str) -> SoundSeen | None:
        """The last sound that ended."""
        speaker = self.look(member).speaker
        return speaker.last if speaker is not None else None

    # -- ears --------------------------------------------------------------------------------------------------------

    def events(self) -> EventStream:
        """What happens from now on; use it in a `with` block."""
        return EventStream(self._path, self._timeout)

    def listen(self, callback: Callable[[Event], None]) -> Callable[[], None]:
        """Call `callback(event)` from a thread of its own, through restarts of the world; returns a function that ends it.

        Returns once the world listens to us, or after the timeout: it goes on trying.
        """
        listener = _Listener(self._path, callback)
        listener.start()
        listener.heard.wait(self._timeout)
        return listener.stop

    def close(self) -> None:
        """Hang up; may be called twice."""
        if self._lines is not None:
            self._lines.close()
            self._lines = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _ask(self, request: Request, result: type[T]) -> T:
        return msgspec.convert(self._reply(request), result)

    def _reply(self, request: Request) -> Any:
        deadline = time.monotonic() + self._timeout
        self._count += 1
        request = msgspec.structs.replace(request, id=self._count)
        while True:
            try:
                if self._lines is None:
                    self._lines = _Lines(self._path, deadline)
                self._lines.send(request)
                while True:
                    reply = msgspec.json.decode(self._lines.receive(deadline), type=_Reply)
                    if reply.id == self._count:
                        break
            except OSError as error:  # the world was restarted, or is stuck
                self.close()
                if time.monotonic() > deadline:
                    raise WorldError(f"the world at {self._path} does not answer: {error}") from error
                continue
            if not reply.ok:
                raise WorldError(reply.error)
            return reply.result


class EventStream:
    """The world's events since this stream was opened, in order."""

    def __init__(self, path: Path, timeout_s: Seconds) -> None:
        self._timeout = timeout_s
        self._lines = _Lines(path, time.monotonic() + timeout_s)
        self._lines.send(Events(id=0))
        self._lines.receive(time.monotonic() + timeout_s)

    def next(self, timeout_s: Seconds | None = None) -> Event:
        """The next event; raises TimeoutError when nothing happens, ConnectionError when the world ends."""
        patience = self._timeout if timeout_s is None else timeout_s
        event: Event = msgspec.json.decode(self._lines.receive(time.monotonic() + patience), type=Event)
        return event

    def wait_for(
        self,
        kind: type[E],
        member: str | None = None,
        *,
        where: Callable[[E], bool] = lambda _: True,
        timeout_s: Seconds = 10.0,
    ) -> E:
        """The next event of `kind` (of `member`, for which `where` holds); raises TimeoutError when it does not come."""
        deadline = time.monotonic() + timeout_s
        while True:
            event = self.next(deadline - time.monotonic())
            if isinstance(event, kind) and member in {None, event.member} and where(event):
                return event

    def close(self) -> None:
        """Hang up; may be called twice."""
        self._lines.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Listener(threading.Thread):
    """Follows the events through restarts of the world."""

    def __init__(self, path: Path, callback: Callable[[Event], None]) -> None:
        super().__init__(name="world-events", daemon=True)
        self._path, self._callback = path, callback
        self._stopped = threading.Event()
        self.heard = threading.Event()
        self._stream: EventStream | None = None

    def run(self) -> None:
        """Read until stopped."""
        while not self._stopped.is_set():
            try:
                self._stream = EventStream(self._path, 1.0)
                self.heard.set()
                while not self._stopped.is_set():
                    self._tell(self._stream.next(3600))
            except (OSError, WorldError, msgspec.MsgspecError) as error:
                log.debug("world events: %s", error)
                self._stopped.wait(RETRY)
            finally:
                if self._stream is not None:
                    self._stream.close()

    def _tell(self, event: Event) -> None:
        try:
            self._callback(event)
        except Exception:
            log.exception("a listener to the world failed; it goes on with the next event")

    def stop(self) -> None:
        """End the thread; may be called twice."""
        self._stopped.set()
        if self._stream is not None:
            self._stream.close()
        if threading.current_thread() is not self:
            self.join(2)
