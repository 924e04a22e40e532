"""A policy under somebody's hands: each key in its own kind, its sentence as it stands, what is wrong at once."""

from pathlib import Path

import pytest

from hall.plan import HallPlan
from hall.policy_words import WORDS
from hall.settings import load
from hub.console.plans.policy_editing import Kind, PolicyDraft, kind_of

EXAMPLE = Path(__file__).parents[2] / "deploy" / "hall.example.yaml"


@pytest.fixture
def draft():
    plan = load(EXAMPLE, HallPlan)
    return PolicyDraft(plan, plan.policy)


def test_what_is_shown_and_put_back_is_the_same_policy(draft):
    for key in WORDS:
        if draft.form.get(key.partition(".")[0]) is not None:
            value = draft.value(key)
            assert draft.put(key, value if value != "" else None) is None, key
    assert draft.policy == draft.begun


def test_every_key_is_written_in_its_own_kind():
    assert kind_of("order") is Kind.ORDER
    assert kind_of("keep_overnight") is Kind.YES_OR_NO
    assert kind_of("alarms.waiting_per_window") is Kind.NUMBER
    assert kind_of("weights") is Kind.YAML


def test_the_sentence_follows_what_is_typed(draft):
    draft.put("recall_limit", 5)
    assert "5" in draft.sentences()["recall_limit"].zh
    assert draft.changed


def test_what_the_hub_would_refuse_is_said_at_once(draft):
    assert draft.put("weights", "{vip: 3}") is None
    assert draft.problem()[0] == "weights.vip"
    assert draft.put("weights", "{a: [") is not None


def test_a_section_is_switched_on_and_off_as_a_whole(draft):
    draft.switch("appointment", on=True)
    assert draft.policy.appointment is not None
    draft.switch("appointment", on=False)
    assert draft.policy == draft.begun
