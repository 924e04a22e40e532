"""What a page of the staff stands on: the hall, who is at the door, and what the console keeps beside the journal."""

from __future__ import annotations

from typing import NamedTuple
from zoneinfo import ZoneInfo

from hub.console.cases.room import Cases
from hub.console.cases.settings import USUAL, CaseSettings
from hub.console.desk.escorts import Escorts
from hub.console.desk.supplies import Supplies
from hub.console.door.office import Office
from hub.console.membership.mornings import Mornings
from hub.console.membership.room import Membership
from hub.console.mirror.backstage import Backstage
from hub.console.mirror.past import Past


class Rooms(NamedTuple):
    """The rooms of one console."""

    backstage: Backstage
    office: Office
    cases: Cases
    #: calls of the green key
    escorts: Escorts
    #: forms, ink pads and what else is used up
    supplies: Supplies
    #: the report before the opening
    mornings: Mornings
    #: the register of members; None in a hall without certificates
    membership: Membership | None = None


def furnish(
    backstage: Backstage,
    office: Office,
    cases_as: CaseSettings = USUAL,
    membership: Membership | None = None,
) -> Rooms:
    """Rooms that hear the hall; call this before the backstage opens."""

    def broken(member: str, alert: str) -> bool:
        picture = backstage.picture
        return picture is None or any(m.member == member and alert in m.alerts for m in picture.members)

    now = backstage.now
    cases = Cases(
        lambda: backstage.plan,
        office,
        lambda: Past(backstage.store),
        now=now,
        broken=broken,
        settings=cases_as,
    )
    escorts = Escorts(office, backstage.plan.timezone, now)
    backstage.follow(escorts.hear)
    backstage.follow(cases.hear)
    supplies = Supplies(office, backstage.plan.timezone, now)
    mornings = Mornings(
        lambda: backstage.plan,
        ZoneInfo(backstage.plan.timezone),
        lambda: {} if membership is None else membership.seen,
        lambda: () if membership is None else membership.moved,
    )
    return Rooms(backstage, office, cases, escorts, supplies, mornings, membership)
