"""What devices do."""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import (
    rule,
)

from hall.messages import asks
from hall.messages.common import (
    Level,
    MemberKind,
    MemberState,
)
from hall.text import Text
from hub.domain import orders, views

from .draws import ANY, LANES
from .house import House


class Devices(House):
    """Paper, lent numbers, states and alerts."""

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

    @rule(answered=st.booleans())
    def somebody_holds_the_green_key(self, answered):
        text = Text(zh="有人等候", en="somebody waits")
        key = {"member": "dispenser-1", "alert": "escort"}
        self.give(orders.RaiseAlert(level=Level.WARNING, code="escort-wanted", text=text, **key))
        self.give(orders.ClearAlert(**key))
        waits = list(self.hall.state.escorts)
        assert bool(waits) is self.hall.open
        if answered and waits:
            assert self.ask(asks.AnswerEscort, call=waits[0])
            assert not self.ask(asks.AnswerEscort, call=waits[0])

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
