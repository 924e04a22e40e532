"""The papers of the hall's own day come out of the hall's dispenser, also late, and once."""

from hall.messages import asks, facts
from hall.messages.hall_slips import BadAt, DaySlip, MorningSlip, NotReady, Seat, ServiceTally, WindowTally
from hall.text import Text


def slip(hall):
    return MorningSlip(
        day=hall.scheduler.now().date().isoformat(),
        duty=("006",),
        opens="9:00",
        closes="17:00",
        seats=tuple(Seat(window=n, clerk=f"0{n}1", cover="018") for n in range(1, 7)),
        not_ready=(
            NotReady(
                member="sign-3",
                text=Text(zh="没有应答", en="does not answer"),
                do=Text(zh="请看电源灯，再看网线", en="look at its power lamp, then at the cable"),
            ),
        ),
        low_paper=("dispenser-1",),
        last_issued=312,
        cases_due=2,
        cases_late=1,
        bad=(BadAt(window=3, count=1),),
    )


def papers(hall):
    """How many papers longer than a notice have come out."""
    return [paper for paper in hall.slips() if paper.length > 60]


def order(cast, hall, content):
    return cast.does(asks.PrintSlip(id=hall.new_id(), slip=content, actor="manager"))


def test_a_slip_comes_out_at_once_and_the_same_ask_again_prints_nothing_more(quiet, quiet_hall):
    ask = asks.PrintSlip(id="slip-morning-today", slip=slip(quiet_hall))
    quiet.does(ask)
    quiet.until(lambda: len(papers(quiet_hall)) == 1, "the slip")
    quiet_hall.act(ask)
    quiet_hall.run_for(90)
    assert len(papers(quiet_hall)) == 1
    assert len(quiet.told(facts.HallSlipOrdered)) == 1


def test_a_printer_without_paper_prints_it_when_it_has_some_again(quiet, quiet_hall):
    quiet_hall.twin("dispenser-1").fault("paper-out")
    quiet_hall.run_for(15)
    order(quiet, quiet_hall, slip(quiet_hall))
    quiet_hall.run_for(180)
    assert papers(quiet_hall) == []
    quiet_hall.twin("dispenser-1").heal()
    quiet.until(lambda: len(papers(quiet_hall)) == 1, "the slip", 90)
    quiet_hall.run_for(90)
    assert len(papers(quiet_hall)) == 1


def test_a_hub_that_was_killed_before_it_came_out_has_it_printed_all_the_same(quiet, quiet_hall):
    quiet_hall.twin("dispenser-1").fault("paper-out")
    quiet_hall.run_for(15)
    content = DaySlip(
        day=quiet_hall.scheduler.now().date().isoformat(),
        issued=312,
        served=300,
        missed=8,
        left=4,
        waited=300,
        kept=291,
        limit_min=30,
        median_min=7,
        longest_min=41,
        grades=(190, 20, 3, 1),
        asked=298,
        services=(ServiceTally(service="withdrawal", name=Text(zh="提取", en="Withdrawal"), issued=120),),
        windows=tuple(WindowTally(window=n, first="9:01", last="16:58", calls=42) for n in range(1, 7)),
    )
    order(quiet, quiet_hall, content)
    quiet_hall.run_for(5)
    quiet_hall.kill_hub()
    quiet_hall.twin("dispenser-1").heal()
    quiet_hall.run_for(5)
    quiet_hall.start_hub()
    quiet.until(lambda: len(papers(quiet_hall)) == 1, "the slip", 90)
