"""A receipt is ordered for whoever's case was taken down: a number and a day, and nothing of the person."""

from hall.messages import asks, facts


def test_a_receipt_is_on_record_with_number_day_and_place(served):
    (ordered,) = served.ask(
        asks.PrintReceipt, case="2026-1123-003", call_by="2026-11-24", window=1, actor="clerk-1"
    )
    assert (ordered.case, ordered.call_by, ordered.window, ordered.actor) == (
        "2026-1123-003",
        "2026-11-24",
        1,
        "clerk-1",
    )
    assert served.of(facts.ReceiptOrdered) == [ordered]


def test_the_desk_stands_at_no_window_and_not_everybody_is_called(served):
    (ordered,) = served.ask(asks.PrintReceipt, case="2026-1123-004")
    assert (ordered.window, ordered.call_by) == (None, None)


def test_a_window_that_is_none_and_a_hall_that_cannot_print_are_told(served, make_scene):
    assert served.refuses(asks.PrintReceipt, case="2026-1123-003", window=99) == "unknown-window"
    assert make_scene(members={}).refuses(asks.PrintReceipt, case="2026-1123-003") == "no-printer"
