"""Nonsense of every kind over a real broker: nobody falls over, nobody is fooled, and each message costs one log line at most."""

import json
import socket
import time

import pytest

from tests.patience import in_time

from .bare import ROOT, Bare, Judge
from .outside import alive, demo, wait_until

pytestmark = pytest.mark.processes

#: 9 KiB and 300 KiB are above what a member, and what the broker takes.
OVER, FAR_OVER = 9 * 1024, 300 * 1024

JUNK = {
    "empty": b"",
    "binary": bytes(range(256)),
    "no utf-8": b'{"id":"\xff\xfe","type":"sit"}',
    "utf-16": '{"id":"a"}'.encode("utf-16"),
    "bom": b'\xef\xbb\xbf{"id":"bom"}',
    "nul": b"\0",
    "nul inside": b'{"id":"a\\u0000b","type":"sit","window":1,"clerk":"018"}',
    "half a pair": b'{"id":"x","type":"sit","window":1,"clerk":"\\ud800"}',
    "not closed": b'{"id":"x","type":',
    "array": b"[1,2,3]",
    "number": b"42",
    "text": b'"sit"',
    "null": b"null",
    "nothing": b"{}",
    "not a number": b'{"id":"x","type":"call_next","window":NaN}',
    "infinite": b'{"id":"x","type":"call_next","window":Infinity}',
    "huge integer": b'{"id":"x","seq":1' + b"0" * 400 + b',"epoch":1' + b"0" * 400 + b',"window":1' + b"0" * 400 + b"}",
    "huge float": b'{"id":"x","type":"announce","expires_s":1e999,"outbox":1e400,"rev":"1"}',
    "negative": b'{"id":"x","type":"call_next","window":-1,"seq":-5,"epoch":-1,"upto":-1,"rev":"-1"}',
    "wrong types": b'{"id":["x"],"type":{"a":1},"state":7,"epoch":"1","boot":null,"kind":[],"rev":{},"outbox":1,"seq":"1"}',
    "deep": b'{"id":"x","type":' + b"[" * 4000 + b"]" * 4000 + b"}",
    "deep open": b"[" * 8000,
    "twice the same key": b'{"id":"a","id":"b","type":"sit","type":"leave","window":1,"clerk":"018"}',
    "newlines": b'{"id":"a\\nERROR forged","type":"sit\\r\\nTraceback","window":1,"clerk":"\\u001b[2J"}',
    "long id": b'{"id":"' + b"x" * 5000 + b'","type":"sit","window":1,"clerk":"018"}',
    "too large": b'{"id":"big","type":"sit","window":1,"clerk":"018","pad":"' + b"x" * OVER + b'"}',
}  # fmt: skip
OWN_LEAVES = (
    "$state",
    "$desc",
    "$alert/paper",
    "up/beat",
    "up/ask",
    "up/event",
    "up/result",
    "up/have/display",
    "up/have/rating",
)
TOLD_LEAVES = (
    "down/answer",
    "down/receipt",
    "down/command",
    "down/want/display",
    "down/want/rating",
    "down/want/numbers",
    "down/want/services",
    "down/want/config",
    "down/want/nonsense",
)


@pytest.fixture(scope="module")
def hall(tmp_path_factory):
    with demo(tmp_path_factory.mktemp("bad") / "hall") as hall:
        hall.ready()
        yield hall


@pytest.fixture(scope="module")
def pids(hall):
    """Who lived before any nonsense was said."""
    return hall.pids


@pytest.fixture
def clerk(hall, pids):
    """An honest console; whatever was said meanwhile, the hall works and nobody has died of it."""
    with Bare(hall.port, "console-honest", f"{ROOT}/hub/#") as clerk:
        yield clerk
        works(hall, clerk)
        assert hall.pids == pids
        assert all(alive(pid) for pid in pids.values())
        assert hall.tracebacks() == []


@pytest.fixture
def rude(hall, pids):
    with Bare(hall.port, "console-rude") as rude:
        yield rude


@pytest.fixture
def witness(hall):
    """Hears whatever the hub hears."""
    heard = (f"{ROOT}/+/{leaf}" for leaf in ("$state", "$desc", "$alert/+", "up/#"))
    with Bare(hall.port, "console-witness", *heard) as witness:
        yield witness


def works(hall, clerk):
    """A person takes a number, is called and served: hub and board agree."""
    clerk.ask("sit", window=1, clerk="018")
    taken = clerk.done("take_ticket", service="enquiry", lane="normal", via="dispenser")
    clerk.done("call_ticket", window=1, ticket=taken["ticket"])
    done = clerk.done("finish", window=1, outcome="done")
    clerk.until(
        lambda: [
            b for b in clerk.on("hub/board") if b.payload.startswith(b'{"n":') and b.said["n"] >= done["n"]
        ],
        5,
    )


def lines(hall, *names):
    return sum(len(hall.log(name).splitlines()) for name in names)


