"""A demo's people: one account per role, with passwords made for this demo alone and shown on its start page."""

from __future__ import annotations

import secrets
from pathlib import Path

import msgspec

from hall.plan import HallPlan
from hub.console.door.people import Person
from hub.console.door.rights import NAMES, Role
from hub.console.look.html import both, form, page, word
from hub.console.look.words import WORDS

_NAMES = {
    Role.CLERK: "李静",
    Role.REVIEWER: "王芳",
    Role.GUIDE: "张敏",
    Role.DUTY_OFFICER: "刘强",
    Role.MANAGER: "陈伟",
    Role.CASE_HANDLER: "赵磊",
    Role.AUDITOR: "周洋",
    Role.INSPECTOR: "吴桐",
    Role.TECHNICIAN: "孙浩",
    Role.DIRECTOR: "马宁",
    Role.ADMIN: "管理员",
}
_SITTING = (Role.CLERK, Role.REVIEWER)


def accounts(plan: HallPlan, file: Path) -> list[tuple[Person, str]]:
    """Every role's person and password; kept in `file`, so that a demo that is started again keeps them."""
    kept: dict[str, str] = msgspec.json.decode(file.read_bytes()) if file.exists() else {}
    passwords = {role.value: kept.get(role.value) or secrets.token_urlsafe(9) for role in Role}
    file.touch(mode=0o600)
    file.write_bytes(msgspec.json.encode(passwords))
    numbers = {Role.DUTY_OFFICER: plan.work_numbers[0]} if plan.work_numbers else {}
    numbers |= dict(zip(_SITTING, plan.work_numbers[-len(_SITTING) :], strict=False))
    return [
        (
            Person(
                login=role.value, name=_NAMES[role], work_number=numbers.get(role), roles=frozenset({role})
            ),
            passwords[role.value],
        )
        for role in Role
    ]


def start_page(plan: HallPlan, people: list[tuple[Person, str]]) -> str:
    """Who may log in to this demo, and where."""
    rows = "".join(
        f"<tr><th>{both(NAMES[role])}</th><td><code>{person.login}</code></td><td><code>{password}</code></td>"
        f"<td>{form('/login', 'log-in', hidden=[('login', person.login), ('password', password)])}</td></tr>"
        for person, password in people
        for role in person.roles
    )
    head = f"<tr><td>{word('role')}</td><td>{word('login')}</td><td>{word('password')}</td><td></td></tr>"
    links = f'<p><a href="/login">{word("log-in")}</a> · <a href="/board">{word("page.board")}</a> · <a href="/">{both(plan.name)}</a></p>'
    return page(
        WORDS["demo-people"],
        f"<h1>{word('demo-people')}</h1>",
        links,
        f'<table class="people">{head}{rows}</table>',
    )
