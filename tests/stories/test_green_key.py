"""The green key from the finger to the loudspeaker: the desk first, the hall's voice only where nobody there answers."""

import json

from hall.messages import asks, facts

GUIDE = "请引导员到取号机旁。"


def spoken(said, hall):
    """The sentences of the hall, and how each ended."""
    told, ended = {}, {}
    for payload in said(hall, "speaker-1/down/command"):
        command = json.loads(payload)
        if command["type"] == "announce":
            told[command["id"]] = command["text"]["zh"]
    for payload in said(hall, "speaker-1/up/result"):
        result = json.loads(payload)
        ended[result["id"]] = result["phase"]
    return [(text, ended.get(id_)) for id_, text in told.items()]


def hold(hall, cast):
    before = len(cast.told(facts.AlertRaised))
    hall.twin("dispenser-1").press("green-channel", 2.0)
    cast.until(lambda: len(cast.told(facts.AlertRaised)) > before, "the desk is called")
    return cast.told(facts.AlertRaised)[-1].n


def test_a_guide_is_called_aloud_when_the_desk_says_nothing_for_a_minute_and_only_then(
    cast, simulated_hall, said
):
    cast.sits(2)
    call = hold(simulated_hall, cast)
    cast.does(asks.AnswerEscort(id=simulated_hall.new_id(), call=call))
    simulated_hall.run_for(130)
    assert GUIDE not in dict(spoken(said, simulated_hall))

    call = hold(simulated_hall, cast)
    simulated_hall.run_for(50)
    assert GUIDE not in dict(spoken(said, simulated_hall))
    assert cast.wait_for(facts.GuideCalled, count=1).call == call
    cast.until(lambda: (GUIDE, "done") in spoken(said, simulated_hall), "it was heard to its end", 30)
    simulated_hall.run_for(300)
    assert [text for text, _ in spoken(said, simulated_hall)].count(GUIDE) == 1
