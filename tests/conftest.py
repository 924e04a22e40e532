"""What every test shares. Markers, warnings and timeouts are set in pyproject.toml.

`make test` runs tests side by side (pytest-xdist, ``--dist loadgroup``), with groups that stay together: whole halls of real
processes run one after the other, because what they promise has limits of time and eighteen programs are crowd enough; so do halls
that a browser looks at; and what a module makes once is made in one worker. Any other test may run beside any other, in any order.
Halls come first, and mostly wait: one more worker than processors uses that time, and stands back for them (tests/README.md).
"""

import gc
import os
import resource
import signal
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from .chromium import chromium  # noqa: F401 - a fixture

#: whole halls for stories, in this process and as processes
pytest_plugins = ["sim.fixtures"]

# Readers of pictures are many small programs: threads of one wait for each other more than they read.
os.environ["OMP_THREAD_LIMIT"] = "1"
# A hall is eighteen programs, and pytest rewrites every assert of 300 files in every worker: what Python compiles is kept, but not
# beside the source when asked not to.
if os.environ.pop("PYTHONDONTWRITEBYTECODE", "") or sys.dont_write_bytecode:
    kept = str(Path(__file__).parents[1] / ".pytest_cache" / "compiled")
    os.environ.setdefault("PYTHONPYCACHEPREFIX", kept)
    sys.pycache_prefix = sys.pycache_prefix or os.environ["PYTHONPYCACHEPREFIX"]
    sys.dont_write_bytecode = False

# A shell that runs this in the background has SIGINT ignored, and so would have every hall that is to end by it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Machines are shared and noisy: a slow example is not a wrong one. Sixty of a rule's histories, other ones each time, are as many as
# ten minutes for everything allow.
settings.register_profile(
    "here", deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow]
)
# For a night: `make test-deep`. Tests that say how many examples they want say it as a share of the profile's.
settings.register_profile("deep", settings.get_profile("here"), max_examples=2000)
# A build must fail for its commit, not for its luck.
settings.register_profile("build", settings.get_profile("here"), derandomize=True, print_blob=True)
settings.load_profile(os.environ.get("HALL_TESTS") or ("build" if os.environ.get("CI") else "here"))


def pytest_make_parametrize_id(val):
    """A test's name goes from process to process and into every program's environment: a megabyte of nonsense is told by its size."""
    if isinstance(val, (str, bytes)) and len(val) > LONG_ID:
        return f"{val[:20]!a}... {len(val)} long"
    return None


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
    """Tests that share a hall stay together; halls, which mostly wait, come first, then the large groups, then what may run anywhere."""
    groups = {}
    for item in items:
        if group := shared(item):
            item.add_marker(pytest.mark.xdist_group(group))
        if marked := item.get_closest_marker("xdist_group"):
            groups[item] = marked.args[0]
    size = Counter(groups.values())
    items.sort(key=lambda item: order(groups.get(item, ""), size))


def pytest_configure(config):
    """The order of groups is the one above, not xdist's."""
    config.option.loadscopereorder = False


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    """A worker without a hall stands back for those that have one: of those there are more than processors."""
    if "PYTEST_XDIST_WORKER" in os.environ and os.nice(0) == BEGUN_NICE and not on_stage(item):
        os.nice(5)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """What costs much has a reason that stands beside it, or does not come into the normal set."""
    before = processor_s()
    outcome = yield
    spent = processor_s() - before
    free = on_stage(item) or any(item.get_closest_marker(name) for name in ("long", "lengthy"))
    if spent > LENGTHY_S and not free and settings.get_current_profile_name() != "deep":
        pytest.fail(
            f"{spent:.0f} s of a processor, more than {LENGTHY_S}: make it quicker, or mark it long, or lengthy with the reason",
            pytrace=False,
        )
    return outcome


@pytest.hookimpl(trylast=True)
def pytest_collection_finish(session):
    """Two halls of processes at a time fail by their limits of time, for no reason anybody would find: say it here instead."""
    gc.freeze()  # ten thousand tests stay to the end: neither this program nor what it forks need look through them for rubbish
    if not session.config.getoption("loadgroup", False):
        return
    for item in session.items:
        if item.get_closest_marker("xdist_group") and "@" not in item.nodeid:
            raise pytest.UsageError(
                f"{item.nodeid} has a group that this pytest-xdist does not keep together"
            )


#: seconds of a processor that a test may take without saying why; those of its programs count when they have ended
LENGTHY_S = 30
#: from which length on a text is named by its beginning
LONG_ID = 200
#: groups of whole halls
HALLS = ("processes", "pages")
#: how nice this program was to others when it began
BEGUN_NICE = os.nice(0)


def processor_s():
    """What this process and its ended children have used of a processor; a crowded machine does not change it much."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def on_stage(item):
    """Whether a test has a whole hall of processes, or a page of one."""
    return any(mark.args[0] in HALLS for mark in item.iter_markers("xdist_group"))


def order(group, size):
    """Where a group stands among the others."""
    if group in HALLS:
        return 0, HALLS.index(group)
    return (1, -size[group]) if group else (2, 0)


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
