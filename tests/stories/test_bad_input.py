"""Bad input of every kind on every topic of a whole hall: a clear refusal where there is somebody to tell, and the hall goes on."""

import json

import pytest

from hall.link import Packet
from hall.messages import facts
from sim.fixtures import BusRecord
from sim.people.cast import Cast
from sim.simulated import SimulatedHall

ROOT = "hall/1/demo"
TAKE = {"type": "take_ticket", "service": "withdrawal", "lane": "normal", "via": "desk"}
DEEP = b"[" * 3000 + b"]" * 3000


def ask(**fields):
    return json.dumps({"id": "bad-000", **TAKE, **fields}).encode()


#: what is sent as an ask, and the code of the refusal; None where no id can be read, so that nobody can be told
ASKS = {
    "empty": (b"", None),
    "not json": (b"\x00\xff\xfe", None),
    "a word": (b'"take_ticket"', None),
    "a list": (b"[]", None),
    "no id": (json.dumps(TAKE).encode(), None),
    "an id with a space": (ask(id="bad 1"), None),
    "an id of 65 letters": (ask(id="b" * 65), None),
    "an id that is a number": (ask(id=1), None),
    "oversize": (ask(note="x" * 8192), None),
    "oversize by one byte": (ask(note="x" * (8192 - len(ask(note="")) + 1)), None),
    "unknown type": (ask(type="take_cake"), "unknown-ask"),
    "no type": (b'{"id":"bad-000","service":"withdrawal"}', "not-valid"),
    "a type that is a list": (ask(type=["take_ticket"]), "not-valid"),
    "cut off": (ask()[:-9], "not-json"),
    "invalid UTF-8": (ask().replace(b"withdrawal", b"with\xff\xfedrawal"), "not-json"),
    "NaN": (ask().replace(b'"desk"', b"NaN"), "not-json"),
    "infinity": (b'{"id":"bad-000","type":"call_next","window":Infinity}', "not-json"),
    "deep lists": (b'{"id":"bad-000","type":"take_ticket","service":' + DEEP[:7000] + b"}", "any"),
    "a huge integer": (b'{"id":"bad-000","type":"call_next","window":' + b"9" * 500 + b"}", "not-valid"),
    "an integer beyond 64 bits": (
        b'{"id":"bad-000","type":"call_next","window":18446744073709551617}',
        "not-valid",
    ),
    "a negative window": (b'{"id":"bad-000","type":"call_next","window":-1}', "not-valid"),
    "a window with a fraction": (b'{"id":"bad-000","type":"call_next","window":1.5}', "not-valid"),
    "a window in quotes": (b'{"id":"bad-000","type":"call_next","window":"1"}', "not-valid"),
    "a window that is true": (b'{"id":"bad-000","type":"call_next","window":true}', "not-valid"),
    "a field missing": (b'{"id":"bad-000","type":"take_ticket","lane":"normal","via":"desk"}', "not-valid"),
    "a field that is null": (ask(service=None), "not-valid"),
    "NUL in a service": (ask(service="with\0drawal"), "not-valid"),
    "an escape sequence": (ask(service="\x1b[2Jwithdrawal"), "not-valid"),
    "printer bytes": (ask(service="\x1bm\x1dV\x00"), "not-valid"),
    "a line break": (ask(lane="normal\nforged"), "not-valid"),
    "right-to-left override": (ask(service="\u202elawardhtiw"), "not-valid"),
    "a topic in a service": (ask(service="withdrawal/#"), "not-valid"),
    "emoji": (ask(service="💰"), "unknown-service"),
    "full-width letters": (ask(service="ｗｉｔｈｄｒａｗａｌ"), "unknown-service"),
    "an unknown service": (ask(service="cake"), "unknown-service"),
    "an unknown lane": (ask(lane="fast"), "unknown-lane"),
    "an unknown situation": (ask(situation="none"), "unknown-situation"),
    "an unknown way": (ask(via="telepathy"), "not-valid"),
    "a token that is too short": (ask(token="abc"), "not-valid"),
    "an unknown window": (b'{"id":"bad-000","type":"call_next","window":99}', "unknown-window"),
    "an unknown ticket": (b'{"id":"bad-000","type":"cancel","ticket":"nobodys"}', "unknown-ticket"),
    "a reason with an escape": (
        b'{"id":"bad-000","type":"pause","window":1,"reason":"\\u001b[31m"}',
        "not-valid",
    ),
    "a time without a zone": (
        b'{"id":"bad-000","type":"pause","window":1,"reason":"x","until":"2026-03-02T09:00:00"}',
        "not-valid",
    ),
    "a clerk with a name": (
        b'{"id":"bad-000","type":"sit","window":1,"clerk":"\xe5\xbc\xa0\xe4\xb8\x89"}',
        "not-valid",
    ),
}
#: what devices may say, and what of it is garbage
DEVICE_LEAVES = ("up/event", "up/beat", "up/result", "up/have/display", "$state", "$desc", "$alert/x")
GARBAGE = (
    b"",
    b"\xff\xff",
    b"{}",
    b"[]",
    b"null",
    DEEP[:7000],
    b'{"outbox":"o","seq":1,"type":"rated"}',
    b'{"state":"ready","epoch":99999999999999999999,"boot":"b","kind":"hub"}',
    b'{"state":"dancing"}',
    b'{"rev":NaN}',
    b'{"level":"fault","code":"\\u001b[2J","text":{"zh":"x","en":"x"},"since":"2026-03-02T09:00:00+08:00"}',
    b"x" * 9000,
)


