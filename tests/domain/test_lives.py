"""Every deed on a ticket wherever it stands: what the table says is what the hall does."""

import subprocess
import sys
from pathlib import Path

import pytest

from hall.errors import Refused
from hall.messages import asks
from hall.messages.common import Outcome
from hub.domain import refusals
from hub.domain.lives import AT_WINDOW, TABLE, Deed, Standing, standing

EVERY = [(stands, deed) for stands in Standing for deed in Deed]


def waiting(scene):
    return scene.take().ticket


def called(scene):
    ticket = waiting(scene)
    scene.call(1)
    return ticket


def serving(scene):
    ticket = called(scene)
    scene.start(1)
    return ticket


def done(scene):
    ticket = called(scene)
    scene.finish(1)
    return ticket


def parked(scene):
    ticket = called(scene)
    scene.ask(asks.Park, window=1)
    return ticket


def missed(scene):
    ticket = called(scene)
    scene.ask(asks.NoShow, window=1)
    return ticket


def at_desk(scene):
    ticket = called(scene)
    scene.transfer(1, "desk")
    return ticket


def stranded(scene):
    ticket = called(scene)
    scene.transfer(1, 5)
    scene.ask(asks.Leave, window=5)
    return ticket


def cancelled(scene):
    ticket = waiting(scene)
    scene.ask(asks.Cancel, ticket=ticket)
    return ticket


def left(scene):
    ticket = waiting(scene)
    scene.ask(asks.CloseDay)
    scene.hall.state.open = True  # the same day, once more, would have forgotten the ticket
    return ticket


BRING = {
    Standing.WAITING: waiting,
    Standing.STRANDED: stranded,
    Standing.AT_DESK: at_desk,
    Standing.CALLED: called,
    Standing.SERVING: serving,
    Standing.PARKED: parked,
    Standing.MISSED: missed,
    Standing.DONE: done,
    Standing.CANCELLED: cancelled,
    Standing.LEFT: left,
}


def do(scene, deed, ticket):
    window = {"window": 1}
    match deed:
        case Deed.CALL_TICKET:
            return scene.ask(asks.CallTicket, ticket=ticket, window=2)
        case Deed.FINISH:
            return scene.ask(asks.Finish, **window, outcome=Outcome.DONE)
        case Deed.TRANSFER:
            return scene.ask(asks.Transfer, **window, to="loan")
        case Deed.RESUME_TICKET:
            return scene.ask(asks.ResumeTicket, ticket=ticket, window=2)
        case Deed.RETURN_TICKET:
            return scene.ask(asks.ReturnTicket, ticket=ticket)
        case Deed.SERVE_AT_DESK:
            return scene.ask(asks.ServeAtDesk, ticket=ticket, outcome=Outcome.DONE)
        case Deed.CANCEL:
            return scene.ask(asks.Cancel, ticket=ticket)
        case Deed.GRANT_EXTENSION:
            return scene.ask(asks.GrantExtension, ticket=ticket, reason="行动不便")
        case Deed.REROUTE:
            return scene.ask(asks.Reroute, ticket=ticket, to=2)
        case Deed.NOTE_PRECHECK:
            return scene.ask(asks.NotePrecheck, ticket=ticket, papers=("身份证",))
        case _:
            kinds = {asks.Recall, asks.NoShow, asks.Start, asks.Accept, asks.Park}
            kind = next(kind for kind in kinds if kind.__struct_config__.tag == deed.value)
            return scene.ask(kind, **window)


@pytest.mark.parametrize(("stands", "deed"), EVERY, ids=lambda it: it.value)
def test_a_deed_does_what_the_table_says(served, stands, deed):
    ticket = BRING[stands](served)
    hall = served.hall.state
    assert standing(hall, hall.tickets[ticket]) is stands
    answer = TABLE[stands][deed]
    if isinstance(answer, Standing):
        assert do(served, deed, ticket)
        assert standing(hall, hall.tickets[ticket]) is answer
    else:
        with pytest.raises(Refused) as no:
            do(served, deed, ticket)
        assert no.value.code == answer
        assert standing(hall, hall.tickets[ticket]) is stands


def test_every_pair_has_an_answer_and_every_refusal_a_sentence():
    for stands in Standing:
        assert set(TABLE[stands]) == set(Deed)
    codes = {answer for answers in TABLE.values() for answer in answers.values() if isinstance(answer, str)}
    assert codes <= set(refusals.TEXTS)


def test_only_a_ticket_that_is_open_at_a_window_answers_to_its_deeds():
    for stands in Standing:
        open_there = stands in {Standing.CALLED, Standing.SERVING}
        for deed in AT_WINDOW:
            assert (TABLE[stands][deed] != "not-called") == open_there


def test_a_ticket_sent_to_a_window_the_hall_does_not_know_is_stranded(served):
    ticket = served.hall.tickets[waiting(served)]
    ticket.place = 99
    assert standing(served.hall.state, ticket) is Standing.STRANDED


def test_the_page_about_tickets_is_drawn_from_the_table():
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "scripts/lives_page.py", "--check"], cwd=root, check=False)
    assert done.returncode == 0, "run `make docs`"
