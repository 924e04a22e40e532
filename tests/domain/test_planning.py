"""The hall's settings change while people wait: nobody is left behind, nothing is overwritten, everything is kept."""

from typing import ClassVar

import msgspec
import pytest

from hall.errors import Refused
from hall.messages import asks
from hall.messages.facts import DayOpened, PlanChanged, PolicySource
from hall.settings_form import difference, form_of
from hub.domain import views
from hub.domain.hall import Hall

TAX = {"letter": "T", "name": {"zh": "税务", "en": "Tax"}, "target_min": 9}
LISTED = {"version": "2026-02", "dated": "2026-11-23", "owner": "业务科"}


def change(scene, change=None, base=None, **more):
    base = scene.hall.state.plan_version if base is None else base
    return scene.ask(asks.SetPlan, base=base, change=change or {}, **more)


def why(scene, patch):
    """The code and sentences with which a change is refused."""
    with pytest.raises(Refused) as no:
        change(scene, patch)
    return no.value.code, no.value.text


def replayed(scene, plan):
    """The hall as its journal makes it from the last opening on, begun with `plan`."""
    since = max(i for i, fact in enumerate(scene.facts) if isinstance(fact, DayOpened))
    hall = Hall(plan)
    for fact in scene.facts[since:]:
        hall.apply(fact)
    return hall


class TestVersions:
    def test_the_first_change_tells_the_file_s_settings_as_version_1_and_itself_as_2(self, served):
        before = form_of(served.hall.plan)
        file, changed = change(served, {"services": {"tax": TAX}}, reason="新业务", actor="admin")
        assert (file.version, file.source, file.plan) == (1, PolicySource.SETTINGS, before)
        assert (changed.version, changed.source, changed.reason) == (2, PolicySource.ASK, "新业务")
        assert (changed.by, changed.actor) == ("console-1", "admin")
        assert changed.plan["services"]["tax"] == TAX

    def test_a_number_is_given_for_a_new_service_at_once(self, served):
        change(served, {"services": {"tax": TAX}})
        assert served.take("tax").number == "T001"
        assert "tax" in [service.id for service in views.services(served.hall, served.at).services]

    def test_two_editors_do_not_overwrite_each_other(self, served):
        change(served, {"hotline": "12345"}, base=0)
        assert served.refuses(asks.SetPlan, base=0, change={"hotline": "12366"}) == "plan-moved"
        assert served.hall.plan.hotline == "12345"

    def test_the_same_settings_are_no_change(self, served):
        assert change(served, {"hotline": "12329"}) == []
        assert served.hall.state.plan_version == 0

    def test_the_version_before_is_taken_up_again_as_a_new_one(self, served):
        _, changed = change(served, {"hotline": "12345", "services": {"tax": TAX}})
        first = served.of(PlanChanged)[0].plan
        (undone,) = change(served, difference(changed.plan, first))
        assert (undone.version, undone.plan) == (3, first)

    def test_a_version_is_known_on_the_board(self, served):
        change(served, {"hotline": "12345"})
        assert views.board(served.hall, served.at).plan == 2


class TestWhatIsKept:
    def test_the_journal_wins_over_the_file(self, served, make_plan):
        change(served, {"hotline": "12345"})
        assert replayed(served, make_plan(hotline="00000")).plan.hotline == "12345"

    def test_settings_cross_the_night(self, served, make_plan):
        change(served, {"hotline": "12345", "services": {"tax": TAX}})
        served.ask(asks.CloseDay)
        served.later(days=1)
        served.ask(asks.OpenDay)
        hall = replayed(served, make_plan())
        assert (hall.plan, hall.state.plan_version) == (served.hall.plan, 2)
        assert served.take("tax").number == "T001"

    def test_a_settings_file_with_another_policy_is_still_adopted(self, served, make_plan):
        change(served, {"hotline": "12345"})
        policy = msgspec.structs.replace(make_plan().policy, recall_limit=5)
        hall = replayed(served, make_plan(policy=policy))
        assert hall.plan.policy == policy

    def test_what_a_window_serves_for_today_stays(self, served):
        served.ask(asks.SetProfile, window=2, serves=("loan",))
        change(
            served, {"windows": [*form_of(served.hall.plan)["windows"], {"window": 6, "serves": ["loan"]}]}
        )
        assert served.hall.state.pool(2) == ("loan",)
        assert served.hall.state.pool(6) == ("loan",)

    def test_who_waits_and_who_is_served_stay_where_they_are(self, served):
        served.take()
        served.take()
        served.call(2)
        change(served, {"services": {"tax": TAX}, "foot": {"zh": "谢谢您", "en": "Thank you"}})
        served.start(2)
        served.finish(2)
        assert served.call(1).number == "A002"