@pytest.fixture(scope="module")
def hall(tmp_path_factory):
    """One hall for all of it: whatever one case breaks, the next one meets."""
    hall = SimulatedHall(tmp_path_factory.mktemp("hall"), quiet=True)
    record = BusRecord()
    record.watch(hall.broker)
    record.excuse(f"{ROOT}/console-9/up/#")
    yield hall
    hall.stop()
    assert record.errors() == []  # what the hub answered to all of it is as documented


def send(hall, topic, payload, member="console-9"):
    hall.broker.take(member, Packet(f"{ROOT}/{topic}", payload))
    hall.run_for(0.5)


def answers(hall, member="console-9"):
    return [json.loads(p.payload) for p in hall.broker.log if p.topic == f"{ROOT}/{member}/down/answer"]


@pytest.mark.parametrize("case", ASKS)
def test_a_bad_ask_changes_nothing_and_is_refused_in_both_languages_where_it_can_be(hall, case, caplog):
    payload, code = ASKS[case]
    mine = f"bad-{list(ASKS).index(case):03}"  # a refused id gets the same refusal for a minute
    payload = payload.replace(b"bad-000", mine.encode())
    told, said = len(hall.facts), len(answers(hall))
    caplog.clear()
    send(hall, "console-9/up/ask", payload)
    assert hall.facts[told:] == []
    fresh = answers(hall)[said:]
    if code is None:
        assert fresh == []
    else:
        (answer,) = fresh
        assert (answer["id"], answer["ok"]) == (mine, False)
        assert code in {"any", answer["code"]}
        assert answer["text"]["zh"].strip()
        assert answer["text"]["en"].strip()
        assert answer["text"]["en"].isprintable()
    lines = [record.getMessage() for record in caplog.records]
    unreadable = code in {None, "any", "not-json", "not-valid", "unknown-ask"}
    assert (
        len(lines) == unreadable
    )  # "no such service" is a clear answer to a clear question, nothing for the log
    assert all(line.isprintable() for line in lines)


def test_after_all_bad_asks_a_good_one_works_and_unknown_fields_are_ignored(hall):
    good = {"id": "good-1", **TAKE, "mood": "fine", "deep": {"er": [1, None]}, "💰": 1}
    send(hall, "console-8/up/ask", json.dumps(good).encode(), "console-8")
    (answer,) = answers(hall, "console-8")
    assert answer["ok"] is True
    fact = answer["facts"][0]
    assert (fact["type"], fact["ticket"], fact["service"]) == ("TicketIssued", "good-1", "withdrawal")
    assert not {"mood", "deep", "💰"} & set(fact)
    hall.run_for(10)
    assert len(hall.papers()) == 1


def test_the_id_of_somebody_elses_ask_gives_nothing_away(hall):
    taken = {"id": "good-1", **TAKE, "service": "loan"}
    told = len(hall.facts)
    send(hall, "console-7/up/ask", json.dumps(taken).encode(), "console-7")
    (answer,) = answers(hall, "console-7")
    assert (answer["ok"], answer["code"]) == (False, "id-taken")
    assert hall.facts[told:] == []


