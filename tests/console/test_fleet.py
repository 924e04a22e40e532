"""The technician's page: who needs somebody comes first."""

from hall.messages.common import MemberState
from hall.text import Text
from hub.console.mirror.picture import MemberSeen
from hub.console.pages.fleet import by_need


def device(name, state, *troubles):
    return MemberSeen(member=name, kind="pad", window=None, state=state, troubles=troubles)


def test_who_does_not_answer_comes_first_and_who_works_quietly_last():
    fine, off = device("pad-1", MemberState.READY), device("pad-2", MemberState.DISCONNECTED)
    lost, never = device("pad-3", MemberState.LOST), device("pad-0", None)
    limps = device("pad-4", MemberState.DEGRADED, Text(zh="按键卡住", en="a key is stuck"))
    complains = device("pad-9", MemberState.READY, Text(zh="温度偏高", en="it is hot"))
    ordered = by_need([fine, off, lost, never, limps, complains])
    assert ordered == [never, lost, limps, off, complains, fine]
