#!/usr/bin/env python3
"""Which release of the program runs on this machine. Standard library only; no release ever replaces it.

It is installed once as ``/usr/local/lib/hallfleet/boot-select`` and called by the unit of the program:

``choose``   before each start: point ``current`` at the release on trial, or at the last good one
``ended``    after each end: note how a release on trial ended, as systemd tells it (``SERVICE_RESULT``)
``watch``    beside a trial: make the release good when its program has proved itself, end the trial when it has not in time
``show``     the state, as JSON

Rules:

* Something always runs. Whatever is missing, torn or made up in the state counts for nothing; what cannot be chosen is passed over: the
  release on trial, the last good one, what ``current`` points at, any other that is there.
* A trial is counted down on the disk before it begins. One that cannot be counted is not begun.
* A trial that is held begins only when the program that runs has said for this very start that it makes way: the program knows the
  maintenance window, a crash in opening hours does not. It has said so in its proof, which every counted start takes away.
* A trial ends well only by :func:`make_good`, which the program earns (devices/updates/proof.py). Without starts left it has failed: the
  last good release runs again, and ``bad`` and ``reason`` say which one failed and why.
* The state is replaced as a whole and reaches the disk before the link does; a link is replaced by a rename. The last good release also
  has a link, ``good``: a state that is lost in the middle of a trial is no reason to run that trial for ever.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path

#: starts that a release on trial has
ATTEMPTS = 3
#: seconds in which it must have proved itself
DEADLINE_S = 240.0
LOOK_S = 2.0
#: longest proof that is read; the program's own account writes it
PROOF_LIMIT = 4096

#: systemd's word for an end → ours
ENDS = {
    "exit-code": "crashed",
    "signal": "killed",
    "core-dump": "crashed",
    "timeout": "not-ready-in-time",
    "watchdog": "hung",
    "oom-kill": "out-of-memory",
    "protocol": "not-ready",
    "resources": "no-resources",
}


@dataclass
class State:
    """What stands in ``state.json``."""

    #: the last release that proved itself
    good: str | None = None
    #: the one that is being tried
    trial: str | None = None
    attempts_left: int = 0
    #: it waits for the program that runs to make way
    held: bool = False
    #: how the last attempt went wrong; after a failed trial: why it failed
    reason: str | None = None
    #: the release of the last failed trial
    bad: str | None = None
    #: trials so far, so that one that failed twice is told twice
    trials: int = 0


@dataclass(frozen=True)
class Place:
    """Where everything is."""

    home: Path = Path("/opt/hallfleet")
    boot: Path = Path("/var/lib/hallfleet/boot")
    proof: Path = Path("/var/lib/hallfleet/device/proof.json")

    @property
    def releases(self) -> Path:
        """One folder each."""
        return self.home / "releases"

    @property
    def link(self) -> Path:
        """The release that runs."""
        return self.home / "current"

    @property
    def good(self) -> Path:
        """The last good release once more, for when the state is lost."""
        return self.home / "good"

    @property
    def state(self) -> Path:
        """The state's file."""
        return self.boot / "state.json"


# ---------------------------------------------------------------- the state


def read(place: Place) -> State:
    """The state; what is not as it must be counts for nothing."""
    try:
        found = json.loads(place.state.read_bytes())
    except (OSError, ValueError, RecursionError):
        return State()
    if not isinstance(found, dict):
        return State()
    state = State()
    for field in fields(State):
        value = found.get(field.name)
        if field.name in {"attempts_left", "trials"}:
            usable = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1_000_000
        elif field.name == "held":
            usable = isinstance(value, bool)
        else:
            usable = isinstance(value, str) and bool(value)
        if usable:
            setattr(state, field.name, value)
    state.attempts_left = min(state.attempts_left, 9)
    return state


def write(place: Place, state: State) -> None:
    """The state as a whole, on the disk; OSError when that is not possible, and then the one before is there."""
    place.boot.mkdir(parents=True, exist_ok=True)
    partial = place.state.with_name("state.json.partial")
    with partial.open("w", encoding="utf-8") as stream:
        os.fchmod(stream.fileno(), 0o644)  # the program reads it, whatever mask its unit has
        json.dump(asdict(state), stream)
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(partial, place.state)  # noqa: PTH105 - said as the system call it is
    _sync_folder(place.boot)


