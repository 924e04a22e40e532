"""How a command reaches its function, and how whatever goes wrong there becomes one line and an exit code."""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from dataclasses import dataclass

from hall.errors import HallError
from hall.text import Text


@dataclass(frozen=True)
class Target:
    """Where a command's function lives, and the extra that brings what it imports."""

    where: str
    extra: str


#: each kind of device's program
DEVICES = {
    "dispenser": Target("devices.ticket_dispenser.__main__:run", "dispenser"),
    "sign": Target("devices.window_sign.__main__:run", "sign"),
    "pad": Target("devices.rating_pad.__main__:run", "pad"),
    "speaker": Target("devices.call_speaker.__main__:run", "speaker"),
    "call-key": Target("devices.call_key.__main__:run", "call-key"),
}


def say(line: str) -> None:
    """One line to the person at the terminal, on stderr."""
    print(f"hall: {' '.join(line.split())}", file=sys.stderr)


def sentence(error: HallError) -> str:
    """The error's sentence in the terminal's language."""
    return spoken(error.text)


def spoken(text: Text) -> str:
    """A sentence in the terminal's language."""
    language = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return text.zh if language.startswith("zh") else text.en


def call(target: Target, **options: object) -> int:
    """Import the target's function and call it; what goes wrong becomes one line and exit code 1 (Ctrl-C: 130)."""
    module, _, function = target.where.partition(":")
    try:
        return int(getattr(importlib.import_module(module), function)(**options))
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # `hall … | head` has seen enough
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - else Python flushes into the pipe at exit
        return 1
    except Exception as error:  # noqa: BLE001 - the outermost place: nothing leaves it but a sentence
        if debugging():
            traceback.print_exc()
        elif isinstance(error, HallError):
            say(sentence(error))
        elif isinstance(error, ModuleNotFoundError) and not ours(error.name or ""):
            say(
                f"{error.name} is not installed here; this command needs: pip install 'hallfleet[{target.extra}]'"
            )
        elif isinstance(error, OSError) and error.strerror:
            say(f"{error.filename}: {error.strerror}" if error.filename else error.strerror)
        else:
            say(f"a mistake in the program, {type(error).__name__}: {error}; `hall --debug …` shows where")
        return 1


def ours(module: str) -> bool:
    """Whether the module is part of this project."""
    return module.partition(".")[0] in {"hall", "hub", "devices", "sim", "deploy"}


def debugging() -> bool:
    """Whether the person asked for tracebacks (also by HALL_DEBUG=1, for services)."""
    return bool(os.environ.get("HALL_DEBUG"))
