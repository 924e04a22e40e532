"""What clerks and the guide do."""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import (
    rule,
)

from hall.messages import asks
from hall.messages.common import (
    Outcome,
    Via,
)
from hub.domain import undo
from hub.domain.ticket import Life

from .draws import ANY, LANES, SERVICES, WINDOWS
from .house import House
from .picture import picture


class Clerks(House):
    """Windows and the guide desk, with every mistake and its way back."""

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
