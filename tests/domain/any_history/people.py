"""What people do."""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import (
    rule,
)

from hall.messages import asks
from hall.messages.common import (
    Span,
    Via,
)
from hub.domain import orders

from .draws import ANY, LANES, SERVICES
from .house import House


class People(House):
    """Citizens: they come, give up, rate, and are entered from the book."""

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
