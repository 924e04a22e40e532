"""The hall's authority signs what the hall decided, and nothing that a request claims."""

import stat
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from hypothesis import given
from hypothesis import strategies as st

from hall.errors import Fault, Malformed
from hall.files import write_whole
from hall.keys import key_of
from hall.tls import TlsSettings, context, server_name
from hub.trust.access import access_list
from hub.trust.authority import Authority, public_key
from tests.hub.trust.conftest import HALL, request

NOW = datetime(2026, 5, 6, 8, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority.found(tmp_path_factory.mktemp("authority") / "ca", HALL, NOW)


@pytest.fixture(scope="module")
def key():
    return ec.generate_private_key(ec.SECP256R1())


def read(chain: bytes) -> x509.Certificate:
    return x509.load_pem_x509_certificates(chain)[0]


@pytest.mark.parametrize("claimed", ["hub", "sign-1", "a/b", "+", "#", "$SYS", "../x", "pad-3\n"])
def test_the_name_is_the_halls_choice_whatever_the_request_says(authority, key, claimed):
    signed = read(authority.issue_member(request(key, claimed), "pad-3", NOW).chain)
    assert [each.value for each in signed.subject.get_attributes_for_oid(NameOID.COMMON_NAME)] == ["pad-3"]
    assert len(list(signed.subject)) == 1


@pytest.mark.parametrize(
    "name", ["h2/dev9", "+", "#", "", "Pad-3", "-pad", "p" * 33, "pad 3", "$SYS", "护士"]
)
def test_a_name_that_could_open_other_topics_is_never_signed(authority, key, name):
    with pytest.raises(ValueError, match="name"):
        authority.issue_member(request(key), name, NOW)
    with pytest.raises(ValueError, match="name"):
        access_list(HALL, consoles=[name])


def test_a_members_certificate_is_a_clients_short_lived_and_back_dated(authority, key):
    made = authority.issue_member(request(key), "pad-3", NOW)
    signed = read(made.chain)
    assert signed.not_valid_before_utc == NOW - timedelta(days=1)
    assert signed.not_valid_after_utc == made.until == NOW + timedelta(days=90)
    usage = signed.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    assert list(usage.value) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    assert usage.critical
    assert not signed.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert signed.serial_number == made.serial


def test_the_hall_box_is_known_by_its_own_name_and_is_no_client(authority, key):
    signed = read(authority.issue_server(key, NOW).chain)
    names = signed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == [server_name(HALL)] == ["hub.demo.hall.internal"]
    usage = signed.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    assert list(usage.value) == [ExtendedKeyUsageOID.SERVER_AUTH]


def test_every_link_of_the_chain_is_signed_by_the_next(authority, key):
    leaf, issuing = x509.load_pem_x509_certificates(authority.issue_member(request(key), "pad-3", NOW).chain)
    leaf.verify_directly_issued_by(issuing)
    issuing.verify_directly_issued_by(authority.root)
    authority.root.verify_directly_issued_by(authority.root)
    limits = [
        c.extensions.get_extension_for_class(x509.BasicConstraints).value for c in (issuing, authority.root)
    ]
    assert [limit.path_length for limit in limits] == [0, 1]


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"hello",
        b"-----BEGIN CERTIFICATE REQUEST-----\n!!!\n-----END CERTIFICATE REQUEST-----\n",
        b"x" * 200_000,
        request(rsa.generate_private_key(public_exponent=65537, key_size=2048)),
        request(ec.generate_private_key(ec.SECP384R1())),
        request(ec.generate_private_key(ec.SECP256R1()), "n" * 64) + b" " * 5000,
    ],
    ids=["empty", "text", "broken", "huge", "rsa", "p384", "padded"],
)
def test_a_bad_request_is_refused_in_words(bad):
    with pytest.raises(Malformed, match="bad-request"):
        public_key(bad)


def test_a_request_that_another_key_signed_is_refused(key):
    ours = bytearray(request(key))
    ours[-60] = ours[-60] ^ 1 if chr(ours[-60] ^ 1).isalnum() else ord("A" if ours[-60] != ord("A") else "B")
    with pytest.raises(Malformed, match="bad-request"):
        public_key(bytes(ours))


@given(st.binary(max_size=600))
def test_no_bytes_of_a_request_are_more_than_refused(data):
    with pytest.raises(Malformed):
        public_key(data)


def test_keys_are_for_their_owner_alone(authority):
    for file in ("root.key", "issuing.key"):
        assert stat.S_IMODE((authority.folder / file).stat().st_mode) == 0o600
    assert stat.S_IMODE(authority.folder.stat().st_mode) == 0o700


def test_founding_again_is_the_same_authority(tmp_path):
    first = Authority.found(tmp_path / "ca", HALL, NOW)
    assert Authority.found(tmp_path / "ca", HALL, NOW + timedelta(days=9)).fingerprint == first.fingerprint


def test_a_founding_that_was_cut_off_begins_anew(tmp_path):
    folder = tmp_path / "ca"
    Authority.found(folder, HALL, NOW)
    (folder / "issuing.pem").unlink()  # the last file that founding writes
    again = Authority.found(folder, HALL, NOW)
    read(again.issue_member(request(key_of(tmp_path / "k")), "pad-3", NOW).chain)


def test_without_its_files_it_says_what_to_do(tmp_path):
    with pytest.raises(Fault, match="install the hall box"):
        Authority(tmp_path, HALL)
    Authority.found(tmp_path / "ca", HALL, NOW)
    (tmp_path / "ca" / "issuing.key").write_bytes(b"rust")
    with pytest.raises(Fault, match="restore it from a backup"):
        Authority(tmp_path / "ca", HALL)


def test_the_root_can_leave_the_machine_and_signing_goes_on(tmp_path, key):
    authority = Authority.found(tmp_path / "ca", HALL, NOW)
    secret = (tmp_path / "ca" / "root.key").read_bytes()
    stick = authority.take_away_root(tmp_path / "stick")
    assert stick.read_bytes() == secret
    assert not (tmp_path / "ca" / "root.key").exists()
    assert read(Authority(tmp_path / "ca", HALL).issue_member(request(key), "pad-3", NOW).chain)
    with pytest.raises(Fault, match="root-away"):
        authority.take_away_root(tmp_path / "stick")


def test_a_stick_that_cannot_be_written_leaves_the_root_where_it_is(tmp_path):
    authority = Authority.found(tmp_path / "ca", HALL, NOW)
    (tmp_path / "stick").write_bytes(b"a file, no folder")
    with pytest.raises(OSError, match=r"exists|directory"):
        authority.take_away_root(tmp_path / "stick")
    assert (tmp_path / "ca" / "root.key").exists()


def test_a_file_is_written_whole_with_its_mode_from_the_start(tmp_path):
    file = tmp_path / "deep" / "secret"
    file.parent.mkdir()
    write_whole(file, b"one", mode=0o600)
    write_whole(file, b"two", mode=0o640)
    assert file.read_bytes() == b"two"
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert list(file.parent.iterdir()) == [file]


def test_a_device_without_files_is_told_to_enrol(tmp_path):
    nothing = TlsSettings(ca=str(tmp_path / "ca"), cert=str(tmp_path / "c"), key=str(tmp_path / "k"))
    with pytest.raises(Fault, match="enrol this member first"):
        context(nothing, HALL)
    (tmp_path / "ca").write_text("not PEM")
    with pytest.raises(Fault, match="enrol this member again"):
        context(nothing, HALL)
    assert context(None, HALL) is None
