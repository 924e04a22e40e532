"""Settings under somebody's hands: what is wrong is said at its field, what would change is said before it does."""

import itertools
from pathlib import Path

import msgspec
import pytest

from hall.messages.asks import DraftPlan, SetPlan
from hall.plan import HallPlan
from hall.settings import load
from hall.settings_form import form_of, merged
from hall.topics import MEMBER_LIMIT
from hub.console.pages.admin.services import papers_of
from hub.console.plans.editing import Draft, concerns
from hub.console.plans.handing_in import asks_for

EXAMPLE = Path(__file__).parents[2] / "deploy" / "hall.example.yaml"


@pytest.fixture
def draft():
    plan = load(EXAMPLE, HallPlan)
    return Draft(plan, plan.policy, 3)


def said(draft):
    return [(one.key, one.before, one.after) for one in draft.differences()]


def handed_in(draft):
    count = itertools.count()
    return asks_for(
        draft.begun, draft.said, base=3, new_id=lambda: f"id-{next(count)}", reason="x", actor="admin"
    )


def test_nothing_has_changed_at_first(draft):
    assert not draft.changed
    assert draft.problems() == {}
    assert said(draft) == []


def test_what_would_change_is_said_key_by_key(draft):
    draft.put(("services", "loan", "target_min"), 35)
    draft.put(("hours", "special", "2027-05-01"), {"reason": {"zh": "劳动节", "en": "Labour Day"}})
    assert sorted(said(draft)) == [
        ("hours.special.2027-05-01", None, {"reason": {"zh": "劳动节", "en": "Labour Day"}}),
        ("services.loan.target_min", 40, 35),
    ]


def test_what_is_wrong_is_said_at_its_key_in_both_languages(draft):
    draft.put(("services", "loan", "name", "zh"), "")
    draft.put(("services", "loan", "owner"), "")
    found = draft.problems()
    assert found["services.loan.name.zh"].zh == "文字，不能为空"
    assert found["services.loan.owner"].zh == "材料清单由谁负责"


def test_half_written_settings_are_a_problem_and_no_crash(draft):
    draft.put(("services", "loan", "target_min"), None)
    assert list(draft.problems()) == ["services.loan.target_min"]
    assert draft.edited is None
    assert draft.changed


def test_a_problem_belongs_to_its_field():
    assert concerns("windows[1].serves[0]", "windows[1].serves")
    assert not concerns("windows[10].serves", "windows[1]")


def test_entries_move_and_go(draft):
    draft.move(("services", "loan"), -1)
    assert list(draft.form["services"])[:2] == ["loan", "withdrawal"]
    draft.move(("windows", 0), 1)
    assert [w["window"] for w in draft.form["windows"]][:2] == [2, 1]
    draft.drop(("windows", 0))
    assert next(w["window"] for w in draft.form["windows"]) == 1


def test_every_paper_of_a_service_may_be_given_an_english_name_and_an_empty_one_takes_it_away(draft):
    papers = papers_of(draft.form["services"]["withdrawal"])
    assert papers[:3] == ("本人身份证", "本人一类银行卡", "无房证明或授权查询")
    assert len(papers) == len(set(papers))
    draft.put(("papers_en", papers[0]), "identity card")
    draft.drop(("papers_en", papers[1]))
    assert said(draft) == [
        ("papers_en.本人身份证", "your identity card", "identity card"),
        ("papers_en.本人一类银行卡", "your class I bank card", None),
    ]


def test_discarding_is_as_if_nothing_had_been(draft):
    draft.put(("hotline",), "1")
    draft.discard()
    assert not draft.changed


def test_a_small_change_is_one_ask(draft):
    draft.put(("hotline",), "12345")
    (order,) = handed_in(draft)
    assert (order.change, order.base) == ({"hotline": "12345"}, 3)


def test_another_order_is_handed_in_whole_in_pieces_that_each_fit_an_ask(draft):
    draft.move(("services", "loan"), -1)
    *pieces, order = handed_in(draft)
    assert isinstance(order, SetPlan)
    assert order.draft == pieces[0].draft
    assert all(
        isinstance(piece, DraftPlan) and len(msgspec.json.encode(piece)) < MEMBER_LIMIT for piece in pieces
    )
    whole = msgspec.json.decode("".join(piece.text for piece in pieces))
    assert next(iter(whole["services"])) == "loan"
    assert merged(form_of(draft.plan), whole) == draft.said
