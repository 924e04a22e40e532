"""What only an administrator does to people and keys, whoever's page is still open."""

import asyncio

import pytest

from hall.errors import Refused
from hub.console.door.office import Office
from hub.console.door.people import Person
from hub.console.door.rights import Role
from hub.console.door.sessions import Session

PASSWORD = "a long enough secret"


@pytest.fixture
def office(tmp_path):
    office = Office(tmp_path / "console.db")
    people = [
        (Person(login=login, name=login, work_number=None, roles=frozenset({role})), PASSWORD)
        for login, role in (("root", Role.ADMIN), ("boss", Role.MANAGER))
    ]
    office.make_all(people)
    yield office
    office.close()


def session(login, role):
    person = Person(login=login, name=login, work_number=None, roles=frozenset({role}))
    return Session(person=person, csrf="x", address="127.0.0.1")


def made(office, by):
    roles = [Role.GUIDE]
    return asyncio.run(
        office.make_person(by, "anna", name="Anna", work_number=None, roles=roles, password=PASSWORD)
    )


def test_an_administrator_makes_somebody_whose_password_must_be_changed(office):
    made(office, session("root", Role.ADMIN))
    anna = next(p for p in asyncio.run(office.everybody()) if p.login == "anna")
    assert (anna.roles, anna.must_change) == (frozenset({Role.GUIDE}), True)


def test_a_manager_makes_nobody_and_resets_no_password(office):
    by = session("boss", Role.MANAGER)
    for act in (
        lambda: made(office, by),
        lambda: asyncio.run(office.reset_password(by, "root", PASSWORD)),
        lambda: asyncio.run(office.administer(by, lambda store: store)),
    ):
        with pytest.raises(Refused) as no:
            act()
        assert no.value.code == "not-your-role"


def test_a_page_that_is_still_open_helps_nobody_who_is_no_administrator_any_more(office):
    root = session("root", Role.ADMIN)
    made(office, root)
    change = {"name": "Anna", "work_number": None, "roles": [Role.ADMIN], "disabled": False}
    asyncio.run(office.change_person(root, "anna", **change))
    change = {"name": "root", "work_number": None, "roles": [Role.CLERK], "disabled": False}
    asyncio.run(office.change_person(session("anna", Role.ADMIN), "root", **change))
    with pytest.raises(Refused) as no:
        asyncio.run(office.reset_password(root, "anna", PASSWORD))
    assert no.value.code == "not-your-role"


def test_the_last_administrator_stays(office):
    change = {"name": "root", "work_number": None, "roles": [Role.ADMIN], "disabled": True}
    with pytest.raises(Refused) as no:
        asyncio.run(office.change_person(session("root", Role.ADMIN), "root", **change))
    assert no.value.code == "last-admin"
