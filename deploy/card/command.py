"""``hall flash``, ``hall label``, ``hall wheels``: a card for a device from the first byte to the label on its box.

The order of things: whatever can be refused is refused first; then the image is written and read back; only then is the token asked
for (it makes every former card of that name worthless) and the boot partition written.
"""

from __future__ import annotations

import getpass
import secrets
import sys
import time
from pathlib import Path

from deploy.card import label as labels
from deploy.card import label_printer
from deploy.card.boot import Boot, Mounted, Partition
from deploy.card.device import arguments, as_yaml, hardware, serial, settings_of
from deploy.card.files import Options, boot_files, first_boot, fits, hall_files, of_its_kind
from deploy.card.formats import detect
from deploy.card.image_file import check_sum, size
from deploy.card.inviting import Source, from_file, from_register
from deploy.card.media import Medium, judge, look
from deploy.card.plan import Address, CardPlan, Wifi
from deploy.card.writing import Pace, read_back, write
from deploy.wheelhouse import build, verify
from hall.errors import Refused
from hall.messages.common import MemberKind
from hall.releases import BOX, METADATA, kind_name
from hall.text import Text
from hub.trust.settings import read


def flash(
    *,
    member: str,
    wheels: Path,
    device: Path | None = None,
    image: Path | None = None,
    boot_dir: Path | None = None,
    settings: Path | None = None,
    invitation: Path | None = None,
    hall: Path | None = None,
    device_settings: Path | None = None,
    replace: bool = False,
    wifi: str | None = None,
    wifi_country: str = "CN",
    wifi_hidden: bool = False,
    wifi_open: bool = False,
    wifi_password_file: Path | None = None,
    address: str | None = None,
    gateway: str | None = None,
    dns: tuple[str, ...] = (),
    ssh_key: Path | None = None,
    read_only: bool = True,
    sha256: str | None = None,
    releases_root: Path | None = None,
    label: Path | None = None,
    printer: str | None = None,
    yes: bool = False,
    script: bytes | None = None,
) -> int:
    """Write the card; `script` stands in for the ``first-boot`` that comes with this program."""
    script = first_boot() if script is None else script
    _goes_with("--wifi", wifi, wifi_password_file, wifi_open, wifi_hidden)
    _goes_with("--address", address, gateway, dns)
    source = _source(member, settings, invitation, hall, replace=replace)
    own = settings_of(source.invitation, source.plan, own=device_settings, broker=source.broker)
    release = verify(wheels)
    of_its_kind(release, source.invitation.kind)
    if label is not None:
        labels.can_be(label)
    if printer is not None:
        label_printer.settings_of(printer)
    keys = () if ssh_key is None else _keys(ssh_key)
    options = Options(ssh=bool(keys), read_only=read_only)
    plan = CardPlan(
        hall=source.plan.id,
        member=member,
        timezone=source.plan.timezone,
        stamp=source.invitation.stamp,
        once=secrets.token_hex(4),
        hardware=hardware(own),
        arguments=arguments(own),
        serial=serial(own),
        wifi=_wifi(wifi, wifi_country, wifi_password_file, hidden=wifi_hidden, is_open=wifi_open),
        address=None if address is None else Address(address=address, gateway=gateway, dns=dns),
        ssh_keys=keys,
    )
    believed = _releases_root(releases_root, settings)
    boot = _card(device, image, boot_dir, sha256, yes=yes)
    found = detect(boot.looked_at())
    fits(release, found, source.invitation.kind)
    files = boot_files(plan, found)
    invited = source.token()
    boot.put(files | hall_files(invited, as_yaml(own), options, script, believed), wheels)
    print(
        f"{member} ({invited.kind.value}, {found.format.value}): the card is ready, read back, and may be taken out"
    )
    print(
        "    -> put it into the device, connect the network, switch it on; then confirm it on the console by its label"
    )
    return _label(source, member, label, printer)


def label(
    *,
    member: str,
    settings: Path | None = None,
    invitation: Path | None = None,
    hall: Path | None = None,
    out: Path | None = None,
    printer: str | None = None,
) -> int:
    """The label alone; no token is asked for or used."""
    return _label(_source(member, settings, invitation, hall, replace=False), member, out, printer)


def wheels(
    *, kind: str, python: str, platform: str, out: Path, source: Path | None, mirror: Path | None
) -> int:
    """Gather a role's wheels into a folder."""
    role = None if kind == BOX else MemberKind(kind)
    release = build(role, out, python=python, platform=platform, source=source, mirror=mirror)
    print(f"{out}: hallfleet {release.version} for {kind}, Python {python} on {platform}")
    if release.needs_debs:
        print(f"    from Debian, on the image already or by apt: {' '.join(release.needs_debs)}")
    return 0


def check_wheels(*, folder: Path) -> int:
    """Say whether a folder of wheels is whole."""
    release = verify(folder)
    print(
        f"{folder}: whole: hallfleet {release.version} for {kind_name(release.kind)}, Python {release.python} on {release.platform}"
    )
    return 0


