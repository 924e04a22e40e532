"""What has expired is not believed, and does not stand in the way of what comes after it."""

from datetime import timedelta

from tests.updates.clock import at
from tests.updates.conformance.published import ROOT, SNAPSHOT, TARGETS, TIMESTAMP, TODAY, past


def test_root_expired(current, repo):
    """An expired root is followed, so that its keys count, and then nothing else is taken."""
    repo.publish(ROOT)
    assert current.refresh() == 0
    repo.root.expires = past(days=1)
    repo.publish(ROOT, TARGETS, SNAPSHOT, TIMESTAMP)
    assert current.refresh() == 1
    assert current.trusted() == {ROOT: 3, TIMESTAMP: 1, SNAPSHOT: 1, TARGETS: 1}


def test_timestamp_expired(current, repo):
    repo.timestamp.expires = past(days=5)
    repo.publish(TIMESTAMP)
    assert current.refresh() == 1
    assert current.trusted() == {ROOT: 1, TIMESTAMP: 1, SNAPSHOT: 1, TARGETS: 1}


def test_snapshot_expired(current, repo):
    repo.snapshot.expires = past(days=5)
    repo.publish(SNAPSHOT, TIMESTAMP)
    assert current.refresh() == 1
    assert current.trusted() == {ROOT: 1, TIMESTAMP: 2, SNAPSHOT: 1, TARGETS: 1}


def test_targets_expired(current, repo):
    repo.targets.expires = past(days=5)
    repo.publish(TARGETS, SNAPSHOT, TIMESTAMP)
    assert current.refresh() == 1
    assert current.trusted() == {ROOT: 1, TIMESTAMP: 2, SNAPSHOT: 2, TARGETS: 1}


def test_expired_metadata(started, repo, monkeypatch):
    """A machine that slept: what it has kept has expired, what is there now has not."""
    repo.timestamp.expires = TODAY + timedelta(days=7)
    repo.put(TIMESTAMP)
    assert started.refresh() == 0
    repo.timestamp.expires = TODAY + timedelta(days=21)
    repo.publish(TARGETS, SNAPSHOT, TIMESTAMP)
    at(monkeypatch, TODAY + timedelta(days=18))
    assert started.refresh() == 0
    assert started.trusted() == {ROOT: 1, TIMESTAMP: 2, SNAPSHOT: 2, TARGETS: 2}
