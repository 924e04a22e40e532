"""One part of the crowd: what its process is told, and what its members share."""

from __future__ import annotations

import json
import random
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from sim.chaos.crowd.book import Book


@dataclass(frozen=True, kw_only=True)
class PartPlan:
    """What one process of the crowd plays; written as JSON by whoever starts it."""

    name: str
    hall: str
    #: the end of its own cable
    port: int
    #: its file, and a file that says, by being there, that nobody else comes
    book: str
    rest: str
    seed: int
    #: what its dispenser gives tickets of, and where people may be sent
    service: str
    letter: str
    services: list[str]
    windows: list[int]
    dispenser: str
    #: one part speaks for all: "" in the others
    speaker: str

    @classmethod
    def read(cls, file: Path) -> Self:
        """The plan in a file."""
        return cls(**json.loads(file.read_text(encoding="utf-8")))


@dataclass
class Part:
    """What the members of one process share."""

    plan: PartPlan
    book: Book
    #: names this run of the program
    boot: str
    chance: random.Random
    #: tickets that were called here, and whose people were not there
    missed: deque[str] = field(default_factory=deque)

    @property
    def resting(self) -> bool:
        """Nobody else comes."""
        return Path(self.plan.rest).exists()

    def happens(self, share: float) -> bool:
        """Whether something that happens so often happens now."""
        return self.chance.random() < share

    def topic(self, member: str, leaf: str) -> str:
        """Where `member` speaks and is spoken to."""
        return f"hall/1/{self.plan.hall}/{member}/{leaf}"


def compact(message: dict[str, Any]) -> bytes:
    """A message as it travels."""
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()
