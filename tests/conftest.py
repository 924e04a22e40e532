"""What every test shares. Markers, warnings and timeouts are set in pyproject.toml.

`make test` runs tests side by side (pytest-xdist, ``--dist loadgroup``), with groups that stay together: whole halls of real
processes run one after the other, because what they promise has limits of time and eighteen programs are crowd enough; so do halls
that a browser looks at; and what a module makes once is made in one worker. Any other test may run beside any other, in any order.
"""

import os
import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from .chromium import chromium  # noqa: F401 - a fixture

#: whole halls for stories, in this process and as processes
pytest_plugins = ["sim.fixtures"]

# Readers of pictures are many small programs: threads of one wait for each other more than they read.
os.environ["OMP_THREAD_LIMIT"] = "1"
# A hall is eighteen programs. What Python compiles for them it keeps, but not beside the source when asked not to.
if os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):
    os.environ.setdefault(
        "PYTHONPYCACHEPREFIX", str(Path(__file__).parents[1] / ".pytest_cache" / "compiled")
    )

# A shell that runs this in the background has SIGINT ignored, and so would have every hall that is to end by it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Machines are shared and noisy: a slow example is not a wrong one.
settings.register_profile("here", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# For a night: `make test-deep`. Tests that say how many examples they want say it as a share of the profile's.
settings.register_profile("deep", settings.get_profile("here"), max_examples=2000)
# A build must fail for its commit, not for its luck.
settings.register_profile("build", settings.get_profile("here"), derandomize=True, print_blob=True)
settings.load_profile(os.environ.get("HALL_TESTS") or ("build" if os.environ.get("CI") else "here"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport():
    """What a test wrote goes from process to process; half a character pair would not get through."""
    report = yield
    report.sections = [
        (name, text.encode("utf-8", "backslashreplace").decode()) for name, text in report.sections
    ]
    return report


@pytest.hookimpl(tryfirst=True)  # xdist writes a group into a test's name after this
def pytest_collection_modifyitems(items):
    """Tests that share a hall stay together."""
    for item in items:
        if group := shared(item):
            item.add_marker(pytest.mark.xdist_group(group))


@pytest.hookimpl(trylast=True)
def pytest_collection_finish(session):
    """Two halls of processes at a time fail by their limits of time, for no reason anybody would find: say it here instead."""
    if not session.config.getoption("loadgroup", False):
        return
    for item in session.items:
        if item.get_closest_marker("xdist_group") and "@" not in item.nodeid:
            raise pytest.UsageError(
                f"{item.nodeid} has a group that this pytest-xdist does not keep together"
            )


PAGES = frozenset({"browser", "outside"})


def shared(item):
    """The group whose tests run one after the other in one worker; empty when this test may run anywhere."""
    if item.get_closest_marker("processes") or "running_hall" in item.fixturenames:
        # what a browser sees is awaited patiently: it may stand beside a hall whose promises have limits of time
        return "pages" if PAGES & set(item.path.parts) else "processes"
    for definitions in item._fixtureinfo.name2fixturedefs.values():
        fixture = definitions[-1]
        if fixture.baseid and fixture.scope == "package":
            return fixture.baseid
        if fixture.baseid and fixture.scope == "module":
            return item.nodeid.partition("::")[0]
    return ""
