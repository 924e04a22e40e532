"""``/api/v1``: the routes, and the document that describes them (``/api/v1/openapi.json``)."""

# No `from __future__ import annotations`: FastAPI reads the annotations of the routes, and some are made here.

from typing import Annotated, Any, Final

from fastapi import Depends, FastAPI, Path, Query
from pydantic import AwareDatetime, BeforeValidator

from hub.console.api import counts, problems, shapes
from hub.console.api.caller import Doorman
from hub.console.api.edge import Edge
from hub.console.api.hall import ApiHall
from hub.console.api.keys import Key, Scope

VERSION: Final = "1.0"
_PROBLEM: Final[dict[str, Any]] = {
    "model": shapes.ProblemSaid,
    "description": "not done, and why",
    "content": {problems.MEDIA: {}},
}
#: What every route may answer beside what it is for.
_NOT_DONE: Final[dict[int | str, dict[str, Any]]] = dict.fromkeys(
    (400, 401, 403, 404, 409, 413, 422, 429, 503), _PROBLEM
)
TicketId = Annotated[str, Path(pattern=r"^[A-Za-z0-9-]{1,64}$")]
TokenPath = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")]
ServiceId = Annotated[str, Path(pattern=r"^[^\x00-\x1f\x7f/+#]{1,48}$")]
DayQuery = Annotated[str, Query(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]


def _written(said: object) -> object:
    """A moment as RFC 3339 has it: a bare number would be taken for seconds since 1970, which the document does not promise."""
    if isinstance(said, str) and "T" not in said.upper():
        raise ValueError("not a moment")
    return said


Since = Annotated[
    AwareDatetime,
    BeforeValidator(_written),
    Query(description="only what was rated after this; what you have already"),
]
After = Annotated[
    AwareDatetime | None, Query(description="only what begins after this; `next` of the page before")
]
Limit = Annotated[int, Query(ge=1, le=60)]


def build(doorman: Doorman, hall: ApiHall) -> FastAPI:
    """The API as an application of its own."""
    api = FastAPI(
        title="hallfleet",
        version=VERSION,
        description="A service hall for other programs. Acts carry an id of the caller's: said again, an act is done once.",
        docs_url=None,
        redoc_url=None,
        responses=_NOT_DONE,
        separate_input_output_schemas=False,
    )
    api.add_middleware(Edge)
    problems.handle(api)
    _reading(api, doorman, hall)
    _tickets(api, doorman, hall)
    _appointments(api, doorman, hall)
    _counting(api, doorman, hall)
    return api


def _reading(api: FastAPI, doorman: Doorman, hall: ApiHall) -> None:
    needs = [Depends(doorman.needs(Scope.READ))]

    @api.get("/hall", dependencies=needs)
    async def the_hall() -> shapes.HallSaid:
        """What hangs on the hall's wall: hours, numbers to ring."""
        return await hall.hall()

    @api.get("/board", dependencies=needs)
    async def board() -> shapes.Board:
        """The whole hall now, as a big screen shows it."""
        return hall.board()

    @api.get("/services", dependencies=needs)
    async def services() -> list[shapes.Service]:
        """Every service with its lists of papers, its line and its wait."""
        return hall.services()

    @api.get("/services/{service}", dependencies=needs)
    async def service(service: ServiceId) -> shapes.Service:
        """One service."""
        return hall.service(service)

    @api.get("/windows", dependencies=needs)
    async def windows() -> list[shapes.Window]:
        """Every window."""
        return hall.board().windows

    @api.get("/services/{service}/slots", dependencies=needs)
    async def slots(service: ServiceId, after: After = None, limit: Limit = 20) -> shapes.Slots:
        """Times of a service that can still be booked, the earliest first."""
        return await hall.free(service, after, limit)

    @api.get("/morning", dependencies=[Depends(doorman.needs(Scope.DEVICES))])
    async def morning() -> shapes.Morning:
        """Whether the hall can open: which devices are ready, what is missing of the others, and what to do."""
        return hall.morning()


def _tickets(api: FastAPI, doorman: Doorman, hall: ApiHall) -> None:
    caller = Annotated[Key, Depends(doorman.needs(Scope.TICKETS))]

    @api.post("/tickets", status_code=201)
    async def take(key: caller, said: shapes.TakeTicket) -> shapes.Ticket:
        """Take a number in the normal lane. No paper comes out: its page does instead."""
        return await hall.take(key, said)

    @api.get("/tickets/by-token/{token}", dependencies=[Depends(doorman.needs(Scope.TICKETS))])
    async def by_token(token: TokenPath) -> shapes.Ticket:
        """Any ticket of today, by the secret of its page."""
        return await hall.by_token(token)

    @api.get("/tickets/{ticket}")
    async def ticket(key: caller, ticket: TicketId) -> shapes.Ticket:
        """A ticket of today that this key took."""
        return await hall.ticket(key, ticket)

    @api.post("/tickets/{ticket}/cancel")
    async def cancel(key: caller, ticket: TicketId, act: shapes.Act) -> shapes.Cancelled:
        """Give up a ticket that this key took."""
        return await hall.cancel(key, ticket, act)


def _appointments(api: FastAPI, doorman: Doorman, hall: ApiHall) -> None:
    caller = Annotated[Key, Depends(doorman.needs(Scope.APPOINTMENTS))]

    @api.post("/appointments", status_code=201)
    async def book(key: caller, said: shapes.Book) -> shapes.Appointment:
        """Book a time."""
        return await hall.book(key, said)

    @api.post("/appointments/{appointment}/cancel")
    async def cancel(key: caller, appointment: TicketId, act: shapes.Act) -> shapes.Cancelled:
        """Give up a time that this key booked."""
        return await hall.cancel_appointment(key, appointment, act)

    @api.post("/check-in", status_code=201)
    async def check_in(key: caller, said: shapes.CheckIn) -> shapes.Ticket:
        """Somebody with a code has come: a number, before walk-ins where the code is an appointment's and in time."""
        return await hall.check_in(key, said)


def _counting(api: FastAPI, doorman: Doorman, hall: ApiHall) -> None:
    @api.get("/days", dependencies=[Depends(doorman.needs(Scope.COUNTS))])
    async def days(
        first: DayQuery, last: DayQuery, limit: Annotated[int, Query(ge=1, le=31)] = 31
    ) -> shapes.Days:
        """Counts of days, both ends included."""
        return await hall.tokens.look(lambda c: counts.days(c, first, last, limit))

    @api.get("/ratings", dependencies=[Depends(doorman.needs(Scope.RATINGS))])
    async def ratings(since: Since, limit: Annotated[int, Query(ge=1, le=500)] = 100) -> shapes.Ratings:
        """Ratings as the province counts them (好差评), for whoever collects them: nobody's name, and never a rating twice."""
        return await hall.ratings(since, limit)
