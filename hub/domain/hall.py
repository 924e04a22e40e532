"""The hall: a command and the time in, facts out. The one door to the rules.

Rules:

* :meth:`Hall.decide` looks and changes nothing; it gives the facts that the order means, numbered from ``n + 1`` in the order in
  which they are to be applied, or raises ``Refused``. The fact an order is named for comes first, except where something ends before
  it: the people who left or never came before ``DayClosed``, the old seat before ``WindowOpened``, with ``finish`` the step before the call, the file's
  settings before the first change of them. Nothing to tell gives no fact.
* :meth:`Hall.apply` takes facts in the order of `n` without gaps (a journal may begin with any ``DayOpened``), and is the only way to change
  the hall: whoever applied the same facts has the same hall.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import assert_never

from hall.messages import asks, facts
from hall.messages.common import MemberState
from hall.messages.facts import AnyFact, TicketIssued
from hall.plan import HallPlan
from hub.domain import (
    alarms,
    apologies,
    appointments,
    by_hand,
    calling,
    carried,
    checking_in,
    day,
    desk,
    devices,
    escorts,
    extension,
    governing,
    hall_slips,
    helping,
    issuing,
    lending,
    looking,
    nearing,
    notices,
    orders,
    paging,
    planning,
    ratings,
    receipts,
    reprinting,
    rerouting,
    rollouts,
    serving,
    slips,
    stops,
    undo,
    upkeep,
    windows,
)
from hub.domain.looking import Part
from hub.domain.orders import AnyOrder
from hub.domain.state import OpenAlert, State
from hub.domain.ticket import Ticket, served_at_desk

#: What happens by the clock alone, in this order.
CLOCKWORK: tuple[Part, ...] = (
    Part(appointments.reminders, appointments.reminder_due),
    Part(alarms.tell, alarms.due),
    Part(notices.tell, notices.due),
    Part(escorts.tell, escorts.due),
    Part(rollouts.tell, rollouts.due),
)


class Hall:
    """A hall, as its facts have made it."""

    def __init__(self, plan: HallPlan) -> None:
        """A hall that was never open."""
        self.state = State(plan)

    @property
    def plan(self) -> HallPlan:
        """The hall's settings."""
        return self.state.plan

    @property
    def n(self) -> int:
        """Number of the last fact applied. Set it only before the first one, to where a journal begins."""
        return self.state.n

    @n.setter
    def n(self, n: int) -> None:
        self.state.n = n

    @property
    def day(self) -> str | None:
        """The open day, or the last one that was; None before the first."""
        return self.state.day

    @property
    def open(self) -> bool:
        """Whether the day is open."""
        return self.state.open

    @property
    def extended_until(self) -> datetime | None:
        """How long the hall stays open for those who hold a ticket, when somebody extended it."""
        return self.state.extended_until

    @property
    def busy(self) -> bool:
        """Whether anybody must still be served."""
        return self.state.unserved > sum(served_at_desk(t) for t in self.state.desk.values())

    @property
    def devices(self) -> Mapping[str, MemberState]:
        """Every device the hall has heard of."""
        return self.state.devices

    @property
    def alerts(self) -> Mapping[tuple[str, str], OpenAlert]:
        """Open troubles by (member, alert)."""
        return self.state.alerts

    @property
    def tickets(self) -> Mapping[str, Ticket]:
        """The day's tickets by id; only for looking."""
        return self.state.tickets

    def waiting(self, service: str) -> int:
        """How many wait for a service."""
        return self.state.waiting(service)

    def issued(self, ticket: str) -> TicketIssued:
        """What was told when a ticket of today got its number. Refuses ``unknown-ticket``."""
        return self.state.ticket(ticket).issued

    def decide(self, order: AnyOrder, at: datetime, member: str) -> list[AnyFact]:
        """The facts that `order`, given by `member` at `at` (aware), means. Raises ``Refused``; changes nothing."""
        return list(_decide(self.state, order, at, member))

    def next_look(self, at: datetime) -> datetime | None:
        """When the clock alone makes something true that nobody has told yet, if nothing else happens: `at` itself when it is true already.

        None: nothing will.
        """
        return looking.next_look(self.state, at, CLOCKWORK)

    def apply(self, fact: AnyFact) -> None:
        """Make the hall what `fact` says."""
        s = self.state
        begins = s.n == 0 and isinstance(fact, facts.DayOpened)
        assert begins or fact.n == s.n + 1, f"fact {fact.n} after {s.n}"
        with undo.kept(s, fact):
            _apply(s, fact)
        s.n = fact.n


