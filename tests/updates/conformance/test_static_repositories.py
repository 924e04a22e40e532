"""A repository as the release desk leaves it is understood, by the client as a program of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.updates.conformance.published import served
from tests.updates.desk import Desk

CLIENT = Path(__file__).parents[3] / "scripts" / "tuf_client.py"


@pytest.fixture
def desk(tmp_path):
    made = Desk(tmp_path / "desk")
    made.release("1.0")
    return made


def run(*arguments):
    return subprocess.run([sys.executable, CLIENT, *map(str, arguments)], check=False).returncode


def test_static_repository(desk, tmp_path):
    metadata, downloads = tmp_path / "metadata", tmp_path / "targets"
    metadata.mkdir()
    downloads.mkdir()
    (tmp_path / "root.json").write_bytes(desk.ledger.first_root())
    wheel = next((desk.ledger.targets / "wheels").glob("*hallfleet*"))
    signed_name = f"wheels/{wheel.name.partition('.')[2]}"
    with served() as server:
        repository, address = server.new()
        repository.files = {file.name: file.read_bytes() for file in desk.metadata.glob("*.json")}
        repository.artifacts[f"wheels/{wheel.name}"] = wheel.read_bytes()
        where = ("--metadata-dir", metadata, "--metadata-url", f"{address}/metadata")
        assert run("--metadata-dir", metadata, "init", tmp_path / "root.json") == 0
        assert repository.asked == []
        assert run(*where, "refresh") == 0
        ask = ("--target-base-url", f"{address}/targets", "--target-dir", downloads)
        assert run(*where, "--target-name", signed_name, *ask, "download") == 0
        assert run(*where, "--target-name", "wheels/other", *ask, "download") == 1
    assert [file.read_bytes() for file in downloads.iterdir()] == [wheel.read_bytes()]