class TestNobodyIsLeftBehind:
    def test_a_service_stays_while_people_wait_for_it(self, served):
        served.take("loan")
        code, text = why(served, {"services": {"loan": None}, "windows": self.without("loan", served)})
        assert code == "plan-in-use"
        assert "1人" in text.zh
        assert "stop the service" in text.en

    def test_it_goes_when_they_are_served(self, served):
        served.take("loan")
        served.serve(1)
        change(served, {"services": {"loan": None}, "windows": self.without("loan", served)})
        assert served.no(served.take, "loan") == "unknown-service"

    def test_a_service_stays_while_somebody_who_was_missed_may_come_back(self, served):
        served.take("loan")
        served.call(1)
        served.ask(asks.NoShow, window=1)
        assert (
            why(served, {"services": {"loan": None}, "windows": self.without("loan", served)})[0]
            == "plan-in-use"
        )

    def test_a_letter_stays_while_its_numbers_wait(self, served):
        served.take()
        assert why(served, {"services": {"withdrawal": {"letter": "W", **LISTED}}})[0] == "plan-in-use"

    def test_a_situation_stays_while_people_came_for_it(self, served):
        served.take(situation="rent")
        gone = {"services": {"withdrawal": {"situations": {"rent": None}, **LISTED}}}
        assert "租房" in why(served, gone)[1].zh

    def test_a_service_with_people_keeps_a_window(self, served):
        served.take()
        assert (
            why(served, {"windows": [{"window": w, "serves": ["loan"]} for w in (1, 2, 3, 5)]})[0]
            == "plan-in-use"
        )

    def test_a_window_stays_while_a_clerk_sits_there(self, served):
        windows = [w for w in form_of(served.hall.plan)["windows"] if w["window"] != 2]
        code, text = why(served, {"windows": windows})
        assert code == "plan-in-use"
        assert "先离岗" in text.zh
        served.ask(asks.Leave, window=2)
        change(served, {"windows": windows})
        assert [w.window for w in views.board(served.hall, served.at).windows] == [1, 3, 5]

    def test_a_window_stays_while_somebody_was_sent_there(self, served):
        served.take()
        served.call(1)
        served.transfer(1, 3)
        windows = [w for w in form_of(served.hall.plan)["windows"] if w["window"] != 3]
        assert why(served, {"windows": windows})[0] == "plan-in-use"

    @staticmethod
    def without(service, scene):
        windows = form_of(scene.hall.plan)["windows"]
        return [w | {"serves": [s for s in w["serves"] if s != service]} for w in windows]


class TestWhatIsWrong:
    @pytest.mark.parametrize(
        ("patch", "key"),
        [
            ({"services": {"tax": TAX | {"letter": "A"}}}, "services.tax.letter"),
            ({"services": {"tax": {"letter": "T"}}}, "services.tax.name"),
            ({"services": {"tax": TAX | {"common": ["身份证"]}}}, "services.tax.version"),
            ({"hotline": " "}, "hotline"),
            ({"complaints": " "}, "complaints"),
            ({"fees": {"zh": "", "en": "free"}}, "fees.zh"),
            ({"fees": {"zh": "大概不收费", "en": "free"}}, "fees.zh"),
            (
                {"services": {"withdrawal": {"process": {"zh": "取号", "en": ""}}}},
                "services.withdrawal.process.en",
            ),
            ({"lanes": {"priority": None}}, "policy.weights.priority"),
            ({"windows": [{"window": 1, "serves": []}]}, "windows[0].serves"),
            ({"hours": {"week": {"sun": {"open": "10:00", "close": "09:00"}}}}, "hours.week.sun.close"),
            ({"foot": {"zh": "也许明天", "en": "maybe"}}, "foot.zh"),
            ({"foot": {"zh": "你好", "en": "Hello"}}, "foot.zh"),
            ({"timezone": "Europe/Berlin"}, "timezone"),
            ({"id": "other"}, "id"),
            ({"nothing": 1}, "nothing"),
        ],
    )
    def test_it_is_refused_by_its_key(self, served, patch, key):
        code, text = why(served, patch)
        assert code == "bad-plan"
        assert key in text.zh
        assert key in text.en

    def test_the_sentence_is_chinese_in_chinese(self, served):
        _, text = why(served, {"services": {"tax": TAX | {"common": ["身份证"]}}})
        assert "材料清单的版本" in text.zh

    def test_old_lists_do_not_hinder_another_change(self, served):
        assert served.hall.plan.services["withdrawal"].common
        assert change(served, {"hotline": "12345"})

    def test_settings_that_fit_no_message_are_refused(self, served):
        papers = ["材料" * 40] * 300
        assert why(served, {"services": {"tax": TAX | LISTED | {"common": papers}}})[1].en.count("bytes") == 1


