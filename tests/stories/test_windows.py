"""Clerks step away, send people on and come back; signs say so truthfully, also with broken modules."""

from datetime import timedelta

import pytest

from hall.messages import asks, facts
from hall.messages.common import Outcome
from sim.people import eyes


def say(pages, *sentences):
    """Whether these are the pages of a sign, one by one, as a machine reads them."""
    return len(pages) == len(sentences) and all(
        eyes.reads(page, said) for page, said in zip(pages, sentences, strict=True)
    )


def pause(cast, window, reason="生理", **fields):
    return cast.does(asks.Pause(id=cast.hall.new_id(), window=window, reason=reason, **fields))


def transfer(cast, window, to, **fields):
    return cast.does(asks.Transfer(id=cast.hall.new_id(), window=window, to=to, **fields))


def test_a_paused_window_leads_people_on_and_who_was_called_there_is_first_again(quiet_hall, quiet, wall):
    for window in (2, 3):
        quiet.sits(window)
    first, second = quiet.takes("withdrawal"), quiet.takes("account")
    assert quiet.calls(2).ticket == first.ticket
    until = quiet_hall.scheduler.now() + timedelta(minutes=20)
    paused = pause(quiet, 2, until=until)
    assert isinstance(paused, facts.WindowPaused)
    returned = quiet.wait_for(facts.TicketReturned)
    assert (returned.ticket, returned.position) == (first.ticket, 1)
    assert quiet.refused(asks.CallNext(id=quiet_hall.new_id(), window=2)) == "window-paused"
    assert say(wall(quiet_hall, 2), "暂停服务请稍候", "请到3号窗口", f"{until:%-H:%M}恢复请稍候")

    quiet.sits(1)
    assert say(wall(quiet_hall, 2), "暂停服务请稍候", "请到1号3号窗口", f"{until:%-H:%M}恢复请稍候")
    assert quiet.calls(3).ticket == first.ticket
    assert quiet.calls(1).ticket == second.ticket
    quiet.does(asks.Resume(id=quiet_hall.new_id(), window=2))
    assert eyes.panel_text(wall(quiet_hall, 2)[0]).startswith("2号窗口")
    assert quiet.refused(asks.CallNext(id=quiet_hall.new_id(), window=2)) == "nobody-waiting"


def test_a_paused_window_with_no_other_to_go_to_sends_people_to_the_desk(quiet_hall, quiet, wall):
    quiet.sits(4)
    pause(quiet, 4)
    assert say(wall(quiet_hall, 4), "暂停服务请稍候", "请到引导台问询")


def test_a_paused_clerk_calls_nobody_and_files_no_papers_while_people_wait(quiet_hall, quiet):
    quiet.sits(2)
    quiet.takes("withdrawal")
    ask = asks.Pause(id=quiet_hall.new_id(), window=2, reason="整理档案")
    assert quiet.refused(ask) == "people-waiting"
    assert not quiet.told(facts.WindowPaused)
    quiet.serves(2)
    pause(quiet, 2, reason="整理档案")


def test_a_review_is_the_same_ticket_at_another_window_in_its_old_place_with_two_ratings(
    simulated_hall, cast, said
):
    cast.sits(3, "018")
    cast.sits(5, "031")
    issued = cast.takes("withdrawal")
    cast.calls(3)
    cast.starts(3)
    simulated_hall.run_for(60)
    transferred = transfer(cast, 3, "review", note="请复核")
    assert (transferred.ticket, transferred.number, transferred.to) == (issued.ticket, "A001", "review")
    cast.rates(3, 4)
    called = cast.calls(5)
    assert (called.ticket, called.number, called.step, called.clerk) == (issued.ticket, "A001", 2, "031")
    cast.until(
        lambda: any("复核" in payload.decode() for payload in said(simulated_hall, "speaker-1/down/command")),
        "the call says that it is the review",
    )
    cast.starts(5)
    simulated_hall.run_for(30)
    cast.finishes(5)
    cast.rates(5, 2)
    cast.wait_for(facts.TicketRated, count=2)
    rated = [(fact.window, fact.clerk, fact.step, fact.grade) for fact in cast.told(facts.TicketRated)]
    assert rated == [(3, "018", 1, 4), (5, "031", 2, 2)]
    assert len(cast.told(facts.TicketIssued)) == len(simulated_hall.papers()) == 1


