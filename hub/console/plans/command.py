"""``hall settings export | import | history | undo``: the running hall's settings from the command line."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from hall import wire
from hall.clock import Seconds
from hall.errors import Refused
from hall.messages import asks
from hall.plan import HallPlan
from hall.policy import Policy
from hall.settings import load
from hall.settings_form import POLICY, Form, form_of
from hall.settings_plan import problems
from hall.settings_write import written
from hall.text import Text
from hall.tls import BrokerSettings
from hub.console.mirror.backstage import Backstage
from hub.console.mirror.past import Past
from hub.console.plans.handing_in import asks_for
from hub.console.plans.versions import Difference, differences, versions
from hub.domain.hall import Hall
from hub.domain.planning import still_told
from hub.settings import COMMANDS, HubSettings, read
from hub.trust.at_home import ask
from hub.trust.settings import read as read_trust

#: How long the hub may take to be found, and how often a command looks at what it waits for, seconds.
PATIENCE_S, LOOK_S = 15.0, 0.05
NO_HUB = Text(
    zh="对不起，中心程序没有应答，请先启动再试",
    en="the hub does not answer; please start it and try again",
)
NOTHING = Text(zh="设置没有改过，不用撤销", en="the settings were never changed; there is nothing to undo")


def export(settings: Path, to: Path | None) -> int:
    """Write the settings in force, with the policy in force."""
    own, plan = read(settings)
    hall = _replayed(own, plan)
    text = written(_whole(hall))
    if to is None:
        print(text, end="")  # noqa: T201 - the command's answer
    else:
        to.write_text(text, encoding="utf-8")
    return 0


def import_(settings: Path, file: Path, reason: str, member: str, *, dry: bool) -> int:
    """Make a file the settings in force; say what changes."""
    own, plan = read(settings)
    hall = _replayed(own, plan)
    wanted = still_told(hall.plan, load(file, HallPlan))
    found = list(differences(_whole(hall), form_of(wanted, policy=True)))
    _print(found)
    if dry or not found:
        return 0
    with backstage_of(own, plan, member) as backstage:
        _make(backstage, hall, wanted, reason or str(file.name), member)
    return 0


def history(settings: Path) -> int:
    """Every version, with what it changed."""
    own, _ = read(settings)
    past = Past(own.store)
    try:
        found = versions(past)
    finally:
        past.close()
    before: Form | None = None
    for version in found:
        who = version.actor or "hall.yaml"
        print(f"{version.version}  {version.at.isoformat(timespec='minutes')}  {who}  {version.reason}")  # noqa: T201
        if before is not None:
            _print(differences(before, version.plan))
        before = version.plan
    return 0


def undo(settings: Path, member: str) -> int:
    """Take up the version before again, as a new one."""
    own, plan = read(settings)
    past = Past(own.store)
    try:
        found = versions(past)
    finally:
        past.close()
    if len(found) < 2:
        raise Refused("nothing-to-undo", NOTHING)
    last, before = found[-1], found[-2]
    hall = _replayed(own, plan)
    with backstage_of(own, plan, member) as backstage:
        _hand_in(backstage, hall, before.plan, f"撤销第{last.version}版 undo of {last.version}", member)
    _print(differences(last.plan, before.plan))
    return 0


# ----------------------------------------------------------------


def _replayed(own: HubSettings, plan: HallPlan) -> Hall:
    """The hall as the journal has it."""
    past = Past(own.store)
    try:
        hall = Hall(plan)
        first = past.first()
        hall.n = first - 1
        for body in past.since(first):
            hall.apply(wire.decode_fact(body))
    finally:
        past.close()
    return hall


def _whole(hall: Hall) -> Form:
    return form_of(msgspec.structs.replace(hall.plan, policy=hall.state.policy), policy=True)


@contextmanager
def backstage_of(own: HubSettings, plan: HallPlan, member: str) -> Iterator[Backstage]:
    """A console of the hall for as long as the command runs."""
    with TemporaryDirectory() as folder:
        backstage = Backstage(
            plan,
            member=member if own.commands is None else COMMANDS,
            broker=own.broker if own.commands is None else _certified(own, own.commands),
            store=own.store,
            card=Path(folder) / "card.db",
        )
        backstage.open()
        try:
            if not waited(
                lambda: (picture := backstage.picture) is not None and picture.hub is True, PATIENCE_S
            ):
                raise Refused("hub-away", NO_HUB)
            yield backstage
        finally:
            backstage.close()


def waited(true: Callable[[], bool], within_s: Seconds) -> bool:
    """Whether that came to be in time. A command looks at what its console's own thread puts there; it is gone before that costs anything."""
    until = time.monotonic() + within_s
    while not true():
        if time.monotonic() > until:
            return False
        time.sleep(LOOK_S)
    return True


def _certified(own: HubSettings, broker: BrokerSettings) -> BrokerSettings:
    """On a hall box: see that these commands have their certificate, which the desk signs for who may write where their request lies."""
    trust = read_trust(Path(own.enrolment))[0] if own.enrolment else None
    if trust is not None and broker.tls is not None and COMMANDS in trust.home:
        ask(COMMANDS, Path(broker.tls.key), Path(trust.home[COMMANDS]), Path(broker.tls.cert))
    return broker


def _make(backstage: Backstage, hall: Hall, wanted: HallPlan, reason: str, member: str) -> None:
    """Settings and policy, in the order in which each fits the other."""
    policy = wanted.policy

    def settings() -> None:
        _hand_in(backstage, hall, form_of(wanted), reason, member)

    def rules() -> None:
        if policy != hall.state.policy:
            put(backstage, _set_policy(backstage, policy, reason, member))

    fits = not any(problems(msgspec.structs.replace(wanted, policy=hall.state.policy)))
    for step in (settings, rules) if fits else (rules, settings):
        step()


def _set_policy(backstage: Backstage, policy: Policy, reason: str, member: str) -> asks.SetPolicy:
    return asks.SetPolicy(id=backstage.new_id(), actor=member, policy=policy, reason=reason)


def _hand_in(backstage: Backstage, hall: Hall, new: Form, reason: str, member: str) -> None:
    form = {key: value for key, value in new.items() if key != POLICY}
    orders = asks_for(
        form_of(hall.plan),
        form,
        base=hall.state.plan_version,
        new_id=backstage.new_id,
        reason=reason,
        actor=member,
    )
    for order in orders:
        put(backstage, order)


def put(backstage: Backstage, ask: asks.AnyAsk) -> None:
    """Ask the hub; what it refuses is raised."""
    try:
        answer = backstage.ask(ask).result(PATIENCE_S)
    except TimeoutError as error:
        raise Refused("hub-away", NO_HUB) from error
    if not answer.ok:
        raise Refused(answer.code or "refused", answer.text)


def _print(found: Iterator[Difference] | list[Difference]) -> None:
    for one in found:
        print(f"   {one.key}: {_said(one.before)} -> {_said(one.after)}")  # noqa: T201


def _said(value: Any) -> str:
    return "-" if value is None else msgspec.json.encode(value).decode()
