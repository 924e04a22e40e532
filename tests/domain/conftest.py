"""A hall with a clock moved by hand, and verbs for what people do in it."""

import itertools
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest

from hall import wire
from hall.errors import Refused
from hall.messages import asks
from hall.messages.common import MemberKind, Outcome, Via
from hall.plan import (
    DayHours,
    HallPlan,
    HoursPlan,
    LanePlan,
    MemberPlan,
    ServicePlan,
    SituationPlan,
    WindowPlan,
)
from hall.policy import USUAL, PausePolicy
from hall.text import Text
from hub.domain import orders, voice
from hub.domain.hall import Hall

ZONE = ZoneInfo("Asia/Shanghai")
MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=ZONE)


def text(zh, en="x"):
    return Text(zh=zh, en=en)


def example_plan(**changes):
    plan = {
        "id": "demo",
        "name": text("示例大厅"),
        "timezone": "Asia/Shanghai",
        "hotline": "12329",
        "supervision": "0000-0000000",
        "hours": HoursPlan(week={d: DayHours(open="09:00", close="17:00") for d in ("mon", "tue", "fri")}),
        "services": {
            "withdrawal": ServicePlan(
                letter="A",
                name=text("提取"),
                target_min=12,
                common=("本人身份证",),
                situations={"rent": SituationPlan(name=text("租房"), need=("租赁合同",), again_days=365)},
            ),
            "loan": ServicePlan(letter="B", name=text("贷款"), target_min=40),
            "review": ServicePlan(letter="G", name=text("复核"), target_min=5, button=False, review=True),
        },
        "windows": (
            WindowPlan(window=1, serves=("withdrawal", "loan"), zone="一楼东区", zone_en="east", heart=True),
            WindowPlan(window=2, serves=("withdrawal",), zone="一楼东区", zone_en="east"),
            WindowPlan(window=3, serves=("withdrawal", "loan"), zone="一楼西区", zone_en="west"),
            WindowPlan(window=5, serves=("review", "loan"), zone="一楼西区", zone_en="west"),
        ),
        "lanes": {
            "normal": LanePlan(),
            "appointment": LanePlan(),
            "priority": LanePlan(),
        },
        "members": {
            "dispenser-1": MemberPlan(kind=MemberKind.DISPENSER),
            "sign-1": MemberPlan(kind=MemberKind.SIGN, window=1),
        },
        "policy": msgspec.structs.replace(
            USUAL,
            weights={"priority": 10, "appointment": 5},
            pause=PausePolicy(forbidden_while_waiting=("整理档案",)),
        ),
    }
    return HallPlan(**(plan | changes))


class Scene:
    """A hall, its time, and everything that was told in it."""

    def __init__(self, plan=None, at=MONDAY):
        self.hall = Hall(plan or example_plan())
        self.at = at
        self.facts = []
        self.said = []
        self._ids = itertools.count(1)

    def give(self, order, member="console-1"):
        """Decide and apply; gives the facts. What is told must also survive the wire."""
        told = self.hall.decide(order, self.at, member)
        for fact in told:
            again = wire.decode_fact(wire.encode(fact))
            self.hall.apply(again)
            self.facts.append(again)
            self.said += voice.announcements(self.hall, again)
        return told

    def ask(self, kind, **fields):
        return self.give(kind(id=self.new_id(), **fields))

    def new_id(self):
        return f"id-{next(self._ids)}"

    def refuses(self, kind, **fields):
        """The code with which the ask is refused."""
        with pytest.raises(Refused) as no:
            self.ask(kind, **fields)
        return no.value.code

    def later(self, seconds=0, minutes=0, **more):
        self.at += timedelta(seconds=seconds, minutes=minutes, **more)
        return self

    # people

    def open(self, *seats):
        """Open the day, with a clerk at each of these windows."""
        self.ask(asks.OpenDay)
        for window in seats:
            self.sit(window)
        return self

    def sit(self, window, clerk=None):
        return self.ask(asks.Sit, window=window, clerk=clerk or f"{window:03d}")[0]

    def take(self, service="withdrawal", lane="normal", id_=None, via=Via.DISPENSER, situation=None):
        """Somebody takes a ticket; gives the fact."""
        order = asks.TakeTicket(
            id=id_ or self.new_id(), service=service, lane=lane, via=via, situation=situation
        )
        self.later(seconds=1)
        return self.give(order, "dispenser-1")[0]

    def call(self, window):
        return self.ask(asks.CallNext, window=window)[0]

    def start(self, window):
        return self.ask(asks.Start, window=window)[0]

    def finish(self, window, outcome=Outcome.DONE, detail=None):
        return self.ask(asks.Finish, window=window, outcome=outcome, detail=detail)

    def serve(self, window, minutes=10):
        """Call, serve for so long, finish; gives the number."""
        number = self.call(window).number
        self.start(window)
        self.later(minutes=minutes)
        self.finish(window)
        return number

    def transfer(self, window, to, **more):
        return self.ask(asks.Transfer, window=window, to=to, **more)[0]

    def lend(self, member="dispenser-1", day="2026-11-23", **more):
        return self.give(orders.LendNumbers(member=member, day=day, **more), "hub")

    def offline(self, number, ticket=None, member="dispenser-1", **changes):
        order = {
            "ticket": ticket or self.new_id(),
            "number": number,
            "service": "withdrawal",
            "situation": None,
            "lane": "normal",
            "day": "2026-11-23",
            "arrived": None,
        }
        return self.give(orders.NoteIssuedOffline(**(order | changes)), member)

    def rate(self, finished, grade=4, cast_at=None, **changes):
        order = {
            "ticket": finished.ticket,
            "window": finished.window,
            "step": finished.step,
            "grade": grade,
            "cast_at": cast_at,
        }
        return self.give(orders.RateStep(**(order | changes)), "pad-1")

    def no(self, act, *args, **more):
        """The code with which the act is refused."""
        with pytest.raises(Refused) as no:
            act(*args, **more)
        return no.value.code

    def order_of_service(self, window, most=1000):
        """Call and finish at `window` until nobody waits; the numbers in order."""
        numbers = []
        while len(numbers) < most:
            try:
                numbers.append(self.call(window).number)
            except Refused as no:
                if no.code != "nobody-waiting":
                    raise
                break
            self.finish(window)
        return numbers

    def phrases(self):
        return [said.phrase for said in self.said]

    def of(self, kind):
        return [fact for fact in self.facts if isinstance(fact, kind)]


@pytest.fixture(scope="session")
def make_plan():
    return example_plan


@pytest.fixture
def make_scene():
    def make(at=MONDAY, **changes):
        return Scene(example_plan(**changes), at)

    return make


@pytest.fixture
def scene(make_scene):
    """A closed hall, Monday at nine."""
    return make_scene()


@pytest.fixture
def served(scene):
    """An open hall with clerks at windows 1, 2 and 5."""
    return scene.open(1, 2, 5)
