"""Everything that people and programs outside the hall's staff reach: a ticket's page, suggestions, other programs, Prometheus."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from fastapi import FastAPI

from hub.console.api import app as api
from hub.console.api import metrics
from hub.console.api.caller import Doorman
from hub.console.api.hall import ApiHall
from hub.console.phone import booking, busy, suggest
from hub.console.phone import routes as phone
from hub.console.phone.after import ToCases
from hub.console.phone.tokens import Tokens
from hub.console.rooms import Rooms


class Served(NamedTuple):
    """What was begun with these routes."""

    #: whoever looks at keys
    doorman: Doorman
    #: lets go of the hub's store
    close: Callable[[], None]


def routes(app: FastAPI, rooms: Rooms) -> Served:
    """All of them; call this before the backstage opens."""
    backstage = rooms.backstage
    tokens = Tokens(backstage.store)
    counted = Tokens(backstage.store)  # counting many days must keep nobody's page waiting
    after = ToCases(rooms.cases)
    hours = busy.BusyHours(backstage)
    phone.routes(app, backstage, tokens, after, hours.advice)
    suggest.routes(app, backstage, after)
    booking.routes(app, backstage, hours.advice)
    busy.routes(app, backstage, hours)
    doorman = Doorman(rooms.office)
    metrics.routes(app, backstage, doorman)
    app.mount(
        "/api/v1",
        api.build(doorman, ApiHall(backstage, counted, rooms.cases.reasons, mornings=rooms.mornings)),
    )

    def close() -> None:
        tokens.close()
        counted.close()

    return Served(doorman, close)
