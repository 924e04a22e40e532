"""A hall in which anything may happen: every order goes through here, and after each step everything is looked at."""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
)

from hall import wire
from hall.errors import Refused
from hall.messages import asks, facts
from hub.domain import refusals, views, voice
from hub.domain.hall import Hall

from .draws import MONDAY
from .picture import fingerprint, picture
from .witness import Witness


class House(RuleBasedStateMachine):
    """The hall, its clock and its days, and what must hold after each step; who acts in it comes from the files beside."""

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
