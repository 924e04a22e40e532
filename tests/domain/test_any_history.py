"""R4: the rules hold for any history. Everything people and devices can do, in any order, and after each step everything is looked at."""

import copy
from collections import Counter, deque
from datetime import UTC, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from hall import wire
from hall.errors import Refused
from hall.messages import asks, facts
from hall.messages.common import (
    Act,
    AlarmCode,
    Level,
    MemberKind,
    MemberState,
    NoticeKind,
    Outcome,
    Span,
    Via,
)
from hall.plan import HoursPlan, LanePlan, MemberPlan, WindowPlan
from hall.policy import AlarmPolicy, AppointmentPolicy, Order, PausePolicy, Policy, WaitLimit
from hall.settings_form import form_of, merged
from hall.text import Text
from hub.domain import choice, orders, paging, refusals, undo, views, voice
from hub.domain.hall import Hall
from hub.domain.lines import Line
from hub.domain.moments import micros
from hub.domain.notices import MOST
from hub.domain.numbers import Book
from hub.domain.tally import Pool
from hub.domain.ticket import UNSERVED, Life
from hub.domain.turns import Handlings
from hub.domain.undo import Was

from .oracle import Oracle

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
WINDOWS = st.sampled_from([1, 2, 3, 5])
LANES = st.sampled_from(["normal", "normal", "normal", "appointment", "priority", "priority"])
SETTINGS = [
    {"foot": {"zh": "谢谢您", "en": "Thank you"}},
    {"services": {"tax": {"letter": "T", "name": {"zh": "税务", "en": "Tax"}, "target_min": 9}}},
    {"services": {"tax": None}},
    {"services": {"loan": {"letter": "L"}}},
    {"services": {"loan": {"letter": "A"}}},
    {"services": {"review": None}},
    {"services": {"withdrawal": {"common": ["本人身份证"]}}},
    {"services": {"withdrawal": {"situations": {"rent": None}}}},
    {"lanes": {"vip": {}}},
    {"lanes": {"vip": None}},
    {"windows": [{"window": 1, "serves": ["loan"]}, {"window": 5, "serves": ["review", "withdrawal"]}]},
    {
        "windows": [
            {"window": 5, "serves": ["review", "loan"]},
            {"window": 1, "serves": ["withdrawal", "loan"]},
            {"window": 3, "serves": ["withdrawal", "loan"], "helps": ["review"]},
            {"window": 2, "serves": ["withdrawal"]},
        ]
    },
    {"timezone": "Europe/Berlin"},
]
SERVICES = st.sampled_from(["withdrawal", "withdrawal", "loan", "review"])
ANY = st.integers(0, 10_000)


#: what a hall was given and what only its plan says
GIVEN = {"plan", "zone", "rule", "_plans"}


def plain(thing):
    """What msgspec does not know, as values that it does."""
    match thing:
        case Line():
            return [(p.key, p) for p in thing.people]
        case Book() | Handlings():
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


def person(t):
    return {"id": t.id, "lane": t.lane, "service": t.service, "key": t.key, "unanswered": t.unanswered_us}


def picture(hall):
    """What must be as before after an act was taken back: everything but the count of facts and what else can be taken back."""
    same = {name: value for name, value in fingerprint(hall).items() if name not in {"n", "acts"}}
    return same | {
        "lines": [
            (s, lane, encoded(line))
            for s, lanes in hall.state.lines.items()
            for lane, line in lanes.items()
            if line.people
        ],
        "in_lines": [(s, count) for s, count in hall.state.in_lines.items() if count],
    }


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


