"""What technicians have devices do, and what comes of it.

Rules:

* Only a device that is registered is told anything. Who told it, and how that ended, is on record.
* A device's settings that may change while it runs are part of the hall's (``members.<name>.config``): every change is a version that
  can be shown and taken back. Whoever changes one name of one device says no version: nobody else's change is lost by that.
* Which names and values a device takes it knows itself: what it refuses it says as an alert, and stays as it was.
"""

from __future__ import annotations

from datetime import datetime

from hall.messages.asks import Configure, OrderDevice, SetPlan
from hall.messages.common import DEVICE_KINDS, DeviceOrder
from hall.messages.facts import BundleCame, DeviceAnswered, DeviceOrdered, DeviceTested, PlanChanged
from hub.domain import planning
from hub.domain.orders import NoteAnswer, NoteBundle, NoteTest
from hub.domain.refusals import refused
from hub.domain.state import State


def order_device(s: State, order: OrderDevice, at: datetime) -> list[DeviceOrdered]:
    """A device is to do something. Refuses ``unknown-device``."""
    _device(s, order.member)
    logs = order.order is DeviceOrder.LOG_LEVEL
    return [
        DeviceOrdered(
            n=s.n + 1,
            at=at,
            member=order.member,
            order=order.order,
            level=order.level if logs else None,
            minutes=order.minutes if logs else None,
            actor=order.actor,
        )
    ]


def configure(s: State, order: Configure, at: datetime, member: str) -> list[PlanChanged]:
    """Other settings of a running device. Refuses ``unknown-device``, and as :func:`hub.domain.planning.set_plan`."""
    _device(s, order.member)
    # a first value makes the map that it stands in, also when it is "as in the file"
    kept = s.plan.members[order.member].config or {}
    config = {name: value for name, value in {**kept, **order.values}.items() if value is not None}
    change = {"members": {order.member: {"config": {**dict.fromkeys(kept.keys() - config.keys()), **config}}}}
    plan = SetPlan(
        id=order.id,
        actor=order.actor,
        base=s.plan_version,
        change=change,
        reason=f"{order.member}: {', '.join(sorted(order.values))}"[:100],
    )
    return planning.set_plan(s, plan, at, member)


def note_answer(s: State, order: NoteAnswer, at: datetime) -> list[DeviceAnswered]:
    """How an order ended."""
    return [
        DeviceAnswered(
            n=s.n + 1, at=at, member=order.member, order=order.order, phase=order.phase, code=order.code
        )
    ]


def note_test(s: State, order: NoteTest, at: datetime) -> list[DeviceTested]:
    """What a device's own test found."""
    return [DeviceTested(n=s.n + 1, at=at, member=order.member, results=order.results)]


def note_bundle(s: State, order: NoteBundle, at: datetime) -> list[BundleCame]:
    """Where a device's bundle lies."""
    return [BundleCame(n=s.n + 1, at=at, member=order.member, file=order.file, size=order.size)]


def _device(s: State, member: str) -> None:
    known = s.plan.members.get(member)
    if known is None or known.kind not in DEVICE_KINDS:
        raise refused("unknown-device")
