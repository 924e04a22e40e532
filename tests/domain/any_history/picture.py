"""Everything a hall knows, as values that compare."""

from collections import deque

import msgspec

from hub.domain.lines import Line
from hub.domain.numbers import Book
from hub.domain.turns import Handlings
from hub.domain.undo import Was

#: what a hall was given and what only its plan says
GIVEN = {"plan", "zone", "rule", "_plans"}


def plain(thing):
    """What msgspec does not know, as values that it does."""
    match thing:
        case Line():
            return [thing._keys, thing.people, sorted(p.id for p in thing.unanswered)]
        case Book():
            return [
                thing.counted,
                thing.leases,
                [(letter, sorted(held)) for letter, held in thing.used.items()],
            ]
        case Handlings():
            return [getattr(thing, name) for name in thing.__slots__]
        case deque():
            return list(thing)
    raise TypeError(f"a hall keeps a {type(thing).__name__}: say here how it compares")


#: in C, because it is asked before and after each order; sets are sorted, and what is a dictionary here keeps its order as a list
ENCODER = msgspec.msgpack.Encoder(enc_hook=plain)


def encoded(thing):
    """A part of what the hall knows, as bytes that compare."""
    if isinstance(thing, dict):
        return [(key, encoded(value)) for key, value in thing.items()]
    if isinstance(thing, set):
        return sorted(thing)
    if isinstance(thing, Was):
        return (thing.what, thing.n, thing.upto, thing.ticket.id)
    if isinstance(thing, list | tuple | deque) and any(isinstance(each, Was) for each in thing):
        return [encoded(each) for each in thing]
    return ENCODER.encode(thing)


def fingerprint(hall):
    """Everything the hall knows, by name."""
    return {name: encoded(value) for name, value in vars(hall.state).items() if name not in GIVEN}


def picture(hall):
    """What must be as before after an act was taken back: everything but the count of facts, what else can be taken back, and what was heard."""
    gone = {"n", "acts", "nearing", "asked_near"}
    same = {name: value for name, value in fingerprint(hall).items() if name not in gone}
    return same | {
        "lines": [
            (s, lane, encoded(line))
            for s, lanes in hall.state.lines.items()
            for lane, line in lanes.items()
            if line.people
        ],
        "in_lines": [(s, count) for s, count in hall.state.in_lines.items() if count],
    }
