"""C4: one person is promised to be served today, also after closing."""

import pytest

from hall.messages import asks
from hall.messages.facts import DayClosed, TicketLeft
from hub.domain import views


@pytest.fixture
def promised(served):
    served.ticket = served.take().ticket
    served.ask(asks.GrantExtension, ticket=served.ticket, reason=" 行动不便 ")
    return served


def test_the_reason_is_kept_and_the_promise_is_given_once(promised):
    assert promised.facts[-1].reason == "行动不便"
    assert promised.refuses(asks.GrantExtension, ticket=promised.ticket, reason="x") == "already-extended"


@pytest.mark.parametrize(("reason", "code"), [("", "reason-required"), ("  ", "reason-required")])
def test_without_a_reason_there_is_none(served, reason, code):
    assert served.refuses(asks.GrantExtension, ticket=served.take().ticket, reason=reason) == code


def test_who_was_missed_may_be_promised_it_and_who_has_gone_may_not(served):
    ticket = served.take().ticket
    served.call(1)
    served.ask(asks.NoShow, window=1)
    assert served.ask(asks.GrantExtension, ticket=ticket, reason="老花镜")
    other = served.take().ticket
    served.ask(asks.Cancel, ticket=other)
    assert served.refuses(asks.GrantExtension, ticket=other, reason="x") == "ticket-closed"
    assert served.refuses(asks.GrantExtension, ticket="x", reason="x") == "unknown-ticket"


def test_the_day_does_not_end_before_they_are_served(promised):
    promised.at = promised.at.replace(hour=17, minute=30)
    assert promised.refuses(asks.CloseDay) == "extension-stands"
    assert promised.hall.busy
    assert promised.call(1).number == "A001"
    want, _ = views.display(promised.hall, 1, promised.at)
    assert (want.mode, want.extended) == ("called", True)
    promised.finish(1)
    promised.ask(asks.CloseDay)
    assert promised.of(TicketLeft) == []
    assert promised.refuses(asks.GrantExtension, ticket=promised.ticket, reason="x") == "closed"


def test_within_posted_hours_the_sign_says_nothing_of_it(promised):
    promised.call(1)
    want, changes = views.display(promised.hall, 1, promised.at)
    assert (want.extended, changes) == (False, promised.at.replace(hour=17, minute=0, second=0))


@pytest.mark.parametrize("late", [{"hour": 23, "minute": 55}, {"day": 24, "hour": 0}])
def test_who_is_unserved_at_the_very_end_is_recorded_as_left(promised, late):
    promised.at = promised.at.replace(**late)
    promised.ask(asks.CloseDay)
    assert [fact.number for fact in promised.of(TicketLeft)] == ["A001"]
    assert promised.of(DayClosed)[0].left == 1


def test_who_did_not_come_holds_nobody_up(promised):
    promised.call(1)
    promised.ask(asks.NoShow, window=1)
    assert promised.ask(asks.CloseDay)


def test_who_was_served_and_only_collects_something_holds_nobody_up(promised):
    promised.call(1)
    promised.start(1)
    promised.later(minutes=1).transfer(1, "desk")
    assert not promised.hall.busy
    assert promised.ask(asks.CloseDay)[-1].served == 1
