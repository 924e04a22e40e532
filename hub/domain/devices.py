"""Devices and their troubles, as far as the hall remembers them. What is known already is told no second time.

A code or text is kept as it was said; what crosses the night is cut to a size that always fits a message.
"""

from __future__ import annotations

from datetime import datetime

from hall.messages.facts import AlertCleared, AlertRaised, DeviceStateChanged, EventRejected
from hub.domain.orders import ClearAlert, NoteDeviceState, RaiseAlert, RejectEvent
from hub.domain.state import OpenAlert, State


def note_device_state(s: State, order: NoteDeviceState, at: datetime) -> list[DeviceStateChanged]:
    """A device came, went or degraded."""
    if s.devices.get(order.member) is order.state:
        return []
    return [DeviceStateChanged(n=s.n + 1, at=at, member=order.member, kind=order.kind, state=order.state)]


def raise_alert(s: State, order: RaiseAlert, at: datetime) -> list[AlertRaised]:
    """A member asks for help."""
    known = s.alerts.get((order.member, order.alert))
    if known is not None and (known.level, known.code) == (order.level, order.code):
        return []
    return [
        AlertRaised(
            n=s.n + 1,
            at=at,
            member=order.member,
            alert=order.alert,
            level=order.level,
            code=order.code,
            text=order.text,
        )
    ]


def clear_alert(s: State, order: ClearAlert, at: datetime) -> list[AlertCleared]:
    """The trouble is over."""
    known = s.alerts.get((order.member, order.alert))
    if known is None:
        return []
    return [AlertCleared(n=s.n + 1, at=at, member=order.member, alert=order.alert, code=known.code)]


def reject_event(s: State, order: RejectEvent, at: datetime) -> list[EventRejected]:
    """An event that could not be used is put on record."""
    return [
        EventRejected(
            n=s.n + 1,
            at=at,
            member=order.member,
            outbox=order.outbox,
            seq=order.seq,
            code=order.code,
            text=order.text,
        )
    ]


# ---------------------------------------------------------------- apply


def on_device_state(s: State, fact: DeviceStateChanged) -> None:
    """A device came, went or degraded."""
    s.devices[fact.member] = fact.state


def on_alert_raised(s: State, fact: AlertRaised) -> None:
    """A trouble is open."""
    s.alerts[fact.member, fact.alert] = OpenAlert(level=fact.level, code=fact.code, text=fact.text)


def on_alert_cleared(s: State, fact: AlertCleared) -> None:
    """A trouble is over."""
    s.alerts.pop((fact.member, fact.alert), None)
