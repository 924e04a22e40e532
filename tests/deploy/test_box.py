"""A tree becomes a hall box's disk: what lies where, that nothing is done twice, and that whatever differs is named."""

import json
import os
import shutil
import socket
import stat
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from typer.testing import CliRunner

from deploy.appliance.box import command, layout, pages, programs, reached, services
from deploy.appliance.box.choices import Choices
from deploy.appliance.box.machine import Machine
from deploy.appliance.box.units import box_files
from hall import cli
from hall.errors import Fault
from hall.keys import make_key
from hub.trust.pages import PagesAuthority

GOLDEN = Path(__file__).parent / "golden" / "box-tree.txt"


def run(*arguments, language="C"):
    return CliRunner(env={"LANG": language, "LC_ALL": language}).invoke(
        cli.app, ["hub", "install", *arguments]
    )


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    root = tmp_path_factory.mktemp("installed")
    said = run("--root", str(root), "--address", "192.168.1.10")
    assert said.exit_code == 0, said.stderr
    return root


@pytest.fixture
def box(installed, tmp_path):
    """A tree with a hall box in it."""
    shutil.copytree(installed, tmp_path / "box", symlinks=True)
    return tmp_path / "box"


def tree(root):
    """Every file and folder with its mode; links with where they lead."""
    found = []
    for path in sorted(root.rglob("*")):
        name = str(path.relative_to(root))
        if path.is_symlink():
            found.append(f"link /{name} -> {path.readlink()}")
        else:
            found.append(f"{stat.S_IMODE(path.stat().st_mode):04o} /{name}{'/' if path.is_dir() else ''}")
    return found


def contents(root):
    return {
        path: (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_mode)
        for path in root.rglob("*")
        if path.is_file() and not path.is_symlink()
    }


def test_files_and_modes_are_those_of_the_list(box):
    found = "\n".join(tree(box)) + "\n"
    if os.environ.get("WRITE_GOLDEN"):
        GOLDEN.write_text(found)
    assert found == GOLDEN.read_text()


def test_a_second_run_changes_nothing_and_says_so(box):
    before = contents(box)
    said = run("--root", str(box))
    assert said.exit_code == 0
    assert "nothing was changed" in said.stdout
    assert "done" not in said.stdout
    assert contents(box) == before


def test_check_is_content_with_a_box_as_it_was_installed(box):
    said = run("--root", str(box), "--check")
    assert (said.exit_code, said.stdout) == (0, "everything is as it was installed\n")


def test_check_of_an_empty_tree_names_all_and_makes_nothing(tmp_path):
    said = run("--root", str(tmp_path), "--check")
    assert said.exit_code == 1
    assert list(tmp_path.iterdir()) == []
    for part in ("accounts", "folders", "broker", "firewall", "units", "settings", "services"):
        assert f"\n{part}" in f"\n{said.stdout}"


WRITTEN = [
    layout.SYSUSERS,
    layout.TMPFILES,
    layout.MOSQUITTO,
    layout.FIREWALL,
    layout.CHRONY,
    *(f"{layout.UNITS}/{name}" for name in box_files()),
]
SETTINGS = [f"{layout.ETC}/{name}.yaml" for name in ("hall", "hub", "console", "enrolment")]
LINKS = [
    f"{layout.UNITS}/multi-user.target.wants/hall-hub.service",
    f"{layout.UNITS}/sockets.target.wants/hall-bell.socket",
    f"{layout.UNITS}/timers.target.wants/hall-backup@hub.timer",
]


