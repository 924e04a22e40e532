"""Appointments: booked, kept, missed, moved, and never lost, however many nights lie between."""

from collections import Counter
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from hall import wire
from hall.errors import Refused
from hall.messages import asks, facts
from hall.messages.common import Outcome, Via
from hall.plan import DayHours, HoursPlan, Lunch, SpecialDay
from hall.policy import AppointmentPolicy, Policy, Quota
from hall.text import Text
from hub.domain import appointments, orders
from hub.domain.hall import Hall
from hub.domain.ticket import Life

ZONE = ZoneInfo("Asia/Shanghai")
TERMS = AppointmentPolicy(due_before_s=300, quotas={"withdrawal": 2, "loan": 1})
POLICY = Policy(weights={"priority": 1}, streak_cap=2, appointment=TERMS)
NINE_TO_FIVE = DayHours(open="09:00", close="17:00", lunch=Lunch(begins="12:00", ends="13:00", windows=(1,)))
HOURS = HoursPlan(
    week=dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), NINE_TO_FIVE),
    special={"2026-11-25": SpecialDay(reason=Text(zh="停电", en="no power"))},
)


def on(clock, day=23):
    """A moment of November 2026; the 23rd is a Monday."""
    hour, minute = map(int, clock.split(":"))
    return datetime(2026, 11, day, hour, minute, tzinfo=ZONE)


@pytest.fixture
def hall(make_scene):
    """Monday, nine: an open hall in which withdrawals (two a slot) and loans (one) can be booked."""
    return make_scene(policy=POLICY, hours=HOURS).open(1, 2)


def book(scene, slot="10:00", code=None, day=23, service="withdrawal", **more):
    code = code or f"{len(scene.facts):06d}"
    return scene.ask(asks.Book, service=service, slot=on(slot, day), code=code, **more)[0]


def check_in(scene, *, via=Via.DISPENSER, **who):
    return scene.ask(asks.CheckIn, via=via, **who)[0]


def next_day(scene, day):
    """Close, and open at nine on another day of November, with the clerks back."""
    scene.ask(asks.CloseDay)
    scene.at = on("09:00", day)
    scene.ask(asks.OpenDay)


