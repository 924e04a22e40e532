"""Open pages are called together: at once with news, else with the tick; none of them waits for another's mistake."""

from __future__ import annotations

import asyncio
import threading

import pytest

from hub.console.mirror import pulse as pulses
from hub.console.mirror.pulse import Pulse


@pytest.fixture
def no_ticks(monkeypatch):
    """Only news wakes anybody."""
    monkeypatch.setattr(pulses, "TICK_S", 3600.0)


class Watcher:
    """One open page: counts how often it looked; asked for `most` times it is over."""

    def __init__(self, pulse, most=1_000_000, fails=0):
        self.looked, self._most, self._fails, self.seen = 0, most, fails, asyncio.Event()
        pulse.watch(self)

    def __call__(self):
        self.looked += 1
        self.seen.set()
        if self.looked <= self._fails:
            raise ValueError("not drawn")
        return self.looked < self._most

    async def looks_again(self):
        self.seen.clear()
        await asyncio.wait_for(self.seen.wait(), 10)


async def settle():
    """Whatever can happen now has happened."""
    for _ in range(10):
        await asyncio.sleep(0)


def test_news_from_another_thread_is_looked_at_at_once(no_ticks):
    async def main():
        pulse = Pulse()
        page = Watcher(pulse)
        await page.looks_again()
        threading.Thread(target=pulse.beat).start()
        await page.looks_again()
        assert page.looked == 2

    asyncio.run(main())


def test_news_that_comes_while_pages_are_drawn_is_looked_at_too(no_ticks):
    async def main():
        pulse = Pulse()
        first = Watcher(pulse)
        await first.looks_again()
        late = Watcher(pulse)
        pulse.beat()
        await late.looks_again()
        pulse.beat()
        await first.looks_again()
        assert first.looked == 3

    asyncio.run(main())


def test_without_news_the_clock_goes_on():
    async def main():
        page = Watcher(Pulse())
        for _ in range(3):
            await page.looks_again()

    asyncio.run(main())


def test_a_page_that_cannot_be_drawn_keeps_no_other_waiting_and_is_tried_again(no_ticks, caplog):
    async def main():
        pulse = Pulse()
        broken, sound = Watcher(pulse, fails=1), Watcher(pulse)
        await sound.looks_again()
        pulse.beat()
        await broken.looks_again()
        assert broken.looked == 2

    asyncio.run(main())
    assert [record.message for record in caplog.records] == ["an open page was not drawn"]


def test_that_a_page_cannot_be_drawn_is_said_once_until_it_was(no_ticks, caplog):
    async def main():
        pulse = Pulse()
        broken = Watcher(pulse, fails=3)
        for _ in range(4):
            await broken.looks_again()
            pulse.beat()

    asyncio.run(main())
    assert [record.message for record in caplog.records] == ["an open page was not drawn"]


def test_a_page_that_is_gone_is_called_no_more_and_the_next_one_starts_anew(no_ticks):
    async def main():
        pulse = Pulse()
        gone = Watcher(pulse, most=1)
        await gone.looks_again()
        pulse.beat()
        await settle()
        page = Watcher(pulse)
        await page.looks_again()
        assert gone.looked == 1

    asyncio.run(main())


def test_what_one_page_drew_is_on_its_way_before_the_next_one_draws(no_ticks):
    async def main():
        pulse, order = Pulse(), []

        def page(name):
            def look():
                order.append(f"{name} drew")
                asyncio.get_running_loop().call_soon(order.append, f"{name} sent")
                return True

            return look

        pulse.watch(page("second"))
        pulse.watch(page("first"), first=True)
        await settle()
        order.clear()
        pulse.beat()
        await settle()
        assert order == ["first drew", "first sent", "second drew", "second sent"]

    asyncio.run(main())


def test_news_after_the_last_page_has_gone_hurts_nobody():
    pulse = Pulse()
    pulse.beat()

    async def main():
        page = Watcher(pulse, most=1)
        await page.looks_again()

    asyncio.run(main())
    pulse.beat()