def settled(hall):
    """Wait until nobody writes any log line any more; how many lines there are then."""
    names = [*hall.members, "hub"]
    counts = [lines(hall, *names)]

    def still():
        counts.append(lines(hall, *names))
        time.sleep(0.2)  # "any more" is a stretch of time
        return counts[-1] == lines(hall, *names)

    wait_until(still, 20, "silence")
    return {name: lines(hall, name) for name in names}


def test_every_kind_of_nonsense_on_every_leaf_of_every_member(hall, clerk, rude, witness):
    before = settled(hall)
    members = [*hall.members, "console-rude", "console-never-seen", "stranger"]
    for junk in JUNK.values():
        for member in members:
            for leaf in (*OWN_LEAVES, *TOLD_LEAVES):
                rude.say_at(f"{ROOT}/{member}/{leaf}", junk)
    works(hall, clerk)
    after = settled(hall)
    # The hub hears our nonsense, and what devices say of the nonsense they were told.
    assert len(JUNK) * len(members) < after["hub"] - before["hub"] <= len(witness.heard)
    per_member = len(JUNK) * len(TOLD_LEAVES)
    assert {name: n for name in hall.members if (n := after[name] - before[name]) > per_member} == {}
    assert all(len(line) <= 4000 for line in hall.log("hub").splitlines())
    forged = [line for line in hall.log("hub").splitlines() if line.startswith(("ERROR forged", "Traceback"))]
    assert forged == []


def test_nonsense_on_the_hubs_own_leaves_is_put_right(hall, clerk, rude):
    for junk in JUNK.values():
        for leaf in (
            "$state",
            "$desc",
            "board",
            "rebirth",
            "fact/TicketCalled",
            "fact/Nothing",
            "up/ask",
            "up/event",
        ):
            rude.say_at(f"{ROOT}/hub/{leaf}", junk, retain=leaf in {"$state", "board"})
    works(hall, clerk)
    state = json.dumps({"state": "lost", "epoch": 1, "boot": "somebody", "kind": "hub"}).encode()
    for said in (b"", state, b"{}"):
        mark = clerk.mark
        rude.say_at(f"{ROOT}/hub/$state", said, retain=True)
        clerk.until(
            lambda mark=mark: (
                (own := clerk.on("hub/$state", mark)) and own[-1].payload.startswith(b'{"state":"ready"')
            ),
            5,
            f"the hub's own word after {said!r}",
        )
    works(hall, clerk)
    with Bare(hall.port, "console-late", f"{ROOT}/hub/#") as late:
        late.until(lambda: late.on("hub/board"), 5)
        assert late.on("hub/board")[0].retained
        assert late.on("hub/$state")[0].said["state"] == "ready"
        assert Judge().faults(late.on("hub/board") + late.on("hub/$state")) == []


def test_a_retained_command_is_obeyed_by_nobody_who_comes_later(hall, pids, clerk, rude):
    command = {"id": "poison", "type": "identify", "expires_s": 3600}
    born_into_it = {"sign-6", "pad-6", "dispenser-1", "speaker-1"}
    with Bare(hall.port, "console-watch", f"{ROOT}/+/up/result", f"{ROOT}/+/$state") as watch:
        since = time.monotonic()
        for name in born_into_it:
            old = hall.kill(name)
            rude.say_at(f"{ROOT}/{name}/down/command", command, retain=True)
            hall.reborn(name, old)
        hall.all_ready(watch, 10)
        for name in born_into_it:
            watch.until(lambda name=name: watch.on(f"{name}/$state")[-1].at > since, 5)
            rude.say_at(f"{ROOT}/{name}/down/command", {"id": "honest", "type": "nonsense", "expires_s": 60})
            watch.until(lambda name=name: watch.on(f"{name}/up/result"), 10)
            assert "poison" not in [one.said["id"] for one in watch.on(f"{name}/up/result")]
            assert "retained" in hall.log(name)
            rude.say_at(f"{ROOT}/{name}/down/command", b"", retain=True)
    pids.update(hall.pids)


def test_names_that_are_no_names(hall, clerk, rude):
    ask = {"id": "named", "type": "close_day"}
    names = [
        "console-", "console-ABC", "CONSOLE-1", "console-a b", "console-ä", "console-大厅", "console-a/../hub", "", " ",
        "-", "console-a.b", "console-%2b", "console-$(reboot)", "console-' or 1=1 --", "console-\u202e", "console-\u0085x",
        "x" * 33, "console-" + "x" * 60000, "$SYS", "..", "hub/hub", "console-a\nERROR forged",
    ]  # fmt: skip
    for name in names:
        for leaf in (
            "up/ask",
            "up/event",
            "$state",
            "$alert/a",
            "$alert/",
            "up/have/",
            "up/nothing",
            "up",
            "up/ask/more",
        ):
            rude.say_at(f"{ROOT}/{name}/{leaf}", ask)
    for topic in (
        "hall",
        "hall/1",
        "hall/1/demo",
        "hall/2/demo/console-a/up/ask",
        "hall/1/other/console-a/up/ask",
        "/",
        "//",
    ):
        rude.say_at(topic, ask)
    works(hall, clerk)
    assert not [one for one in clerk.facts if one.said["type"] == "DayClosed"]
    assert not [line for line in hall.log("hub").splitlines() if line.startswith("ERROR forged")]