class TestBooking:
    def test_a_slot_is_booked_and_told_with_its_end(self, hall):
        booked = book(hall, "10:30", code="123456", situation="rent", last4="0042")
        assert (booked.slot, booked.slot_until) == (on("10:30"), on("11:00"))
        assert (booked.code, booked.service, booked.situation, booked.last4) == (
            "123456", "withdrawal", "rent", "0042",
        )  # fmt: skip

    def test_the_last_place_of_a_slot_is_the_last(self, hall):
        book(hall)
        book(hall)
        assert hall.no(book, hall) == "slot-full"
        assert book(hall, "10:30")
        assert book(hall, service="loan"), "each service has places of its own"

    def test_a_cancelled_place_is_free_at_once(self, hall):
        first = book(hall, service="loan")
        assert hall.no(book, hall, service="loan") == "slot-full"
        hall.ask(asks.CancelAppointment, appointment=first.appointment)
        assert book(hall, service="loan")

    @pytest.mark.parametrize(
        ("slot", "day", "service", "code"),
        [
            ("08:30", 24, "withdrawal", "no-such-slot"),
            ("17:00", 24, "withdrawal", "no-such-slot"),
            ("10:10", 24, "withdrawal", "no-such-slot"),
            ("12:00", 24, "withdrawal", "no-such-slot"),
            ("12:30", 24, "withdrawal", "no-such-slot"),
            ("10:00", 25, "withdrawal", "no-such-slot"),
            ("10:00", 28, "withdrawal", "no-such-slot"),
            ("09:00", 23, "withdrawal", "slot-past"),
            ("10:00", 20, "withdrawal", "slot-past"),
            ("10:00", 24, "review", "not-bookable"),
            ("10:00", 24, "nothing", "unknown-service"),
        ],
    )
    def test_what_cannot_be_booked_says_why(self, hall, slot, day, service, code):
        assert hall.no(book, hall, slot, day=day, service=service) == code

    def test_every_time_of_the_day_but_lunch_can_be_booked(self, hall):
        day = appointments.slots(hall.hall.state, "withdrawal", date(2026, 11, 24))
        times = [f"{slot.begins:%H:%M}" for slot in day]
        assert times == [
            "09:00", "09:30", "10:00", "10:30", "11:00", "11:30",
            "13:00", "13:30", "14:00", "14:30", "15:00", "15:30", "16:00", "16:30",
        ]  # fmt: skip
        assert {slot.quota for slot in day} == {2}

    def test_nobody_books_further_ahead_than_the_hall_says(self, hall):
        far = on("10:00") + timedelta(days=15)
        assert hall.refuses(asks.Book, service="loan", slot=far, code="000002") == "too-far-ahead"
        assert hall.ask(asks.Book, service="loan", slot=far - timedelta(days=1), code="000003")

    def test_without_a_policy_nothing_is_booked(self, make_scene):
        assert make_scene(hours=HOURS).open(1).no(book, make_scene(hours=HOURS).open(1)) == "not-bookable"

    def test_a_stopped_service_is_not_booked_while_it_stops(self, hall):
        why = Text(zh="结算", en="settlement")
        hall.ask(asks.StopService, service="loan", begins=on("10:10"), ends=on("14:00"), reason=why)
        assert hall.no(book, hall, "10:00", service="loan") == "no-such-slot"
        assert hall.no(book, hall, "13:30", service="loan") == "no-such-slot"
        assert book(hall, "14:00", service="loan")

    def test_a_code_belongs_to_one_person(self, hall):
        book(hall, code="111111")
        assert hall.no(book, hall, "11:00", code="111111") == "code-taken"

    def test_a_hall_that_is_closed_takes_bookings_for_tomorrow(self, hall):
        hall.ask(asks.CloseDay)
        booked = book(hall, day=24)
        hall.at = on("09:00", 24)
        hall.ask(asks.OpenDay)
        assert booked.appointment in hall.hall.state.promises.appointments

    def test_moving_an_appointment_gives_the_old_place_back(self, hall):
        first = book(hall, service="loan")
        moved = book(hall, "11:00", service="loan", replaces=first.appointment)
        assert moved.replaces == first.appointment
        assert hall.no(book, hall, "11:00", service="loan") == "slot-full"
        assert book(hall, "10:00", service="loan")
        assert hall.refuses(asks.CancelAppointment, appointment=first.appointment) == "appointment-cancelled"

    def test_a_full_slot_can_be_moved_within_itself(self, hall):
        first = book(hall, service="loan", situation=None)
        assert book(hall, service="loan", replaces=first.appointment)

    def test_nobody_cancels_what_is_not_there(self, hall):
        assert hall.refuses(asks.CancelAppointment, appointment="nobody") == "unknown-appointment"