class AnyHistory(RuleBasedStateMachine):
    """The hall, and everybody who could do anything in it."""

    def __init__(self, plan):
        super().__init__()
        self.plan = plan
        self.hall = Hall(plan)
        self.at = MONDAY
        self.journal = []
        #: how everything was before each batch, by its first fact
        self.pictures = {}
        self.witness = Witness(self.hall)
        self.ids = 0
        self.give(asks.OpenDay(id="open"))
        for window in (1, 2, 3, 5):
            self.give(asks.Sit(id="sit", window=window, clerk=f"{window:03d}"))

    # ------------------------------------------------------------ everything goes through here

    def give(self, order, member="dispenser-1"):
        before, seen = fingerprint(self.hall), picture(self.hall)
        try:
            told = self.hall.decide(order, self.at, member)
        except Refused as no:
            self.refused(no, before)
            return []
        assert self.hall.decide(order, self.at, member) == told
        assert fingerprint(self.hall) == before, "deciding changed something"
        assert [f.n for f in told] == list(range(self.hall.n + 1, self.hall.n + 1 + len(told)))
        if told:
            self.pictures[told[0].n] = seen
        for fact in told:
            body = wire.encode(fact)
            again = wire.decode_fact(body)
            assert wire.encode(again) == body
            self.witness.before(again)
            self.hall.apply(again)
            self.journal.append(again)
            voice.announcements(self.hall, again)
        return told

    def refused(self, no, before):
        assert no.text.zh.startswith(refusals.TEXTS[no.code].zh)
        assert fingerprint(self.hall) == before, "a refusal changed something"

    def ask(self, kind, **fields):
        self.ids += 1
        return self.give(kind(id=f"ask-{self.ids}", **fields))

    def some(self, which, *lives):
        """One of the day's tickets, if there is any in one of these lives."""
        tickets = [t.id for t in self.hall.tickets.values() if not lives or t.life in lives]
        return tickets[which % len(tickets)] if tickets else "nobody"

    # ------------------------------------------------------------ time

    @rule(seconds=st.integers(0, 900))
    def time_passes(self, seconds):
        self.at += timedelta(seconds=seconds)

    @rule()
    def the_clock_is_set_back(self):
        self.at -= timedelta(minutes=1)

    # ------------------------------------------------------------ people

    @rule(lanes=st.lists(LANES, min_size=1, max_size=6), service=SERVICES)
    def people_come(self, lanes, service):
        for lane in lanes:
            self.ask(asks.TakeTicket, service=service, lane=lane, via=Via.DISPENSER)
            self.at += timedelta(seconds=1)

    @rule(
        service=st.sampled_from([("withdrawal", "A"), ("loan", "B"), ("review", "G"), ("loan", "A")]),
        lane=LANES,
        first=st.integers(1, 40),
        people=st.integers(0, 8),
        served=st.none() | st.tuples(st.integers(0, 4), st.integers(0, 4)),
        ago=st.none() | st.tuples(st.integers(0, 90), st.integers(0, 90)),
    )
    def the_book_is_entered(self, service, lane, first, people, served, ago):
        def number(count):
            return f"{service[1]}{8000 + count}"

        spans = (
            ()
            if served is None
            else (Span(first=number(first + served[0]), last=number(first + sum(served))),)
        )
        began, ended = (None, None) if ago is None else (self.at - timedelta(minutes=x) for x in ago)
        self.ask(
            asks.EnterByHand,
            service=service[0],
            lane=lane,
            first=number(first),
            last=number(first + people),
            served=spans,
            began=began,
            ended=ended,
        )

    @rule(which=ANY)
    def somebody_gives_up(self, which):
        self.ask(asks.Cancel, ticket=self.some(which))

    @rule(which=ANY, grade=st.integers(1, 4), late=st.sampled_from([None, 0, 30, 61]))
    def somebody_rates(self, which, grade, late):
        steps = list(self.hall.state.steps.values())
        if steps:
            step = steps[which % len(steps)]
            cast = None if late is None else self.hall.state.moment(step.asked_us) + timedelta(seconds=late)
            self.give(
                orders.RateStep(
                    ticket=step.ticket, window=step.window, step=step.step, grade=grade, cast_at=cast
                )
            )

    @rule(which=ANY, official=st.integers(1, 5))
    def somebody_rates_on_the_phone_page(self, which, official):
        step = self.hall.state.tickets[self.some(which)].step if self.hall.state.tickets else 1
        self.ask(asks.RateService, ticket=self.some(which), step=max(1, step), official=official)

    @rule(which=ANY, spoken=st.booleans())
    def somebody_goes_to_who_was_not_satisfied(self, which, spoken):
        rated = [step for step in self.hall.state.steps.values() if step.grade == 1] or list(
            self.hall.state.steps.values()
        )
        if rated:
            step = rated[which % len(rated)]
            self.ask(asks.NoteApology, ticket=step.ticket, step=step.step, spoken=spoken)

    # ------------------------------------------------------------ clerks

    @rule(window=WINDOWS, times=st.integers(1, 5), minutes=st.integers(0, 9))
    def a_clerk_works(self, window, times, minutes):
        for _ in range(times):
            self.ask(asks.CallNext, window=window)
            self.at += timedelta(minutes=minutes)
            self.ask(asks.Finish, window=window, outcome=Outcome.DONE)

    @rule(window=WINDOWS, to=WINDOWS, times=st.integers(1, 6))
    def a_clerk_sends_people_on(self, window, to, times):
        for _ in range(times):
            self.ask(asks.CallNext, window=window)
            self.ask(asks.Transfer, window=window, to=to)

    @rule(which=ANY, papers=st.integers(0, 2), window=WINDOWS)
    def somebody_lacks_papers_and_comes_back(self, which, papers, window):
        missing = ("租赁合同", "身份证")[:papers]
        self.ask(asks.Finish, window=window, outcome=Outcome.MATERIAL_MISSING, missing=missing)
        codes = [slip.code for slip in self.hall.state.promises.slips.values()]
        if codes:
            self.ask(asks.CheckIn, via=Via.DISPENSER, code=codes[which % len(codes)])

    @rule(window=WINDOWS)
    def call_next(self, window):
        self.ask(asks.CallNext, window=window)

    @rule(window=WINDOWS, which=ANY)
    def call_by_name(self, window, which):
        self.ask(asks.CallTicket, window=window, ticket=self.some(which))

    @rule(
        window=WINDOWS, kind=st.sampled_from([asks.Recall, asks.Start, asks.Accept, asks.NoShow, asks.Park])
    )
    def clerk_does(self, window, kind):
        self.ask(kind, window=window)

    @rule(window=WINDOWS, outcome=st.sampled_from(Outcome), detail=st.sampled_from([None, "", "网上办"]))
    def finish(self, window, outcome, detail):
        self.ask(asks.Finish, window=window, outcome=outcome, detail=detail)

    @rule(
        window=WINDOWS,
        to=st.one_of(WINDOWS, SERVICES, st.sampled_from(["desk", "nowhere", 9])),
        back=st.booleans(),
        carry=st.booleans(),
    )
    def transfer(self, window, to, back, carry):
        self.ask(asks.Transfer, window=window, to=to, back=back, carry=carry)

    @rule(window=WINDOWS, outcome=st.sampled_from([Outcome.DONE, Outcome.ONWARD]))
    def next(self, window, outcome):
        self.ask(asks.CallNext, window=window, finish=outcome)

    @rule(window=WINDOWS, times=st.integers(1, 3))
    def take_back(self, window, times):
        for _ in range(times):
            if window not in self.hall.state.windows:  # another version of the settings has no such window
                self.ask(asks.Undo, window=window)
                continue
            last = self.hall.n
            act = undo.last_act(self.hall.state, self.hall.state.windows[window])
            if self.ask(asks.Undo, window=window) and act.upto == last and act.n in self.pictures:
                assert picture(self.hall) == self.pictures[act.n], "not as it was"

    @rule(
        window=WINDOWS,
        kind=st.sampled_from([asks.CallNext, asks.Start, asks.NoShow, asks.Park]),
        to=st.one_of(WINDOWS, SERVICES, st.just("desk")),
        which=ANY,
    )
    def a_clerk_errs(self, window, kind, to, which):
        self.ask(asks.CallTicket, window=window, ticket=self.some(which, Life.WAITING))
        self.take_back(window, 1)
        self.ask(kind, window=window)
        self.take_back(window, 1)
        self.ask(asks.Transfer, window=window, to=to, carry=which % 2 == 0)
        self.take_back(window, 1)
        self.ask(asks.Finish, window=window, outcome=Outcome.DONE)
        self.take_back(window, 1)

    @rule(window=WINDOWS, service=SERVICES, lane=LANES)
    def the_guide_seats_somebody(self, window, service, lane):
        self.ask(asks.SeatDirectly, window=window, service=service, lane=lane, aids="轮椅")

    @rule(which=ANY, outcome=st.sampled_from([Outcome.DONE, Outcome.NOT_ALLOWED]))
    def the_desk_serves(self, which, outcome):
        self.ask(asks.ServeAtDesk, ticket=self.some(which, Life.WAITING), outcome=outcome)
        for ticket in list(self.hall.state.desk):
            self.ask(asks.ServeAtDesk, ticket=ticket, outcome=outcome)

    @rule(which=ANY, reason=st.sampled_from(["", "行动不便"]))
    def somebody_is_promised_to_be_served(self, which, reason):
        self.ask(asks.GrantExtension, ticket=self.some(which), reason=reason)
        self.ask(asks.NotePrecheck, ticket=self.some(which), papers=("身份证",))

    @rule(which=ANY, to=st.one_of(SERVICES, WINDOWS, st.none()), lane=st.one_of(LANES, st.none()))
    def the_guide_sends_somebody_on(self, which, to, lane):
        ticket = self.some(which, Life.WAITING)
        before = self.hall.state.tickets.get(ticket)
        stood = None if before is None else before.arrival
        self.ask(asks.Reroute, ticket=ticket, to=to, lane=lane)
        assert before is None or before.arrival == stood

    @rule(window=WINDOWS, which=ANY)
    def a_clerk_calls_for_help_and_a_slip_is_printed_again(self, window, which):
        self.ask(asks.EndHelp, window=window)
        self.ask(asks.CallHelp, window=window)
        self.ask(asks.ReprintSlip, ticket=self.some(which, Life.DONE))

    @rule(which=ANY, window=st.none() | WINDOWS)
    def take_up_parked(self, which, window):
        self.ask(asks.ResumeTicket, ticket=self.some(which, Life.PARKED), window=window)

    @rule(which=ANY)
    def bring_back(self, which):
        self.ask(asks.ReturnTicket, ticket=self.some(which, Life.MISSED, Life.WAITING, Life.DONE))

    @rule(window=WINDOWS, reason=st.sampled_from(["生理", "整理档案"]))
    def pause(self, window, reason):
        self.ask(asks.Pause, window=window, reason=reason)

    @rule(window=WINDOWS)
    def resume(self, window):
        self.ask(asks.Resume, window=window)

    @rule(window=WINDOWS, clerk=st.sampled_from(["001", "002", "003", "005"]), move=st.booleans())
    def sit(self, window, clerk, move):
        self.ask(asks.Sit, window=window, clerk=clerk, move=move)

    @rule(window=WINDOWS, clerk=st.sampled_from(["001", "002", "011"]))
    def change_of_shift(self, window, clerk):
        self.ask(asks.TakeOver, window=window, clerk=clerk)

    @rule(window=WINDOWS)
    def leave(self, window):
        self.ask(asks.Leave, window=window)

    # ------------------------------------------------------------ managers

    @rule(told=st.sampled_from(NoticeKind), minutes=st.none() | st.integers(1, 900), window=WINDOWS)
    def the_hall_is_told(self, told, minutes, window):
        """At most six notices stand beside an order to leave."""
        self.ids += 1
        order = asks.Broadcast(
            id=f"ask-{self.ids}",
            kind=told,
            text=Text(zh="今天下午停电检修", en="power maintenance this afternoon"),
            until=None if minutes is None else self.at + timedelta(minutes=minutes),
            service="withdrawal",
            window=window,
            confirmed=True,
        )
        self.give(order)
        standing = self.hall.state.notices.values()
        assert len([given for given in standing if given.kind is not NoticeKind.EVACUATE]) <= MOST

    @rule(which=ANY)
    def a_notice_is_withdrawn(self, which):
        standing = [*self.hall.state.notices, "none"]
        self.ask(asks.WithdrawNotice, notice=standing[which % len(standing)])

    @rule(
        name=st.sampled_from(
            ["strict with a cap", "in turns", "by weight and wait", "unfair", "unknown lane"]
        )
    )
    def the_policy_changes(self, name):
        unusable = {"unfair": Policy(weights={"priority": 1}), "unknown lane": Policy(weights={"vip": 1})}
        told = self.ask(asks.SetPolicy, policy=unusable.get(name) or POLICIES[name], reason="x")
        assert not told or name not in unusable

    @rule(
        window=WINDOWS,
        serves=st.lists(SERVICES, max_size=3),
        helps=st.lists(SERVICES, max_size=2),
        heart=st.none() | st.booleans(),
    )
    def a_window_serves_something_else(self, window, serves, helps, heart):
        self.ask(asks.SetProfile, window=window, serves=tuple(serves), helps=tuple(helps), heart=heart)

    @rule(
        change=st.sampled_from(SETTINGS),
        base=st.sampled_from([0, 0, 0, 1]),
        drafted=st.booleans(),
    )
    def the_settings_change(self, change, base, drafted):
        s = self.hall.state
        draft = f"draft-{s.n}" if drafted else None
        if drafted:
            whole = msgspec.json.encode(merged(form_of(s.plan), change)).decode()
            for part, begin in enumerate(range(0, len(whole), 900), 1):
                self.ask(asks.DraftPlan, draft=draft, part=part, text=whole[begin : begin + 900])
        told = self.ask(asks.SetPlan, base=s.plan_version - base, draft=draft, change=change, reason="x")
        assert not told or base == 0, "two editors overwrote each other"
        waiting = {t.service for t in s.tickets.values() if t.life in UNSERVED}
        assert waiting <= set(s.plan.services), "somebody waits for what is no more"

    @rule(minutes=st.integers(0, 30))
    def the_hub_looks_around(self, minutes):
        """Alarms: each is told once, nothing is told before it is due, and after a look nothing more is."""
        due = self.hall.next_look(self.at)
        assert due is None or due >= self.at
        self.at = min(self.at + timedelta(minutes=minutes), due or datetime.max.replace(tzinfo=UTC))
        standing = {open_.rung.alarm for open_ in self.hall.state.alarms.values()}
        told = self.give(orders.LookAround()) or []
        was_due = due is not None and due <= self.at
        rung = [fact for fact in told if isinstance(fact, facts.AlarmRung | facts.AlarmStopped)]
        assert was_due or all(fact.code in FORECAST for fact in rung), "not announced"
        assert told or not was_due, "announced and not told"
        notices = self.hall.state.notices.values()
        assert all(given.until is None or given.until > self.at for given in notices), "it stands too long"
        for fact in rung:
            if isinstance(fact, facts.AlarmStopped):
                standing.remove(fact.alarm)
            else:
                assert fact.alarm not in standing, "an alarm rang twice"
                standing.add(fact.alarm)
        assert {open_.rung.alarm for open_ in self.hall.state.alarms.values()} == standing
        assert not self.give(orders.LookAround()), "told twice"
        after = self.hall.next_look(self.at)
        assert after is None or after > self.at
        if self.hall.state.alarms:
            alarm = next(iter(self.hall.state.alarms.values())).rung.alarm
            self.ask(asks.AnswerAlarm, alarm=alarm, did="x")
        self.the_reserve_is_wanted_while_it_is_crowded()

    def the_reserve_is_wanted_while_it_is_crowded(self):
        s = self.hall.state
        crowded = [x.rung.alarm for x in s.alarms.values() if x.rung.code in paging.CROWDED]
        wanted = {clerk for clerk in s.plan.reserve if clerk not in s.seats}
        assert wanted <= set(s.pages) if crowded else not s.pages
        if crowded:
            self.ask(asks.PageClerk, alarm=crowded[0], clerk="040")

    @rule(clerk=st.sampled_from(["031", "003", "040"]), coming=st.booleans())
    def who_was_paged_answers(self, clerk, coming):
        paged = clerk in self.hall.state.pages
        assert bool(self.ask(asks.AnswerPage, clerk=clerk, coming=coming)) is paged

    @rule()
    def the_hub_starts_again(self):
        self.give(orders.AdoptSettings())

    # ------------------------------------------------------------ devices

    @rule(which=ANY, copy=st.integers(1, 3))
    def paper_comes_out(self, which, copy):
        self.give(orders.NotePrinted(ticket=self.some(which), copy=copy, member="dispenser-1"))

    @rule(which=ANY)
    def paper_does_not_come_out(self, which):
        self.give(orders.NotePrintFailed(ticket=self.some(which), code="paper-out", member="dispenser-1"))

    @rule(
        member=st.sampled_from(["dispenser-1", "dispenser-2"]), days=st.integers(-1, 1), fresh=st.booleans()
    )
    def lend(self, member, days, fresh):
        day = (self.at + timedelta(days=days)).date().isoformat()
        self.give(orders.LendNumbers(member=member, day=day, fresh=fresh))

    @rule(
        member=st.sampled_from(["dispenser-1", "dispenser-2"]),
        skip=st.integers(0, 2),
        which=ANY,
        known=st.booleans(),
        ago=st.none() | st.integers(0, 3600),
        lane=LANES,
    )
    def issued_offline(self, member, skip, which, known, ago, lane):
        if self.hall.open:
            self.give(orders.LendNumbers(member=member, day=self.hall.day))
        want = views.numbers(self.hall, member)
        first = want.blocks[0].first if want is not None and want.blocks else 9001
        self.ids += 1
        self.give(
            orders.NoteIssuedOffline(
                ticket=self.some(which) if known else f"paper-{self.ids}",
                number=f"A{min(first + skip - 1, 9999)}",
                service="withdrawal",
                situation=None,
                lane=lane,
                day=self.hall.day,
                arrived=None if ago is None else self.at - timedelta(seconds=ago),
            ),
            member,
        )

    @rule(which=ANY)
    def ask_withdrawn(self, which):
        self.give(orders.WithdrawTicket(ticket=self.some(which)))

    @rule(state=st.sampled_from(MemberState), raised=st.booleans())
    def device(self, state, raised):
        self.give(orders.NoteDeviceState(member="sign-1", kind=MemberKind.SIGN, state=state))
        text = Text(zh="坏", en="broken")
        if raised:
            alert = {"level": Level.FAULT, "code": "panel-fault", "text": text}
            self.give(orders.RaiseAlert(member="sign-1", alert="panel", **alert))
        else:
            self.give(orders.ClearAlert(member="sign-1", alert="panel"))
        self.give(orders.RejectEvent(member="sign-1", outbox="o", seq=1, code="not-valid", text=text))

    # ------------------------------------------------------------ the day

    @precondition(lambda self: len(self.journal) > 20)
    @rule(days=st.integers(0, 1))
    def night(self, days):
        self.ask(asks.CloseDay)
        self.at += timedelta(days=days)
        self.ask(asks.OpenDay)

    @precondition(lambda self: len(self.journal) > 40)
    @rule()
    def close(self):
        self.ask(asks.CloseDay)

    @rule()
    def open(self):
        self.ask(asks.OpenDay)

    # ------------------------------------------------------------ always

    @invariant()
    def nothing_is_lost_or_doubled(self):
        if hasattr(self, "witness"):
            self.witness.after()

    @invariant()
    def everything_can_be_shown(self):
        for window in self.hall.state.profiles:
            for view in (views.display, views.rating):
                want, changes = view(self.hall, window, self.at)
                assert changes is None or changes > self.at
                assert wire.encode(want)
        assert len(wire.encode(views.board(self.hall, self.at))) < wire.MEMBER_LIMIT * 8
        for service in self.hall.plan.services:
            assert views.waiting(self.hall, service) >= 0

    def teardown(self):
        live = fingerprint(self.hall)
        opened = max(i for i, fact in enumerate(self.journal) if isinstance(fact, facts.DayOpened))
        for since in (0, opened):
            again = Hall(self.plan)
            for fact in self.journal[since:]:
                again.apply(fact)
            assert fingerprint(again) == live, "replay differs from live"


