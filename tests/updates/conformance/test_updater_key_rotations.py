"""A root is followed when enough old and enough new keys have signed it; other roles need enough of those that the root names now."""

import pytest
from securesystemslib.signer import CryptoSigner

from tests.updates.conformance.published import ROOT, SNAPSHOT, TARGETS, TIMESTAMP

FIVE, ONE_OTHER = [0, 1, 2, 3, 4], [0, 1, 3, 4, 5]

#: Version after version: which keys, how many of them, who signs. The last version is followed, or it is not.
ROOTS = {
    "1-of-1-key-rotation": ([([1], 1, [1]), ([2], 1, [2, 1]), ([2], 1, [2])], True),
    "1-of-1-key-rotation-unused-signatures": (
        [([1], 1, [3, 1, 4]), ([2], 1, [3, 2, 1, 4]), ([2], 1, [3, 2, 4])],
        True,
    ),
    "3-of-5-sign-with-different-keycombos": (
        [(FIVE, 3, [0, 2, 4]), (FIVE, 3, [0, 4, 1]), (FIVE, 3, [0, 1, 3]), (FIVE, 3, [0, 1, 3])],
        True,
    ),
    "3-of-5-one-key-rotated": ([(FIVE, 3, [0, 2, 4]), (ONE_OTHER, 3, [0, 4, 1])], True),
    "3-of-5-one-key-rotated-with-intermediate-step": (
        [(FIVE, 3, [0, 2, 4]), (ONE_OTHER, 3, [0, 2, 4, 5]), (ONE_OTHER, 3, [0, 4, 5])],
        True,
    ),
    "3-of-5-all-keys-rotated-with-intermediate-step": (
        [
            (FIVE, 3, [0, 2, 4]),
            ([5, 6, 7, 8, 9], 3, [0, 2, 4, 5, 6, 7]),
            ([5, 6, 7, 8, 9], 3, [5, 6, 7]),
        ],
        True,
    ),
    "1-of-3-threshold-increase-to-2-of-3": ([([1, 2, 3], 1, [1]), ([1, 2, 3], 2, [1, 2])], True),
    "2-of-3-threshold-decrease-to-1-of-3": (
        [([1, 2, 3], 2, [1, 2]), ([1, 2, 3], 1, [1, 2]), ([1, 2, 3], 1, [1])],
        True,
    ),
    "1-of-2-threshold-increase-to-2-of-2": ([([1], 1, [1]), ([1, 2], 2, [1, 2])], True),
    "1-of-1-key-rotation-fail-not-signed-with-old-key": ([([1], 1, [1]), ([2], 1, [2, 3, 4])], False),
    "1-of-1-key-rotation-fail-not-signed-with-new-key": ([([1], 1, [1]), ([2], 1, [1, 3, 4])], False),
    "3-of-5-one-key-rotate-fails-not-signed-with-3-new-keys": (
        [(FIVE, 3, [0, 2, 4]), (ONE_OTHER, 3, [0, 2, 4])],
        False,
    ),
    "3-of-5-one-key-rotate-fails-not-signed-with-3-old-keys": (
        [(FIVE, 3, [0, 2, 4]), (ONE_OTHER, 3, [0, 4, 5])],
        False,
    ),
    "1-of-3-threshold-bump-to-2-of-3-fails-new-threshold-not-reached": (
        [([1, 2, 3], 1, [1]), ([1, 2, 3], 2, [2])],
        False,
    ),
    "2-of-3-threshold-decr-to-1-of-3-fails-old-threshold-not-reached": (
        [([1, 2, 3], 2, [1, 2]), ([1, 2, 3], 1, [1])],
        False,
    ),
}

OTHERS = {
    "1-of-1-key-rotation": ([2], 1, [2], True),
    "1-of-1-key-rotation-unused-signatures": ([1], 1, [3, 1, 4], True),
    "1-of-1-key-rotation-fail-not-signed-with-new-key": ([2], 1, [1, 3, 4], False),
    "3-of-5-one-key-signature-wrong-not-signed-with-3-expected-keys": (ONE_OTHER, 3, [0, 2, 4], False),
    "2-of-5-one-key-signature-missing-threshold-not-reached": (ONE_OTHER, 3, [0, 4], False),
    "3-of-5-sign-first-combo": (FIVE, 3, [0, 2, 4], True),
    "3-of-5-sign-second-combo": (FIVE, 3, [0, 4, 1], True),
    "3-of-5-sign-third-combo": (FIVE, 3, [0, 1, 3], True),
    "3-of-5-sign-fourth-combo": (FIVE, 3, [1, 2, 3], True),
    "3-of-5-sign-fifth-combo": (FIVE, 3, [2, 3, 4], True),
}


@pytest.fixture(scope="module")
def people():
    return [CryptoSigner.generate_ed25519() for _ in range(10)]


def named(repo, people, role, keys, threshold, signers):
    """From now on these are the role's keys, and these sign."""
    repo.drop_keys(role)
    for number in keys:
        repo.add_key(role, people[number], signs=False)
    repo.signers[role] = {people[number].public_key.keyid: people[number] for number in signers}
    repo.root.roles[role].threshold = threshold


@pytest.mark.parametrize(("versions", "followed"), ROOTS.values(), ids=ROOTS)
def test_root_rotation(client, repo, people, versions, followed):
    repo.root.version = 0
    for version in versions:
        named(repo, people, ROOT, *version)
        repo.publish(ROOT)
    assert client.init() == 0
    assert client.refresh() == (0 if followed else 1)
    last = len(versions) if followed else len(versions) - 1
    assert client.bytes_of(ROOT) == repo.files[f"{last}.root.json"]


@pytest.mark.parametrize(("keys", "threshold", "signers", "believed"), OTHERS.values(), ids=OTHERS)
@pytest.mark.parametrize("role", [TIMESTAMP, SNAPSHOT, TARGETS])
def test_non_root_rotations(started, repo, people, role, keys, threshold, signers, believed):
    named(repo, people, role, keys, threshold, signers)
    repo.put(role)
    repo.publish(ROOT)
    assert started.refresh() == (0 if believed else 1)
    assert (role in started.trusted()) is believed
    if believed:
        file = "timestamp.json" if role == TIMESTAMP else f"1.{role}.json"
        assert started.bytes_of(role) == repo.files[file]