def _decide(s: State, order: AnyOrder, at: datetime, member: str) -> Sequence[AnyFact]:
    match order:
        case asks.TakeTicket(appointment=None):
            return issuing.take_ticket(s, order, at)
        case asks.TakeTicket():
            return checking_in.take_ticket(s, order, at)
        case asks.CheckIn():
            return checking_in.check_in(s, order, at)
        case asks.Book():
            return appointments.book(s, order, at)
        case asks.CancelAppointment():
            return appointments.cancel_appointment(s, order, at)
        case asks.CallNext():
            return calling.call_next(s, order, at)
        case asks.Start():
            return serving.start(s, order, at)
        case asks.Finish():
            return serving.finish(s, order, at)
        case orders.NotePrinted():
            return issuing.note_printed(s, order, at)
        case orders.RateStep():
            return ratings.rate(s, order, at)
        case asks.Recall():
            return calling.recall(s, order, at)
        case asks.NoShow():
            return calling.no_show(s, order, at)
        case asks.ReturnTicket():
            return calling.return_ticket(s, order, at)
        case asks.CallTicket():
            return calling.call_ticket(s, order, at)
        case asks.Accept():
            return serving.accept(s, order, at)
        case asks.Transfer():
            return serving.transfer(s, order, at)
        case asks.Park():
            return serving.park(s, order, at)
        case asks.ResumeTicket():
            return serving.resume_ticket(s, order, at)
        case asks.Pause():
            return windows.pause(s, order, at)
        case asks.Resume():
            return windows.resume(s, order, at)
        case asks.Sit():
            return windows.sit(s, order, at)
        case asks.Leave():
            return windows.leave(s, order, at)
        case asks.TakeOver():
            return windows.take_over(s, order, at)
        case asks.Undo():
            return undo.undo(s, order, at)
        case asks.SeatDirectly():
            return desk.seat_directly(s, order, at)
        case asks.ServeAtDesk():
            return desk.serve_at_desk(s, order, at)
        case asks.NotePrecheck():
            return desk.note_precheck(s, order, at)
        case asks.GrantExtension():
            return extension.grant_extension(s, order, at)
        case asks.EnterByHand():
            return by_hand.enter_by_hand(s, order, at)
        case asks.Cancel():
            return issuing.cancel(s, order, at)
        case asks.RateService():
            return ratings.rate_by_phone(s, order, at)
        case asks.NoteApology():
            return apologies.note_apology(s, order, at)
        case asks.Reprint():
            return issuing.reprint(s, order)
        case asks.ReprintSlip():
            return reprinting.reprint_slip(s, order, at)
        case asks.Reroute():
            return rerouting.reroute(s, order, at)
        case asks.CallHelp():
            return helping.call_help(s, order, at)
        case asks.EndHelp():
            return helping.end_help(s, order, at)
        case asks.OpenDay():
            return day.open_day(s, at)
        case asks.CloseDay():
            return day.close_day(s, at)
        case asks.ExtendHours():
            return day.extend_hours(s, order, at)
        case asks.StopService():
            return stops.stop_service(s, order, at)
        case asks.ResumeService():
            return stops.resume_service(s, order, at)
        case asks.SetPolicy():
            return governing.set_policy(s, order, at)
        case asks.SetProfile():
            return governing.set_profile(s, order, at)
        case asks.SetPlan():
            return planning.set_plan(s, order, at, member)
        case asks.DraftPlan():
            return planning.draft_plan(s, order, at)
        case asks.AnswerAlarm():
            return alarms.answer(s, order, at, member)
        case asks.PageClerk():
            return paging.page(s, order, at)
        case asks.AnswerPage():
            return paging.answer(s, order, at)
        case asks.AnswerEscort():
            return escorts.answer(s, order, at)
        case asks.Broadcast():
            return notices.broadcast(s, order, at, member)
        case asks.WithdrawNotice():
            return notices.withdraw(s, order, at)
        case asks.PrintSlip():
            return hall_slips.print_slip(s, order, at)
        case asks.PrintReceipt():
            return receipts.print_receipt(s, order, at)
        case asks.Configure():
            return upkeep.configure(s, order, at, member)
        case asks.OrderDevice():
            return upkeep.order_device(s, order, at)
        case asks.RollOut():
            return rollouts.roll_out(s, order, at, member)
        case asks.StopRollOut():
            return rollouts.stop(s, order, at)
        case orders.NoteConfigured():
            return rollouts.note_configured(s, order, at)
        case orders.NoteAnswer():
            return upkeep.note_answer(s, order, at)
        case orders.NoteTest():
            return upkeep.note_test(s, order, at)
        case orders.NoteBundle():
            return upkeep.note_bundle(s, order, at)
        case orders.LookAround():
            return looking.look_around(s, at, CLOCKWORK)
        case orders.AdoptSettings():
            return governing.adopt_settings(s, at)
        case orders.NotePrintFailed():
            return issuing.note_print_failed(s, order, at)
        case orders.NoteIssuedOffline():
            return issuing.note_issued_offline(s, order, at, member)
        case orders.WithdrawTicket():
            return issuing.withdraw_ticket(s, order, at)
        case orders.NoteDeviceState():
            return devices.note_device_state(s, order, at)
        case orders.RaiseAlert():
            return devices.raise_alert(s, order, at)
        case orders.ClearAlert():
            return devices.clear_alert(s, order, at)
        case orders.RejectEvent():
            return devices.reject_event(s, order, at)
        case orders.LendNumbers():
            return lending.lend_numbers(s, order, at)
        case _:
            assert_never(order)


