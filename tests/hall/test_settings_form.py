"""Settings as plain values: what changes is said briefly, and what is exported is read back exactly."""

import re
from pathlib import Path

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hall.plan import HallPlan
from hall.settings import _FORBIDDEN, load, parse
from hall.settings_form import difference, form_of, merged, plan_of, same
from hall.settings_write import written

EXAMPLE = Path(__file__).parents[2] / "deploy" / "hall.example.yaml"

#: chosen letter by letter: whole texts that are thrown away are too many on an unlucky day
LETTERS = st.characters().filter(lambda letter: not _FORBIDDEN.search(letter))
TEXTS = st.text(LETTERS, max_size=12)
TRICKY = st.sampled_from(
    [
        "12:30",
        "010",
        "0x1f",
        "1e3",
        "yes",
        "No",
        "~",
        "null",
        "true",
        "<<",
        "- a",
        "a: b",
        "#x",
        "",
        " ",
        "018",
    ]
)
KEYS = st.one_of(st.text(LETTERS.filter(str.isprintable), min_size=1, max_size=6), TRICKY)
NUMBERS = st.integers(-(10**15), 10**15) | st.integers(-999_999, 999_999).map(lambda n: n / 8)
#: what a form may hold: no null, for a change takes keys away by it
VALUES = st.recursive(
    st.booleans() | NUMBERS | TEXTS | TRICKY,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)
FORMS = st.dictionaries(KEYS, VALUES, max_size=5)


@example({"a": "b\x85c"})
@settings(max_examples=settings.default.max_examples * 2)
@given(FORMS)
def test_whatever_is_written_is_read_back_exactly(form):
    assert same(parse(written(form)) or {}, form)


@given(FORMS, FORMS)
def test_the_difference_makes_one_form_of_the_other(old, new):
    assert merged(old, difference(old, new)) == new


@given(FORMS)
def test_what_is_the_same_has_no_difference(form):
    assert difference(form, form) == {}


def test_a_whole_hall_is_exported_and_read_back_to_the_letter(tmp_path):
    plan = msgspec.structs.replace(load(EXAMPLE, HallPlan), roster={1: "006"})
    file = tmp_path / "hall.yaml"
    file.write_text(written(form_of(plan, policy=True)), encoding="utf-8")
    assert load(file, HallPlan) == plan
    assert same(form_of(load(file, HallPlan)), form_of(plan))


def test_what_is_at_its_default_is_not_said():
    form = form_of(load(EXAMPLE, HallPlan))
    assert "public_url" not in form
    assert "station" not in form["services"]["loan"]
    assert "policy" not in form


def test_a_change_of_one_word_is_one_word():
    plan = load(EXAMPLE, HallPlan)
    old = form_of(plan)
    new = merged(old, {"services": {"loan": {"target_min": 35}}, "hours": {"special": {"2027-01-01": None}}})
    assert difference(old, new) == {
        "hours": {"special": {"2027-01-01": None}},
        "services": {"loan": {"target_min": 35}},
    }
    assert plan_of(new).services["loan"].target_min == 35
    assert "2027-01-01" not in plan_of(new).hours.special


@pytest.mark.parametrize("word", ["12:30", "018", "no", "2027-01-01", "a b"])
def test_what_a_program_could_take_for_something_else_is_quoted(word):
    assert re.search(r'"', written({"a": word}))