def test_a_review_goes_before_people_who_came_later(quiet_hall, quiet):
    quiet.sits(3)
    quiet.sits(5)
    early = quiet.takes("withdrawal")
    quiet.takes("loan")
    quiet.calls(3)
    quiet.starts(3)
    quiet_hall.run_for(20)
    transfer(quiet, 3, "review")
    assert quiet.calls(5).ticket == early.ticket


def test_a_person_sent_to_the_desk_waits_there_until_the_guide_sends_them_back(cast, simulated_hall, said):
    cast.sits(4)
    issued = cast.takes("settlement")
    cast.calls(4)
    cast.starts(4)
    simulated_hall.run_for(20)
    transfer(cast, 4, "desk", note="领解押材料", back=True)
    cast.until(
        lambda: any("引导台" in p.decode() for p in said(simulated_hall, "speaker-1/down/command")),
        "the person is called to the desk",
    )
    assert cast.refused(asks.CallNext(id=simulated_hall.new_id(), window=4)) == "nobody-waiting"
    cast.does(asks.ReturnTicket(id=simulated_hall.new_id(), ticket=issued.ticket))
    again = cast.calls(4)
    assert (again.ticket, again.back) == (issued.ticket, True)
    cast.finishes(4)


def test_with_back_the_person_returns_to_the_front_of_the_window_that_sent_them(quiet_hall, quiet):
    quiet.sits(3)
    quiet.sits(5)
    first, second = quiet.takes("withdrawal"), quiet.takes("account")
    quiet.calls(3)
    quiet.starts(3)
    quiet_hall.run_for(10)
    transfer(quiet, 3, "review", back=True)
    quiet.calls(5)
    quiet.starts(5)
    quiet_hall.run_for(10)
    quiet.finishes(5)
    returned = quiet.wait_for(facts.TicketReturned)
    assert (returned.ticket, returned.window) == (first.ticket, 3)
    called = quiet.calls(3)
    assert (called.ticket, called.back, called.step) == (first.ticket, True, 3)
    quiet.finishes(3)
    assert quiet.calls(3).ticket == second.ticket


def test_who_did_not_come_is_asked_again_passed_over_and_comes_back_fairly(quiet_hall, quiet, wall):
    quiet.sits(2)
    missed = quiet.takes("withdrawal")
    others = [quiet.helps("withdrawal", lane="normal") for _ in range(5)]
    quiet.calls(2)
    quiet_hall.run_for(25)
    quiet.does(asks.Recall(id=quiet_hall.new_id(), window=2))
    assert say(wall(quiet_hall, 2, 3), "A001")  # alone, before its sentence passes
    quiet_hall.run_for(8)
    assert say(wall(quiet_hall, 2, 8), "A001再次请您", "A001请到本窗口")
    quiet.does(asks.NoShow(id=quiet_hall.new_id(), window=2))
    assert quiet.serves(2).ticket == others[0].ticket
    quiet.does(asks.ReturnTicket(id=quiet_hall.new_id(), ticket=missed.ticket))
    order = [quiet.serves(2).ticket for _ in range(5)]
    assert order.index(missed.ticket) == quiet_hall.plan.policy.return_after
    assert {*order} == {missed.ticket, *(other.ticket for other in others[1:])}


