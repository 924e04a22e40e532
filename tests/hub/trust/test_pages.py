"""The pages' certificate for browsers: it holds for the box's names, is renewed by itself, and its authority can vouch for nobody else."""

import ipaddress
import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509

from hall.keys import key_of, make_key, request
from hub.trust.at_home import AtHome
from hub.trust.authority import Authority
from hub.trust.pages import PAGES_LIVE, PagesAuthority, names_in
from hub.trust.settings import PagesSettings

NAMES = ("192.168.1.10", "hall-hub", "hall-hub.local", "hall.local")
#: whoever shakes hands looks at the real clock
NOW = datetime.now(UTC)


def shaken(folder, ca, chain, key, name):
    """Whether a browser that believes `ca` opens a page of `name` that shows `chain`; the reason when it does not."""
    (folder / "chain.pem").write_bytes(chain)
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(folder / "chain.pem", key)
    browser = ssl.create_default_context(cadata=ca.decode())
    one, other = socket.socketpair()

    def answer():
        try:
            serving.wrap_socket(other, server_side=True).close()
        except OSError:
            other.close()

    served = threading.Thread(target=answer)
    served.start()
    try:
        with browser.wrap_socket(one, server_hostname=name):
            return ""
    except ssl.SSLError as error:
        return str(error)
    finally:
        one.close()
        served.join(10)


@pytest.fixture
def authority(tmp_path):
    return PagesAuthority.found(tmp_path / "authority", "demo", NAMES, NOW)


@pytest.fixture(autouse=True)
def folder(tmp_path):
    (tmp_path / "authority").mkdir()


@pytest.mark.parametrize("name", NAMES)
def test_a_browser_that_believes_it_opens_the_pages_under_each_of_their_names(tmp_path, authority, name):
    key = make_key(tmp_path / "key.pem")
    made = authority.issue(key.public_key(), NAMES, NOW)
    assert shaken(tmp_path, authority.pem, made.chain, tmp_path / "key.pem", name) == ""


@pytest.mark.parametrize("name", ["www.example.com", "bank.cn", "8.8.8.8", "hall-hub.example.com"])
def test_whoever_steals_its_key_can_be_no_other_site(tmp_path, authority, name):
    key = make_key(tmp_path / "key.pem")
    stolen = authority.issue(key.public_key(), [name], NOW)
    said = shaken(tmp_path, authority.pem, stolen.chain, tmp_path / "key.pem", name)
    assert "permitted subtree violation" in said
    assert not authority.permits([name])


def test_the_devices_do_not_believe_it_and_it_is_no_part_of_theirs(tmp_path, authority):
    theirs = Authority.found(tmp_path / "authority", "demo", NOW)
    key = make_key(tmp_path / "key.pem")
    made = authority.issue(key.public_key(), NAMES, NOW)
    root = (tmp_path / "authority/root.pem").read_bytes()
    assert "certificate verify failed" in shaken(tmp_path, root, made.chain, tmp_path / "key.pem", "hall-hub")
    assert authority.certificate.subject != theirs.root.subject


def test_keys_are_their_owners_and_no_certificate_is_good_for_longer_than_browsers_take(tmp_path, authority):
    assert (tmp_path / "authority/pages.key").stat().st_mode & 0o777 == 0o600
    made = authority.issue(make_key(tmp_path / "k").public_key(), NAMES, NOW)
    (one,) = x509.load_pem_x509_certificates(made.chain)
    assert one.not_valid_after_utc - one.not_valid_before_utc <= timedelta(days=398)
    assert names_in(one) == set(NAMES)


def test_any_address_of_a_private_network_needs_no_new_authority_and_a_name_of_ones_own_does(
    tmp_path, authority
):
    again = PagesAuthority.found(tmp_path / "authority", "demo", ["10.3.4.5", "fd00::1", "other.local"], NOW)
    assert again.pem == authority.pem
    named = PagesAuthority.found(tmp_path / "authority", "demo", ["hall.example.gov.cn"], NOW)
    assert named.pem != authority.pem
    assert named.permits(["hall.example.gov.cn", "192.168.1.10"])
    assert not named.permits(["example.gov.cn"])


def test_a_making_that_was_cut_off_begins_anew(tmp_path, authority):
    make_key(tmp_path / "authority/pages.key")
    again = PagesAuthority.found(tmp_path / "authority", "demo", NAMES, NOW)
    key = make_key(tmp_path / "key.pem")
    made = again.issue(key.public_key(), NAMES, NOW)
    assert shaken(tmp_path, again.pem, made.chain, tmp_path / "key.pem", "hall.local") == ""


# ---------------------------------------------------------------- at the desk


def at_the_desk(tmp_path, names=NAMES):
    pages = PagesSettings(names=names, request=str(tmp_path / "pages.request"))
    return AtHome(
        Authority.found(tmp_path / "authority", "demo", NOW), {"hub": "x"}, tmp_path / "issued", pages
    )


def certificate(tmp_path):
    return x509.load_pem_x509_certificates((tmp_path / "issued/pages.pem").read_bytes())[0]


def test_the_desk_signs_for_its_own_list_of_names_whatever_the_request_says(tmp_path):
    desk = at_the_desk(tmp_path)
    assert desk.look(NOW) == []
    key = key_of(tmp_path / "key.pem")
    (tmp_path / "pages.request").write_bytes(request(key, "www.example.com"))
    assert desk.look(NOW) == ["pages"]
    assert desk.look(NOW) == []
    made = certificate(tmp_path)
    assert names_in(made) == set(NAMES)
    assert made.public_key() == key.public_key()
    assert (tmp_path / "issued/pages-ca.pem").read_bytes() == (tmp_path / "authority/pages.pem").read_bytes()


def test_it_is_signed_again_at_half_its_life_and_when_the_box_has_other_names_and_browsers_need_nothing_new(
    tmp_path,
):
    desk = at_the_desk(tmp_path)
    (tmp_path / "pages.request").write_bytes(request(key_of(tmp_path / "key.pem"), "pages"))
    desk.look(NOW)
    first, believed = certificate(tmp_path), (tmp_path / "issued/pages-ca.pem").read_bytes()
    assert desk.look(NOW + PAGES_LIVE / 2 - timedelta(days=2)) == []
    assert desk.look(NOW + PAGES_LIVE / 2 + timedelta(days=2)) == ["pages"]
    second = certificate(tmp_path)
    assert second.not_valid_after_utc > first.not_valid_after_utc
    moved = at_the_desk(tmp_path, ("10.0.0.9", *NAMES[1:]))
    assert moved.look(NOW) == ["pages"]
    assert ipaddress.ip_address("10.0.0.9") in certificate(tmp_path).extensions.get_extension_for_class(
        x509.SubjectAlternativeName
    ).value.get_values_for_type(x509.IPAddress)
    assert (tmp_path / "issued/pages-ca.pem").read_bytes() == believed


@pytest.mark.parametrize("asked", [b"", b"nonsense", b"x" * 10_000])
def test_nonsense_in_place_of_a_request_gets_nothing_and_keeps_nobody_waiting(tmp_path, asked):
    desk = at_the_desk(tmp_path)
    (tmp_path / "pages.request").write_bytes(asked)
    assert desk.look(NOW) == []
    assert not (tmp_path / "issued/pages.pem").exists()
