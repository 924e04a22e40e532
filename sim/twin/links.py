"""The cables between members and broker as something that can be broken: what can be wrong with one, and how to say so.

:mod:`sim.twin.proxy` is the process that holds the cables; :class:`LinksClient` is the hand at them, for the page, tests and chaos.
Its control socket speaks JSON lines: ``{"verb": "set", "member": "hub", "faults": {"latency_s": 0.2}}`` and back
``{"ok": true, "result": …}`` or ``{"ok": false, "error": "…"}``.

What each fault means on a TCP stream that stays a valid MQTT stream:

* ``cut``: the cable is out. Nothing moves; bytes wait as they do in TCP, and go on when it is in again.
* ``latency_s``, ``bytes_per_s``: every byte later, and not more than so many a second; both directions each.
* ``lose``: a share of the PUBLISH packets is acknowledged to its sender and never delivered, as by a broker that dies with them.
  A link that lost something is broken off when the fault is healed: neither side may believe that the stream was whole.
* ``duplicate``: a share of the QoS 1 packets is delivered twice, the second with DUP.
* ``reorder``: a share of the PUBLISH packets is overtaken by the next one on another topic. On one topic MQTT promises order.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Self, TypeVar

import msgspec
from msgspec import Meta

from hall.clock import Seconds
from hall.text import Text

Share = Annotated[float, Meta(ge=0.0, le=1.0)]
T = TypeVar("T")

RETRY_S: Seconds = 0.05


class LinkFaults(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is wrong with one cable; nothing by default."""

    cut: bool = False
    latency_s: Annotated[float, Meta(ge=0.0, le=60.0)] = 0.0
    bytes_per_s: Annotated[int, Meta(ge=100)] | None = None
    lose: Share = 0.0
    duplicate: Share = 0.0
    reorder: Share = 0.0


SOUND = LinkFaults()
"""A cable with nothing wrong."""


class LinkSeen(msgspec.Struct, frozen=True, kw_only=True):
    """One cable: its faults, how many connections run through it, and what happened to its packets so far."""

    faults: LinkFaults = SOUND
    connections: int = 0
    packets: int = 0
    lost: int = 0
    doubled: int = 0
    overtaken: int = 0
    broken_off: int = 0


class LinksPlan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Every cable: the port its member connects to, all leading to one broker on the loopback."""

    broker_port: int
    #: member → port
    ports: dict[str, int]
    #: path of the control socket
    control: str
    seed: int = 7


class _Request(msgspec.Struct, frozen=True, kw_only=True, tag_field="verb", forbid_unknown_fields=True):
    pass


class SetFaults(_Request, tag="set", frozen=True, kw_only=True):
    """This is wrong with the member's cable from now on, and nothing else."""

    member: str
    faults: LinkFaults


class BreakOff(_Request, tag="break-off", frozen=True, kw_only=True):
    """End the member's connections at once, both ways; it may connect again."""

    member: str


class Look(_Request, tag="look", frozen=True, kw_only=True):
    """Ask how every cable is."""


Request = SetFaults | BreakOff | Look


class Reply(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What comes back for each request."""

    ok: bool
    result: Any = None
    error: str = ""


class LinksError(RuntimeError):
    """The proxy refused, with its reason, or does not answer."""


class LinksClient:
    """One hand at the cables. Each call blocks for its reply (milliseconds); not to be shared between threads."""

    def __init__(self, control: Path | str, timeout_s: Seconds = 5.0) -> None:
        """`control` is :attr:`LinksPlan.control`; a call waits up to `timeout_s` for a proxy and its reply."""
        self._path, self._timeout = str(control), timeout_s
        self._socket: socket.socket | None = None
        self._file: Any = None

    def set(self, member: str, faults: LinkFaults) -> None:
        """This is wrong with the cable from now on; :data:`SOUND` heals it.

        :raises LinksError: for a member that has no cable.
        """
        self._ask(SetFaults(member=member, faults=faults), type(None))

    def change(self, member: str, **faults: Any) -> None:
        """Change some of what is wrong, ``change("hub", latency_s=0.2)``, and keep the rest."""
        self.set(member, msgspec.structs.replace(self.look()[member].faults, **faults))

    def heal(self, member: str | None = None) -> None:
        """Make one cable sound again, or all of them."""
        for name in (member,) if member is not None else self.look():
            self.set(name, SOUND)

    def break_off(self, member: str) -> None:
        """End the member's connections at once."""
        self._ask(BreakOff(member=member), type(None))

    def look(self) -> dict[str, LinkSeen]:
        """How every cable is."""
        return self._ask(Look(), dict[str, LinkSeen])

    def close(self) -> None:
        """Hang up; may be called twice."""
        if self._socket is not None:
            self._file.close()
            self._socket.close()
            self._socket = self._file = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _ask(self, request: Request, kind: type[T]) -> T:
        reply = msgspec.json.decode(self._talk(msgspec.json.encode(request) + b"\n"), type=Reply)
        if not reply.ok:
            raise LinksError(reply.error)
        return msgspec.convert(reply.result, kind)

    def _talk(self, line: bytes) -> bytes:
        end = time.monotonic() + self._timeout
        while True:
            try:
                if self._socket is None:
                    self._connect()
                assert self._socket is not None
                self._socket.settimeout(max(0.01, end - time.monotonic()))
                self._socket.sendall(line)
                answer: bytes = self._file.readline()
                if answer:
                    return answer
                raise ConnectionError("the proxy hung up")
            except OSError as error:
                self.close()
                if time.monotonic() > end:
                    raise LinksError(f"no proxy at {self._path}: {error}") from error
                time.sleep(RETRY_S)

    def _connect(self) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._file = self._socket.makefile("rb")
        self._socket.connect(self._path)


#: what people switch: names as on the page, and what they do to a cable
SWITCHES: dict[str, Callable[[], LinkFaults]] = {
    "cut": lambda: LinkFaults(cut=True),
    "slow": lambda: LinkFaults(latency_s=0.4, bytes_per_s=4000),
    "lossy": lambda: LinkFaults(lose=0.3),
    "duplicating": lambda: LinkFaults(duplicate=0.5),
    "reordering": lambda: LinkFaults(reorder=0.5),
}

SWITCH_WORDS: dict[str, Text] = {
    "cut": Text(zh="断网", en="cable cut"),
    "slow": Text(zh="网慢", en="slow line"),
    "lossy": Text(zh="丢消息", en="loses messages"),
    "duplicating": Text(zh="重复消息", en="doubles messages"),
    "reordering": Text(zh="乱序", en="out of order"),
}
"""What people call them."""
