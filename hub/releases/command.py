"""``hall release rollout|halt|status``: a release through the hall, from the hall box's command line."""

from __future__ import annotations

import getpass
import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from hall.errors import Refused
from hall.messages.common import DEVICE_KINDS
from hall.plan import HallPlan
from hall.releases import METADATA, read_name
from hall.text import Text
from hub.releases import rollout
from hub.releases import turn as turns
from hub.releases.book import Book, Pages
from hub.releases.rollout import Outcome, Rollout
from hub.settings import read

_MARKS = {Outcome.GOOD: "good", Outcome.BAD: "BAD", Outcome.WORKING: "…", Outcome.WAITING: "waits"}


def start(
    *, settings: Path, version: str, mirror: Path, sources: tuple[str, ...], now: bool, again: bool
) -> int:
    """Send a release through the hall: canaries first."""
    book, plan = _open(settings)
    there = mirrored(mirror)
    kinds = {name: member.kind.value for name, member in plan.members.items() if member.kind in DEVICE_KINDS}
    missing = sorted({*kinds.values()} - {*there.get(version, [])})
    if missing:
        raise Refused(
            "not-in-mirror",
            Text(
                zh=f"更新源中没有 {version}（{'、'.join(missing)}），请先发布到更新源",
                en=f"the mirror {mirror} has no {version} for {', '.join(missing)}: publish it there first",
            ),
        )
    begun = Rollout(version=version, begun=datetime.now(UTC), actor=getpass.getuser(), now=now)

    def add(pages: Pages) -> Pages:
        running = pages.rollouts[-1] if pages.rollouts else None
        if running is not None and running.halted is None and not rollout.done(running) and not again:
            raise Refused(
                "rollout-running",
                Text(
                    zh=f"{running.version} 正在分批更新：请先 hall release halt，或加 --again",
                    en=f"{running.version} is on its way: halt it first (hall release halt), or say --again",
                ),
            )
        if not (sources or pages.sources):
            raise Refused(
                "no-source",
                Text(
                    zh="请用 --source 说明更新源地址",
                    en="say where devices find the mirror: --source https://…/releases",
                ),
            )
        return Pages(rollouts=[*pages.rollouts, begun], sources=sources or pages.sources)

    book.change(add)
    print(f"{version}: first one device of each kind that is there, then all {len(kinds)}")
    print("while the hall is closed" if not now else "at once, also while the hall is open")
    return 0


def halt(*, settings: Path, why: str) -> int:
    """Stop the rollout in force; devices that have the release keep it."""
    book, _ = _open(settings)
    if book.current is None:
        raise Refused("no-rollout", Text(zh="没有进行中的更新", en="there is no rollout"))

    def stop(running: Rollout) -> Rollout:
        return rollout.halted(running, f"{getpass.getuser()}: {why}")

    stopped = book.revise(stop)
    assert stopped is not None
    print(f"{stopped.version}: halted ({stopped.halted})")
    return 0


def status(*, settings: Path, mirror: Path, as_json: bool) -> int:
    """What the mirror has, how old the release desk's word is, and how far the rollout is."""
    book, _ = _open(settings)
    if as_json:
        print(msgspec.json.encode(book.read()).decode())
        return 0
    for line in fresh(mirror, datetime.now(UTC)):
        print(line)
    turn = turns.read(turns.FILE)
    if turn is not None:
        print(turns.told(turn).en)
    current = book.current
    if current is None:
        print("no rollout yet")
        return 0
    counted = Counter(current.outcomes.values())
    state = (
        f"HALTED: {current.halted}" if current.halted else "done" if rollout.done(current) else "on its way"
    )
    print(f"{current.version}  begun {current.begun:%Y-%m-%d %H:%M} by {current.actor}  {state}")
    if current.canaries:
        print("  " + ", ".join(f"{counted[each]} {each.value}" for each in Outcome))
    else:
        print("  the first devices are not chosen yet: the hub does it when they may be asked")
    for member, outcome in sorted(current.outcomes.items()):
        canary = "canary" if member in current.canaries else ""
        print(f"  {member:<20} {canary:<7} {_MARKS[outcome]:<6} {current.said.get(member, '')}".rstrip())
    return 0


def mirrored(mirror: Path) -> dict[str, list[str]]:
    """Version → kinds of machines, as the mirror's list says it; what is authentic devices judge themselves."""
    try:
        signed = json.loads((mirror / METADATA / "targets.json").read_bytes())["signed"]
        names = [read_name(name) for name in signed["targets"]]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    found: dict[str, set[str]] = {}
    for name in filter(None, names):
        found.setdefault(name.version, set()).add(name.kind)
    return {version: sorted(kinds) for version, kinds in found.items()}


def fresh(mirror: Path, now: datetime) -> list[str]:
    """What the mirror has, and how long the release desk's word still counts."""
    lines = [f"{version}  {', '.join(kinds)}" for version, kinds in sorted(mirrored(mirror).items())]
    try:
        said = json.loads((mirror / METADATA / "timestamp.json").read_bytes())["signed"]["expires"]
        left = (datetime.fromisoformat(said) - now).days
    except (OSError, ValueError, KeyError, TypeError):
        return [*lines, f"the mirror {mirror} is empty or cannot be read"]
    if left < 0:
        return [*lines, f"EXPIRED {-left} days ago: devices install nothing until a newer mirror is brought"]
    return [*lines, f"the release desk's word counts {left} more days"]


def _open(settings: Path) -> tuple[Book, HallPlan]:
    own, plan = read(settings)
    return Book(Path(own.heads).parent / "rollouts.json"), plan
