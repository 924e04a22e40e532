"""A clerk errs and takes it back; people go to the desk and return; papers travel; the guide seats somebody. On real signs and speakers."""

from hall.messages import asks, facts
from hall.messages.common import Act, Outcome
from sim.people import eyes


def act(cast, kind, **fields):
    return cast.does(kind(id=cast.hall.new_id(), **fields))


def reads(pages, words):
    return eyes.finds(pages, words)


def spoken(said, hall):
    return [payload.decode() for payload in said(hall, "speaker-1/down/command")]


def test_a_wrong_no_show_is_taken_back_and_sign_and_speaker_follow(cast, simulated_hall, said, wall):
    cast.sits(3, "018")
    issued = cast.takes("withdrawal")
    idle = wall(simulated_hall, 3)
    cast.calls(3)
    calling = [page for page in wall(simulated_hall, 3) if page not in idle]
    assert reads(calling, "A001请到本窗口")
    simulated_hall.run_for(20)
    act(cast, asks.NoShow, window=3)
    simulated_hall.run_for(3)
    assert set(calling).isdisjoint(wall(simulated_hall, 3))
    undone = act(cast, asks.Undo, window=3)
    assert (undone.what, undone.ticket, undone.life) == (Act.NO_SHOW, issued.ticket, "called")
    cast.until(
        lambda: any("再次请A001" in words for words in spoken(said, simulated_hall)),
        "the person is asked again",
    )
    assert reads(wall(simulated_hall, 3), "A001请到本窗口")
    cast.starts(3)
    assert cast.finishes(3).step == 1
    cast.rates(3, 4)
    assert cast.wait_for(facts.TicketRated).ticket == issued.ticket


def test_a_finish_by_mistake_darkens_the_pad_and_the_true_end_lights_it_once(quiet_hall, quiet, wall):
    quiet.sits(3)
    quiet.takes("withdrawal")
    quiet.calls(3)
    quiet.starts(3)
    quiet_hall.run_for(20)
    quiet.finishes(3)
    quiet.until(lambda: quiet.lit(3), "the pad asks")
    act(quiet, asks.Undo, window=3)
    quiet.until(lambda: quiet.dark(3), "the pad is dark again")
    assert reads(wall(quiet_hall, 3), "正在办理A001")
    quiet.finishes(3)
    quiet.rates(3, 3)
    quiet.wait_for(facts.TicketRated)
    assert len(quiet.told(facts.TicketRated)) == 1


def test_a_call_taken_back_at_once_is_not_spoken_after_it(cast, simulated_hall, said):
    cast.sits(3)
    cast.takes("withdrawal")
    called = cast.calls(3)
    act(cast, asks.Undo, window=3)
    cast.until(
        lambda: any("请A001号继续等候" in words for words in spoken(said, simulated_hall)),
        "the person hears that they wait on",
    )
    before = len([w for w in spoken(said, simulated_hall) if f'"announce-{called.n}"' in w])
    simulated_hall.run_for(10)
    assert len([w for w in spoken(said, simulated_hall) if f'"announce-{called.n}"' in w]) == before
    assert cast.calls(3).number == "A001"


def test_to_the_desk_and_back_to_the_window_that_sent_them(cast, simulated_hall, said):
    cast.sits(4)
    issued = cast.takes("settlement")
    cast.calls(4)
    cast.starts(4)
    simulated_hall.run_for(20)
    act(cast, asks.Transfer, window=4, to="desk", note="领解押材料", back=True)
    cast.until(
        lambda: any("到引导台领取材料" in words for words in spoken(said, simulated_hall)),
        "called to the desk",
    )
    served = act(cast, asks.ServeAtDesk, ticket=issued.ticket, outcome=Outcome.DONE)
    assert (served.number, served.outcome) == (issued.number, Outcome.DONE)
    again = cast.calls(4)
    assert (again.ticket, again.back) == (issued.ticket, True)
    cast.until(
        lambda: any(f"请{issued.number}号回到4号窗口" in words for words in spoken(said, simulated_hall)),
        "asked back to the window",
    )
    cast.finishes(4)