class TestCheckingIn:
    def test_early_in_time_and_late(self, hall):
        early, punctual, late = (
            book(hall, code=f"00000{n}", slot="10:00" if n else "10:30") for n in range(3)
        )
        hall.at = on("09:40")
        told = check_in(hall, code=early.code)
        assert (told.lane, told.late, told.slot, told.slot_until) == (
            "appointment", False, on("10:30"), on("11:00"),
        )  # fmt: skip
        hall.at = on("10:10")
        told = check_in(hall, code=punctual.code)
        assert (told.lane, told.late) == ("appointment", False)
        hall.at = on("10:11")
        told = check_in(hall, code=late.code)
        assert (told.lane, told.late, told.appointment) == ("normal", True, late.appointment)

    def test_a_due_appointment_goes_before_walk_ins_and_an_early_one_behind_them(self, hall):
        booked = book(hall, "10:00")
        walk_in = hall.take()
        hall.at = on("09:30")
        ticket = check_in(hall, code=booked.code)
        assert hall.call(2).ticket == walk_in.ticket
        hall.finish(2)
        second, third = hall.take(), hall.take()
        hall.at = on("09:55")
        assert hall.call(2).ticket == ticket.ticket
        hall.finish(2)
        assert [hall.call(2).ticket, hall.finish(2) and hall.call(2).ticket] == [second.ticket, third.ticket]

    def test_who_is_late_stands_by_arrival_among_walk_ins(self, hall):
        booked = book(hall, "09:30")
        hall.at = on("09:41")
        before = hall.take()
        ticket = check_in(hall, code=booked.code)
        after = hall.take()
        assert ticket.ahead == 1
        assert hall.order_of_service(2) == [before.number, ticket.number, after.number]

    def test_the_phone_number_is_enough_unless_it_fits_several(self, hall):
        book(hall, last4="0042")
        loan = book(hall, last4="0042", service="loan")
        book(hall, "11:00", day=24, last4="0042")
        assert hall.no(check_in, hall, last4="0042") == "ambiguous-code"
        assert check_in(hall, last4="0042", service="loan").appointment == loan.appointment
        assert check_in(hall, last4="0042").service == "withdrawal", "one of the two is here already"
        assert hall.no(check_in, hall, last4="9999") == "unknown-code"

    def test_the_desk_checks_in_by_the_appointment_itself(self, hall):
        booked = book(hall, situation="rent")
        ticket = check_in(hall, via=Via.DESK, appointment=booked.appointment)
        assert (ticket.via, ticket.situation) == (Via.DESK, "rent")
        other = book(hall)
        order = asks.TakeTicket(
            id="press", service="withdrawal", lane="normal", via=Via.DESK, appointment=other.appointment
        )
        assert hall.give(order)[0].appointment == other.appointment

    def test_a_code_works_once(self, hall):
        booked = book(hall)
        check_in(hall, code=booked.code)
        assert hall.no(check_in, hall, code=booked.code) == "already-checked-in"
        assert hall.refuses(asks.CancelAppointment, appointment=booked.appointment) == "already-checked-in"

    def test_what_does_not_let_in_says_why(self, hall):
        tomorrow, cancelled = book(hall, day=24, code="000024"), book(hall, code="000099")
        hall.ask(asks.CancelAppointment, appointment=cancelled.appointment)
        assert hall.no(check_in, hall, code=tomorrow.code) == "wrong-day"
        assert hall.no(check_in, hall, code=cancelled.code) == "appointment-cancelled"
        assert hall.no(check_in, hall, code="777777") == "unknown-code"
        assert hall.no(check_in, hall) == "code-required"
        assert hall.no(check_in, hall, code="000024", last4="0042") == "code-required"
        hall.at = on("17:00")
        assert hall.no(check_in, hall, code="777777") == "closed"

    def test_a_ticket_that_nobody_holds_gives_the_appointment_back(self, hall):
        booked = book(hall)
        ticket = check_in(hall, code=booked.code)
        hall.give(orders.WithdrawTicket(ticket=ticket.ticket))
        assert check_in(hall, code=booked.code).ticket != ticket.ticket

    def test_a_ticket_asked_for_by_the_appointment_keeps_what_was_asked_for_with_it(self, hall):
        booked = book(hall)
        wanted = {"service": "withdrawal", "lane": "normal", "appointment": booked.appointment}
        assert hall.refuses(asks.TakeTicket, via=Via.DISPENSER, aids="轮椅", **wanted) == "desk-only"
        ticket = hall.ask(asks.TakeTicket, via=Via.DESK, aids="轮椅", large_print=True, **wanted)[0]
        assert (ticket.lane, ticket.aids, ticket.large_print) == ("appointment", "轮椅", True)

    def test_an_appointment_is_past_the_quota_of_the_day(self, make_scene):
        few = Quota(
            reason=Text(zh="人手不足", en="staff"), alternative=Text(zh="请预约", en="book"), per_day=1
        )
        policy = msgspec.structs.replace(POLICY, quotas={"withdrawal": few})
        scene = make_scene(policy=policy, hours=HOURS).open(2)
        booked = book(scene)
        scene.take()
        assert scene.no(scene.take) == "quota-reached"
        assert check_in(scene, code=booked.code)

    def test_served_once_it_is_over(self, hall):
        booked = book(hall, "09:30")
        hall.at = on("09:30")
        ticket = check_in(hall, code=booked.code)
        assert hall.serve(2) == ticket.number
        assert hall.no(check_in, hall, code=booked.code) == "already-checked-in"
        hall.ask(asks.CloseDay)
        assert not hall.of(facts.AppointmentMissed)