@contextlib.contextmanager
def alone(place: Place) -> Iterator[None]:
    """One at a time; on a disk that cannot be written everybody reads."""
    try:
        place.boot.mkdir(parents=True, exist_ok=True)
        lock = os.open(place.boot / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError:
        yield
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


# ---------------------------------------------------------------- releases and the link


def runnable(place: Place, version: str | None) -> bool:
    """Whether this release is there as far as a look can tell: its own Python and its program."""
    if not version or "/" in version or version.startswith("."):
        return False
    programs = place.releases / version / "bin"
    return all(_executable(programs / name) for name in ("python", "hall"))


def present(place: Place) -> list[str]:
    """Every release that can run, the newest folder first."""
    try:
        found = [entry.name for entry in place.releases.iterdir() if runnable(place, entry.name)]
    except OSError:
        return []
    return sorted(found, key=lambda name: (_made(place.releases / name), name), reverse=True)


def target(link: Path) -> str | None:
    """What a link points at, when that is a release of ours."""
    try:
        to = Path(os.readlink(link))  # noqa: PTH115 - as above
    except OSError:
        return None
    return to.name if to == Path("releases") / to.name else None


def current(place: Place) -> str | None:
    """The release that runs."""
    return target(place.link)


def point(link: Path, version: str) -> None:
    """The link points at this release, or still where it did; OSError."""
    if target(link) == version:
        return
    partial = link.with_name(link.name + ".partial")
    partial.unlink(missing_ok=True)
    partial.symlink_to(Path("releases") / version)
    os.replace(partial, link)  # noqa: PTH105 - as above
    _sync_folder(link.parent)


# ---------------------------------------------------------------- what is done


def begin_trial(place: Place, version: str, attempts: int = ATTEMPTS, *, held: bool = False) -> None:
    """The next start tries this release, or, `held`, the next one that the program makes way for; OSError, ValueError when it cannot run."""
    if not runnable(place, version):
        raise ValueError(f"{version} cannot run")
    with alone(place):
        state = read(place)
        if not runnable(place, state.good):
            state.good = current(place)
        if state.good is not None:
            point(place.good, state.good)
        state.trial, state.attempts_left, state.reason, state.bad = version, attempts, None, None
        state.held = held
        state.trials += 1
        write(place, state)


def take_back(place: Place) -> None:
    """A trial that is held is none any more: another release comes in its place. OSError."""
    with alone(place):
        state = read(place)
        if state.held:
            state.trial, state.attempts_left, state.held = None, 0, False
            write(place, state)


def choose(place: Place) -> str | None:
    """Point the link at what is to run now; None when nothing here can run."""
    with alone(place):
        state = read(place)
        for version in _candidates(place, state):
            if version == state.trial and not _counted(place, state):
                continue
            try:
                point(place.link, version)
            except OSError as error:
                _say(f"the link cannot be changed: {error}")
                if not runnable(place, current(place)):
                    continue
                return current(place)
            return version
    return None


def make_good(place: Place, version: str) -> bool:
    """The release on trial has proved itself; False when this is not it. OSError."""
    with alone(place):
        state = read(place)
        if state.trial != version or current(place) != version:
            return False
        state.good, state.trial, state.attempts_left, state.reason, state.bad = version, None, 0, None, None
        write(place, state)
        point(place.good, version)
        return True


def give_up(place: Place, reason: str) -> bool:
    """The trial has no starts left, for this reason; False when there is none. OSError."""
    with alone(place):
        state = read(place)
        if state.trial is None:
            return False
        state.attempts_left, state.reason = 0, reason[:200]
        write(place, state)
        return True


def ended(place: Place, result: str) -> None:
    """A start of the program ended like this; of a release on trial it is noted. OSError."""
    if result not in ENDS:
        return
    with alone(place):
        state = read(place)
        # without starts left a reason that stands is why it was given up
        if state.trial is not None and (state.attempts_left or state.reason is None):
            state.reason = ENDS[result]
            write(place, state)


def watch(place: Place, restart: list[str], deadline_s: float = DEADLINE_S, look_s: float = LOOK_S) -> str:
    """Stay beside a trial until it is decided; ``good``, or why it was ended, or ``over`` when somebody else ended it."""
    begun = time.monotonic()
    while (trial := read(place).trial) is not None:
        proof = read_proof(place, trial)
        late = time.monotonic() - begun > deadline_s
        if proof.get("good") is True and make_good(place, trial):
            return "good"
        failed, missing = proof.get("failed"), proof.get("missing")
        if (isinstance(failed, str) and failed) or late:
            # when the time is over: how a start ended says more than what it had not reached
            why = str(failed or read(place).reason or (f"no-{missing}" if missing else "too-late"))
            give_up(place, why)
            if restart:
                subprocess.run(restart, check=False)
            return why
        time.sleep(look_s)
    return "over"


def read_proof(place: Place, version: str) -> dict[str, object]:
    """What the program on trial says of itself, or the one before it of it; empty when that says nothing that can be read."""
    try:
        descriptor = os.open(place.proof, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as stream:
            found = json.loads(stream.read(PROOF_LIMIT))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) and found.get("version") == version else {}


# ---------------------------------------------------------------- inside


def _candidates(place: Place, state: State) -> list[str]:
    """What may run, the first first; a trial without starts left is ended here."""
    if state.trial is not None and not (state.attempts_left and runnable(place, state.trial)):
        why = state.reason or ("no-starts-left" if runnable(place, state.trial) else "not-complete")
        state.bad, state.reason, state.trial, state.attempts_left = state.trial, why, None, 0
        state.held = False
        _keep(place, state)
    waits = state.trial is not None and state.held and read_proof(place, state.trial).get("way") is not True
    rest = [name for name in present(place) if name not in {state.bad, state.trial}]
    known = [name for name in (target(place.good), current(place)) if name in rest]
    wanted = [None if waits else state.trial, state.good, *known, *rest, *present(place)]
    return list(dict.fromkeys(name for name in wanted if name is not None and runnable(place, name)))


def _counted(place: Place, state: State) -> bool:
    """Whether one start fewer is on the disk."""
    state.attempts_left -= 1
    state.held = False
    with contextlib.suppress(OSError):
        place.proof.unlink()
    return _keep(place, state)


def _keep(place: Place, state: State) -> bool:
    try:
        write(place, state)
    except OSError as error:
        _say(f"the state cannot be kept: {error}")
        return False
    return True


def _executable(file: Path) -> bool:
    return file.is_file() and os.access(file, os.X_OK)


def _made(folder: Path) -> float:
    try:
        return folder.stat().st_mtime
    except OSError:
        return 0.0


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _say(what: str) -> None:
    print(f"boot-select: {what}", file=sys.stderr)


def main(argv: list[str] | None = None) -> int:
    """The command."""
    import argparse  # noqa: PLC0415 - a device's program takes its words from here, and reads no command line

    here = Place()
    parser = argparse.ArgumentParser(
        prog="boot-select", description="Which release of the program runs here."
    )
    parser.add_argument("what", choices=("choose", "ended", "watch", "show"))
    parser.add_argument("--home", type=Path, default=here.home)
    parser.add_argument("--boot", type=Path, default=here.boot)
    parser.add_argument("--proof", type=Path, default=here.proof)
    parser.add_argument("--unit", default="hall-device.service", help="what is started again to end a trial")
    parser.add_argument("--watcher", default="", help="the unit that runs `watch` beside a trial")
    asked = parser.parse_args(argv)
    place = Place(asked.home, asked.boot, asked.proof)
    if asked.what == "choose":
        chosen = choose(place)
        if chosen is None:
            _say(f"nothing in {place.releases} can run")
            return 1
        _say(chosen)
        if asked.watcher and read(place).trial == chosen:
            subprocess.run(["systemctl", "--no-block", "start", asked.watcher], check=False)
    elif asked.what == "ended":
        ended(place, os.environ.get("SERVICE_RESULT", ""))
    elif asked.what == "watch":
        _say(watch(place, ["systemctl", "--no-block", "restart", asked.unit]))
    else:
        print(json.dumps(asdict(read(place))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
