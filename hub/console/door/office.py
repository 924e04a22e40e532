"""The front office: who is at the door, in a thread of its own.

A password takes argon2 a tenth of a second on purpose: the pages' loop must not wait for it, and the store has one thread.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from hall.errors import Refused
from hall.text import Text
from hub.console.door.people import People, Person
from hub.console.door.rights import NOT_YOURS, Role
from hub.console.door.sessions import Session, Sessions
from hub.console.door.store import ConsoleStore

T = TypeVar("T")

NOT_FIRST = Text(
    zh="已有管理员，请登录；忘记密码请找系统管理员",
    en="there is an administrator already; please log in, or ask the administrator for a new password",
)


class Office:
    """People, sessions and audit, for pages."""

    def __init__(self, file: Path, *, now: Callable[[], float] = time.time) -> None:
        """`file` is the console's own store. Raises ``Fault``."""
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="office")
        self._store, self._people, self._sessions = self._thread.submit(_open, file, now).result()

    async def _do(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, call)

    async def run(self, call: Callable[[ConsoleStore], T]) -> T:
        """Something with the console's store, in the store's own thread: for rooms that keep tables of their own."""
        return await self._do(lambda: call(self._store))

    def submit(self, call: Callable[[ConsoleStore], T]) -> Future[T]:
        """The same from any thread."""
        return self._thread.submit(lambda: call(self._store))

    async def first_run(self) -> bool:
        """Whether nobody may log in yet."""
        return await self._do(self._people.empty)

    async def log_in(self, login: str, password: str, address: str) -> str:
        """A new session's cookie. Refuses ``wrong-login``, ``locked``."""

        def enter() -> str:
            return self._sessions.begin(self._people.log_in(login, password, address), address)

        return await self._do(enter)

    async def session(self, token: str | None) -> Session | None:
        """Whose cookie this is."""
        return None if not token else await self._do(lambda: self._sessions.find(token))

    async def on_duty(self) -> tuple[str, ...]:
        """Work numbers of the duty officers who are logged in (M28)."""
        there = await self._do(self._sessions.there)
        officers = [x.work_number for x in there if Role.DUTY_OFFICER in x.roles]
        return tuple(number for number in officers if number is not None)

    async def log_out(self, token: str, session: Session) -> None:
        """The session ends."""

        def leave() -> None:
            self._sessions.end(token)
            self._people.note(session.person.login, session.address, "logout", "ok")

        await self._do(leave)

    async def make_first(self, login: str, name: str, password: str) -> Person:
        """The first administrator; refused with ``not-first`` when somebody is there."""

        def make() -> Person:
            if not self._people.empty():
                raise Refused("not-first", NOT_FIRST)
            return self._people.make(
                login, name=name, roles=[Role.ADMIN], password=password, must_change=False
            )

        return await self._do(make)

    async def change_password(self, session: Session, old: str, new: str) -> None:
        """Somebody changes their own password. Refuses ``wrong-login``, ``locked``, ``weak-password``."""

        def change() -> None:
            login = session.person.login
            self._people.log_in(login, old, session.address)
            self._people.change_password(login, new, by=login)

        await self._do(change)

    async def everybody(self) -> list[Person]:
        """All who may log in, or might once."""
        return await self._do(self._people.all)

    async def make_person(
        self,
        by: Session,
        login: str,
        *,
        name: str,
        work_number: str | None,
        roles: Iterable[Role],
        password: str,
    ) -> Person:
        """An administrator makes somebody, with a password to be changed. Refuses as :meth:`People.make`, and ``not-your-role``."""

        def make() -> Person:
            self._administrates(by)
            return self._people.make(
                login,
                name=name,
                roles=roles,
                password=password,
                work_number=work_number,
                by=by.person.login,
            )

        return await self._do(make)

    async def change_person(
        self,
        by: Session,
        login: str,
        *,
        name: str,
        work_number: str | None,
        roles: Iterable[Role],
        disabled: bool,
    ) -> None:
        """An administrator changes somebody. Refuses as :meth:`People.change`, and ``not-your-role``."""

        def change() -> None:
            self._administrates(by)
            self._people.change(
                login,
                by=by.person.login,
                roles=roles,
                name=name,
                work_number=work_number,
                disabled=disabled,
            )

        await self._do(change)

    async def reset_password(self, by: Session, login: str, password: str) -> None:
        """An administrator gives somebody a new password, to be changed. Refuses ``unknown-person``, ``not-your-role``."""

        def change() -> None:
            self._administrates(by)
            self._people.change_password(login, password, by=by.person.login, must_change=True)

        await self._do(change)

    async def administer(self, by: Session, call: Callable[[ConsoleStore], T]) -> T:
        """Something with the store that only an administrator may do. Refuses ``not-your-role``."""

        def do() -> T:
            self._administrates(by)
            return call(self._store)

        return await self._do(do)

    def _administrates(self, by: Session) -> None:
        """Whether the session's person is still an administrator: the page may have been open for long."""
        found = self._people.find(by.person.login)
        if found is None or found.disabled or Role.ADMIN not in found.roles:
            raise Refused("not-your-role", NOT_YOURS)

    async def note(self, session: Session, act: str, outcome: str, about: str) -> None:
        """One line of the audit."""
        await self._do(lambda: self._people.note(session.person.login, session.address, act, outcome, about))

    def make_all(self, people: Iterable[tuple[Person, str]]) -> None:
        """People with passwords that were drawn by lot, those who are not there yet (a demo's)."""

        def make() -> None:
            for person, password in people:
                if self._people.find(person.login) is None:
                    self._people.make(
                        person.login,
                        name=person.name,
                        roles=person.roles,
                        password=password,
                        work_number=person.work_number,
                        must_change=False,
                        by="demo",
                        drawn=True,
                    )

        self._thread.submit(make).result()

    def close(self) -> None:
        """Let go of the store."""
        self._thread.submit(self._store.close).result()
        self._thread.shutdown()


def _open(file: Path, now: Callable[[], float]) -> tuple[ConsoleStore, People, Sessions]:
    store = ConsoleStore(file)
    people = People(store, now=now)
    return store, people, Sessions(store, people, now=now)
