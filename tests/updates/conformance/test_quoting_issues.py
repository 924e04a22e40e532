"""A role's name goes into an address and into a file's name, and does no harm in either."""

from urllib.parse import quote

import pytest

from tests.updates.conformance.published import ROOT, SNAPSHOT, TARGETS, TIMESTAMP, delegation


@pytest.mark.parametrize("role", ["?", "#", "/delegated", "../delegated"])
def test_unusual_role_name(started, repo, role):
    repo.delegate(TARGETS, delegation(role))
    repo.publish(role, TARGETS, SNAPSHOT, TIMESTAMP)
    assert started.download("nobody-made-this") == 1
    assert f"1.{quote(role, safe='')}.json" in repo.asked
    assert started.trusted().keys() == {ROOT, TIMESTAMP, SNAPSHOT, TARGETS, role}
    assert {each.name for each in started.folder.iterdir()} == {"metadata", "targets", "initial_root.json"}