class TestFestivalsAndTips:
    FESTIVAL: ClassVar = {
        "greetings": [{"from": "2026-11-24", "to": "2026-11-25", "text": {"zh": "祝您节日快乐", "en": "x"}}]
    }
    TIPS: ClassVar = {"tips": [{"zh": "请带好物品", "en": "x"}, {"zh": "请小心台阶", "en": "x"}]}

    def foot(self, scene):
        return views.services(scene.hall, scene.at).foot.zh

    def test_papers_end_with_the_greeting_on_the_festival_and_else_as_usual(self, served):
        change(served, self.FESTIVAL)
        usual = self.foot(served)
        served.later(days=1)
        assert self.foot(served) == "祝您节日快乐"
        served.later(days=2)
        assert self.foot(served) == usual

    def test_a_tip_of_the_day_is_another_one_tomorrow(self, served):
        change(served, self.TIPS)
        today = self.foot(served)
        assert views.services_change(served.hall, served.at).date() <= (
            served.at.date()
        )  # it closes before midnight
        served.later(days=1)
        assert {today, self.foot(served)} == {"请带好物品", "请小心台阶"}

    def test_dispensers_are_told_at_midnight(self, served):
        change(served, self.TIPS | {"hours": {"week": None, "always": True}})
        midnight = views.services_change(served.hall, served.at)
        assert (midnight - served.at).total_seconds() < 86400
        assert (midnight.hour, midnight.minute) == (0, 0)

    def test_an_idle_sign_wishes_the_same_and_a_call_nothing(self, served):
        change(served, self.TIPS | {"hours": {"week": None, "always": True}})
        served.sit(3, "033")
        idle, changes = views.display(served.hall, 3, served.at)
        assert (idle.mode, idle.greeting) == ("idle", views.services(served.hall, served.at).foot)
        assert (changes.hour, changes.minute) == (0, 0)
        assert views.display(served.hall, 3, changes)[0].greeting != idle.greeting
        others = [views.display(served.hall, w.window, served.at)[0] for w in served.hall.plan.windows]
        assert {want.greeting is not None for want in others if want.mode != "idle"} <= {False}

    def test_a_greeting_that_ends_before_it_begins_is_refused(self, served):
        wrong = {"greetings": [{"from": "2026-12-02", "to": "2026-12-01", "text": {"zh": "好", "en": "x"}}]}
        assert "greetings[0].to" in why(served, wrong)[1].en


class TestDrafts:
    def hand_in(self, scene, form, draft="d1", size=500):
        whole = msgspec.json.encode(form).decode()
        for part, begin in enumerate(range(0, len(whole), size), 1):
            scene.ask(asks.DraftPlan, draft=draft, part=part, text=whole[begin : begin + size])

    def test_what_is_too_long_for_one_ask_comes_in_pieces_and_in_its_order(self, served):
        form = form_of(served.hall.plan)
        services = {"tax": TAX, **form["services"]}
        self.hand_in(served, form | {"services": services})
        change(served, draft="d1")
        assert list(served.hall.plan.services) == ["tax", "withdrawal", "loan", "review"]

    def test_a_draft_is_gone_when_the_settings_have_changed(self, served):
        self.hand_in(served, form_of(served.hall.plan) | {"hotline": "1"})
        change(served, {"hotline": "2"})
        assert served.refuses(asks.SetPlan, base=2, draft="d1") == "unknown-draft"

    def test_half_a_draft_is_none(self, served):
        served.ask(asks.DraftPlan, draft="d1", part=2, text="x")
        assert served.refuses(asks.SetPlan, base=0, draft="d1") == "unknown-draft"
        served.ask(asks.DraftPlan, draft="d1", part=1, text='{"id":')
        assert served.refuses(asks.SetPlan, base=0, draft="d1") == "unknown-draft"

    def test_not_everybody_hands_in_at_once(self, served):
        for n in range(8):
            served.ask(asks.DraftPlan, draft=f"d{n}", part=1, text="x")
        assert served.refuses(asks.DraftPlan, draft="d9", part=1, text="x") == "too-many-drafts"
