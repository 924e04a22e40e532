"""What managers and the hub's own clock do."""

from datetime import UTC, datetime, timedelta

import msgspec
from hypothesis import strategies as st
from hypothesis.stateful import (
    rule,
)

from hall.messages import asks, facts
from hall.messages.common import (
    AlarmCode,
    NoticeKind,
)
from hall.policy import Policy
from hall.settings_form import form_of, merged
from hall.text import Text
from hub.domain import orders, paging
from hub.domain.notices import MOST
from hub.domain.ticket import UNSERVED

from .draws import ANY, SERVICES, WINDOWS
from .house import House
from .policies import POLICIES

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

#: a forecast may change as time passes, and is looked at again each ten seconds
FORECAST = {AlarmCode.WAIT_WARN, AlarmCode.WAIT_BREACH}


class Managers(House):
    """Notices, policies, profiles, settings, alarms and pages."""

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
