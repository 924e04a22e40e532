"""Time by hand and a broker in memory for most tests; a real loop and a real mosquitto for those about them."""

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from hall.clock import VirtualScheduler
from hall.inbox import Inbox
from hall.memory import MemoryBroker
from hub.broker import Broker

ZONE = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def clock() -> VirtualScheduler:
    return VirtualScheduler(datetime(2026, 11, 23, 9, 0, tzinfo=ZONE))


@pytest.fixture
def bus(clock) -> MemoryBroker:
    return MemoryBroker(clock)


@pytest.fixture
def inbox() -> Inbox:
    return Inbox(ZONE)


@pytest.fixture
def run(inbox) -> Callable[[Callable[[], bool]], None]:
    """Run the real loop until something is true; fails when it does not become so."""

    def run_until(true: Callable[[], bool], within_s: float = 20.0) -> None:
        end = inbox.mono() + within_s

        def look() -> None:
            if true() or inbox.mono() > end:
                inbox.stop()
            else:
                inbox.call_later(0.002, look)

        inbox.call_soon(look)
        inbox.run()
        assert true(), "it did not happen in time"

    return run_until


@pytest.fixture
def broker(tmp_path):
    with Broker(tmp_path / "broker") as broker:
        yield broker
