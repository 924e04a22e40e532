"""People of the console: who they are, how they prove it, what they did.

Rules:

* A password is kept as argon2id and nothing else. There is no default one: the first person is made with a code that only whoever can
  read the machine's files knows, and a password that somebody else set must be changed at the first login.
* After :data:`TRIES` wrong passwords within :data:`WINDOW_S` the login is locked until they are that old, and so is an address after
  :data:`ADDRESS_TRIES`. A wrong login takes as long as a wrong password and is answered alike.
* Changing roles or password, and disabling, ends every session of that person. Somebody must always be able to administrate.
* Every login, failure and change stands in the audit.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from collections.abc import Callable, Iterable

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import RowMapping, delete, func, insert, select, update

from hall.errors import Refused
from hall.text import Text
from hub.console.door import tables as t
from hub.console.door.rights import Role
from hub.console.door.store import ConsoleStore

TRIES, ADDRESS_TRIES, WINDOW_S = 5, 30, 900.0
SHORTEST = 10
#: for what a machine drew by lot: nobody guesses 72 bits at any speed, and a demo with its eleven people is up sooner
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{1,31}\Z")

WRONG = Text(zh="登录名或密码不对，请再试", en="login or password is wrong; please try again")
LOCKED = Text(
    zh="试错次数过多，请十五分钟后再试，或找系统管理员",
    en="too many wrong tries; please try again in fifteen minutes or ask the administrator",
)


def _nobodys(hasher: PasswordHasher) -> str:
    """A hash that takes as long to compare as any of `hasher`, of no password that anybody has; made without taking as long."""
    salt, drawn = (
        base64.b64encode(secrets.token_bytes(size)).decode().rstrip("=")
        for size in (hasher.salt_len, hasher.hash_len)
    )
    cost = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    return f"$argon2id$v=19${cost}${salt}${drawn}"


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who may log in."""

    login: str
    name: str
    work_number: str | None
    roles: frozenset[Role]
    must_change: bool = False
    disabled: bool = False


