"""Slow jobs beside the loop: in order, one at a time, their results in the loop."""

import threading
import time

from hall.worker import InlineWorker, ThreadWorker


def test_jobs_run_elsewhere_in_order_and_their_results_come_in_the_loop(inbox, run):
    worker = ThreadWorker(inbox, "w")
    results, threads = [], set()

    def job(n):
        threads.add(threading.current_thread())
        time.sleep(0.001 * (3 - n))
        return n

    def done(result):
        assert threading.current_thread() not in threads
        results.append(result)

    for n in range(3):
        worker.submit(lambda n=n: job(n), done)
    run(lambda: len(results) == 3)
    worker.close()
    assert results == [0, 1, 2]
    assert len(threads) == 1


def test_what_a_job_raises_is_its_result_and_the_worker_lives_on(inbox, run):
    worker = ThreadWorker(inbox, "w")
    results = []
    worker.submit(lambda: 1 / 0, results.append)
    worker.submit(lambda: "well", results.append)
    run(lambda: len(results) == 2)
    worker.close()
    assert isinstance(results[0], ZeroDivisionError)
    assert results[1] == "well"


def test_closing_drops_what_waits_and_may_be_done_twice(inbox):
    worker = ThreadWorker(inbox, "w")
    hold, done = threading.Event(), []
    worker.submit(hold.wait, done.append)
    worker.submit(lambda: done.append("never"), done.append)
    worker.close(wait_s=0.0)
    hold.set()
    worker.close()
    worker.submit(lambda: done.append("never"), done.append)
    inbox.call_soon(inbox.stop)
    inbox.run()
    assert done == []


def test_in_a_simulated_day_a_job_takes_the_time_the_twin_says(clock):
    worker = InlineWorker(clock, lambda: 3.0)
    begun, done = [], []
    for name in ("a", "b"):
        worker.submit(
            lambda name=name: begun.append((name, clock.mono())),
            lambda _r, name=name: done.append((name, clock.mono())),
        )
    clock.run_for(10)
    assert begun == [("a", 0.0), ("b", 3.0)]
    assert done == [("a", 3.0), ("b", 6.0)]


def test_in_a_simulated_day_an_exception_is_a_result_too(clock):
    worker, results = InlineWorker(clock, lambda: 1.0), []
    worker.submit(lambda: 1 / 0, results.append)
    worker.submit(lambda: "well", results.append)
    clock.run_for(5)
    assert isinstance(results[0], ZeroDivisionError)
    assert results[1] == "well"
