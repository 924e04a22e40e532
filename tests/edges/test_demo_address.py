"""The demo's own address is on its tickets: the code opens the ticket's page, on this machine alone."""

from contextlib import closing
from zoneinfo import ZoneInfo

from hall.inbox import Inbox
from sim.demo import pages_said
from sim.running import RunningHall


class _Stopped(RunningHall):
    """A hall that is put together and never started."""

    close = RunningHall.stop


def test_a_demo_with_a_page_prints_its_address_and_one_without_prints_none(tmp_path):
    inbox = Inbox(ZoneInfo("Asia/Shanghai"))
    with closing(_Stopped(tmp_path / "a", inbox, web_port=0)) as hall:
        assert hall.layout.plan.public_url == hall.url
        assert hall.url.startswith("http://127.0.0.1:")
    with closing(_Stopped(tmp_path / "b", inbox)) as hall:
        assert hall.layout.plan.public_url == ""


def test_a_closed_demo_says_for_whom_its_plain_pages_are():
    here, everywhere = pages_said(lan=False), pages_said(lan=True)
    for said in (here, everywhere):
        assert "plain HTTP" in said
        assert "docs/hall-box.md" in said
    assert "this machine alone" in here
    assert "can read what is typed" in everywhere