def test_a_parked_ticket_is_called_by_nobody_and_goes_on_where_it_stopped(quiet_hall, quiet):
    quiet.sits(2)
    parked, other = quiet.takes("withdrawal"), quiet.takes("account")
    quiet.calls(2)
    quiet.starts(2)
    quiet_hall.run_for(30)
    quiet.does(asks.Park(id=quiet_hall.new_id(), window=2))
    assert quiet.serves(2).ticket == other.ticket
    assert quiet.refused(asks.CallNext(id=quiet_hall.new_id(), window=2)) == "nobody-waiting"
    quiet_hall.run_for(600)
    quiet.does(asks.ResumeTicket(id=quiet_hall.new_id(), ticket=parked.ticket))
    quiet_hall.run_for(30)
    finished = quiet.finishes(2)
    assert (finished.ticket, finished.step) == (parked.ticket, 1)
    assert 60 <= finished.seconds < 70  # the ten minutes aside are not handling


def test_a_dead_module_is_a_hole_in_the_number_and_nothing_else_until_it_is_replaced(quiet_hall, quiet):
    quiet.sits(2)
    quiet.takes("withdrawal")
    quiet.calls(2)
    quiet.until(lambda: "#" in "".join(quiet_hall.dots("sign-2")), "the number is shown")
    whole = quiet_hall.dots("sign-2")
    dead = next(n for n in range(32) if _module(whole, n).count("#"))
    quiet_hall.fault("sign-2", "module-dead", str(dead))
    broken = quiet_hall.dots("sign-2")
    assert broken != whole
    holes = [n for n in range(32) if _module(broken, n) != _module(whole, n)]
    assert len(holes) == 1
    assert "#" not in _module(broken, holes[0])
    quiet_hall.heal("sign-2")
    quiet_hall.agents["sign-2"].look()
    assert _module(quiet_hall.dots("sign-2"), holes[0]) == _module(whole, holes[0])


def _module(rows, n):
    """The dots of the n-th 8×8 block, row by row from the top left."""
    blocks = len(rows[0]) // 8
    top, left = n // blocks * 8, n % blocks * 8
    return "".join(row[left : left + 8] for row in rows[top : top + 8])


def test_a_garbled_module_heals_by_itself_when_the_registers_are_written_again(quiet_hall, quiet):
    quiet.sits(2)
    shown = quiet_hall.dots("sign-2")
    assert "#" in "".join(shown)
    for module in ("0", "9", "31"):
        quiet_hall.fault("sign-2", "module-corrupt", module)
    assert quiet_hall.dots("sign-2") != shown
    quiet_hall.agents["sign-2"].look()  # what the running sign does every five seconds
    assert quiet_hall.dots("sign-2") == shown


@pytest.mark.parametrize("service", ["withdrawal", "loan", "enquiry"])
def test_a_priority_ticket_from_the_green_key_is_called_first_and_only_says_priority(
    quiet_hall, quiet, service
):
    window = {"withdrawal": 2, "loan": 4, "enquiry": 1}[service]
    quiet.sits(window)
    quiet.helps(service, lane="normal")
    quiet_hall.press_green()
    quiet_hall.run_for(1.5)
    before = len(quiet.told(facts.TicketIssued))
    quiet_hall.press(service)
    issued = quiet.wait_for(facts.TicketIssued, count=before + 1)
    assert issued.lane == "priority"
    assert quiet.wait_for(facts.AlertRaised, code="escort-wanted").text.zh
    assert quiet.calls(window).ticket == issued.ticket


def test_a_step_that_ends_without_what_it_owes_the_person_is_not_finished(quiet_hall, quiet):
    quiet.sits(2)
    quiet.takes("withdrawal")
    quiet.calls(2)
    lacking = asks.Finish(id=quiet_hall.new_id(), window=2, outcome=Outcome.MATERIAL_MISSING)
    assert quiet.refused(lacking) == "detail-required"
    no = asks.Finish(id=quiet_hall.new_id(), window=2, outcome=Outcome.NOT_ALLOWED, detail="  ")
    assert quiet.refused(no) == "alternative-required"
    assert not quiet.told(facts.ServiceFinished)