@pytest.mark.parametrize(
    ("paths", "harm", "words"),
    [
        pytest.param(WRITTEN, lambda file: file.write_text("else\n"), "not as it was written", id="edited"),
        pytest.param([*WRITTEN, *SETTINGS], lambda file: file.unlink(), "missing", id="gone"),
        pytest.param([*WRITTEN, *SETTINGS], lambda file: file.chmod(0o666), "mode 0666, not 0644", id="open"),
        pytest.param(SETTINGS[1:], lambda file: file.write_text("pläne: 3\n"), "expected", id="nonsense"),
        pytest.param(
            [each.path for each in layout.FOLDERS],
            lambda place: place.chmod(0o700 ^ 0o1077),
            "mode",
            id="folders",
        ),
        pytest.param(
            [f"{layout.STATE}/{name}" for name in ("hub", "console", "enrolment", "issued")],
            lambda place: place.rmdir(),
            "missing",
            id="folders-gone",
        ),
        pytest.param(LINKS, lambda file: file.unlink(), "does not start by itself", id="not-enabled"),
    ],
)
def test_each_difference_is_named_and_the_next_run_mends_them(box, paths, harm, words):
    for path in paths:
        harm(box / path.lstrip("/"))
    said = run("--root", str(box), "--check")
    assert said.exit_code == 1
    lines = said.stdout.splitlines()
    for path in paths:
        named = path.rpartition("/")[2] if path in LINKS else path
        assert any(named in line and words in line for line in lines), (path, lines)
    assert len(lines) == len(paths)
    assert run("--root", str(box)).exit_code == 0
    assert run("--root", str(box), "--check").exit_code == 0


def test_a_hall_that_somebody_broke_is_named_by_key_and_left_for_them_to_mend(box):
    file = box / "etc/hallfleet/hall.yaml"
    broken = file.read_text().replace("timezone: Asia/Shanghai", "timezone: Mars/Olympus")
    file.write_text(broken)
    assert "timezone" in run("--root", str(box), "--check").stdout
    refused = run("--root", str(box))
    assert refused.exit_code == 1
    assert "timezone" in refused.stderr
    assert file.read_text() == broken


def test_every_setting_that_the_box_needs_is_named_by_key_and_put_right_and_the_rest_is_kept(box):
    changes = {
        "hub": {
            "port: 8883": ("port: 1883", "broker.port is 1883, not 8883"),
            "names: true": ("names: false", "trust_console_names is false, not true"),
            "/issued/hub.pem": ("/issued/other.pem", "broker.tls.cert is"),
        },
        "console": {
            "port: 8080": ("port: 80", "port is 80, not 8080"),
            'host: "0.0.0.0"': ('host: "127.0.0.1"', "host is"),
            "port: 8444": ("port: 443", "secure.port is 443, not 8444"),
            "issued/pages.pem": ("issued/other.pem", "secure.cert is"),
        },
        "enrolment": {
            "door_group: true": ("door_group: false", "door_group is false"),
            "https://192.168.1.10": ("https://192.168.1.99", "desks is"),
            "hall.local": ("hall.lan", "pages.names is"),
        },
    }
    for name, differences in changes.items():
        path = box / f"etc/hallfleet/{name}.yaml"
        text = path.read_text()
        for old, (new, _) in differences.items():
            assert old in text
            text = text.replace(old, new, 1)
        path.write_text(f"{text}log: debug\n")
    said = run("--root", str(box), "--check")
    assert said.exit_code == 1
    for name, differences in changes.items():
        for _, words in differences.values():
            assert any(f"/{name}.yaml" in line and words in line for line in said.stdout.splitlines()), words
    assert run("--root", str(box)).exit_code == 0
    assert run("--root", str(box), "--check").exit_code == 0
    for name in changes:
        assert "log: debug" in (box / f"etc/hallfleet/{name}.yaml").read_text()


def test_what_was_chosen_once_need_not_be_said_again_and_can_be_changed(box):
    assert run("--root", str(box), "--ssh", "--console-port", "8081").exit_code == 0
    assert run("--root", str(box)).exit_code == 0
    rules = (box / "etc/hallfleet/firewall.nft").read_text()
    assert "{ 22, 8081, 8443, 8444, 8883 }" in rules
    assert "https://192.168.1.10:8443" in (box / "etc/hallfleet/enrolment.yaml").read_text()
    run("--root", str(box), "--no-ssh")
    assert "{ 8081, 8443, 8444, 8883 }" in (box / "etc/hallfleet/firewall.nft").read_text()


def test_the_pages_certificate_is_asked_for_under_every_name_that_the_box_has(box):
    (box / "etc/hostname").write_text("east-hall\n")
    assert run("--root", str(box), "--address", "10.0.0.5", "--address", "hall.example").exit_code == 0
    own = (box / "etc/hallfleet/enrolment.yaml").read_text()
    for name in ("10.0.0.5", "hall.example", "east-hall", "east-hall.local", "hall.local"):
        assert name in own
    assert run("--root", str(box), "--check").exit_code == 0
    (box / "etc/hostname").write_text("west-hall\n")
    said = run("--root", str(box), "--check")
    assert "pages.names is" in said.stdout
    (box / "etc/hostname").write_text("no name at all\n")
    assert run("--root", str(box)).exit_code == 0
    assert "no name" not in (box / "etc/hallfleet/enrolment.yaml").read_text()


