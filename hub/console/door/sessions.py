"""Sessions: who is logged in here, for how long, and what binds a form to them.

Rules:

* A session is a random cookie of which only the digest is kept. It ends :data:`IDLE_S` after the last word, :data:`LONGEST_S` after
  the login, at logout, and when its person is changed.
* Somebody has at most :data:`MOST` sessions; the oldest gives way.
* Each session has a token that its forms must carry (against requests that another site makes).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

import msgspec
from sqlalchemy import delete, insert, select, update

from hub.console.door import tables as t
from hub.console.door.people import People, Person, digest
from hub.console.door.store import ConsoleStore

IDLE_S, LONGEST_S = 2 * 3600.0, 14 * 3600.0
MOST = 4
#: The last word is noted at most this often.
SEEN_S = 60.0


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who is logged in."""

    person: Person
    csrf: str
    address: str


class Sessions:
    """Everybody who is logged in. One thread at a time."""

    def __init__(self, store: ConsoleStore, people: People, *, now: Callable[[], float]) -> None:
        """`now` gives seconds since 1970."""
        self._store, self._people, self._now = store, people, now

    def begin(self, person: Person, address: str) -> str:
        """A new session; gives its cookie."""
        token, now = secrets.token_urlsafe(32), self._now()
        mine = t.sessions.c.login == person.login
        with self._store.transaction() as c:
            kept = (
                c.execute(select(t.sessions.c.token).where(mine).order_by(t.sessions.c.begun.desc()))
                .scalars()
                .all()
            )
            c.execute(delete(t.sessions).where(t.sessions.c.token.in_(kept[MOST - 1 :])))
            c.execute(
                insert(t.sessions).values(
                    token=digest(token),
                    login=person.login,
                    csrf=secrets.token_urlsafe(24),
                    begun=now,
                    seen=now,
                    address=address[:64],
                )
            )
        return token

    def find(self, token: str) -> Session | None:
        """Whose cookie this is; None when it is nobody's any more."""
        now, key = self._now(), digest(token[:200])
        with self._store.transaction() as c:
            row = c.execute(select(t.sessions).where(t.sessions.c.token == key)).mappings().one_or_none()
            if row is None:
                return None
            if now - row["seen"] > IDLE_S or now - row["begun"] > LONGEST_S:
                c.execute(delete(t.sessions).where(t.sessions.c.token == key))
                return None
            if now - row["seen"] > SEEN_S:
                c.execute(update(t.sessions).where(t.sessions.c.token == key).values(seen=now))
        person = self._people.find(row["login"])
        if person is None or person.disabled:
            return None
        return Session(person=person, csrf=row["csrf"], address=row["address"])

    def there(self) -> list[Person]:
        """Everybody who is logged in and was heard of lately, each once, who came first first."""
        now = self._now()
        alive = (t.sessions.c.seen >= now - IDLE_S) & (t.sessions.c.begun >= now - LONGEST_S)
        with self._store.transaction() as c:
            logins = (
                c.execute(select(t.sessions.c.login).where(alive).order_by(t.sessions.c.begun))
                .scalars()
                .all()
            )
        found = [self._people.find(login) for login in dict.fromkeys(logins)]
        return [person for person in found if person is not None and not person.disabled]

    def end(self, token: str) -> None:
        """Log out; harmless when nobody is."""
        with self._store.transaction() as c:
            c.execute(delete(t.sessions).where(t.sessions.c.token == digest(token[:200])))
