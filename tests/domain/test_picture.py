"""What watches any history sees everything: a change of any part of what the hall knows, however deep, is another fingerprint."""

from collections import deque
from datetime import datetime, timedelta
from enum import Enum

import msgspec
import pytest

from hall.messages import asks
from hall.messages.common import Level, NoticeKind
from hall.policy import Policy
from hall.text import Text
from hub.domain import orders
from hub.domain.lines import Line
from hub.domain.numbers import Book
from hub.domain.state import State
from hub.domain.turns import Handlings
from hub.domain.undo import Was

from .any_history.picture import GIVEN, fingerprint


@pytest.fixture
def hall(served):
    """A hall in which something of most things is going on."""
    served.lend()
    for number in ("A9001", "A9009", "A9002"):
        served.offline(number)
    for _ in range(5):
        served.take(situation="rent")
        served.take("loan", lane="priority")
    for minutes in (3, 9, 5):
        served.serve(1, minutes)
    served.call(1)
    served.transfer(1, 5)
    served.call(1)
    served.ask(asks.NoShow, window=1)
    served.serve(2)
    served.call(2)
    served.ask(asks.Pause, window=5, reason="设备故障")
    served.give(
        orders.RaiseAlert(
            member="sign-1", alert="x", level=Level.WARNING, code="x", text=Text(zh="x", en="x")
        )
    )
    told = Text(zh="今天下午停电检修", en="power maintenance this afternoon")
    served.give(asks.Broadcast(id="told", kind=NoticeKind.TEXT, text=told, confirmed=True))
    return served.hall


def parts(thing):
    """What a thing is made of, by name or place, and what changes one; an act that can be taken back is known by its ticket's id."""
    match thing:
        case State():
            return dict.fromkeys(vars(thing).keys() - GIVEN, setattr)
        case Policy():
            return {}  # what it says by default is one object for all policies: it is only replaced whole
        case Was():
            return dict.fromkeys(("what", "n", "upto"), msgspec.structs.force_setattr)
        case msgspec.Struct():
            return dict.fromkeys(thing.__struct_fields__, msgspec.structs.force_setattr)
        case Line() | Book() | Handlings():
            return dict.fromkeys(thing.__slots__, setattr)
        case dict() | list() | deque():
            places = thing if isinstance(thing, dict) else range(len(thing))
            return dict.fromkeys(places, type(thing).__setitem__)
    return {}


def part(thing, place):
    return thing[place] if isinstance(thing, dict | list | deque) else getattr(thing, place)


def others(value):
    """What might stand in a value's place."""
    match value:
        case dict():
            items = [*value.items()]
            return [dict(items[1:]), dict(items[::-1])][: len(items)]
        case tuple() | list() | deque():
            kind = deque if isinstance(value, deque) else list
            return [kind([*value][1:]), kind([*value][::-1])][: len(value)]
        case set():
            return [value | {max(value, default=0) + 1}]
        case Enum():
            return [next(other for other in type(value) if other is not value)]
        case bool():
            return [not value]
        case int() | float():
            return [value + 1]
        case str():
            return [value + "!"]
        case datetime():
            return [value + timedelta(seconds=1)]
    return [None] if value is not None else [0]


def changes(thing, seen):
    """Every part of it and of its parts, each with everything that might stand in its place."""
    if id(thing) in seen:
        return
    seen[id(thing)] = thing
    for place, change in parts(thing).items():
        value = part(thing, place)
        if not isinstance(thing, list | deque) or not isinstance(value, msgspec.Struct):
            for other in others(value):
                same = list(other) == list(value) if isinstance(value, tuple | list | deque) else False
                if not same:
                    yield thing, place, change, value, other
        yield from changes(value, seen)


def test_a_change_of_any_part_is_seen(hall):
    before, seen, tried = fingerprint(hall), {}, 0
    for thing, place, change, value, other in [*changes(hall.state, seen)]:
        change(thing, place, other)
        assert fingerprint(hall) != before, f"{type(thing).__name__} {place}: {value!r} is {other!r} now"
        change(thing, place, value)
        tried += 1
    assert fingerprint(hall) == before
    kinds = {type(thing).__name__ for thing in seen.values()}
    assert kinds >= {
        "Ticket",
        "TicketIssued",
        "Line",
        "Window",
        "Step",
        "Call",
        "Was",
        "Book",
        "Lease",
        "Handlings",
        "Turns",
        "Tally",
    }
    assert tried > 500


def test_numbers_that_were_given_in_another_order_are_the_same_numbers(hall):
    book = hall.state.books[hall.state.day]
    given = fingerprint(hall)
    for letter, numbers in book.used.items():
        book.used[letter] = set().union(sorted(numbers, reverse=True))
    assert fingerprint(hall) == given
