"""The service manager hears that a program lives only while its loop turns and none of its workers hangs."""

import asyncio
import os
import socket
import threading
import time
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from hall.clock import VirtualScheduler
from hall.inbox import Inbox
from hall.loop_watchdog import LoopWatchdog
from hall.notify import LOOK_S, Notifier, Watchdog
from hall.worker import ThreadWorker, working

ZONE = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def manager(tmp_path):
    """A service manager's ear: a real socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(str(tmp_path / "notify"))
        ear.settimeout(5)
        yield ear


def environment(manager, **more):
    return {"NOTIFY_SOCKET": manager.getsockname(), **more}


def heard(manager):
    """Everything said so far."""
    said = []
    manager.setblocking(False)
    try:
        while True:
            said.append(manager.recv(4096).decode())
    except BlockingIOError:
        return said


def test_ready_fed_with_a_status_and_goodbye(manager):
    time_ = VirtualScheduler(datetime(2026, 11, 23, 9, 0, tzinfo=ZONE))
    notifier = Notifier(environment(manager, WATCHDOG_USEC="30000000", WATCHDOG_PID=str(os.getpid())))
    watchdog = Watchdog(notifier, time_, workers=list, status=lambda: "on the bus")
    watchdog.start()
    assert heard(manager) == ["READY=1", "WATCHDOG=1\nSTATUS=on the bus"]
    time_.run_for(30)
    assert len(heard(manager)) == 3
    watchdog.stop()
    assert heard(manager) == ["STOPPING=1"]
    time_.run_for(60)
    assert heard(manager) == []


def test_a_hanging_hand_stops_the_watchdog_and_is_named_until_it_goes_on(manager):
    loop, let_go, seen = Inbox(ZONE), threading.Event(), []
    worker = ThreadWorker(loop, "sign-3-printer")
    notifier = Notifier(environment(manager, WATCHDOG_USEC="300000"))
    watchdog = Watchdog(notifier, loop, workers=lambda: [worker], status=lambda: "well", hang_s=0.3)

    def look():
        seen.extend(heard(manager))
        if any("STATUS=hangs: sign-3-printer" in said for said in seen) and not let_go.is_set():
            # nothing was fed since it hangs
            assert "WATCHDOG=1" not in seen[-1]
            let_go.set()
            seen.clear()
        if let_go.is_set() and any("WATCHDOG=1" in said for said in seen):
            loop.stop()
            return
        loop.call_later(0.05, look)

    worker.submit(lambda: let_go.wait(30), lambda _: None)
    watchdog.start()
    look()
    loop.call_later(30, loop.stop)
    assert loop.run() == 0
    assert let_go.is_set()
    assert seen[-1] == "WATCHDOG=1\nSTATUS=well"
    watchdog.stop()
    worker.close()


def test_a_loop_that_stands_still_feeds_nothing(manager):
    loop = Inbox(ZONE)
    notifier = Notifier(environment(manager, WATCHDOG_USEC="60000"))
    watchdog = Watchdog(notifier, loop, workers=list, status=lambda: "well")
    watchdog.start()
    heard(manager)
    stood = []

    def stand_still():
        time.sleep(0.5)
        stood.extend(heard(manager))
        loop.stop()

    loop.call_later(0.0, stand_still)
    loop.run()
    assert stood == []


def test_whoever_watches_sees_every_worker_that_takes_jobs():
    loop = Inbox(ZONE)
    first, second = ThreadWorker(loop, "first"), ThreadWorker(loop, "second")
    assert {"first", "second"} <= {worker.name for worker in working()}
    first.close()
    second.close()
    assert not {"first", "second"} & {worker.name for worker in working()}
    assert not first.well(60.0)


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"NOTIFY_SOCKET": "/nowhere/at/all", "WATCHDOG_USEC": "soon"},
        {"NOTIFY_SOCKET": "@hall-nobody", "WATCHDOG_USEC": "0"},
        {"WATCHDOG_USEC": "1000000", "WATCHDOG_PID": "1"},
    ],
)
def test_without_a_manager_nothing_is_said_and_nothing_fails(said):
    time_ = VirtualScheduler(datetime(2026, 11, 23, 9, 0, tzinfo=ZONE))
    notifier = Notifier(said)
    assert notifier.watchdog_s is None
    watchdog = Watchdog(notifier, time_, workers=list, status=lambda: "well")
    watchdog.start()
    time_.run_for(LOOK_S * 3)
    watchdog.stop()


# ---------------------------------------------------------------- programs on asyncio's loop


async def fed(manager, parts, until, *, answer_s=0.1, **more):
    """What is said until `until` of it is true, by a watchdog that wants food every 0.15 s."""
    notifier = Notifier(environment(manager, WATCHDOG_USEC="150000"))
    running = asyncio.create_task(LoopWatchdog(notifier, parts, answer_s=answer_s).run(**more))
    said = []
    async with asyncio.timeout(20):
        while not until(said):
            await asyncio.sleep(0.01)
            said.extend(heard(manager))
    running.cancel()
    await asyncio.wait([running])
    return said, heard(manager)


async def at_once():
    """A part that is well."""


def test_a_loop_is_ready_once_it_serves_is_fed_while_all_answer_and_says_goodbye(manager):
    asked = []

    def started():
        asked.append(None)
        return len(asked) > 3

    said, last = asyncio.run(
        fed(manager, {"door": at_once}, lambda said: said.count(WELL) == 3, started=started)
    )
    assert said == ["READY=1", WELL, WELL, WELL]
    assert last == ["STOPPING=1"]


def test_a_part_that_does_not_answer_is_named_and_asked_once_until_it_does(manager):
    asked, answer = [], asyncio.Event()

    async def hanging():
        asked.append(None)
        await answer.wait()

    def seen(said):
        if said.count(HANGS) == 3 and not answer.is_set():
            assert len(asked) == 1
            assert WELL not in said
            answer.set()
        return WELL in said

    said, _ = asyncio.run(fed(manager, {"hall": hanging, "door": at_once}, seen))
    assert said[0] == "READY=1"


def test_a_part_that_answers_with_a_mistake_lives(manager):
    async def mistaken():
        raise ValueError("no such thing")

    said, _ = asyncio.run(fed(manager, {"door": mistaken}, lambda said: said.count(WELL) == 2))
    assert HANGS not in said


WELL, HANGS = "WATCHDOG=1\nSTATUS=well", "STATUS=hangs: hall"
