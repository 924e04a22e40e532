"""What the security page says is so: each provision once, each test that it names there, the policy whole, no secret in the tree."""

import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from hall.words_lint import lint

HOME = Path(__file__).parents[2]
PAGE = (HOME / "docs" / "security.md").read_text(encoding="utf-8")
POLICY = (HOME / "SECURITY.md").read_text(encoding="utf-8")

#: EN 303 645 V3.1.3, Annex B
PROVISIONS = re.findall(
    r"\S+",
    """
5.0-1 5.1-1 5.1-2 5.1-2A 5.1-3 5.1-4 5.1-5 5.2-1 5.2-2 5.2-3
5.3-1 5.3-2 5.3-3 5.3-4A 5.3-4B 5.3-5 5.3-6A 5.3-6B 5.3-7 5.3-8 5.3-9 5.3-10 5.3-11 5.3-12 5.3-13 5.3-14 5.3-15A 5.3-15B 5.3-16
5.4-1 5.4-2 5.4-3 5.4-4 5.5-1 5.5-2 5.5-3 5.5-4 5.5-5 5.5-6 5.5-7 5.5-8
5.6-1 5.6-2 5.6-3 5.6-4A 5.6-4B 5.6-5 5.6-6 5.6-7 5.6-8 5.6-9 5.7-1 5.7-2 5.8-1 5.8-2 5.8-3 5.9-1 5.9-2 5.9-3
5.10-1 5.11-1 5.11-2 5.11-3 5.11-4 5.12-1 5.12-2 5.12-3 5.13-1A 5.13-1B
6-1 6-2 6-3A 6-3B 6-4 6-5 6-6 6-7 6-8
""",
)

ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.splitlines()
    if re.match(r"\| [56][.\d]*-\d", line)
]

#: what a key, a token or a password looks like where it lies about; the words in pieces, or this file would be found
SECRET = re.compile(
    "-----BEGIN " + "(?:EC |RSA |OPENSSH |ENCRYPTED )?PRIVATE KEY-----\r?\n[A-Za-z0-9+/=]{20}"
    + "|AKIA" + "[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36}|xox[abp]-[0-9A-Za-z-]{20,}"
    + r"|\$argon2id\$v=19\$m=\d+,t=\d+,p=\d+\$[A-Za-z0-9+/]{16,}\$[A-Za-z0-9+/]{32,}"
)  # fmt: skip


def test_every_provision_stands_once_in_the_table():
    assert Counter(row[0] for row in ROWS) == Counter(PROVISIONS)
    assert [row[0] for row in ROWS] == PROVISIONS


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_each_names_a_test_that_is_there_or_says_why_not(row):
    provision, status, support, how, shown = row
    assert re.fullmatch(r"[MR]C?F?", status)
    assert support in {"yes", "partly", "no", "n/a"}
    assert how.startswith("not applicable, because") is (support == "n/a")
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", shown)
    assert len(named) == (0 if shown == "—" else 1), provision
    assert named or support != "yes"
    for file, test in named:
        assert re.search(rf"^\s*(async )?def {test}\(", (HOME / file).read_text("utf-8"), re.MULTILINE), test


def test_every_file_that_the_page_names_is_there():
    for name in re.findall(r"`(tests/[\w/.]+?)(?:::\w+)?`", PAGE):
        assert (HOME / name).exists(), name
    for page, text in ((HOME / "docs", PAGE), (HOME, POLICY)):
        for link in re.findall(r"\]\(([^)#:]+)\)", text):
            assert (page / link).exists(), link


def test_the_policy_says_where_what_to_expect_and_for_how_long():
    for words in (
        "Report a vulnerability",
        "working days",
        "90 days",
        "Support period",
        "twenty-four months",
    ):
        assert words in POLICY
    for text in (PAGE, POLICY):
        chinese = [line for line in text.splitlines() if re.search(r"[\u4e00-\u9fff]", line)]
        assert len(chinese) > 3
        assert [line for line in chinese if list(lint(line))] == []


def test_no_key_and_no_password_is_in_the_tree():
    """Every file that git knows, as it lies here."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=HOME, capture_output=True, check=True).stdout
    files = [HOME / name.decode() for name in listed.split(b"\0") if name]
    assert len(files) > 500
    found = []
    for file in files:
        if file.is_file() and not file.is_symlink():
            text = file.read_bytes().decode("latin-1")
            if SECRET.search(text):
                found.append(str(file.relative_to(HOME)))
    assert found == []


@pytest.mark.parametrize(
    "name", ["*.key", "*.pem", "*.p12", "*.pfx", "id_rsa*", "id_ed25519*", ".env", "*.kdbx"]
)
def test_no_file_that_holds_keys_is_in_the_tree(name):
    listed = subprocess.run(
        ["git", "ls-files", "--", f"**/{name}", name], cwd=HOME, capture_output=True, check=True
    )
    assert listed.stdout == b""


def test_what_looks_for_secrets_finds_one():
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    made = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    assert SECRET.search(made.decode())
