"""A member of the crowd keeps its word whatever kills it: the same ask under the same id, every event until its receipt."""

import asyncio
import json
import subprocess
import sys
from dataclasses import asdict

import pytest

from hub.broker import Broker
from sim.chaos.crowd.book import Book
from sim.chaos.crowd.part import PartPlan
from sim.chaos.guests import Guests
from sim.chaos.plan import chaos_plan
from sim.twin.light import LightClient

WITHIN_S = 60


@pytest.fixture
def book(tmp_path):
    book = Book(tmp_path / "book.db")
    yield book
    book.close()


@pytest.fixture
def part(tmp_path):
    """One window and its dispenser, on a broker on which there is no hub."""
    with Broker(tmp_path / "broker") as broker:
        plan = PartPlan(
            name="crowd-1",
            hall="demo",
            port=broker.port,
            book=str(tmp_path / "crowd-1.db"),
            rest=str(tmp_path / "rest"),
            seed=7,
            service="crowd-1",
            letter="K",
            services=["crowd-1"],
            windows=[11],
            dispenser="dispenser-11",
            speaker="",
        )
        (tmp_path / "part.json").write_text(json.dumps(asdict(plan)), encoding="utf-8")
        yield broker.port, [sys.executable, "-m", "sim.chaos.crowd", str(tmp_path / "part.json")]


def one_life(part, wanted):
    """Let the part live until all it is `wanted` to say was said, then kill it; what it said."""
    port, command = part
    said = []

    async def listen():
        done = asyncio.Event()

        def heard(topic, payload):
            _, _, _, member, leaf = topic.split("/", 4)
            message = json.loads(payload)
            said.append((member, leaf, message))
            if all(any(wants(*line) for line in said) for wants in wanted):
                done.set()

        client = LightClient(heard)
        await client.connect("127.0.0.1", port, "hub", ["hall/1/demo/+/up/ask", "hall/1/demo/+/up/event"])
        await asyncio.wait_for(done.wait(), WITHIN_S)
        client.close()

    living = subprocess.Popen(command)
    try:
        asyncio.run(listen())
    finally:
        living.kill()
        living.wait()
    return said


def sits(member, leaf, message):
    return (member, leaf, message["type"]) == ("console-11", "up/ask", "sit")


def takes(member, leaf, message):
    return (member, leaf, message["type"]) == ("dispenser-11", "up/ask", "take_ticket")


def takes_back(ask):
    return lambda _member, leaf, message: leaf == "up/event" and message.get("id") == ask


def first(said, wants):
    return next(message for member, leaf, message in said if wants(member, leaf, message))


@pytest.mark.broker
def test_what_a_kill_interrupted_is_asked_again_or_taken_back_and_told_until_it_is_receipted(part):
    life = one_life(part, [sits, takes])
    sit, ticket = first(life, sits), first(life, takes)["id"]
    again = one_life(part, [sits, takes, takes_back(ticket)])
    assert first(again, sits) == sit
    assert first(again, takes)["id"] != ticket
    told = first(again, takes_back(ticket))
    later = one_life(part, [takes_back(ticket), takes_back(first(again, takes)["id"])])
    assert first(later, takes_back(ticket)) == told
    assert first(later, takes_back(first(again, takes)["id"]))["seq"] == told["seq"] + 1


def test_an_answer_counts_once_and_one_that_contradicts_it_is_kept_as_evidence(book):
    with book.change():
        book.ask("console-11", {"id": "a", "type": "sit"})
        assert book.answer("a", "yes", ok=True)
        assert not book.answer("a", "yes", ok=True)
        assert not book.answer("a", "yes, but", ok=True)
    assert book.open_asks("console-11") == []
    assert book._file.execute("select * from contradictions").fetchall() == [("a", "yes, but")]


def test_an_answer_to_an_ask_that_was_given_up_gives_no_paper(book):
    with book.change():
        book.ask("dispenser-11", {"id": "a", "type": "take_ticket"})
        book.give_up("a")
        assert not book.answer("a", "yes", ok=True)


def test_what_was_not_committed_was_nothing(book):
    def interrupted():
        with book.change():
            book.ask("console-11", {"id": "a", "type": "sit"})
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert book.open_asks("console-11") == []


def test_a_lent_number_is_given_to_one_person(book):
    with book.change():
        assert book.give("2026-11-28", "K9001")
        assert not book.give("2026-11-28", "K9001")
        assert book.give("2026-11-29", "K9001")


def test_a_crowd_has_letters_of_its_own_and_leaves_a_few_windows_their_real_loudspeaker(tmp_path):
    hall = chaos_plan()
    few, many = Guests(4, tmp_path, hall, 7), Guests(20, tmp_path, hall, 7)
    assert not {service.letter for service in hall.services.values()} & set(many.letters)
    assert [len(part.windows) for part in many.parts] == [8, 8, 4]
    assert "speaker-1" in few.join(hall).members
    assert "speaker-1" not in many.join(hall).members
    assert set(many.members) >= {"speaker-9", "dispenser-11", "dispenser-13", "pad-30"}
    with pytest.raises(ValueError, match="at most"):
        Guests(121, tmp_path, hall, 7)
