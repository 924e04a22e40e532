"""``hall fleet config | tell``: look after the devices of a running hall from the command line."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from hall.clock import Seconds
from hall.errors import Refused
from hall.messages import asks
from hall.messages.common import ConfigValue, DeviceOrder
from hall.settings import parse
from hall.text import Text
from hub.console.mirror.backstage import Backstage
from hub.console.mirror.care import Care
from hub.console.plans.command import backstage_of, put, waited
from hub.settings import read

#: How long a device may take to answer, seconds; a self-test may print and speak.
ANSWER_S = 65.0
NO_PAIR = Text(zh="请写成 名称=值，如brightness=8", en="write NAME=VALUE, such as brightness=8")
SILENT = Text(zh="设备没有应答，请检查它是否在线", en="the device did not answer; look whether it is there")


def config(settings: Path, device: str, values: list[str], member: str) -> int:
    """Change settings of a device, or show what the hall has changed."""
    own, plan = read(settings)
    wanted = dict(map(pair, values))
    with backstage_of(own, plan, member) as backstage:
        if wanted:
            id_ = backstage.new_id()
            put(backstage, asks.Configure(id=id_, actor=member, member=device, values=wanted))
        else:
            known = backstage.plan.members.get(device)
            if known is None:
                raise Refused("unknown-device", Text(zh=f"本厅没有{device}", en=f"this hall has no {device}"))
            for name, value in (known.config or {}).items():
                print(f"{name}={msgspec.json.encode(value).decode()}")  # noqa: T201 - the command's answer
    return 0


def tell(
    settings: Path,
    device: str,
    order: DeviceOrder,
    level: Any,
    minutes: int,
    member: str,
    within_s: Seconds = ANSWER_S,
) -> int:
    """Have a device do something, and say how that ended; the exit code is 0 when it was done."""
    own, plan = read(settings)
    zone = ZoneInfo(plan.timezone)
    with backstage_of(own, plan, member) as backstage:
        before = _care(backstage, device)
        ask = msgspec.convert(
            {
                "id": backstage.new_id(),
                "actor": member,
                "member": device,
                "order": order.value,
                "level": level,
                "minutes": minutes,
            },
            asks.OrderDevice,
        )
        put(backstage, ask)
        care = _until(backstage, device, lambda care: _answered(care, before), within_s)
        assert care.answered is not None
        print(f"{device}: {order.value}: {care.answered.phase} ({care.answered.code})", file=sys.stderr)  # noqa: T201
        if care.answered.phase != "done":
            return 1
        if order is DeviceOrder.SELF_TEST:
            care = _until(backstage, device, lambda care: _other(care.tested, before.tested))
            assert care.tested is not None
            print(msgspec.json.encode(care.tested.results).decode())  # noqa: T201
        if order is DeviceOrder.BUNDLE:
            care = _until(backstage, device, lambda care: _other(care.bundle, before.bundle))
            assert care.bundle is not None
            at = care.bundle.at.astimezone(zone)
            print(own.bundles / care.bundle.file, f"{at:%H:%M:%S}", care.bundle.size)  # noqa: T201
    return 0


def fetched(backstage: Backstage, device: str, member: str) -> str:
    """A bundle that the device hands out now: its file's name at the hub."""
    before = _care(backstage, device)
    order = DeviceOrder.BUNDLE
    put(backstage, asks.OrderDevice(id=backstage.new_id(), actor=member, member=device, order=order))
    care = _until(backstage, device, lambda care: _other(care.bundle, before.bundle))
    assert care.bundle is not None
    return care.bundle.file


def pair(written: str) -> tuple[str, ConfigValue | None]:
    """A name and its value; ``Refused`` with ``no-pair``."""
    name, sign, value = written.partition("=")
    found = parse(value) if sign else []
    if not name.strip() or isinstance(found, list | dict):
        raise Refused("no-pair", NO_PAIR)
    return name.strip(), found


def _care(backstage: Backstage, device: str) -> Care:
    picture = backstage.picture
    seen = () if picture is None else picture.members
    return next((one.care for one in seen if one.member == device), Care())


def _answered(care: Care, before: Care) -> bool:
    return care.answered is not None and _other(care.ordered, before.ordered)


def _other(now: Any, before: Any) -> bool:
    return now is not None and (before is None or now.n != before.n)


def _until(
    backstage: Backstage, device: str, true: Callable[[Care], bool], within_s: Seconds = ANSWER_S
) -> Care:
    if not waited(lambda: true(_care(backstage, device)), within_s):
        raise Refused("silent", SILENT)
    return _care(backstage, device)
