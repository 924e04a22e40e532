"""Every key of a policy has a true sentence in both languages."""

import msgspec
import pytest
from msgspec import inspect

from hall.policy import USUAL, AlarmPolicy, AppointmentPolicy, Policy
from hall.policy_words import WORDS, sentences

from .test_words import BANNED, FUZZY

#: For every key a value that is on, and another one.
TEXT = {"zh": "系统维护", "en": "maintenance"}
ELSE = {"zh": "网上办理", "en": "do it online"}
STOP = {"reason": TEXT, "alternative": ELSE}
CHANGES = {
    "order": ["weighted", "weight-wait"],
    "weights": [{"priority": 2}, {"priority": 2, "normal": 1}],
    "streak_cap": [1, 2],
    "starvation_min": [1, 30],
    "head_start_min": [0, 7],
    "heart_lanes": [["priority"], ["green", "priority"]],
    "appointment.due_before_s": [60, 120],
    "appointment.late_after_min": [0, 5],
    "appointment.slot_min": [5, 20],
    "appointment.quotas": [{"loan": 2}, {"loan": 2, "tax": 1}],
    "appointment.book_days": [0, 7],
    "appointment.remind_before_min": [0, 20],
    "offer_again_after_s": [60, 300],
    "recall_limit": [0, 1],
    "recall_lock_s": [10, 300],
    "no_show_after_s": [10, 60],
    "return_after": [1, 3],
    "undo_s": [1, 60],
    "rating_s": [30, 90],
    "apology_min": [3, 10],
    "slip_days": [0, 30],
    "pause.reasons": [["休息"], ["休息", "开会"]],
    "pause.max_min": [1, 15],
    "pause.forbidden_while_waiting": [["整理档案"], ["整理档案", "内部事务"]],
    "quotas": [{"loan": {**STOP, "per_day": 1}}, {"loan": {**STOP, "per_day": 30}}],
    "early_stop": [{**STOP, "before_close_min": 10}, {**STOP, "before_close_min": 20}],
    "keep_overnight": [True, False],
    "morning_slip": [True],
    "day_slip": [True],
    "closing_soon_min": [[10], [30, 10]],
    "near": [2, 3],
    "escort_voice_s": [60, 90],
    "alarms.wait": [{"warn_min": 1}, {"warn_min": 5, "breach_min": 31}],
    "alarms.waits": [{"loan": {}}, {"loan": {"breach_min": 60}}],
    "alarms.waiting_per_window": [None, 7],
    "alarms.waiting_in_hall": [None, 50],
    "alarms.unstaffed_min": [None, 6],
    "alarms.transfers": [None, 3],
    "alarms.forgotten_factor": [None, 4],
    "alarms.crowd_sentence_min": [5, 15],
}
#: One sentence says all of these parts.
WHOLE = {"alarms.wait", "early_stop"}


def keys(kind=Policy, before=""):
    """Every key of a policy, those of its parts written with a dot."""
    for field in inspect.type_info(kind).fields:
        key = before + field.encode_name
        kinds = field.type.types if isinstance(field.type, inspect.UnionType) else (field.type,)
        parts = [one.cls for one in kinds if isinstance(one, inspect.StructType)]
        if parts and key not in WHOLE:
            yield from keys(parts[0], f"{key}.")
        else:
            yield key


def policy(key, value):
    part, _, leaf = key.partition(".")
    return msgspec.convert({part: {leaf: value}} if leaf else {part: value}, Policy)


def test_no_key_is_without_a_sentence():
    assert list(WORDS) == list(keys())
    assert set(CHANGES) == set(WORDS)


@pytest.mark.parametrize("key", WORDS)
def test_a_sentence_tells_one_value_from_another(key):
    without = Policy(appointment=AppointmentPolicy(), alarms=AlarmPolicy())
    said = [dict(sentences(policy(key, value)))[key] for value in CHANGES[key]]
    said.append(dict(sentences(without if "." in key else Policy()))[key])
    if key == "keep_overnight":
        said.pop()
    assert len({text.zh for text in said}) == len({text.en for text in said}) == len(said)


@pytest.mark.parametrize("key", WORDS)
def test_sentences_are_public_words(key):
    for value in [*CHANGES[key], None]:
        whole = Policy() if value is None else policy(key, value)
        text = dict(sentences(whole))[key]
        assert text.zh.encode("gb2312")
        assert "你" not in text.zh
        assert not any(word in text.zh for word in (*FUZZY, *BANNED))
        assert text.en[0].isupper() or key in {"quotas", "appointment.quotas", "alarms.waits"}


def test_turns_are_said_as_people_meet_them():
    turns = msgspec.convert({"order": "weighted", "weights": {"priority": 2, "normal": 1}}, Policy)
    assert dict(sentences(turns))["weights"].zh == "连叫2位优先后叫1位普通，再重新开始"
    three = msgspec.convert(
        {"order": "weighted", "weights": {"normal": 1, "appointment": 1, "priority": 3}}, Policy
    )
    assert dict(sentences(three))["weights"].zh == "连叫3位优先、1位普通后叫1位预约，再重新开始"
    capped = dict(sentences(USUAL))["streak_cap"]
    assert capped.zh == "有权重小的人在等时，同一权重连叫2位后，叫1位权重小的人"
