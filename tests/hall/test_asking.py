"""An ask goes out each second with the same id until it is answered, and its answer is told once."""

import pytest

from hall import wire
from hall.asking import MOST_OPEN, Asker, OpenAsks
from hall.card import Card
from hall.errors import Fault, Malformed
from hall.messages.answers import Done, No
from hall.messages.asks import CallNext
from hall.text import Text


@pytest.fixture
def sent():
    return []


@pytest.fixture
def asker(clock, sent):
    return Asker(clock, lambda ask: sent.append(ask) or True)


def yes(ask_id):
    return wire.encode(Done(id=ask_id, ok=True, facts=()))


def test_it_is_repeated_each_second_until_answered(asker, clock, sent):
    answers = []
    asker.ask(CallNext(id="x", window=3), answers.append)
    clock.run_for(3.5)
    assert sent == [CallNext(id="x", window=3)] * 4
    asker.on_answer(yes("x"))
    clock.run_for(10)
    assert len(sent) == 4
    assert [(a.id, a.ok) for a in answers] == [("x", True)]


def test_a_second_answer_and_an_answer_to_nobody_are_ignored(asker):
    answers = []
    asker.ask(CallNext(id="x", window=3), answers.append)
    for ask_id in ("y", "x", "x"):
        asker.on_answer(yes(ask_id))
    assert len(answers) == 1


def test_a_no_carries_its_code_and_sentence(asker):
    answers = []
    asker.ask(CallNext(id="x", window=3), answers.append)
    asker.on_answer(
        wire.encode(No(id="x", ok=False, code="nobody-waiting", text=Text(zh="无人", en="nobody")))
    )
    (answer,) = answers
    assert (answer.ok, answer.code, answer.text.en) == (False, "nobody-waiting", "nobody")


@pytest.mark.parametrize(
    "payload", [b"", b"{}", b'{"id":"x","ok":false}', b"[" * 9000, b'{"id":"x","ok":"yes"}']
)
def test_an_answer_that_is_none_is_malformed_and_the_ask_goes_on(asker, clock, sent, payload):
    asker.ask(CallNext(id="x", window=3), lambda _a: pytest.fail("no answer"))
    with pytest.raises(Malformed):
        asker.on_answer(payload)
    clock.run_for(1)
    assert len(sent) == 2


def test_silence_is_told_exactly_once_and_the_ask_goes_on(asker, clock, sent):
    silences, answers = [], []
    asker.ask(
        CallNext(id="x", window=3), answers.append, wait_s=2, on_silence=lambda: silences.append(clock.mono())
    )
    clock.run_for(10)
    assert silences == [2.0]
    assert len(sent) == 11
    asker.on_answer(yes("x"))
    assert len(answers) == 1


def test_answered_in_time_there_is_no_silence(asker, clock):
    asker.ask(
        CallNext(id="x", window=3), lambda _a: None, wait_s=2, on_silence=lambda: pytest.fail("silence")
    )
    clock.run_for(1.9)
    asker.on_answer(yes("x"))
    clock.run_for(10)


def test_after_withdrawing_nothing_is_asked_and_a_late_answer_is_ignored(asker, clock, sent):
    asker.ask(
        CallNext(id="x", window=3),
        lambda _a: pytest.fail("late"),
        wait_s=2,
        on_silence=lambda: asker.withdraw("x"),
    )
    clock.run_for(2)
    count = len(sent)
    asker.on_answer(yes("x"))
    clock.run_for(10)
    assert len(sent) == count
    assert asker.withdraw("x") is False


def test_a_new_connection_asks_at_once_and_keeps_the_beat(asker, clock, sent):
    asker.ask(CallNext(id="x", window=3), lambda _a: None)
    clock.run_for(0.5)
    asker.on_connected()
    assert len(sent) == 2
    clock.run_for(1.0)
    assert len(sent) == 3


def test_asking_the_same_twice_is_one_ask(asker, clock, sent):
    answers = []
    asker.ask(CallNext(id="x", window=3), answers.append)
    asker.ask(CallNext(id="x", window=3), answers.append)
    asker.on_answer(yes("x"))
    assert (len(sent), len(answers)) == (1, 1)


def test_more_open_asks_than_anybody_means_are_refused(asker):
    for n in range(MOST_OPEN):
        asker.ask(CallNext(id=f"x-{n}", window=3), lambda _a: None)
    with pytest.raises(Fault) as caught:
        asker.ask(CallNext(id="one-more", window=3), lambda _a: None)
    assert caught.value.code == "too-many-asks"


def test_an_ask_that_can_never_be_sent_is_refused_at_once(clock):
    def refuse(_ask):
        raise Malformed("too-large")

    asker = Asker(clock, refuse)
    with pytest.raises(Malformed):
        asker.ask(CallNext(id="x", window=3), lambda _a: None)
    assert asker.open == ()
    clock.run_for(10)


def test_an_answer_may_ask_again(asker, sent):
    asker.ask(CallNext(id="x", window=3), lambda _a: asker.ask(CallNext(id="y", window=3), lambda _b: None))
    asker.on_answer(yes("x"))
    assert asker.open == ("y",)


def test_open_asks_are_remembered_over_a_restart(tmp_path):
    card = Card(tmp_path / "card")
    notes = OpenAsks(card)
    for ask_id in ("a", "b", "b", "c"):
        notes.note(ask_id)
    notes.strike("a")
    notes.strike("never-noted")
    card.close()
    card = Card(tmp_path / "card")
    assert OpenAsks(card).all() == ["b", "c"]
    card.close()
