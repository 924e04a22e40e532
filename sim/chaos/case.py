"""The evidence in a judge's order: what every rule of :mod:`sim.chaos.checker` looks at. Imports nothing of what is judged."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from typing import Any

from sim.chaos.evidence import Evidence, told


class Case:
    """The evidence in the order of a judge: tickets with their numbers, papers by ticket, votes by step."""

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self.rows = evidence.rows
        self.facts = told(evidence.rows)
        self.days = [row.day or "" for row in evidence.rows]
        #: ticket → its last TicketIssued, and the day it was issued
        self.issued: dict[str, dict[str, Any]] = {}
        self.day: dict[str, str] = {}
        self.void: dict[str, str] = {}
        for fact, day in zip(self.facts, self.days, strict=True):
            if fact["type"] == "TicketIssued":
                self.issued[fact["ticket"]], self.day[fact["ticket"]] = fact, day
                self.void.pop(fact["ticket"], None)
            elif fact["type"] == "TicketCancelled" and fact.get("reason"):
                # without a reason the person did not want to wait: the paper was true
                self.void[fact["ticket"]] = fact["reason"]
        self.holder = {(fact["number"], self.day[ticket]): ticket for ticket, fact in self.issued.items()}
        self.papers: dict[str, list[Any]] = defaultdict(list)
        self.strange_papers = []
        for paper in evidence.papers:
            for number, day in paper.tickets:
                holder = self.holder.get((number, day))
                if holder is None:
                    self.strange_papers.append((paper.name, number, day))
                else:
                    self.papers[holder].append(paper)

    def of(self, *types: str) -> list[dict[str, Any]]:
        """Facts of some types, in order."""
        return [fact for fact in self.facts if fact["type"] in types]


Rule = Callable[[Case, Counter[str]], Iterator[str]]


def windows(case: Case) -> dict[int, tuple[str, str | None]]:
    """What each window does at the end, by the journal alone."""
    doing: dict[int, tuple[str, str | None]] = {}
    for fact in case.facts:
        window = int(fact.get("window") or 0)
        match fact["type"]:
            case "TicketCalled":
                doing[window] = "called", fact["number"]
            case "ServiceStarted" | "ServiceAccepted" | "TicketResumed":
                doing[window] = "serving", fact["number"]
            case "WindowPaused":
                doing[window] = "paused", None
            case "TicketMissed" | "ServiceFinished" | "TicketTransferred" | "TicketParked":
                doing[window] = "idle", None
            case "WindowOpened" | "WindowResumed" | "WindowClosed":
                doing[window] = "idle", None
            case _:
                pass
    return doing
