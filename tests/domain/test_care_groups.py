"""Care groups are the hall's configuration; nobody outside the staff ever sees more than 优先 (C8)."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest

from hall.errors import BadSettings
from hall.messages import asks
from hall.messages.common import Via
from hall.plan import HallPlan
from hall.settings import load
from hub.domain import views
from hub.domain.hall import Hall

EXAMPLE = Path(__file__).parents[2] / "deploy" / "hall.example.yaml"
MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


def test_no_paper_sign_board_or_fact_knows_a_group():
    hall = Hall(load(EXAMPLE, HallPlan))
    groups = hall.plan.lanes["priority"].groups
    assert len(groups) == 8
    take = asks.TakeTicket(id="t", service="withdrawal", lane="priority", via=Via.DESK)
    told = []
    for order in (asks.OpenDay(id="o"), take):
        for fact in hall.decide(order, MONDAY, "console-1"):
            hall.apply(fact)
            told.append(fact)
    signs = [views.display(hall, window.window, MONDAY)[0] for window in hall.plan.windows]
    everything = [*told, views.services(hall, MONDAY), views.board(hall, MONDAY), *signs]
    said = b"".join(msgspec.json.encode(message) for message in everything).decode()
    assert "priority" in said
    assert [group for group in groups if group.zh in said or group.en in said] == []


def test_a_group_without_a_name_in_both_languages_is_refused(tmp_path):
    wrong = EXAMPLE.read_text().replace("{zh: 孕妇, en: pregnant women}", '{zh: 孕妇, en: " "}')
    (tmp_path / "hall.yaml").write_text(wrong)
    with pytest.raises(BadSettings) as no:
        load(tmp_path / "hall.yaml", HallPlan)
    assert "lanes.priority.groups[3]" in no.value.text.en


def test_a_materials_list_tells_its_version_and_its_date():
    hall = Hall(load(EXAMPLE, HallPlan))
    found = next(s for s in views.services(hall, MONDAY).services if s.id == "withdrawal")
    assert found.version == "2026-01 2026-01-05"
    assert hall.plan.services["withdrawal"].owner == "业务科"
