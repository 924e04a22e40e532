"""A release as a folder: the wheels of a role with everything they need, for another Python on another machine.

Rules:

* Only wheels, never sources: nothing is built on a device, and nothing is fetched there.
* Every wheel stands in ``requirements.txt`` with its SHA-256, and no other file is in the folder; :func:`verify` says which one is wrong.
* The list is complete: whatever a wheel wants *on the target* is there. pip judges conditions (``platform_machine == …``) by the
  machine it runs on, whatever ``--platform`` says; so they are judged here.
* A driver of which no wheel exists for the target comes from apt, and ``release.json`` says so (``needs_debs``): spidev has none
  for 64-bit ARM, lgpio none from Python 3.13 on.
* A folder appears whole or not at all.
"""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec
from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name

from deploy.target import PI, Target
from deploy.wheel import Wheel, damaged, named, read, runs_on, same_name, sha256
from hall.errors import Fault, Refused
from hall.files import synced, write_whole
from hall.messages.common import MemberKind
from hall.release import FILE, REQUIREMENTS, Release
from hall.text import Text

OURS = "hallfleet"
#: Each role's extras; None: the hall box.
EXTRAS: Mapping[MemberKind | None, tuple[str, ...]] = {
    MemberKind.DISPENSER: ("dispenser", "member"),
    MemberKind.SIGN: ("sign", "member"),
    MemberKind.PAD: ("pad", "member"),
    MemberKind.SPEAKER: ("speaker", "member"),
    MemberKind.CALL_KEY: ("call-key", "member"),
    None: ("hub", "console", "enrolment", "postgres", "flash"),
}
#: Drivers that a Pi's apt has too, under these names: what takes their place where there is no wheel. (lgpio: Raspberry Pi's own archive.)
DRIVERS: Mapping[str, str] = {"lgpio": "python3-lgpio", "spidev": "python3-spidev"}
#: What no wheel brings. Python's own venv makes the environment; the rest is what the role's programs start or load.
DEBS: Mapping[MemberKind | None, tuple[str, ...]] = {
    MemberKind.DISPENSER: ("libusb-1.0-0", "python3-venv"),
    MemberKind.SPEAKER: ("alsa-utils", "espeak-ng", "python3-venv"),
}
_PLAIN = ("python3-venv",)
_LINE = re.compile(r"(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s]+) --hash=sha256:(?P<hash>[0-9a-f]{64})")
#: Rounds of asking pip again for what only the target wants; two are usual.
_ROUNDS = 6


def build(
    kind: MemberKind | None,
    into: Path,
    *,
    python: str,
    platform: str,
    source: Path | None = None,
    mirror: Path | None = None,
) -> Release:
    """Make the folder `into` (which must not be there yet) and verify it.

    `source` is the project's folder or its finished wheel, None: the folder this program runs from; with a `mirror`, a folder
    of wheels, nothing else is asked. Raises ``Refused`` or ``Fault`` with what is missing.
    """
    target = Target(python=python, platform=platform)
    if into.exists():
        raise Refused("there-already", Text(zh=f"目录 {into} 已存在", en=f"{into} is there already"))
    into.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{into.name}-", dir=into.parent) as made:
        folder = Path(made) / "wheels"
        folder.mkdir()
        own = read(_own_wheel(source or _here(), folder))
        wheels, debs = _gather(own, EXTRAS[kind], target, folder, mirror)
        release = Release(
            version=own.version,
            kind=kind,
            python=python,
            platform=platform,
            needs_debs=tuple(sorted({*DEBS.get(kind, _PLAIN), *debs})),
        )
        write_whole(folder / REQUIREMENTS, _requirements(wheels).encode())
        write_whole(folder / FILE, msgspec.json.format(msgspec.json.encode(release)) + b"\n")
        verify(folder)
        folder.rename(into)
        synced(into.parent)
    return release


