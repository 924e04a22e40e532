"""Every role, every route, every act: one table, and nothing that is not in it."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from hall.messages import asks
from hub.console.door import rights
from hub.console.door.rights import CaseRight, MemberAct, Page, Role

pytestmark = [pytest.mark.broker, pytest.mark.processes]

#: Routes that anybody may ask for; what each then shows or refuses is its own test's.
OPEN = {
    "GET /login", "POST /login", "GET /first", "POST /first", "GET /password", "GET /forbidden", "GET /tongue",
    "GET /board", "GET /suggest", "POST /suggest", "GET /book", "GET /busy", "POST /book", "GET /console/{path:path}",
}  # fmt: skip
#: Routes whose right is a secret in the address, a session's form token, or a key.
KEYED = {
    "GET /t/{token}", "GET /t/{token}/cancel", "POST /t/{token}/cancel", "POST /t/{token}/rate/{step:int}",
    "GET /t/{token}/tell/{step:int}", "POST /t/{token}/tell/{step:int}", "GET /t/{rest:path}", "POST /t/{rest:path}",
    "GET /book/{mine}", "GET /book/{mine}/reminder.ics", "GET /t/{token}/reminder.ics", "POST /book/{mine}/cancel", "POST /logout", "POST /password", "GET /metrics", "MOUNT /api/v1",
}  # fmt: skip
_C, _R, _G, _D, _M = Role.CLERK, Role.REVIEWER, Role.GUIDE, Role.DUTY_OFFICER, Role.MANAGER
_H, _U, _I, _T, _L, _A = (
    Role.CASE_HANDLER, Role.AUDITOR, Role.INSPECTOR, Role.TECHNICIAN, Role.DIRECTOR, Role.ADMIN,
)  # fmt: skip
#: Pages, and who sees them.
PAGES = {
    "GET /clerk": {_C, _R, _D, _M},
    "GET /guide": {_G, _D, _M},
    "GET /live": {_D, _M, _I, _L},
    "GET /cases": {_C, _R, _G, _D, _M, _H, _U, _L},
    "GET /reports": {_M, _U, _I, _L},
    "GET /inspection": {_D, _M, _I, _L},
    "GET /admin": {_M, _A},
    "GET /fleet": {_T, _M, _A, _D, _L},
}
#: Files, and who may take them.
FILES = {"GET /cases/{what}.csv": CaseRight.EXPORT}
_WINDOW, _DESK, _HALL = {_C, _R, _D, _M}, {_G, _D, _M}, {_M, _A}
#: Every ask of the hall, and who may say it.
ASKS = {
    **dict.fromkeys(
        (
            "sit", "leave", "call_next", "call_ticket", "recall", "no_show", "start", "accept", "finish", "transfer", "park",
            "resume_ticket", "pause", "resume", "undo", "take_over", "call_help", "end_help",
        ),
        _WINDOW,
    ),
    **dict.fromkeys(
        (
            "take_ticket", "return_ticket", "cancel", "reprint_slip", "reroute", "seat_directly", "serve_at_desk",
            "note_precheck", "check_in", "enter_by_hand", "book", "cancel_appointment", "answer_alarm", "page_clerk", "answer_escort", "broadcast", "withdraw_notice",
        ),
        _DESK,
    ),
    "grant_extension": _WINDOW | _DESK,
    "answer_page": _WINDOW | _DESK,
    "reprint": _DESK | {_T},
    "print_slip": {_D, _M},
    "print_receipt": _WINDOW | _DESK | {_H},
    "note_apology": {_D, _M, _H},
    "extend_hours": {_D, _M, _A},
    "set_profile": {_D, _M, _A},
    **dict.fromkeys(
        ("open_day", "close_day", "stop_service", "resume_service", "set_policy", "set_plan", "draft_plan"), _HALL
    ),
    **{ask: {_T, _M, _A} for ask in ("configure", "order_device", "roll_out", "stop_roll_out")},
    "rate_service": set(),
}  # fmt: skip


#: Every act on the register of members, and who may do it.
MEMBERS = {
    **{act: {_T, _A} for act in ("expect", "confirm", "replace", "release", "retire")},
    "quarantine": {_T, _A, _M, _D},
}


@pytest.mark.parametrize("act", MemberAct)
def test_an_act_on_the_register_is_for_its_roles_and_for_no_other(act):
    assert {role for role in Role if rights.may_with_members([role], act)} == MEMBERS[act.value]


def test_who_is_told_before_the_opening_sees_the_devices_page():
    told = {role for role in Role if rights.readies([role])}
    assert told == {_T, _A, _M, _D}
    assert all(rights.sees([role], Page.FLEET) for role in told)


def test_every_route_of_the_console_stands_in_this_table(tmp_path):
    ran = subprocess.run(
        [sys.executable, Path(__file__).with_name("routes_of.py"), tmp_path],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    found = {f"{method} {path}" for method, path in json.loads(ran.stdout) if method != "HEAD"}
    ours = {one for one in found if "/_nicegui" not in one}
    assert ours == OPEN | KEYED | set(PAGES) | set(FILES)


def test_every_ask_of_the_hall_stands_in_this_table():
    assert set(ASKS) == {kind.__struct_config__.tag for kind in asks.AnyAsk.__args__}


@pytest.mark.parametrize("act", ASKS)
def test_an_act_is_for_its_roles_and_for_no_other(act):
    assert {role for role in Role if act in rights.MAY_ASK[role]} == ASKS[act]


def test_every_page_stands_in_this_table():
    assert {f"GET {page.value}" for page in Page} == set(PAGES)


@pytest.mark.parametrize("role", [None, *Role])
def test_a_page_opens_for_its_roles_and_for_nobody_else(console, role):
    visitor = console.visitor() if role is None else console.log_in(role)
    with closing(visitor):
        for route, roles in PAGES.items():
            answer = visitor.get(route.partition(" ")[2])
            if role in roles:
                assert answer.status_code == 200, (role, route)
            else:
                assert answer.headers["location"] == ("/login" if role is None else "/forbidden"), (
                    role,
                    route,
                )
        for route, right in FILES.items():
            answer = visitor.get(route.partition(" ")[2].format(what="cases"))
            allowed = role is not None and right in rights.MAY_WITH_CASES[role]
            assert (answer.status_code == 200) is allowed, (role, route)


@pytest.mark.parametrize("role", list(Role))
def test_no_role_opens_what_a_key_opens(console, role):
    with closing(console.log_in(role)) as visitor:
        for path in ("/api/v1/board", "/api/v1/days?first=2020-01-01&last=2020-01-02"):
            assert visitor.get(path).status_code in {401, 429}
        proxied = visitor.get("/metrics", headers={"X-Forwarded-For": "192.0.2.1"})
        assert proxied.status_code in {401, 429}


def test_a_key_opens_no_page(console):
    with console.hall.key("read", "metrics") as client:
        shown = {"Authorization": client.headers["authorization"]}
    for route in PAGES:
        answer = httpx.get(console.url + route.partition(" ")[2], headers=shown)
        assert answer.headers["location"] == "/login"
