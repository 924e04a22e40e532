"""What another role was allowed to say expires as well."""

from datetime import timedelta

from tests.updates.clock import at
from tests.updates.conformance.published import ROOT, SNAPSHOT, TARGETS, TIMESTAMP, TODAY, delegation, past


def delegated(repo, expires):
    repo.delegate(TARGETS, delegation("other", "theirs/*"))
    repo.delegated["other"].expires = expires
    repo.add("theirs/first", b"first", "other")
    repo.add("theirs/second", b"second", "other")
    repo.publish("other", TARGETS, SNAPSHOT, TIMESTAMP)


def test_delegated_targets_expired(started, repo):
    delegated(repo, past(days=1))
    assert started.refresh() == 0
    assert started.download("theirs/first") == 1
    assert started.downloaded() == {}
    assert started.trusted() == {ROOT: 1, TIMESTAMP: 2, SNAPSHOT: 2, TARGETS: 2}


def test_expired_local_delegated_targets(started, repo, monkeypatch):
    delegated(repo, TODAY + timedelta(days=7))
    assert started.download("theirs/first") == 0
    at(monkeypatch, TODAY + timedelta(days=18))
    assert started.download("theirs/second") == 1
    assert started.downloaded() == {"theirs/first": b"first"}


def test_expired_local_delegated_targets_updates(started, repo, monkeypatch):
    delegated(repo, TODAY + timedelta(days=7))
    assert started.download("theirs/first") == 0
    repo.delegated["other"].expires = TODAY + timedelta(days=21)
    repo.publish("other", SNAPSHOT, TIMESTAMP)
    at(monkeypatch, TODAY + timedelta(days=18))
    assert started.download("theirs/second") == 0
    assert started.downloaded() == {"theirs/first": b"first", "theirs/second": b"second"}
