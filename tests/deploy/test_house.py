"""The import contracts bite: each forbidden import, made on purpose in a copy of the house, is refused by name.

All are made in one copy: a contract names every line that breaks it, and to read the house takes a second.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINT = Path(sys.prefix) / "bin" / "lint-imports"
PACKAGES = ("hall", "hub", "devices", "sim", "deploy")
#: a file, a line that may not stand in it, and the contract that says so
FORBIDDEN = [
    ("hall/link.py", "import hub.broker", "The house"),
    ("hub/broker.py", "import devices.agent", "The house"),
    ("devices/agent/__init__.py", "import hub.domain", "The house"),
    ("hub/broker.py", "import sim", "The house"),
    ("deploy/__init__.py", "import sim", "The house"),
    ("hub/store/__init__.py", "import hub.broker", "Inside the hub"),
    ("hub/coordinator.py", "import hub.store", "Inside the hub"),
    ("hub/store/__init__.py", "import hub.fleet", "Inside the hub"),
    ("hub/domain/__init__.py", "import hub.store", "Inside the hub"),
    ("hub/releases/__init__.py", "import hub.trust", "Inside the hub"),
    ("hub/fleet/clones.py", "import hub.warden", "Inside the hub"),
    ("hub/console/mirror/__init__.py", "import hub.console.pages", "Inside the console"),
    ("sim/twin/__init__.py", "import sim.people", "Inside the twin's house"),
    ("sim/chaos/checker.py", "import hall.wire", "Who is sent into the chaos"),
    ("devices/window_sign/__init__.py", "import devices.rating_pad", "Devices never import each other"),
    ("devices/agent/__init__.py", "import devices.rating_pad", "What devices share"),
    ("devices/parts/__init__.py", "import devices.call_speaker", "What devices share"),
    ("devices/updates/__init__.py", "import devices.agent", "What devices share"),
    ("devices/window_sign/agent.py", "import devices.window_sign.hardware", "An agent decides"),
    ("devices/rating_pad/agent.py", "import gpiozero", "An agent decides"),
    ("devices/ticket_dispenser/agent.py", "import escpos.printer", "An agent decides"),
    ("devices/window_sign/agent.py", "import devices.parts.led_panel", "An agent decides"),
    ("hub/domain/__init__.py", "import time", "The domain is pure"),
    ("hub/domain/__init__.py", "import sqlite3", "The domain is pure"),
    ("hub/domain/__init__.py", "import random", "The domain is pure"),
    ("hub/domain/__init__.py", "import hall.mqtt", "The domain is pure"),
]


def house(where: Path) -> Path:
    """A copy of the five packages and their contracts."""
    shutil.copy(ROOT / "pyproject.toml", where)
    for name in PACKAGES:
        shutil.copytree(
            ROOT / name, where / name, ignore=lambda _, names: [n for n in names if n == "__pycache__"]
        )
    return where


def lint(house: Path) -> subprocess.CompletedProcess[str]:
    run = [sys.executable, str(LINT), "--no-logo", "--no-cache"]
    return subprocess.run(run, cwd=house, check=False, capture_output=True, text=True, env={"COLUMNS": "400"})


def test_the_house_keeps_its_contracts(tmp_path):
    result = lint(house(tmp_path))
    assert "0 broken" in result.stdout, result.stdout
    assert result.returncode == 0


@pytest.fixture(scope="module")
def named(tmp_path_factory):
    """What is said of a house in which every forbidden import was made: of each contract the chains that break it."""
    broken = house(tmp_path_factory.mktemp("broken"))
    for file, line, _ in FORBIDDEN:
        with (broken / file).open("a", encoding="utf-8") as source:
            source.write(f"\n{line}\n")
    result = lint(broken)
    assert result.returncode == 1, result.stdout
    _, _, details = result.stdout.partition("Broken contracts\n")
    titles = list(re.finditer(r"^(\S.*)\n-+\n", details, re.MULTILINE))
    ends = [title.start() for title in titles[1:]] + [len(details)]
    return {title[1]: details[title.end() : end] for title, end in zip(titles, ends, strict=True)}


@pytest.mark.parametrize(("file", "line", "contract"), FORBIDDEN)
def test_a_forbidden_import_is_named(named, file, line, contract):
    importer = file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    imported = line.removeprefix("import ")
    if imported.split(".")[0] not in PACKAGES:
        imported = imported.split(".")[0]  # of others' packages only the name is said
    (chains,) = (chains for title, chains in named.items() if title.startswith(contract))
    assert re.search(rf"^- +{re.escape(importer)} -> {re.escape(imported)} \(l\.", chains, re.MULTILINE), (
        chains
    )
