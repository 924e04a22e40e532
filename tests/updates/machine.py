"""A machine with releases, as small as can be: folders, the link, and a state."""

import json
import shutil

from devices.updates import boot_select as boot


def made(folder, *versions, current=None):
    """A machine with these releases."""
    place = boot.Place(folder / "opt", folder / "boot", folder / "proof.json")
    for version in versions:
        release(place, version)
    if current is not None:
        boot.point(place.link, current)
    return place


def release(place, version):
    programs = place.releases / version / "bin"
    programs.mkdir(parents=True)
    for name in ("python", "hall"):
        (programs / name).write_text("#!/bin/sh\n")
        (programs / name).chmod(0o755)


def break_(place, version):
    """Half of a release."""
    (place.releases / version / "bin" / "hall").unlink()


def gone(place, version):
    shutil.rmtree(place.releases / version)


def prove(place, version, **said):
    place.proof.write_text(json.dumps({"version": version, **said}))
