"""Refreshing: what is asked for, what is believed, and what is left alone."""

import json
from datetime import timedelta

import pytest
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import Metadata, MetaFile

from tests.updates.clock import at
from tests.updates.conformance.published import ROOT, SNAPSHOT, TARGETS, TIMESTAMP, TODAY

ALL = {ROOT: 1, TIMESTAMP: 1, SNAPSHOT: 1, TARGETS: 1}
FIRST_LOOK = ["2.root.json", "timestamp.json", "1.snapshot.json", "1.targets.json"]


def test_basic_refresh_requests(started, repo):
    assert started.refresh() == 0
    assert repo.asked == FIRST_LOOK


def test_basic_refresh_trusted_data(started, repo):
    assert started.refresh() == 0
    assert started.trusted() == ALL
    for role in (SNAPSHOT, TARGETS, ROOT):
        assert started.bytes_of(role) == repo.files[f"1.{role}.json"]
    assert started.bytes_of(TIMESTAMP) == repo.files["timestamp.json"]


def test_implicit_refresh(started, repo):
    """A download refreshes first, even one of what is not there."""
    assert started.download("nobody-made-this") == 1
    assert repo.asked == FIRST_LOOK
    assert started.trusted() == ALL


def test_invalid_initial_root(client, repo):
    said = json.loads(repo.files["1.root.json"])
    del said["signed"]["version"]
    client.init(json.dumps(said).encode())
    assert client.refresh() == 1
    assert repo.asked == []


def test_unsigned_initial_root(client, repo):
    said = json.loads(repo.files["1.root.json"])
    said["signatures"][0]["sig"] = "00" * 64
    client.init(json.dumps(said).encode())
    assert client.refresh() == 1
    assert repo.asked == []


@pytest.mark.parametrize(
    ("role", "believed"),
    [
        (ROOT, {ROOT: 1}),
        (TIMESTAMP, {ROOT: 2}),
        (SNAPSHOT, {ROOT: 2, TIMESTAMP: 2}),
        (TARGETS, {ROOT: 2, TIMESTAMP: 2, SNAPSHOT: 2}),
    ],
)
def test_unsigned_metadata(started, repo, role, believed):
    """What comes before the unsigned one is taken; it and what follows is not."""
    repo.signers[role].clear()
    repo.publish(ROOT, TARGETS, SNAPSHOT, TIMESTAMP)
    assert started.refresh() == 1
    assert started.trusted() == believed


@pytest.mark.parametrize(
    ("role", "believed"),
    [(ROOT, {ROOT: 1}), (SNAPSHOT, {ROOT: 1, TIMESTAMP: 2}), (TARGETS, {ROOT: 1, TIMESTAMP: 2, SNAPSHOT: 2})],
)
def test_url_and_metadata_version_mismatch(started, repo, role, believed):
    """A file says of itself version 3 and lies where version 2 is looked for."""
    if role != ROOT:
        repo.publish(TARGETS, SNAPSHOT, TIMESTAMP)
    repo.said(role).version = 3
    above = {SNAPSHOT: repo.timestamp.snapshot_meta, TARGETS: repo.snapshot.meta["targets.json"]}.get(role)
    repo.put(role, name=f"2.{role}.json")
    assert above is None or above.version == 2
    assert started.refresh() == 1
    assert started.trusted() == believed


def test_timestamp_content_changes(current, repo):
    """Another content under the same version is not taken, and nothing is asked for because of it."""
    repo.timestamp.snapshot_meta = MetaFile(100)
    repo.put(TIMESTAMP)
    assert current.refresh() == 0
    assert repo.asked == ["2.root.json", "timestamp.json"]
    assert Metadata.from_bytes(current.bytes_of(TIMESTAMP)).signed.snapshot_meta.version == 1


def test_basic_metadata_hash_support(started, repo):
    repo.says_hashes = True
    repo.publish(TARGETS, SNAPSHOT, TIMESTAMP)
    assert started.refresh() == 0
    repo.publish(TARGETS)
    repo.snapshot.meta["targets.json"].hashes["sha256"] = "46" * 32
    repo.publish(SNAPSHOT, TIMESTAMP)
    assert started.refresh() == 1
    assert started.trusted() == {ROOT: 1, TIMESTAMP: 3, SNAPSHOT: 3, TARGETS: 2}


def test_metadata_bytes_match(started, repo):
    """What is kept is what came, byte by byte."""
    repo.files["timestamp.json"] += b" "
    assert started.refresh() == 0
    assert started.bytes_of(TIMESTAMP) == repo.files["timestamp.json"]


def test_custom_fields(current, repo):
    """Fields nobody knows are signed with the rest and harm nothing."""
    signer = CryptoSigner.generate_ed25519()
    signer.public_key.unrecognized_fields["more"] = {"a": 1, "b": [2]}
    repo.root.unrecognized_fields["more"] = "words"
    repo.root.roles[ROOT].unrecognized_fields["more"] = 3
    repo.add_key(ROOT, signer)
    repo.publish(ROOT)
    assert current.refresh() == 0
    assert current.trusted()[ROOT] == 2


def test_deprecated_keyid_hash_algorithms(started, repo):
    """A field of former times that misleads."""
    repo.drop_keys(SNAPSHOT)
    signer = CryptoSigner.generate_ed25519()
    signer.public_key.unrecognized_fields["keyid_hash_algorithms"] = "md5"
    repo.add_key(SNAPSHOT, signer)
    repo.publish(ROOT, SNAPSHOT, TIMESTAMP)
    assert started.refresh() == 0
    assert started.trusted() == {ROOT: 2, TIMESTAMP: 2, SNAPSHOT: 2, TARGETS: 1}


def test_snapshot_404(current, repo):
    repo.timestamp.snapshot_meta = MetaFile(2)
    repo.publish(TIMESTAMP)
    assert current.refresh() == 1
    assert repo.asked[-1] == "2.snapshot.json"
    assert current.trusted() == {**ALL, TIMESTAMP: 2}


def test_targets_404(current, repo):
    repo.snapshot.meta["targets.json"] = MetaFile(2)
    repo.publish(SNAPSHOT, TIMESTAMP)
    assert current.refresh() == 1
    assert repo.asked[-1] == "2.targets.json"
    assert current.trusted() == {**ALL, TIMESTAMP: 2, SNAPSHOT: 2}


def test_timestamp_404(current, repo):
    del repo.files["timestamp.json"]
    assert current.refresh() == 1
    assert repo.asked[-1] == "timestamp.json"
    assert current.trusted() == ALL


def test_incorrect_metadata_type(started, repo):
    """A snapshot that is signed by the timestamp's key and says what a timestamp says, in the place of one."""
    repo.add_key(SNAPSHOT, next(iter(repo.signers[TIMESTAMP].values())))
    repo.snapshot.meta = {"snapshot.json": MetaFile(1)}
    repo.snapshot.version = 2
    repo.put(SNAPSHOT, name="timestamp.json")
    repo.publish(ROOT)
    assert started.refresh() == 1
    assert started.trusted() == {ROOT: 2}


def test_faketime(started, repo, monkeypatch):
    """The clock that the tests move is the one that the client judges by."""
    repo.root.expires = TODAY + timedelta(days=7)
    repo.publish(ROOT)
    assert started.refresh() == 0
    at(monkeypatch, TODAY + timedelta(days=8))
    assert started.refresh() == 1
