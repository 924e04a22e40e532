#!/usr/bin/env python3
"""One real example of every message, from a simulated morning: ``scripts/protocol_examples.py`` writes docs/protocol-examples.md.

``--check`` only says whether the page is up to date. The morning is seeded, so the page changes only when the protocol does.
"""

from __future__ import annotations

import json
import logging
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from hall.link import Packet
from hall.messages import asks
from hall.messages.common import NoticeKind, Outcome, Span, Via
from hall.messages.hall_slips import MorningSlip, Seat
from hall.policy import Order, Policy
from hall.text import Text
from hall.topics import LEAVES, Leaf, Topics
from sim.simulated import SimulatedHall

PAGE = Path(__file__).parent.parent / "docs" / "protocol-examples.md"
HEAD = """# One example of every message

Seen on the bus in a simulated morning; drawn by `scripts/protocol_examples.py` (`make docs`). What they mean stands in
[protocol.md](protocol.md), their exact types in [asyncapi.yaml](asyncapi.yaml).
"""


def morning(hall: SimulatedHall) -> None:
    """People, clerks and troubles, so that nearly everything is said once."""

    def act(kind: Callable[..., asks.AnyAsk], **fields: Any) -> None:
        hall.act(kind(id=hall.new_id(), **fields))
        hall.run_for(2.0)

    act(asks.Sit, window=2, clerk="018")
    act(asks.Sit, window=5, clerk="027")
    hall.press("withdrawal")
    hall.run_for(8.0)
    hall.press("account")
    hall.run_for(8.0)
    act(asks.TakeTicket, service="withdrawal", lane="priority", via=Via.DESK, situation="rent")
    act(asks.CallNext, window=2)
    act(asks.Recall, window=2)
    act(asks.StopService, service="loan", reason=Text(zh="系统结算", en="system settlement"))
    act(asks.ResumeService, service="loan")
    turns = Policy(order=Order.WEIGHTED, weights={"priority": 2, "appointment": 1, "normal": 1})
    act(asks.SetPolicy, policy=turns, reason="排队的人多")
    act(asks.SetProfile, window=5, serves=("review", "loan"), helps=("withdrawal",))
    act(asks.NoShow, window=2)
    missed = hall.console.view.facts[-1]
    act(asks.CallNext, window=2)
    act(asks.Start, window=2)
    act(asks.Accept, window=2)
    act(asks.Park, window=2)
    parked = hall.console.view.facts[-1]
    act(asks.ResumeTicket, ticket=parked.ticket, window=2)
    act(asks.Transfer, window=2, to="review", note="请复核")
    hall.press_face(2, 1)
    hall.run_for(3.0)
    act(asks.NoteApology, ticket=parked.ticket, step=1)
    act(asks.CallNext, window=5)
    act(asks.Finish, window=5, outcome=Outcome.DONE)
    act(asks.ReturnTicket, ticket=missed.ticket)
    act(asks.Reroute, ticket=missed.ticket, lane="priority", note="行动不便")
    act(asks.Reprint, ticket=missed.ticket)
    hall.run_for(5.0)
    act(asks.CallTicket, window=2, ticket=missed.ticket)
    act(asks.Finish, window=2, outcome=Outcome.MATERIAL_MISSING, missing=("婚姻状况材料", "租赁合同"))
    slip = hall.console.view.facts[-1]
    act(asks.ReprintSlip, ticket=missed.ticket)
    hall.run_for(5.0)
    act(asks.CheckIn, via=Via.DESK, code=slip.code)
    act(asks.CallNext, window=2, finish=Outcome.DONE)
    act(asks.NoShow, window=2)
    act(asks.Undo, window=2)
    called = hall.console.view.facts[-1].ticket
    act(asks.GrantExtension, ticket=called, reason="行动不便")
    act(asks.NotePrecheck, ticket=called, papers=("身份证", "租赁合同"), forms=("提取申请表",))
    act(asks.Transfer, window=2, to="desk", note="领取材料")
    act(asks.ServeAtDesk, ticket=called, outcome=Outcome.DONE)
    act(asks.Sit, window=1, clerk="006")
    act(asks.SeatDirectly, window=1, service="withdrawal", lane="priority", aids="轮椅")
    act(asks.TakeOver, window=1, clerk="011")
    act(asks.Finish, window=1, outcome=Outcome.DONE)
    act(asks.CallHelp, window=2)
    hall.run_for(2.0)
    act(asks.EndHelp, window=2)
    act(asks.Pause, window=2, reason="生理")
    act(asks.Resume, window=2)
    act(asks.CallNext, window=99)
    hall.twin("dispenser-1").fault("paper-out")
    hall.press("loan")
    hall.run_for(8.0)
    hall.twin("dispenser-1").heal()
    hall.run_for(8.0)
    act(asks.Cancel, ticket=hall.console.new_id())
    hall.broker.cut("dispenser-1")
    hall.run_for(5.0)
    hall.press("settlement")
    hall.run_for(5.0)
    hall.broker.mend("dispenser-1")
    hall.run_for(10.0)
    stop = Text(zh="明天上午停电检修，请下午来", en="Power maintenance tomorrow morning; please come later")
    hall.act(asks.Broadcast(id=hall.new_id(), kind=NoticeKind.TEXT, text=stop))
    hall.run_for(2.0)
    act(asks.WithdrawNotice, notice=hall.console.view.facts[-1].notice)
    served = (Span(first="A8001", last="A8001"),)
    act(asks.EnterByHand, service="withdrawal", first="A8001", last="A8002", served=served)
    today = hall.scheduler.now().date().isoformat()
    act(
        asks.PrintSlip,
        slip=MorningSlip(day=today, duty=("006",), seats=(Seat(window=2, clerk="018", cover="014"),)),
    )
    act(asks.PrintReceipt, case="2026-0302-001", call_by=today)
    act(asks.ExtendHours, until=hall.scheduler.now().replace(hour=18))
    act(asks.Leave, window=5, clerk="027")
    act(asks.CloseDay)
    act(asks.OpenDay)


