"""Which program calls: its key, what that opens, and how often it may.

Rules:

* A key comes as ``Authorization: Bearer …`` and no other way; there are no cookies here.
* Each answer says how much is left of the key's minute; a program that asks too much is told when to come again (``429``).
* An address that comes with keys that open nothing is soon answered more slowly than it can guess.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Annotated, Final

from fastapi import Depends, Request, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from hub.console.api.keys import Key, Keys, Scope
from hub.console.api.problems import Problem
from hub.console.door.limits import Limits, Rate, Room
from hub.console.door.office import Office
from hub.console.door.visitors import address

WRONG: Final = Rate(burst=20, per_s=0.2)
_BEARER = HTTPBearer(auto_error=False, description="a key of `hall console token make`", scheme_name="key")
Shown = Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]


class Doorman:
    """Looks at keys."""

    def __init__(self, office: Office, *, now: Callable[[], float] = time.monotonic) -> None:
        """`office` keeps the keys."""
        self._office, self._now = office, now
        self.keys = office.submit(lambda store: Keys(store, now=time.time)).result()
        self._wrong = Limits(WRONG, now=now)
        self._limits: dict[int, Limits] = {}

    async def find(self, secret: str, request: Request) -> Key:
        """The key with this secret. Raises ``Problem``."""
        key = await self._office.run(lambda _: self.keys.find(secret)) if secret else None
        if key is None:
            wait_s = self._wrong.knock(address(request)).wait_s
            if wait_s is not None:
                raise Problem(429, "too-many", headers={"Retry-After": str(wait_s)})
            raise Problem(401, "no-key", headers={"WWW-Authenticate": "Bearer"})
        return key

    async def admit(self, scope: Scope, secret: str, request: Request) -> tuple[Key, dict[str, str]]:
        """The key with this secret, which must open `scope`, and what the answer says of its limit. Raises ``Problem``."""
        key = await self.find(secret, request)
        room = self._knock(key)
        said = {
            "RateLimit-Limit": str(key.per_min),
            "RateLimit-Remaining": str(room.left),
            "RateLimit-Reset": str(room.full_s),
        }
        if room.wait_s is not None:
            raise Problem(429, "too-many", headers=said | {"Retry-After": str(room.wait_s)})
        if scope not in key.scopes:
            raise Problem(403, "not-this-key", headers=said)
        return key, said

    def needs(self, scope: Scope) -> Callable[..., Awaitable[Key]]:
        """A dependency: the key of whoever calls, which must open `scope`."""

        async def caller(request: Request, response: Response, shown: Shown) -> Key:
            key, said = await self.admit(scope, "" if shown is None else shown.credentials, request)
            response.headers.update(said)
            return key

        return caller

    def _knock(self, key: Key) -> Room:
        rate = Rate(burst=key.per_min, per_s=key.per_min / 60)
        limits = self._limits.setdefault(key.per_min, Limits(rate, now=self._now))
        return limits.knock(key.id)