def test_papers_go_to_the_review_and_the_person_stays_seated(cast, simulated_hall, said, wall):
    cast.sits(3)
    cast.sits(5)
    issued = cast.takes("withdrawal")
    cast.calls(3)
    cast.starts(3)
    simulated_hall.run_for(20)
    act(cast, asks.Transfer, window=3, to="review", carry=True)
    assert reads(wall(simulated_hall, 3), "材料复核中")
    so_far = len(spoken(said, simulated_hall))
    called = cast.calls(5)
    assert (called.ticket, called.carry) == (issued.ticket, True)
    simulated_hall.run_for(10)
    assert reads(wall(simulated_hall, 5), "材料复核中")
    assert not any("A001" in words for words in spoken(said, simulated_hall)[so_far:])
    cast.finishes(5)
    assert cast.dark(5)
    told = cast.wait_for(facts.TicketReturned)
    assert (told.ticket, told.window, told.reviewed) == (issued.ticket, 3, True)
    assert cast.calls(3).back
    cast.finishes(3)


def test_the_guide_seats_somebody_at_the_heart_window_in_one_act(cast, simulated_hall, said, wall):
    cast.sits(1)
    cast.takes("withdrawal")
    so_far, papers = len(spoken(said, simulated_hall)), len(simulated_hall.papers())
    issued = act(cast, asks.SeatDirectly, window=1, service="withdrawal", lane="priority", aids="轮椅")
    simulated_hall.run_for(10)
    assert cast.told(facts.ServiceStarted)[-1].ticket == issued.ticket
    assert reads(wall(simulated_hall, 1), f"正在办理{issued.number}")
    assert not any(issued.number in words for words in spoken(said, simulated_hall)[so_far:])
    assert len(simulated_hall.papers()) == papers
    cast.finishes(1)
    cast.rates(1, 4)
    assert cast.wait_for(facts.TicketRated).ticket == issued.ticket


def test_next_ends_and_calls_in_one_act_and_the_person_who_leaves_can_still_rate(quiet_hall, quiet):
    quiet.sits(3)
    first = quiet.takes("withdrawal")
    second = quiet.takes("account")
    quiet.calls(3)
    quiet.starts(3)
    quiet_hall.run_for(20)
    act(quiet, asks.CallNext, window=3, finish=Outcome.DONE)
    assert quiet.told(facts.TicketCalled)[-1].ticket == second.ticket
    quiet_hall.run_for(5)
    quiet.rates(3, 4)
    assert quiet.wait_for(facts.TicketRated).ticket == first.ticket


def test_a_change_of_shift_keeps_the_person_and_the_rating_is_the_new_clerks(quiet_hall, quiet):
    quiet.sits(3, "018")
    quiet.takes("withdrawal")
    quiet.calls(3)
    quiet.starts(3)
    quiet_hall.run_for(20)
    act(quiet, asks.TakeOver, window=3, clerk="027")
    assert quiet.finishes(3).clerk == "027"
    quiet.rates(3, 4)
    assert quiet.wait_for(facts.TicketRated).clerk == "027"


def test_a_faulty_window_leads_people_on_and_gives_back_who_was_called(cast, simulated_hall, said, wall):
    cast.sits(2)
    cast.sits(3)
    issued = cast.takes("withdrawal")
    cast.calls(2)
    act(cast, asks.Pause, window=2, reason="设备故障")
    pages = wall(simulated_hall, 2)
    assert reads(pages, "设备故障请稍候")
    assert reads(pages, "请到3号窗口")
    cast.until(
        lambda: any(f"请{issued.number}号稍候" in words for words in spoken(said, simulated_hall)),
        "the person hears that another window calls",
    )
    assert cast.calls(3).ticket == issued.ticket
