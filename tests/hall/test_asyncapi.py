"""The bus's document and page say what the code does, and the judge of messages can say no."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from hall import asyncapi
from hall.link import Packet
from hall.topics import LEAVES
from sim.fixtures import BusRecord

ROOT = Path(__file__).parents[2]
BEAT = {
    "epoch": 1,
    "outbox": 0,
    "uptime_s": 5,
    "temperature_c": None,
    "rss_mb": 30.5,
    "disk_free_mb": 1000.0,
    "clock_ok": True,
}
SHOWN = {"rev": "7", "mode": "called", "window": 3, "number": "A012", "round": 1}
CALLED = {
    "type": "TicketCalled",
    "n": 4,
    "at": "2026-11-23T09:00:00+08:00",
    "ticket": "t-1",
    "number": "A012",
    "window": 3,
    "round": 1,
    "service": "withdrawal",
    "clerk": "018",
    "step": 1,
}
ASKED = {"id": "a-1", "type": "take_ticket", "service": "withdrawal", "lane": "normal", "via": "dispenser"}


def run(*command):
    return subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("command", [("-m", "hall.asyncapi"), ("scripts/protocol_page.py",)])
def test_the_documents_of_the_bus_are_up_to_date_with_the_code(command):
    done = run(*command, "--check")
    assert done.returncode == 0, f"run `make docs`: {done.stdout}{done.stderr}"


def test_a_document_that_lags_behind_is_noticed(tmp_path, monkeypatch):
    stale = tmp_path / "asyncapi.yaml"
    stale.write_text(asyncapi.text().replace("QoS", "qos").replace("grade", "mark"), encoding="utf-8")
    monkeypatch.setattr(asyncapi, "DOCUMENT", stale)
    monkeypatch.setattr(sys, "argv", ["asyncapi", "--check"])
    assert asyncapi.main() == 1
    monkeypatch.setattr(sys, "argv", ["asyncapi"])
    assert asyncapi.main() == 0
    monkeypatch.setattr(sys, "argv", ["asyncapi", "--check"])
    assert asyncapi.main() == 0


def test_every_topic_and_every_message_of_the_code_is_in_the_document():
    document = yaml.load(asyncapi.DOCUMENT.read_text(encoding="utf-8"), yaml.CSafeLoader)
    assert document["asyncapi"].startswith("3.")
    assert len(document["channels"]) == len(LEAVES)
    described = {message["name"] for message in document["components"]["messages"].values()}
    assert described == {kind.__name__ for leaf in LEAVES for kind in leaf.types}
    for operation in document["operations"].values():
        assert operation["channel"]["$ref"].removeprefix("#/channels/") in document["channels"]


def test_every_reference_in_the_document_leads_somewhere():
    document = yaml.load(asyncapi.DOCUMENT.read_text(encoding="utf-8"), yaml.CSafeLoader)

    def references(node):
        if isinstance(node, dict):
            if isinstance(node.get("$ref"), str):
                yield node["$ref"]
            for child in node.values():
                yield from references(child)
        elif isinstance(node, list):
            for child in node:
                yield from references(child)

    found = set(references(document))
    assert found
    for reference in found:
        node = document
        for step in reference.removeprefix("#/").split("/"):
            node = node[step]


def examples():
    """Every example of the page that is not cut: its topic and its message."""
    page = (ROOT / "docs" / "protocol-examples.md").read_text(encoding="utf-8")
    found = re.findall(r"`hall/1/demo/([^`]+)`\n\n```json\n(.+)\n```", page)
    return [(topic, said) for topic, said in found if not said.endswith("…")]


def test_every_example_of_the_page_is_as_documented():
    assert len(examples()) > 60
    for topic, said in examples():
        assert judged(topic, said.encode()) == [], topic


def judged(topic, payload, hall="demo"):
    record = BusRecord(hall)
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    record.note(Packet(f"hall/1/{hall}/{topic}", body))
    return record.errors()


@pytest.mark.parametrize(
    ("topic", "message"),
    [
        ("sign-1/up/beat", BEAT),
        ("sign-1/up/beat", {**BEAT, "battery": 3}),
        ("sign-3/down/want/display", SHOWN),
        ("hub/fact/TicketCalled", CALLED),
        ("dispenser-1/up/ask", ASKED),
        ("sign-3/$alert/panel", b""),
        ("pad-3/down/receipt", {"outbox": "o-1", "upto": 4}),
    ],
)
def test_what_is_documented_passes(topic, message):
    assert judged(topic, message) == []


@pytest.mark.parametrize(
    ("topic", "message", "why"),
    [
        ("sign-1/up/beat", {**BEAT, "epoch": "1"}, "epoch"),
        ("sign-1/up/beat", {**BEAT, "epoch": -1}, "epoch"),
        ("sign-1/up/beat", {k: v for k, v in BEAT.items() if k != "clock_ok"}, "clock_ok"),
        ("sign-1/up/beat", b"{", "Expecting"),
        ("sign-1/up/beat", b"", "empty"),
        ("sign-1/up/beat", {**BEAT, "padding": "x" * 9000}, "bytes"),
        ("sign-1/up/pulse", BEAT, "not a topic"),
        ("sign-3/down/want/mood", SHOWN, "no such message"),
        ("sign-3/down/want/rating", SHOWN, "ticket"),
        ("sign-3/down/want/display", {**SHOWN, "number": "12"}, "12"),
        ("hub/fact/TicketLost", CALLED, "no such message"),
        ("hub/fact/TicketMissed", CALLED, "TicketCalled"),
        ("hub/fact/TicketCalled", {**CALLED, "at": 5}, "at"),
        ("hub/fact/TicketCalled", {**CALLED, "window": 0}, "window"),
        ("sign-3/fact/TicketCalled", CALLED, "not a topic"),
        ("dispenser-1/up/ask", {**ASKED, "type": "take_cake"}, "no such message"),
        ("dispenser-1/up/ask", {**ASKED, "id": "ä ö"}, "id"),
        ("dispenser-1/up/ask", {**ASKED, "via": "window"}, "via"),
        ("dispenser-1/up/ask", [ASKED], 'not of type "object"'),
        ("sign-1/up/beat", json.dumps(BEAT | {"rss_mb": float("nan")}).encode(), "NaN"),
    ],
)
def test_what_is_not_documented_is_named(topic, message, why):
    errors = judged(topic, message)
    assert errors
    assert why in errors[0]


def test_the_judge_reads_the_document_and_not_the_code(tmp_path, monkeypatch):
    looser = asyncapi.text().replace("pattern: ^[A-Z][0-9]{3,4}$(?!\\n)", "pattern: ^.*$")
    assert looser != asyncapi.text()
    page = tmp_path / "asyncapi.yaml"
    page.write_text(looser, encoding="utf-8")
    assert judged("sign-3/down/want/display", {**SHOWN, "number": "12"})
    monkeypatch.setattr(asyncapi, "DOCUMENT", page)
    assert judged("sign-3/down/want/display", {**SHOWN, "number": "12"}) == []


def test_another_halls_message_is_not_of_this_hall():
    record = BusRecord("demo")
    record.note(Packet("hall/1/elsewhere/sign-1/up/beat", json.dumps(BEAT).encode()))
    assert record.errors()


def test_one_undocumented_message_fails_a_test_and_an_excused_one_does_not():
    record = BusRecord()
    record.note(Packet("hall/1/demo/sign-1/up/beat", b'{"epoch": null}'))
    with pytest.raises(pytest.fail.Exception, match="epoch"):
        record.check()
    record.excuse("hall/1/demo/sign-1/up/#")
    record.check()
