"""The import contracts bite: each forbidden import, made on purpose in a copy of the house, is refused by name."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINT = Path(sys.prefix) / "bin" / "lint-imports"


@pytest.fixture
def house(tmp_path):
    """A copy of the five packages and their contracts."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for name in ("hall", "hub", "devices", "sim", "deploy"):
        shutil.copytree(
            ROOT / name, tmp_path / name, ignore=lambda _, names: [n for n in names if n == "__pycache__"]
        )
    return tmp_path


def lint(house: Path) -> subprocess.CompletedProcess[str]:
    run = [sys.executable, str(LINT), "--no-logo", "--no-cache"]
    return subprocess.run(run, cwd=house, check=False, capture_output=True, text=True, env={"COLUMNS": "400"})


def test_the_house_keeps_its_contracts(house):
    result = lint(house)
    assert "0 broken" in result.stdout, result.stdout
    assert result.returncode == 0


@pytest.mark.parametrize(
    ("file", "line", "contract"),
    [
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
    ],
)
def test_a_forbidden_import_is_named(house, file, line, contract):
    with (house / file).open("a", encoding="utf-8") as source:
        source.write(f"\n{line}\n")
    result = lint(house)
    assert result.returncode == 1, result.stdout
    verdicts = [said for said in result.stdout.splitlines() if said.endswith("BROKEN")]
    assert any(said.startswith(contract) for said in verdicts), result.stdout
