"""Bad input of every kind: a refusal when there is an id, one log line, nothing else."""

from __future__ import annotations

import json

import pytest

DEEP = b'{"id":"x","type":"take_ticket","service":' + b"[" * 4000

ASKS = {
    "not json": (b"nonsense", None),
    "empty": (b"", None),
    "an array": (b"[1,2]", None),
    "null": (b"null", None),
    "no id": (b'{"type":"call_next","window":1}', None),
    "an id that is no id": (b'{"id":"a b","type":"call_next","window":1}', None),
    "an id that is too long": (b'{"id":"' + b"a" * 65 + b'","type":"call_next","window":1}', None),
    "unknown type": (b'{"id":"x","type":"dance"}', "unknown-ask"),
    "no type": (b'{"id":"x","window":1}', "not-valid"),
    "type is a number": (b'{"id":"x","type":7}', "not-valid"),
    "missing field": (b'{"id":"x","type":"call_next"}', "not-valid"),
    "window as text": (b'{"id":"x","type":"call_next","window":"1"}', "not-valid"),
    "window zero": (b'{"id":"x","type":"call_next","window":0}', "not-valid"),
    "huge integer": (b'{"id":"x","type":"call_next","window":' + b"9" * 400 + b"}", "not-valid"),
    "NaN": (b'{"id":"x","type":"call_next","window":NaN}', "not-json"),
    "infinity": (b'{"id":"x","type":"call_next","window":1e999}', "not-valid"),
    "cut short": (b'{"id":"x","type":"call_next","window":', "not-json"),
    "invalid utf-8": (b'{"id":"x","type":"sit","window":1,"clerk":"\xff\xfe"}', None),
    "deep": (DEEP, None),
    "NUL in a key": (
        b'{"id":"x","type":"take_ticket","service":"a\\u0000b","lane":"normal","via":"desk"}',
        "not-valid",
    ),
    "terminal escape": (b'{"id":"x","type":"pause","window":1,"reason":"\\u001b[2J"}', "not-valid"),
    "right to left override": (b'{"id":"x","type":"pause","window":1,"reason":"\\u202eevil"}', "not-valid"),
    "unknown lane kind": (
        b'{"id":"x","type":"take_ticket","service":"loan","lane":"normal","via":"magic"}',
        "not-valid",
    ),
    "oversize": (b'{"id":"x","type":"call_next","window":1,"pad":"' + b"a" * 9000 + b'"}', None),
}
ANSWERED = {"deep", "invalid utf-8"}


@pytest.mark.parametrize("case", ASKS)
def test_a_bad_ask_is_refused_by_its_id_with_one_log_line(rig, console, caplog, case):
    payload, code = ASKS[case]
    caplog.clear()
    n = rig.hall.n
    console.say("up/ask", payload)
    rig.settle()
    assert rig.hall.n == n
    assert len(caplog.records) == 1
    answers = console.got("/down/answer")
    if code is None and case not in ANSWERED:
        assert answers == []
    else:
        assert [(a["id"], a["ok"]) for a in answers] == [("x", False)]
        assert code is None or answers[0]["code"] == code
        assert answers[0]["text"]["zh"]
        assert answers[0]["text"]["en"]
    assert console.ask("sit", window=1, clerk="011")["ok"]


def test_text_from_outside_stays_on_its_line_in_the_log(rig, console, caplog):
    console.say("up/ask", b'{"id":"x","type":"\\u001b[2J\\nforged line","window":1}')
    rig.settle()
    assert "\n" not in caplog.records[-1].getMessage()
    assert console.got("/down/answer")[0]["code"] == "unknown-ask"


def test_a_stranger_is_refused(rig):
    assert rig.member("nobody-1").ask("call_next", window=1)["code"] == "unknown-member"


def test_a_name_that_says_console_is_one_only_where_settings_trust_it(make_rig):
    rig = make_rig()
    rig.start_hub()
    rig.hub.members._trust_console_names = False
    assert rig.member("console-7").ask("call_next", window=1)["code"] == "unknown-member"


@pytest.mark.parametrize(
    ("member", "ask"),
    [
        ("dispenser-1", ("call_next", {"window": 1})),
        ("dispenser-1", ("close_day", {})),
        ("dispenser-1", ("set_policy", {"policy": {}})),
        ("dispenser-1", ("set_profile", {"window": 1, "serves": ["loan"]})),
        (
            "dispenser-1",
            (
                "take_ticket",
                {
                    "service": "loan",
                    "lane": "appointment",
                    "via": "dispenser",
                    "slot": "2026-11-23T10:00:00+08:00",
                },
            ),
        ),
        ("pad-1", ("take_ticket", {"service": "loan", "lane": "normal", "via": "dispenser"})),
        ("sign-1", ("call_next", {"window": 1})),
        ("speaker-1", ("pause", {"window": 1, "reason": "x"})),
    ],
)
def test_a_device_asks_only_what_its_kind_may(rig, member, ask):
    type_, fields = ask
    assert rig.member(member).ask(type_, **fields)["code"] == "not-allowed"


def test_nobody_asks_in_the_hubs_name(rig, console):
    console.rig.broker.take(
        "x", __import__("hall.link").link.Packet("hall/1/demo/hub/up/ask", b'{"id":"x","type":"close_day"}')
    )
    rig.settle()
    assert rig.hall.open


@pytest.mark.parametrize(
    "leaf", ["up/dance", "up/ask/more", "up/", "up/event/x", "$alert/", "up/have/", "$alert/a/b"]
)
def test_a_foreign_leaf_is_dropped(rig, dispenser, leaf):
    n = rig.hall.n
    dispenser.say(leaf, {"id": "x"})
    rig.settle()
    assert rig.hall.n == n


BAD = [
    b"",
    b"{",
    b"null",
    b"[]",
    b'"x"',
    b"\xff\xfe",
    b"[" * 5000,
    b'{"a":' * 1500,
    b'{"epoch":1e400}',
    b"9" * 5000,
    b" " * 9000,
]


@pytest.mark.parametrize(
    "leaf", ["$state", "$desc", "$alert/paper", "up/beat", "up/event", "up/result", "up/have/display"]
)
def test_garbage_on_any_leaf_changes_nothing(rig, leaf):
    sign = rig.member("sign-1")
    rig.settle()
    n = rig.hall.n
    for payload in BAD:
        sign.say(leaf, payload)
    rig.settle()
    assert rig.hall.n == n
    assert rig.hall.devices["sign-1"].value == "ready"
    assert rig.member("console-1").ask("sit", window=1, clerk="011")["ok"]


def test_a_deep_ask_answers_in_json_a_reader_can_read(rig, console):
    console.say("up/ask", DEEP)
    rig.settle()
    assert json.loads(console.raw("/down/answer")[0])["code"] in {"too-deep", "not-valid"}
