"""``hall twin``: the switches of a running demo from a command line; the same ones as on its page.

What can be wrong is in :data:`sim.twin.faults.FAULTS` (hands) and :data:`sim.twin.links.SWITCHES` (cables, here ``cable-cut`` and so
on). A demo is found by its folder: the one given, else the only one in the folder for temporary files whose world answers; a
demo that was given a folder elsewhere has a link there (:func:`findable`).
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import msgspec

from hall.errors import Fault, Refused
from hall.text import Text
from sim.twin.faults import FAULTS, FaultSeen, Named, named, possible
from sim.twin.links import SOUND, SWITCH_WORDS, SWITCHES, LinksClient, LinksError, LinksPlan
from sim.twin.world_client import WorldClient, WorldError
from sim.twin.world_plan import read_plan

CABLE: Final = "cable-"
DEMO_FOLDERS: Final = "hall-demo-"
"""What the temporary folder of a demo begins with."""


def switch(world: WorldClient, wanted: Named, *, on: bool = True) -> str:
    """Switch a hand's fault on or off; says which member has it.

    :raises WorldError: nobody there can have it, or not at that place.
    """
    able = [plan.member for plan in world.members() if wanted.name in possible(plan)]
    if not able:
        raise WorldError(f"nobody here can have the fault {wanted.name!r}")
    member = wanted.member or able[0]
    if on:
        world.fault(member, wanted.name, wanted.where)
    else:
        world.heal(member, wanted.name)
    return member


def run_faults(*, state: Path | None, member: str | None, json: bool) -> int:
    """Print every fault that each member can have, and whether it has it."""
    folder = demo_folder(state)
    found = [row for row in _rows(folder) if member in {None, row.member}]
    if not found:
        raise _nobody(member or "?", {one.member for one in read_plan(folder / "world.json").members})
    if json:
        print(msgspec.json.encode({"faults": found}).decode())  # noqa: T201 - the command's result
        return 0
    for row in found:
        mark, where = "●" if row.active else "○", f" @ {', '.join(row.where)}" if row.where else ""
        print(f"{mark} {row.member:14} {row.name:18} {row.zh} {row.en}{where}")  # noqa: T201 - the command's result
    return 0


def run_fault(*, state: Path | None, name: str, member: str | None, where: str | None, on: bool) -> int:
    """Switch one fault of a running demo on or off; the exit code."""
    folder = demo_folder(state)
    if name.startswith(CABLE) and name.removeprefix(CABLE) in SWITCHES:
        whose = _switch_cable(folder, name.removeprefix(CABLE), member, on=on)
        words = SWITCH_WORDS[name.removeprefix(CABLE)]
    else:
        wanted = named(name)
        with WorldClient(read_plan(folder / "world.json").control) as world:
            try:
                whose = switch(
                    world, Named(wanted.name, member or wanted.member, where or wanted.where), on=on
                )
            except WorldError as error:
                raise Refused("cannot-fail-so", Text(zh=f"做不到：{error}", en=str(error))) from error
        words = Text(zh=FAULTS[wanted.name].zh, en=FAULTS[wanted.name].en)
    done = Text(zh="已设故障", en="broken") if on else Text(zh="已修好", en="repaired")
    print(f"{whose}: {words.zh}，{done.zh} · {words.en}, {done.en}")  # noqa: T201 - the command's result
    return 0


def run_heal(*, state: Path | None, member: str | None) -> int:
    """Repair everything, or everything of one member; the exit code."""
    folder = demo_folder(state)
    plan = read_plan(folder / "world.json")
    members = [one.member for one in plan.members if member in {None, one.member}]
    if not members:
        raise _nobody(member or "?", [one.member for one in plan.members])
    with WorldClient(plan.control) as world:
        for one in members:
            world.heal(one)
    links = _links(folder)
    if links.ports:
        with LinksClient(links.control) as cables:
            for one in links.ports:  # hub and broker have cables and no hands
                if member in {None, one}:
                    cables.heal(one)
    print(f"{', '.join(members)}: 已修好 repaired")  # noqa: T201 - the command's result
    return 0


def run_replay(*, state: Path | None, file: Path, member: str) -> int:
    """Play a recording of real keys in a running demo; the exit code."""
    with WorldClient(read_plan(demo_folder(state) / "world.json").control) as world:
        try:
            seconds = world.replay(member, file)
        except WorldError as error:
            raise Refused("cannot-replay", Text(zh=f"做不到：{error}", en=str(error))) from error
    print(f"{member}: {file} {seconds:.3f} s")  # noqa: T201 - the command's result
    return 0


def run_scan(*, state: Path | None, code: str, member: str | None) -> int:
    """Show a code to a reader of a running demo, the first one's where nobody is named; the exit code."""
    plan = read_plan(demo_folder(state) / "world.json")
    readers = [one.member for one in plan.members if one.reader]
    if not readers or member not in {None, *readers}:
        raise _nobody(member or "?", readers)
    whose = member or readers[0]
    with WorldClient(plan.control) as world:
        try:
            world.scan(whose, code)
        except WorldError as error:
            raise Refused("cannot-scan", Text(zh=f"做不到：{error}", en=str(error))) from error
    print(f"{whose}: {code} 已扫 scanned")  # noqa: T201 - the command's result
    return 0