def _apply(s: State, fact: AnyFact) -> None:
    match fact:
        case facts.TicketIssued():
            issuing.on_issued(s, fact)
        case facts.ServedByHand():
            by_hand.on_served(s, fact)
        case facts.TicketPrinted():
            issuing.on_printed(s, fact)
            escorts.on_printed(s, fact)
        case facts.TicketCalled():
            calling.on_called(s, fact)
            nearing.on_called(s, fact)
        case facts.ServiceStarted():
            serving.on_started(s, fact)
        case facts.ServiceFinished():
            serving.on_finished(s, fact)
        case facts.TicketRated():
            ratings.on_rated(s, fact)
            apologies.on_rated(s, fact)
        case facts.ApologyNoted():
            apologies.on_noted(s, fact)
        case facts.TicketMissed():
            calling.on_missed(s, fact)
        case facts.TicketReturned():
            calling.on_returned(s, fact)
        case facts.ServiceAccepted():
            serving.on_accepted(s, fact)
        case facts.TicketTransferred():
            alarms.on_sent_on(s, fact)
            serving.on_transferred(s, fact)
        case facts.TicketParked():
            serving.on_parked(s, fact)
        case facts.TicketResumed():
            serving.on_resumed(s, fact)
        case facts.ActUndone():
            undo.on_undone(s, fact)
        case facts.DeskServed():
            desk.on_desk_served(s, fact)
        case facts.TicketPrechecked():
            desk.on_prechecked(s, fact)
        case facts.TicketRerouted():
            rerouting.on_rerouted(s, fact)
        case facts.SlipReprinted():
            reprinting.on_reprinted(s, fact)
        case facts.HelpCalled():
            helping.on_called(s, fact)
        case facts.HelpEnded():
            helping.on_ended(s, fact)
        case facts.TicketExtended():
            extension.on_granted(s, fact)
        case facts.WindowPaused():
            windows.on_paused(s, fact)
        case facts.WindowResumed():
            windows.on_resumed(s, fact)
        case facts.WindowOpened():
            windows.on_opened(s, fact)
            alarms.on_opened(s, fact)
            paging.on_opened(s, fact)
            notices.on_helped(s, fact)
        case facts.WindowClosed():
            windows.on_closed(s, fact)
        case facts.TicketCancelled():
            issuing.on_cancelled(s, fact)
        case facts.SlipIssued():
            slips.on_slip(s, fact)
        case facts.AppointmentBooked():
            appointments.on_booked(s, fact)
        case facts.AppointmentCancelled():
            appointments.on_cancelled(s, fact)
        case facts.AppointmentReminded():
            appointments.on_reminded(s, fact)
        case facts.AppointmentMissed():
            appointments.on_missed(s, fact)
        case facts.DayOpened():
            day.on_day_opened(s, fact)
        case facts.DayCarried():
            carried.on_carried(s, fact)
        case facts.TicketLeft():
            day.on_left(s, fact)
        case facts.DayClosed():
            day.on_day_closed(s)
        case facts.HoursExtended():
            day.on_extended(s, fact)
        case facts.ServiceStopped():
            stops.on_stopped(s, fact)
        case facts.ServiceResumed():
            stops.on_resumed(s, fact)
        case facts.PolicyChanged():
            governing.on_policy(s, fact)
        case facts.ProfileChanged():
            governing.on_profile(s, fact)
            notices.on_helped(s, fact)
        case facts.PlanChanged():
            planning.on_plan(s, fact)
        case facts.PlanDrafted():
            planning.on_drafted(s, fact)
        case facts.AlarmRung():
            alarms.on_rung(s, fact)
        case facts.AlarmAnswered():
            alarms.on_answered(s, fact)
        case facts.ClerkPaged():
            paging.on_paged(s, fact)
        case facts.PageAnswered():
            paging.on_answered(s, fact)
        case facts.AlarmStopped():
            alarms.on_stopped(s, fact)
        case facts.NoticeGiven():
            notices.on_given(s, fact)
        case facts.NoticeEnded():
            notices.on_ended(s, fact)
        case facts.DeviceStateChanged():
            devices.on_device_state(s, fact)
        case facts.AlertRaised():
            devices.on_alert_raised(s, fact)
            escorts.on_alert(s, fact)
        case facts.AlertCleared():
            devices.on_alert_cleared(s, fact)
        case facts.EscortAnswered():
            escorts.on_answered(s, fact)
        case facts.GuideCalled():
            escorts.on_called(s, fact)
        case facts.NumbersLent():
            lending.on_lent(s, fact)
        case facts.PrintFailed() | facts.EventRejected() | facts.HallSlipOrdered() | facts.EnteredByHand():
            pass  # on record only
        case facts.ReceiptOrdered():
            pass  # on record, for whoever prints it
        case facts.DeviceOrdered() | facts.DeviceAnswered() | facts.DeviceTested() | facts.BundleCame():
            pass  # on record, for whoever looks after the devices
        case facts.RollOutBegun():
            rollouts.on_begun(s, fact)
        case facts.RollOutAnswered():
            rollouts.on_answered(s, fact)
        case facts.RollOutWidened():
            rollouts.on_widened(s, fact)
        case facts.RollOutEnded():
            rollouts.on_ended(s, fact)
        case _:
            assert_never(fact)