class TestTheNight:
    def test_who_did_not_come_is_recorded_when_the_day_closes(self, hall):
        missed, came = book(hall, "10:00"), book(hall, "10:00")
        later = book(hall, "10:00", day=24)
        hall.at = on("10:00")
        check_in(hall, code=came.code)
        hall.at = on("17:30")
        told = hall.ask(asks.CloseDay)
        assert [f.appointment for f in told if isinstance(f, facts.AppointmentMissed)] == [missed.appointment]
        assert isinstance(told[-1], facts.DayClosed)
        assert set(hall.hall.state.promises.appointments) == {came.appointment, later.appointment}

    def test_thousands_of_bookings_cross_the_night_in_pages_that_fit_a_message(self, make_scene):
        terms = AppointmentPolicy(quotas={"withdrawal": 99, "loan": 99}, slot_min=30, book_days=30)
        hours = HoursPlan(week=dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), NINE_TO_FIVE))
        scene = make_scene(policy=msgspec.structs.replace(POLICY, appointment=terms), hours=hours).open(1)
        n = 0
        for day in range(1, 4):
            for slot in appointments.slots(scene.hall.state, "withdrawal", date(2026, 11, 23 + day)):
                for service in ("withdrawal", "loan"):
                    for _ in range(40):
                        n += 1
                        scene.ask(asks.Book, service=service, slot=slot.begins, code=f"{n:06d}", last4="0042")
        assert n == 3360
        scene.ask(asks.CloseDay)
        scene.at = on("09:00", 24)
        opened, *pages = scene.ask(asks.OpenDay)
        assert isinstance(opened, facts.DayOpened)
        assert [page.part for page in pages] == list(range(1, len(pages) + 1))
        assert all(len(wire.encode(page)) <= 40_000 for page in pages)
        assert len(scene.hall.state.promises.appointments) == n
        assert check_in(scene, code="000001").late is False

    def test_a_hall_that_replays_from_the_last_opening_knows_every_appointment(self, hall):
        codes = {book(hall, slot, day=24).code for slot in ("09:30", "10:00", "14:00")}
        next_day(hall, 24)
        again = Hall(hall.hall.plan)
        opened = max(i for i, fact in enumerate(hall.facts) if isinstance(fact, facts.DayOpened))
        for fact in hall.facts[opened:]:
            again.apply(fact)
        assert again.state.promises == hall.hall.state.promises
        assert set(again.state.promises.codes) == codes

    def test_an_early_close_takes_nobodys_appointment(self, hall):
        afternoon = book(hall, "14:00")
        hall.at = on("11:00")
        hall.ask(asks.CloseDay)
        assert not hall.of(facts.AppointmentMissed)
        hall.ask(asks.OpenDay)
        hall.at = on("14:00")
        assert check_in(hall, code=afternoon.code).lane == "appointment"


class TestWhatTheHallCannotKeep:
    def test_it_is_listed_and_lets_its_person_in_another_day_without_being_late(self, hall):
        booked = book(hall, "14:00")
        hall.at = on("11:00")
        hall.ask(asks.CloseDay)
        hall.at = on("09:00", 24)
        hall.ask(asks.OpenDay)
        listed = appointments.displaced(hall.hall.state, hall.at)
        assert [a.id for a in listed] == [booked.appointment]
        walk_in = hall.take()
        ticket = check_in(hall, code=booked.code)
        assert (ticket.lane, ticket.late) == ("appointment", False)
        assert hall.order_of_service(2) == [ticket.number, walk_in.number]

    def test_a_stop_that_comes_later_lists_those_it_touches(self, hall):
        touched, other = book(hall, "10:00"), book(hall, "14:00")
        why = Text(zh="停电", en="no power")
        hall.ask(asks.StopService, service="withdrawal", begins=on("09:30"), ends=on("11:00"), reason=why)
        assert [a.id for a in appointments.displaced(hall.hall.state, hall.at)] == [touched.appointment]
        moved = book(hall, "15:00", replaces=touched.appointment)
        assert not appointments.displaced(hall.hall.state, hall.at)
        assert {moved.appointment, other.appointment} <= set(hall.hall.state.promises.appointments)

    def test_whom_a_stop_kept_from_coming_has_missed_nothing_when_the_day_closes(self, hall):
        stopped, missed = book(hall, "10:00"), book(hall, "14:00")
        why = Text(zh="停电", en="no power")
        hall.ask(asks.StopService, service="withdrawal", begins=on("09:30"), ends=on("11:00"), reason=why)
        hall.at = on("17:30")
        next_day(hall, 24)
        assert [f.appointment for f in hall.of(facts.AppointmentMissed)] == [missed.appointment]
        assert [a.id for a in appointments.displaced(hall.hall.state, hall.at)] == [stopped.appointment]
        assert check_in(hall, code=stopped.code).late is False

    def test_after_a_month_in_the_list_the_hall_says_that_it_gives_it_up(self, hall):
        booked = book(hall, "14:00")
        hall.at = on("11:00")
        hall.ask(asks.CloseDay)
        for days in (1, 29, 31):
            hall.at = on("09:00") + timedelta(days=days)
            hall.ask(asks.OpenDay)
            hall.at += timedelta(hours=1)
            hall.ask(asks.CloseDay)
        assert [(f.appointment, f.reason) for f in hall.of(facts.AppointmentCancelled)] == [
            (booked.appointment, appointments.NEVER_KEPT)
        ]