def _source(
    member: str, settings: Path | None, invitation: Path | None, hall: Path | None, *, replace: bool
) -> Source:
    if invitation is not None and hall is not None and settings is None:
        if replace:
            raise Refused(
                "replaced-there",
                Text(
                    zh=f"--replace 只在大厅主机上有效，请在那里运行 hall member replace {member} --card DIR",
                    en=f"the former box is put out on the hall box, not here: hall member replace {member} --card DIR",
                ),
            )
        return from_file(invitation, hall, member)
    if settings is not None and invitation is None and hall is None:
        return from_register(settings, member, replace=replace)
    raise Refused(
        "which-source",
        Text(
            zh="在大厅主机上请给出 --settings enrolment.yaml；在其他电脑上请给出 --invitation 和 --hall",
            en="on the hall box give --settings enrolment.yaml; on another computer --invitation enrol.json with --hall hall.yaml",
        ),
    )


def _goes_with(option: str, given: str | None, *others: object) -> None:
    """``Refused`` for options that would be passed over without a word, and make another card than was asked for."""
    if given is None and any(others):
        raise Refused(
            "goes-with",
            Text(
                zh=f"另有选项须与 {option} 一起使用，请补上 {option}",
                en=f"there are options that mean something with {option} alone: give {option} too",
            ),
        )


def _card(
    device: Path | None, image: Path | None, boot_dir: Path | None, sha256: str | None, *, yes: bool
) -> Boot:
    if boot_dir is not None and device is None and image is None:
        return Mounted(boot_dir)
    if device is not None and image is not None and boot_dir is None:
        Partition.can_be_written()
        medium = look(device)
        judge(medium, size(image))
        check_sum(image, sha256, _pace("checking"))
        _done()
        if not yes:
            _confirm(medium)
        written, length = write(image, medium, _pace("writing "))
        _done()
        read_back(medium, written, length, _pace("reading "))
        _done()
        judge(look(device), length)  # a desktop mounts what it finds on a card: by now it may have
        return Partition(device)
    raise Refused(
        "which-card",
        Text(
            zh="请给出设备和 --image（写入镜像），或 --boot-dir（已由 Imager 写好的卡）",
            en="give a DEVICE with --image to write one, or --boot-dir for a card that Imager wrote",
        ),
    )


def _confirm(medium: Medium) -> None:
    """A person types the device's name: everything on it will be gone."""
    name = Path(medium.path).name
    print(
        f"{medium.path}: {medium.model or 'no name'}, {medium.size / 10**9:.2f} GB. EVERYTHING ON IT WILL BE LOST. 卡上内容将全部清除。"
    )
    try:
        typed = input(f"Type {name} to go on 输入 {name} 继续: ")
    except EOFError:
        typed = ""
    if typed.strip() != name:
        raise Refused(
            "not-confirmed",
            Text(zh="未确认，没有写入任何内容", en="not confirmed: nothing was written (--yes asks nobody)"),
        )


def _wifi(
    ssid: str | None, country: str, password_file: Path | None, *, hidden: bool, is_open: bool
) -> Wifi | None:
    """The password is read from a file or typed unseen: on a command line every user of the machine could read it."""
    if ssid is None:
        return None
    if is_open:
        return Wifi.of(ssid, None, country=country, hidden=hidden)
    if password_file is not None:
        password = password_file.read_text(encoding="utf-8").removesuffix("\n")
    else:
        password = getpass.getpass(f"Password of {ssid} 无线网络密码: ")
    return Wifi.of(ssid, password, country=country, hidden=hidden)


def _releases_root(file: Path | None, settings: Path | None) -> bytes | None:
    """By what a device knows whose releases are genuine: the file named, or what the hall box's mirror began with."""
    if file is not None:
        return file.read_bytes()
    if settings is None:
        print("    no --releases-root was given: this device will install no releases but its card's")
        return None
    begun = Path(read(settings)[0].releases) / METADATA / "1.root.json"
    if not begun.is_file():
        print("    no releases are signed for this hall yet: this device will install none but its card's")
        return None
    return begun.read_bytes()


def _keys(file: Path) -> tuple[str, ...]:
    lines = file.read_text(encoding="utf-8").split("\n")
    return tuple(line for line in lines if line.strip() and not line.startswith("#"))


def _label(source: Source, member: str, out: Path | None, printer: str | None) -> int:
    made = labels.label(source.plan, member, source.invitation.ca)
    if out is not None:
        labels.save(made, out)
        print(f"{out}: the label of {member}; stick it onto the box")
    if printer is not None:
        label_printer.put_out(made, printer)
        print(f"the label of {member} is printed; stick it onto the box")
    return 0


def _pace(what: str) -> Pace:
    return Pace(what, _say, time.monotonic, live=sys.stderr.isatty())


def _say(line: str) -> None:
    end = "\r" if sys.stderr.isatty() else "\n"
    print(f"{line}   ", end=end, file=sys.stderr, flush=True)


def _done() -> None:
    if sys.stderr.isatty():
        print(file=sys.stderr)
