"""``hall update box|prove|ask|settle``: the hall box's own update, on the box, as root."""

from __future__ import annotations

import os
import time
from datetime import date, datetime
from pathlib import Path

from deploy.appliance.box import layout
from deploy.appliance.box.machine import Machine
from deploy.appliance.box_update import checks
from deploy.appliance.box_update.data import Data
from deploy.appliance.box_update.errand import TURN, Errand
from deploy.appliance.box_update.fit import check_clock, check_store
from deploy.appliance.box_update.hands import Systemd, as_hub, running
from deploy.appliance.box_update.hours import check_closed
from deploy.appliance.box_update.proof import Proof
from devices.updates import boot_select
from devices.updates.boot_select import Place
from devices.updates.command import from_folder
from hall.cli_call import spoken
from hall.clock import Seconds
from hall.errors import Fault, Refused
from hall.release import Version
from hall.settings import load
from hall.text import Text
from hub.console.settings import ConsoleSettings
from hub.releases import turn as turns
from hub.releases.turn import Stage, Turn
from hub.store.engine import connect_store
from hub.store.migrate import migrate

HUB, CONSOLE = Path(layout.ETC, "hub.yaml"), Path(layout.ETC, "console.yaml")
#: how often a waiting update looks whether the hall has closed
LOOK_S: Seconds = 60.0


def box(
    *,
    version: Version,
    mirror: Path,
    home: Path,
    boot: Path,
    root: Path,
    now: bool,
    wait: bool,
    installed: bool,
    today: date | None = None,
) -> int:
    """Change this hall box to a release: judge and install it beside what runs, then try it; 1 when what ran before runs again."""
    machine, place = _live(), Place(home, boot)
    if installed:
        return _said(_errand(machine, place).run(version))
    check_store(HUB)
    check_clock(HUB, datetime.now().astimezone(), today)
    _closed(now=now, wait=wait)
    if not boot_select.runnable(place, version) or boot_select.current(place) == version:
        from_folder(
            folder=mirror,
            version=version,
            kind="box",
            boot=boot,
            home=home,
            root=root,
            account="",
            held=True,
            # the hall's time is this machine's own, and was looked at
            clock_ok=lambda: True,
        )
        _closed(now=now, wait=wait)
    # in a unit of its own: it goes on when the terminal is gone, and whatever ends it is settled
    unit, before = f"hall-update@{_escaped(version)}.service", turns.read(boot / TURN)
    # how the last one ended stands in its file; systemd need not call the machine degraded for it any longer
    machine.says("systemctl", "reset-failed", "hall-update@*.service")
    machine.says("systemctl", "start", unit)
    turn = turns.read(boot / TURN)
    if turn is None or (before is not None and turn.begun == before.begun):
        raise Fault(
            "not-begun",
            Text(
                zh=f"更新没有开始，原因请看 journalctl -u {unit}",
                en=f"the update did not begin: journalctl -u {unit} says why",
            ),
        )
    return _said(turn)


def settle(*, home: Path, boot: Path, start: bool) -> int:
    """Bring an update that was cut off to its end."""
    turn = _errand(_live(), Place(home, boot)).settle(start=start)
    if turn is not None:
        _said(turn)
    return 0


def prove() -> int:
    """Whether the release in use works: services, journal, broker and hub, pages, for a minute."""
    machine = _live()
    Proof(
        services=lambda: running(machine),
        journal=lambda: checks.journal(HUB),
        ask=lambda: as_hub(machine, "update", "ask"),
        pages=lambda: checks.pages(load(CONSOLE, ConsoleSettings)),
    ).prove()
    return 0


def lower(store: Path, schema: str) -> None:
    """The store at this path is of no newer schema than this one."""
    engine = connect_store(str(store))
    try:
        migrate(engine, to=schema, back=True)
    finally:
        engine.dispose()


def _errand(machine: Machine, place: Place) -> Errand:
    return Errand(
        place=place,
        data=Data(machine.at(layout.STATE), machine.at(layout.ETC)),
        hands=Systemd(machine),
        now=lambda: datetime.now().astimezone(),
        lower=lower,
    )


def _closed(*, now: bool, wait: bool) -> None:
    while not now:
        try:
            check_closed(HUB, datetime.now().astimezone())
        except Refused:
            if not wait:
                raise
            time.sleep(LOOK_S)
        else:
            return


def _said(turn: Turn) -> int:
    print(spoken(turns.told(turn)))
    return 0 if turn.stage is Stage.DONE else 1


def _live() -> Machine:
    machine = Machine()
    if os.geteuid() != 0:
        raise Fault("not-root", Text(zh="需要管理员权限，请用 sudo", en="this takes root's rights: use sudo"))
    return machine


def _escaped(version: str) -> str:
    return version.replace("-", "\\x2d").replace("+", "\\x2b")
