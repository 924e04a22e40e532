"""Receipts of cases: what somebody holds in hand who left a complaint, a question or a number with the hall.

Rules:

* The console keeps the cases; the hall is told a case's number and the day by which its person is called, and nothing of the person.
* A hall without a dispenser has nothing to print it on.
"""

from __future__ import annotations

from datetime import datetime

from hall.messages.asks import PrintReceipt
from hall.messages.facts import ReceiptOrdered
from hub.domain.hall_slips import check_printer
from hub.domain.state import State


def print_receipt(s: State, order: PrintReceipt, at: datetime) -> list[ReceiptOrdered]:
    """A receipt is to come out. Refuses ``unknown-window``, ``no-printer``."""
    if order.window is not None:
        s.window(order.window)
    check_printer(s)
    return [
        ReceiptOrdered(
            n=s.n + 1,
            at=at,
            case=order.case,
            call_by=order.call_by,
            window=order.window,
            actor=order.actor,
        )
    ]
