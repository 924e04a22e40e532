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
from itertools import count
from pathlib import Path
from typing import Any

import msgspec

from hall.errors import Refused
from hall.messages import asks, facts
from hall.messages.asks import AnyAsk
from hall.messages.common import Via
from hub.domain import waits
from hub.domain.hall import Hall
from hub.domain.orders import AnyOrder, LookAround
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
        self._ids = (f"id-{n}" for n in count(1))
        #: ids of people's tickets and appointments, the last ones, and codes of their slips
        self._tickets: dict[str, str] = {}
        self._appointments: dict[str, str] = {}
        self._slips: dict[str, str] = {}
        #: who holds a ticket
        self._names: dict[str, str] = {}
        self._now = scenario.MIDNIGHT
        self._do(asks.OpenDay(id="open"), scenario.MIDNIGHT)
        for window in tried.staffed:
            self._do(asks.Sit(id="sit", window=window, clerk=f"{window:03d}"), scenario.MIDNIGHT)

    def arrive(self, arrival: Arrival) -> None:
        """Somebody takes a ticket; who is refused one goes home."""
        slot = None if arrival.slot is None else scenario.moment(arrival.slot)
        ask = asks.TakeTicket(
            id=next(self._ids),
            service=arrival.service,
            lane=arrival.lane,
            via=Via.DESK,
            situation=arrival.situation,
            slot=slot,
        )
        try:
            self._hold(arrival.name, self._do(ask, scenario.moment(arrival.at)))
        except Refused as no:
            print(f"{arrival.at} {arrival.name}: {no.code}", file=sys.stderr)  # noqa: T201

    def act(self, act: Act) -> Line:
        """One act, and its line."""
        line: Line = {"at": act.at.strftime("%H:%M:%S")}
        if act.window is not None:
            line["window"] = act.window
        line["do"] = act.do
        if act.do == ESTIMATE:
            self._pass(act.at)
            return line | self._estimate(act)
        try:
            told = self._do(self._ask(act), act.at)
        except Refused as no:
            return line | {"name": None, "code": no.code}
        if act.name is not None:
            self._hold(act.name, told)
        return line | {"name": act.name or self._name(told)}

    def _ask(self, act: Act) -> AnyAsk:
        """The act, with the ids of what the person has; an id nobody has where there is nothing yet."""
        id_, name = next(self._ids), act.name
        if name is None or act.about is None:
            return act.ask(id_, **({"code": f"{int(id_[3:]):06d}"} if act.do == "book" else {}))
        if act.about == "ticket":
            return act.ask(id_, ticket=self._tickets.get(name, "nobody"))
        if name in self._slips and name not in self._appointments:
            return act.ask(id_, appointment=None, code=self._slips[name])
        return act.ask(id_, appointment=self._appointments.get(name, "nobody"))

    def _hold(self, name: str, told: list[facts.AnyFact]) -> None:
        """Somebody holds from now on what these facts gave them."""
        for fact in told:
            if isinstance(fact, facts.TicketIssued):
                self._tickets[name] = fact.ticket
                self._names[fact.ticket] = name
            elif isinstance(fact, facts.AppointmentBooked):
                self._appointments[name] = fact.appointment

    def _do(self, order: AnyOrder, at: datetime) -> list[facts.AnyFact]:
        self._pass(at)
        told = self.hall.decide(order, at, MEMBER)
        for fact in told:
            self.hall.apply(fact)
            if isinstance(fact, facts.SlipIssued) and fact.ticket in self._names:
                self._slips[self._names[fact.ticket]] = fact.code
        return told

    def _pass(self, at: datetime) -> None:
        """Whatever the clock alone makes true until then."""
        told = True
        while told and (due := self.hall.next_look(self._now)) is not None and due <= at:
            self._now = max(self._now, due)
            told = False
            for fact in self.hall.decide(LookAround(), self._now, MEMBER):
                self.hall.apply(fact)
                told = True
        self._now = max(self._now, at)

    def _name(self, told: list[facts.AnyFact]) -> str | None:
        """Whom an act was about that named nobody: whoever was called by it, or its first fact's."""
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
