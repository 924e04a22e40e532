"""The same stories in this process and on real processes, through one small door: sim.stage.Stage."""

import pytest

from hall.messages import asks, facts
from hall.messages.common import MemberState
from sim.fixtures import BusRecord
from sim.people import eyes
from sim.people.cast import Cast
from sim.simulated import SimulatedHall
from sim.stage import running_stage


@pytest.fixture(
    scope="module",
    params=[
        "in process",
        pytest.param("as processes", marks=[pytest.mark.broker, pytest.mark.processes]),
    ],
)
def stage(request, tmp_path_factory):
    """One hall for all stories of this file; they leave it whole."""
    folder = tmp_path_factory.mktemp("stage")
    record = BusRecord()
    if request.param == "in process":
        hall = SimulatedHall(folder)
        record.watch(hall.broker)
        yield hall
        hall.stop()
    else:
        with running_stage(folder, watch=record.note) as hall:
            yield hall
    assert record.count > 50
    assert record.errors() == []


@pytest.fixture
def cast(stage):
    return Cast(stage)


def test_paper_runs_out_and_comes_back(stage, cast):
    papers, failed = len(stage.papers()), len(cast.told(facts.PrintFailed))
    stage.fault("dispenser-1", "paper-out")
    stage.press("loan")
    issued = cast.wait_for(facts.TicketIssued, service="loan")
    cast.wait_for(facts.PrintFailed, ticket=issued.ticket, within_s=40)
    assert len(cast.told(facts.PrintFailed)) == failed + 1
    cast.until(lambda: eyes.reads(stage.dots("dispenser-1"), issued.number), "the number is shown")
    cast.wait_for(facts.DeviceStateChanged, member="dispenser-1", state=MemberState.DEGRADED)
    assert len(stage.papers()) == papers
    stage.heal("dispenser-1")
    printed = cast.wait_for(facts.TicketPrinted, ticket=issued.ticket, within_s=40)
    assert printed.copy == 2
    cast.until(lambda: len(stage.papers()) == papers + 1, "the paper came out")
    assert "补打" in eyes.mark(stage.papers()[-1].image)
    assert eyes.number(stage.papers()[-1].image) == issued.number
    cast.wait_for(facts.AlertCleared, member="dispenser-1")
    cast.until(lambda: "#" not in "".join(stage.dots("dispenser-1")), "the display is dark again")


def test_a_paused_window_names_the_other_one(stage, cast):
    cast.sits(2)
    cast.sits(3)
    cast.does(asks.Pause(id=stage.new_id(), window=2, reason="生理"))
    cast.until(lambda: eyes.reads(stage.dots("sign-2"), "暂停服务请稍候"), "the sign says so", 10)
    cast.does(asks.Resume(id=stage.new_id(), window=2))


def test_a_module_that_dies_is_seen_and_works_again_when_it_is_replaced(stage, cast):
    # a hall that has just come up says something else first, and never again
    cast.until(lambda: eyes.reads(stage.dots("sign-6"), "本窗口今日不开"), "the sign says so", 10)
    whole = stage.dots("sign-6")
    lit = next(n for n in range(32) if _module(whole, n).count("#") > 5)
    stage.fault("sign-6", "module-dead", str(lit))
    broken = stage.dots("sign-6")
    assert broken != whole
    assert "#" not in "".join(b for b, w in zip("".join(broken), "".join(whole), strict=True) if b != w)
    stage.heal("sign-6")
    cast.until(lambda: _whole_again(stage, whole), "the sign is whole again")


def _whole_again(stage, whole):
    """A running sign writes everything again each five seconds; in process somebody has to look."""
    if isinstance(stage, SimulatedHall):
        stage.agents["sign-6"].look()
    return stage.dots("sign-6") == whole


def _module(rows, n):
    blocks = len(rows[0]) // 8
    top, left = n // blocks * 8, n % blocks * 8
    return "".join(row[left : left + 8] for row in rows[top : top + 8])


def test_a_green_key_calls_the_guide_and_goes_first(stage, cast):
    normal = cast.helps("enquiry", lane="normal")
    stage.press_green()
    cast.wait_for(facts.AlertRaised, code="escort-wanted")
    stage.press("enquiry")
    priority = cast.wait_for(facts.TicketIssued, service="enquiry", lane="priority")
    cast.sits(1)
    assert cast.calls(1).ticket == priority.ticket
    cast.finishes(1)
    assert cast.calls(1).ticket == normal.ticket
    cast.finishes(1)


def test_everybody_is_asked_the_same_question_and_answers_once(stage, cast):
    ask = asks.CallNext(id=stage.new_id(), window=6)
    first, second = stage.act(ask), stage.act(ask)
    assert (first.code, second.code) == ("not-seated", "not-seated")
    sit = asks.Sit(id=stage.new_id(), window=6, clerk="040")
    assert bytes(stage.act(sit).facts[0]) == bytes(stage.act(sit).facts[0])
    assert len(cast.told(facts.WindowOpened, window=6)) == 1