@contextmanager
def findable(folder: Path) -> Iterator[None]:
    """While it lasts, a demo in `folder` is found without being named, wherever that is."""
    link = Path(tempfile.gettempdir()) / f"{DEMO_FOLDERS}at-{os.getpid()}"
    with suppress(OSError):  # it can be named all the same
        link.unlink(missing_ok=True)
        link.symlink_to(folder.resolve(), target_is_directory=True)
    try:
        yield
    finally:
        with suppress(OSError):
            link.unlink(missing_ok=True)


def demo_folder(state: Path | None) -> Path:
    """The folder of the demo that is meant.

    :raises Fault: ``no-demo`` when none runs there, ``which-demo`` when more than one does.
    """
    if state is not None:
        if not _runs(state):
            raise Fault(
                "no-demo", Text(zh=f"{state} 里没有正在运行的演示", en=f"no demo is running in {state}")
            )
        return state
    found = sorted({folder.resolve() for folder in Path(tempfile.gettempdir()).glob(f"{DEMO_FOLDERS}*")})
    running = [folder for folder in found if _runs(folder)]
    if len(running) == 1:
        return running[0]
    if running:
        names = ", ".join(str(folder) for folder in running)
        raise Fault(
            "which-demo",
            Text(zh=f"有多个演示，请用 --state 选一个：{names}", en=f"choose one with --state: {names}"),
        )
    raise Fault(
        "no-demo",
        Text(
            zh="没有正在运行的演示；请先运行 hall demo，或用 --state 指出文件夹",
            en="no demo is running: start `hall demo` first, or name its folder with --state",
        ),
    )


def _runs(folder: Path) -> bool:
    """Whether a world answers there; what a demo left behind does not."""
    try:
        plan = read_plan(folder / "world.json")
        with WorldClient(plan.control, timeout_s=0.5) as world:
            world.members()
    except (OSError, ValueError, WorldError):
        return False
    return True


class _Row(FaultSeen, frozen=True, kw_only=True):
    """A fault of one member."""

    member: str


def _rows(folder: Path) -> Iterator[_Row]:
    plan = read_plan(folder / "world.json")
    with WorldClient(plan.control) as world:
        for one in plan.members:
            for seen in world.faults(one.member):
                yield _Row(member=one.member, **msgspec.structs.asdict(seen))
    links = _links(folder)
    if not links.ports:
        return
    with LinksClient(links.control) as cables:
        for member, cable in cables.look().items():
            for name, words in SWITCH_WORDS.items():
                wrong = cable.faults == SWITCHES[name]()
                yield _Row(member=member, name=CABLE + name, zh=words.zh, en=words.en, active=wrong)


def _links(folder: Path) -> LinksPlan:
    """The demo's cables; none when it runs without."""
    try:
        return msgspec.json.decode((folder / "links.json").read_bytes(), type=LinksPlan)
    except FileNotFoundError:
        return LinksPlan(broker_port=0, ports={}, control="")


def _switch_cable(folder: Path, name: str, member: str | None, *, on: bool) -> str:
    links = _links(folder)
    if member is None or member not in links.ports:
        raise _nobody(member or "?", links.ports)
    with LinksClient(links.control) as cables:
        try:
            cables.set(member, SWITCHES[name]() if on else SOUND)
        except LinksError as error:
            raise Refused("cannot-fail-so", Text(zh=f"做不到：{error}", en=str(error))) from error
    return member


def _nobody(member: str, members: Iterable[str]) -> Refused:
    there = ", ".join(members) or "-"
    return Refused(
        "no-such-member",
        Text(zh=f"没有这个成员：{member}（有：{there}）", en=f"no such member: {member}; there are {there}"),
    )
