"""``hall update``: root's part of an update on a machine; started by systemd when its program has written an order.

After a power cut a hall comes up in any order, and an order that was being carried out is taken up at once: what is not there yet (the
mirror, somebody who keeps the clock) is waited for before it is called missing.
"""

from __future__ import annotations

import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from devices.updates import boot_select, orders
from devices.updates.boot_select import Place
from devices.updates.installer import Installer
from devices.updates.orders import Order, Phase, Report
from devices.updates.repository import Repository
from devices.updates.source import Source
from hall.errors import Fault, HallError, Refused
from hall.messages.common import Name
from hall.releases import FIRST_ROOT, Listed
from hall.settings import load
from hall.text import Text
from hall.timekeeping import clock_ok
from hall.tls import BrokerSettings, HallContext, trusting

#: what this machine is, unless it is said
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
TRUSTED = "trusted"
#: what may come while one waits; how long that may take, and between two looks, seconds
NOT_YET = frozenset({"clock-not-ok", "mirror-away"})
PATIENCE_S, LOOK_S = 600.0, 5.0


class _Where(msgspec.Struct, frozen=True, kw_only=True):
    """What root needs of a device's settings."""

    hall: Name
    broker: BrokerSettings = BrokerSettings()


def follow(
    *,
    kind: str,
    settings: Path,
    order: Path,
    boot: Path,
    home: Path,
    root: Path,
    account: str,
    patience_s: float = PATIENCE_S,
    look_s: float = LOOK_S,
) -> int:
    """Carry out the order that lies there, and report; 0 also when it was refused. `settings` are the device's own.

    Until none is left: one that comes while we are at work starts nobody, and one that comes while we wait takes the other's place.
    """
    place = Place(home, boot, order.with_name(orders.PROOF))
    rev, begun = "", 0.0
    while (asked := _unanswered(order, boot)) is not None:
        if asked.rev != rev:
            rev, begun = asked.rev, time.monotonic()
        own, patient = load(settings, _Where), time.monotonic() - begun < patience_s
        if not _carried_out(asked, own, kind=kind, place=place, root=root, account=account, patient=patient):
            time.sleep(look_s)
    return 0


def _unanswered(order: Path, boot: Path) -> Order | None:
    asked, done = orders.read(order, Order), orders.read(boot / orders.REPORT, Report)
    if asked is not None and done is not None and done.rev == asked.rev and done.phase != "installing":
        return None
    return asked


def _carried_out(
    asked: Order, own: _Where, *, kind: str, place: Place, root: Path, account: str, patient: bool
) -> bool:
    """Whether there is an answer; without one something is not there yet, and we are `patient`."""
    _report(place, asked, "installing")
    try:
        _any(
            asked.version,
            asked.sources,
            kind=kind,
            place=place,
            root=root,
            account=account,
            context=trusting(Path(own.broker.tls.ca), own.hall) if own.broker.tls else None,
            held=True,
        )
    except HallError as no:
        if patient and no.code in NOT_YET:
            return False
        _report(place, asked, "refused" if isinstance(no, Refused) else "failed", no)
    else:
        _report(place, asked, "trial")
    return True


def from_folder(
    *,
    folder: Path,
    version: str,
    kind: str,
    boot: Path,
    home: Path,
    root: Path,
    account: str,
    held: bool = False,
    clock_ok: Callable[[], bool] = clock_ok,
) -> int:
    """Install from a stick: the same judgement, another way there. `held`: no start tries it by itself."""
    place = Place(home, boot)
    _any(
        version,
        (f"file://{folder.absolute()}",),
        kind=kind,
        place=place,
        root=root,
        account=account,
        context=None,
        held=held,
        clock_ok=clock_ok,
    )
    if not held:
        print(f"{version} is tried at the program's next start")
    return 0


def show(*, boot: Path, home: Path) -> int:
    """Which release runs here, which are there, and how the last trial ended."""
    place = Place(home, boot)
    state = boot_select.read(place)
    print(f"runs   {boot_select.current(place) or '-'}")
    print(f"good   {state.good or '-'}")
    left = "not begun" if state.held else f"{state.attempts_left} starts left"
    print(f"trial  {state.trial or '-'}" + (f", {left}" if state.trial else ""))
    if state.bad:
        print(f"bad    {state.bad}: {state.reason}")
    print(f"there  {' '.join(boot_select.present(place)) or '-'}")
    return 0


def _any(
    version: str,
    sources: tuple[str, ...],
    *,
    kind: str,
    place: Place,
    root: Path,
    account: str,
    context: HallContext | None,
    held: bool,
    clock_ok: Callable[[], bool] = clock_ok,
) -> None:
    """From the first source that can be reached."""
    try:
        first_root = root.read_bytes()
    except OSError as error:
        raise Refused(
            "no-root",
            Text(
                zh=f"本机没有 {FIRST_ROOT}，不能判断更新的真伪",
                en=f"there is no {root}: this machine was told nobody whose releases it may believe",
            ),
        ) from error
    wanted = Listed(kind=kind, version=version, python=PYTHON, platform=platform.machine())
    installer = Installer(place, stores=(Path("/boot/firmware/hall/wheels"),), account=account or None)
    for number, base in enumerate(sources, 1):

        def look(base: str = base) -> Repository:
            return Repository(
                base=base,
                trusted=place.boot / TRUSTED,
                first_root=first_root,
                source=Source(context),
                clock_ok=clock_ok,
            )

        try:
            installer.install(wanted, look, held=held)
        except Fault as fault:
            if fault.code != "mirror-away" or number == len(sources):
                raise
        else:
            return


def _report(place: Place, asked: Order, phase: Phase, no: HallError | None = None) -> None:
    said = Report(
        rev=asked.rev,
        version=asked.version,
        phase=phase,
        code=None if no is None else no.code,
        detail=None if no is None else no.text.en[:400],
    )
    if orders.read(place.boot / orders.REPORT, Report) != said:  # whoever waits does not wear out the card
        orders.write(place.boot / orders.REPORT, said)