def verify(folder: Path) -> Release:
    """What is in the folder, if all of it is what it should be; ``Refused`` names the file that is not."""
    try:
        release = msgspec.json.decode((folder / FILE).read_bytes(), type=Release)
        target = Target(python=release.python, platform=release.platform)
        lines = (folder / REQUIREMENTS).read_text(encoding="ascii").splitlines()
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise _not_a_release(folder, str(error)) from error
    pinned = [_pin(line) for line in lines if line]
    found = {file.name: file for file in sorted(folder.iterdir())}
    wheels = [_expected(pin, found, target) for pin in pinned]
    foreign = sorted({*found} - {FILE, REQUIREMENTS} - {wheel.file.name for wheel in wheels})
    if foreign:
        raise Refused(
            "foreign-file",
            Text(
                zh=f"安装包目录中有来历不明的文件 {foreign[0]}",
                en=f"{foreign[0]} is in the folder and in no list: nobody knows where it is from",
            ),
        )
    by_name = {canonicalize_name(wheel.name): wheel for wheel in wheels}
    own = by_name.get(canonicalize_name(OURS))
    if own is None or own.version != release.version:
        raise _not_a_release(folder, f"{FILE} says {release.version}, and that wheel is not there")
    needed, missing = _closure(own, EXTRAS[release.kind], target, by_name)
    missing = [
        each for each in missing if DRIVERS.get(canonicalize_name(each.name)) not in release.needs_debs
    ]
    if missing:
        raise _missing(missing[0], target)
    idle = sorted({*by_name} - needed)
    if idle:
        raise Refused(
            "foreign-file",
            Text(
                zh=f"安装包 {by_name[idle[0]].file.name} 不属于本设备",
                en=f"nothing of this role needs {by_name[idle[0]].file.name}",
            ),
        )
    return release


def _gather(
    own: Wheel, extras: Iterable[str], target: Target, folder: Path, mirror: Path | None
) -> tuple[list[Wheel], list[str]]:
    """Fetch what `own` needs on the target into its folder: the wheels, and the Debian packages in place of some."""
    by_name = {canonicalize_name(own.name): own}
    asked, debs = [], _unwanted_drivers(own, extras, target)
    for each in _flat(own, extras, target):
        driver = DRIVERS.get(canonicalize_name(each.name))
        if driver is not None and not _fetch([each], target, folder, mirror, alone=True):
            debs.append(driver)
        else:
            asked.append(each)
    for _ in range(_ROUNDS):
        _forget(folder, keep=own.file)
        if asked and not _fetch(asked, target, folder, mirror):
            raise _missing(asked[0], target)
        by_name = {canonicalize_name(wheel.name): wheel for wheel in map(read, sorted(folder.glob("*.whl")))}
        needed, missing = _closure(own, extras, target, by_name)
        missing = [each for each in missing if DRIVERS.get(canonicalize_name(each.name)) not in debs]
        if not missing:
            for name in {*by_name} - needed:
                by_name.pop(name).file.unlink()
            return sorted(by_name.values(), key=lambda wheel: wheel.name), debs
        asked += missing
    raise _missing(asked[-1], target)


def _unwanted_drivers(own: Wheel, extras: Iterable[str], target: Target) -> list[str]:
    """Debian's drivers where ours are conditioned away although the machine has such hands: lgpio on Python 3.13."""
    if target.platform not in PI:
        return []
    chosen = {str(each.name) for each in _flat(own, extras, target)}
    named = {
        canonicalize_name(each.name)
        for each in own.requires
        if each.marker is not None and any(_names(each, extra) for extra in extras)
    }
    return [DRIVERS[name] for name in named & {*DRIVERS} if name not in chosen]


def _names(wish: Requirement, extra: str) -> bool:
    return re.search(rf"extra == ['\"]{re.escape(extra)}['\"]", str(wish.marker)) is not None


def _closure(
    own: Wheel, extras: Iterable[str], target: Target, by_name: Mapping[NormalizedName, Wheel]
) -> tuple[set[NormalizedName], list[Requirement]]:
    """The names that are needed, from `own` on, and what no wheel (or none of the wanted version) is there for."""
    needed: set[NormalizedName] = set()
    seen: set[str] = set()
    missing: list[Requirement] = []
    todo = [Requirement(f"{own.name}[{','.join(extras)}]")]
    while todo:
        wish = todo.pop()
        if str(wish) in seen:
            continue
        seen.add(str(wish))
        wheel = by_name.get(canonicalize_name(wish.name))
        if wheel is None or not wish.specifier.contains(wheel.version, prereleases=True):
            missing.append(wish)
            continue
        needed.add(canonicalize_name(wheel.name))
        todo += wheel.needs(wish.extras, target)
    return needed, missing


def _flat(own: Wheel, extras: Iterable[str], target: Target) -> list[Requirement]:
    """What `own` wants of others, its extras that name each other followed."""
    found, todo, seen = {}, list(extras), set()
    for each in own.needs((), target):
        found[str(each)] = each
    while todo:
        extra = todo.pop()
        seen.add(extra)
        for each in own.needs((extra,), target):
            if same_name(each.name, own.name):
                todo += [more for more in each.extras if more not in seen]
            else:
                found[str(each)] = each
    return list(found.values())


