#!/usr/bin/env python3
"""The hall's own papers as they come out: ``scripts/slip_pictures.py`` writes docs/pictures/{morning,day}-slip.png."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from devices.ticket_dispenser import escpos, hall_slips
from devices.ticket_dispenser.profiles import profile
from devices.ticket_dispenser.raster import Press
from devices.ticket_dispenser.typeface import ZEN_HEI, Typeface
from hall.messages.hall_slips import (
    BadAt,
    ClosedAhead,
    DaySlip,
    MorningSlip,
    NotReady,
    Seat,
    ServiceTally,
    ShortOf,
    StopToday,
    WindowTally,
)
from hall.text import Text
from hub.console.look.words import WORDS
from hub.console.membership.readiness import LOOK
from hub.domain.hall import Hall
from hub.domain.views.papers import services
from sim.layout import demo_plan
from sim.twin.paper import PaperPrinter

PICTURES = Path(__file__).parent.parent / "docs" / "pictures"
#: dots of an 80 mm roll
WIDTH = 576
SEATS = {
    1: ("011", "018"),
    2: ("018", "014"),
    3: ("014", "018"),
    4: ("023", "027"),
    5: ("027", "023"),
    6: ("031", None),
}
ISSUED = {"withdrawal": 120, "loan": 74, "settlement": 41, "employer": 22, "account": 38, "enquiry": 17}


def main() -> None:
    """Both papers of one day."""
    plan = demo_plan(always_open=False)
    opening = datetime(2026, 3, 2, 9, 0, tzinfo=ZoneInfo(plan.timezone))
    evening = opening.replace(hour=17, minute=12)
    hall = Hall(plan)
    for name, content, at in (
        ("morning", morning(opening), opening),
        ("day", evening_of(hall, evening), evening),
    ):
        made = hall_slips.paper(services(hall, at), content, at=at)
        twin = PaperPrinter(WIDTH)
        port = twin.port()
        for chunk in escpos.raster_slip(Press(WIDTH, Typeface(ZEN_HEI)).pictures(made), profile("any")):
            port.write(chunk)
        twin.slips[0].photo().quantize(16).save(PICTURES / f"{name}-slip.png", optimize=True)


def morning(at: datetime) -> MorningSlip:
    """A morning on which something is the matter with everything."""
    return MorningSlip(
        day=at.date().isoformat(),
        duty=("006",),
        opens="9:00",
        closes="17:00",
        seats=tuple(
            Seat(window=window, clerk=clerk, cover=cover) for window, (clerk, cover) in SEATS.items()
        ),
        not_ready=(NotReady(member="sign-3", window=3, text=WORDS["lost"], do=LOOK),),
        low_paper=("dispenser-1",),
        short_of=(ShortOf(name="提取申请表", count=12, least=50), ShortOf(name="印泥", least=2)),
        last_issued=sum(ISSUED.values()),
        cases_due=2,
        cases_late=1,
        bad=(BadAt(window=3, count=1),),
        stops=(
            StopToday(
                service=Text(zh="贷款申请", en="Loan application"),
                reason=Text(zh="系统结算", en="settlement"),
                ends=at.replace(hour=16),
            ),
        ),
        closed_ahead=ClosedAhead(day="2026-10-01", reason=Text(zh="国庆节", en="National Day")),
    )


def evening_of(hall: Hall, at: datetime) -> DaySlip:
    """The same day's evening."""
    issued = sum(ISSUED.values())
    return DaySlip(
        day=at.date().isoformat(),
        duty=("006",),
        issued=issued,
        served=issued - 12,
        missed=8,
        left=4,
        waited=issued - 12,
        kept=issued - 21,
        limit_min=30,
        median_min=7,
        longest_min=41,
        grades=(190, 20, 3, 1),
        asked=issued - 14,
        services=tuple(
            ServiceTally(service=key, name=hall.plan.services[key].name, issued=count)
            for key, count in ISSUED.items()
        ),
        windows=tuple(WindowTally(window=window, first="9:01", last="16:58", calls=50) for window in SEATS),
    )


if __name__ == "__main__":
    main()
