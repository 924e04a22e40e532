"""The three-minute apology: whoever was not satisfied is spoken to before they leave."""

from datetime import timedelta

import msgspec
import pytest

from hall.messages import asks
from hall.policy import USUAL
from hub.domain import views
from hub.domain.hall import Hall


@pytest.fixture
def done(served):
    """Somebody was served at window 1 and walks to the pad."""
    served.take()
    served.call(1)
    served.start(1)
    served.later(minutes=5)
    return served.finish(1)[0]


def lit(scene):
    want, _ = views.lamp(scene.hall, scene.at)
    return want.on


def note(scene, step, **more):
    return scene.ask(asks.NoteApology, ticket=step.ticket, step=step.step, **more)[0]


class TestTheLamp:
    def test_is_lit_by_the_lowest_grade_for_three_minutes(self, served, done):
        assert not lit(served)
        served.rate(done, 1)
        want, changes = views.lamp(served.hall, served.at)
        assert want.on
        assert want.until == changes == served.at + timedelta(minutes=3)
        served.later(minutes=3)
        assert views.lamp(served.hall, served.at) == (
            msgspec.structs.replace(want, on=False, until=None),
            None,
        )

    @pytest.mark.parametrize("grade", [2, 3, 4])
    def test_stays_dark_for_every_other_grade(self, served, done, grade):
        served.rate(done, grade)
        assert not lit(served)

    def test_goes_out_when_the_person_was_spoken_to_or_had_left(self, served, done):
        served.rate(done, 1)
        note(served, done)
        assert not lit(served)

    def test_stays_lit_until_the_last_of_several_was_spoken_to(self, served, done):
        served.take()
        served.call(2)
        (other,) = served.finish(2)
        served.rate(done, 1)
        served.later(minutes=1).rate(other, 1)
        note(served, done)
        assert lit(served)
        note(served, other, spoken=False)
        assert not lit(served)

    def test_stays_dark_for_a_vote_whose_person_has_left(self, served, done):
        cast_at = served.at
        served.later(minutes=4).rate(done, 1, cast_at=cast_at)
        assert not lit(served)

    def test_stays_dark_for_who_rates_at_home(self, served, done):
        served.later(minutes=20).ask(asks.RateService, ticket=done.ticket, step=1, official=1)
        assert not lit(served)

    def test_lights_for_a_phone_that_is_still_in_the_hall(self, served, done):
        served.ask(asks.RateService, ticket=done.ticket, step=1, official=2)
        assert lit(served)

    def test_is_never_lit_in_a_hall_that_wants_none(self, make_scene):
        scene = make_scene(policy=msgspec.structs.replace(USUAL, apology_min=0)).open(1)
        scene.take()
        scene.call(1)
        (done,) = scene.finish(1)
        scene.rate(done, 1)
        assert not lit(scene)

    def test_is_dark_in_a_closed_hall(self, served, done):
        served.rate(done, 1)
        served.ask(asks.CloseDay)
        assert not lit(served)
        served.ask(asks.OpenDay)
        assert not lit(served)

    def test_burns_on_in_a_hall_that_was_made_again_from_its_facts(self, served, done):
        served.rate(done, 1)
        again = Hall(served.hall.plan)
        for fact in served.facts:
            again.apply(fact)
        assert views.lamp(again, served.at) == views.lamp(served.hall, served.at)

    def test_says_neither_window_nor_number_nor_grade(self, served, done):
        served.rate(done, 1)
        want, _ = views.lamp(served.hall, served.at)
        assert set(msgspec.to_builtins(want)) == {"rev", "on", "until"}


class TestWhatIsNoted:
    def test_names_the_place_and_who_noted_it_and_no_clerk(self, served, done):
        served.rate(done, 1)
        noted = note(served, done, actor="wang")
        assert (noted.number, noted.window, noted.step, noted.spoken, noted.actor) == (
            "A001",
            1,
            1,
            True,
            "wang",
        )
        assert not hasattr(noted, "clerk")

    def test_counts_also_when_the_lamp_is_out_already(self, served, done):
        served.rate(done, 1)
        served.later(minutes=10)
        assert note(served, done).spoken

    def test_is_noted_once(self, served, done):
        served.rate(done, 1)
        note(served, done)
        assert served.no(note, served, done) == "apology-noted"

    @pytest.mark.parametrize("grade", [None, 2, 4])
    def test_nobody_is_spoken_to_who_was_not_unsatisfied(self, served, done, grade):
        if grade is not None:
            served.rate(done, grade)
        assert served.no(note, served, done) == "nothing-to-apologise"

    def test_a_step_that_was_not_is_unknown(self, served):
        assert served.refuses(asks.NoteApology, ticket="x", step=1) == "unknown-step"
