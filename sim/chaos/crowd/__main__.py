"""``python -m sim.chaos.crowd PLAN``: one part of the crowd, until it is killed."""

from __future__ import annotations

import asyncio
import contextlib
import random
import signal
import sys
import uuid
from pathlib import Path

from sim.chaos.crowd.book import Book
from sim.chaos.crowd.clerk import Clerk, Pad
from sim.chaos.crowd.dispenser import Dispenser, Speaker
from sim.chaos.crowd.member import Member
from sim.chaos.crowd.part import Part, PartPlan


async def play(plan: PartPlan) -> None:
    """Everybody of a part, for ever."""
    book = Book(Path(plan.book))
    with book.change():
        life = int(book.noted("lives", "0")) + 1
        book.note("lives", str(life))
    chance = random.Random(f"{plan.name} {plan.seed} {life}")
    part = Part(plan=plan, book=book, boot=str(uuid.uuid4()), chance=chance)
    dispenser = Dispenser(part)
    pads = [Pad(part, window) for window in plan.windows]
    clerks = [Clerk(part, window, pad) for window, pad in zip(plan.windows, pads, strict=True)]
    members: list[Member] = [dispenser, *pads, *clerks]
    if plan.speaker:
        members.append(Speaker(part, plan.speaker))
    async with asyncio.TaskGroup() as together:
        for member in members:
            together.create_task(member.live())
        together.create_task(dispenser.work())
        for clerk in clerks:
            together.create_task(clerk.work())


def main(arguments: list[str]) -> int:
    """Entry of the program."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(play(PartPlan.read(Path(arguments[0]))))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
