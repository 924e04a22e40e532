"""How a change of settings is asked: in one ask where it fits, else as pieces of a draft and the ask that takes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from hall.messages.asks import DraftPlan, SetPlan
from hall.settings_form import Form, difference, merged, same
from hall.topics import MEMBER_LIMIT

#: Characters of one piece: three bytes each, and escaped quotation marks, still fit one ask.
_PIECE: Final = 1500


def asks_for(
    old: Form, new: Form, *, base: int, new_id: Callable[[], str], reason: str, actor: str | None
) -> list[SetPlan | DraftPlan]:
    """What to ask, in this order, so that settings of version `base` that are `old` become `new`; the last is the change itself."""
    change = difference(old, new)
    order = SetPlan(id=new_id(), actor=actor, base=base, change=change, reason=reason)
    if same(merged(old, change), new) and len(msgspec.json.encode(order)) < MEMBER_LIMIT:
        return [order]
    whole = msgspec.json.encode(new).decode()
    draft = new_id()
    pieces = [whole[begin : begin + _PIECE] for begin in range(0, len(whole), _PIECE)]
    return [
        *(
            DraftPlan(id=new_id(), actor=actor, draft=draft, part=part, text=text)
            for part, text in enumerate(pieces, 1)
        ),
        SetPlan(id=order.id, actor=actor, base=base, draft=draft, reason=reason),
    ]