@pytest.mark.parametrize("member", ["sign-2", "pad-2", "speaker-1", "stranger-1"])
def test_a_member_asks_only_what_its_kind_may(hall, member):
    told = len(hall.facts)
    send(hall, f"{member}/up/ask", json.dumps({"id": f"by-{member}", "type": "close_day"}).encode(), member)
    answer = answers(hall, member)[-1]
    assert answer["code"] in {"not-allowed", "unknown-member"}
    assert hall.facts[told:] == []


@pytest.mark.parametrize(
    "topic", ["hub/up/ask", "console-9/up/asks", "console-9/up", "hub/fact", "a b/up/ask", "A/up/ask"]
)
def test_a_topic_that_does_not_exist_is_nothing(new_simulated_hall, bus_record, topic):
    bus_record.excuse(f"{ROOT}/#")
    hall = new_simulated_hall(quiet=True)
    told = len(hall.facts)
    send(hall, topic, ask())
    hall.broker.take("console-9", Packet("hall/1/elsewhere/console-9/up/ask", ask()))
    hall.broker.take("console-9", Packet("hall/2/demo/console-9/up/ask", ask()))
    bus_record.excuse("hall/#")
    hall.run_for(2)
    assert hall.facts[told:] == []


def test_garbage_in_a_devices_name_costs_nobody_anything(new_simulated_hall, bus_record):
    bus_record.excuse(f"{ROOT}/pad-2/#")
    hall = new_simulated_hall(quiet=True)
    cast = Cast(hall)
    cast.sits(2)
    issued = cast.takes("withdrawal")
    for leaf in DEVICE_LEAVES:
        for payload in GARBAGE:
            hall.broker.take("pad-2", Packet(f"{ROOT}/pad-2/{leaf}", payload))
            hall.run_for(0.1)
    hall.run_for(10)
    assert not cast.told(facts.TicketRated)
    cast.serves(2)
    cast.rates(2, 3)
    rated = cast.wait_for(facts.TicketRated)
    assert (rated.ticket, rated.grade) == (issued.ticket, 3)


def test_a_device_obeys_no_garbage_and_still_obeys_the_hub(new_simulated_hall, bus_record):
    for member in ("sign-2", "pad-2", "dispenser-1"):
        bus_record.excuse(f"{ROOT}/{member}/#")
    hall = new_simulated_hall(quiet=True)
    cast = Cast(hall)
    cast.sits(2)
    shown, papers = hall.dots("sign-2"), len(hall.papers())
    print_esc = {"id": "c-1", "type": "print", "expires_s": 60, "issued": {"number": "\x1bm"}}
    for member in ("sign-2", "pad-2", "dispenser-1"):
        for leaf in ("down/want/display", "down/want/rating", "down/want/numbers", "down/want/services"):
            for payload in (*GARBAGE, b'{"rev":"1","mode":"called","window":2,"number":"\\u001b"}'):
                send(hall, f"{member}/{leaf}", payload, "hub")
        for payload in (
            *GARBAGE,
            json.dumps(print_esc).encode(),
            b'{"id":"c-2","type":"explode","expires_s":9}',
        ):
            send(hall, f"{member}/down/command", payload, "hub")
    hall.run_for(10)
    assert hall.dots("sign-2") == shown
    assert cast.dark(2)
    assert len(hall.papers()) == papers
    issued = cast.takes("withdrawal")
    assert cast.calls(2).ticket == issued.ticket
    cast.until(lambda: hall.dots("sign-2") != shown, "the sign shows the call")
    cast.starts(2)
    hall.run_for(5)
    cast.finishes(2)
    cast.rates(2, 4)
    assert cast.wait_for(facts.TicketRated).grade == 4


@pytest.mark.parametrize("retained", [True, False])
def test_a_retained_command_is_dropped_and_the_same_one_said_now_is_obeyed(
    new_simulated_hall, bus_record, retained
):
    hall = new_simulated_hall(quiet=True)
    command = json.dumps({"id": "kept-1", "type": "identify", "expires_s": 600}).encode()
    packet = Packet(f"{ROOT}/dispenser-1/down/command", command, 1, retained)
    hall.kill_member("dispenser-1")
    if retained:
        hall.broker.take("hub", packet)
    hall.start_member("dispenser-1")
    hall.run_for(10)
    if not retained:
        hall.broker.take("hub", packet)
    hall.run_for(10)
    assert len(hall.papers()) == (0 if retained else 1)