class People:
    """Everybody who may log in. One thread at a time."""

    def __init__(
        self, store: ConsoleStore, *, now: Callable[[], float], hasher: PasswordHasher | None = None
    ) -> None:
        """`now` gives seconds since 1970."""
        self._store, self._now = store, now
        self._hasher = hasher or PasswordHasher()
        self._decoy = _nobodys(self._hasher)

    # ---------------------------------------------------------------- who is there

    def empty(self) -> bool:
        """Whether nobody was made yet: the first run."""
        with self._store.transaction() as c:
            return c.execute(select(func.count()).select_from(t.people)).scalar_one() == 0

    def all(self) -> list[Person]:
        """Everybody, by login."""
        with self._store.transaction() as c:
            return [_person(row) for row in c.execute(select(t.people).order_by(t.people.c.login)).mappings()]

    def find(self, login: str) -> Person | None:
        """Whoever has this login."""
        with self._store.transaction() as c:
            row = c.execute(select(t.people).where(t.people.c.login == login)).mappings().one_or_none()
            return None if row is None else _person(row)

    # ---------------------------------------------------------------- proving it

    def log_in(self, login: str, password: str, address: str) -> Person:
        """The person; raises ``Refused`` with ``locked`` or ``wrong-login``."""
        login = login.strip().lower()[:32]
        if self._failed(f"login {login}") >= TRIES or self._failed(f"from {address}") >= ADDRESS_TRIES:
            self.note(login, address, "login", "locked")
            raise Refused("locked", LOCKED)
        with self._store.transaction() as c:
            row = c.execute(select(t.people).where(t.people.c.login == login)).mappings().one_or_none()
        known = row is not None and bool(row["password"]) and not row["disabled"]
        right = self._right(row["password"] if row is not None and known else self._decoy, password)
        if row is None or not known or not right:
            self._fail(login, address)
            raise Refused("wrong-login", WRONG)
        if self._hasher.check_needs_rehash(row["password"]):
            self._put(login, password=self._hasher.hash(password))
        with self._store.transaction() as c:
            c.execute(delete(t.failures).where(t.failures.c.whom == f"login {login}"))
        self.note(login, address, "login", "ok")
        return _person(row)

    def _right(self, kept: str, said: str) -> bool:
        try:
            return self._hasher.verify(kept, said[:1000])
        except (VerificationError, InvalidHashError):
            return False

    def _failed(self, whom: str) -> int:
        since = self._now() - WINDOW_S
        with self._store.transaction() as c:
            asked = select(func.count()).select_from(t.failures)
            return c.execute(asked.where(t.failures.c.whom == whom, t.failures.c.at > since)).scalar_one()

    def _fail(self, login: str, address: str) -> None:
        at = self._now()
        with self._store.transaction() as c:
            c.execute(delete(t.failures).where(t.failures.c.at <= at - WINDOW_S))
            c.execute(
                insert(t.failures),
                [{"whom": f"login {login}", "at": at}, {"whom": f"from {address}", "at": at}],
            )
        self.note(login, address, "login", "wrong-login")

    # ---------------------------------------------------------------- making and changing

    def make(
        self,
        login: str,
        *,
        name: str,
        roles: Iterable[Role],
        password: str,
        work_number: str | None = None,
        must_change: bool = True,
        by: str = "first run",
        drawn: bool = False,
    ) -> Person:
        """A new person. Refuses ``bad-login``, ``login-taken``, ``work-number-taken``, ``no-role``, ``weak-password``.

        `drawn`: a machine drew the password by lot. It is hashed quickly now, and slowly like every other when it is first used.
        """
        login = login.strip().lower()
        if not _LOGIN.match(login):
            raise Refused(
                "bad-login",
                Text(zh="登录名用小写字母和数字，2至32位", en="a login is 2 to 32 small letters and digits"),
            )
        roles = frozenset(roles)
        if not roles:
            raise Refused("no-role", Text(zh="请至少选一个岗位", en="please choose at least one role"))
        check_password(password, login)
        if self.find(login) is not None:
            raise Refused("login-taken", Text(zh="这个登录名已有人用", en="this login is taken"))
        self._check_work_number(login, work_number)
        with self._store.transaction() as c:
            c.execute(
                insert(t.people).values(
                    login=login,
                    name=name.strip()[:80],
                    work_number=work_number or None,
                    roles=_written(roles),
                    password=(QUICK if drawn else self._hasher).hash(password),
                    must_change=must_change,
                    disabled=False,
                )
            )
        self.note(by, "", "person-made", "ok", f"{login}: {_written(roles)}")
        found = self.find(login)
        assert found is not None
        return found

    def change_password(self, login: str, password: str, *, by: str, must_change: bool = False) -> None:
        """Another password; every session of that person ends. Refuses ``weak-password``, ``unknown-person``."""
        self._known(login)
        check_password(password, login)
        self._put(login, password=self._hasher.hash(password), must_change=must_change)
        self._end_sessions(login)
        self.note(by, "", "password-changed", "ok", login)

    def change(
        self,
        login: str,
        *,
        by: str,
        roles: Iterable[Role],
        name: str,
        work_number: str | None,
        disabled: bool,
    ) -> None:
        """Somebody's roles, name, number, or whether they may come in; their sessions end.

        Refuses ``unknown-person``, ``no-role``, ``work-number-taken``, ``last-admin``.
        """
        person, roles = self._known(login), frozenset(roles)
        if not roles:
            raise Refused("no-role", Text(zh="请至少选一个岗位", en="please choose at least one role"))
        self._check_work_number(login, work_number)
        if Role.ADMIN in person.roles and (disabled or Role.ADMIN not in roles) and self._admins() == {login}:
            raise Refused(
                "last-admin",
                Text(
                    zh="这是最后一位系统管理员，请先另设一位",
                    en="this is the last administrator; make another one first",
                ),
            )
        self._put(
            login,
            roles=_written(roles),
            name=name.strip()[:80],
            work_number=work_number or None,
            disabled=disabled,
        )
        self._end_sessions(login)
        self.note(
            by, "", "person-changed", "ok", f"{login}: {_written(roles)}{', disabled' if disabled else ''}"
        )

    def note(self, login: str, address: str, act: str, outcome: str, about: str = "") -> None:
        """One line of the audit."""
        with self._store.transaction() as c:
            c.execute(
                insert(t.audit).values(
                    at=self._now(),
                    login=login[:32],
                    address=address[:64],
                    act=act[:48],
                    outcome=outcome[:48],
                    about=about[:400],
                )
            )

    # ----------------------------------------------------------------

    def _known(self, login: str) -> Person:
        person = self.find(login)
        if person is None:
            raise Refused("unknown-person", Text(zh="没有这个人", en="there is no such person"))
        return person

    def _admins(self) -> set[str]:
        return {p.login for p in self.all() if Role.ADMIN in p.roles and not p.disabled}

    def _check_work_number(self, login: str, number: str | None) -> None:
        if number and any(p.work_number == number and p.login != login for p in self.all()):
            raise Refused("work-number-taken", Text(zh="这个工号已有人用", en="this work number is taken"))

    def _put(self, login: str, **values: object) -> None:
        with self._store.transaction() as c:
            c.execute(update(t.people).where(t.people.c.login == login).values(**values))

    def _end_sessions(self, login: str) -> None:
        with self._store.transaction() as c:
            c.execute(delete(t.sessions).where(t.sessions.c.login == login))


def check_password(password: str, login: str) -> None:
    """Refuses ``weak-password``: too short, the login itself, or one sign over and over."""
    if len(password) < SHORTEST or login in password.lower() or len(set(password)) < 4:
        raise Refused(
            "weak-password",
            Text(
                zh=f"密码至少{SHORTEST}位，不能含登录名，请另设一个",
                en=f"a password has at least {SHORTEST} characters and not the login in it; please choose another",
            ),
        )


def digest(token: str) -> str:
    """What is kept of a secret that its holder shows."""
    return hashlib.sha256(token.encode()).hexdigest()


def _written(roles: Iterable[Role]) -> str:
    return " ".join(sorted(role.value for role in roles))


def _person(row: RowMapping) -> Person:
    return Person(
        login=row["login"],
        name=row["name"],
        work_number=row["work_number"],
        roles=frozenset(Role(role) for role in row["roles"].split()),
        must_change=row["must_change"],
        disabled=row["disabled"],
    )
