"""A crowd builds: the hall speaks up, says what would help, and is right; people are told only what is so."""

from hall.messages import asks, facts
from hall.messages.common import AlarmCode, Remedy


def spoken(said, hall):
    return [payload.decode() for payload in said(hall, "speaker-1/down/command")]


def test_a_long_line_rings_a_window_opens_people_are_told_and_it_stops(cast, simulated_hall, said):
    cast.sits(2)
    for _ in range(6):
        cast.helps("withdrawal", lane="normal")
    rung = cast.wait_for(facts.AlarmRung, code=AlarmCode.LINE_LONG)
    assert (rung.service, rung.suggest.what) == ("withdrawal", Remedy.OPEN_WINDOW)
    assert f"请开{rung.suggest.window}号窗口" in rung.text.zh
    simulated_hall.run_for(30)
    assert len(cast.told(facts.AlarmRung, code=AlarmCode.LINE_LONG)) == 1, "it rings once"
    assert not any("增开窗口" in words for words in spoken(said, simulated_hall)), "nobody has opened one"

    cast.sits(rung.suggest.window)
    answered = cast.does(
        asks.AnswerAlarm(id=simulated_hall.new_id(), alarm=rung.alarm, did="叫了一位同事来", actor="值班 031")
    )
    assert (answered.alarm, answered.actor) == (rung.alarm, "值班 031")
    cast.until(
        lambda: any("增开窗口" in words for words in spoken(said, simulated_hall)),
        "people are told that windows are being opened",
    )
    cast.calls(rung.suggest.window)
    stopped = cast.wait_for(facts.AlarmStopped, alarm=rung.alarm)
    assert stopped.seconds >= 30
    assert '"alarms"' not in said(simulated_hall, "hub/board")[-1].decode()


def test_a_hub_that_was_killed_in_a_crowd_knows_its_alarm_and_does_not_ring_again(quiet_hall, quiet):
    quiet.sits(2)
    for _ in range(6):
        quiet.helps("withdrawal", lane="normal")
    rung = quiet.wait_for(facts.AlarmRung, code=AlarmCode.LINE_LONG)
    quiet_hall.kill_hub()
    quiet_hall.run_for(5)
    quiet_hall.start_hub()
    quiet_hall.run_for(30)
    assert [fact.alarm for fact in quiet.told(facts.AlarmRung, code=AlarmCode.LINE_LONG)] == [rung.alarm]
    for _ in range(2):
        quiet.calls(2)
        quiet.finishes(2)
    quiet.wait_for(facts.AlarmStopped, alarm=rung.alarm)
