"""The number book over the bus: entered by a console, printed nowhere, called like everybody, and still there after a restart."""


def enter(console, **more):
    return console.ask("enter_by_hand", service="withdrawal", first="A8001", last="A8003", **more)


def numbers(rig, kind):
    return [fact["number"] for fact in rig.facts(kind)]


def test_a_device_enters_nothing(rig, dispenser):
    assert enter(dispenser)["code"] == "not-allowed"


def test_what_is_entered_is_answered_whole_and_printed_nowhere(rig, console, dispenser):
    answer = enter(console, served=[{"first": "A8001", "last": "A8001"}])
    assert [fact["type"] for fact in answer["facts"]] == [
        "EnteredByHand", "TicketIssued", "ServedByHand", "TicketIssued", "TicketIssued",
    ]  # fmt: skip
    rig.run_for(5)
    assert rig.facts("PrintFailed") == []
    assert [packet for packet in dispenser.heard if packet.topic.endswith("down/command")] == []


def test_the_same_ask_again_and_a_restart_enter_nobody_twice(rig, console, dispenser):
    console.ask("sit", window=1, clerk="011")
    enter(console, id_="by-hand-1")
    enter(console, id_="by-hand-1")
    rig.kill_hub()
    rig.start_hub()
    assert numbers(rig, "TicketIssued") == ["A8001", "A8002", "A8003"]
    assert enter(console)["code"] == "entered-by-hand"
    console.ask("call_next", window=1)
    assert numbers(rig, "TicketCalled") == ["A8001"]