def examples(packets: Iterator[Packet], hall: str) -> dict[tuple[str, str], Packet]:
    """The first packet of each leaf and type."""
    topics = Topics(hall)
    found: dict[tuple[str, str], Packet] = {}
    for packet in packets:
        address = topics.parse(packet.topic)
        if address is None or not packet.payload:
            continue
        said = json.loads(packet.payload)
        kind = said.get("type") or address.part or ("refused" if said.get("ok") is False else "")
        if address.leaf.name.startswith("$alert"):
            kind = said["code"]
        found.setdefault((address.leaf.name, kind), packet)
    return found


def page() -> str:
    """The whole page."""
    with tempfile.TemporaryDirectory() as folder:
        hall = SimulatedHall(Path(folder), seed=1)
        try:
            morning(hall)
            found = examples(iter(hall.broker.log), hall.plan.id)
        finally:
            hall.stop()
    parts = [HEAD]
    for leaf in LEAVES:
        of_leaf = sorted((kind, packet) for (name, kind), packet in found.items() if name == leaf.name)
        if of_leaf:
            parts.append(_section(leaf, of_leaf))
    return "\n".join(parts)


def _section(leaf: Leaf, found: list[tuple[str, Packet]]) -> str:
    lines = [
        f"## `{leaf.name if leaf.per_member else 'hub/' + leaf.name}`\n",
        f"{leaf.says[0].upper()}{leaf.says[1:]}.\n",
    ]
    for kind, packet in found:
        said = json.dumps(json.loads(packet.payload), ensure_ascii=False)
        lines.append(f"{f'**{kind}** · ' if kind else ''}`{packet.topic}`\n\n```json\n{_short(said)}\n```\n")
    return "\n".join(lines)


def _short(said: str, limit: int = 1200) -> str:
    """Long catalogues are cut: the example shows the shape, not every service."""
    return said if len(said) <= limit else said[:limit] + " …"


def main() -> int:
    """Write the page, or check it."""
    logging.disable(logging.WARNING)
    fresh = page()
    if "--check" in sys.argv[1:]:
        return 0 if PAGE.exists() and PAGE.read_text(encoding="utf-8") == fresh else 1
    PAGE.write_text(fresh, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
