"""The topic table: who says what, where, how, and how large it may be.

Rules:

* A topic is ``hall/1/<hall>/<member>/<leaf>``. ``1`` is the protocol's major version.
* Everything that depends on a leaf (quality of service, retention, limits, who may write and read it, the documents and the
  broker's access list) is drawn from :data:`LEAVES`; nothing else in the house spells a topic.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import NamedTuple

import msgspec

from hall.messages import answers, asks, commands, events, facts, presence, wants

PROTOCOL = 1
HUB = "hub"
MEMBER_LIMIT = 8 * 1024
HUB_LIMIT = 64 * 1024
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?")


class Writer(Enum):
    """Who writes a leaf."""

    MEMBER = "member"
    DEVICE = "device"
    HUB = "hub"


class Leaf(NamedTuple):
    """One row of the table. `name` may end in ``/<part>`` for leaves with a last, variable level."""

    name: str
    writer: Writer
    #: True when the topic belongs to the member the message is about; False: under ``hub``
    per_member: bool
    qos: int
    retained: bool
    types: tuple[type[msgspec.Struct], ...]
    says: str

    @property
    def limit(self) -> int:
        """Largest payload in bytes."""
        return HUB_LIMIT if self.writer is Writer.HUB else MEMBER_LIMIT


def _members(union: object) -> tuple[type[msgspec.Struct], ...]:
    return tuple(union.__args__)  # type: ignore[attr-defined]  # a types.UnionType


LEAVES: tuple[Leaf, ...] = (
    Leaf("$state", Writer.MEMBER, True, 1, True, (presence.State,), "a member's life; also its last will"),
    Leaf("$desc", Writer.MEMBER, True, 1, True, (presence.Description,), "what a member is"),
    Leaf(
        "$alert/<id>", Writer.MEMBER, True, 1, True, (presence.Alert,), "an open trouble; empty when solved"
    ),
    Leaf("up/beat", Writer.DEVICE, True, 0, False, (presence.Beat,), "every 5 s"),
    Leaf(
        "up/ask", Writer.MEMBER, True, 1, False, _members(asks.AnyAsk), "repeated each second until answered"
    ),
    Leaf("down/answer", Writer.HUB, True, 1, False, (answers.Done, answers.No), "to the asker"),
    Leaf(
        "up/event",
        Writer.DEVICE,
        True,
        1,
        False,
        _members(events.AnyEvent),
        "from a durable outbox until receipted",
    ),
    Leaf("down/receipt", Writer.HUB, True, 0, False, (answers.Receipt,), "after the hub's commit"),
    Leaf("down/want/<part>", Writer.HUB, True, 1, True, tuple(wants.WANTS.values()), "desired state"),
    Leaf("up/have/<part>", Writer.MEMBER, True, 1, True, (wants.Have,), "what the member converged to"),
    Leaf(
        "down/command", Writer.HUB, True, 1, False, _members(commands.AnyCommand), "done once, never retained"
    ),
    Leaf("up/result", Writer.DEVICE, True, 1, False, (commands.Result,), "how a command ended"),
    Leaf("fact/<type>", Writer.HUB, False, 1, False, _members(facts.AnyFact), "every committed fact"),
    Leaf("board", Writer.HUB, False, 1, True, (answers.Board,), "enough to draw the hall from nothing"),
    Leaf("rebirth", Writer.HUB, False, 1, False, (answers.Rebirth,), "everyone republishes"),
)


class Address(NamedTuple):
    """A topic taken apart: ``hall/1/demo/sign-3/down/want/display`` → hall, member, leaf ``down/want/<part>``, part ``display``."""

    hall: str
    member: str
    leaf: Leaf
    part: str | None


#: How many topics are remembered, and how long the longest of them is, so that no flood of names fills the memory.
_KNOWN, _USUAL = 4096, 160
_FIXED = {leaf.name: leaf for leaf in LEAVES if "<" not in leaf.name}
_PREFIXED = {leaf.name.split("<")[0]: leaf for leaf in LEAVES if "<" in leaf.name}


def is_name(text: str) -> bool:
    """Whether `text` may stand for a hall or a member in a topic."""
    return _NAME.fullmatch(text) is not None


class Topics:
    """The topics of one hall."""

    def __init__(self, hall: str) -> None:
        """`hall` must be a valid name."""
        if not is_name(hall):
            raise ValueError(f"not a hall id: {hall!r}")
        self.hall = hall
        self.root = f"hall/{PROTOCOL}/{hall}"
        #: a hall says the same thousand topics all day
        self._parsed: dict[str, Address] = {}

    def of(self, member: str, leaf: str) -> str:
        """The topic of `leaf` (with its last level filled in, e.g. ``down/want/display``) at `member`."""
        return f"{self.root}/{member}/{leaf}"

    def state(self, member: str) -> str:
        """Topic of the member's ``$state``."""
        return self.of(member, "$state")

    def fact(self, type_name: str) -> str:
        """Topic of a fact."""
        return self.of(HUB, f"fact/{type_name}")

    @property
    def board(self) -> str:
        """Topic of the board."""
        return self.of(HUB, "board")

    @property
    def rebirth(self) -> str:
        """Topic of the hub's call to republish."""
        return self.of(HUB, "rebirth")

    def device_filters(self, member: str) -> list[str]:
        """What a device subscribes to."""
        return [self.of(member, "down/#"), self.state(HUB), self.rebirth]

    def console_filters(self, member: str) -> list[str]:
        """What a console subscribes to."""
        return [self.of(member, "down/#"), self.of(HUB, "#"), *self.overheard]

    @property
    def overheard(self) -> list[str]:
        """What a console hears of every member: how it is, never what it asks, votes or answers."""
        return [self.of("+", leaf) for leaf in ("$state", "$desc", "$alert/+", "up/have/+", "up/beat")]

    def hub_filters(self) -> list[str]:
        """What the hub subscribes to."""
        return [self.of("+", leaf) for leaf in ("$state", "$desc", "$alert/+", "up/#")]

    def parse(self, topic: str) -> Address | None:
        """Take a topic of this hall apart; None when it is none of ours."""
        try:
            return self._parsed[topic]
        except KeyError:
            found = self._parse(topic)
        if found is not None and len(topic) <= _USUAL:
            if len(self._parsed) >= _KNOWN:
                self._parsed.clear()
            self._parsed[topic] = found
        return found

    def _parse(self, topic: str) -> Address | None:
        if not topic.startswith(self.root + "/"):
            return None
        member, _, rest = topic[len(self.root) + 1 :].partition("/")
        if not is_name(member):
            return None
        leaf = _FIXED.get(rest)
        if leaf is not None:
            return Address(self.hall, member, leaf, None) if leaf.per_member or member == HUB else None
        prefix, slash, part = rest.rpartition("/")
        leaf = _PREFIXED.get(prefix + slash)
        if leaf is None or not part or (not leaf.per_member and member != HUB):
            return None
        return Address(self.hall, member, leaf, part)
