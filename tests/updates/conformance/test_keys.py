"""As many different keys sign as the root asks for, of every type that the specification names."""

import json

import pytest
from securesystemslib.formats import encode_canonical
from securesystemslib.signer import CryptoSigner

from tests.updates.conformance.published import ROOT, SNAPSHOT, TARGETS, TIMESTAMP


def test_root_meets_threshold_but_snapshot_does_not(current, repo):
    """Four keys are known and four are asked for; three have signed."""
    for _ in range(3):
        repo.add_key(SNAPSHOT)
    repo.root.roles[SNAPSHOT].threshold = 3
    repo.publish(ROOT, SNAPSHOT, TIMESTAMP)
    assert current.refresh() == 0
    assert current.trusted()[SNAPSHOT] == 2
    repo.root.roles[SNAPSHOT].threshold = 4
    repo.signers[SNAPSHOT].popitem()
    repo.publish(ROOT, SNAPSHOT, TIMESTAMP)
    assert current.refresh() == 1
    assert current.trusted()[ROOT] == 3
    assert current.trusted()[SNAPSHOT] == 2


def test_snapshot_threshold(current, repo):
    """Five keys sign, six are asked for."""
    for _ in range(4):
        repo.add_key(SNAPSHOT)
    repo.root.roles[SNAPSHOT].threshold = 6
    repo.publish(ROOT, SNAPSHOT, TIMESTAMP)
    assert current.refresh() == 1
    assert current.trusted()[SNAPSHOT] == 1


def test_duplicate_keys_root(started, repo):
    """One key, said ten times and having signed ten times, is one key."""
    keyid = repo.root.roles[SNAPSHOT].keyids[0]
    repo.root.roles[SNAPSHOT].threshold = 6
    repo.publish(ROOT, SNAPSHOT, TIMESTAMP)
    said = json.loads(repo.files["2.root.json"])
    said["signed"]["roles"][SNAPSHOT]["keyids"] = [keyid] * 10
    repo.files["2.root.json"] = signed_anew(said, repo.signers[ROOT])
    snapshot = json.loads(repo.files["2.snapshot.json"])
    snapshot["signatures"] *= 10
    repo.files["2.snapshot.json"] = json.dumps(snapshot).encode()
    assert started.refresh() == 1
    assert SNAPSHOT not in started.trusted()


def signed_anew(said, signers):
    """These words as they are, with true signatures: no library would write them so."""
    data = encode_canonical(said["signed"]).encode()
    said["signatures"] = [signer.sign(data).to_dict() for signer in signers.values()]
    return json.dumps(said).encode()


@pytest.mark.parametrize(
    "make",
    [CryptoSigner.generate_rsa, CryptoSigner.generate_ecdsa, CryptoSigner.generate_ed25519],
    ids=["rsa", "ecdsa", "ed25519"],
)
def test_keytype_and_scheme(started, repo, make):
    """Such a key is understood when it signs, and seen through when it has not."""
    signer = make()
    repo.add_key(ROOT, signer)
    repo.root.roles[ROOT].threshold = 2
    repo.publish(ROOT)
    assert started.refresh() == 0
    assert started.trusted()[ROOT] == 2
    repo.publish(ROOT)
    said = json.loads(repo.files["3.root.json"])
    former = json.loads(repo.files["2.root.json"])
    stale = {each["keyid"]: each["sig"] for each in former["signatures"]}
    for each in said["signatures"]:
        if each["keyid"] == signer.public_key.keyid:
            each["sig"] = stale[each["keyid"]]  # a true signature, of other words
    repo.files["3.root.json"] = json.dumps(said).encode()
    assert started.refresh() == 1
    assert started.trusted() == {ROOT: 2, TIMESTAMP: 1, SNAPSHOT: 1, TARGETS: 1}
