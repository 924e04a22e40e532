"""``/metrics`` in Prometheus' text format (0.0.4).

Rules:

* No name, number, ticket, grade or reason; labels are the hall's own settings and closed sets, so that they cannot grow.
* What is counted begins anew with the program and with the day's replay, as Prometheus expects of counters.
* It is for this machine, or for a key with the scope ``metrics``. Whoever comes through a proxy is not this machine.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from fastapi import FastAPI, Request
from starlette.responses import PlainTextResponse, Response

from hall.messages.facts import AnyFact, DayOpened, TicketCalled, TicketIssued, TicketRated
from hub.console.api.caller import Doorman
from hub.console.api.keys import Scope
from hub.console.api.problems import Problem
from hub.console.api.problems import answer as say
from hub.console.door.visitors import address
from hub.console.mirror.backstage import Backstage
from hub.console.mirror.picture import Picture

#: Upper ends of the waits' buckets, seconds.
BUCKETS: Final = (60, 300, 600, 900, 1200, 1800, 2700, 3600, 5400)
MEDIA: Final = "text/plain; version=0.0.4; charset=utf-8"
LOOK_S: Final = 4.0
_HERE: Final = frozenset({"127.0.0.1", "::1"})
_FORWARDED: Final = ("x-forwarded-for", "forwarded", "x-real-ip")

Labels = dict[str, str]


class Counts:
    """What is counted of the hall's facts; written in the loop's thread, read through it."""

    def __init__(self) -> None:
        """Nothing was heard yet."""
        self.facts: Counter[str] = Counter()
        self.issued: Counter[tuple[str, str]] = Counter()
        self.rated: Counter[str] = Counter()
        #: by service: how many waits ended in each bucket, and their sum
        self.waits: dict[str, list[int]] = {}
        self.waited_s: Counter[str] = Counter()
        self._arrived: dict[str, tuple[str, float]] = {}
        self._heard = 0

    def hear(self, fact: AnyFact) -> None:
        """One fact; one that was heard before counts no more."""
        if fact.n <= self._heard:
            return
        self._heard = fact.n
        self.facts[type(fact).__name__] += 1
        match fact:
            case DayOpened():
                self._arrived.clear()
            case TicketIssued():
                self.issued[fact.service, fact.via.value] += 1
                self._arrived[fact.ticket] = fact.service, (fact.arrived or fact.at).timestamp()
            case TicketCalled():
                self._called(fact)
            case TicketRated():
                self.rated["pad" if fact.via is None else fact.via.value] += 1
            case _:
                pass

    def _called(self, fact: TicketCalled) -> None:
        service, arrived = self._arrived.pop(fact.ticket, (None, 0.0))
        if service is None:
            return
        waited = max(0.0, fact.at.timestamp() - arrived)
        line = self.waits.setdefault(service, [0] * (len(BUCKETS) + 1))
        line[next((i for i, end in enumerate(BUCKETS) if waited <= end), len(BUCKETS))] += 1
        self.waited_s[service] += round(waited)


class Page:
    """Lines of one answer."""

    def __init__(self) -> None:
        """Empty."""
        self._lines: list[str] = []

    def tell(self, name: str, kind: str, about: str, samples: Iterable[tuple[Labels, float]]) -> None:
        """One metric."""
        self._lines += [f"# HELP {name} {about}", f"# TYPE {name} {kind}"]
        self._lines += [f"{name}{_labels(labels)} {value:g}" for labels, value in samples]

    def histogram(self, name: str, about: str, of: dict[str, list[int]], sums: Counter[str]) -> None:
        """Waits by service."""
        self._lines += [f"# HELP {name} {about}", f"# TYPE {name} histogram"]
        for service, counts in sorted(of.items()):
            below = 0
            for end, count in zip((*map(str, BUCKETS), "+Inf"), counts, strict=True):
                below += count
                self._lines.append(f"{name}_bucket{_labels({'service': service, 'le': end})} {below}")
            self._lines.append(f"{name}_sum{_labels({'service': service})} {sums[service]}")
            self._lines.append(f"{name}_count{_labels({'service': service})} {below}")

    def __str__(self) -> str:
        """As it is sent."""
        return "\n".join(self._lines) + "\n"


def _labels(labels: Labels) -> str:
    if not labels:
        return ""
    inner = ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())
    return f"{{{inner}}}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def written(page: Page, picture: Picture, counts: Counts, n: int, look_s: float) -> str:
    """Everything there is to tell."""
    board = picture.board
    page.tell("hall_up", "gauge", "The hub works.", [({}, picture.hub is True)])
    page.tell("hall_open", "gauge", "The day is open.", [({}, board.open)])
    page.tell("hall_facts_applied", "gauge", "Number of the last fact in the console's copy.", [({}, n)])
    page.tell(
        "hall_waiting", "gauge", "People waiting.", [({"service": x.id}, x.waiting) for x in board.services]
    )
    page.tell(
        "hall_wait_told_seconds",
        "gauge",
        "Longest wait that somebody would be told now; absent where none can be told.",
        [({"service": x.id}, x.wait_max_s) for x in board.services if x.wait_max_s is not None],
    )
    states = Counter(w.state.value for w in board.windows)
    every = ("closed", "idle", "called", "serving", "paused")
    page.tell("hall_windows", "gauge", "Windows by state.", [({"state": s}, states[s]) for s in every])
    page.tell("hall_device", "gauge", "A device's state: 1 for the one it is in.", _devices(picture))
    page.tell(
        "hall_device_alerts",
        "gauge",
        "Open alerts of a device.",
        [({"member": m.member}, len(m.troubles)) for m in picture.members],
    )
    rung = Counter(alarm.code.value for alarm in board.alarms)
    page.tell(
        "hall_alarms", "gauge", "Alarms that stand.", [({"code": c}, k) for c, k in sorted(rung.items())]
    )
    facts = sorted(counts.facts.items())
    page.tell("hall_facts_total", "counter", "Facts heard, by type.", [({"type": t}, k) for t, k in facts])
    page.tell(
        "hall_tickets_issued_total",
        "counter",
        "Tickets issued.",
        [({"service": s, "via": v}, k) for (s, v), k in sorted(counts.issued.items())],
    )
    page.tell(
        "hall_ratings_total",
        "counter",
        "Service steps rated.",
        [({"via": v}, k) for v, k in sorted(counts.rated.items())],
    )
    page.histogram("hall_wait_seconds", "From arrival to the first call.", counts.waits, counts.waited_s)
    page.tell(
        "hall_console_look_seconds",
        "gauge",
        "How long the console's own loop took to answer this.",
        [({}, look_s)],
    )
    return str(page)


def _devices(picture: Picture) -> Iterator[tuple[Labels, float]]:
    for member in picture.members:
        state = "unknown" if member.state is None else member.state.value
        yield {"member": member.member, "kind": member.kind, "state": state}, 1


def routes(app: FastAPI, backstage: Backstage, doorman: Doorman) -> None:
    """The page for Prometheus; call this before the backstage opens."""
    counts = Counts()
    backstage.follow(counts.hear)

    @app.get("/metrics")
    async def metrics(request: Request) -> Response:
        try:
            if not _is_here(request):
                kind, _, secret = request.headers.get("authorization", "").partition(" ")
                await doorman.admit(Scope.METRICS, secret if kind.lower() == "bearer" else "", request)
        except Problem as problem:
            return say(request, problem)
        picture, begun = backstage.picture, time.monotonic()
        if picture is None:
            return PlainTextResponse("# starting\n", status_code=503)

        def look() -> str:
            return written(Page(), picture, counts, backstage.replica.hall.n, time.monotonic() - begun)

        try:
            told = await asyncio.wait_for(asyncio.wrap_future(backstage.look(lambda _: look())), LOOK_S)
        except TimeoutError:
            return PlainTextResponse("# the console's loop does not answer\n", status_code=503)
        return Response(told, media_type=MEDIA, headers={"Cache-Control": "no-store"})


def _is_here(request: Request) -> bool:
    return address(request) in _HERE and not any(name in request.headers for name in _FORWARDED)
