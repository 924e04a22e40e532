"""``hall console token …``: keys of other programs, made and revoked on the hall box."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

from hub.console.api.keys import Key, Keys, Scope
from hub.console.door.store import ConsoleStore
from hub.console.settings import read


def make(settings: Path, name: str, scopes: list[str], per_min: int) -> int:
    """Make a key and print it, once; the exit code."""
    with _Store(settings) as keys:
        key, secret = keys.make(name, [Scope(scope) for scope in scopes], per_min=per_min)
    print(f"{key.id} {secret}")  # noqa: T201 - the command's answer
    return 0


def show(settings: Path) -> int:
    """Print every key, without its secret; the exit code."""
    with _Store(settings) as keys:
        for key in keys.all():
            print(_line(key))  # noqa: T201 - the command's answer
    return 0


def revoke(settings: Path, key: str) -> int:
    """The key opens nothing any more; the exit code."""
    with _Store(settings) as keys:
        keys.revoke(key)
    return 0


class _Store:
    """The console's own store, for as long as a command takes; its program may run beside it."""

    def __init__(self, settings: Path) -> None:
        own, _ = read(settings)
        self._store = ConsoleStore(Path(own.people))

    def __enter__(self) -> Keys:
        return Keys(self._store, now=time.time)

    def __exit__(self, *_: object) -> None:
        self._store.close()


def _line(key: Key) -> str:
    scopes = ",".join(sorted(scope.value for scope in key.scopes))
    state = "in use" if key.revoked is None else f"revoked {_day(key.revoked)}"
    seen = "never used" if key.seen is None else f"last used {_day(key.seen)}"
    return f"{key.id}  {key.name}  {scopes}  {key.per_min}/min  made {_day(key.made)}  {seen}  {state}"


def _day(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d}"
