"""The release desk and its people, as they type it."""

import subprocess
import sys
from pathlib import Path

HALL = Path(sys.prefix) / "bin" / "hall"


class Desk:
    """The release desk, as `hall release …` works it."""

    def __init__(self, folder):
        self.folder = folder
        for name in ("root1", "root2", "root3", "release1", "release2", "release3", "desk"):
            self.hall("keys", folder / name, "--plain")
        # fmt: off
        self.hall(
            "root", "--desk-key", folder / "desk.pub",
            *(word for n in (1, 2, 3) for word in ("--root-key", folder / f"root{n}.pub", "--targets-key", folder / f"release{n}.pub")),
        )
        # fmt: on
        self.sign("root")

    def hall(self, *words):
        return hall(self.folder, "release", *words)

    def sign(self, whose):
        for n in (1, 2):
            self.hall("sign", "--key", self.folder / f"{whose}{n}")

    def publish(self, made, mirror):
        self.hall("add", made)
        self.sign("release")
        self.hall("publish", "--key", self.folder / "desk", "--to", mirror)


def hall(folder, *words):
    done = subprocess.run(
        [HALL, *words], check=False, capture_output=True, text=True, timeout=120, cwd=folder
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
