"""Whether the hall's own hours leave room for an update of its box, as the journal and the settings in force have them."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from hall import wire
from hall.errors import Refused
from hall.text import Text
from hub.console.mirror.past import Past
from hub.domain import calendar
from hub.domain.hall import Hall
from hub.settings import read

#: so long before the hall opens nothing is begun: a trial that goes back takes this at most
BEFORE = timedelta(minutes=15)


def check_closed(settings: Path, now: datetime) -> None:
    """``Refused`` while the hall is open, or will be before an update is over."""
    own, plan = read(settings)
    if not Path(own.store).exists():
        return  # nobody was ever served here
    hall = Hall(plan)
    past = Past(own.store)
    try:
        hall.n = past.first() - 1
        for body in past.since(hall.n + 1):
            hall.apply(wire.decode_fact(body))
    finally:
        past.close()
    following = calendar.next_hours(hall.plan, ZoneInfo(hall.plan.timezone), now)
    if hall.open:
        raise Refused(
            "hall-open",
            Text(
                zh="对不起，大厅正在营业，主机的更新请在关门后进行；必须现在更新时请加 --now",
                en="the hall is open: update its box when it has closed, or insist with --now",
            ),
        )
    if following is not None and now >= following.opens - BEFORE:
        raise Refused(
            "opens-soon",
            Text(
                zh="对不起，大厅马上开门，主机的更新请在关门后进行；必须现在更新时请加 --now",
                en="the hall opens within a quarter of an hour: update its box when it has closed, or insist with --now",
            ),
        )
