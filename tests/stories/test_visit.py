"""One visit, from the press to the rating, in process and as processes."""


def test_a_hall_in_this_process_is_up_when_the_test_begins(simulated_hall):
    assert simulated_hall.console.view.fresh


def test_a_hall_of_processes_is_up_when_the_test_begins(running_hall):
    assert running_hall.console.view.fresh
    assert set(running_hall.pids()) == {"broker", "world", "hub", *running_hall.plan.members}
