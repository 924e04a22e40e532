"""``hall hub install``: a machine becomes the hall's hub; or says how it differs from one; or stops being one.

Rules:

* Every step is looked at first, and done only where something is different: a second run changes nothing.
* What is in the way is one sentence that says what to do next; what was done until there stays, and the next run goes on from it.
* Whatever was chosen once need not be said again.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from deploy.appliance.box import layout
from deploy.appliance.box.choices import HOST, Choices, plain
from deploy.appliance.box.machine import Machine
from deploy.appliance.box.pages import shown
from deploy.appliance.box.plan import CHOICES, steps
from deploy.appliance.box.programs import Programs
from deploy.appliance.box.reached import lent, lost, own_addresses
from deploy.appliance.box.steps import Step
from hall.cli_call import spoken
from hall.errors import Fault
from hall.settings import convert, load
from hall.text import Text

#: Debian 12; Raspberry Pi OS has Debian's numbers.
OLDEST = 12


def install(
    *,
    root: Path,
    check: bool,
    uninstall: bool,
    hall: Path | None,
    wheels: Path | None,
    debs: Path | None,
    addresses: Sequence[str],
    console_port: int | None,
    secure_port: int | None,
    ssh: bool | None,
    time_servers: Sequence[str],
) -> int:
    """See the module; the exit code, with `check` 1 when something is different."""
    machine = Machine(root.resolve())
    _possible(machine)
    choices = _choices(
        machine, addresses, time_servers, console_port=console_port, secure_port=secure_port, ssh=ssh
    )
    plan = steps(
        machine,
        choices,
        hall=hall.absolute() if hall else None,
        wheels=wheels.absolute() if wheels else None,
        debs=debs.absolute() if debs else None,
    )
    if check:
        return _check(plan, lost(machine, choices))
    if uninstall:
        return _uninstall(machine, plan)
    return _install(machine, plan, choices)


def _check(plan: list[Step], away: list[Text]) -> int:
    found = len(away)
    for text in away:
        _say(text)
    for step in plan:
        different = step.look()
        found += len(different)
        for text in different:
            _say(Text(zh=f"{step.name.zh}：{text.zh}", en=f"{step.name.en}: {text.en}"))
    if not found:
        _say(Text(zh="一切与安装时相同", en="everything is as it was installed"))
    return 1 if found else 0


def _install(machine: Machine, plan: list[Step], choices: Choices) -> int:
    changed = 0
    for step in plan:
        different = step.look()
        if different:
            changed += 1
            step.do()
        _say(
            Text(
                zh=f"{'完成' if different else '无需改动'}  {step.name.zh}",
                en=f"{'done' if different else 'as it was':<10} {step.name.en}",
            )
        )
    if not changed:
        _say(Text(zh="本机早已装好，没有改动", en="this machine was installed already: nothing was changed"))
    if machine.live:
        os.sync()  # packages and programs too are there after a plug that is pulled now
        _what_next(machine, choices)
        for text in (*lost(machine, choices), *lent(machine, choices)):
            _say(text)
    else:
        _say(
            Text(
                zh=f"已写入 {machine.root}，没有启动任何程序；程序须另行放入 {layout.OPT}/current",
                en=f"written into {machine.root}; nothing was started. The programs still have to come into {layout.OPT}/current",
            )
        )
    return 0


def _uninstall(machine: Machine, plan: list[Step]) -> int:
    # the programs at the very last: this is one of them, and what was cut off is taken up with it
    back = [*reversed(plan)]
    back.sort(key=lambda each: isinstance(each, Programs))
    for step in back:
        step.undo()
    if machine.live:
        machine.says("systemctl", "try-restart", "chrony.service")
    _say(
        Text(
            zh=f"大厅程序和服务已移除。数据还在：记录和证书机构在 {layout.STATE}，设置在 {layout.ETC}，备份在 {layout.BACKUPS}；"
            "账户和系统软件包也保留。不再需要时请自行删除",
            en=f"the hall's programs and services are gone. The data is still here: records and the authority in {layout.STATE}, "
            f"settings in {layout.ETC}, backups in {layout.BACKUPS}; so are the accounts and Debian's packages. Delete them yourself "
            "once nobody needs them",
        )
    )
    return 0


def _what_next(machine: Machine, choices: Choices) -> None:
    """Where the first administrator goes, and with what."""
    plain = f"http://{choices.addresses[0]}:{choices.console_port}"
    where = f"https://{choices.addresses[0]}:{choices.secure_port}/"
    _say(
        Text(
            zh=f"每台工作电脑先打开 {plain}/ca 安装证书，核对指纹 {shown(machine)}",
            en=f"on each computer first open {plain}/ca and install the certificate; its fingerprint is {shown(machine)}",
        )
    )
    code = _first_code(machine)
    if code is None:
        _say(Text(zh=f"工作人员的网页：{where}", en=f"the staff's pages: {where}"))
    else:
        _say(
            Text(
                zh=f"请在浏览器打开 {where} ，用安装码 {code} 建立第一位管理员并设定密码；安装码只能用一次",
                en=f"open {where} in a browser and make the first administrator, with a password of their own, by the code {code}; "
                "it is good once",
            )
        )


def _first_code(machine: Machine) -> str | None:
    """The code of the first run, made by the console's own account; None once there is an administrator."""
    as_console = ("runuser", "-u", layout.CONSOLE, "--", f"{layout.OPT}/current/bin/hall")
    said = machine.run(
        *as_console, "console", "code", "--settings", f"{layout.ETC}/console.yaml", "--if-needed"
    )
    return said.strip() or None


