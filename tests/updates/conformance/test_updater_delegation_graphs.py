"""Roles are asked in the order in which they were allowed to speak, deepest first, each once."""

import pytest

from tests.updates.conformance.published import SNAPSHOT, TARGETS, TIMESTAMP, delegation

PY = ("*.py",)
ANY = ("*",)

#: Who lets whom speak for what, and who is asked for a file that nobody has.
GRAPHS = {
    "basic-delegation": ([(TARGETS, "A")], "A"),
    "single-level-delegations": ([(TARGETS, "A"), (TARGETS, "B")], "AB"),
    "two-level-delegations": ([(TARGETS, "A"), (TARGETS, "B"), ("B", "C")], "ABC"),
    "two-level-test-DFS-order-of-traversal": (
        [(TARGETS, "A"), (TARGETS, "B"), ("A", "C"), ("A", "D")],
        "ACDB",
    ),
    "three-level-delegation-test-DFS-order-of-traversal": (
        [(TARGETS, "A"), (TARGETS, "B"), ("A", "C"), ("C", "D")],
        "ACDB",
    ),
    "two-level-terminating-ignores-all-but-roles-descendants": (
        [(TARGETS, "A"), (TARGETS, "B"), ("A", "C", ANY, True), ("A", "D")],
        "AC",
    ),
    "three-level-terminating-ignores-all-but-roles-descendants": (
        [(TARGETS, "A"), (TARGETS, "B"), ("A", "C", ANY, True), ("C", "D")],
        "ACD",
    ),
    "two-level-ignores-all-branches-not-matching-paths": (
        [(TARGETS, "A", PY), (TARGETS, "B"), ("A", "C")],
        "B",
    ),
    "three-level-ignores-all-branches-not-matching-paths": (
        [(TARGETS, "A"), (TARGETS, "B"), ("A", "C", PY), ("C", "D")],
        "AB",
    ),
    "cyclic-graph": ([(TARGETS, "A"), (TARGETS, "B"), ("B", "C"), ("C", "D"), ("D", "B")], "ABCD"),
    "two-roles-delegating-to-a-third": ([(TARGETS, "A"), (TARGETS, "B"), ("B", "C"), ("A", "C")], "ACB"),
    "two-roles-delegating-to-a-third-different-paths": (
        [(TARGETS, "A"), (TARGETS, "B"), ("B", "C"), ("A", "C", PY)],
        "ABC",
    ),
}


def built(repo, delegations):
    for by, role, *more in delegations:
        paths, terminating = (*more, *(ANY, False)[len(more) :])
        repo.delegate(by, delegation(role, *paths, terminating=terminating))
    repo.publish(*repo.delegated, TARGETS, SNAPSHOT, TIMESTAMP)


def asked_roles(repo):
    """The roles beyond the four that are always asked."""
    return [name.split(".")[1] for name in repo.asked[4:] if name.endswith(".json")]


@pytest.mark.parametrize(("delegations", "order"), GRAPHS.values(), ids=GRAPHS)
def test_graph_traversal(started, repo, delegations, order):
    built(repo, delegations)
    assert started.download("nobody-made-this") == 1
    assert asked_roles(repo) == [*order]


TREE = [
    (TARGETS, "A", ("*.doc", "*.md")),
    (TARGETS, "B", ("releases/*/*",)),
    ("B", "C", ("releases/x/*",)),
    ("B", "D", ("releases/y/*.zip",)),
]


@pytest.mark.parametrize(
    ("path", "by", "found", "order"),
    [
        pytest.param("file", TARGETS, True, "", id="no delegations"),
        pytest.param("README.md", "A", True, "A", id="targetpath matches wildcard"),
        pytest.param("releases/x/x_v1", "C", True, "BC", id="targetpath with separators x"),
        pytest.param("releases/y/y_v1.zip", "D", True, "BD", id="targetpath with separators y"),
        pytest.param(
            "releases/z/z_v1.zip", "D", False, "B", id="targetpath is not delegated by all roles in the chain"
        ),
    ],
)
def test_targetfile_search(started, repo, path, by, found, order):
    built(repo, TREE)
    repo.add(path, b"what it is", by)
    if by == TARGETS:
        repo.publish(TARGETS, SNAPSHOT, TIMESTAMP)
    else:
        repo.put(by)  # still its version 1
    assert started.download(path) == (0 if found else 1)
    assert [*started.downloaded().values()] == [b"what it is"] * found
    assert asked_roles(repo) == [*order]