def test_check_says_what_is_wrong_with_the_pages_certificate(tmp_path):
    now, names = datetime.now(UTC), ["10.0.0.5", "hall.local"]
    authority = PagesAuthority.found(tmp_path, "demo", names, now)
    (tmp_path / "other").mkdir()
    other = PagesAuthority.found(tmp_path / "other", "demo", names, now)
    key = make_key(tmp_path / "key.pem").public_key()
    (made,) = x509.load_pem_x509_certificates(authority.issue(key, names, now).chain)

    def said(names=names, ca=authority, days=0):
        found = pages.differences(made, ca.certificate, names, now + timedelta(days=days))
        return [text.en for text in found]

    assert said() == said(days=250) == []
    assert said([*names, "10.0.0.6"]) == ["it does not hold for 10.0.0.6"]
    assert said(ca=other) == ["it is not of the authority that browsers were given"]
    assert said(days=300) == ["it is good for 95 more days, and the desk has not renewed it"]
    assert said(days=500) == ["it is good for 0 more days, and the desk has not renewed it"]


#: a network for examples: no machine has an address of it
ELSEWHERE = "203.0.113.9"


def test_an_address_that_the_box_has_no_more_is_said_with_what_to_do_and_others_are_not(capsys):
    here, named = "127.0.0.1", "hall.example"
    said = reached.lost(Machine(), Choices(addresses=(here, ELSEWHERE, named)))
    assert command._check([], said) == 1
    (line,) = capsys.readouterr().out.splitlines()
    assert f"the devices' cards say {ELSEWHERE}, and this machine has" in line
    for remedy in (f"keep {ELSEWHERE} for this machine", "hall hub install --address", "each device's card"):
        assert remedy in line
    said[0].zh.encode("gb2312")
    assert reached.lost(Machine(), Choices(addresses=(here, named))) == []
    assert reached.lost(Machine(Path("/nowhere")), Choices(addresses=(ELSEWHERE,))) == []


@pytest.mark.parametrize(("flag", "told"), [({"dynamic": True}, True), ({}, False)])
def test_an_address_that_the_network_only_lends_is_said_when_the_box_is_made(
    tmp_path, monkeypatch, flag, told
):
    """By an `ip` that says what the real one says."""
    ip = tmp_path / "ip"
    lent = [{"addr_info": [{"family": "inet", "local": "10.0.0.5", **flag}]}, {"addr_info": []}]
    ip.write_text(f"#!/bin/sh\nprintf '%s' '{json.dumps(lent)}'\n")
    ip.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert reached.own_addresses(Machine()) == ["10.0.0.5"]
    said = reached.lent(Machine(), Choices(addresses=("10.0.0.5", "10.0.0.6")))
    assert [text.en.split(" is lent")[0] for text in said] == (["mind: 10.0.0.5"] if told else [])
    for text in said:
        text.zh.encode("gb2312")


def test_a_hall_of_ones_own_takes_the_examples_place_and_the_former_is_kept(box, tmp_path_factory):
    own = tmp_path_factory.mktemp("own") / "hall.yaml"
    example = (box / "etc/hallfleet/hall.yaml").read_text()
    own.write_text(example.replace("id: demo", "id: east"))
    assert run("--root", str(box), "--hall", str(own)).exit_code == 0
    assert (box / "etc/hallfleet/hall.yaml").read_text() == own.read_text()
    assert (box / "etc/hallfleet/hall.yaml.before").read_text() == example
    own.write_text("id: east\n")
    refused = run("--root", str(box), "--hall", str(own))
    assert refused.exit_code == 1
    assert "own" in refused.stderr
    assert "id: east" in (box / "etc/hallfleet/hall.yaml").read_text()


