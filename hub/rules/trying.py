"""``hall rules try SCENARIO.yaml``: a scenario through the hall's own rules, one JSON line per act.

Rules:

* People and acts come in the order of their times, people before acts of the same moment, each as listed.
* Every act is decided and applied by :class:`hub.domain.hall.Hall` itself. A refused one has ``name: null`` and its ``code``, and changes nothing;
  the run goes on.
* A line has ``at``, ``window`` (when the act has one), ``do``, ``name``; an estimate has what somebody would be told who took a ticket then.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from hall.errors import Refused
from hall.messages import asks, facts
from hall.messages.asks import AnyAsk
from hall.messages.common import Via
from hub.domain import waits
from hub.domain.hall import Hall
from hub.rules import scenario
from hub.rules.acts import ESTIMATE, Act
from hub.rules.scenario import Arrival, Scenario

MEMBER = "console-1"
Line = dict[str, Any]


def run(file: Path) -> int:
    """Print the scenario's lines; the exit code."""
    tried = scenario.load(str(file))
    for key, expected in tried.objections:
        print(f"{file}: {key}: a hall would refuse this policy, it expects {expected}", file=sys.stderr)  # noqa: T201
    for line in play(tried):
        print(msgspec.json.encode(line).decode())  # noqa: T201 - the command's answer
    return 0


def play(tried: Scenario) -> Iterator[Line]:
    """The line of each act, in order."""
    trial = Trial(tried)
    # sorted() keeps the order of what comes at the same moment, and people stand first.
    events: list[Arrival | Act] = [*tried.arrivals, *tried.acts]
    for event in sorted(events, key=_when):
        if isinstance(event, Arrival):
            trial.arrive(event)
        else:
            yield trial.act(event)


def _when(event: Arrival | Act) -> datetime:
    return event.at if isinstance(event, Act) else scenario.moment(event.at)


class Trial:
    """A hall in which a scenario happens."""

    def __init__(self, tried: Scenario) -> None:
        """The day is open from midnight, with clerks at the windows that start with one."""
        self.hall = Hall(tried.plan)
        self._ids = {arrival.name: f"person-{i}" for i, arrival in enumerate(tried.arrivals, 1)}
        for act in tried.acts:
            if act.name is not None and act.name not in self._ids:
                self._ids[act.name] = f"person-{len(self._ids) + 1}"
        self._names = {id_: name for name, id_ in self._ids.items()}
        self._acts = 0
        self._do(asks.OpenDay(id="open"), scenario.MIDNIGHT)
        for window in tried.staffed:
            self._do(asks.Sit(id="sit", window=window, clerk=f"{window:03d}"), scenario.MIDNIGHT)

    def arrive(self, arrival: Arrival) -> None:
        """Somebody takes a ticket; who is refused one goes home."""
        slot = None if arrival.slot is None else scenario.moment(arrival.slot)
        ask = asks.TakeTicket(
            id=self._ids[arrival.name],
            service=arrival.service,
            lane=arrival.lane,
            via=Via.DESK,
            situation=arrival.situation,
            slot=slot,
        )
        try:
            self._do(ask, scenario.moment(arrival.at))
        except Refused as no:
            print(f"{arrival.at} {arrival.name}: {no.code}", file=sys.stderr)  # noqa: T201

    def act(self, act: Act) -> Line:
        """One act, and its line."""
        line: Line = {"at": act.at.strftime("%H:%M:%S")}
        if act.window is not None:
            line["window"] = act.window
        line["do"] = act.do
        if act.do == ESTIMATE:
            return line | self._estimate(act)
        self._acts += 1
        makes = act.name is not None and "ticket" not in act.fields and "appointment" not in act.fields
        try:
            told = self._do(act.ask(self._ids[act.name or ""] if makes else f"act-{self._acts}"), act.at)
        except Refused as no:
            return line | {"name": None, "code": no.code}
        return line | {"name": self._name(act, told)}

    def _do(self, ask: AnyAsk, at: datetime) -> list[facts.AnyFact]:
        told = self.hall.decide(ask, at, MEMBER)
        for fact in told:
            self.hall.apply(fact)
        return told

    def _name(self, act: Act, told: list[facts.AnyFact]) -> str | None:
        if act.name is not None:
            return act.name
        called = next((fact for fact in told if isinstance(fact, facts.TicketCalled)), None)
        first = called or (told[0] if told else None)
        return self._names.get(first.ticket) if isinstance(first, facts.TicketFact) else None

    def _estimate(self, act: Act) -> Line:
        service, lane = act.fields["service"], act.fields["lane"]
        wait = waits.estimate(self.hall.state, service, lane, act.at)
        return {
            "service": service,
            "lane": lane,
            "wait_min_s": wait.wait_min_s,
            "wait_max_s": wait.wait_max_s,
            "ahead": wait.ahead,
        }
