"""Who may come in: passwords, lockout, sessions, and who may do what."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import VerifyMismatchError
from sqlalchemy import select

from hall.errors import Refused
from hall.messages import asks
from hub.console.door import rights
from hub.console.door import tables as t
from hub.console.door.people import ADDRESS_TRIES, TRIES, WINDOW_S, People
from hub.console.door.rights import Page, Role
from hub.console.door.sessions import IDLE_S, LONGEST_S, MOST, Sessions
from hub.console.door.store import ConsoleStore

GOOD = "a long enough secret"
#: argon2's cost is its purpose; tests of everything else use a cheap one
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class Clock:
    at = 1_000_000.0

    def __call__(self):
        return self.at


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(tmp_path):
    store = ConsoleStore(tmp_path / "console.db")
    yield store
    store.close()


@pytest.fixture
def people(store, clock):
    return People(store, now=clock, hasher=CHEAP)


@pytest.fixture
def sessions(store, people, clock):
    return Sessions(store, people, now=clock)


def refused(act, *args, **more):
    with pytest.raises(Refused) as no:
        act(*args, **more)
    return no.value.code


def clerk(people, login="li", number="018", **more):
    return people.make(login, name="李", roles=[Role.CLERK], password=GOOD, work_number=number, **more)


class TestPasswords:
    def test_on_the_first_run_there_is_nobody_and_no_password_opens_anything(self, people):
        assert people.empty()
        for login, password in (("admin", "admin"), ("root", ""), ("", "")):
            assert refused(people.log_in, login, password, "here") == "wrong-login"

    def test_the_right_password_opens_and_a_wrong_one_does_not(self, people):
        clerk(people)
        assert people.log_in(" LI ", GOOD, "here").login == "li"
        assert refused(people.log_in, "li", GOOD + "x", "here") == "wrong-login"

    def test_what_is_kept_is_not_the_password(self, people, tmp_path):
        clerk(people)
        assert GOOD.encode() not in (tmp_path / "console.db").read_bytes()
        assert (tmp_path / "console.db").stat().st_mode & 0o077 == 0

    def test_real_hashes_are_argon2id(self, store, clock):
        people = People(store, now=clock)
        clerk(people)
        assert people._decoy.startswith("$argon2id$")
        # who does not exist is compared with something that takes as long
        assert extract_parameters(people._decoy) == extract_parameters(people._hasher.hash(GOOD))
        with pytest.raises(VerifyMismatchError):
            people._hasher.verify(people._decoy, GOOD)
        assert people.log_in("li", GOOD, "here").login == "li"

    def test_a_drawn_password_is_hashed_slowly_from_its_first_use_on(self, store, clock):
        people = People(store, now=clock)
        people.make("li", name="李", roles=[Role.CLERK], password="drawn-by-lot", drawn=True)

        def kept():
            with store.transaction() as c:
                return c.execute(select(t.people.c.password)).scalar_one()

        assert kept().startswith("$argon2id$")
        assert people._hasher.check_needs_rehash(kept())
        assert refused(people.log_in, "li", "drawn-by-dice", "here") == "wrong-login"
        assert people.log_in("li", "drawn-by-lot", "here").login == "li"
        assert not people._hasher.check_needs_rehash(kept())
        assert people.log_in("li", "drawn-by-lot", "here").login == "li"

    @pytest.mark.parametrize("weak", ["", "short", "aaaaaaaaaaaaaaaa", "li-is-my-login"])
    def test_a_weak_password_is_refused(self, people, weak):
        assert refused(people.make, "li", name="李", roles=[Role.CLERK], password=weak) == "weak-password"

    def test_after_five_wrong_tries_the_right_password_is_locked_too_until_they_are_old(self, people, clock):
        clerk(people)
        for _ in range(TRIES):
            assert refused(people.log_in, "li", "wrong", "here") == "wrong-login"
        assert refused(people.log_in, "li", GOOD, "elsewhere") == "locked"
        clock.at += WINDOW_S + 1
        assert people.log_in("li", GOOD, "here").login == "li"

    def test_an_address_that_tries_many_logins_is_locked_and_others_are_not(self, people):
        clerk(people)
        for n in range(ADDRESS_TRIES):
            refused(people.log_in, f"nobody{n}", "wrong", "bad address")
        assert refused(people.log_in, "li", GOOD, "bad address") == "locked"
        assert people.log_in("li", GOOD, "here").login == "li"

    def test_a_right_login_forgets_the_wrong_ones(self, people):
        clerk(people)
        for _ in range(3):
            for _ in range(TRIES - 1):
                refused(people.log_in, "li", "wrong", "here")
            people.log_in("li", GOOD, "here")


class TestPeople:
    def test_login_and_work_number_belong_to_one_person(self, people):
        clerk(people)
        assert refused(clerk, people) == "login-taken"
        assert refused(clerk, people, login="wang") == "work-number-taken"
        assert refused(clerk, people, login="王") == "bad-login"
        assert refused(people.make, "wang", name="王", roles=[], password=GOOD) == "no-role"

    def test_the_last_administrator_stays_one(self, people):
        people.make("root", name="管理员", roles=[Role.ADMIN], password=GOOD)
        change = {"by": "root", "name": "管理员", "work_number": None}
        assert refused(people.change, "root", roles=[Role.CLERK], disabled=False, **change) == "last-admin"
        assert refused(people.change, "root", roles=[Role.ADMIN], disabled=True, **change) == "last-admin"
        people.make("two", name="第二位", roles=[Role.ADMIN], password=GOOD)
        people.change("root", roles=[Role.CLERK], disabled=False, **change)
        assert people.find("root").roles == {Role.CLERK}

    def test_a_disabled_person_does_not_come_in(self, people, sessions):
        person = clerk(people)
        token = sessions.begin(person, "here")
        people.change("li", by="root", roles=[Role.CLERK], name="李", work_number="018", disabled=True)
        assert sessions.find(token) is None
        assert refused(people.log_in, "li", GOOD, "here") == "wrong-login"

    def test_a_password_set_by_somebody_else_must_be_changed(self, people):
        assert clerk(people).must_change
        people.change_password("li", "another good secret", by="li")
        assert not people.log_in("li", "another good secret", "here").must_change


class TestSessions:
    def test_a_cookie_finds_its_person_and_only_its_digest_is_kept(self, people, sessions, tmp_path):
        token = sessions.begin(clerk(people), "here")
        assert sessions.find(token).person.login == "li"
        assert sessions.find(token + "x") is None
        assert token.encode() not in (tmp_path / "console.db").read_bytes()

    def test_it_ends_when_nothing_is_heard_and_after_a_working_day(self, people, sessions, clock):
        person = clerk(people)
        token = sessions.begin(person, "here")
        clock.at += IDLE_S - 1
        assert sessions.find(token) is not None
        clock.at += IDLE_S - 1
        assert sessions.find(token) is not None
        clock.at += IDLE_S + 1
        assert sessions.find(token) is None
        token, begun = sessions.begin(person, "here"), clock.at
        while clock.at - begun <= LONGEST_S:
            assert sessions.find(token) is not None
            clock.at += IDLE_S / 2
        assert sessions.find(token) is None

    def test_the_oldest_of_too_many_gives_way(self, people, sessions, clock):
        person, tokens = clerk(people), []
        for _ in range(MOST + 1):
            clock.at += 1
            tokens.append(sessions.begin(person, "here"))
        assert [sessions.find(token) is not None for token in tokens] == [False] + [True] * MOST

    def test_logout_and_a_new_password_end_it(self, people, sessions):
        person = clerk(people)
        one, two = sessions.begin(person, "here"), sessions.begin(person, "there")
        sessions.end(one)
        assert sessions.find(one) is None
        people.change_password("li", "another good secret", by="li")
        assert sessions.find(two) is None


class TestRights:
    def test_every_ask_of_the_hall_stands_in_the_table(self):
        known = {kind.__struct_config__.tag for kind in asks.AnyAsk.__args__}
        staff = set().union(*rights.MAY_ASK.values())
        assert known <= staff | rights.CITIZENS
        assert not staff & rights.CITIZENS

    def test_every_role_has_a_name_asks_and_pages(self):
        assert set(Role) == set(rights.NAMES) == set(rights.MAY_ASK) == set(rights.MAY_SEE)
        assert set().union(*rights.MAY_SEE.values()) == set(Page)

    def test_a_clerk_acts_where_they_sit_and_nowhere_else(self):
        def check(ask, seat):
            rights.check(ask, roles=[Role.CLERK], clerk="018", seat=seat)

        check(asks.CallNext(id="a", window=3), 3)
        assert refused(check, asks.CallNext(id="a", window=4), 3) == "not-your-window"
        assert refused(check, asks.CallNext(id="a", window=4), None) == "not-your-window"
        check(asks.Sit(id="a", window=3, clerk="018"), None)
        assert refused(check, asks.Sit(id="a", window=3, clerk="011"), None) == "not-yourself"
        check(asks.TakeOver(id="a", window=3, clerk="018"), None)
        assert refused(check, asks.TakeOver(id="a", window=3, clerk="011"), None) == "not-yourself"
        assert refused(check, asks.CloseDay(id="a"), 3) == "not-your-role"

    def test_a_manager_acts_at_any_window(self):
        rights.check(asks.CallNext(id="a", window=4), roles=[Role.MANAGER], clerk=None, seat=None)
        rights.check(asks.Sit(id="a", window=4, clerk="018"), roles=[Role.MANAGER], clerk=None, seat=None)

    def test_roles_add_up(self):
        roles = [Role.CLERK, Role.GUIDE]
        rights.check(asks.Cancel(id="a", ticket="t"), roles=roles, clerk="018", seat=3)
        assert rights.sees(roles, Page.GUIDE)
        assert not rights.sees(roles, Page.REPORTS)

    def test_nobody_without_a_role_does_or_sees_anything(self):
        assert (
            refused(rights.check, asks.CloseDay(id="a"), roles=[], clerk=None, seat=None) == "not-your-role"
        )
        assert not any(rights.sees([], page) for page in Page)


def test_a_store_of_a_newer_program_is_refused_in_a_sentence(tmp_path, store):
    from sqlalchemy import update

    from hall.errors import Fault
    from hub.console.door import tables

    with store.transaction() as c:
        c.execute(update(tables.meta).values(value="99"))
    with pytest.raises(Fault) as no:
        ConsoleStore(tmp_path / "console.db")
    assert no.value.code == "store-newer"
