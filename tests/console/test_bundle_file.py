"""A device's support bundle is read as what anybody may have sent: whole, of an end, and where the hub keeps it."""

import gzip
import json

import pytest

from hall.errors import Fault
from hub.console.mirror.bundle_file import MOST, beside, log_of, read


def packed(content):
    return gzip.compress(json.dumps(content).encode())


def code(call):
    with pytest.raises(Fault) as fault:
        call()
    assert fault.value.text.zh
    return fault.value.code


def test_the_log_ends_with_its_last_lines():
    assert log_of(packed({"log": ["one", "two", "three"], "more": {"of": "it"}}), 2) == ["two", "three"]
    assert log_of(packed({}), 5) == []


@pytest.mark.parametrize(
    "bundle",
    [
        b"",
        b"no gzip",
        packed({"log": ["one"]})[:-12],
        packed({"log": 7}),
        packed(["log"]),
        gzip.compress(b"[" * 100_000),
        gzip.compress(b'{"log": ["' + b"x" * MOST + b'"]}'),
    ],
    ids=["empty", "no-gzip", "cut-off", "no-lines", "no-bundle", "deep", "bomb"],
)
def test_what_is_no_whole_bundle_of_ours_is_said_and_unpacked_no_further(bundle):
    assert code(lambda: log_of(bundle, 1)) == "bad-bundle"


def test_a_bundle_is_read_from_the_hubs_folder_and_from_nowhere_else(tmp_path):
    folder = beside(f"{tmp_path}/hub.db")
    assert folder == tmp_path / "bundles"
    folder.mkdir()
    (folder / "pad-3.json.gz").write_bytes(b"bundle")
    (tmp_path / "secret").write_bytes(b"nobody's")
    assert read(folder, "pad-3.json.gz") == b"bundle"
    assert code(lambda: read(folder, "../secret")) == "no-bundle"
    assert beside("postgresql+psycopg://hall@db/hall") is None
    assert code(lambda: read(None, "pad-3.json.gz")) == "no-bundle"
