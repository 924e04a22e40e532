"""Keys of other programs: made once, shown once, kept as a digest.

Rules:

* A key is 32 random bytes, so its SHA-256 is as good as the key is long; there is nothing to guess from it.
* It opens its scopes and nothing else. A revoked one opens nothing and stays on the list, as does what it did in the audit.
* Making and revoking stand in the audit.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from enum import Enum
from typing import Final

import msgspec
from sqlalchemy import RowMapping, insert, select, update

from hall.errors import Refused
from hall.text import Text
from hub.console.api import tables as t
from hub.console.door import tables as door
from hub.console.door.people import digest
from hub.console.door.store import ConsoleStore

#: So that a key that was lost somewhere is known for what it is.
PREFIX: Final = "hallkey_"
#: The last use is noted at most this often.
SEEN_S: Final = 60.0
USUAL_PER_MIN: Final = 120


class Scope(Enum):
    """What a key opens."""

    #: services, board, windows, waits, free times
    READ = "read"
    #: numbers: taking, following, cancelling those that it took
    TICKETS = "tickets"
    #: booked times: booking, cancelling, checking in
    APPOINTMENTS = "appointments"
    #: counts of days
    COUNTS = "counts"
    #: every rating, as the province counts them
    RATINGS = "ratings"
    #: whether the hall's devices are ready to open
    DEVICES = "devices"
    #: ``/metrics``
    METRICS = "metrics"


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """A key, without its secret."""

    id: str
    name: str
    scopes: frozenset[Scope]
    per_min: int
    made: float
    seen: float | None = None
    revoked: float | None = None


class Keys:
    """Every key. One thread at a time."""

    def __init__(self, store: ConsoleStore, *, now: Callable[[], float]) -> None:
        """`now` gives seconds since 1970."""
        self._store, self._now = store, now
        store.keep(t.keys)

    def make(
        self, name: str, scopes: Iterable[Scope], *, per_min: int = USUAL_PER_MIN, by: str = "command line"
    ) -> tuple[Key, str]:
        """A new key and its secret, which nobody can see again. Refuses ``bad-key``."""
        name, wanted = name.strip(), frozenset(scopes)
        if not 1 <= len(name) <= 80 or not name.isprintable() or not wanted or not 1 <= per_min <= 100_000:
            raise Refused(
                "bad-key",
                Text(
                    zh="对不起，请写一行名称，并至少选一个范围",
                    en="Sorry, a key needs a name of one line and at least one scope",
                ),
            )
        secret = PREFIX + secrets.token_urlsafe(32)
        key = Key(id=secrets.token_hex(4), name=name, scopes=wanted, per_min=per_min, made=self._now())
        with self._store.transaction() as c:
            c.execute(
                insert(t.keys).values(
                    id=key.id,
                    name=name,
                    digest=digest(secret),
                    scopes=" ".join(sorted(scope.value for scope in wanted)),
                    per_min=per_min,
                    made=key.made,
                    made_by=by,
                )
            )
        self._note(by, "key-made", key.id)
        return key, secret

    def all(self) -> list[Key]:
        """Every key that ever was, the oldest first."""
        with self._store.transaction() as c:
            return [_key(row) for row in c.execute(select(t.keys).order_by(t.keys.c.made)).mappings()]

    def revoke(self, key: str, *, by: str = "command line") -> None:
        """The key opens nothing any more. Refuses ``no-key``."""
        with self._store.transaction() as c:
            done = c.execute(
                update(t.keys)
                .where(t.keys.c.id == key, t.keys.c.revoked.is_(None))
                .values(revoked=self._now())
            )
        if not done.rowcount:
            raise Refused(
                "no-key",
                Text(
                    zh="对不起，没有这个可用的密钥，请看列表",
                    en="Sorry, there is no such key in use; please see the list",
                ),
            )
        self._note(by, "key-revoked", key)

    def find(self, secret: str) -> Key | None:
        """The key with this secret; None when it opens nothing."""
        now = self._now()
        with self._store.transaction() as c:
            asked = select(t.keys).where(t.keys.c.digest == digest(secret[:200]), t.keys.c.revoked.is_(None))
            row = c.execute(asked).mappings().one_or_none()
            if row is None:
                return None
            if row["seen"] is None or now - row["seen"] > SEEN_S:
                c.execute(update(t.keys).where(t.keys.c.id == row["id"]).values(seen=now))
        return _key(row)

    def _note(self, by: str, act: str, key: str) -> None:
        with self._store.transaction() as c:
            c.execute(
                insert(door.audit).values(
                    at=self._now(), login=by[:32], address="", act=act, outcome="ok", about=f"key={key}"
                )
            )


def _key(row: RowMapping) -> Key:
    return Key(
        id=row["id"],
        name=row["name"],
        scopes=frozenset(Scope(scope) for scope in row["scopes"].split()),
        per_min=row["per_min"],
        made=row["made"],
        seen=row["seen"],
        revoked=row["revoked"],
    )
