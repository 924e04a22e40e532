"""Nothing older is believed than what was believed before; new keys end what a thief of old ones did."""

import pytest

from tests.updates.conformance.published import ROOT, SNAPSHOT, TARGETS, TIMESTAMP

FAR = 99_999


def test_simple_snapshot_rollback(started, repo):
    """Where version 2 lies, version 1 is put: whoever has version 2 does not even ask."""
    repo.publish(SNAPSHOT, TIMESTAMP)
    assert started.refresh() == 0
    repo.files["2.snapshot.json"] = repo.files["1.snapshot.json"]
    assert started.refresh() == 0
    assert started.trusted()[SNAPSHOT] == 2
    assert repo.asked[-1] == "timestamp.json"


def test_new_timestamp_version_rollback(started, repo):
    former = repo.files["timestamp.json"]
    repo.publish(TIMESTAMP)
    assert started.refresh() == 0
    repo.files["timestamp.json"] = former
    assert started.refresh() == 1
    assert started.trusted()[TIMESTAMP] == 2
    assert repo.asked[-1] == "timestamp.json"


@pytest.mark.parametrize("says_hashes", [False, True])
def test_snapshot_rollback(started, repo, says_hashes):
    repo.says_hashes = says_hashes
    repo.publish(SNAPSHOT, TIMESTAMP)
    assert started.refresh() == 0
    repo.snapshot.version = 1
    repo.put(SNAPSHOT)
    repo.publish(TIMESTAMP)
    assert started.refresh() == 1
    assert started.trusted() == {ROOT: 1, TIMESTAMP: 2, SNAPSHOT: 2, TARGETS: 1}
    assert repo.asked[-1] == "timestamp.json"


@pytest.mark.parametrize("says_hashes", [False, True])
def test_targets_rollback(started, repo, says_hashes):
    repo.says_hashes = says_hashes
    repo.publish(TARGETS, SNAPSHOT, TIMESTAMP)
    assert started.refresh() == 0
    repo.targets.version = 1
    repo.put(TARGETS)
    repo.publish(SNAPSHOT, TIMESTAMP)
    assert started.refresh() == 1
    assert started.trusted()[TARGETS] == 2


def test_new_snapshot_version_mismatch(started, repo):
    """The timestamp says 1, the file says 2."""
    repo.snapshot.version = 2
    repo.put(SNAPSHOT, name="1.snapshot.json")
    assert started.refresh() == 1
    assert started.trusted() == {ROOT: 1, TIMESTAMP: 1}
    assert repo.asked[-1] == "1.snapshot.json"


def test_new_targets_fast_forward_recovery(started, repo):
    """New keys for the snapshot, and the targets' numbers begin again."""
    repo.targets.version = FAR
    repo.put(TARGETS)
    repo.publish(SNAPSHOT, TIMESTAMP)
    assert started.refresh() == 0
    assert started.trusted()[TARGETS] == FAR
    repo.drop_keys(SNAPSHOT)
    repo.add_key(SNAPSHOT)
    repo.targets.version = 1
    repo.put(TARGETS)
    repo.publish(ROOT, SNAPSHOT, TIMESTAMP)
    assert started.refresh() == 0
    assert started.trusted()[TARGETS] == 1


def test_new_snapshot_fast_forward_recovery(started, repo):
    """New keys for snapshot and timestamp, and the snapshot's numbers begin again."""
    repo.snapshot.version = FAR
    repo.put(SNAPSHOT)
    repo.publish(TIMESTAMP)
    assert started.refresh() == 0
    for role in (SNAPSHOT, TIMESTAMP):
        repo.drop_keys(role)
        repo.add_key(role)
    repo.snapshot.version = 1
    repo.put(SNAPSHOT)
    repo.publish(ROOT, TIMESTAMP)
    assert started.refresh() == 0
    assert started.trusted()[SNAPSHOT] == 1


def test_new_timestamp_fast_forward_recovery(started, repo):
    """New keys for the timestamp, and its numbers begin again."""
    repo.timestamp.version = FAR
    repo.put(TIMESTAMP)
    assert started.refresh() == 0
    repo.drop_keys(TIMESTAMP)
    repo.add_key(TIMESTAMP)
    repo.publish(ROOT)
    repo.timestamp.version = 1
    repo.put(TIMESTAMP)
    assert started.refresh() == 0
    assert started.trusted()[TIMESTAMP] == 1