def _fetch(
    wishes: Iterable[Requirement], target: Target, folder: Path, mirror: Path | None, *, alone: bool = False
) -> bool:
    """Let pip choose and fetch; False when there is no such wheel, ``Fault`` when pip fails otherwise."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    command += ["--only-binary", ":all:", "--implementation", "cp", "--python-version", target.python]
    for platform in target.platforms:
        command += ["--platform", platform]
    if alone:
        command.append("--no-deps")
    if mirror is not None:
        command += ["--no-index", "--find-links", str(mirror)]
    done = subprocess.run(
        [*command, "--dest", str(folder), *map(str, wishes)], capture_output=True, text=True, check=False
    )
    if done.returncode == 0:
        return True
    said = [
        line for line in done.stderr.splitlines() if line.startswith("ERROR:")
    ] or done.stderr.splitlines()
    if alone and any("No matching distribution" in line for line in said):
        return False
    raise Fault(
        "wheels-not-gathered",
        Text(
            zh=f"未能收齐安装包：{said[-1] if said else ''}",
            en=f"the wheels could not be gathered: {said[-1] if said else 'pip said nothing'}",
        ),
    )


def _own_wheel(source: Path, into: Path) -> Path:
    """The project's own wheel: copied, or built from its folder."""
    if source.suffix == ".whl":
        return Path(shutil.copy2(source, into))
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps"]
    if importlib.util.find_spec("hatchling") is not None:
        command.append("--no-build-isolation")  # what builds it is here: nothing has to be fetched
    done = subprocess.run(
        [*command, "--wheel-dir", str(into), str(source)], capture_output=True, text=True, check=False
    )
    built = sorted(into.glob("*.whl"))
    if done.returncode != 0 or len(built) != 1:
        last = (done.stderr.strip().splitlines() or ["pip said nothing"])[-1]
        raise Fault(
            "wheel-not-built",
            Text(
                zh=f"未能从 {source} 制作安装包：{last}", en=f"no wheel could be built from {source}: {last}"
            ),
        )
    return built[0]


def _here() -> Path:
    """The folder of the project this program runs from."""
    folder = Path(__file__).resolve().parents[1]
    if not (folder / "pyproject.toml").is_file():
        raise Refused(
            "no-source",
            Text(
                zh="本机安装的程序不含源文件，请用 --source 指定项目目录或安装包",
                en="this program is installed without its sources: name the project's folder or its wheel (--source)",
            ),
        )
    return folder


def _forget(folder: Path, *, keep: Path) -> None:
    for file in folder.glob("*.whl"):
        if file != keep:
            file.unlink()


def _requirements(wheels: Iterable[Wheel]) -> str:
    return "".join(f"{wheel.name}=={wheel.version} --hash=sha256:{sha256(wheel.file)}\n" for wheel in wheels)


def _pin(line: str) -> re.Match[str]:
    pin = _LINE.fullmatch(line)
    if pin is None:
        raise Refused(
            "no-hash",
            Text(
                zh=f"{REQUIREMENTS} 中“{line}”没有校验值",
                en=f"{REQUIREMENTS}: “{line}” has no SHA-256 (name==version --hash=sha256:…)",
            ),
        )
    return pin


def _expected(pin: re.Match[str], found: Mapping[str, Path], target: Target) -> Wheel:
    """The wheel of a pinned line, when it is there, whole, and for this machine."""
    name, version = canonicalize_name(pin["name"]), pin["version"]
    file = next((file for file in found.values() if named(file) == (name, version)), None)
    if file is None:
        raise _missing(Requirement(f"{pin['name']}=={pin['version']}"), target)
    if sha256(file) != pin["hash"]:
        raise damaged(file, "its SHA-256 is not the listed one")
    wheel = read(file)
    if not runs_on(file, target):
        raise Refused(
            "foreign-wheel",
            Text(
                zh=f"安装包 {file.name} 不适用于 Python {target.python}、{target.platform}",
                en=f"{file.name} does not run on Python {target.python} on {target.platform}",
            ),
        )
    return wheel


def _missing(wish: Requirement, target: Target) -> Refused:
    return Refused(
        "wheel-missing",
        Text(
            zh=f"缺少安装包 {wish}（Python {target.python}，{target.platform}）",
            en=f"there is no wheel of {wish} for Python {target.python} on {target.platform}",
        ),
    )


def _not_a_release(folder: Path, why: str) -> Refused:
    return Refused(
        "no-release",
        Text(zh=f"目录 {folder} 不是完整的安装包目录：{why}", en=f"{folder} is no whole release: {why}"),
    )
