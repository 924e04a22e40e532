"""The hall on the bus: whether the broker answers, whether the hub works, who is not well.

The doctor listens for a moment as ``console-doctor-…`` and says nothing. What a device says of itself in its alerts is passed on in its
own words.
"""

from __future__ import annotations

import secrets
import socket
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
from hall.messages.presence import Alert, Beat, State
from hall.presence import WORKING
from hall.text import Text
from hall.tls import BrokerSettings, context
from hall.topics import HUB, HUB_LIMIT, Address, Topics
from hall.troubles import TROUBLES

#: retained words come within this of the subscription
LISTEN_S: Seconds = 1.5
#: every device that works beats within this
BEATS_S: Seconds = 6.0
CONNECT_S: Seconds = 4.0

_ALERT_DO = Text(zh="请看设备手册的故障表", en="see the fault table of the device's manual")


class Heard(msgspec.Struct, kw_only=True):
    """What was kept on the bus."""

    #: why nothing was heard; empty when something was
    trouble: str = ""
    board: bool = False
    states: dict[str, MemberState] = {}
    alerts: dict[tuple[str, str], Alert] = {}
    #: the last beat of each device; None: nobody waited for beats
    beats: dict[str, Beat] | None = None


def listen(broker: BrokerSettings, hall: str, *, beats: bool = False) -> Heard:
    """Everything retained in this hall, as far as it came within :data:`LISTEN_S`; with `beats` also what every device says of itself."""
    topics, heard, up = Topics(hall), Heard(beats={} if beats else None), threading.Event()
    client = paho.Client(CallbackAPIVersion.VERSION2, f"console-doctor-{secrets.token_hex(3)}")

    def on_connect(_client: Any, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            heard.trouble = str(reason)
        else:
            client.subscribe(
                [
                    (topics.board, 1),
                    (topics.of("+", "$state"), 1),
                    (topics.of("+", "$alert/+"), 1),
                    (topics.of("+", "up/beat"), 0),
                ]
            )
        up.set()

    def on_message(_client: Any, _data: Any, message: paho.MQTTMessage) -> None:
        address = topics.parse(message.topic)
        if address is not None and message.payload:
            _take(heard, address, bytes(message.payload))

    client.on_connect, client.on_message = on_connect, on_message
    tls = context(broker.tls, hall)
    if tls is not None:
        client.tls_set_context(tls)
    try:
        client.connect(broker.host, broker.port, keepalive=10)
    except (OSError, ValueError) as error:
        return Heard(trouble=getattr(error, "strerror", None) or str(error))
    client.loop_start()
    if not up.wait(CONNECT_S):
        heard.trouble = "no answer"
    elif not heard.trouble:
        threading.Event().wait(BEATS_S if beats else LISTEN_S)
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
            case "up/beat" if heard.beats is not None:
                heard.beats[address.member] = wire.decode(Beat, payload, HUB_LIMIT)
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
    if heard.trouble:
        yield _away(broker, heard.trouble)
        return
    yield _there(broker)
    yield _hub(heard)
    watched = [member] if member is not None else expected or sorted({*heard.states} - {HUB})
    for name in watched:
        if not name.startswith("console-"):
            yield from _member(name, heard, here=member is not None)


def reached(broker: BrokerSettings) -> Iterator[Finding]:
    """Whether there is a broker at all, for a device whose name on the bus is its program's alone."""
    try:
        socket.create_connection((broker.host, broker.port), CONNECT_S).close()
    except OSError as error:
        yield _away(broker, error.strerror or str(error))
    else:
        yield _there(broker)


def _there(broker: BrokerSettings) -> Finding:
    where = f"{broker.host}:{broker.port}"
    return fine("broker", f"消息服务 {where} 正常", f"the message broker {where} answers")


def _away(broker: BrokerSettings, why: str) -> Finding:
    where = f"{broker.host}:{broker.port}"
    return fault(
        "broker-away",
        (f"连不上消息服务 {where}：{why}", f"the message broker {where} cannot be reached: {why}"),
        (
            "请检查网线、主机电源和配置里的 broker",
            "look at the network cable, the hub's power, and `broker` in the settings",
        ),
    )


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
                "请看：systemctl status hall-device" if here else "请检查它的电源和网线，再重启",
                "see: systemctl status hall-device"
                if here
                else "look at its power and network cable, then restart it",
            ),
        )
    elif heard.beats is not None and name not in heard.beats:
        yield fault(
            "device-silent",
            (f"{name} 没有心跳，程序停住了", f"{name} does not beat: its program stands still"),
            ("请重启这台设备", "restart this device"),
        )
    elif not alerts and state is MemberState.READY:
        beat = heard.beats.get(name) if heard.beats is not None else None
        zh, en = _fares(beat)
        yield fine("device", f"{name} 正常{zh}", f"{name} is well{en}")
    for alert in alerts:
        text = (f"{name}：{alert.text.zh}", f"{name}: {alert.text.en}")
        made = fault if alert.level.value == Level.FAULT.value else warning
        known = TROUBLES.get(alert.code)
        do = _ALERT_DO if known is None else known.do
        yield made(alert.code, text, (do.zh, do.en))


def _fares(beat: Beat | None) -> tuple[str, str]:
    """Its machine in a few words."""
    if beat is None:
        return "", ""
    zh, en = [], []
    if beat.temperature_c is not None:
        zh.append(f"{beat.temperature_c:.0f}℃")
        en.append(f"{beat.temperature_c:.0f} °C")
    if beat.memory_free_mb is not None:
        zh.append(f"内存余{beat.memory_free_mb:.0f} MB")
        en.append(f"{beat.memory_free_mb:.0f} MB of memory free")
    if beat.disk_free_mb is not None:
        zh.append(f"磁盘余{beat.disk_free_mb:.0f} MB")
        en.append(f"{beat.disk_free_mb:.0f} MB of disk free")
    return (f"（{'，'.join(zh)}）", f" ({', '.join(en)})") if zh else ("", "")