#: a forecast may change as time passes, and is looked at again each ten seconds
FORECAST = {AlarmCode.WAIT_WARN, AlarmCode.WAIT_BREACH}
ALARMS = AlarmPolicy(
    wait=WaitLimit(warn_min=2, breach_min=5),
    waiting_per_window=2,
    waiting_in_hall=4,
    unstaffed_min=1,
    transfers=1,
    forgotten_factor=2,
)
POLICIES = {
    "strict with a cap": Policy(weights={"priority": 10, "appointment": 5}, streak_cap=2),
    "strict, and nobody waits 20 minutes": Policy(weights={"priority": 10}, starvation_min=20),
    "in turns": Policy(order=Order.WEIGHTED, weights={"priority": 2, "appointment": 1, "normal": 1}),
    "in turns with a cap": Policy(
        order=Order.WEIGHTED, weights={"priority": 3, "appointment": 1}, streak_cap=2
    ),
    "by weight and wait": Policy(
        order=Order.WEIGHT_WAIT, weights={"priority": 3}, streak_cap=3, offer_again_after_s=120
    ),
    "appointments by their time": Policy(
        weights={"priority": 1},
        streak_cap=3,
        heart_lanes=("priority",),
        appointment=AppointmentPolicy(due_before_s=120),
        offer_again_after_s=300,
    ),
}


