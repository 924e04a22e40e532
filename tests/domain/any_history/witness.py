"""Who watches a history and objects to what may never happen."""

import copy
from collections import Counter
from functools import partial

from hall.messages import facts
from hall.messages.common import (
    Act,
    Via,
)
from hall.policy import Order
from hub.domain import choice
from hub.domain.moments import micros
from hub.domain.tally import Pool
from hub.domain.ticket import UNSERVED, Life
from tests.domain.oracle import Oracle


def person(t):
    return {"id": t.id, "lane": t.lane, "service": t.service, "key": t.key, "unanswered": t.unanswered_us}


class Witness:
    """Follows the facts alone, knowing nothing of how the hall works, and objects to what may never happen."""

    def __init__(self, hall):
        self.hall = hall
        self.open_at = {}
        self.numbers = {}
        self.alive = set()
        self.votes = set()
        self.met = set()
        #: (ticket, step) → window and clerk where it ended
        self.ended = {}
        self.oracle = Oracle(hall.state.policy)
        #: (ticket, key, pool) → calls of the pool's lines while it waited, those of its own kind, those of no higher rank
        self.passed = {}
        self.own_in_a_row = Counter()
        #: by number of a call's fact: what it meant for those who waited, before it
        self.meant = {}

    def before(self, fact):
        """What must hold before a fact is applied, and what the fact means for those who wait."""
        s = self.hall.state
        match fact:
            case facts.DayOpened():
                self.open_at, self.alive, self.passed = {}, set(), {}
                self.own_in_a_row.clear()
                self.oracle.obey(s.policy)
            case facts.TicketIssued():
                held = self.numbers.setdefault(s.day, {})
                assert fact.number not in held, "a number twice a day"
                held[fact.number] = fact.ticket
                assert (fact.replaces is None) == (fact.ticket not in s.tickets)
                if fact.replaces is None or s.tickets[fact.ticket].life in {Life.CANCELLED, Life.MISSED}:
                    self.alive.add(fact.ticket)
                if fact.via is Via.HAND:
                    assert 8001 <= int(fact.number[1:]) <= 8999, "not a number of the book"
                else:
                    assert not 8001 <= int(fact.number[1:]) <= 8999, "a number of the book"
            case facts.ServedByHand():
                assert s.tickets[fact.ticket].life is Life.WAITING
                self.alive.discard(fact.ticket)
            case facts.NumbersLent():
                assert all(block.first > 8999 for block in fact.blocks), "the book's numbers were lent"
            case facts.TicketCalled(round=1):
                self.takes(fact)
                if not fact.chosen:
                    before = self.reckoned(fact.window)
                    self.counts(fact)
                    self.meant[fact.n] = before, self.reckoned(fact.window)
            case facts.ActUndone():
                self.takes_back(fact)
            case facts.DeskServed():
                assert s.tickets[fact.ticket].place == "desk"
                self.alive.discard(fact.ticket)
            case facts.WindowOpened(ticket=str()):
                assert self.open_at[fact.window] == fact.ticket, "a ticket lost at the change of shift"
            case facts.TicketCalled():
                assert self.open_at[fact.window] == fact.ticket
            case facts.TicketResumed():
                self.takes(fact)
            case facts.ServiceFinished():
                self.frees(fact)
                self.ends(fact)
                self.alive.discard(fact.ticket)
            case facts.TicketTransferred():
                self.frees(fact)
                if fact.seconds:
                    self.ends(fact)
            case facts.TicketRerouted():
                # in another line it is passed by others, and counted anew
                self.passed = {key: counted for key, counted in self.passed.items() if key[0] != fact.ticket}
            case facts.TicketMissed() | facts.TicketParked():
                self.frees(fact)
            case facts.TicketReturned():
                self.open_at = {w: t for w, t in self.open_at.items() if t != fact.ticket}
                self.alive.add(fact.ticket)
            case facts.TicketCancelled() | facts.TicketLeft():
                assert fact.ticket in self.alive
                self.alive.discard(fact.ticket)
                self.open_at = {w: t for w, t in self.open_at.items() if t != fact.ticket}
            case facts.TicketRated():
                assert (fact.ticket, fact.step) not in self.votes, "a step rated twice"
                self.votes.add((fact.ticket, fact.step))
                assert self.ended[fact.ticket, fact.step] == (fact.window, fact.clerk), "somebody else's step"
            case facts.ApologyNoted():
                assert (fact.ticket, fact.step) in self.votes - self.met, "met twice, or without a vote"
                self.met.add((fact.ticket, fact.step))
            case facts.PolicyChanged():
                assert fact.version == s.policy_version + 1
                self.oracle.obey(fact.policy)
                self.passed = {}
            case facts.ProfileChanged():
                self.passed = {}
            case facts.DayClosed():
                assert fact.issued == fact.served + fact.missed + fact.left + self.cancelled()
                assert not self.open_at
            case _:
                pass

    def cancelled(self):
        return sum(t.life is Life.CANCELLED for t in self.hall.tickets.values())

    def takes(self, fact):
        assert fact.window not in self.open_at, "a window with two tickets"
        assert fact.ticket not in self.open_at.values(), "a ticket with two windows"
        self.open_at[fact.window] = fact.ticket

    def frees(self, fact):
        assert self.open_at.pop(fact.window) == fact.ticket

    def ends(self, fact):
        """A step ended at a window under a clerk: a vote for it is theirs."""
        if (fact.ticket, fact.step) not in self.votes:
            self.ended[fact.ticket, fact.step] = (fact.window, fact.clerk)

    def takes_back(self, fact):
        if fact.what in {Act.FINISH, Act.TRANSFER} and (fact.ticket, fact.step) not in self.votes:
            self.ended.pop((fact.ticket, fact.step), None)
        if fact.what is Act.CALL:
            self.frees(fact)
            for now, was, then in zip(
                self.reckonings(), *self.meant.pop(fact.undone, ((), ())), strict=False
            ):
                for key in then:
                    if now.get(key) == then[key] != was.get(key):
                        now.pop(key)
                        if key in was:
                            now[key] = was[key]  # a Counter's update() would add
        elif fact.what is Act.START:
            assert self.open_at[fact.window] == fact.ticket
        else:
            self.takes(fact)
            self.alive.add(fact.ticket)

    def reckonings(self):
        return self.passed, self.oracle.counts, self.oracle.streaks, self.own_in_a_row

    def reckoned(self, window):
        *shared, own = copy.deepcopy(self.reckonings())
        return *shared, {window: own[window]}

    def counts(self, fact):
        """Somebody was called by the order: it is whom the plainest reading of the policy names, and nobody waits beyond the bound."""
        s, now = self.hall.state, micros(fact.at)
        called, serves, helps = s.tickets[fact.ticket], s.pool(fact.window), s.profile(fact.window).helps
        people = [person(t) for t in s.tickets.values() if t.life is Life.WAITING and t.place is None]
        pool = s.turns(fact.window)
        expected = self.oracle.next(people, serves, pool.heart, now)
        if called.place == fact.window:
            others = expected is not None
            self.own_in_a_row[fact.window] = self.own_in_a_row[fact.window] + 1 if others else 0
            assert self.own_in_a_row[fact.window] <= choice.OWN_CAP, "the window's own line took every turn"
            return
        self.own_in_a_row[fact.window] = 0
        if expected is None:
            expected, pool = self.oracle.next(people, helps, False, now), Pool(helps)
        assert fact.ticket == expected["id"], "not whom the policy names"
        rest = [p for p in people if p is not expected]
        for services, heart in dict.fromkeys((pool, s.alone(called.service))):
            self.oracle.called(expected, rest, services, heart, now)
        if not self.oracle.apart(expected) and not self.oracle.starved(expected, now):
            for other in self.oracle.can(rest, pool.services, now):
                if not self.oracle.apart(other):
                    self.is_within_the_bound(expected, other, pool)

    def is_within_the_bound(self, called, other, pool):
        """`other` was passed over once more by a call of this pool: see the bounds of :mod:`hub.domain.choice`."""
        policy, rank = self.hall.state.policy, partial(self.oracle.rank, heart=pool.heart)
        key = (other["id"], other["key"], pool)
        calls, same, low = self.passed.get(key, (0, 0, 0))
        mine, its = rank(other["lane"]), rank(called["lane"])
        strict = policy.order is Order.STRICT
        kin = its == mine if strict else called["lane"] == other["lane"]
        if kin and not (called["unanswered"] or other["unanswered"]):
            seen = partial(self.oracle.seen, services=pool.services)
            assert seen(called) < seen(other), "passed by a later person"
        calls, same, low = calls + 1, same + kin, low + (its <= mine)
        self.passed[key] = (calls, same, low)
        lanes = {*self.hall.plan.lanes, "normal"} - ({"appointment"} if policy.appointment else set())
        above = {rank(lane) for lane in lanes if rank(lane) > mine}
        weight, weights = self.oracle.weight(other["lane"]), sum(policy.weights.values())
        if policy.streak_cap is not None:
            turns = (policy.streak_cap + 1) ** len(above)
            assert calls < (low + 1) * turns, "starving"
            if strict:
                assert calls < (same + 1) * turns * (1 if mine == min(map(rank, lanes)) else 2), "starving"
        elif policy.order is Order.WEIGHTED and weight and not pool.heart:
            assert calls < (-(-(same + 1) // weight) + 1) * weights, "starving"

    def after(self):
        """What must hold between two facts' batches."""
        s = self.hall.state
        assert {w: t.id for w, t in ((w.number, w.ticket) for w in s.windows.values()) if t} == self.open_at
        in_lines = Counter()
        for service, by_lane in s.lines.items():
            for lane, line in by_lane.items():
                keys = [t.key for t in line.people]
                assert keys == sorted(set(keys))
                for ticket in line.people:
                    assert (ticket.service, ticket.lane, ticket.place) == (service, lane, None)
                    in_lines[ticket.id] += 1
            assert s.in_lines.get(service, 0) == sum(len(line) for line in by_lane.values())
        for window in s.windows.values():
            for ticket in window.own.people:
                assert ticket.place == window.number
                in_lines[ticket.id] += 1
        for ticket in s.desk.values():
            assert ticket.place == "desk"
            in_lines[ticket.id] += 1
        for ticket in s.tickets.values():
            assert in_lines.pop(ticket.id, 0) == (ticket.life is Life.WAITING), "in no line, or in two"
            assert (ticket.life in {Life.CALLED, Life.SERVING}) == (ticket.id in self.open_at.values())
        assert not in_lines
        assert set(s.unmet) <= self.votes - self.met, "the lamp burns for nobody"
        assert s.unserved == sum(t.life in UNSERVED for t in s.tickets.values())
        missed = {t.id for t in s.tickets.values() if t.life is Life.MISSED}
        assert {t.id for t in s.tickets.values() if t.life in UNSERVED} | missed == self.alive or not s.open
        for service, windows in s.working.items():
            assert list(windows) == [
                w.window
                for w in s.plan.windows
                if service in s.profile(w.window).serves and s.windows[w.window].working
            ]
        assert {c: w.number for w in s.windows.values() if (c := w.clerk) is not None} == s.seats
