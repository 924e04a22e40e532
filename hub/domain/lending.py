"""Lending numbers to dispensers; the arithmetic is in :mod:`hub.domain.numbers`.

Rules:

* Only registered dispensers are lent numbers, for today or a day to come.
* Where numbers outlive the night the days take turns with the two halves of the numbers to lend (:mod:`hub.domain.overnight`).
* A dispenser that still holds numbers of every letter for that day is lent nothing: asking again is harmless.
"""

from __future__ import annotations

from datetime import datetime

from hall.messages.common import MemberKind
from hall.messages.facts import NumbersLent
from hub.domain import numbers
from hub.domain.orders import LendNumbers
from hub.domain.refusals import refused
from hub.domain.state import State


def lend_numbers(s: State, order: LendNumbers, at: datetime) -> list[NumbersLent]:
    """Blocks for one dispenser and one day. Refuses ``not-a-dispenser``, ``wrong-day``."""
    member = s.plan.members.get(order.member)
    if member is None or member.kind is not MemberKind.DISPENSER:
        raise refused("not-a-dispenser")
    if order.day != s.day and order.day < at.astimezone(s.zone).date().isoformat():
        raise refused("wrong-day")
    letters = sorted({service.letter for service in s.plan.services.values() if service.button})
    book = s.books.get(order.day, numbers.Book())
    within = numbers.half(order.day) if s.policy.keep_overnight else (numbers.FIRST_LENT, numbers.LAST_LENT)
    size = numbers.block_size(s.plan, within)
    blocks = book.offer(order.member, letters, size, fresh=order.fresh, within=within)
    if not blocks:
        return []
    return [
        NumbersLent(
            n=s.n + 1, at=at, member=order.member, day=order.day, blocks=tuple(blocks), fresh=order.fresh
        )
    ]


# ---------------------------------------------------------------- apply


def on_lent(s: State, fact: NumbersLent) -> None:
    """The blocks are the dispenser's for that day."""
    s.books.setdefault(fact.day, numbers.Book()).lend(fact.member, fact.blocks, fresh=fact.fresh)
