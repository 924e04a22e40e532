"""The hall on the bus: whether the broker answers, whether the hub works, who is not well.

The doctor listens for a moment as ``console-doctor-…`` and says nothing. What a device says of itself in its alerts is passed on in its
own words.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from devices.doctor.finding import Finding, Level, fault, fine, warning
from hall import wire
from hall.clock import Seconds
from hall.errors import Malformed
from hall.messages.common import MemberState
from hall.messages.presence import Alert, State
from hall.presence import WORKING
from hall.text import Text
from hall.tls import BrokerSettings
from hall.topics import HUB, HUB_LIMIT, Address, Topics

#: retained words come within this of the subscription
LISTEN_S: Seconds = 1.5
CONNECT_S: Seconds = 4.0

_ALERT_DO = Text(zh="请看设备手册的故障表", en="see the fault table of the device's manual")


class Heard(msgspec.Struct, kw_only=True):
    """What was kept on the bus."""

    #: why nothing was heard; empty when something was
    trouble: str = ""
    board: bool = False
    states: dict[str, MemberState] = {}
    alerts: dict[tuple[str, str], Alert] = {}


def listen(broker: BrokerSettings, hall: str) -> Heard:
    """Everything retained in this hall, as far as it came within :data:`LISTEN_S`."""
    topics, heard, up = Topics(hall), Heard(), threading.Event()
    client = paho.Client(CallbackAPIVersion.VERSION2, f"console-doctor-{secrets.token_hex(3)}")

    def on_connect(_client: Any, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            heard.trouble = str(reason)
        else:
            client.subscribe(
                [(topics.board, 1), (topics.of("+", "$state"), 1), (topics.of("+", "$alert/+"), 1)]
            )
        up.set()

    def on_message(_client: Any, _data: Any, message: paho.MQTTMessage) -> None:
        address = topics.parse(message.topic)
        if address is not None and message.payload:
            _take(heard, address, bytes(message.payload))

    client.on_connect, client.on_message = on_connect, on_message
    try:
        client.connect(broker.host, broker.port, keepalive=10)
    except (OSError, ValueError) as error:
        return Heard(trouble=getattr(error, "strerror", None) or str(error))
    client.loop_start()
    if not up.wait(CONNECT_S):
        heard.trouble = "no answer"
    elif not heard.trouble:
        threading.Event().wait(LISTEN_S)
    client.disconnect()
    client.loop_stop()
    return heard


def _take(heard: Heard, address: Address, payload: bytes) -> None:
    try:
        match address.leaf.name:
            case "$state":
                heard.states[address.member] = wire.decode(State, payload, HUB_LIMIT).state
            case "$alert/<id>":
                heard.alerts[address.member, address.part or ""] = wire.decode(Alert, payload, HUB_LIMIT)
            case "board":
                heard.board = True
            case _:
                pass
    except Malformed:  # somebody else's nonsense is not this machine's trouble
        return


def look(
    broker: BrokerSettings, heard: Heard, *, member: str | None, expected: Sequence[str]
) -> Iterator[Finding]:
    """What was heard, in words. `member` is this device; `expected` are all devices of a hall; without them those that ever spoke are looked at."""
    where = f"{broker.host}:{broker.port}"
    if heard.trouble:
        yield fault(
            "broker-away",
            (
                f"连不上消息服务 {where}：{heard.trouble}",
                f"the message broker {where} cannot be reached: {heard.trouble}",
            ),
            (
                "请检查网线、主机电源和配置里的 broker",
                "look at the network cable, the hub's power, and `broker` in the settings",
            ),
        )
        return
    yield fine("broker", f"消息服务 {where} 正常", f"the message broker {where} answers")
    yield fine("certificate", "总线没有设置证书", "no certificates are set up on this bus")
    yield _hub(heard)
    watched = [member] if member is not None else expected or sorted({*heard.states} - {HUB})
    for name in watched:
        if not name.startswith("console-"):
            yield from _member(name, heard, here=member is not None)


def _hub(heard: Heard) -> Finding:
    if heard.states.get(HUB) in WORKING and heard.board:
        return fine("hub", "叫号主机正常", "the hub works")
    return fault(
        "hub-away",
        ("叫号主机没有应答", "the hub does not answer"),
        ("请在主机上看：systemctl status hall-hub", "on the hub's machine: systemctl status hall-hub"),
    )


def _member(name: str, heard: Heard, *, here: bool) -> Iterator[Finding]:
    state = heard.states.get(name)
    alerts = [alert for (whose, _), alert in heard.alerts.items() if whose == name]
    if state not in WORKING:
        yield fault(
            "device-away",
            (f"{name} 没有在工作", f"{name} is not at work"),
            (
                f"请看：systemctl status hall-{name}" if here else "请检查它的电源和网线，再重启",
                f"see: systemctl status hall-{name}"
                if here
                else "look at its power and network cable, then restart it",
            ),
        )
    elif not alerts and state is MemberState.READY:
        yield fine("device", f"{name} 正常", f"{name} is well")
    for alert in alerts:
        text = (f"{name}：{alert.text.zh}", f"{name}: {alert.text.en}")
        made = fault if alert.level.value == Level.FAULT.value else warning
        yield made(alert.code, text, (_ALERT_DO.zh, _ALERT_DO.en))