@pytest.mark.hypothesis
@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
def test_the_rules_hold_for_any_history(make_plan, policy):
    pause = PausePolicy(forbidden_while_waiting=("整理档案",))
    plan = make_plan(
        hours=HoursPlan(always=True),
        members={f"dispenser-{i}": MemberPlan(kind=MemberKind.DISPENSER) for i in (1, 2)},
        windows=(
            WindowPlan(window=1, serves=("withdrawal", "loan"), heart=True),
            WindowPlan(window=2, serves=("withdrawal",)),
            WindowPlan(window=3, serves=("withdrawal", "loan")),
            WindowPlan(window=5, serves=("review", "loan"), helps=("withdrawal",)),
        ),
        policy=msgspec.structs.replace(
            policy, recall_limit=2, return_after=3, undo_s=600, pause=pause, alarms=ALARMS
        ),
        roster={1: "001", 5: "005"},
        reserve=("031", "003"),
    )
    run_state_machine_as_test(
        lambda: AnyHistory(plan),
        settings=settings(max_examples=settings.default.max_examples // 4, stateful_step_count=80),
    )


@settings(max_examples=settings.default.max_examples * 3 // 5)
@given(
    flow=st.lists(
        st.tuples(st.sampled_from([1, 2]), SERVICES, LANES, st.integers(0, 400)), min_size=20, max_size=150
    ),
    cap=st.integers(1, 3),
)
def test_nobody_starves_however_many_come_after(make_plan, flow, cap):
    """An endless stream of newcomers, one window: for each that comes one is called."""
    lanes = {
        "normal": LanePlan(),
        "appointment": LanePlan(),
        "priority": LanePlan(),
    }
    policy = Policy(weights={"appointment": 5, "priority": 10}, streak_cap=cap)
    windows = (
        WindowPlan(window=1, serves=("withdrawal", "loan", "review")),
        WindowPlan(window=2, serves=("withdrawal", "loan", "review")),
    )
    hall = Hall(make_plan(hours=HoursPlan(always=True), lanes=lanes, policy=policy, windows=windows))
    witness, at = Witness(hall), MONDAY
    ids = iter(range(10_000))

    def give(order):
        for fact in hall.decide(order, at, "x"):
            witness.before(fact)
            hall.apply(fact)

    give(asks.OpenDay(id="o"))
    for window in (1, 2):
        give(asks.Sit(id="s", window=window, clerk=f"{window}"))
    for service in ("withdrawal", "loan", "review"):
        for lane in lanes:
            give(asks.TakeTicket(id=f"t{next(ids)}", service=service, lane=lane, via=Via.DESK))
    for window, service, lane, seconds in flow:
        if seconds > 300:  # somebody is sent to this very window
            other = 3 - window
            give(asks.CallNext(id="c", window=other))
            give(asks.Transfer(id="m", window=other, to=window))
            give(asks.TakeTicket(id=f"t{next(ids)}", service=service, lane=lane, via=Via.DESK))
        at += timedelta(seconds=seconds)
        give(asks.TakeTicket(id=f"t{next(ids)}", service=service, lane=lane, via=Via.DESK))
        give(asks.CallNext(id="c", window=window))
        give(asks.Finish(id="f", window=window, outcome=Outcome.DONE))
    witness.after()


@settings(max_examples=settings.default.max_examples * 4 // 5)
@given(
    people=st.lists(
        st.tuples(LANES, st.sampled_from(["wait", "wait", "call", "miss", "cancel"])), max_size=40
    ),
    cap=st.integers(1, 3),
)
def test_people_ahead_is_exactly_who_is_called_before(make_plan, people, cap):
    lanes = {
        "normal": LanePlan(),
        "appointment": LanePlan(),
        "priority": LanePlan(),
    }
    policy = Policy(weights={"appointment": 5, "priority": 10}, streak_cap=cap)
    windows = (WindowPlan(window=1, serves=("withdrawal",)),)
    hall = Hall(make_plan(hours=HoursPlan(always=True), lanes=lanes, policy=policy, windows=windows))

    def give(order):
        told = hall.decide(order, MONDAY, "x")
        for fact in told:
            hall.apply(fact)
        return told[0]

    give(asks.OpenDay(id="o"))
    give(asks.Sit(id="s", window=1, clerk="1"))
    for i, (lane, then) in enumerate(people):
        issued = give(asks.TakeTicket(id=f"t{i}", service="withdrawal", lane=lane, via=Via.DESK))
        assert issued.ahead == views.ahead(hall, issued.ticket, MONDAY)
        if then == "cancel":
            give(asks.Cancel(id="x", ticket=f"t{i}"))
        elif then in {"call", "miss"}:
            called = give(asks.CallNext(id="c", window=1)).ticket
            give(
                asks.NoShow(id="n", window=1)
                if then == "miss"
                else asks.Finish(id="f", window=1, outcome=Outcome.DONE)
            )
            if then == "miss":
                give(asks.ReturnTicket(id="r", ticket=called))
    expected = {
        t.id: views.ahead(hall, t.id, MONDAY) for t in hall.tickets.values() if t.life is Life.WAITING
    }
    order = {}
    while hall.busy:
        order[give(asks.CallNext(id="c", window=1)).ticket] = len(order)
        give(asks.Finish(id="f", window=1, outcome=Outcome.DONE))
    assert order == expected