def _possible(machine: Machine) -> None:
    """Fault when this is no machine for it, with what to do."""
    if not machine.root.is_dir():
        raise Fault(
            "no-root",
            Text(zh=f"没有目录 {machine.root}", en=f"there is no folder {machine.root}: make it first"),
        )
    if not machine.live:
        return
    if os.geteuid() != 0:
        raise Fault(
            "not-root",
            Text(
                zh="需要管理员权限，请用 sudo hall hub install",
                en="this takes root's rights: sudo hall hub install",
            ),
        )
    suits(_text(machine.at("/etc/os-release")))
    if not machine.at("/run/systemd/system").is_dir():
        raise Fault(
            "no-systemd",
            Text(
                zh="本机没有运行 systemd；如只想写入文件，请用 --root 目录",
                en="systemd does not run here; to write the files alone, use --root DIR",
            ),
        )


def suits(system: str) -> None:
    """Fault ``not-debian`` unless this ``os-release`` is of a system that the box is made for."""
    about = dict(line.split("=", 1) for line in system.splitlines() if "=" in line)
    kind = f"{about.get('ID', '')} {about.get('ID_LIKE', '')}".replace('"', "").split()
    number = about.get("VERSION_ID", "").strip('"').partition(".")[0]
    if not {"debian", "raspbian"} & set(kind) or (number.isdigit() and int(number) < OLDEST):
        name = about.get("PRETTY_NAME", "?").strip('"')
        raise Fault(
            "not-debian",
            Text(
                zh=f"本机系统是 {name}，请换用 Debian 12、13 或 Raspberry Pi OS",
                en=f"this machine has {name}; take one with Debian 12 or 13, or Raspberry Pi OS",
            ),
        )


def _choices(
    machine: Machine,
    addresses: Sequence[str],
    time_servers: Sequence[str],
    *,
    console_port: int | None,
    secure_port: int | None,
    ssh: bool | None,
) -> Choices:
    """What was chosen before, with what is chosen now."""
    file = machine.at(CHOICES)
    kept = load(file, Choices) if file.exists() else Choices()
    now: dict[str, object] = {}
    if addresses:
        now["addresses"] = list(addresses)
    elif not kept.addresses:
        now["addresses"] = _own_addresses(machine)
    host = _text(machine.at("/etc/hostname")).strip()
    if re.fullmatch(HOST, host):
        now["host"] = host
    if console_port is not None:
        now["console_port"] = console_port
    if secure_port is not None:
        now["secure_port"] = secure_port
    if ssh is not None:
        now["ssh"] = ssh
    if time_servers:
        now["time_servers"] = list(time_servers)
    raw = plain(kept) | now
    return convert(raw, Choices, "hall hub install")


def _own_addresses(machine: Machine) -> list[str]:
    """Where this machine is in its network."""
    if not machine.live:
        return [_text(machine.at("/etc/hostname")).strip() or "hall-hub"]
    return own_addresses(machine)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError:
        return ""


def _say(text: Text) -> None:
    print(spoken(text))