def test_topics_that_no_client_may_publish_cost_only_the_connection(hall, clerk):
    """Raw packets: wildcards, NUL and broken UTF-8 in a topic, a length that lies, half a packet."""
    for topic in (
        b"hall/1/demo/+/up/ask",
        b"hall/1/demo/#",
        b"hall/1/demo/a\0b/up/ask",
        b"hall/1/demo/\xff/up/ask",
    ):
        body = len(topic).to_bytes(2, "big") + topic + b"{}"
        raw(hall.port, b"\x30" + length(len(body)) + body)
    raw(hall.port, b"\x30\xff\xff\xff\xff\x7f")
    raw(hall.port, b"\x30\x7f\x00\x05hall")
    raw(hall.port, b"GET / HTTP/1.1\r\n\r\n", hello=False)
    raw(hall.port, bytes(1000), hello=False)
    works(hall, clerk)


def raw(port, packet, *, hello=True):
    with socket.create_connection(("127.0.0.1", port), timeout=2) as line:
        if hello:
            line.sendall(b"\x10\x10\x00\x04MQTT\x04\x02\x00\x05\x00\x04raw1")
            assert line.recv(4)[:1] == b"\x20"
        line.sendall(packet)
        line.settimeout(0.3)
        try:
            while line.recv(4096):
                pass
        except OSError:
            pass


def length(n):
    out = b""
    while True:
        n, low = divmod(n, 128)
        out += bytes([low | (128 if n else 0)])
        if not n:
            return out


def test_messages_above_every_limit_are_dropped_and_hurt_nobody_else(hall, clerk):
    """300 KiB is above what the broker takes: it ends that connection, once, and that is all."""
    for leaf in ("up/ask", "up/event", "$desc"):
        with Bare(hall.port, "console-loud") as loud:
            loud.say(leaf, b"x" * FAR_OVER, qos=0)
            loud.until(lambda loud=loud: loud.connections > 1, 5, "the broker's rebuff")
    with Bare(hall.port, "console-large") as large:
        for leaf in ("up/ask", "up/event", "$desc"):
            large.say(leaf, b'{"id":"' + b"x" * 200_000 + b'"}')
        large.say("up/ask", {"id": "just-fits", "type": "recall", "window": 1, "pad": "x" * (8192 - 100)})
        assert large.until(lambda: large.answers.get("just-fits"), 5)


def test_an_ask_that_can_be_read_far_enough_is_refused_by_its_id(hall, clerk, rude):
    refusals = {
        "r1": b'{"id":"r1","type":"call_next","window":1' + b"0" * 400 + b"}",
        "r2": b'{"id":"r2","type":"sit","window":1,"clerk":"01\\u00008"}',
        "r3": b'{"id":"r3","type":"sit","window":1,"clerk":18}',
        "r4": b'{"id":"r4","type":"sit"}',
        "r5": b'{"id":"r5","type":"sudo"}',
        "r6": b'{"id":"r6"}',
        "r7": b'{"id":"r7","type":"pause","window":1,"reason":"a\\u202eb"}',
        "r8": b'{"id":"r8","type":"pause","window":1,"reason":"a","until":"tomorrow"}',
        "r9": b'{"id":"r9","type":"take_ticket","service":"loan","lane":"normal","via":"desk","token":"short"}',
    }
    for payload in refusals.values():
        rude.say("up/ask", payload)
    rude.until(lambda: set(refusals) <= set(rude.answers), 10)
    for id_ in refusals:
        answer = json.loads(rude.answers[id_][0])
        assert answer["ok"] is False
        assert answer["code"] in {"not-valid", "unknown-ask", "not-json"}
        assert answer["text"]["zh"]
        assert answer["text"]["en"]


def test_two_thousand_bad_messages_at_once_do_not_keep_an_honest_clerk_waiting(hall, clerk, rude):
    for n in range(2000):
        rude.say("up/ask", b'{"id":"flood-%d","type":"sit","window":"x"}' % n, qos=0)
    began = time.monotonic()
    clerk.ask("sit", window=1, clerk="018")
    assert in_time(began, 3)


def test_after_all_that_a_new_hub_finds_the_hall_as_it_was(hall, pids):
    """Whatever nonsense still lies retained on the bus: a restart reads it again and is not impressed."""
    with Bare(hall.port, "console-honest", f"{ROOT}/hub/#", f"{ROOT}/+/$state") as clerk:
        assert hall.pids == pids
        clerk.ask("sit", window=1, clerk="018")
        taken = clerk.done("take_ticket", service="settlement", lane="normal", via="dispenser")
        since = time.monotonic()
        hall.reborn("hub", hall.kill("hub"))
        hall.all_ready(clerk, 10, since=since)
        assert clerk.done("call_ticket", window=1, ticket=taken["ticket"])["number"] == taken["number"]
        clerk.done("finish", window=1, outcome="done")
    assert {n: p for n, p in hall.pids.items() if n != "hub"} == {n: p for n, p in pids.items() if n != "hub"}
    assert hall.tracebacks() == []
    assert set(hall.pids) == set(pids)
