"""``hall doctor``: every check, in order, as lines or as JSON."""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

from devices.agent.at_work import at_work
from devices.agent.settings import AgentSettings
from devices.doctor import bus, certificate, computer, identity, program, sound, unused, wiring
from devices.doctor import pages as staff_pages
from devices.doctor.finding import Finding, Level, fine, warning
from devices.doctor.machine import Machine
from devices.ticket_dispenser.settings import DispenserSettings
from hall.messages.common import MemberKind
from hall.plan import HallPlan
from hall.settings import load
from hall.timekeeping import clock_ok
from hall.tls import BrokerSettings

_MARKS = {Level.OK: "✓", Level.WARNING: "!", Level.FAULT: "✗"}


class Report(msgspec.Struct, frozen=True):
    """What ``--json`` prints."""

    findings: list[Finding]


def run(
    *,
    settings: Path | None,
    hall: Path | None,
    broker: str | None,
    json: bool,
    machine: bool = False,
    identity: Path | None = None,
    pages: str | None = None,
) -> int:
    """Look, tell, and give 1 when something does not work, else 0."""
    found: list[Finding] = []
    zh = _chinese()
    for finding in look(Machine(), settings, hall, broker, identity, pages, ask=not machine):
        found.append(finding)
        if not json:  # a silent printer takes seconds: whoever waits sees what was found so far
            tell(finding, zh=zh)
    faults = sum(finding.level is Level.FAULT for finding in found)
    if json:
        sys.stdout.write(msgspec.json.encode(Report(found)).decode() + "\n")
    else:
        warnings = sum(finding.level is Level.WARNING for finding in found)
        sys.stdout.write(
            f"\n{len(found)}项：{faults}项故障，{warnings}项提醒\n"
            if zh
            else f"\n{len(found)} checks: {_of(faults, 'fault')}, {_of(warnings, 'warning')}\n"
        )
    return 1 if faults else 0


def look(
    machine: Machine,
    settings: Path | None,
    hall: Path | None,
    broker: str | None,
    own_identity: Path | None = None,
    pages: str | None = None,
    *,
    ask: bool = True,
) -> Iterator[Finding]:
    """Every check, one after the other; without `ask` neither printer nor bus is asked. `own_identity` is the doctor's, where there are certificates."""
    seen: list[str] = []
    own, said = program.read(settings)
    checks = itertools.chain(
        said,
        computer.look(
            machine,
            None if own is None else Path(own.state_dir),
            clock_ok=clock_ok,
            now=computer.utc_now,
        ),
        program.look(machine, _kind(own)),
        wiring.look(machine, own),
        _printer(machine, own, settings) if ask else (),
        sound.look(machine, own),
    )
    for finding in checks:
        seen.append(finding.code)
        yield finding
    if ask or own is None:
        needed = ["printer"] if isinstance(own, DispenserSettings) else []
        yield from unused.look(machine, [*seen, *needed])
    if ask:
        yield from _bus(own, hall, broker, own_identity)
        if pages is not None:
            yield from staff_pages.look(pages, now=computer.utc_now)


def _printer(machine: Machine, own: AgentSettings | None, file: Path | None) -> Iterator[Finding]:
    if isinstance(own, DispenserSettings) and file is not None:
        # a pad or a sign has none of what a printer's programs are made of
        from devices.doctor import printer  # noqa: PLC0415
        from devices.ticket_dispenser.printer_lines import printer_line  # noqa: PLC0415

        in_use = at_work(file, machine.path("/proc"))
        yield from printer.look(machine, own.printer, printer_line, in_use=in_use)


def _bus(
    own: AgentSettings | None, hall: Path | None, broker: str | None, own_identity: Path | None
) -> Iterator[Finding]:
    plan = None if hall is None else load(hall, HallPlan)
    where = BrokerSettings() if own is None else own.broker
    if broker is not None:
        host, _, port = broker.rpartition(":")
        where = msgspec.structs.replace(where, host=host or broker, port=int(port) if host else where.port)
    name = plan.id if plan is not None else None if own is None else own.hall
    if name is None:
        yield fine(
            "certificate-unset",
            "没有指定配置，证书不检查",
            "no settings were named, so no certificate was looked at",
        )
        yield fine(
            "bus-not-asked",
            "没有查看总线；用 --hall 看整个大厅",
            "the bus was not looked at; --hall looks at a whole hall",
        )
        return
    if own_identity is not None:
        where = identity.shown(where, own_identity)
    yield from certificate.look(where, name, now=computer.utc_now)
    if where.tls is None:
        yield from _heard(own, plan, where, name)
    elif own_identity is not None and plan is not None:
        yield from _heard_as(identity.name(where.tls), plan, where)
    else:  # whoever listened under this device's name would end its program's connection
        yield from bus.reached(where)
        if plan is not None:
            yield warning(
                "hall-not-asked",
                ("总线有证书，没有逐台询问", "the bus asks for certificates, so the devices were not asked"),
                (
                    "请用 --identity 给出控制台的身份，或看设备页 /fleet",
                    "name a console's identity with --identity, or look at the devices page, /fleet",
                ),
            )


def _heard(
    own: AgentSettings | None, plan: HallPlan | None, where: BrokerSettings, name: str
) -> Iterator[Finding]:
    """What an open bus says."""
    expected = () if plan is None else tuple(plan.members)
    member = own.member if own is not None and plan is None else None
    heard = bus.listen(where, name, beats=member is not None or bool(expected))
    yield from bus.look(where, heard, member=member, expected=expected)


def _heard_as(whose: str, plan: HallPlan, where: BrokerSettings) -> Iterator[Finding]:
    """What a bus with certificates says to the doctor's own identity: everything that an open one says."""
    if not whose.startswith(identity.CONSOLE):
        yield from identity.not_to_be_used(whose)
        yield from bus.reached(where)
        return
    heard = bus.listen(where, plan.id, beats=True)
    yield from identity.look(whose, heard)
    yield from bus.look(where, heard, member=None, expected=tuple(plan.members))


def _of(n: int, what: str) -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


def tell(finding: Finding, *, zh: bool) -> None:
    """One finding, and under it what to do."""
    text, do = (finding.text.zh, finding.do.zh) if zh else (finding.text.en, finding.do.en)
    lines = f"{_MARKS[finding.level]} {text}  [{finding.code}]\n"
    if finding.level is not Level.OK:
        lines += f"    → {do}\n"
    sys.stdout.write(lines)
    sys.stdout.flush()


def _kind(own: AgentSettings | None) -> MemberKind | None:
    return next((kind for kind, made in program.SETTINGS.items() if type(own) is made), None)


def _chinese() -> bool:
    said = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return said.startswith("zh")
