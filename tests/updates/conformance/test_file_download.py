"""A file is taken when it is what was signed, and only then."""

import pytest

from tests.updates.conformance.published import SNAPSHOT, TARGETS, TIMESTAMP


def release(repo, **files):
    for path, content in files.items():
        repo.add(path, content)
    repo.publish(TARGETS, SNAPSHOT, TIMESTAMP)


def test_client_downloads_expected_file(started, repo):
    release(repo, wheel=b"a wheel")
    assert started.refresh() == 0
    assert started.downloaded() == {}
    assert started.download("wheel") == 0
    assert started.downloaded() == {"wheel": b"a wheel"}


def test_client_downloads_expected_file_in_sub_dir(started, repo):
    release(repo, **{"a/folder/below/wheel": b"a wheel"})
    assert started.download("a/folder/below/wheel") == 0
    assert [*started.downloaded().values()] == [b"a wheel"]


def test_repository_substitutes_target_file(started, repo):
    release(repo, mine=b"first", other=b"second")
    assert started.download("mine") == 0
    repo.artifacts = {"mine": b"FIRST", "other": b"SECOND"}
    started.download("mine")
    assert started.download("other") == 1
    assert started.downloaded() == {"mine": b"first"}


def test_multiple_changes_to_target(started, repo):
    """One honest change after the other, every fifth followed by one that is not."""
    release(repo, wheel=b"0")
    assert started.download("wheel") == 0
    have = {"wheel": b"0"}
    for turn in range(11):
        release(repo, wheel=f"changed {turn}".encode(), **{f"new-{turn}": f"new {turn}".encode()})
        if turn % 5:
            continue
        for path in ("wheel", f"new-{turn}"):
            assert started.download(path) == 0
            have[path] = repo.artifacts[path]
        assert started.downloaded() == have
        repo.artifacts["wheel"] = f"CHANGED {turn}".encode()
        repo.publish(TARGETS, SNAPSHOT, TIMESTAMP)
        started.download("wheel")
        assert started.downloaded() == have


@pytest.mark.parametrize("hashes", [["sha256"], ["sha512"], ["sha256", "sha512"]], ids="+".join)
def test_download_with_hash_algorithms(started, repo, hashes):
    repo.add("wheel", b"a wheel", hashes=hashes)
    release(repo)
    assert started.download("wheel") == 0
    assert repo.asked[-1] in {f"{each}.wheel" for each in repo.targets.targets["wheel"].hashes.values()}
    assert started.downloaded() == {"wheel": b"a wheel"}


def test_download_with_unknown_hash_algorithm(started, repo):
    """Nothing can be said against it, and nothing for it."""
    repo.add("wheel", b"a wheel", hashes=["sha512"])
    said = repo.targets.targets["wheel"].hashes
    said["of-another-time"] = said.pop("sha512")
    release(repo)
    assert started.download("wheel") == 1
    assert started.downloaded() == {}


def test_artifact_cache(started, repo):
    """What is here already, and is what was signed, is not asked for again."""
    release(repo, wheel=b"a wheel")
    assert started.download("wheel") == 0
    repo.asked.clear()
    assert started.download("wheel") == 0
    assert repo.asked == ["2.root.json", "timestamp.json"]
