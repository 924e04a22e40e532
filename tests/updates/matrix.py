"""Updates cut off at every step and at random, in a process small enough to fork by the hundred.

``python -m tests.updates.matrix steps EVERY`` cuts a whole update at each EVERY-th step, once by kill -9 and once by an error of the disk.
``python -m tests.updates.matrix chaos TIMES SEED`` lets a machine live through releases good and bad with a kill somewhere in each act.

Each prints one JSON object with what was done and what went wrong; nothing may.
"""

import json
import random
import shutil
import sys
import tempfile
from pathlib import Path

from devices.updates import boot_select as boot
from devices.updates.installer import Installer
from hall.errors import HallError
from hall.releases import Listed
from tests.updates import faults, machine
from tests.updates.desk import PAD, Desk, Machine


def environment(*, folder, home, wheels, requirements, release):
    """Stands for pip, which needs no proof of ours: as many files, no minutes."""
    assert sorted(wheels.glob("*.whl"))
    assert requirements.read_text().count("--hash=") == 2
    (folder / "bin").mkdir(parents=True)
    for name in ("python", "hall"):
        (folder / "bin" / name).write_text(f"#!{home}\n")
        (folder / "bin" / name).chmod(0o755)


def tried(*, folder, release, account):
    assert (folder / "bin" / "python").exists()


class World:
    """One machine, and the desk it knows."""

    def __init__(self, folder: Path, desk: Desk) -> None:
        self.folder = folder
        self.place = machine.made(folder, "0.9", current="0.9")
        self.eyes = Machine.of(desk, folder)
        self.installer = Installer(self.place, build=environment, try_out=tried)

    def install(self, version, *, held=False):
        self.installer.install(Listed(version=version, **PAD), self.eyes.look, held=held)

    def wrong(self) -> str | None:
        """What is not as it must be, whatever happened; a start is part of it."""
        for folder in self.place.releases.iterdir():
            if not folder.name.startswith(".") and not boot.runnable(self.place, folder.name):
                return f"{folder.name} has its name and is not whole"
        before = boot.read(self.place)
        runs = boot.choose(self.place)
        if runs is None or not boot.runnable(self.place, runs) or boot.current(self.place) != runs:
            return f"{runs} runs"
        if runs not in {before.trial, before.good, "0.9"}:
            return f"{runs} is neither good nor on trial"
        return None


def steps(every: int, scratch: Path) -> dict:
    desk = Desk(_made(scratch / "desk"))
    desk.release("1.0")
    whole = World(scratch / "whole", desk)
    count = faults.every(lambda: whole.install("1.0"), whole.folder)
    cases, wrong = [], []
    for how in ("kill", "error"):
        for stop in range(1 + (how == "error"), count + 1, every):
            world = World(scratch / f"{how}-{stop}", desk)
            faults.run(lambda world=world: world.install("1.0"), world.folder, stop=stop, how=how)
            cases.append(f"{how}-{stop}")
            found = world.wrong() or _goes_on(world)
            if found:
                wrong.append(f"{how} at step {stop} of {count}: {found}")
            shutil.rmtree(world.folder)
    return {"steps": count, "cases": len(cases), "wrong": wrong}


def _goes_on(world: World) -> str | None:
    """The next attempt, or the trial that begun, ends with the new release and nothing left lying."""
    if boot.read(world.place).trial is None:
        try:
            world.install("1.0")
        except HallError as error:
            return f"the next attempt says {error}"
    if boot.choose(world.place) != "1.0" or not boot.make_good(world.place, "1.0"):
        return "the new release does not run in the end"
    world.installer.clear()
    world.installer.prune()
    left = [*world.place.home.glob("staging*"), *world.place.releases.glob(".*")]
    return f"{left} was left" if left else None


def chaos(times: int, seed: int, scratch: Path) -> dict:
    chance = random.Random(seed)
    desk = Desk(_made(scratch / "desk"))
    desk.release("0.9")  # so that there is a first root
    world = World(scratch / "machine", desk)
    kills, wrong, good, bad = 0, [], 0, 0
    for turn in range(10 * times):
        version = f"1.{turn}"
        if turn % 5 == 0:  # signing takes longer than a life
            desk.release(version)
            newest = version
            fine = chance.random() < 0.5
        acts = [lambda newest=newest: world.install(newest), lambda: boot.choose(world.place)]
        if fine:
            acts.append(lambda newest=newest: boot.make_good(world.place, newest))
        acts.append(lambda: boot.ended(world.place, "exit-code"))
        for act in acts:
            stop = chance.randrange(1, 60)
            code, _, _ = faults.run(
                act, world.folder, stop=stop, how=chance.choice(("kill", "kill", "error"))
            )
            kills += code == faults.DIED
            found = world.wrong()
            if found:
                wrong.append(f"turn {turn}: {found}")
        state = boot.read(world.place)
        good += state.good == newest
        bad += state.bad == newest
        if kills >= times:
            break
    return {"kills": kills, "turns": turn + 1, "good": good, "rolled_back": bad, "wrong": wrong}


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


def main() -> int:
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as scratch:
        if sys.argv[1] == "steps":
            found = steps(int(sys.argv[2]), Path(scratch))
        else:
            found = chaos(int(sys.argv[2]), int(sys.argv[3]), Path(scratch))
    print(json.dumps(found))
    return 1 if found["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
