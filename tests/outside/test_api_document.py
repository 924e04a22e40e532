"""What the API's page says is so: its lines run, its rules read metrics that exist, its command makes keys that open."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
import yaml

from hub.console.api.keys import Scope

pytestmark = pytest.mark.broker

PAGE = Path("docs/consoles/api.md")
ALERTS = Path("docs/consoles/alerts.example.yaml")
HALL = Path(sys.prefix) / "bin" / "hall"


@pytest.fixture(scope="module")
def settings(outside):
    """The settings file of the console whose routes are served here."""
    file = outside.folder / "console.yaml"
    file.write_text("plan: hall.yaml\n", encoding="utf-8")
    return file


def command(*words):
    return subprocess.run(
        [HALL, "console", "token", *words], capture_output=True, text=True, timeout=60, check=False
    )


@pytest.fixture
def key(settings):
    made = command(
        "make", "the page", *(f"--scope={scope.value}" for scope in Scope), f"--settings={settings}"
    )
    assert made.returncode == 0, made.stderr
    return made.stdout.split()


def test_a_key_made_on_the_command_line_opens_until_it_is_revoked(outside, settings, key):
    id_, secret = key
    headers = {"Authorization": f"Bearer {secret}"}
    url = outside.url + "/api/v1/hall"
    assert httpx.get(url, headers=headers).status_code == 200
    listed = command("list", f"--settings={settings}").stdout
    assert id_ in listed
    assert secret not in listed
    assert command("revoke", id_, f"--settings={settings}").returncode == 0
    assert httpx.get(url, headers=headers).status_code in {401, 429}
    again = command("revoke", id_, f"--settings={settings}")
    assert again.returncode == 1
    assert len(again.stderr.splitlines()) == 1


def test_every_line_of_the_page_runs(outside, key):
    block = next(
        text for text in re.findall(r"```sh\n(.*?)```", PAGE.read_text(), re.DOTALL) if "curl" in text
    )
    for line in block.replace("\\\n", "").strip().splitlines():
        ran = subprocess.run(
            ["bash", "-c", line.replace("curl -sS", "curl -sS --fail-with-body")],
            env=os.environ | {"HALL": outside.url, "KEY": key[1]},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert ran.returncode == 0, (line, ran.stdout, ran.stderr)
        assert ran.stdout


def test_the_page_names_every_route(outside):
    document = httpx.get(outside.url + "/api/v1/openapi.json").json()
    page = PAGE.read_text()
    assert [path for path in document["paths"] if f"{path}`" not in page and f"{path} " not in page] == []


def test_the_example_rules_read_metrics_that_exist(outside):
    told = httpx.get(outside.url + "/metrics").text
    there = set(re.findall(r"# TYPE (\w+)", told))
    rules = [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]
    assert rules
    for rule in rules:
        assert set(re.findall(r"hall_\w+", rule["expr"])) <= there
        assert rule["annotations"]["summary"]