class TestReminders:
    def remind(self, hall):
        told = hall.give(orders.LookAround(), "hub")
        return [(fact.appointment, fact.ticket) for fact in told]

    def test_each_is_reminded_once_a_quarter_of_an_hour_before(self, hall):
        booked, other = book(hall, "10:00"), book(hall, "11:00")
        assert hall.hall.next_look(hall.at) == on("09:45")
        hall.at = on("09:44")
        assert self.remind(hall) == []
        hall.at = on("09:45")
        assert self.remind(hall) == [(booked.appointment, None)]
        assert self.remind(hall) == []
        assert hall.hall.next_look(hall.at) == on("10:45")
        hall.at = on("10:50")
        ticket = check_in(hall, code=other.code).ticket
        assert self.remind(hall) == [(other.appointment, ticket)]
        assert hall.hall.next_look(hall.at) is None

    def test_two_of_one_slot_are_told_one_after_the_other_from_its_very_minute_on(self, hall):
        first, second = book(hall, "10:00"), book(hall, "10:00")
        hall.at = on("09:45") - timedelta(microseconds=1)
        assert hall.hall.next_look(hall.at) == on("09:45")
        assert self.remind(hall) == []
        hall.at = on("09:45")
        assert hall.hall.next_look(hall.at) == on("09:45")
        assert self.remind(hall) == [(first.appointment, None), (second.appointment, None)]
        told = hall.of(facts.AppointmentReminded)
        assert [fact.n for fact in told] == [told[0].n, told[0].n + 1]

    def test_a_slot_that_begins_now_needs_no_reminder_any_more(self, hall):
        book(hall, "10:00")
        hall.at = on("10:00")
        assert self.remind(hall) == []

    def test_nobody_is_reminded_of_what_is_past_cancelled_or_not_kept(self, hall):
        cancelled = book(hall, "10:00")
        book(hall, "10:00")
        hall.ask(asks.CancelAppointment, appointment=cancelled.appointment)
        why = Text(zh="停电", en="no power")
        hall.ask(asks.StopService, service="withdrawal", begins=on("09:30"), ends=on("11:00"), reason=why)
        hall.at = on("09:50")
        assert self.remind(hall) == []
        hall.at = on("10:01")
        assert self.remind(hall) == []

    def test_a_reminder_of_yesterday_evening_is_not_told_again(self, make_scene):
        terms = msgspec.structs.replace(TERMS, remind_before_min=1440)
        scene = make_scene(policy=msgspec.structs.replace(POLICY, appointment=terms), hours=HOURS).open(1)
        booked = book(scene, "09:30", day=24)
        scene.at = on("16:00")
        assert self.remind(scene) == [(booked.appointment, None)]
        next_day(scene, 24)
        assert self.remind(scene) == []


