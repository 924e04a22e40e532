"""What somebody has the hall told reaches ears and eyes, an order to leave first and for as long as it stands."""

import json

from hall.messages import asks, facts
from hall.messages.common import NoticeKind
from hall.text import Text

STOP = Text(zh="今天下午三点停电检修，请提前办理", en="Power maintenance at three; please come earlier")


def tell(cast, hall, kind, **more):
    return cast.does(asks.Broadcast(id=hall.new_id(), kind=kind, **more))


def spoken(said, hall):
    return [
        command
        for payload in said(hall, "speaker-1/down/command")
        if (command := json.loads(payload))["type"] == "announce"
    ]


def test_an_order_to_leave_is_on_every_sign_and_said_again_and_again_also_by_a_hub_that_was_killed(
    cast, simulated_hall, said
):
    hall = simulated_hall
    cast.sits(2)
    order = tell(cast, hall, NoticeKind.EVACUATE, confirmed=True)
    cast.until(lambda: len(ids(said, hall)) >= 3, "it is said again", 60)
    assert {command["rank"] for command in spoken(said, hall) if "离开" in command["text"]["zh"]} == {0}
    hall.kill_hub()
    hall.run_for(2)
    hall.start_hub()
    before = len(ids(said, hall))
    cast.until(lambda: len(ids(said, hall)) >= before + 2, "and by the hub that is back", 60)
    displays = [json.loads(said(hall, f"sign-{n}/down/want/display")[-1]) for n in (1, 2, 3)]
    assert [display["mode"] for display in displays] == ["evacuate"] * 3

    ended = cast.does(asks.WithdrawNotice(id=hall.new_id(), notice=order.notice))
    assert ended.withdrawn
    hall.run_for(5)
    quiet = len(ids(said, hall))
    hall.run_for(60)
    assert len(ids(said, hall)) == quiet
    assert json.loads(said(hall, "sign-2/down/want/display")[-1])["mode"] == "idle"


def ids(said, hall):
    return {command["id"] for command in spoken(said, hall) if "离开" in command["text"]["zh"]}


def test_a_notice_moves_over_a_free_sign_beside_its_window_and_leaves_with_its_end(quiet, quiet_hall, wall):
    quiet.sits(2)
    before = wall(quiet_hall, 2)
    given = tell(quiet, quiet_hall, NoticeKind.TEXT, text=STOP)
    shown = wall(quiet_hall, 2, seconds=20.0)
    assert len(shown) > len(before) + 5, "the notice moves"
    assert before[0] in shown, "and the window is still named"
    number = quiet.helps("withdrawal", lane="normal").number
    quiet.calls(2)
    quiet_hall.run_for(11)  # it has flashed, and its sentence has passed
    assert len(wall(quiet_hall, 2)) <= 4, f"{number} is called: nothing moves beside it"
    quiet.finishes(2)
    quiet.does(asks.WithdrawNotice(id=quiet_hall.new_id(), notice=given.notice))
    assert quiet.told(facts.NoticeEnded)[-1].withdrawn