def test_uninstalled_the_data_is_left_and_it_is_said_where(box):
    data = {
        "var/lib/hallfleet/hub/hub.db": b"numbers",
        "var/lib/hallfleet/console/console.db": b"people",
        "var/lib/hallfleet/enrolment/authority/root.key": b"key",
        "var/backups/hallfleet/hub/hub-1.db": b"yesterday",
        "etc/hallfleet/hall.yaml": (box / "etc/hallfleet/hall.yaml").read_bytes(),
    }
    for name, content in data.items():
        (box / name).parent.mkdir(parents=True, exist_ok=True)
        (box / name).write_bytes(content)
    others = box / "etc/systemd/system/somebody-elses.service"
    others.write_text("[Service]\n")
    said = run("--root", str(box), "--uninstall")
    assert said.exit_code == 0
    for place in (layout.STATE, layout.ETC, layout.BACKUPS):
        assert place in said.stdout
    assert {name: (box / name).read_bytes() for name in data} == data
    left = [path for path in (box / "etc").rglob("*") if path.is_file() or path.is_symlink()]
    assert sorted(path.name for path in left) == [
        "box.yaml",
        "console.yaml",
        "enrolment.yaml",
        "hall.yaml",
        "hub.yaml",
        "somebody-elses.service",
    ]
    assert not (box / "opt/hallfleet").exists()
    assert run("--root", str(box), "--uninstall").exit_code == 0
    assert run("--root", str(box)).exit_code == 0
    assert (box / "var/lib/hallfleet/hub/hub.db").read_bytes() == b"numbers"


def test_it_is_said_in_chinese_where_the_terminal_is_chinese(box):
    (box / "etc/hallfleet/mosquitto.conf").unlink()
    said = run("--root", str(box), "--check", language="zh_CN.UTF-8").stdout
    assert said == "消息服务：缺少文件 /etc/hallfleet/mosquitto.conf\n"
    said.encode("gb2312")


def test_a_tree_that_is_not_there_is_refused_with_what_to_do(tmp_path):
    said = run("--root", str(tmp_path / "nowhere"))
    assert said.exit_code == 1
    assert "make it first" in said.stderr


@pytest.mark.parametrize("wrong", ["two words", "a;b", "-x", "x\ny"])
def test_an_address_that_is_none_never_reaches_a_file(tmp_path, wrong):
    assert run("--root", str(tmp_path), f"--address={wrong}").exit_code == 1
    assert list(tmp_path.iterdir()) == []


def test_a_port_that_another_program_has_is_named_with_what_to_do():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(Fault, match=f"port {port}, which hall-console.service needs, is taken.*ss -ltnp"):
            services.need(port, "hall-console.service")
    services.need(port, "hall-console.service")


@pytest.mark.parametrize(
    ("system", "words"),
    [
        (
            'ID=fedora\nVERSION_ID=43\nPRETTY_NAME="Fedora Linux 43"\n',
            "this machine has Fedora Linux 43; take one with Debian 12",
        ),
        (
            'ID=debian\nVERSION_ID="11"\nPRETTY_NAME="Debian 11"\n',
            "this machine has Debian 11; take one with Debian 12",
        ),
        ("", "take one with Debian"),
    ],
)
def test_a_machine_that_cannot_become_a_hall_box_is_told_what_can(system, words):
    with pytest.raises(Fault, match=words):
        command.suits(system)


@pytest.mark.parametrize(
    "system",
    [
        'ID=debian\nVERSION_ID="12"\n',
        'ID=debian\nVERSION_ID="13"\n',
        "ID=raspbian\nID_LIKE=debian\nVERSION_ID=12\n",
    ],
)
def test_debian_and_raspberry_pi_os_can(system):
    command.suits(system)


def test_the_release_that_installs_is_not_taken_away_under_itself(tmp_path, monkeypatch):
    place = tmp_path / "releases" / "1.0"
    place.mkdir(parents=True)
    (place / "running").touch()
    monkeypatch.setattr(sys, "prefix", str(place))
    programs.install(Machine(), tmp_path / "wheels", place)
    assert [each.name for each in place.iterdir()] == ["running"]


def test_a_release_is_used_from_one_moment_to_the_next(tmp_path):
    for version in ("1.0", "1.1"):
        (tmp_path / "releases" / version).mkdir(parents=True)
        programs.point(tmp_path / "current", tmp_path / "releases" / version)
        assert (tmp_path / "current").readlink() == Path("releases", version)