class AnyBookings(RuleBasedStateMachine):
    """People book, move, cancel, come and are served over many days; quotas, places and pages are looked at after each step."""

    def __init__(self, plan):
        super().__init__()
        self.plan, self.hall, self.at = plan, Hall(plan), on("09:00")
        self.journal, self.ids = [], 0
        #: appointment → what its person last heard
        self.heard = {}
        self.served = Counter()
        self.ask(asks.OpenDay)
        self.ask(asks.Sit, window=2, clerk="002")

    def ask(self, kind, **fields):
        self.ids += 1
        try:
            told = self.hall.decide(kind(id=f"id-{self.ids}", **fields), self.at, "console-1")
        except Refused:
            return []
        for fact in told:
            again = wire.decode_fact(wire.encode(fact))
            self.hear(again)
            self.hall.apply(again)
            self.journal.append(again)
        return told

    def hear(self, fact):
        match fact:
            case facts.AppointmentBooked():
                self.heard.pop(fact.replaces, None)
                self.heard[fact.appointment] = "booked"
            case facts.AppointmentCancelled() | facts.AppointmentMissed():
                assert self.heard.pop(fact.appointment) == "booked"
            case facts.TicketIssued(appointment=str()):
                assert self.heard[fact.appointment] == "booked", "checked in twice"
                self.heard[fact.appointment] = fact.ticket
            case facts.TicketCancelled() | facts.TicketLeft():
                issued = self.hall.tickets[fact.ticket].issued
                if issued.appointment is not None and isinstance(fact, facts.TicketCancelled):
                    self.heard[issued.appointment] = "booked"
            case facts.ServiceFinished():
                self.served[self.hall.tickets[fact.ticket].issued.appointment or fact.ticket] += 1
                assert max(self.served.values()) == 1, "served twice"
            case facts.DayOpened():
                self.heard = {a: said for a, said in self.heard.items() if said == "booked"}
            case _:
                pass

    def some(self, which):
        known = list(self.hall.state.promises.appointments)
        return known[which % len(known)] if known else "nobody"

    @rule(minutes=st.integers(0, 120))
    def time_passes(self, minutes):
        self.at += timedelta(minutes=minutes)

    @rule(
        slot=st.integers(0, 60),
        service=st.sampled_from(["withdrawal", "loan"]),
        which=st.none() | st.integers(0, 99),
    )
    def somebody_books(self, slot, service, which):
        day = self.at.date() + timedelta(days=slot // 16)
        begins = datetime.combine(day, datetime.min.time(), ZONE) + timedelta(
            hours=9, minutes=30 * (slot % 16)
        )
        replaces = None if which is None else self.some(which)
        self.ask(
            asks.Book,
            service=service,
            slot=begins,
            code=f"{self.ids:06d}",
            last4=f"{slot:04d}",
            replaces=replaces,
        )

    @rule(which=st.integers(0, 99))
    def somebody_cancels(self, which):
        self.ask(asks.CancelAppointment, appointment=self.some(which))

    @rule(which=st.integers(0, 99))
    def somebody_comes(self, which):
        self.ask(asks.CheckIn, via=Via.DISPENSER, appointment=self.some(which))

    @rule(digits=st.integers(0, 60))
    def somebody_says_a_phone_number(self, digits):
        self.ask(asks.CheckIn, via=Via.DESK, last4=f"{digits:04d}")

    @rule()
    def somebody_is_served(self):
        self.ask(asks.CallNext, window=2)
        self.ask(asks.Finish, window=2, outcome=Outcome.DONE)

    @rule(which=st.integers(0, 99))
    def somebody_gives_up(self, which):
        tickets = [t.id for t in self.hall.tickets.values() if t.life is Life.WAITING]
        if tickets:
            self.ask(asks.Cancel, ticket=tickets[which % len(tickets)])

    @rule(days=st.integers(0, 3))
    def night(self, days):
        self.ask(asks.CloseDay)
        self.at = max(self.at, on("09:00") + timedelta(days=(self.at - on("00:00")).days + days))
        self.ask(asks.OpenDay)

    @invariant()
    def nothing_is_lost_and_no_quota_is_exceeded(self):
        promises = self.hall.state.promises
        awaited = {a.id for a in promises.appointments.values() if a.awaited}
        assert awaited == {a for a, said in self.heard.items() if said == "booked"}
        places = Counter((a.service, a.slot_us) for a in promises.appointments.values() if not a.cancelled)
        for (service, _), taken in places.items():
            assert taken <= TERMS.quotas[service]
        assert all(promises.by_code(a.code) is a for a in promises.appointments.values())

    def teardown(self):
        opened = max(i for i, fact in enumerate(self.journal) if isinstance(fact, facts.DayOpened))
        for since in (0, opened):
            again = Hall(self.plan)
            for fact in self.journal[since:]:
                again.apply(fact)
            assert again.state.promises == self.hall.state.promises, "replay differs from live"


def test_whatever_people_do_no_place_is_given_twice_and_nobody_is_forgotten(make_plan):
    plan = make_plan(hours=HOURS, policy=POLICY)
    run_state_machine_as_test(
        lambda: AnyBookings(plan), settings=settings(max_examples=60, stateful_step_count=60)
    )
