"""A ticket in large print from the key to the loudspeaker: four lines, one call as ever, one slowly."""

import json

from hall.messages import facts


def calls(said, hall):
    told = {}
    for payload in said(hall, "speaker-1/down/command"):
        command = json.loads(payload)
        if command["type"] == "announce" and command.get("number"):
            told[command["id"]] = (command["phrase"], command.get("slow_from", 0))
    return list(told.values())


def test_the_green_key_held_then_a_service_is_printed_large_and_called_slowly(quiet_hall, quiet, said):
    quiet.sits(2, "018")
    keys = quiet_hall.twin("dispenser-1")
    keys.press("green-channel", 2.0)
    quiet_hall.run_for(3.0)
    issued = quiet.takes("withdrawal")
    assert (issued.lane, issued.large_print) == ("priority", True)
    quiet.until(lambda: len(quiet_hall.papers()) == 1, "the paper")
    ordinary = 120.0
    assert quiet_hall.papers()[0].length < ordinary
    assert "escort-wanted" in [fact.code for fact in quiet.told(facts.AlertRaised)]
    quiet.calls(2)
    quiet_hall.run_for(40)
    assert calls(said, quiet_hall) == [("voice.call", 2)]
